"""Render the bundled session from its score: ``python examples/compose.py --soundfont FluidR3_GM.sf2``.

The instruments are those of a General MIDI soundfont, dry; the voices are gen_mix's own singing synthesis. The
tracks are left as a session comes in: levels as they fall, nothing mixed.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import song
import soundfile
from scipy.signal import butter, sosfilt

from gen_mix.sessions.labels import labels_text
from gen_mix.sessions.synthetic.faults import amplified
from gen_mix.sessions.synthetic.lines import Line, line_of, performed
from gen_mix.sessions.synthetic.soundfont import RATE, Audio, SoundFont
from gen_mix.sessions.synthetic.voice import Singer, sing

SAMPLES = int((song.BARS * song.BEATS_PER_BAR - 1) * 60 / song.BPM * RATE)
QUALITY = 0.35
"""Of Ogg Vorbis, 0 (best) to 1."""


@dataclass(frozen=True)
class Part:
    """One track of the session: its labels, notes, and how they are played.

    Attributes:
        file: Name without ending.
        name: As a person calls it.
        instrument: A class.
        notes: The score.
        play: From a performance and the random generator to (1 or 2, samples).
        peak_db: Of the file, in dBFS.
        role: ``lead``, ``normal`` or ``background``.
        double_of: `file` of the other take.
    """

    file: str
    name: str
    instrument: str
    notes: Callable[[], list[song.Note]]
    play: Callable[[Line, np.random.Generator], Audio]
    peak_db: float
    role: str = "normal"
    double_of: str | None = None


ALTO = Singer(57, 1.16, -11, 0.012, 32, 5.4, 0.06, 6, 5, 0.45, ("a", "o", "schwa"))
TENOR = Singer(50, 1.02, -12.5, 0.02, 22, 5.0, 0.08, 6, 3, 0.0, ("u", "o"))


def parts(font: SoundFont) -> list[Part]:
    """Return the ten tracks."""

    def program(number: int) -> Callable[[Line, np.random.Generator], Audio]:
        return lambda line, rng: font.play(line, number, SAMPLES)

    def drums(line: Line, rng: np.random.Generator) -> Audio:
        return mono(font.play_drums(line, 0, SAMPLES))

    def guitar(drive_db: float, top_hz: float) -> Callable[[Line, np.random.Generator], Audio]:
        cabinet = butter(2, (90, top_hz), "bandpass", fs=RATE, output="sos")
        return lambda line, rng: sosfilt(cabinet, amplified(mono(font.play(line, 27, SAMPLES)), drive_db))

    def bass(line: Line, rng: np.random.Generator) -> Audio:
        return mono(font.play(line, 33, SAMPLES))

    def singer(voice: Singer) -> Callable[[Line, np.random.Generator], Audio]:
        return lambda line, rng: sing(line, voice, SAMPLES, rng)

    return [
        Part("kick", "Kick", "kick", song.kick, drums, -4),
        Part("snare", "Snare", "snare", song.snare, drums, -6),
        Part("hihat", "Hi-hat", "hihat", song.hihat, drums, -14),
        Part("bass", "Bass", "bass", song.bass, bass, -5),
        Part("guitar_1", "Guitar take 1", "egtr_rhythm", song.guitar, guitar(8, 4800), -8, double_of="guitar_2"),
        Part("guitar_2", "Guitar take 2", "egtr_rhythm", song.guitar, guitar(5, 4200), -11, double_of="guitar_1"),
        Part("keys", "Electric piano", "keys_epiano", song.keys, program(4), -9),
        Part("strings", "Strings", "strings", song.strings, program(48), -13),
        Part("voice", "Lead voice", "lead_vocal", song.lead, singer(ALTO), -5, role="lead"),
        Part("voice_low", "Second voice", "backing_vocal", song.backing, singer(TENOR), -10, role="background"),
    ]


def mono(audio: Audio) -> Audio:
    """Return (1, samples)."""
    return np.asarray(audio.mean(0, keepdims=True))


def line_of_notes(notes: list[song.Note]) -> Line:
    """Return notes in seconds, sorted."""
    beat = 60 / song.BPM
    return line_of([[n.beat * beat, (n.beat + n.beats) * beat, n.pitch, n.velocity] for n in notes])


def render(part: Part, rng: np.random.Generator) -> Audio:
    """Return the track (1 or 2, samples)."""
    written = line_of_notes(part.notes())
    line = performed(written, rng, 0.006, 4)
    if part.instrument in ("lead_vocal", "backing_vocal"):
        line = replace(line, end=np.minimum(line.end, np.append(line.start[1:], np.inf)))
    audio = part.play(line, rng)
    fade = np.minimum(1, np.arange(SAMPLES, 0, -1) / (1.2 * RATE))
    return np.asarray(audio * fade * (10 ** (part.peak_db / 20) / np.abs(audio).max()), np.float32)


def main() -> None:
    """Write ``examples/session``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--soundfont", type=Path, required=True, help="FluidR3_GM.sf2")
    folder = Path(__file__).parent / "session"
    (folder / "tracks").mkdir(parents=True, exist_ok=True)
    ensemble = parts(SoundFont(parser.parse_args().soundfont))
    for number, part in enumerate(ensemble):
        audio = render(part, np.random.default_rng((96, number)))
        target = folder / "tracks" / f"{part.file}.ogg"
        with soundfile.SoundFile(
            target, "w", RATE, audio.shape[0], "VORBIS", format="OGG", compression_level=QUALITY
        ) as out:
            for block in np.array_split(audio.T, 40):  # libsndfile's Vorbis encoder fails on one long block
                out.write(block)
    labels = [
        {
            "file": f"{part.file}.ogg",
            "name": part.name,
            "instrument": part.instrument,
            "role": part.role,
            "double_of": f"{part.double_of}.ogg" if part.double_of else None,
        }
        for part in ensemble
    ]
    (folder / "session.yaml").write_text(labels_text("Lantern Street", labels), encoding="utf-8")


if __name__ == "__main__":
    main()
