"""Vectors and sentences of many texts: what is asked of an engine, what is kept, and that haste changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import suggest_speed
from qualkit.engines import vectors
from qualkit.engines.language import SentenceCache
from qualkit.engines.vectors import Precision, VectorCache, _batches
from tests.fakes import FakeEmbedder, FakeLanguage

TEXTS = ["One. Two!", "", "No stop here", "One. Two!", "Ünï cödé? Yes."]

# ---------------------------------------------------------------- sentences


def test_the_cache_splits_each_text_once_and_remembers_across_processes(tmp_path):
    inner = FakeLanguage()
    expected = [inner.sentences(text) for text in TEXTS]
    assert list(SentenceCache(tmp_path, inner).sentences_of(TEXTS)) == expected
    assert inner.n_split == 4
    later = SentenceCache(tmp_path, inner)
    assert list(later.sentences_of([*reversed(TEXTS), "New. Text."])) == [*reversed(expected), [(0, 4), (5, 10)]]
    assert inner.n_split == 5


def test_what_a_caller_does_to_its_sentences_is_not_kept(tmp_path):
    cache = SentenceCache(tmp_path, FakeLanguage())
    next(cache.sentences_of(["One. Two."])).clear()
    assert next(cache.sentences_of(["One. Two."])) == [(0, 4), (5, 9)]


@pytest.mark.parametrize("n_bytes", range(1, 12))
def test_sentences_whose_line_was_cut_short_are_found_again(tmp_path, n_bytes):
    texts = ["A. B.", "A longer text. With two."]
    list(SentenceCache(tmp_path, FakeLanguage()).sentences_of(texts))
    (file,) = tmp_path.rglob("*.spans")
    file.write_bytes(file.read_bytes()[:-n_bytes])
    for _ in range(2):
        found = list(SentenceCache(tmp_path, FakeLanguage()).sentences_of(texts))
        assert found == [FakeLanguage().sentences(text) for text in texts]


def test_sentences_of_another_model_are_kept_apart(tmp_path):
    list(SentenceCache(tmp_path, FakeLanguage()).sentences_of(["A. B."]))
    other = FakeLanguage()
    other.revision = "2"
    list(SentenceCache(tmp_path, other).sentences_of(["A. B."]))
    assert other.n_split == 1


@pytest.mark.engine
def test_sentences_of_many_texts_are_those_of_the_model_and_lemmas_may_be_asked_for_meanwhile():
    pytest.importorskip("spacy")
    from qualkit.engines.language import Spacy

    language = Spacy()
    texts = ["We have no bus. I drive a lot!", " \n", "Who pays for it? Nobody knows."] * 50
    found = language.sentences_of(texts)
    first = next(found)
    assert next(language.lemmas(["the clinics"]))[1][0] >= {"clinic"}
    spans = [first, *found]
    assert spans[:3] == [[(0, 15), (16, 30)], [], [(0, 16), (17, 30)]]
    assert spans == [language.sentences(text) for text in texts]
    language._nlp.remove_pipe("senter")
    assert list(language.sentences_of(texts[:3])) == spans[:3]


# ---------------------------------------------------------------- vectors


def test_batches_hold_every_text_once_and_are_no_wider_than_the_budget():
    lengths = [int(n) for n in np.random.default_rng(1).gamma(1.4, 300, 500)] + [0, 50_000]
    batches = list(_batches(lengths))
    assert sorted(n for batch in batches for n in batch) == list(range(len(lengths)))
    widths = [len(batch) * max(lengths[n] for n in batch) for batch in batches if len(batch) > 1]
    assert max(widths) <= vectors._BATCH_CHARS
    assert list(_batches([])) == []


def test_a_killed_run_keeps_the_portions_it_had_embedded(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "_PORTION", 2)

    class Dying(FakeEmbedder):
        def embed(self, texts, *rest):
            if self.n_embedded >= 4:
                raise KeyboardInterrupt
            return super().embed(texts, *rest)

    texts = [f"text {'long ' * n}" for n in range(7)]
    with pytest.raises(KeyboardInterrupt):
        VectorCache(tmp_path, Dying()).embed(texts)
    inner = FakeEmbedder()
    assert np.array_equal(VectorCache(tmp_path, inner).embed(texts), FakeEmbedder().embed(texts))
    assert inner.n_embedded == 3


def test_progress_of_portions_only_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors, "_PORTION", 2)

    class Telling(FakeEmbedder):
        def embed(self, texts, progress=None):
            progress(0.0, "embedding")
            progress(0.9, "embedding")
            return super().embed(texts)

    shares: list[float] = []
    VectorCache(tmp_path, Telling()).embed([f"text {n}" for n in range(9)], lambda share, doing: shares.append(share))
    assert shares == sorted(shares)
    assert len(shares) == 10
    assert 0 <= shares[0] <= shares[-1] <= 1


@pytest.mark.parametrize(
    ("machine", "said", "is_there"),
    [
        ("x86_64", "flags : fpu avx2 amx_bf16", True),
        ("AMD64", "flags : avx512_bf16", True),
        ("x86_64", "flags : fpu avx2 avx512f", False),
        ("aarch64", "Features : bf16 amx_bf16", False),
    ],
)
def test_bfloat16_is_taken_only_where_the_processor_has_it(tmp_path, monkeypatch, machine, said, is_there):
    (tmp_path / "cpuinfo").write_text(said, encoding="utf-8")
    monkeypatch.setattr(vectors, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(vectors.platform, "machine", lambda: machine)
    assert vectors._has_bfloat16() is is_there


@pytest.mark.engine
def test_bfloat16_says_so_in_the_revision_and_means_the_same():
    pytest.importorskip("sentence_transformers")
    texts = ["We have no money.", "", "Funding ran out. " * 40, "The dog barks.", "We have no money."]
    exact = vectors.SentenceTransformers(precision=Precision.FLOAT32)
    quick = vectors.SentenceTransformers(precision="bfloat16")
    assert quick.revision == f"{exact.revision} bfloat16"
    assert vectors.SentenceTransformers().precision in (Precision.FLOAT32, Precision.BFLOAT16)
    a, b = exact.embed(texts), quick.embed(texts)
    assert b.dtype == np.float32
    assert np.array_equal(b[0], b[4])
    assert np.linalg.norm(b, axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    assert (a * b).sum(axis=1) == pytest.approx(np.ones(5), abs=1e-3)
    assert a == pytest.approx(exact._model.encode(texts, batch_size=1, normalize_embeddings=True), abs=1e-5)


# ---------------------------------------------------------------- the benchmark's material


def test_the_benchmarks_segments_all_differ_and_are_as_long_as_real_turns():
    brief = suggest_speed.made_brief(400)
    texts = [segment.text for segment in brief.segments]
    assert len(set(texts)) == 400
    assert np.mean([len(text.split()) for text in texts]) == pytest.approx(78, abs=12)
    assert len(set(brief.questions.values())) == 200
    assert len({segment.transcript_id for segment in brief.segments}) == suggest_speed.N_TRANSCRIPTS
    assert len(brief.codebook.codes) == 22
