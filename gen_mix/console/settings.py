"""The knobs of one mix as plain settings in physical units, and back: the heart of ``mix_XX.json``.

Values are rounded to what a person reads and a float32 place can hold: five significant digits on a log scale, four
decimals on a linear one. What is rendered should be what the file says: render ``parameters_of(settings_of(p))``,
which is the same, bit for bit, however often it goes through the file.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as short_repr
from typing import Any

import torch
from torch import Tensor

from gen_mix.console.filters import band_type
from gen_mix.console.layout import BUS_TOKENS, DELAY, EQ_BANDS, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.console.spec import ParameterSpec
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters

_BAND_KNOBS = ("freq_hz", "gain_db", "q")
_BAND_TYPES = ("low_shelf", "bell", "high_shelf")
_SENDS = {"reverb_db": "reverb_send", "delay_db": "delay_send"}
_LABELS = ("name", "file", "staging_gain_db")


def settings_of(
    parameters: MixParameters,
    track_names: Sequence[str],
    track_files: Sequence[str],
    staging_gains_db: Sequence[float],
) -> dict[str, Any]:
    """Return the settings of one mix: the ``tracks``, ``buses`` and ``master`` of its JSON.

    What is off is written with the defaults of its knobs; a send that is off is None.

    Args:
        parameters: Batch 1, with as many tracks as there are names.
        track_names: What people call the tracks.
        track_files: Their files in the session.
        staging_gains_db: What brought them to the reference loudness.

    Returns:
        Dictionaries, lists, numbers, booleans, strings and None only.

    Raises:
        ValueError: There is more than one mix, or the numbers of tracks differ.
    """
    tracks = int(parameters.mask[:, len(BUS_TOKENS) :].any(-1).sum())
    if len(parameters) != 1 or not tracks == len(track_names) == len(track_files) == len(staging_gains_db):
        raise ValueError(
            f"expected one mix of {len(track_names)} tracks with as many files and gains, got {len(parameters)} "
            f"of {tracks}, {len(track_files)} and {len(staging_gains_db)}"
        )
    canonical = LAYOUT.canonical(parameters)
    values = [_token_values(canonical, token) for token in range(len(BUS_TOKENS) + tracks)]
    labels = zip(track_names, track_files, staging_gains_db, strict=True)
    return {
        "tracks": [
            {"name": name, "file": file, "staging_gain_db": float(gain_db), **_strip_settings(strip)}
            for (name, file, gain_db), strip in zip(labels, values[len(BUS_TOKENS) :], strict=True)
        ],
        "buses": {kind: dict(values[BUS_TOKENS.index(kind)]) for kind in (REVERB, DELAY)},
        "master": {
            "eq": _eq_settings(values[BUS_TOKENS.index(MASTER)]),
            "compressor": _group(values[BUS_TOKENS.index(MASTER)], "compressor"),
        },
    }


def _token_values(parameters: MixParameters, token: int) -> dict[str, float | bool]:
    """Return the knobs of a token by name, rounded; a knob it has not is at its default."""
    kind = LAYOUT.kind(token)
    specs = LAYOUT.specs(kind)
    values = LAYOUT.values(kind, parameters.normalized[0, token, : len(specs)].double().cpu()).tolist()
    mask = parameters.mask[0, token, : len(specs)].tolist()
    return {
        spec.name: rounded(spec, value) if exists else spec.default
        for spec, value, exists in zip(specs, values, mask, strict=True)
    }


def rounded(spec: ParameterSpec, value: float) -> float | bool:
    """Return a value as a mix's file has it; a switch as a boolean."""
    if spec.is_gate:
        return value >= 0.5
    return float(f"{value:.5g}") if spec.scale == "log" else round(value, 4) + 0.0  # no -0.0 in a file


def _group(values: Mapping[str, float | bool], prefix: str) -> dict[str, float | bool]:
    return {name.removeprefix(f"{prefix}."): value for name, value in values.items() if name.startswith(f"{prefix}.")}


def _eq_settings(values: Mapping[str, float | bool]) -> dict[str, Any]:
    bands = [{"band": band, "type": band_type(band), **_group(values, f"eq.{band}")} for band in EQ_BANDS]
    return {"on": any(band["on"] for band in bands), "bands": bands}


def _strip_settings(values: Mapping[str, float | bool]) -> dict[str, Any]:
    sends = {key: values[f"{send}.level_db"] if values[f"{send}.on"] else None for key, send in _SENDS.items()}
    return {
        "high_pass": _group(values, "high_pass"),
        "eq": _eq_settings(values),
        "compressor": _group(values, "compressor"),
        "fader_db": values["fader_db"],
        "pan": values["pan"],
        "width": values["width"],
        "sends": sends,
    }


def parameters_of(settings: Mapping[str, Any], is_stereo: Sequence[bool]) -> MixParameters:
    """Return the parameters that settings stand for, canonical; the inverse of `settings_of`.

    May be missing: ``width`` (1), the ``on`` of an EQ band (true), its ``band`` (told by type and frequency), bands
    (off), and all knobs of what is off. Keys beside ``tracks``, ``buses`` and ``master`` are not read.

    Args:
        settings: As `settings_of` returns them, perhaps edited or out of a file.
        is_stereo: Of each track, in the order of the settings.

    Returns:
        Batch 1, float32.

    Raises:
        InputError: A key is missing, unknown, of a wrong type or out of range; or the number of tracks is wrong.
    """
    root = _Reader(settings, "")
    buses = root.group("buses")
    buses.expect_only((REVERB, DELAY))
    tracks = root.groups("tracks")
    if len(tracks) != len(is_stereo):
        raise InputError(f"tracks: expected {len(is_stereo)}, got {len(tracks)}")
    by_kind = {
        MASTER: _read_master(root.group("master")),
        REVERB: _read_bus(buses.group(REVERB), REVERB),
        DELAY: _read_bus(buses.group(DELAY), DELAY),
    }
    values = [by_kind[kind] for kind in BUS_TOKENS]
    values += [_read_strip(track, stereo) for track, stereo in zip(tracks, is_stereo, strict=True)]
    stereo_tracks = torch.tensor([list(is_stereo)], dtype=torch.bool)
    mask = LAYOUT.mask(torch.ones_like(stereo_tracks), stereo_tracks)
    normalized = torch.zeros(mask.shape)
    for token, knobs in enumerate(values):
        normalized[0, token, : len(knobs)] = _places(LAYOUT.kind(token), knobs)
    return LAYOUT.canonical(MixParameters(normalized, mask))


def _places(kind: str, values: Mapping[str, float]) -> Tensor:
    ordered = [values[spec.name] for spec in LAYOUT.specs(kind)]
    return LAYOUT.places(kind, torch.tensor(ordered, dtype=torch.float64)).float()


@dataclass(frozen=True)
class _Reader:
    """An object of the file and where it stands in it, for messages."""

    content: Mapping[str, Any]
    path: str

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def error(self, key: str, expected: str) -> InputError:
        got = short_repr(self.content[key]) if key in self.content else "nothing"
        return InputError(f"{self.at(key)}: expected {expected}, got {got}")

    def expect_only(self, keys: Iterable[str]) -> None:
        known = tuple(keys)
        for key in self.content:
            if key not in known:
                raise InputError(f"{self.at(str(key))}: expected one of {', '.join(known)}, got an unknown key")

    def group(self, key: str) -> "_Reader":
        if not isinstance(self.content.get(key), Mapping):
            raise self.error(key, "an object")
        return _Reader(self.content[key], self.at(key))

    def groups(self, key: str) -> list["_Reader"]:
        items = self.content.get(key)
        if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
            raise self.error(key, "a list of objects")
        return [_Reader(item, f"{self.at(key)}[{place}]") for place, item in enumerate(items)]

    def switch(self, key: str, default: bool | None = None) -> bool:
        value = self.content.get(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def number(self, key: str, spec: ParameterSpec, default: float | None = None) -> float:
        value = self.content.get(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not spec.low <= value <= spec.high:
            raise self.error(key, f"a number from {spec.low:g} to {spec.high:g}{spec.unit and f' {spec.unit}'}")
        return float(value)


def _read_bus(reader: _Reader, kind: str) -> dict[str, float]:
    reader.expect_only(spec.name for spec in LAYOUT.specs(kind))
    return {spec.name: reader.number(spec.name, spec) for spec in LAYOUT.specs(kind)}


def _read_master(reader: _Reader) -> dict[str, float]:
    reader.expect_only(("eq", "compressor"))
    return {**_read_eq(reader.group("eq"), MASTER), **_read_processor(reader.group("compressor"), MASTER, "compressor")}


def _read_strip(reader: _Reader, is_stereo: bool) -> dict[str, float]:
    reader.expect_only((*_LABELS, "high_pass", "eq", "compressor", "fader_db", "pan", "width", "sends"))
    values = _read_processor(reader.group("high_pass"), TRACK, "high_pass")
    values |= _read_eq(reader.group("eq"), TRACK)
    values |= _read_processor(reader.group("compressor"), TRACK, "compressor")
    values |= {name: reader.number(name, LAYOUT.spec(TRACK, name)) for name in ("fader_db", "pan")}
    values["width"] = reader.number("width", LAYOUT.spec(TRACK, "width"), default=1.0)
    if not is_stereo and values["width"] != 1.0:
        raise reader.error("width", "1, for the track is mono")
    return values | _read_sends(reader.group("sends"))


def _read_processor(reader: _Reader, kind: str, prefix: str) -> dict[str, float]:
    """Return the switch and the knobs of the processor `prefix`; what is off need not tell its knobs."""
    specs = {
        spec.name.removeprefix(f"{prefix}."): spec for spec in LAYOUT.specs(kind) if spec.name.startswith(f"{prefix}.")
    }
    reader.expect_only(specs)
    is_on = reader.switch("on")
    knobs = {
        spec.name: reader.number(key, spec, default=None if is_on else spec.default)
        for key, spec in specs.items()
        if key != "on"
    }
    return {f"{prefix}.on": float(is_on), **knobs}


def _read_sends(reader: _Reader) -> dict[str, float]:
    reader.expect_only(_SENDS)
    values = {}
    for key, send in _SENDS.items():
        spec = LAYOUT.spec(TRACK, f"{send}.level_db")
        if key not in reader.content:
            raise reader.error(key, "a number or null")
        is_on = reader.content[key] is not None
        values[f"{send}.on"] = float(is_on)
        values[spec.name] = reader.number(key, spec) if is_on else spec.default
    return values


def _read_eq(reader: _Reader, kind: str) -> dict[str, float]:
    reader.expect_only(("on", "bands"))
    is_on = reader.switch("on")
    values = {spec.name: spec.default for spec in LAYOUT.specs(kind) if spec.name.startswith("eq.")}
    taken: list[str] = []
    for item in reader.groups("bands"):
        item.expect_only(("band", "type", "on", *_BAND_KNOBS))
        band = _which_band(item, kind, taken)
        taken.append(band)
        band_is_on = item.switch("on", default=True)
        values[f"eq.{band}.on"] = float(is_on and band_is_on)
        for knob in _BAND_KNOBS:
            spec = LAYOUT.spec(kind, f"eq.{band}.{knob}")
            values[spec.name] = item.number(knob, spec, default=None if band_is_on else spec.default)
    return values


def _which_band(item: _Reader, kind: str, taken: Sequence[str]) -> str:
    """Return the band that `item` sets: the one it names, or the first free one of its type that has its frequency."""
    if item.content.get("type") not in _BAND_TYPES:
        raise item.error("type", f"one of {', '.join(_BAND_TYPES)}")
    free = [band for band in EQ_BANDS if band_type(band) == item.content["type"] and band not in taken]
    if "band" in item.content:
        if item.content["band"] not in free:
            raise item.error("band", f"one of {', '.join(free) or 'none, for all are set'}")
        return str(item.content["band"])
    if not free:
        raise item.error("type", "another type, for all bands of this one are set")
    by_band = {band: LAYOUT.spec(kind, f"eq.{band}.freq_hz") for band in free}
    freq_hz = item.content.get("freq_hz")
    for band, spec in by_band.items():
        if isinstance(freq_hz, int | float) and spec.low <= freq_hz <= spec.high:
            return band
    ranges = " or ".join(f"{spec.low:g} to {spec.high:g} Hz" for spec in by_band.values())
    raise item.error("freq_hz", f"{ranges}, which the free bands of this type have")
