"""The formats a mix can be taken away in, each a function that writes its part of an export."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gen_mix.export.alternatives import Alternative, Section, by_file
from gen_mix.export.audio_files import AudioFormat
from gen_mix.export.mixdown import mix_down
from gen_mix.export.names import unique_names
from gen_mix.export.readme import Part, readme_text
from gen_mix.export.recall import write_recall
from gen_mix.export.stems import write_stems
from gen_mix.export.table import settings_csv
from gen_mix.sessions.session import Session


@dataclass(frozen=True)
class Export:
    """What is taken away.

    Attributes:
        session: The tracks.
        alternatives: At least one mix of it.
        form: Of the audio files.
        sections: Places in the song, in the order of time.
    """

    session: Session
    alternatives: tuple[Alternative, ...]
    form: AudioFormat
    sections: tuple[Section, ...] = ()


def stems(folder: Path, export: Export) -> Part:
    """Write ``stems/MIX/``: every track and return as heard in the mix, and the mix."""
    for name, alternative in zip(unique_names([a.name for a in export.alternatives]), export.alternatives, strict=True):
        inner = folder / "stems" / name
        inner.mkdir(parents=True)
        write_stems(inner, mix_down(export.session, alternative), export.form)
    return Part(
        "Stems",
        (
            "`stems/MIX/`: every track as it is heard in the mix, `reverb return` and `delay return` where they are "
            "used, and `mix`. Put them on tracks with faders at 0 dB and pans in the centre: they add up to `mix`.",
            "Reverb and delay are in the returns, not in the tracks.",
            "A file that exceeds full scale alone is 32-bit float WAV, so that nothing is clipped.",
        ),
        (
            "Master EQ, bus compressor, loudness and limiter are in the stems; a fader you move is no longer heard by "
            "the compressor and the limiter.",
        ),
    )


def recall(folder: Path, export: Export) -> Part:
    """Write ``recall/MIX.md`` and ``recall/MIX.html``."""
    inner = folder / "recall"
    inner.mkdir()
    for name, alternative in zip(unique_names([a.name for a in export.alternatives]), export.alternatives, strict=True):
        write_recall(inner, mix_down(export.session, alternative), alternative, name)
    return Part(
        "Recall sheet",
        ("`recall/MIX.html` to look at and print, `recall/MIX.md` to keep with the session: all that is on, by hand.",),
        ("Equalizers and compressors of the same settings do not sound the same in every program.",),
    )


def table(folder: Path, export: Export) -> Part:
    """Write ``settings.csv``."""
    order = by_file(export.session)
    rows = [
        (mix.name, {**mix.settings, "tracks": [mix.settings["tracks"][place] for place in order]})
        for mix in export.alternatives
    ]
    (folder / "settings.csv").write_text(settings_csv(rows), encoding="utf-8")
    return Part("Settings table", ("`settings.csv`: one row per knob, in the units of its last column.",))


EXPORTERS: dict[str, Callable[[Path, Export], Part]] = {"stems": stems, "recall": recall, "csv": table}
"""By the names that the command line has for them."""


def write_export(folder: Path, export: Export, formats: Sequence[str]) -> None:
    """Write `export` into the empty `folder` in each of `formats`, with a ``README.md``."""
    parts = [EXPORTERS[name](folder, export) for name in dict.fromkeys(formats)]
    text = readme_text(export.session.name, [alternative.name for alternative in export.alternatives], parts)
    (folder / "README.md").write_text(text, encoding="utf-8")
