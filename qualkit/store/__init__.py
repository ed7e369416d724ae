"""The study's database: the only place that speaks SQL."""

from qualkit.store.store import Above, Below, Holding, Reading, Store, Writing

__all__ = ["Above", "Below", "Holding", "Reading", "Store", "Writing"]
