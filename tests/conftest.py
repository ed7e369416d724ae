"""What tests share: where real data lie, and a small study built with fakes instead of models."""

from __future__ import annotations

import array
import math
import os
import shutil
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from benchmarks.served import Server, chromium
from qualkit import plugs
from qualkit.__main__ import main
from qualkit.errors import QualkitError
from qualkit.model import Choice, Voices
from qualkit.study import Outcome, Study
from tests import fakes

REPO = Path(__file__).parent.parent

settings.register_profile("qualkit", deadline=None)  # the machine may be busy; time is no behaviour
settings.load_profile("qualkit")

BOOK = """
name: Small book
version: "1"
codes:
  - key: stigma
    name: Stigma
    definition: Shame and blame towards people or medication.
    cues: [shame, blame]
    valence: [facilitator, barrier, mixed]
  - key: transport
    name: Transport
    definition: Getting to the clinic by car or bus.
    cues: [bus, car]
    valence: [facilitator, barrier, mixed]
  - key: trust
    name: Trust
    definition: Trust between staff and people.
    cues: [trust]
"""

FG1 = """Moderator: What gets in the way?

P1: There is so much shame in this town. People blame the person.

P2: No bus runs on Sundays here. You need a car for everything.

P1: Mm-hmm.

P2: But they trust the peer coach who comes by.
"""

FG2 = """Moderator: What helps people to come?

P3: The bus stops right at the clinic door now.

P4: Nobody will blame you at the new place, and I trust them.
"""


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real material; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("QUALKIT_REAL_DATA", REPO.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not there; name the folder in QUALKIT_REAL_DATA")
    return folder


@pytest.fixture
def browser() -> Iterator[Any]:
    """Debian's Chromium without a window; a test that asks for it is skipped where there is none."""
    pytest.importorskip("playwright.sync_api")
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium on this machine")
    with chromium() as opened:
        yield opened


@pytest.fixture
def server(study: Study, tmp_path: Path) -> Iterator[Server]:
    """The app over the test's own `study`."""
    with Server(study.folder.path, log=tmp_path / "server.log") as running:
        yield running


@pytest.fixture
def address(server: Server) -> str:
    """Where the app over the test's own `study` is served."""
    return server.address


@pytest.fixture
def empty_study(tmp_path: Path) -> Study:
    """A study with a small codebook, two transcripts on disk, and fakes for engines; nothing has run yet."""
    (tmp_path / "book.yaml").write_text(BOOK, encoding="utf-8")
    study = Study.init(tmp_path / "study", title="A small study", codebook=tmp_path / "book.yaml")
    (study.folder.path / "transcripts" / "fg1.txt").write_text(FG1, encoding="utf-8")
    (study.folder.path / "transcripts" / "fg2.txt").write_text(FG2, encoding="utf-8")
    return with_fakes(study)


def with_fakes(study: Study) -> Study:
    """The study with fake engines on its workbench."""
    study.tools.language = fakes.FakeLanguage()
    study.tools.embedder = fakes.FakeEmbedder()
    return study


@pytest.fixture
def small_study(empty_study: Study) -> Study:
    """The small study, ingested and segmented."""
    for stage in ("ingest", "segment"):
        list(empty_study.run(stage))
    return empty_study


@dataclass
class Engines:
    """The fakes that stand in for every engine, and how often the long-working ones were asked."""

    transcriber: fakes.FakeTranscriber
    diarizer: CountingDiarizer
    clusterer: CountingClusterer
    embedder: fakes.FakeEmbedder

    @property
    def n_calls(self) -> dict[str, int]:
        return {
            "transcriber": self.transcriber.n_calls,
            "diarizer": self.diarizer.n_calls,
            "clusterer": self.clusterer.n_calls,
            "texts embedded": self.embedder.n_embedded,
        }


@dataclass
class CountingDiarizer(fakes.FakeDiarizer):
    """Counts its calls, and fails as often as `n_failures` says before it works."""

    n_calls: int = 0
    n_failures: int = 0

    def tell_apart(self, *args: Any, **kwargs: Any) -> Voices:
        self.n_calls += 1
        if self.n_calls <= self.n_failures:
            raise RuntimeError("killed while telling voices apart")
        return super().tell_apart(*args, **kwargs)


class CountingClusterer(fakes.FakeClusterer):
    """Counts its calls."""

    n_calls = 0

    def cluster(self, *args: Any, **kwargs: Any) -> Any:
        self.n_calls += 1
        return super().cluster(*args, **kwargs)


@pytest.fixture
def fake_engines(monkeypatch: pytest.MonkeyPatch) -> Engines:
    """Every engine that a study asks for by name is a fake, also in a study that is opened by a command."""
    engines = Engines(fakes.FakeTranscriber(), CountingDiarizer(), CountingClusterer(), fakes.FakeEmbedder())
    offered: dict[str, Any] = {
        "transcribers": lambda _model: engines.transcriber,
        "diarizers": lambda: engines.diarizer,
        "clusterers": lambda: engines.clusterer,
        "embedders": lambda: engines.embedder,
        "languages": fakes.FakeLanguage,
    }
    load = plugs.load
    monkeypatch.setattr(plugs, "load", lambda group, name: offered.get(group) or load(group, name))
    return engines


@pytest.fixture
def segment_ids(small_study: Study) -> dict[str, str]:
    """Segments to be coded by their first two words."""
    return {" ".join(segment.text.split()[:2]): segment.id for segment in small_study.coded_segments()}


@pytest.fixture
def shame(segment_ids: dict[str, str]) -> str:
    """The segment about stigma."""
    return segment_ids["There is"]


@pytest.fixture
def bus(segment_ids: dict[str, str]) -> str:
    """The segment about transport."""
    return segment_ids["No bus"]


def choices(**said: str | None) -> list[Choice]:
    """Choices from code=valence, None for a code without valence."""
    from qualkit.model import Valence

    return [Choice(code_key=key, valence=Valence(value) if value else None) for key, value in said.items()]


HEARD = ((1.0, "No bus runs here. None at all."), (10.0, "I need a car."))
"""What the fake transcriber may be told to hear: eleven words."""


def outcomes(study: Study, stage: str | None = None, **given: object) -> dict[str, Outcome]:
    return {outcome.stage: outcome for outcome in study.run(stage, **given)}


def reopened(study: Study) -> Study:
    """The same folder with `study.toml` read anew, and the same tools."""
    again = Study.open(study.folder.path)
    again.tools = study.tools
    return again


def in_folder(study: Study, name: str, content: str | bytes) -> Path:
    path = study.folder.path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content, encoding="utf-8")
    return path


def a_recording(study: Study, name: str = "fg3.wav", seconds: float = 14.0) -> Path:
    """Silence of 16 kHz; what is heard in it is up to the fake engines."""
    return _written(study, name, bytes(2 * int(16_000 * seconds)))


def a_tone(study: Study, name: str, seconds: float) -> Path:
    """A recording of 16 kHz in which something is heard."""
    tone = array.array("h", (int(8000 * math.sin(n / 8)) for n in range(int(16_000 * seconds))))
    return _written(study, name, tone.tobytes())


def _written(study: Study, name: str, frames: bytes) -> Path:
    path = study.folder.path / "recordings" / name
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(frames)
    return path


def refusal(act: Callable[[], object], kind: type[QualkitError] = QualkitError) -> str:
    """The one sentence that `act` is refused with."""
    with pytest.raises(kind) as caught:
        act()
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def entered(arguments: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """How a command ends that begins at the entry point, as a shell's would."""
    monkeypatch.setattr("sys.argv", ["qualkit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def answer_of(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str:
    """What a command prints that begins at the entry point, errors too."""
    entered(list(map(str, arguments)), monkeypatch)
    caught = capsys.readouterr()
    return caught.out + caught.err
