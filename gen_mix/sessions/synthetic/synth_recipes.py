"""Which instruments are made in code, and the range of sounds of each class."""

from dataclasses import dataclass

Ends = tuple[float, float]


@dataclass(frozen=True)
class Recipe:
    """What the sounds of a class have in common; pairs are the ends of uniform draws.

    Attributes:
        waves: Spectra to choose from: ``saw``, ``square``, ``pulse``, ``sine``, ``string``, ``drawbars`` or ``tines``.
        cutoff: Octaves of the filter above the note.
        sweep: Octaves that it opens beyond that.
        sweep_seconds: How long the opening takes, closing again if the sound is struck.
        attack: Seconds, drawn on a scale of octaves.
        decay: Seconds to fall by 8.7 dB while held, drawn on a scale of octaves.
        release: Seconds, drawn on a scale of octaves.
        is_struck: The filter closes; otherwise it opens.
        voices: Most voices that play in unison.
        detune: Cents between them.
        vibrato: Cents.
        noise: Level of breath, bow or pick.
        body: Deviation of the resonances of a body, in dB.
        drive: Gain into a soft clipper, in dB.
    """

    waves: tuple[str, ...]
    cutoff: Ends
    sweep: Ends
    sweep_seconds: Ends
    attack: Ends
    decay: Ends
    release: Ends
    is_struck: bool = True
    voices: int = 1
    detune: Ends = (0, 0)
    vibrato: Ends = (0, 0)
    noise: Ends = (0, 0)
    body: float = 2.0
    drive: Ends = (-20, 0)


_STRUM = ((0.001, 0.006), (0.3, 2.5), (0.03, 0.2))
_HELD = (2.0, 30.0)
RECIPES = {
    "bass": Recipe(("string",), (1, 4), (0, 3), (0.05, 0.5), *_STRUM, noise=(0, 0.05), body=4, drive=(-20, 8)),
    "synth_bass": Recipe(
        ("saw", "square", "pulse", "sine"),
        (0.3, 4),
        (0, 4),
        (0.03, 0.6),
        (0.001, 0.02),
        (0.1, 10),
        (0.02, 0.3),
        voices=3,
        detune=(0, 18),
        drive=(-20, 20),
    ),
    "egtr_rhythm": Recipe(("string",), (2, 5), (0, 3), (0.1, 0.6), *_STRUM, noise=(0, 0.1), body=4),
    "egtr_lead": Recipe(("string",), (2, 5), (0, 3), (0.1, 0.6), *_STRUM, vibrato=(0, 30), noise=(0, 0.05), body=4),
    "acgtr": Recipe(("string",), (2.5, 6), (0.5, 3), (0.05, 0.5), *_STRUM, noise=(0.02, 0.3), body=6),
    "piano": Recipe(("string",), (1.5, 4), (0.5, 3), (0.1, 0.8), (0.001, 0.004), (0.5, 4), (0.05, 0.3), body=3),
    "keys_epiano": Recipe(
        ("tines", "sine", "string"),
        (1, 4),
        (0, 4),
        (0.03, 0.5),
        (0.001, 0.008),
        (0.4, 4),
        (0.05, 0.3),
        voices=2,
        detune=(0, 8),
        vibrato=(0, 5),
        drive=(-20, 6),
    ),
    "organ": Recipe(
        ("drawbars",),
        (3, 6),
        (0, 1),
        (0.02, 0.1),
        (0.003, 0.03),
        _HELD,
        (0.02, 0.1),
        vibrato=(0, 40),
        noise=(0, 0.02),
        drive=(-20, 12),
    ),
    "synth_lead": Recipe(
        ("saw", "square", "pulse", "sine"),
        (0.5, 5),
        (0, 4),
        (0.03, 0.8),
        (0.001, 0.06),
        (0.08, 20),
        (0.02, 0.5),
        voices=5,
        detune=(0, 25),
        vibrato=(0, 35),
        drive=(-20, 15),
    ),
    "synth_pad": Recipe(
        ("saw", "square", "pulse", "sine", "drawbars"),
        (0.3, 4),
        (0, 3),
        (0.3, 2),
        (0.05, 1),
        _HELD,
        (0.2, 1.5),
        is_struck=False,
        voices=5,
        detune=(2, 25),
        vibrato=(0, 10),
        noise=(0, 0.03),
    ),
    "strings": Recipe(
        ("saw",),
        (2, 4.5),
        (0, 1.5),
        (0.1, 0.4),
        (0.03, 0.3),
        _HELD,
        (0.08, 0.5),
        is_struck=False,
        voices=5,
        detune=(2, 14),
        vibrato=(5, 30),
        noise=(0.005, 0.06),
        body=6,
    ),
    "brass": Recipe(
        ("saw", "pulse"),
        (0.5, 2.5),
        (1, 3),
        (0.03, 0.15),
        (0.01, 0.08),
        _HELD,
        (0.03, 0.15),
        is_struck=False,
        voices=3,
        detune=(1, 8),
        vibrato=(0, 20),
        noise=(0, 0.03),
        body=4,
    ),
    "sax_woodwind": Recipe(
        ("square", "pulse", "saw", "sine"),
        (1, 4),
        (0, 1.5),
        (0.03, 0.15),
        (0.01, 0.07),
        _HELD,
        (0.03, 0.12),
        is_struck=False,
        vibrato=(3, 40),
        noise=(0.01, 0.15),
        body=6,
    ),
}
"""Classes that can be made in code."""
