"""The elements of a ``project.xml``, in the order that its schema asks for.

Bitwig's conventions, which other readers expect: volumes are linear from 0 to 2, pans normalized from 0 to 1. Ratios
are in percent, 100 (1 - 1 / ratio), times in seconds (the format's Reference.html).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from gen_mix.console.layout import EQ_BANDS

HIGHEST_VOLUME = 2.0
_BAND_TYPES = {"low_shelf": "lowShelf", "bell": "bell", "high_shelf": "highShelf"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass
class Ids:
    """Gives out identifiers, each once."""

    given: int = field(default=0)

    def new(self) -> str:
        """Return an identifier that no other element has."""
        self.given += 1
        return f"id{self.given}"


def text(value: str) -> str:
    """Return `value` without what XML cannot hold."""
    return _NOT_XML.sub("_", value)


def number(value: float) -> str:
    """Return a finite number in full precision, as every reader takes it: no exponent below 1e16.

    Raises:
        ValueError: It is not finite.
    """
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError(f"expected a finite number, got {value}")
    return f"{value:.12f}".rstrip("0").rstrip(".") if abs(value) >= 1e-9 else "0"


def real(parent: Element, tag: str, value: float, unit: str, ids: Ids | None = None) -> Element:
    """Add a number with its unit; volumes and pans get their limits, a name and an identifier."""
    element = SubElement(parent, tag, {"unit": unit, "value": number(value)})
    if tag in ("Volume", "Pan"):
        element.attrib |= {"min": "0", "max": number(HIGHEST_VOLUME if tag == "Volume" else 1.0), "name": tag}
    if ids is not None:
        element.set("id", ids.new())
    return element


def boolean(parent: Element, tag: str, value: bool) -> None:
    """Add a switch."""
    SubElement(parent, tag, {"value": "true" if value else "false"})


def pan_normalized(pan: float) -> float:
    """Return a pan from -1 to 1 as the format has it, 0 to 1."""
    return (pan + 1) / 2


def equalizer(
    parent: Element, eq: Mapping[str, Any], high_pass: Mapping[str, Any] | None, output_db: float, ids: Ids
) -> None:
    """Add an equalizer; its bands are numbered, 0 the high-pass and from 1 those of `EQ_BANDS`."""
    device = _device(parent, "Equalizer", ids)
    if high_pass is not None and high_pass["on"]:
        band = SubElement(device, "Band", {"type": "highPass", "order": "0"})
        real(band, "Freq", high_pass["freq_hz"], "hertz")
        real(band, "Q", 0.5**0.5, "linear")
        boolean(band, "Enabled", True)
    for settings in eq["bands"] if eq["on"] else ():
        if settings["on"]:
            order = str(1 + EQ_BANDS.index(settings["band"]))
            band = SubElement(device, "Band", {"type": _BAND_TYPES[settings["type"]], "order": order})
            real(band, "Freq", settings["freq_hz"], "hertz")
            real(band, "Gain", settings["gain_db"], "decibel")
            real(band, "Q", settings["q"], "linear")
            boolean(band, "Enabled", True)
    real(device, "InputGain", 0.0, "decibel")
    real(device, "OutputGain", output_db, "decibel")


def compressor(parent: Element, settings: Mapping[str, Any], output_db: float, ids: Ids) -> None:
    """Add a compressor."""
    device = _device(parent, "Compressor", ids)
    real(device, "Attack", settings["attack_ms"] / 1000, "seconds")
    boolean(device, "AutoMakeup", False)
    real(device, "InputGain", 0.0, "decibel")
    real(device, "OutputGain", output_db, "decibel")
    real(device, "Ratio", 100 * (1 - 1 / settings["ratio"]), "percent")
    real(device, "Release", settings["release_ms"] / 1000, "seconds")
    real(device, "Threshold", settings["threshold_db"], "decibel")


def limiter(parent: Element, gain_db: float, ceiling_db: float, ids: Ids) -> None:
    """Add a limiter with a gain in front of it."""
    device = _device(parent, "Limiter", ids)
    real(device, "Attack", 0.003, "seconds")
    real(device, "InputGain", gain_db, "decibel")
    real(device, "OutputGain", 0.0, "decibel")
    real(device, "Release", 0.15, "seconds")
    real(device, "Threshold", ceiling_db, "decibel")


def _device(parent: Element, kind: str, ids: Ids) -> Element:
    device = SubElement(
        parent,
        kind,
        {"deviceName": kind, "deviceRole": "audioFX", "loaded": "true", "id": ids.new(), "name": kind},
    )
    boolean(device, "Enabled", True)
    return device
