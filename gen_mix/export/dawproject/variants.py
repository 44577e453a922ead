"""The two ways in which a mix goes into a DAWproject: to be worked on, or to sound the same.

* *editable*: dry tracks with volume, pan, sends and the format's own equalizer and compressor. Every program brings its
  own, and the format has no reverb and no delay: so this is near, not equal. What came back from reverb and delay is
  there as audio, beside effect tracks that the sends lead to, muted until a reverb is put on them.
* *exact*: the stems, at unity. They sound as the mix does in every program.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from torch import Tensor

from gen_mix.console.stereo import widen
from gen_mix.export.alternatives import by_file
from gen_mix.export.audio_files import AudioFormat, write_stem
from gen_mix.export.dawproject.elements import HIGHEST_VOLUME, Ids, compressor, equalizer, limiter
from gen_mix.export.dawproject.project import AddDevices, AudioClip, GroupPlan, TrackPlan
from gen_mix.export.mixdown import RETURNS, MixDown
from gen_mix.export.names import numbered_names

CEILING_DBTP = -1.0
_NAMES = {"reverb": "Reverb", "delay": "Delay"}


def editable_group(folder: Path, mix: MixDown, form: AudioFormat, is_muted: bool) -> GroupPlan:
    """Write the audio of the editable variant into `folder` and return its group.

    A track's staging gain and its width are in its audio; all alternatives share the audio of a track that has the same
    width in them.
    """
    session, alternative, order = mix.session, mix.alternative, by_file(mix.session)
    stems = numbered_names([session.tracks[place].name for place in order])
    tracks = []
    for stem, place in zip(stems, order, strict=True):
        settings, track = alternative.settings["tracks"][place], session.tracks[place]
        audio = track.staged
        if settings["width"] != 1.0:
            audio, stem = widen(audio, audio.new_tensor(settings["width"])), f"{stem} width {settings['width']:.4f}"
        tracks.append(_editable_track(settings, _clip(folder, stem, audio, session.sample_rate, form)))
    for bus in RETURNS:
        comment = _remark(alternative.settings["buses"][bus])
        tracks.append(TrackPlan(_NAMES[bus], None, role="effect", is_muted=True, comment=comment))
        if bus in mix.returns:
            clip = _clip(folder, f"{alternative.name} {bus} return", mix.returns[bus], session.sample_rate, form)
            tracks.append(TrackPlan(f"{_NAMES[bus]} (printed)", clip))
    master = alternative.settings["master"]
    comment = _remark({"seed": alternative.seed, "knee_db": master["compressor"]["knee_db"]})
    devices = _master_devices(master, mix.finished.gain_db)
    return GroupPlan(alternative.name, tuple(tracks), is_muted, devices, comment)


def exact_group(folder: Path, mix: MixDown, form: AudioFormat, is_muted: bool) -> GroupPlan:
    """Write the stems of `mix` into `folder` and return a group that plays them at unity."""
    session, alternative, order = mix.session, mix.alternative, by_file(mix.session)
    stems = dict(zip(order, numbered_names([session.tracks[place].name for place in order]), strict=True))
    clips = {
        place: _clip(folder, f"{alternative.name} {stems[place]}", audio, session.sample_rate, form)
        for place, audio in enumerate(mix.stems())
    }
    tracks = [TrackPlan(session.tracks[place].name, clips[place]) for place in order]
    for bus, audio in mix.returns.items():
        clip = _clip(folder, f"{alternative.name} {bus} return", mix.through_master(audio), session.sample_rate, form)
        tracks.append(TrackPlan(_NAMES[bus], clip))
    return GroupPlan(alternative.name, tuple(tracks), is_muted, None, _remark({"seed": alternative.seed}))


def _editable_track(settings: Mapping[str, Any], clip: AudioClip) -> TrackPlan:
    volume, excess_db = split_fader(settings["fader_db"])
    sends = [(_NAMES[bus], settings["sends"][f"{bus}_db"]) for bus in RETURNS]
    remark = {
        "file": settings["file"],
        "staging_gain_db": settings["staging_gain_db"],
        "width": settings["width"],
        "knee_db": settings["compressor"]["knee_db"],
    }
    return TrackPlan(
        settings["name"],
        clip,
        volume=volume,
        pan=settings["pan"],
        sends=tuple((name, 10 ** (level_db / 20)) for name, level_db in sends if level_db is not None),
        devices=_strip_devices(settings, excess_db),
        comment=_remark(remark),
    )


def split_fader(fader_db: float) -> tuple[float, float]:
    """Return the linear volume that a channel can have, and the dB that a device in front of it must add."""
    volume = 10 ** (fader_db / 20)
    return (volume, 0.0) if volume <= HIGHEST_VOLUME else (HIGHEST_VOLUME, fader_db - 20 * math.log10(HIGHEST_VOLUME))


def _strip_devices(settings: Mapping[str, Any], excess_db: float) -> AddDevices | None:
    has_compressor = settings["compressor"]["on"]
    has_equalizer = settings["eq"]["on"] or settings["high_pass"]["on"] or (excess_db > 0 and not has_compressor)
    if not has_compressor and not has_equalizer:
        return None

    def add(parent: Element, ids: Ids) -> None:
        if has_equalizer:
            equalizer(parent, settings["eq"], settings["high_pass"], 0.0 if has_compressor else excess_db, ids)
        if has_compressor:
            compressor(parent, settings["compressor"], excess_db, ids)

    return add


def _master_devices(master: Mapping[str, Any], gain_db: float) -> AddDevices:
    def add(parent: Element, ids: Ids) -> None:
        if master["eq"]["on"]:
            equalizer(parent, master["eq"], None, 0.0, ids)
        if master["compressor"]["on"]:
            compressor(parent, master["compressor"], 0.0, ids)
        limiter(parent, gain_db, CEILING_DBTP, ids)

    return add


def _clip(folder: Path, stem: str, audio: Tensor, sample_rate: int, form: AudioFormat) -> AudioClip:
    present = [path.name for path in folder.glob("*") if path.stem == stem]
    name = present[0] if present else write_stem(folder, stem, audio, sample_rate, form)
    return AudioClip(f"audio/{name}", audio.shape[0], sample_rate, audio.shape[1])


def _remark(values: Mapping[str, Any]) -> str:
    """Return what the format has no place for, one ``name = value`` a line."""
    return "\n".join(f"{name} = {value}" for name, value in values.items())
