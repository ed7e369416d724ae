"""The browser app over the study in the current folder: streamlit run app.py"""

from qualkit.ui import main

main()
