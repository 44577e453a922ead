"""The numbers behind the virtual engineers, read from ``prior.json`` and stacked by instrument class."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor

from gen_mix.console.layout import EQ_BANDS
from gen_mix.measurements import MEASUREMENTS, OCTAVES
from gen_mix.sessions.instruments import INSTRUMENTS

STYLES = ("pop", "rock", "metal", "hiphop", "edm", "jazz", "acoustic")
"""Styles of music, in the order of every style axis."""

AXES = ("bright", "bass", "width", "density", "dry", "vocal_forward")
"""Axes of taste, in the order of every axis of taste."""

MOST_PLACES = 3
"""Components of the mixture of |pan|."""


@dataclass(frozen=True)
class Prior:
    """What engineers usually do with a class of instruments, and what the class usually measures.

    The first axis is the class, or after `of` those of the tracks. The columns are those of ``docs/engineers.md``.

    Attributes:
        level_db: Level re the lead element (classes, 2): mean, SD.
        pan: Mixture of |pan| (classes, 3, 3): weight, mean, SD.
        width: Width of a stereo track (classes, 2): mean, SD.
        high_pass: (classes, 3): probability, Hz, SD in octaves.
        eq_use: Probability that the equalizer is used at all (classes,).
        eq: (classes, bands, 6): probability, Hz, SD in octaves, gain dB mean and SD, Q.
        compressor: (classes, 8): probability, ratio, its log SD, gain reduction dB mean and SD, attack ms, release ms,
            their log SD.
        reverb, delay: (classes, 3): probability, send dB mean and SD.
        typical: Measurements (classes, len(MEASUREMENTS)).
        style_weight: Log weight of each style before any instrument is seen (styles,).
        style_instruments: What a track of each class adds to it (styles, classes).
        style_level_db: Level re the table (styles, classes).
        style_lead_db: Lead against all others together, if these are 25 (styles, 2): mean, SD.
        style_axes: Where each style sits on the axes of taste (styles, axes).
    """

    level_db: Tensor
    pan: Tensor
    width: Tensor
    high_pass: Tensor
    eq_use: Tensor
    eq: Tensor
    compressor: Tensor
    reverb: Tensor
    delay: Tensor
    typical: Tensor
    style_weight: Tensor
    style_instruments: Tensor
    style_level_db: Tensor
    style_lead_db: Tensor
    style_axes: Tensor

    def of(self, instrument: Tensor) -> "Prior":
        """Return the prior of tracks: their classes' rows (batch, tracks, ...) for `instrument` (batch, tracks)."""
        columns = ("level_db", "pan", "width", "high_pass", "eq_use", "eq", "compressor", "reverb", "delay", "typical")
        rows = {name: getattr(self, name).to(instrument.device)[instrument] for name in columns}
        styles = {field.name: getattr(self, field.name).to(instrument.device) for field in fields(self)}
        return Prior(**(styles | rows))


def _typical(entry: Mapping[str, object]) -> list[float]:
    octaves, levels = entry["octaves_db"], entry["levels_db"]
    assert isinstance(octaves, list)
    assert isinstance(levels, list)
    values = {f"octave_{octave}_db": level for octave, level in zip(OCTAVES, octaves, strict=True)}
    values |= dict(zip([name for name in MEASUREMENTS if name.startswith("level_")], levels, strict=True))
    values |= {"loudness_lufs": -24.0, **entry}
    return [float(values[name]) for name in MEASUREMENTS]


def stack_prior(table: Mapping[str, Mapping[str, Any]]) -> Prior:
    """Return the prior of a table laid out as ``prior.json``.

    Raises:
        KeyError: An instrument, a style or an entry is missing.
    """
    rows = [table["instruments"][name] for name in INSTRUMENTS]
    styles = [table["styles"][name] for name in STYLES]

    def column(name: str) -> Tensor:
        return torch.tensor([row[name] for row in rows], dtype=torch.float32)

    unused = [0.0, 0.0, 0.1]
    return Prior(
        level_db=column("level_db"),
        pan=torch.tensor([(row["pan"] + [unused] * MOST_PLACES)[:MOST_PLACES] for row in rows]).float(),
        width=column("width"),
        high_pass=column("high_pass"),
        eq_use=column("eq_use"),
        eq=torch.tensor([[row["eq"][band] for band in EQ_BANDS] for row in rows]).float(),
        compressor=column("compressor"),
        reverb=column("reverb"),
        delay=column("delay"),
        typical=torch.tensor([_typical(row["typical"]) for row in rows]),
        style_weight=torch.tensor([float(style["weight"]) for style in styles]),
        style_instruments=torch.tensor([[float(s["instruments"].get(n, 0)) for n in INSTRUMENTS] for s in styles]),
        style_level_db=torch.tensor([[float(s["level_db"].get(n, 0)) for n in INSTRUMENTS] for s in styles]),
        style_lead_db=torch.tensor([[float(v) for v in style["lead_to_rest_db"]] for style in styles]),
        style_axes=torch.tensor([[float(style["axes"].get(axis, 0)) for axis in AXES] for style in styles]),
    )


@cache
def packaged_prior() -> Prior:
    """Return the prior of the package's own ``prior.json``."""
    return stack_prior(json.loads(files(__package__).joinpath("prior.json").read_text(encoding="utf-8")))
