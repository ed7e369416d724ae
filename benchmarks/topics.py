"""Topics on real, human-coded talk, beside BERTopic's defaults, LDA and k-means: `python -m benchmarks.topics`.

- `os_focus_group`: participants' sentences of five words or more that people gave a subcategory, in the order of the talk. Seed
  ARI: the mean adjusted Rand index between the results of four seeds. ARI of parts: the same between what is found in four
  random parts of four fifths of the turns, on the sentences that two parts share: harder, and the same for all methods, but
  kind to one that leaves much out, as outliers are a class of their own.
  NMI: normalised mutual information with the subcategory that covers most of the sentence, outliers being a class of their own;
  AMI: corrected for chance, and so for the number of topics. Diversity: different words among the ten first of each topic.
- `patient_feedback`: comments, the same vectors for all. NMI and AMI with the label, on comments with one; purity: the share of
  comments that have the commonest label of their topic, on comments with any.
- Scale: segments put together of two comments with the same label, drawn at random, so that hardly one comes twice; vectors,
  the mean of theirs, in a file. `copies` are single comments drawn with replacement instead, shaken a little: there HDBSCAN
  finds the copies of each comment, thousands of topics with the label of one comment each. Each run is a process of its own;
  wall time from start to end and peak memory (Linux), imports included. `time_ratio_100k` and `memory_ratio_100k` are ours over
  plain BERTopic's. `--quick` leaves out a million segments and the copies; `--only` measures some parts.

Prints tables, and as the last line JSON; a figure that cannot be had is null. Data: `QUALKIT_REAL_DATA`, or `--data FOLDER`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import coded
from qualkit.model import Codebook, Segment
from qualkit.plugs import Vectors
from qualkit.stages import topics
from qualkit.stages.stability import adjusted_rand, between
from qualkit.study.workbench import Workbench

Numbers = npt.NDArray[np.int64]

GOALS = {
    "osfg_outliers": "<= 0.25",
    "osfg_seed_ari": ">= 0.75",
    "osfg_nmi": ">= 0.27",
    "osfg_diversity": ">= 0.8",
    "patient_nmi": "",
    "patient_nmi_bertopic": "",
    "time_ratio_100k": "<= 0.5",
    "memory_ratio_100k": "<= 0.5",
}
SEEDS = (7, 1, 2, 3)
PART = 0.8
MIN_WORDS = 5
SIZES = (1_000, 10_000, 100_000, 1_000_000)
PEER_SIZES = (1_000, 10_000, 100_000)
SHAKEN = 0.5
"""Length of what is added to each vector of a copy: the cosine to the vector it was drawn as is .89."""
PARTS = ("groups", "comments", "scale")


@dataclass(frozen=True, kw_only=True)
class Talk:
    """Segments, their vectors by themselves, and for each what people made of it."""

    segments: Sequence[Segment]
    vectors: Vectors
    labels: Numbers

    def part(self, rows: Numbers) -> Talk:
        """Some of it."""
        return Talk(segments=[self.segments[n] for n in rows], vectors=self.vectors[rows], labels=self.labels[rows])


@dataclass(frozen=True, kw_only=True)
class Result:
    """A topic for each segment, -1 for none, and the words of the topics."""

    numbers: Numbers
    words: Sequence[Sequence[str]]


Method = Callable[[Talk, int], Result]


# ---------------------------------------------------------------- methods


def ours(tools: Workbench) -> Method:
    """The stage with its defaults."""

    def find(talk: Talk, seed: int) -> Result:
        from qualkit.engines.clusters import Consensus

        found = topics.run(
            segments=talk.segments,
            questions={},
            codebook=Codebook(name="none", version="1", codes=()),
            options=topics.Options(seed=seed),
            clusterer=Consensus(),
            tools=tools,
            run_id="benchmark",
        )
        place = {segment.id: n for n, segment in enumerate(talk.segments)}
        numbers = np.full(len(place), -1)
        for topic in found.topics:
            numbers[[place[key] for key in topic.segment_ids]] = topic.number
        return Result(numbers=numbers, words=[topic.words for topic in found.topics if topic.number >= 0])

    return find


def bertopic(talk: Talk, seed: int) -> Result:
    """BERTopic with all its defaults, but for a seed."""
    from bertopic import BERTopic
    from umap import UMAP

    mapper = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", low_memory=False, random_state=seed)
    model = BERTopic(umap_model=mapper)
    numbers, _ = model.fit_transform([segment.text for segment in talk.segments], embeddings=np.asarray(talk.vectors))
    found = np.asarray(numbers)
    return Result(numbers=found, words=[[word for word, _ in model.get_topic(n) if word] for n in range(found.max() + 1)])


def lda(talk: Talk, seed: int) -> Result:
    """Latent Dirichlet allocation of the words, stop words left out, with as many topics as ours has."""
    from sklearn.decomposition import LatentDirichletAllocation
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(stop_words="english", min_df=2)
    counts = counter.fit_transform([segment.text for segment in talk.segments])
    model = LatentDirichletAllocation(topics.n_topics_for(len(talk.segments)), random_state=seed)
    names = counter.get_feature_names_out()
    found = np.asarray(model.fit_transform(counts).argmax(axis=1))
    return Result(numbers=found, words=[[str(names[n]) for n in row.argsort()[::-1][:10]] for row in model.components_])


def k_means(talk: Talk, seed: int) -> Result:
    """k-means of the vectors with as many topics as ours has."""
    from sklearn.cluster import KMeans

    model = KMeans(topics.n_topics_for(len(talk.segments)), n_init=1, random_state=seed)
    return Result(numbers=np.asarray(model.fit_predict(talk.vectors), dtype=np.int64), words=[])


# ---------------------------------------------------------------- figures


def measured(find: Method, talk: Talk) -> dict[str, float | None]:
    """All figures of one method, means over seeds."""
    results = [find(talk, seed) for seed in SEEDS]
    parts = []
    for seed in SEEDS:
        rows = some(talk, seed)
        parts.append((rows, find(talk.part(rows), seed).numbers))
    pairs = [adjusted_rand(one.numbers, other.numbers) for one, other in combinations(results, 2)]
    return {
        "topics": float(np.mean([result.numbers.max() + 1 for result in results])),
        "outliers": float(np.mean([(result.numbers < 0).mean() for result in results])),
        "seed_ari": float(np.mean(pairs)),
        "part_ari": between(parts)[0],
        **likeness_to_people([result.numbers for result in results], talk.labels),
        "diversity": float(np.mean([diversity(result.words) for result in results])) if results[0].words else None,
    }


def some(talk: Talk, seed: int) -> Numbers:
    """The rows of four fifths of the turns, so that a sentence keeps its neighbours."""
    turns = np.unique([segment.turn_id for segment in talk.segments], return_inverse=True)[1]
    n = int(turns.max()) + 1
    return np.flatnonzero(np.isin(turns, np.random.default_rng(seed).choice(n, int(PART * n), replace=False)))


def likeness_to_people(found: Sequence[Numbers], labels: Numbers) -> dict[str, float]:
    """Mutual information with what people made of it, normalised and adjusted, where there is a label."""
    from sklearn.metrics import adjusted_mutual_info_score, normalized_mutual_info_score

    known = labels >= 0
    inside = [normalized_mutual_info_score(labels[known & (one >= 0)], one[known & (one >= 0)]) for one in found]
    return {
        "nmi": float(np.mean([normalized_mutual_info_score(labels[known], one[known]) for one in found])),
        "nmi_without_outliers": float(np.mean(inside)),
        "ami": float(np.mean([adjusted_mutual_info_score(labels[known], one[known]) for one in found])),
    }


def diversity(words: Sequence[Sequence[str]]) -> float:
    """The share of different words among the first ten of each topic."""
    said = [word for own in words for word in own[:10]]
    return len(set(said)) / max(len(said), 1)


def purity(numbers: Numbers, marks: npt.NDArray[np.bool_]) -> float:
    """The share of rows that have the commonest label of their topic, no topic being one; `marks` has shape (rows, labels)."""
    known = marks.any(axis=1)
    kept = sum(int(marks[known & (numbers == n)].sum(axis=0).max(initial=0)) for n in np.unique(numbers))
    return kept / max(int(known.sum()), 1)


# ---------------------------------------------------------------- data


def focus_groups(folder: Path, tools: Workbench) -> Talk:
    """Sentences of participants with the subcategory that covers most of each."""
    names = {row["code"]: row["subcategory"] for row in coded.rows_of(folder / "codebook.csv")}
    marked: dict[tuple[str, str], list[tuple[int, int, str]]] = {}
    for row in coded.rows_of(folder / "codings.csv"):
        if names.get(row["code"]) and row["start"] not in ("", "-1"):
            span = (int(float(row["start"])), int(float(row["end"])), names[row["code"]])
            marked.setdefault((row["group"], row["turn"]), []).append(span)
    segments, labels = [], []
    for row in coded.rows_of(folder / "turns.csv"):
        if row["role"] == "moderator":
            continue
        for start, end in tools.language.sentences(row["text"]):
            label = _covering(marked.get((row["group"], row["turn"]), ()), start, end)
            if label and len(row["text"][start:end].split()) >= MIN_WORDS:
                segments.append(_segment(len(segments), row["text"][start:end], row["group"], row["turn"], row["speaker"]))
                labels.append(label)
    return _talk(segments, labels, tools)


def _covering(spans: Sequence[tuple[int, int, str]], start: int, end: int) -> str:
    covered: Counter[str] = Counter()
    for first, last, name in spans:
        covered[name] += max(0, min(last, end) - max(first, start))
    return max(covered, key=lambda name: covered[name]) if any(covered.values()) else ""


def comments(folder: Path, tools: Workbench) -> tuple[Talk, npt.NDArray[np.bool_]]:
    """Patients' comments, the label of those that have one only, and all labels: shape (comments, labels)."""
    rows = coded.rows_of(folder / "v6framework_trimmed.csv")
    titles = list(rows[0])
    names = [name for name in titles[titles.index(coded.NOT_LABELS[0]) + 1 :] if name not in coded.NOT_LABELS]
    marks = np.array([[float(row[name] or 0) > 0 for name in names] for row in rows])
    segments = [_segment(n, row["FFT answer"], row["Respondent ID"], str(n), "") for n, row in enumerate(rows)]
    labels = [names[int(own.argmax())] if own.sum() == 1 else "" for own in marks]
    return _talk(segments, labels, tools), marks


def _segment(n: int, text: str, group: str, turn: str, who: str) -> Segment:
    return Segment(
        id=str(n), transcript_id=group, turn_id=f"{group}-{turn}", turn_revision=1, position=n, start_char=0,
        end_char=max(len(text), 1), text=text, participant_id=who, is_coded=True,
    )  # fmt: skip


def _talk(segments: Sequence[Segment], labels: Sequence[str], tools: Workbench) -> Talk:
    names = sorted(set(labels) - {""})
    numbers = np.array([names.index(label) if label else -1 for label in labels])
    return Talk(segments=segments, vectors=tools.embedder.embed([segment.text for segment in segments]), labels=numbers)


# ---------------------------------------------------------------- scale


def drawn(talk: Talk, n: int, folder: Path, *, are_copies: bool = False) -> Path:
    """A folder with `n` segments made of comments that have one label: texts, vectors and labels in files."""
    random = np.random.default_rng(n)
    known = np.flatnonzero(talk.labels >= 0)
    rows = random.choice(known, n)
    others = rows if are_copies else _of_the_same_label(talk.labels, rows, random)
    out = folder / f"{n}{' copies' if are_copies else ''}"
    out.mkdir()
    dimensions = talk.vectors.shape[1]
    file = np.lib.format.open_memmap(out / "vectors.npy", mode="w+", dtype=np.float32, shape=(n, dimensions))
    for start in range(0, n, 20_000):
        part = slice(start, start + 20_000)
        made = (talk.vectors[rows[part]] + talk.vectors[others[part]]) / 2
        if are_copies:
            made += SHAKEN * random.normal(size=made.shape).astype(np.float32) / np.sqrt(dimensions)
        file[part] = made / np.linalg.norm(made, axis=1, keepdims=True)
    file.flush()
    np.save(out / "labels.npy", talk.labels[rows])
    said = [segment.text for segment in talk.segments]
    texts = [said[one] if are_copies else f"{said[one]} {said[other]}" for one, other in zip(rows, others, strict=True)]
    (out / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    return out


def _of_the_same_label(labels: Numbers, rows: Numbers, random: np.random.Generator) -> Numbers:
    """For each row another one with its label, or itself."""
    found = np.empty_like(rows)
    for label in np.unique(labels[rows]):
        mine = labels[rows] == label
        found[mine] = random.choice(np.flatnonzero(labels == label), int(mine.sum()))
    return found


def alone(method: str, folder: Path) -> dict[str, float]:
    """Seconds, megabytes and NMI of a method on what `drawn` wrote, in a process of its own."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.topics", "--alone", method, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return {**found, "seconds": time.perf_counter() - started}


def work(method: str, folder: Path) -> dict[str, float]:
    """What the process of `alone` does."""
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    numbers = (_ours_alone if method == "ours" else _bertopic_alone)(texts, vectors)
    peak = _peak_megabytes()
    about = {"topics": float(numbers.max() + 1), "outliers": float((numbers < 0).mean())}
    likeness = likeness_to_people([numbers], np.load(folder / "labels.npy"))
    return {"megabytes": peak, **about, "nmi": likeness["nmi"], "ami": likeness["ami"]}


def _peak_megabytes() -> float:
    """Of this program alone; what `getrusage` says holds for the process that started it, too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _ours_alone(texts: Sequence[str], vectors: Vectors) -> Numbers:
    from qualkit.engines.clusters import Consensus
    from qualkit.stages.consensus import settled

    options, engine, n = topics.Options(), Consensus(), len(texts)
    found = engine.cluster(
        texts, vectors, groups=[0] * n, n_topics=topics.n_topics_for(n), n_draws=options.draws, seed=options.seed
    )
    numbers, _ = settled(found, topics.min_size_for(n))
    engine.words(texts, numbers.tolist(), topics.N_WORDS)
    return numbers


def _bertopic_alone(texts: Sequence[str], vectors: Vectors) -> Numbers:
    from bertopic import BERTopic

    numbers, _ = BERTopic().fit_transform(list(texts), embeddings=np.asarray(vectors))
    return np.asarray(numbers)


# ---------------------------------------------------------------- printing


def table(title: str, rows: dict[str, dict[str, Any]]) -> None:
    """Print figures, a row each."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    print(f"\n{title}")
    print(f"{'':28}" + "".join(f"{name:>{max(10, len(name) + 2)}}" for name in names))
    for row, values in rows.items():
        print(f"{row:28}" + "".join(f"{_told(values.get(name)):>{max(10, len(name) + 2)}}" for name in names), flush=True)


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if value >= 10 else f"{value:.3f}"


def main() -> None:
    """Measure, print, and end with one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("QUALKIT_REAL_DATA", Path(__file__).parents[2] / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=default, help="the folder of real material")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="some parts of it")
    parser.add_argument("--quick", action="store_true", help="no million of segments, no copies")
    parser.add_argument("--alone", nargs=2, metavar=("METHOD", "FOLDER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.alone:
        print(json.dumps(work(given.alone[0], Path(given.alone[1]))))
        return
    found: dict[str, float | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        tools, data = Workbench(Path(folder) / "artifacts"), given.data / "coded"
        if "groups" in given.only:
            found |= of_groups(focus_groups(data / "os_focus_group", tools), tools)
        if "comments" in given.only or "scale" in given.only:
            talk, marks = comments(data / "patient_feedback", tools)
            found |= of_comments(talk, marks, tools) if "comments" in given.only else {}
            found |= of_scale(talk, Path(folder), is_quick=given.quick) if "scale" in given.only else {}
    print(json.dumps({name: None if (value := found.get(name)) is None else round(value, 4) for name in GOALS}))


def of_groups(talk: Talk, tools: Workbench) -> dict[str, float | None]:
    """Figures on four focus groups, printed."""
    found = {name: measured(find, talk) for name, find in (("qualkit", ours(tools)), ("BERTopic", bertopic), ("LDA", lda))}
    table(f"Four focus groups, {len(talk.segments)} sentences, {talk.labels.max() + 1} subcategories", found)
    return {f"osfg_{name}": found["qualkit"][name] for name in ("outliers", "seed_ari", "nmi", "diversity")}


def of_comments(talk: Talk, marks: npt.NDArray[np.bool_], tools: Workbench) -> dict[str, float | None]:
    """Figures on comments of patients, printed."""
    found = {}
    for name, find in (("qualkit", ours(tools)), ("BERTopic", bertopic), ("k-means", k_means)):
        numbers = find(talk, SEEDS[0]).numbers
        about = {"topics": float(numbers.max() + 1), "outliers": float((numbers < 0).mean())}
        found[name] = {**about, **likeness_to_people([numbers], talk.labels), "purity": purity(numbers, marks)}
    n_labels = int(marks.any(axis=0).sum())
    table(f"Comments of patients, {len(talk.segments)}, {n_labels} labels, the same vectors", found)
    return {"patient_nmi": found["qualkit"]["nmi"], "patient_nmi_bertopic": found["BERTopic"]["nmi"]}


def of_scale(talk: Talk, folder: Path, *, is_quick: bool) -> dict[str, float | None]:
    """Time and memory of both as studies grow, printed."""
    found: dict[str, dict[str, float]] = {}
    for n in SIZES[:-1] if is_quick else SIZES:
        found |= _both(drawn(talk, n, folder), f"{n:,}", has_peer=n in PEER_SIZES)
    if not is_quick:
        found |= _both(drawn(talk, PEER_SIZES[-1], folder, are_copies=True), f"{PEER_SIZES[-1]:,} copies", has_peer=True)
    table("Scale: segments of two comments with one label, vectors given", found)
    mine, peer = (found[f"{name} {PEER_SIZES[-1]:,}"] for name in ("qualkit", "BERTopic"))
    return {f"{name}_ratio_100k": mine[unit] / peer[unit] for name, unit in (("time", "seconds"), ("memory", "megabytes"))}


def _both(made: Path, name: str, *, has_peer: bool) -> dict[str, dict[str, float]]:
    found = {f"qualkit {name}": alone("ours", made)}
    if has_peer:
        found[f"BERTopic {name}"] = alone("bertopic", made)
    (made / "vectors.npy").unlink()
    return found


if __name__ == "__main__":
    main()
