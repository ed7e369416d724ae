"""The study's database: the only place that speaks SQL."""

from qualkit.store.store import Below, Holding, Reading, Store, Writing

__all__ = ["Below", "Holding", "Reading", "Store", "Writing"]
