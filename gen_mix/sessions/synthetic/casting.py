"""Who plays: the classes of a session and the part each of them plays in a song."""

from dataclasses import dataclass, replace

import numpy as np

from gen_mix.sessions.synthetic.lines import Line, Random, bottom_voice, held_chords, in_register, line_of, top_voice


@dataclass(frozen=True)
class Casting:
    """How a pitched class plays.

    Attributes:
        programs: General MIDI programs that sound like it.
        lowest: MIDI number of the lowest note.
        highest: MIDI number of the highest note.
        plays: ``bass``, ``melody``, ``chords`` or ``held`` (long chords).
        is_there: Probability that a session has one.
        is_doubled: Probability that two takes are recorded.
        is_stereo: Probability of two channels.
    """

    programs: tuple[int, ...]
    lowest: int
    highest: int
    plays: str
    is_there: float
    is_doubled: float = 0.0
    is_stereo: float = 0.0


CASTINGS = {
    "bass": Casting((32, 33, 34, 35, 36, 37), 28, 52, "bass", 0.65),
    "synth_bass": Casting((38, 39, 87, 81, 80), 28, 52, "bass", 0.22, is_stereo=0.15),
    "egtr_rhythm": Casting((26, 27, 28, 29, 30), 40, 67, "chords", 0.5, 0.55, 0.05),
    "egtr_lead": Casting((26, 27, 29, 30, 31), 52, 84, "melody", 0.33, 0.1, 0.1),
    "acgtr": Casting((24, 25), 43, 76, "chords", 0.36, 0.4, 0.2),
    "piano": Casting((0, 1, 2, 3), 36, 88, "chords", 0.36, is_stereo=0.8),
    "keys_epiano": Casting((4, 5, 6, 7), 40, 84, "chords", 0.3, is_stereo=0.6),
    "organ": Casting((16, 17, 18, 19, 20), 40, 84, "held", 0.28, is_stereo=0.6),
    "synth_lead": Casting((80, 81, 82, 83, 84, 85, 86, 87), 55, 90, "melody", 0.28, is_stereo=0.4),
    "synth_pad": Casting((88, 89, 90, 91, 92, 93, 94, 95, 50, 51), 45, 80, "held", 0.38, 0.1, 0.85),
    "strings": Casting((40, 41, 42, 44, 45, 48, 49), 40, 86, "held", 0.33, 0.1, 0.6),
    "brass": Casting((56, 57, 58, 59, 60, 61, 62, 63), 43, 80, "melody", 0.3, 0.15, 0.35),
    "sax_woodwind": Casting((64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 75, 79), 50, 84, "melody", 0.28, is_stereo=0.1),
    "lead_vocal": Casting((), 45, 76, "melody", 0.66),
    "backing_vocal": Casting((52, 53), 48, 79, "held", 0.42, 0.5, 0.25),
    "fx": Casting(
        (96, 97, 98, 99, 100, 101, 102, 103, 119, 122, 124, 125, 126, 127), 36, 84, "held", 0.3, is_stereo=0.8
    ),
}
_CLOSE_DRUMS = {"kick": 0.95, "snare": 0.95, "toms": 0.6, "hihat": 0.7, "overheads": 0.75, "room": 0.5}
_DRUM_CLASSES = (*_CLOSE_DRUMS, "percussion", "drum_loop")


def draw_classes(rng: Random, fewest: int, most: int) -> list[tuple[str, int]]:
    """Return classes with their numbers of takes (1, or 2 for a double), `fewest` to `most` takes in all."""
    luck, size = rng.random(), rng.uniform(0.6, 1.35)
    if luck < 0.68:
        drums = [name for name, chance in _CLOSE_DRUMS.items() if rng.random() < chance]
    else:
        drums = ["drum_loop"] if luck < 0.9 else []
    if rng.random() < 0.3:
        drums.append("percussion")
    pitched = [name for name, casting in CASTINGS.items() if rng.random() < casting.is_there * size]
    missing = [str(name) for name in rng.permutation([name for name in CASTINGS if name not in pitched])]
    chosen = [(name, 1) for name in drums]
    chosen += [(name, 2 if rng.random() < CASTINGS[name].is_doubled else 1) for name in pitched]
    chosen += [(name, 1) for name in missing[: max(0, fewest - len(chosen))]]
    while sum(takes for _, takes in chosen) > most:
        chosen.pop(int(rng.integers(len(chosen))))
    if sum(takes for _, takes in chosen) < fewest:
        return draw_classes(rng, fewest, most)
    return chosen


def choose_lead(classes: list[str], rng: Random) -> str | None:
    """Return the class that the song is about, or None for a song without one."""
    if "lead_vocal" in classes:
        return "lead_vocal"
    leads = [name for name in ("egtr_lead", "synth_lead", "sax_woodwind", "brass", "piano") if classes.count(name) == 1]
    return str(rng.choice(leads)) if leads and rng.random() < 0.8 else None


def part_for(instrument: str, lines: list[Line], rng: Random) -> Line:
    """Return what a class plays in an excerpt: its own line of the song if there is one, else one made from others.

    Args:
        instrument: A class of `CASTINGS`.
        lines: Pitched lines of the excerpt, at least one.
        rng: Draws among parts that would do.
    """
    casting = CASTINGS[instrument]
    own = [line for line in lines if line.program in casting.programs and len(line) > 2]
    everything = line_of([row for line in lines for row in _rows(line)])
    fits = own or [line for line in lines if _fits(line, casting.plays)]
    line = fits[int(rng.integers(len(fits)))] if fits else everything
    match casting.plays:
        case "bass":
            part = bottom_voice(line if fits else everything)
        case "melody":
            part = _spaced(top_voice(line), 0.14 if instrument == "lead_vocal" else 0.07)
            part = _worded(part, rng) if instrument == "lead_vocal" else part
        case "chords":
            part = line if line.polyphony > 1.5 else _thickened(line, instrument)
        case _:
            seconds = float(rng.choice([0.5, 1.0, 2.0, 4.0]))
            part = line if own and rng.random() < 0.5 else held_chords(everything, seconds)
    return in_register(part, casting.lowest, casting.highest)


def _fits(line: Line, plays: str) -> bool:
    if len(line) < 3:
        return False
    center = float(np.median(line.pitch))
    return {"bass": center < 50, "melody": center >= 50 and line.polyphony < 1.8, "chords": center >= 40}.get(
        plays, True
    )


def _spaced(line: Line, seconds: float) -> Line:
    """Return a melody without notes that come sooner than `seconds` after the last."""
    keep, last = [], -1.0
    for start in line.start:
        keep.append(bool(start - last >= seconds))
        last = float(start) if keep[-1] else last
    kept = line.where(np.array(keep, bool))
    return replace(kept, end=np.minimum(np.maximum(kept.end, kept.start + seconds), np.append(kept.start[1:], np.inf)))


def _worded(line: Line, rng: Random) -> Line:
    """Return a melody as a singer phrases it: long notes become syllables, and there are breaths."""
    syllable = float(rng.uniform(0.25, 0.9))
    rows: list[list[float]] = []
    for start, end, pitch, velocity in _rows(line):
        count = max(1, round((end - start) / syllable))
        edges = np.linspace(start, end, count + 1)
        steps = np.cumsum(rng.choice([-2, 0, 0, 0, 2], count)) if count > 1 else np.zeros(1)
        rows += [[a, b - 0.02, pitch + step, velocity] for a, b, step in zip(edges, edges[1:], steps, strict=False)]
    phrase = float(rng.uniform(2, 5))
    breath = float(rng.uniform(0.1, 0.45)) * phrase
    return line_of([row for row in rows if row[0] % phrase > breath or len(rows) < 5], line.program)


def _thickened(line: Line, instrument: str) -> Line:
    """Return a single line with a fifth and an octave on guitars, an octave on keys."""
    steps = (0, 7, 12) if instrument == "egtr_rhythm" else (0, 7, 12, 16) if instrument == "acgtr" else (0, 12)
    return line_of([[s, e, p + step, v] for s, e, p, v in _rows(line) for step in steps], line.program)


def _rows(line: Line) -> list[list[float]]:
    return np.stack([line.start, line.end, line.pitch, line.velocity], axis=1).tolist()
