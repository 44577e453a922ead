"""Mixes as a REAPER project with its audio and its effects."""

from pathlib import Path

from gen_mix.export.names import safe_name
from gen_mix.export.readme import Export, Part
from gen_mix.export.reaper.effects import write_effects
from gen_mix.export.reaper.project import project

_CONTENTS = (
    "`reaper/….RPP`: the tracks as they were recorded, the staging gain as item volume, our equalizer, compressor, "
    "pan, width and delay as JSFX, sends, and a folder track per mix, all but the first muted.",
    "Before opening it, copy the folder `reaper/Effects/gen_mix` into the folder `Effects` of REAPER's resource path "
    "(Options, Show REAPER resource path).",
)
_LIMITS = (
    "Our reverb is no JSFX: what came back from it is audio on the track `Reverb (printed)`. The track `Reverb` gets "
    "the sends and is muted: put a reverb on it (ours is in its item's notes), unmute it and mute the print.",
    "REAPER's own pans stand in the centre; pan and width are in `gen_mix pan`, because they follow another law.",
    "Faders end at +12 dB: one above that has the rest in `gen_mix pan`.",
    "The limiter at the end is missing; the folder's volume is the gain in front of it.",
)


def export_reaper(folder: Path, export: Export) -> Part:
    """Write ``reaper/SESSION.RPP`` with ``reaper/audio`` and ``reaper/Effects``."""
    inner = folder / "reaper"
    (inner / "audio").mkdir(parents=True)
    (inner / "Effects" / "gen_mix").mkdir(parents=True)
    write_effects(inner / "Effects" / "gen_mix")
    text = project(export.mixes, export.sections, inner / "audio", export.form).text()
    (inner / f"{safe_name(export.session.name)}.RPP").write_text(text, encoding="utf-8")
    missing = tuple(
        f"`{mix.alternative.name}`: the limiter takes up to {mix.most_limiting_db:.1f} dB." for mix in export.mixes
    )
    return Part("REAPER project", _CONTENTS, (*_LIMITS, *missing))
