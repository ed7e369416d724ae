"""The least that a page can be: how long Streamlit takes by itself. Streamlit runs this file."""

import streamlit as st

st.html('<p class="qk-empty-page">Here.</p>')
