"""Takes of pitched classes: soundfont, recorded strings through amplifiers, recorded and synthesized voices."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import soxr
from scipy.signal import butter, lfilter

from gen_mix.sessions.synthetic.casting import CASTINGS
from gen_mix.sessions.synthetic.faults import Rooms, Take, amplified
from gen_mix.sessions.synthetic.lines import Line, Random, performed, top_voice
from gen_mix.sessions.synthetic.samples import SampledInstrument, SampleLibrary
from gen_mix.sessions.synthetic.soundfont import RATE, Audio, SoundFont
from gen_mix.sessions.synthetic.synthesizer import draw_patch, synthesize
from gen_mix.sessions.synthetic.voice import draw_singer, sing

_MIKED = (
    "acgtr",
    "piano",
    "strings",
    "brass",
    "sax_woodwind",
    "lead_vocal",
    "backing_vocal",
    "egtr_rhythm",
    "egtr_lead",
)
_MADE_IN_CODE = {
    "bass": 0.25,
    "synth_bass": 0.6,
    "egtr_rhythm": 0.25,
    "egtr_lead": 0.25,
    "acgtr": 0.4,
    "piano": 0.15,
    "keys_epiano": 0.35,
    "organ": 0.35,
    "synth_lead": 0.6,
    "synth_pad": 0.55,
    "strings": 0.3,
    "brass": 0.25,
    "sax_woodwind": 0.2,
}
_TIMING_SECONDS = {"lead_vocal": 0.02, "backing_vocal": 0.02, "synth_bass": 0.002, "synth_lead": 0.002}


@dataclass(frozen=True)
class Players:
    """Everything that can play.

    Attributes:
        library: Recorded samples.
        font: Soundfont.
        rooms: Cabinets.
        voices: Names of recorded voices.
        has_strings: True if recorded bass and guitar are to be used.
        has_code: True if instruments made in code are to be used.
        samples: Length of a take.
    """

    library: SampleLibrary
    font: SoundFont
    rooms: Rooms
    voices: tuple[str, ...]
    has_strings: bool
    has_code: bool
    samples: int

    def record(self, instrument: str, part: Line, takes: int, rng: Random) -> list[Take]:
        """Return one take, or the two performances of a double, of a class playing its part."""
        if instrument in ("lead_vocal", "backing_vocal"):
            audios = self._vocals(instrument, part, takes, rng)
        elif self.has_code and rng.random() < _MADE_IN_CODE.get(instrument, 0.0):
            return self._made(instrument, part, takes, rng)
        elif instrument in ("bass", "egtr_rhythm", "egtr_lead") and self.has_strings and rng.random() < 0.5:
            return self._sampled(instrument, part, takes, rng)
        elif instrument == "fx" and rng.random() < 0.5:
            audios = [_effect(self.samples, rng)]
        else:
            audios = self._programs(instrument, part, takes, rng)
        is_miked = instrument in _MIKED
        if instrument in ("egtr_rhythm", "egtr_lead", "keys_epiano", "organ") and rng.random() < 0.35:
            return self._through_amp(instrument, audios, rng)
        return _takes(instrument, audios, is_miked, None)

    def _programs(self, instrument: str, part: Line, takes: int, rng: Random) -> list[Audio]:
        casting = CASTINGS[instrument]
        program = _choose(casting.programs, rng)
        is_stereo = takes == 1 and rng.random() < casting.is_stereo
        vibrato = int(rng.uniform(0, 50)) if casting.plays == "melody" else 0
        line = _sparse(part, rng) if instrument == "fx" else part
        audios = []
        for take in range(takes):
            used = _choose(casting.programs, rng) if take and rng.random() < 0.4 else program
            sound = self.font.play(_performance(instrument, line, rng), used, self.samples, vibrato)
            sound = sound if take == 0 else _detuned(sound, float(rng.normal(0, 4)))
            audios.append(sound if is_stereo else sound.mean(0, keepdims=True))
        return audios

    def _made(self, instrument: str, part: Line, takes: int, rng: Random) -> list[Take]:
        """Return takes of an instrument made in code; guitars and most basses through an amplifier."""
        is_stereo = takes == 1 and rng.random() < CASTINGS[instrument].is_stereo
        audios = []
        patch = draw_patch(instrument, rng)
        for _ in range(takes):
            sound = synthesize(_performance(instrument, part, rng), patch, self.samples, rng)
            audios.append(sound if is_stereo else sound.mean(0, keepdims=True))
            patch = draw_patch(instrument, rng) if rng.random() < 0.4 else patch
        if instrument.startswith("egtr") or (instrument == "bass" and rng.random() < 0.6):
            return self._through_amp(instrument, audios, rng)
        return _takes(instrument, audios, instrument in _MIKED, None)

    def _sampled(self, instrument: str, part: Line, takes: int, rng: Random) -> list[Take]:
        folder = "guitar_black" if instrument != "bass" else str(rng.choice(["bass_growly", "double_bass_pizz"]))
        player = SampledInstrument(self.library, folder)
        articulation = "staccato" if instrument == "egtr_rhythm" and rng.random() < 0.3 else "sustain"
        lines = [_performance(instrument, part, rng) for _ in range(takes)]
        audios = [player.play(line, articulation, self.samples, rng) for line in lines]
        audios = [audio if take == 0 else _detuned(audio, 6.0) for take, audio in enumerate(audios)]
        if folder == "double_bass_pizz" or (instrument == "bass" and rng.random() < 0.5):
            return _takes(instrument, audios, folder == "double_bass_pizz", None)
        return self._through_amp(instrument, audios, rng)

    def _through_amp(self, instrument: str, audios: list[Audio], rng: Random) -> list[Take]:
        """Return takes through a clipper and a cabinet; most guitars are distorted, everything else is warm."""
        is_hot = instrument.startswith("egtr") and rng.random() < 0.65
        drive_db = float(rng.uniform(12, 42) if is_hot else rng.uniform(-12, 6))
        b, a = butter(1, rng.uniform(80, 700) if is_hot else 30, "highpass", fs=RATE)
        driven = [amplified(lfilter(b, a, audio).astype(np.float32), drive_db) for audio in audios]
        return _takes(instrument, driven, True, self.rooms.draw_cabinet(rng))

    def _vocals(self, instrument: str, part: Line, takes: int, rng: Random) -> list[Audio]:
        candidates = self._recordings(instrument)
        luck = rng.random()
        if instrument == "backing_vocal" and luck < 0.2:
            return self._programs(instrument, part, takes, rng)
        if takes == 1 and candidates and luck > 0.6:
            return [self._recorded(_choose(candidates, rng), rng)]
        is_stereo = takes == 1 and rng.random() < CASTINGS[instrument].is_stereo
        audios = [self._sung(instrument, part, is_stereo, take, rng) for take in range(takes)]
        return audios

    def _sung(self, instrument: str, part: Line, is_stereo: bool, take: int, rng: Random) -> Audio:
        """Return one singer's line, or for a stereo track three singers side by side."""
        places = (0.2, 0.5, 0.8) if is_stereo else (0.5,)
        audio = np.zeros((2 if is_stereo else 1, self.samples), np.float32)
        for voice, place in enumerate(places):
            singer = draw_singer(rng)
            line = _one_voice(part, take + voice) if instrument == "backing_vocal" else part
            octave = 12 * np.round((singer.lowest + 9 - np.median(line.pitch)) / 12) if len(line) else 0
            line = _performance(instrument, replace(top_voice(line), pitch=top_voice(line).pitch + octave), rng)
            sound = sing(line, singer, self.samples, rng)[0]
            audio += np.array([[1 - place], [place]] if is_stereo else [[1]], np.float32) * sound
        return audio

    def _recordings(self, instrument: str) -> tuple[str, ...]:
        wanted = "backing vocals" if instrument == "backing_vocal" else "vocals"
        entries = self.library.index("vocals")["vocals"]
        named = [e for e in entries if e["file"].split("/")[-1].rsplit(".", 1)[0] in self.voices]
        return tuple(e["file"] for e in named if e["instrument"] == wanted or e["dry"])

    def _recorded(self, file: str, rng: Random) -> Audio:
        """Return an excerpt of a recorded voice, a little slower or faster, sometimes one of its channels."""
        speed = float(2 ** (rng.uniform(-3, 3) / 12))
        recording = self.library.read_float(f"vocals/{file}")
        needed = int(self.samples * speed) + 1
        begin = int(rng.integers(0, max(recording.shape[1] - needed, 0) + 1))
        heard = recording[:, begin : begin + needed]
        if heard.shape[0] == 2 and rng.random() < 0.6:
            heard = heard[:1]
        heard = soxr.resample(heard.T, RATE * speed, RATE, quality="MQ").T
        return np.pad(heard, ((0, 0), (0, max(self.samples - heard.shape[1], 0))))[:, : self.samples].astype(np.float32)


def _takes(instrument: str, audios: list[Audio], is_miked: bool, cabinet: Audio | None) -> list[Take]:
    if len(audios) == 1:
        return [Take(instrument, audios[0], is_miked, cabinet)]
    return [Take(instrument, audio, is_miked, cabinet, take) for take, audio in enumerate(audios)]


def _performance(instrument: str, part: Line, rng: Random) -> Line:
    length = 0.75 if instrument in ("bass", "egtr_rhythm") and rng.random() < 0.3 else 1.0
    return performed(part, rng, _TIMING_SECONDS.get(instrument, 0.008), 8, length)


def _detuned(audio: Audio, cents: float) -> Audio:
    """Return audio read a little faster or slower, as another string or player is never quite in tune."""
    samples = audio.shape[1]
    place = np.arange(samples) * 2 ** (cents / 1200)
    before = np.minimum(place.astype(np.int64), samples - 2)
    part = np.minimum(place - before, 1).astype(np.float32)
    return np.asarray(audio[:, before] * (1 - part) + audio[:, before + 1] * part, np.float32)


def _one_voice(part: Line, number: int) -> Line:
    """Return the line of one of the singers of chords, counted from the top."""
    for _ in range(number % 3):
        top = set(zip(top_voice(part).start.tolist(), top_voice(part).pitch.tolist(), strict=True))
        keep = np.array([(s, p) not in top for s, p in zip(part.start, part.pitch, strict=True)], bool)
        part = part.where(keep) if keep.any() else part
    return part


def _sparse(line: Line, rng: Random) -> Line:
    """Return a few notes of a line, held."""
    keep = rng.random(len(line)) < max(0.1, 2 / max(len(line), 1))
    keep[: max(1, len(line) // 8)] = True
    kept = line.where(keep)
    return replace(kept, end=kept.start + rng.uniform(1, 5, len(kept)))


def _effect(samples: int, rng: Random) -> Audio:
    """Return a riser or an impact of filtered noise, sometimes with a falling tone (2, samples)."""
    audio = np.zeros((2, samples), np.float32)
    for _ in range(int(rng.integers(1, 4))):
        length = int(rng.uniform(0.5, 4) * RATE)
        time = np.linspace(0, 1, length)
        swell = time ** rng.uniform(1, 4) if rng.random() < 0.5 else np.exp(-time * rng.uniform(3, 9))
        b, a = butter(1, np.sort(rng.uniform(100, 8000, 2)) + np.array([0, 300]), "bandpass", fs=RATE)
        sound = lfilter(b, a, rng.standard_normal((2, length)))
        if rng.random() < 0.5:
            start_hz, end_hz = np.exp(rng.uniform(np.log(60), np.log(3000), 2))
            sound = sound + 0.5 * np.sin(2 * np.pi * np.cumsum(start_hz * (end_hz / start_hz) ** time) / RATE)
        begin = int(rng.uniform(0, max(samples - length, 1)))
        audio[:, begin : begin + length] += (sound * swell)[:, : samples - begin].astype(np.float32)
    return audio


def _choose(options: tuple[Any, ...], rng: Random) -> Any:
    return options[int(rng.integers(len(options)))]
