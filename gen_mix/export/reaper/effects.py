"""Our processors as JSFX effects: which slider is which knob, both ways.

The effects themselves are in ``effects/``, one file each; they compute what `gen_mix.console` does, sample by sample.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from gen_mix.console.filters import band_type
from gen_mix.console.layout import EQ_BANDS, LAYOUT, TRACK

EQUALIZER, COMPRESSOR, PAN, DELAY = (f"gen_mix_{kind}.jsfx" for kind in ("equalizer", "compressor", "pan", "delay"))
_COMPRESSOR_KNOBS = ("threshold_db", "ratio", "attack_ms", "release_ms", "knee_db")
_DELAY_KNOBS = ("time_ms", "feedback", "high_cut_hz", "ping_pong")
_BAND_KNOBS = ("freq_hz", "gain_db", "q")


def write_effects(folder: Path) -> None:
    """Write the effects into `folder`, which exists."""
    for name in (EQUALIZER, COMPRESSOR, PAN, DELAY):
        source = files("gen_mix.export.reaper") / "effects" / name
        (folder / name).write_text(source.read_text(encoding="utf-8"), encoding="utf-8")


def equalizer_sliders(eq: Mapping[str, Any], high_pass: Mapping[str, Any] | None) -> list[float]:
    """Return the equalizer's sliders; a band that is off stands at its default."""
    bands = {band["band"]: band for band in eq["bands"] if eq["on"] and band["on"]}
    high = high_pass if high_pass is not None and high_pass["on"] else None
    sliders = [float(high is not None), high["freq_hz"] if high else LAYOUT.spec(TRACK, "high_pass.freq_hz").default]
    for name in EQ_BANDS:
        sliders.append(float(name in bands))
        for knob in _BAND_KNOBS:
            sliders.append(bands[name][knob] if name in bands else LAYOUT.spec(TRACK, f"eq.{name}.{knob}").default)
    return sliders


def equalizer_settings(sliders: Sequence[float]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the ``eq`` and the ``high_pass`` of settings that the sliders stand for."""
    bands = []
    for place, name in enumerate(EQ_BANDS):
        is_on, *knobs = sliders[2 + 4 * place : 6 + 4 * place]
        if is_on >= 0.5:
            values = dict(zip(_BAND_KNOBS, knobs, strict=True))
            bands.append({"band": name, "type": band_type(name), "on": True, **values})
    high_pass = {"on": True, "freq_hz": sliders[1]} if sliders[0] >= 0.5 else {"on": False}
    return {"on": bool(bands), "bands": bands}, high_pass


def compressor_sliders(compressor: Mapping[str, Any]) -> list[float]:
    """Return the compressor's sliders."""
    return [compressor[knob] for knob in _COMPRESSOR_KNOBS]


def compressor_settings(sliders: Sequence[float]) -> dict[str, Any]:
    """Return the ``compressor`` of settings that the sliders stand for."""
    return {"on": True, **dict(zip(_COMPRESSOR_KNOBS, sliders, strict=True))}


def pan_sliders(pan: float, width: float, is_stereo: bool, gain_db: float) -> list[float]:
    """Return the sliders of pan and width, and of what the fader has no room for."""
    return [float(is_stereo), pan, width, gain_db]


def delay_sliders(delay: Mapping[str, Any]) -> list[float]:
    """Return the delay's sliders."""
    return [delay[knob] for knob in _DELAY_KNOBS]


def delay_settings(sliders: Sequence[float]) -> dict[str, float]:
    """Return the ``delay`` bus of settings that the sliders stand for."""
    return dict(zip(_DELAY_KNOBS, sliders, strict=True))
