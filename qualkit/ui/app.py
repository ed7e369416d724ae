"""The script that `qualkit app` has Streamlit run."""

from qualkit.ui import main

main()
