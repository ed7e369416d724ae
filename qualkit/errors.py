"""Errors that speak to a researcher.

Every error that a user can cause is a `QualkitError`: one sentence that says what is wrong, where, and what to do.
The command line and the pages print that sentence alone; a traceback is shown only with `--debug`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody may have meant, None if none is near."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1)), None)


class QualkitError(Exception):
    """Something a user can put right; `str(error)` is a sentence for a researcher."""


class StudyError(QualkitError):
    """The study folder is missing, is no study, or is set up in a way that cannot work."""


class ReadError(QualkitError):
    """A recording, transcript, codebook or sheet cannot be read; the sentence names the file and, if known, the line."""


class WriteError(QualkitError):
    """A transcript cannot be written in a format; the sentence names both and says what to take instead."""


class CodebookError(ReadError):
    """A codebook breaks a rule: a key used twice, an unknown parent, a field that does not exist."""


class StoreError(QualkitError):
    """The study's database is newer than this program, damaged, or in a place where it cannot be kept safely."""


class BlindnessError(QualkitError):
    """Somebody asked for what a blind coder may not see yet."""


class StaleError(QualkitError):
    """A judgement was made on an older state; the newer one must be looked at first."""


class StoppedError(QualkitError):
    """Somebody stopped the work by hand; what was finished is kept."""


class PlugError(QualkitError):
    """A reader, suggester, exporter, writer or engine of that name is not installed, or two share one name."""


class EngineError(QualkitError):
    """A model or a library that a stage needs is not installed or cannot be loaded."""


class AnswerError(EngineError):
    """A model that was asked one question gave no answer that can be used; it may well answer the next."""
