"""Mixes as DAWproject packages, one to work on and one to sound the same."""

import tempfile
from pathlib import Path

from gen_mix.export.dawproject.package import write_package
from gen_mix.export.dawproject.variants import editable_group, exact_group
from gen_mix.export.names import safe_name
from gen_mix.export.readme import Export, Part

_CONTENTS = (
    "`dawproject/… exact.dawproject`: the stems, at unity. Sounds as the mix does in every program that opens it.",
    "`dawproject/… editable.dawproject`: dry tracks with volume, pan, sends, equalizer and compressor, to work on.",
    "Bitwig Studio 5.0.9, Studio One 6.5, Cubase 14 and later open them. Each mix is a group; all but the first are "
    "muted.",
)
_LIMITS = (
    "Editable only: equalizer and compressor are the program's own, so they sound similar, not equal; some programs "
    "leave them out. Compressors have no knee there; the knee is in the track's comment.",
    "Editable only: the pan law is the program's own. Ours keeps the power: a mono track in the centre is 3 dB down.",
    "There is no gain at the beginning of a strip: the staging gain is in the audio of the editable variant, and so is "
    "the width of a stereo track. Both are in the track's comment.",
    "There is no reverb and no delay: what came back from them is audio on the tracks `Reverb (printed)` and `Delay "
    "(printed)`. The effect tracks `Reverb` and `Delay` get the sends and are muted: put an effect on one, unmute it, "
    "and mute the printed track. Their settings are in their comments.",
    "Volumes end at +6 dB: a fader above that has the rest as output gain of its last device.",
    "The limiter is the program's own.",
)


def export_dawproject(folder: Path, export: Export) -> Part:
    """Write ``dawproject/SESSION editable.dawproject`` and ``... exact.dawproject``."""
    inner = folder / "dawproject"
    inner.mkdir()
    for variant, group_of in (("editable", editable_group), ("exact", exact_group)):
        with tempfile.TemporaryDirectory(dir=inner) as audio:
            groups = [
                group_of(Path(audio), mix, export.form, is_muted=place > 0) for place, mix in enumerate(export.mixes)
            ]
            package = inner / f"{safe_name(export.session.name)} {variant}.dawproject"
            write_package(package, export.session.name, f"gen_mix, {variant}", groups, export.sections, Path(audio))
    return Part("DAWproject", _CONTENTS, _LIMITS)
