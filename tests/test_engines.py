"""The real engines: what they hear, see and refuse, on sound made here and on recordings with a known reference."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from qualkit.engines.vectors import VectorCache
from qualkit.errors import EngineError
from tests.fakes import FakeEmbedder

REAL_DATA = Path(os.environ.get("QUALKIT_REAL_DATA", Path(__file__).parents[1].parent / "shared" / "data"))
SAMPLE = Path(__file__).parents[1] / "recordings" / "fg1_outreach_team.ogg"


def real(name: str) -> Path:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"no {name} in {REAL_DATA}; name the folder with it in QUALKIT_REAL_DATA")
    return path


# ---------------------------------------------------------------- language and vectors


@pytest.mark.engine
def test_sentences_and_lemmas_keep_their_places():
    pytest.importorskip("spacy")
    from qualkit.engines.language import Spacy

    language = Spacy()
    text = "  Hi there. I don't think so!  Dr. Smith was\nfunding the clinics.  "
    assert [text[start:end] for start, end in language.sentences(text)] == [
        "Hi there.",
        "I don't think so!",
        "Dr. Smith was\nfunding the clinics.",
    ]
    assert language.sentences(" \n") == []
    (lemmas,) = language.lemmas([text])
    assert {text[start:end]: lemma for lemma, start, end in lemmas}["clinics"] >= {"clinic"}
    with pytest.raises(EngineError, match="'no_such_model' is not installed"):
        Spacy("no_such_model")


@pytest.fixture(scope="module")
def embedder():
    pytest.importorskip("sentence_transformers")
    from qualkit.engines.vectors import SentenceTransformers

    return SentenceTransformers()


@pytest.mark.engine
def test_vectors_have_length_1_and_know_what_is_alike(embedder):
    vectors = embedder.embed(["We have no money.", "Funding ran out.", "The dog barks."])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1
    assert embedder.embed([]).shape == (0, 384)


@pytest.mark.engine
def test_an_embedding_model_that_is_not_here_is_not_fetched(embedder):
    with pytest.raises(EngineError, match="'nobody/nothing' is not on this machine"):
        type(embedder)("nobody/nothing").embed(["a text"])


# ---------------------------------------------------------------- the cache of vectors (no model)


def test_the_cache_embeds_each_text_once_and_remembers_across_processes(tmp_path):
    inner = FakeEmbedder()
    first = VectorCache(tmp_path, inner).embed(["a", "b", "a"])
    assert inner.n_embedded == 2
    assert np.array_equal(first, FakeEmbedder().embed(["a", "b", "a"]))
    later = VectorCache(tmp_path, inner)
    assert np.array_equal(later.embed(["b", "c", "a"]), FakeEmbedder().embed(["b", "c", "a"]))
    assert np.array_equal(later.embed(["c", "d"]), FakeEmbedder().embed(["c", "d"]))
    assert inner.n_embedded == 4
    assert later.embed([]).shape[0] == 0


def test_the_cache_keeps_revisions_apart(tmp_path):
    VectorCache(tmp_path, FakeEmbedder("1")).embed(["a"])
    other = FakeEmbedder("2")
    VectorCache(tmp_path, other).embed(["a"])
    assert other.n_embedded == 1


@pytest.mark.parametrize(("suffix", "n_bytes"), [("keys", 5), ("keys", 32), ("f32", 5), ("f32", 300), ("f32", 64 * 4 * 2)])
def test_the_cache_survives_a_write_that_was_cut_short(tmp_path, suffix, n_bytes):
    VectorCache(tmp_path, FakeEmbedder()).embed(["a", "b", "c"])
    (file,) = tmp_path.rglob(f"*.{suffix}")
    file.write_bytes(file.read_bytes()[:-n_bytes])
    for _ in range(2):
        vectors = VectorCache(tmp_path, FakeEmbedder()).embed(["c", "b", "a", "d"])
        assert np.array_equal(vectors, FakeEmbedder().embed(["c", "b", "a", "d"]))


def test_two_writers_on_one_cache_do_not_mix(tmp_path):
    one, two = VectorCache(tmp_path, FakeEmbedder()), VectorCache(tmp_path, FakeEmbedder())
    for n in range(3):
        one.embed([f"one {n}"])
        two.embed([f"two {n}", "both"])
    texts = ["both", *(f"{who} {n}" for who in ("one", "two") for n in range(3))]
    inner = FakeEmbedder()
    assert np.array_equal(VectorCache(tmp_path, inner).embed(texts), FakeEmbedder().embed(texts))
    assert inner.n_embedded == 0
