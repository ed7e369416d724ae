"""Who spoke when and who said what: diarization error rate and concatenated minimum-permutation word error rate.

DER by pyannote.metrics against *.words.rttm over the whole of each recording, durations of all recordings added up before
dividing, under the three protocols of `PROTOCOLS`.

cpWER by meeteval against *.seglst.json, Whisper's English normaliser on both sides, on what the whole `transcribe` stage
leaves in a study: the turns as a researcher gets them.
"""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.material import Clip, Material, Said, Span, reported
from benchmarks.speech import Figures, normaliser
from qualkit import plugs
from qualkit.errors import QualkitError
from qualkit.model import Participant, SpeakerCount, Turn
from qualkit.plugs import no_progress
from qualkit.stages.transcribe import Options
from qualkit.study import Study

Spans = Sequence[Span]

PROTOCOLS: Mapping[str, Mapping[str, Any]] = {
    "strict": {"collar": 0.0, "skip_overlap": False},
    "lenient": {"collar": 0.25, "skip_overlap": True},
    "nist": {"collar": 0.5, "skip_overlap": True},
}
"""Options of pyannote.metrics. Its `collar` is the whole width that is left out around a boundary of the reference: 0.25 is an
eighth of a second on either side, and 0.5 the quarter on either side of NIST's evaluations."""


def measure(material: Material, say: Callable[[str], None]) -> Figures:
    """DER of the clips, of their reported half, of the joined group and of the synthetic mixes, null if it cannot be had.

    What is chosen may be chosen on the second, fourth, ... clip by name; the first, third, ... are the reported half.
    """
    clips, group, mixes = material.clips, material.group, material.mixes
    found_names = ("found_en2001", "synthetic_found_exact", "synthetic_found", "synthetic_made")
    sets: dict[str, Sequence[Clip]] = {
        "der": clips,
        "der_reported": reported(clips),
        "der_en2001": [group] if group else [],
        "synthetic_der": mixes,
    }
    figures: Figures = dict.fromkeys([*(f"{of}_{how}" for of in sets for how in PROTOCOLS), *found_names])
    try:
        engine = plugs.load("diarizers", Options().diarizer)()
        found = {clip.name: told_apart(clip, engine) for clip in [*clips, *mixes, *([group] if group else [])]}
        for of, own in sets.items():
            figures |= ders(own, found, of)
        figures["found_en2001"] = n_speakers(found[group.name]) if group else None
        if mixes:
            figures["synthetic_made"] = len(mixes)
            figures["synthetic_found"] = [n_speakers(found[mix.name]) for mix in mixes]
            figures["synthetic_found_exact"] = all(n_speakers(found[mix.name]) == mix.n_speakers for mix in mixes)
    except (QualkitError, ImportError) as error:
        say(f"The rates of diarization error are null: {error}")
    figures["synthetic_der"] = figures.pop("synthetic_der_strict")
    return figures


def told_apart(clip: Clip, engine: plugs.Diarizer) -> Spans:
    """Who speaks when, by a diarizer that is told nothing about how many they are."""
    voices = engine.listen(clip.samples, start_s=0.0, progress=no_progress)
    turns = engine.tell_apart(voices, SpeakerCount()).turns
    return [Span(speaker=f"{turn.speaker}", start_s=turn.start_s, end_s=turn.end_s) for turn in turns]


def n_speakers(spans: Spans) -> int:
    """How many people there are."""
    return len({span.speaker for span in spans})


def ders(clips: Sequence[Clip], found: Mapping[str, Spans], name: str) -> Figures:
    """The rate under each protocol, named after both; null for no clips."""
    cases = [(clip.spans, found[clip.name], clip.duration_s) for clip in clips]
    return {f"{name}_{how}": der(cases, **options) if cases else None for how, options in PROTOCOLS.items()}


def der(cases: Sequence[tuple[Spans, Spans, float]], *, collar: float = 0.0, skip_overlap: bool = False) -> float:
    """Missed, invented and confused seconds over seconds of speech, of all (reference, found, duration_s) together."""
    core = importlib.import_module("pyannote.core")
    metrics = importlib.import_module("pyannote.metrics.diarization")
    metric = metrics.DiarizationErrorRate(collar=collar, skip_overlap=skip_overlap)
    for n, (reference, found, duration_s) in enumerate(cases):
        whole = core.Timeline([core.Segment(0.0, duration_s)], uri=f"{n}")
        metric(_annotation(core, f"{n}", reference), _annotation(core, f"{n}", found), uem=whole)
    return float(abs(metric))


def _annotation(core: Any, uri: str, spans: Spans) -> Any:
    made = core.Annotation(uri=uri)
    for n, span in enumerate(spans):
        made[core.Segment(span.start_s, span.end_s), n] = span.speaker
    return made


# ---------------------------------------------------------------- words of speakers


def measure_words(material: Material, model: str, say: Callable[[str], None]) -> Figures:
    """cpWER of the joined group, of all clips and of the synthetic mixes, null if it cannot be had."""
    clips, group, mixes = material.clips, material.group, material.mixes
    end = "" if model == "base" else f"_{model.split('.', maxsplit=1)[0]}"
    figures: Figures = dict.fromkeys(f"{name}{end}" for name in ("cpwer_en2001", "cpwer_clips", "synthetic_cpwer"))
    try:
        heard = transcribed([*clips, *mixes, *([group] if group else [])], material.folder / f"study-{model}", model=model)
        figures[f"cpwer_clips{end}"] = cpwer([(clip.said, heard[clip.name]) for clip in clips])
        if group:
            figures[f"cpwer_en2001{end}"] = cpwer([(group.said, heard[group.name])])
        if mixes:
            figures[f"synthetic_cpwer{end}"] = cpwer([(mix.said, heard[mix.name]) for mix in mixes])
    except (QualkitError, ImportError) as error:
        say(f"The word error rates of speakers with {model} are null: {error}")
    return figures


def transcribed(clips: Sequence[Clip], folder: Path, **options: Any) -> dict[str, list[Said]]:
    """What the `transcribe` stage leaves of the clips in a new study in `folder`, by their names."""
    study = new_study(folder, {clip.name: clip.path for clip in clips})
    for _ in study.run("transcribe", **options):
        pass
    return turns_in(study)


def new_study(folder: Path, recordings: Mapping[str, Path]) -> Study:
    """A study in `folder` that has `recordings`, by the names they get there."""
    study = Study.init(folder, title="Benchmark")
    for name, path in recordings.items():
        shutil.copyfile(path, study.folder.path / "recordings" / f"{name}{path.suffix}")
    return study


def turns_in(study: Study) -> dict[str, list[Said]]:
    """The turns of each transcript by its label, in their order."""
    with study.store.read() as tx:
        people = {person.id: person.label or person.pseudonym for person in tx.all(Participant)}
        return {
            transcript.label: [
                Said(
                    speaker=people.get(turn.participant_id or "", "nobody"),
                    text=turn.text,
                    start_s=turn.start_s or 0.0,
                    end_s=turn.end_s or 0.0,
                )
                for turn in sorted(tx.all(Turn, transcript_id=transcript.id), key=lambda turn: turn.position)
            ]
            for transcript in study.transcripts()
        }


def cpwer(cases: Sequence[tuple[Sequence[Said], Sequence[Said]]]) -> float:
    """Errors over words of all (reference, heard), each with the pairing of speakers that makes fewest errors."""
    meeteval = importlib.import_module("meeteval")
    rates = [meeteval.wer.cpwer(_seglst(meeteval, said), _seglst(meeteval, heard))["one"] for said, heard in cases]
    return float(sum(rate.errors for rate in rates) / sum(rate.length for rate in rates))


def _seglst(meeteval: Any, said: Sequence[Said]) -> Any:
    """What meeteval reads; nothing said is a speaker without words."""
    normal = normaliser()
    rows = [
        {
            "session_id": "one",
            "speaker": one.speaker,
            "start_time": one.start_s,
            "end_time": one.end_s,
            "words": normal(one.text),
        }
        for one in said or [Said(speaker="nobody", text="", start_s=0.0, end_s=0.0)]
    ]
    return meeteval.io.SegLST(rows)
