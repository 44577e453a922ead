"""The score of "Lantern Street", a short piece written for this project: eleven bars in E minor at 96 bpm.

Times are in beats from the beginning, four to a bar. Each part is a list of notes.
"""

from dataclasses import dataclass

BPM = 96.0
BEATS_PER_BAR = 4
BARS = 11

CHORDS = (
    (52, 59, 62, 66, 67),  # Em9
    (48, 55, 59, 64, 67),  # Cmaj7
    (52, 59, 62, 64, 67),  # Em7
    (48, 55, 59, 62, 64),  # Cmaj9
    (50, 55, 59, 62, 67),  # G
    (50, 57, 62, 64, 66),  # Dadd9
    (48, 55, 59, 62, 64),  # Cmaj9
    (50, 57, 62, 66, 69),  # D
    (47, 54, 57, 62, 66),  # Bm7
    (52, 59, 62, 66, 67),  # Em9
    (52, 59, 62, 66, 67),
)
"""One a bar, lowest note first: two bars of introduction, four of verse, three of chorus, two of ending."""

ROOTS = (28, 36, 28, 36, 31, 38, 36, 38, 35, 28, 28)
_VERSE, _CHORUS, _END = range(2, 6), range(6, 9), 9


@dataclass(frozen=True)
class Note:
    """A note: when and how long (beats), MIDI pitch, velocity."""

    beat: float
    beats: float
    pitch: int
    velocity: int


def lead() -> list[Note]:
    """Return the melody, sung."""
    verse = (
        (8.5, 1, 71, 84), (9.5, 0.5, 69, 76), (10, 1.5, 67, 82),
        (12.5, 0.5, 67, 74), (13, 0.5, 69, 80), (13.5, 1, 71, 86), (14.5, 1.25, 64, 76),
        (16.5, 1, 71, 86), (17.5, 1, 74, 96), (18.5, 0.5, 71, 84), (19, 0.8, 69, 80),
        (20.5, 0.5, 69, 80), (21, 1.5, 66, 86), (22.5, 0.5, 67, 84), (23, 0.9, 69, 90),
    )  # fmt: skip
    chorus = (
        (24, 1.5, 76, 108), (25.5, 0.5, 74, 98), (26, 1.4, 71, 102), (27.5, 0.5, 69, 92),
        (28, 1.5, 74, 108), (29.5, 0.5, 69, 94), (30, 1, 66, 92), (31, 0.9, 69, 98),
        (32, 1, 71, 102), (33, 1, 74, 106), (34, 1, 78, 114), (35, 1, 76, 106),
        (36, 0.5, 74, 98), (36.5, 4.5, 71, 90),
    )  # fmt: skip
    return [Note(*note) for note in verse + chorus]


def backing() -> list[Note]:
    """Return the second voice: long notes in the verse, thirds and sixths below the melody in the chorus."""
    notes = (
        (16, 3.8, 62, 70), (20, 3.8, 62, 74),
        (24, 1.5, 72, 90), (25.5, 0.5, 71, 82), (26, 1.4, 67, 86), (27.5, 0.5, 66, 80),
        (28, 1.5, 69, 90), (29.5, 0.5, 66, 82), (30, 1.9, 62, 82),
        (32, 1, 66, 86), (33, 1, 69, 90), (34, 1, 74, 96), (35, 1, 71, 90),
        (36, 0.5, 71, 84), (36.5, 4.5, 67, 80),
    )  # fmt: skip
    return [Note(*note) for note in notes]


def bass() -> list[Note]:
    """Return the bass: roots, pushed ahead to the next bar's, busier in the chorus."""
    notes = []
    for bar in (*_VERSE, *_CHORUS):
        beat, root, following = 4.0 * bar, ROOTS[bar], ROOTS[bar + 1]
        notes += [Note(beat, 1.4, root, 100), Note(beat + 1.5, 0.9, root, 84), Note(beat + 2.5, 0.4, root + 12, 78)]
        if bar in _CHORUS:
            notes += [Note(beat + 2, 0.4, root, 94), Note(beat + 3, 0.4, root + 7, 88)]
        step = 2 if following > root else -2
        notes.append(Note(beat + 3.5, 0.45, following - step, 86))
    return [*notes, Note(4.0 * _END, 6, 28, 96)]


def guitar() -> list[Note]:
    """Return the strummed guitar that is recorded twice: down strokes on the beat, up strokes between."""
    strokes = ((0, 98), (1, 60), (1.5, 84), (2.5, 90), (3, 64), (3.5, 78))
    notes = []
    for bar in (*_VERSE, *_CHORUS):
        for place, velocity in strokes:
            strings = CHORDS[bar] if place == int(place) else CHORDS[bar][:1:-1]
            for number, pitch in enumerate(strings):
                louder = 10 if bar in _CHORUS else 0
                notes.append(Note(4 * bar + place + 0.014 * number, 0.48, pitch, velocity + louder - 3 * number))
    return notes + [Note(4 * _END + 0.05 * n, 6, pitch, 92 - 4 * n) for n, pitch in enumerate(CHORDS[_END])]


def keys() -> list[Note]:
    """Return the electric piano: broken chords in introduction and ending, held ones between."""
    notes = []
    for bar in (0, 1):
        for number, place in enumerate((0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)):
            pitch = CHORDS[bar][(0, 2, 4, 3, 1, 3, 4, 2)[number]] + (12 if number in (2, 6) else 0)
            notes.append(Note(4 * bar + place, 1.2, pitch, 72 - 6 * (number % 2)))
    for bar in (*_VERSE, *_CHORUS):
        lengths = (2.0, 2.0) if bar in _VERSE else (1.5, 1.5, 1.0)
        for number, length in enumerate(lengths):
            beat = 4 * bar + sum(lengths[:number])
            notes += [Note(beat, length * 0.95, pitch, 74 - 5 * number) for pitch in CHORDS[bar][1:]]
    ending = (64, 67, 71, 74, 78, 83)
    return notes + [Note(4 * _END + 0.5 * n, 6 - 0.5 * n, pitch, 76 - 5 * n) for n, pitch in enumerate(ending)]


def strings() -> list[Note]:
    """Return the strings: from the middle of the verse on, two held notes under a moving top."""
    notes = []
    for bar in (4, 5, *_CHORUS):
        velocity = 62 if bar in _VERSE else 88
        notes += [Note(4 * bar, 3.95, pitch, velocity) for pitch in CHORDS[bar][1:3]]
    top = ((16, 4, 74), (20, 2, 74), (22, 2, 78), (24, 4, 79), (28, 2, 78), (30, 2, 81), (32, 2, 78), (34, 2, 83))
    notes += [Note(beat, length, pitch, 66 if beat < 24 else 92) for beat, length, pitch in top]
    return notes + [Note(4 * _END, 6, pitch, 78) for pitch in (52, 59, 67, 78)]


def kick() -> list[Note]:
    """Return the bass drum."""
    places = [4 * bar + place for bar in _VERSE for place in (0, 1.5, 2.5)]
    places += [4 * bar + place for bar in _CHORUS for place in (0, 0.75, 1.5, 2.5, 3.25)]
    return [Note(place, 0.2, 36, 112 if place % 4 == 0 else 92) for place in (*places, 4 * _END)]


def snare() -> list[Note]:
    """Return the snare: two and four, ghost notes, a fill into the chorus."""
    notes = [
        Note(4 * bar + beat, 0.2, 38, 108) for bar in (*_VERSE, *_CHORUS) for beat in (1, 3) if (bar, beat) != (5, 3)
    ]
    notes += [Note(4 * bar + place, 0.1, 38, 36) for bar in (*_VERSE, *_CHORUS) for place in (1.75, 2.25)]
    notes += [Note(23 + 0.25 * n, 0.1, 38, 76 + 12 * n) for n in range(4)]
    return [*notes, Note(7.5, 0.1, 38, 70), Note(7.75, 0.1, 38, 90)]


def hihat() -> list[Note]:
    """Return the hi-hat: eighths in the verse, with sixteenths and an open one in the chorus."""
    notes = [Note(4 + 0.5 * n, 0.1, 42, 56 + 4 * n) for n in range(8)]
    for bar in _VERSE:
        notes += [Note(4 * bar + 0.5 * n, 0.1, 42, 88 if n % 2 == 0 else 60) for n in range(8)]
    for bar in _CHORUS:
        notes += [Note(4 * bar + 0.25 * n, 0.1, 42, (96, 50, 74, 54)[n % 4]) for n in range(14)]
        notes.append(Note(4 * bar + 3.5, 0.5, 46, 94))
    return [*notes, Note(4 * _END, 2, 46, 90)]
