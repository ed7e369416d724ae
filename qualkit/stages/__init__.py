"""The stages: one file for each word a researcher uses, each a pure function from data to data.

A stage reads no database, prints nothing and knows no clock. Its frozen `Options` is the single source of the command's
flags, of what `study.toml` may set, and of what the run's record says.
"""

STAGES = ("transcribe", "ingest", "segment", "suggest", "topics", "agree", "evaluate", "themes", "export")
"""The machine stages in the order in which `qualkit run` takes them."""
