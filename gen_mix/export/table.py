"""Settings as a table: one row per knob, for spreadsheets and statistics, and back."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gen_mix.errors import InputError
from gen_mix.export.alternatives import by_file
from gen_mix.export.readme import Export, Part

COLUMNS = ("mix", "strip", "file", "processor", "setting", "value", "unit")
_UNITS = {"db": "dB", "hz": "Hz", "ms": "ms", "s": "s"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
_MIXER = "mixer"


def export_table(folder: Path, export: Export) -> Part:
    """Write ``settings.csv``, tracks in the order of their files."""
    order = by_file(export.session)
    rows = [
        (mix.name, {**mix.settings, "tracks": [mix.settings["tracks"][place] for place in order]})
        for mix in export.alternatives
    ]
    (folder / "settings.csv").write_text(settings_csv(rows), encoding="utf-8")
    return Part("Settings table", ("`settings.csv`: one row per knob, in the units of its last column.",))


def settings_csv(mixes: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return a CSV of settings by the names of their mixes.

    What is off has one row, ``on`` 0. A text that a spreadsheet would take for a formula is led by an apostrophe.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for mix, settings in mixes:
        for row in _rows(settings):
            table.writerow([_harmless(mix), *map(_harmless, row[:2]), *row[2:]])
    return text.getvalue()


def _rows(settings: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for track in settings["tracks"]:
        for processor, setting, value in _strip_knobs(track):
            yield track["name"], track["file"], processor, setting, _text(value), _unit(setting)
    for bus, knobs in settings["buses"].items():
        for setting, value in knobs.items():
            yield bus, "", bus, setting, _text(value), _unit(setting)
    for processor, setting, value in (*_eq(settings["master"]["eq"]), *_switched("compressor", settings["master"])):
        yield "master", "", processor, setting, _text(value), _unit(setting)


def _strip_knobs(track: Mapping[str, Any]) -> Iterator[tuple[str, str, float | bool]]:
    yield _MIXER, "staging_gain_db", track["staging_gain_db"]
    yield from _switched("high_pass", track)
    yield from _eq(track["eq"])
    yield from _switched("compressor", track)
    for setting in ("fader_db", "pan", "width"):
        yield _MIXER, setting, track[setting]
    for setting, level_db in track["sends"].items():
        if level_db is not None:
            yield "sends", setting, level_db


def _switched(processor: str, strip: Mapping[str, Any]) -> Iterator[tuple[str, str, float | bool]]:
    knobs = strip[processor]
    yield processor, "on", knobs["on"]
    if knobs["on"]:
        yield from ((processor, setting, value) for setting, value in knobs.items() if setting != "on")


def _eq(eq: Mapping[str, Any]) -> Iterator[tuple[str, str, float | bool]]:
    for band in eq["bands"]:
        is_on = eq["on"] and band["on"]
        yield f"eq.{band['band']}", "on", is_on
        if is_on:
            yield from ((f"eq.{band['band']}", setting, band[setting]) for setting in ("freq_hz", "gain_db", "q"))


def _text(value: float | bool) -> str:
    return str(int(value)) if isinstance(value, bool) else repr(float(value))


def _unit(setting: str) -> str:
    return _UNITS.get(setting.rpartition("_")[2], "")


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_settings_csv(text: str) -> dict[str, dict[str, Any]]:
    """Return the settings in a table of `settings_csv`, by the names of their mixes; what is off tells no knobs.

    Raises:
        InputError: It is no such table.
    """
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or tuple(rows[0]) != COLUMNS:
        raise InputError(f"settings table: expected columns {', '.join(COLUMNS)}, got {rows[0] if rows else 'nothing'}")
    mixes: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS):
            raise InputError(f"settings table, line {number}: expected {len(COLUMNS)} columns, got {len(row)}")
        settings = mixes.setdefault(
            _meant(row[0]), {"tracks": [], "buses": {"reverb": {}, "delay": {}}, "master": _no_processors()}
        )
        _take(_strip_of(settings, _meant(row[1]), _meant(row[2])), row[3], row[4], _number(row[5], number))
    return mixes


def _meant(text: str) -> str:
    return text[1:] if text.startswith("'") else text


def _number(text: str, line: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"settings table, line {line}: expected a number, got {text!r}") from None


def _no_processors() -> dict[str, Any]:
    return {"eq": {"on": False, "bands": []}, "compressor": {"on": False}}


def _strip_of(settings: dict[str, Any], name: str, file: str) -> dict[str, Any]:
    """Return the strip that a row is about; a track is found by its file, and begun where it is new."""
    if not file:
        others: dict[str, dict[str, Any]] = {**settings["buses"], "master": settings["master"]}
        return others[name]
    tracks: list[dict[str, Any]] = settings["tracks"]
    known = [track for track in tracks if track["file"] == file]
    if not known:
        sends = {"reverb_db": None, "delay_db": None}
        known = [{"name": name, "file": file, "high_pass": {"on": False}, **_no_processors(), "sends": sends}]
        tracks += known
    return known[0]


def _take(strip: dict[str, Any], processor: str, setting: str, value: float) -> None:
    """Put one row's value where it belongs in its strip."""
    if processor in ("reverb", "delay", _MIXER):
        strip[setting] = value
    elif processor.startswith("eq."):
        _take_band(strip["eq"], processor.removeprefix("eq."), setting, value)
    else:
        strip[processor][setting] = bool(value) if setting == "on" else value


def _take_band(eq: dict[str, Any], name: str, setting: str, value: float) -> None:
    if setting == "on":
        kind = name.rsplit("_", 1)[0] if name.startswith("bell") else name
        eq["bands"].append({"band": name, "type": kind, "on": bool(value)})
        eq["on"] = eq["on"] or bool(value)
    else:
        next(band for band in eq["bands"] if band["band"] == name)[setting] = value
