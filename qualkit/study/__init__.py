"""A study: its folder, its database, the stages over it, and the seats of the people who work in it."""

from qualkit.study.folder import Config, Folder, make_sample
from qualkit.study.runner import Outcome
from qualkit.study.seat import Line, Seat, View
from qualkit.study.study import Study, new_theme
from qualkit.study.transcripts import Written

__all__ = ["Config", "Folder", "Line", "Outcome", "Seat", "Study", "View", "Written", "make_sample", "new_theme"]
