"""Who speaks when within ten seconds: up to three voices, two of them at once, not yet known by name.

The network is written out here over the published weights, so that nothing but the weights is taken from the package that
carries them.

Network: H. Bredin, "pyannote.audio 2.1 speaker diarization pipeline", Interspeech 2023, with the powerset of A. Plaquet and
H. Bredin, "Powerset multi-class cross entropy loss for neural speaker diarization", Interspeech 2023. Its first layer:
M. Ravanelli and Y. Bengio, "Speaker recognition from raw waveform with SincNet", SLT 2018. Weights: pyannote
segmentation-3.0, MIT.
"""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from qualkit.engines.sound import RATE

WINDOW_S = 10.0
FRAME_S, FIRST_S = 0.016875, 0.03096875
"""Seconds between frames, and from a window's start to the middle of its first frame: 270 samples, and half of 991."""

N_VOICES = 3
_POWERSET = ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2))  # who speaks in each of the seven classes
_SLOPE = 0.01  # of the leaky rectifiers
_MIN_LOW_HZ, _MIN_BAND_HZ = 50, 50

Activity: TypeAlias = npt.NDArray[np.float32]
"""Shape (windows, frames, 3): how likely each voice of a window speaks in each frame."""


def activity(torch: Any, weights: dict[str, Any], windows: npt.NDArray[np.float32]) -> Activity:
    """Windows, (n, samples), to the likelihood that each of three voices speaks in each frame."""
    with torch.inference_mode():
        classes = _network(torch, weights, torch.from_numpy(windows)).numpy()
    member = np.array([[voice in who for voice in range(N_VOICES)] for who in _POWERSET], dtype=np.float32)
    return cast("Activity", classes @ member)


def _network(torch: Any, w: dict[str, Any], sound: Any) -> Any:
    """(batch, samples) to (batch, frames, 7) likelihoods that sum to one."""
    f = torch.nn.functional
    x = f.instance_norm(sound.unsqueeze(1), weight=w["sincnet.wav_norm1d.weight"], bias=w["sincnet.wav_norm1d.bias"])
    for layer in range(3):
        if layer == 0:
            x = f.conv1d(x, _sinc(torch, w), stride=10).abs()
        else:
            x = f.conv1d(x, w[f"sincnet.conv1d.{layer}.weight"], w[f"sincnet.conv1d.{layer}.bias"])
        norm = f"sincnet.norm1d.{layer}"
        x = f.instance_norm(f.max_pool1d(x, 3), weight=w[f"{norm}.weight"], bias=w[f"{norm}.bias"])
        x = f.leaky_relu(x, _SLOPE)
    x = _recurrent(torch, w, x.transpose(1, 2))
    for layer in range(2):
        x = f.leaky_relu(f.linear(x, w[f"linear.{layer}.weight"], w[f"linear.{layer}.bias"]), _SLOPE)
    return f.softmax(f.linear(x, w["classifier.weight"], w["classifier.bias"]), dim=-1)


def _sinc(torch: Any, w: dict[str, Any]) -> Any:
    """80 band-pass filters of 251 samples from their corners: 40 even ones, and the same odd."""
    bank = "sincnet.conv1d.0.filterbank."
    times, window = w[f"{bank}n_"], w[f"{bank}window_"]
    low = _MIN_LOW_HZ + w[f"{bank}low_hz_"].abs()
    high = (low + _MIN_BAND_HZ + w[f"{bank}band_hz_"].abs()).clamp(_MIN_LOW_HZ, RATE / 2)
    band = high - low
    even = (torch.sin(high @ times) - torch.sin(low @ times)) / (times / 2) * window
    odd = (torch.cos(low @ times) - torch.cos(high @ times)) / (times / 2) * window
    evens = torch.cat([even, 2 * band, even.flip(1)], dim=1)
    odds = torch.cat([odd, torch.zeros_like(band), -odd.flip(1)], dim=1)
    return (torch.cat([evens, odds]) / (2 * band.repeat(2, 1))).unsqueeze(1)


def _recurrent(torch: Any, w: dict[str, Any], x: Any) -> Any:
    """Four layers that listen forwards and backwards, (batch, frames, 60) to (batch, frames, 256)."""
    kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    params = [w[f"lstm.{kind}_l{layer}{way}"] for layer in range(4) for way in ("", "_reverse") for kind in kinds]
    start = x.new_zeros(2 * 4, x.shape[0], 128)
    return torch.lstm(x, (start, start), params, True, 4, 0.0, False, True, True)[0]
