"""Charts: pure functions from what a study found to Altair charts, for the app and for files alike."""
