"""The study's database: the only place that speaks SQL."""

from qualkit.store.store import Reading, Store, Writing

__all__ = ["Reading", "Store", "Writing"]
