"""Settings back out of a REAPER project of ours."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gen_mix.errors import InputError
from gen_mix.export.alternatives import without_noise
from gen_mix.export.reaper import effects
from gen_mix.export.reaper.rpp import Block, parse


def read_reaper(path: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of every mix in the project at `path`, by name; what is off tells no knobs.

    Raises:
        InputError: It is no project of ours.
    """
    try:
        tracks = parse(path.read_text(encoding="utf-8")).blocks("TRACK")
        return {_name(tracks[first]): _settings(tracks, first, end) for first, end in _folders(tracks)}
    except (OSError, UnicodeDecodeError, ValueError, IndexError, KeyError) as error:
        raise InputError(f"{path}: expected a REAPER project of gen_mix, got {error!r}") from error


def _folders(tracks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Yield the place of each folder track and of the last track in it."""
    starts = [place for place, track in enumerate(tracks) if _line(track, "ISBUS")[1] == "1"]
    ends = [place for place, track in enumerate(tracks) if _line(track, "ISBUS")[1] == "2"]
    return zip(starts, ends, strict=True)


def _settings(tracks: Sequence[Block], first: int, end: int) -> dict[str, Any]:
    strips: dict[int, dict[str, Any]] = {}
    buses: dict[str, dict[str, float]] = {}
    for place in range(first + 1, end + 1):
        chain = _effects(tracks[place])
        if effects.PAN in chain:
            strips[place] = _strip(tracks[place], chain)
        for line in tracks[place].lines("AUXRECV"):
            strips[int(line[1])]["sends"][f"{_name(tracks[place]).lower()}_db"] = _decibels(line[3])
        if effects.DELAY in chain:
            buses["delay"] = effects.delay_settings(chain[effects.DELAY])
        for note in (note for item in tracks[place].blocks("ITEM") for note in item.blocks("NOTES")):
            pairs = (
                str(line[0]).removeprefix("|").partition(" = ") for line in note.content if isinstance(line, tuple)
            )
            buses["reverb"] = {name: float(value) for name, _, value in pairs}
    chain = _effects(tracks[first])
    master = {"eq": _equalizer(chain)[0], "compressor": _compressor(chain)}
    settings: dict[str, Any] = without_noise({"tracks": list(strips.values()), "buses": buses, "master": master})
    return settings


def _strip(track: Block, chain: dict[str, list[float]]) -> dict[str, Any]:
    eq, high_pass = _equalizer(chain)
    _, pan, width, gain_db = chain[effects.PAN]
    item = track.blocks("ITEM")[0]
    return {
        "name": _name(track),
        "file": str(_line(item, "NAME")[1]),
        "staging_gain_db": _decibels(_line(item, "VOLPAN")[1]),
        "high_pass": high_pass,
        "eq": eq,
        "compressor": _compressor(chain),
        "fader_db": _decibels(_line(track, "VOLPAN")[1]) + gain_db,
        "pan": pan,
        "width": width,
        "sends": {"reverb_db": None, "delay_db": None},
    }


def _effects(track: Block) -> dict[str, list[float]]:
    """Return the sliders of the effects on a track, by the names of their files."""
    found = {}
    for chain in track.blocks("FXCHAIN"):
        for effect in chain.blocks("JS"):
            sliders = [float(word) for word in effect.content[0] if word != "-"]  # type: ignore[union-attr]
            found[str(effect.words[1]).removeprefix("gen_mix/")] = sliders
    return found


def _equalizer(chain: dict[str, list[float]]) -> tuple[dict[str, Any], dict[str, Any]]:
    if effects.EQUALIZER not in chain:
        return {"on": False, "bands": []}, {"on": False}
    return effects.equalizer_settings(chain[effects.EQUALIZER])


def _compressor(chain: dict[str, list[float]]) -> dict[str, Any]:
    return effects.compressor_settings(chain[effects.COMPRESSOR]) if effects.COMPRESSOR in chain else {"on": False}


def _name(track: Block) -> str:
    return str(_line(track, "NAME")[1])


def _line(block: Block, kind: str) -> tuple[Any, ...]:
    return block.lines(kind)[0]


def _decibels(linear: Any) -> float:
    return 20 * math.log10(float(linear))
