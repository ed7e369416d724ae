"""What tells one voice from another: speech to a vector of 192 numbers (CAM++).

The network is written out here in plain functions over the published weights, so that nothing but the weights is taken from
the package that carries them. Vectors are signed: cut off below zero, as some copies of the network do it, synthetic voices
lie too close together for any one threshold.

Network: H. Wang et al., "CAM++: A Fast and Efficient Network for Speaker Verification Using Context-Aware Masking",
Interspeech 2023; weights: 3D-Speaker, speech_campplus_sv_zh_en_16k-common_advanced, Apache-2.0.
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.engines.sound import RATE
from qualkit.plugs import Vectors, Waveform, need

FRAMES_A_S = 100
"""Frames of features in a second: 25 ms long, 10 ms apart."""

_LEAST_FRAMES = 50
"""Fewer frames than this are repeated to make so many: the network's masks look at a second at a time."""

SIZE = 192
"""Numbers in a vector."""

_BLOCKS = ((12, 1), (24, 2), (16, 2))  # layers and dilation of the three dense blocks

Features: TypeAlias = npt.NDArray[np.float32]
"""Shape (frames, 80): log mel energies, `FRAMES_A_S` a second."""


def features(sound: Waveform) -> Features:
    """Log mel energies as Kaldi computes them, without its dither. Fed in pieces, so that a long sound costs no copy."""
    fbank = need("kaldi_native_fbank", "voices")
    options = fbank.FbankOptions()
    options.frame_opts.dither, options.frame_opts.samp_freq = 0.0, float(RATE)
    options.mel_opts.num_bins = 80
    bank = fbank.OnlineFbank(options)
    frames: list[Any] = []
    for first in range(0, len(sound), 10 * RATE):
        bank.accept_waveform(float(RATE), (sound[first : first + 10 * RATE] * 32768).tolist())
        frames += [bank.get_frame(n) for n in range(len(frames), bank.num_frames_ready)]
    return np.stack(frames).astype(np.float32) if frames else np.zeros((0, 80), dtype=np.float32)


def vector(torch: Any, weights: dict[str, Any], frames: Features) -> Vectors:
    """The vector, of length 1, of the one voice in `frames`, of which there must be some; their mean is taken off first."""
    frames = frames - frames.mean(axis=0)
    if len(frames) < _LEAST_FRAMES:
        frames = np.resize(frames, (_LEAST_FRAMES, frames.shape[1]))
    with torch.inference_mode():
        return unit(_network(torch, weights, torch.from_numpy(frames[None])).numpy()[0])


def unit(rows: Vectors) -> Vectors:
    """Vectors along the last axis at length 1; zeros stay zeros."""
    return cast("Vectors", rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9))


def _network(torch: Any, weights: dict[str, Any], frames: Any) -> Any:
    """(batch, frames, 80) features to (batch, 192) vectors."""
    net = _Layers(torch, weights)
    x = net.head(frames.transpose(1, 2).unsqueeze(1))
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
