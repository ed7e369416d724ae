"""Real meetings by the command line: words with times, little invented in silence, and a broken file stops no other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from qualkit.model import Turn
from qualkit.study import Study

pytestmark = [pytest.mark.real_data, pytest.mark.engine]

CLIP_S = 30.0
NEARLY_SILENT = {"EN2001b_000-030", "EN2001d_000-030"}

Done = subprocess.CompletedProcess[str]


def qualkit(*arguments: object) -> Done:
    return subprocess.run([sys.executable, "-m", "qualkit", *map(str, arguments)], capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Heard:
    """A study of the clips, and what the commands said."""

    study: Study
    with_broken: Done
    n_transcripts: int
    kept_before: dict[Path, int]
    without_broken: Done

    @property
    def turns(self) -> dict[str, list[Turn]]:
        """Turns by the name of their clip."""
        with self.study.store.read() as tx:
            return {item.label: tx.all(Turn, transcript_id=item.id) for item in self.study.transcripts()}


def kept_words(path: Path) -> dict[Path, int]:
    """Artifacts of recognised words, and when each was written."""
    return {file: file.stat().st_mtime_ns for file in (path / ".qualkit" / "words").iterdir()}


@pytest.fixture(scope="module")
def heard(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Heard:
    """The clips transcribed, first with a text file among them that calls itself WAV, then without."""
    path = tmp_path_factory.mktemp("ami") / "study"
    assert qualkit("init", path).returncode == 0
    added = qualkit("add", real_data / "audio" / "ami", "-s", path)
    assert (added.returncode, added.stdout.count(".flac")) == (0, 11)
    broken = path / "recordings" / "broken.wav"
    broken.write_text("These are only my notes.\n", encoding="utf-8")
    first = qualkit("transcribe", "-s", path)
    before, n_transcripts = kept_words(path), len(Study.open(path).transcripts())
    broken.unlink()
    second = qualkit("transcribe", "-s", path)
    assert second.returncode == 0, second.stderr
    return Heard(Study.open(path), first, n_transcripts, before, second)


def normal(text: str) -> str:
    """Lower case, no punctuation."""
    return " ".join(re.sub(r"[^\w\s]", "", text.lower()).split())


def reference(real_data: Path, clip: str) -> str:
    said = json.loads((real_data / "audio" / "ami" / f"{clip}.words.json").read_text(encoding="utf-8"))
    return normal(" ".join(word["word"] for word in sorted(said["words"], key=lambda word: word["start"])))


def test_a_file_that_is_no_sound_is_named_in_one_sentence_and_the_others_become_transcripts(heard: Heard) -> None:
    assert heard.with_broken.returncode == 1
    assert heard.with_broken.stderr.startswith("Error: broken.wav is not a sound file")
    assert heard.with_broken.stderr.count("\n") == 2, "the sentence, and that the rest is done"
    assert "11 recordings, 1 could not be read" in heard.with_broken.stdout
    assert heard.n_transcripts == 11


def test_after_the_broken_file_is_gone_nothing_is_recognised_again(heard: Heard) -> None:
    assert kept_words(heard.study.folder.path) == heard.kept_before
    assert "11 recordings" in heard.without_broken.stdout


def test_every_clip_with_speech_has_turns_whose_words_lie_inside_it(heard: Heard) -> None:
    assert len(heard.turns) == 11
    for clip, turns in heard.turns.items():
        words = [word for turn in turns for word in turn.words]
        assert words or clip in NEARLY_SILENT, clip
        assert all(0 <= word.start_s <= word.end_s <= CLIP_S + 0.01 for word in words), clip
        assert all(turn.text == " ".join(word.text for word in turn.words) for turn in turns), clip


def test_hardly_anything_is_invented_where_nearly_nobody_speaks(heard: Heard) -> None:
    turns = heard.turns
    assert sum(len(turn.words) for clip in NEARLY_SILENT for turn in turns[clip]) <= 5


def test_the_words_are_mostly_those_that_were_said(heard: Heard, real_data: Path) -> None:
    jiwer = pytest.importorskip("jiwer")
    turns = heard.turns
    said = [reference(real_data, clip) for clip in turns]
    understood = [normal(" ".join(turn.text for turn in own)) for own in turns.values()]
    assert jiwer.wer(said, understood) < 0.40
