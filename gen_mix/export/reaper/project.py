"""Mixes as a REAPER project: a folder track per mix, in it the tracks as recorded with our processors on them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from gen_mix.export.alternatives import Section, by_file
from gen_mix.export.audio_files import AudioFormat, write_stem
from gen_mix.export.mixdown import MixDown
from gen_mix.export.names import numbered_names
from gen_mix.export.reaper import effects
from gen_mix.export.reaper.rpp import Block, Word
from gen_mix.sessions.session import Session

HIGHEST_VOLUME_DB = 12.0
"""As far as REAPER's faders go."""

Effect = tuple[str, list[float]]


@dataclass(frozen=True)
class _Track:
    """A track to be written; `content` stands behind its mixer lines, `receives` are (track, level) pairs."""

    name: str
    volume_db: float = 0.0
    is_muted: bool = False
    folder: str = "0 0"
    effects: tuple[Effect, ...] = ()
    receives: tuple[tuple[int, float], ...] = ()
    content: tuple[Block, ...] = ()


def project(mixes: Sequence[MixDown], sections: Sequence[Section], audio: Path, form: AudioFormat) -> Block:
    """Write the audio of `mixes` into the folder `audio` and return the project that plays it.

    Every mix is a folder track: its tracks, a reverb return, its print, and the delay. All but the first are muted.

    Args:
        mixes: Of one session.
        sections: Become markers.
        audio: Folder beside the project, called as it is in the project.
        form: Of the audio files.
    """
    session = mixes[0].session
    files = _write_tracks(session, audio, form)
    tracks: list[_Track] = []
    for number, mix in enumerate(mixes):
        tracks += _mix_tracks(mix, files, audio, form, first=len(tracks), is_muted=number > 0)
    head: list[Block | tuple[Word, ...]] = [
        ("SAMPLERATE", session.sample_rate, 1, 0),
        ("PANLAW", 1),
        ("TEMPO", 120, 4, 4),
        ("MASTER_VOLUME", 1, 0, -1, -1, 1),
    ]
    head += [("MARKER", number, section.seconds, section.name, 0) for number, section in enumerate(sections, 1)]
    blocks = [_track_block(track, place) for place, track in enumerate(tracks)]
    return Block(("REAPER_PROJECT", 0.1, "7.0/gen_mix", 0), (*head, *blocks))


def _write_tracks(session: Session, audio: Path, form: AudioFormat) -> list[str]:
    """Write the tracks as they are, and return their files in the order of the session."""
    order = by_file(session)
    stems = dict(zip(order, numbered_names([session.tracks[place].name for place in order]), strict=True))
    return [
        write_stem(audio, stems[place], track.audio, session.sample_rate, form)
        for place, track in enumerate(session.tracks)
    ]


def _mix_tracks(
    mix: MixDown, files: Sequence[str], audio: Path, form: AudioFormat, first: int, is_muted: bool
) -> list[_Track]:
    """Return the tracks of one mix, the first of which is track number `first` of the project."""
    alternative, order = mix.alternative, by_file(mix.session)
    strips = [alternative.settings["tracks"][place] for place in order]
    folder = _Track(alternative.name, mix.finished.gain_db, is_muted, "1 1", tuple(_master(alternative.settings)))
    tracks = [folder]
    for settings, place in zip(strips, order, strict=True):
        staging = 10 ** (settings["staging_gain_db"] / 20)
        item = _item(settings["file"], files[place], mix.session.seconds, audio, staging)
        tracks.append(_strip_track(settings, mix.session.tracks[place].is_stereo, item))
    buses = alternative.settings["buses"]
    note = _note(buses["reverb"], mix.session.seconds)
    tracks.append(_Track("Reverb", is_muted=True, receives=_receives(strips, "reverb_db", first + 1), content=(note,)))
    if "reverb" in mix.returns:
        rate = mix.session.sample_rate
        name = write_stem(audio, f"{alternative.name} reverb return", mix.returns["reverb"], rate, form)
        tracks.append(_Track("Reverb (printed)", content=(_item("Reverb", name, mix.session.seconds, audio, 1.0),)))
    delay: Effect = (effects.DELAY, effects.delay_sliders(buses["delay"]))
    receives = _receives(strips, "delay_db", first + 1)
    tracks.append(_Track("Delay", folder="2 -1", effects=(delay,), receives=receives))
    return tracks


def _strip_track(settings: Mapping[str, Any], is_stereo: bool, item: Block) -> _Track:
    chain: list[Effect] = []
    if settings["eq"]["on"] or settings["high_pass"]["on"]:
        chain.append((effects.EQUALIZER, effects.equalizer_sliders(settings["eq"], settings["high_pass"])))
    if settings["compressor"]["on"]:
        chain.append((effects.COMPRESSOR, effects.compressor_sliders(settings["compressor"])))
    excess_db = max(settings["fader_db"] - HIGHEST_VOLUME_DB, 0.0)
    chain.append((effects.PAN, effects.pan_sliders(settings["pan"], settings["width"], is_stereo, excess_db)))
    return _Track(settings["name"], settings["fader_db"] - excess_db, effects=tuple(chain), content=(item,))


def _master(settings: Mapping[str, Any]) -> Iterator[Effect]:
    master = settings["master"]
    if master["eq"]["on"]:
        yield effects.EQUALIZER, effects.equalizer_sliders(master["eq"], None)
    if master["compressor"]["on"]:
        yield effects.COMPRESSOR, effects.compressor_sliders(master["compressor"])


def _receives(strips: Sequence[Mapping[str, Any]], send: str, first: int) -> tuple[tuple[int, float], ...]:
    levels = [(first + place, strip["sends"][send]) for place, strip in enumerate(strips)]
    return tuple((place, 10 ** (level_db / 20)) for place, level_db in levels if level_db is not None)


def _item(name: str, file: str, seconds: float, audio: Path, volume: float) -> Block:
    source = Block(("SOURCE", "FLAC" if file.endswith(".flac") else "WAVE"), (("FILE", f"{audio.name}/{file}"),))
    lines = _item_lines(name, seconds)
    return Block(("ITEM",), (*lines, ("VOLPAN", volume, 0, 1, -1), ("SOFFS", 0), ("PLAYRATE", 1, 1, 0, -1), source))


def _note(settings: Mapping[str, float], seconds: float) -> Block:
    """Return an item without audio that says what REAPER has no knob of ours for."""
    lines = tuple((f"|{name} = {value}",) for name, value in settings.items())
    return Block(("ITEM",), (*_item_lines("Reverb settings", seconds), Block(("NOTES",), lines)))


def _item_lines(name: str, seconds: float) -> tuple[tuple[Word, ...], ...]:
    return (
        ("POSITION", 0),
        ("LENGTH", seconds),
        ("LOOP", 0),
        ("FADEIN", 0, 0, 0),
        ("FADEOUT", 0, 0, 0),
        ("NAME", name),
    )


def _track_block(track: _Track, place: int) -> Block:
    guid = f"{{{str(uuid5(NAMESPACE_URL, f'gen_mix track {place}')).upper()}}}"
    content: list[Block | tuple[Word, ...]] = [
        ("NAME", track.name),
        ("VOLPAN", 10 ** (track.volume_db / 20), 0, -1, -1, 1),
        ("MUTESOLO", int(track.is_muted), 0, 0),
        ("ISBUS", *map(int, track.folder.split())),
        ("NCHAN", 2),
        ("FX", 1),
        ("TRACKID", guid),
        ("MAINSEND", 1, 0),
    ]
    content += [("AUXRECV", source, 0, level, 0, 0, 0, 0, 0, 0, "-1:U", 0, -1, "") for source, level in track.receives]
    if track.effects:
        content.append(_chain(track.effects))
    return Block(("TRACK", guid), (*content, *track.content))


def _chain(chain: Sequence[Effect]) -> Block:
    content: list[Block | tuple[Word, ...]] = [("SHOW", 0), ("LASTSEL", 0), ("DOCKED", 0)]
    for name, sliders in chain:
        words: tuple[Word, ...] = (f"{sliders[0]:.12g}", *sliders[1:], *["-"] * (64 - len(sliders)))
        content += [("BYPASS", 0, 0, 0), Block(("JS", f"gen_mix/{name}", ""), (words,)), ("WAK", 0, 0)]
    return Block(("FXCHAIN",), tuple(content))
