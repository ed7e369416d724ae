"""The script that `qualkit ui` has Streamlit run."""

from qualkit.ui import main

main()
