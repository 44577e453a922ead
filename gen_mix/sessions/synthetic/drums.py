"""Drum kits: recorded ones with the bleed of all their microphones, and those of a soundfont."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import soxr

from gen_mix.sessions.synthetic.lines import Floats, Line, Random
from gen_mix.sessions.synthetic.samples import SampleLibrary
from gen_mix.sessions.synthetic.soundfont import RATE, Audio, SoundFont

PIECES = {
    "kick": (35, 36),
    "snare": (38, 40),
    "side stick": (37,),
    "hihat closed": (42,),
    "hihat foot": (44,),
    "hihat open": (46,),
    "tom high": (48, 50),
    "tom mid": (45, 47),
    "tom floor": (41, 43),
    "crash left": (49, 55),
    "crash right": (57,),
    "china": (52,),
    "ride": (51, 59),
    "bell": (53,),
}
"""General MIDI notes of each piece."""

GROUPS = {
    "kick": ("kick",),
    "snare": ("snare", "side stick"),
    "toms": ("tom high", "tom mid", "tom floor"),
    "hihat": ("hihat closed", "hihat foot", "hihat open"),
}
"""Pieces that a close track is about."""

_SAMPLED = {
    "tip closed": "hihat closed",
    "edge closed": "hihat closed",
    "closed": "hihat closed",
    "foot": "hihat foot",
    "open": "hihat open",
    "half open": "hihat open",
    "loose": "hihat open",
    "sidestick": "side stick",
    "rest/side": "side stick",
    "bell": "bell",
}
_INSTEAD = {
    "hihat foot": "hihat closed",
    "crash left": "hihat open",
    "crash right": "hihat open",
    "china": "hihat open",
    "ride": "hihat closed",
    "bell": "hihat closed",
}
_ELECTRONIC_KITS = (24, 25)
_ACOUSTIC_KITS = (0, 8, 16, 32, 40)

Balance = dict[str, float]
PlayDrums = Callable[[str], Audio]
"""From a track class to what its microphones heard of a drumming (1 or 2, samples)."""


@dataclass(frozen=True)
class _Hit:
    lowest_velocity: int
    highest_velocity: int
    files: dict[str, str]


class SampledKit:
    """A recorded drum kit.

    Args:
        library: Where the files are.
        part: Folder of the kit.
    """

    def __init__(self, library: SampleLibrary, part: str) -> None:
        self._library = library
        self._hits: dict[str, list[_Hit]] = {}
        self.mics = tuple(library.index(part)["mics"])
        for hit in library.index(part)["hits"]:
            piece = _SAMPLED.get(hit["articulation"], hit["piece"].replace("low", "floor"))
            files = {mic: f"{part}/{file}" for mic, file in hit["files"].items()}
            self._hits.setdefault(piece, []).append(_Hit(hit["velocity_range"][0], hit["velocity_range"][1], files))

    def record(self, line: Line, mic: str, samples: int, seed: int, tuning: float, balance: Balance) -> Audio:
        """Return what a microphone hears of the line (samples,).

        Args:
            line: General MIDI drum notes.
            mic: One of `mics`.
            samples: Length.
            seed: Draws the recording of each hit; the same for all microphones of a take.
            tuning: Pitch of the kit relative to the recorded one.
            balance: Gain of each piece that is not as loud as it was recorded.
        """
        rng = np.random.default_rng(seed)
        audio = np.zeros(int(samples * tuning) + 1, np.float32)
        for start, pitch, velocity, luck in zip(
            line.start, line.pitch, line.velocity, rng.random(len(line)), strict=True
        ):
            piece = _piece_of(int(pitch), self._hits)
            hits = self._hits.get(piece, [])
            near = [h for h in hits if h.lowest_velocity - 12 <= velocity <= h.highest_velocity + 12]
            if not near:
                continue
            sound = self._library.read(near[int(luck * len(near))].files[mic])[0]
            begin = int(start * RATE * tuning)
            heard = sound[: max(len(audio) - begin, 0)]
            gain = (0.6 + 0.4 * velocity / 127) * balance.get(piece, 1.0)
            audio[begin : begin + len(heard)] += heard * np.float32(gain / 32768)
        if tuning == 1:
            return audio[:samples]
        # reading the whole take slower keeps the bleed of all microphones in step
        return np.resize(soxr.resample(audio, RATE * tuning, RATE, quality="MQ"), samples).astype(np.float32)


def sampled_drums(kit: SampledKit, line: Line, samples: int, is_varied: bool, rng: Random) -> PlayDrums:
    """Return a player of a drumming on a recorded kit, with a drawn tuning, blend of microphones and editing.

    Args:
        kit: Who was recorded.
        line: General MIDI drum notes.
        samples: Length.
        is_varied: True if the balance of the pieces is drawn too, how much of the others a close microphone hears, and
            whether there is one microphone above and in the room or two.
        rng: Of all draws.
    """
    seed, tuning = int(rng.integers(2**31)), float(np.exp(rng.normal(0, 0.05)))
    mixing = _Mixing(float(rng.uniform(0, 0.8)), rng.uniform(0.5, 1.2, 8), bool(rng.random() < 0.3), rng.random() < 0.6)
    balance: Balance = {piece: 10 ** (rng.normal(0, 4) / 20) for piece in PIECES} if is_varied else {}
    highest = {track: -8 if track == "hihat" else -1 for track in GROUPS} if is_varied else {}
    bleed_db = {track: float(rng.uniform(-30, db)) for track, db in highest.items()}
    is_mono = is_varied and rng.random() < 0.35

    def record(heard: Line, mic: str) -> Audio:
        return kit.record(heard, mic, samples, seed, tuning, balance)

    def play(track: str) -> Audio:
        tracks = _close_miked if "oh_l" in kit.mics else _four_miked
        if not is_varied or track not in GROUPS:
            heard = tracks(track, line, record, mixing)
            return heard[:1] if is_mono else heard
        own = only(line, GROUPS[track])
        others = tracks(track, line.where(~np.isin(line.pitch, own.pitch)), record, mixing)
        return _beside(tracks(track, own, record, mixing), others, bleed_db[track])

    return play


def _beside(own: Audio, others: Audio, level_db: float) -> Audio:
    """Return what a close microphone hears: its own piece, and the others with peaks `level_db` relative to its own."""
    loudest, bleed = float(np.abs(own).max()), float(np.abs(others).max())
    if not loudest or not bleed:
        return own + others
    return np.asarray(own + np.float32(10 ** (level_db / 20) * loudest / bleed) * others, np.float32)


@dataclass(frozen=True)
class _Mixing:
    """How an engineer uses the microphones of a kit.

    Attributes:
        bottom: Gain of the microphone below the snare.
        blend: Gains for a loop made of the whole kit.
        is_edited: True if other pieces were cut out of close tracks.
        is_wide: True if the toms are one stereo track.
    """

    bottom: float
    blend: Floats
    is_edited: bool
    is_wide: bool


def _close_miked(track: str, line: Line, record: Callable[[Line, str], Audio], mixing: _Mixing) -> Audio:
    """Return a track of a kit with a microphone at every piece, two overheads and two in the room."""
    own = only(line, GROUPS[track]) if track in ("kick", "toms") and mixing.is_edited else line
    match track:
        case "kick" | "hihat":
            return record(own, track)[None]
        case "snare":
            return (record(own, "snare_top") - np.float32(mixing.bottom) * record(own, "snare_bottom"))[None]
        case "toms":
            high, mid, low = (record(own, mic) for mic in ("tom1", "tom2", "tom3"))
            wide = np.stack([high + 0.7 * mid + 0.3 * low, 0.3 * high + 0.7 * mid + low])
            return np.asarray(wide if mixing.is_wide else (high + mid + low)[None], np.float32)
        case "overheads" | "room":
            prefix = "oh" if track == "overheads" else "amb"
            return np.stack([record(own, f"{prefix}_l"), record(own, f"{prefix}_r")])
    gains = mixing.blend
    close = gains[0] * record(own, "kick") + gains[1] * record(own, "snare_top")
    sides = [close + gains[2] * record(own, f"oh_{side}") + gains[3] * record(own, f"amb_{side}") for side in "lr"]
    return np.asarray(np.stack(sides), np.float32)


def _four_miked(track: str, line: Line, record: Callable[[Line, str], Audio], mixing: _Mixing) -> Audio:
    """Return a track of a kit with microphones at kick and snare, above it and in front."""
    match track:
        case "kick" | "snare":
            return record(line, track)[None]
        case "hihat" | "toms":
            bleed = 0.05 * record(line, "snare")
            return np.asarray(record(only(line, GROUPS[track]), "oh") + bleed, np.float32)[None]
        case "overheads" | "room":
            return record(line, "oh" if track == "overheads" else "front")[None]
    mics = ("kick", "snare", "oh", "front")
    return np.asarray(sum(gain * record(line, mic) for gain, mic in zip(mixing.blend, mics, strict=False)), np.float32)[
        None
    ]


def soundfont_drums(font: SoundFont, line: Line, samples: int, loudest_bleed_db: float, rng: Random) -> PlayDrums:
    """Return a player of a drumming on a soundfont's kit, acoustic with artificial bleed or electronic without."""
    is_electronic = bool(rng.random() < 0.4)
    kits = _ELECTRONIC_KITS if is_electronic else _ACOUSTIC_KITS
    number = int(kits[int(rng.integers(len(kits)))])
    bleed = np.float32(0 if is_electronic else 10 ** (rng.uniform(-45, loudest_bleed_db) / 20))
    is_wide = rng.random() < 0.5
    whole = font.play_drums(line, number, samples)

    def play(track: str) -> Audio:
        if track == "overheads":
            cymbals = only(line, tuple(piece for piece in PIECES if piece not in ("kick", "side stick")))
            return np.float32(0.3) * whole + font.play_drums(cymbals, number, samples)
        if track not in GROUPS:
            return whole
        own = font.play_drums(only(line, GROUPS[track]), number, samples) + bleed * whole
        return own if track == "toms" and is_wide else own.mean(0, keepdims=True)

    return play


def only(line: Line, pieces: tuple[str, ...]) -> Line:
    """Return the notes of some pieces."""
    return line.where(np.isin(line.pitch, [note for piece in pieces for note in PIECES[piece]]))


def general_midi_of_groove(line: Line) -> Line:
    """Return a drumming of the Groove data with its three notes for an electronic kit's rims in General MIDI."""
    pitch = line.pitch.copy()
    for theirs, ours in ((22, 42), (26, 46), (58, 43)):
        pitch[line.pitch == theirs] = ours
    return replace(line, pitch=pitch)


def shaken(line: Line, rng: Random) -> Line:
    """Return a part for percussion that goes with a drumming: its hi-hat and some more, on other instruments."""
    beats = line.where(np.isin(line.pitch, (42, 44, 46, 51, 59, 38, 40)) & (rng.random(len(line)) < 0.8))
    families = ((70,), (82,), (54,), (63, 64, 62), (60, 61), (56,), (75,), (69, 70), (39,), (67, 68), (73, 74))
    notes = families[int(rng.integers(len(families)))]
    pitch = np.array(notes)[rng.integers(0, len(notes), len(beats))].astype(float)
    return replace(beats, pitch=pitch, end=beats.start + 0.2)


def _piece_of(note: int, available: dict[str, list[_Hit]]) -> str:
    piece = next((piece for piece, notes in PIECES.items() if note in notes), "")
    return piece if piece in available else _INSTEAD.get(piece, "")
