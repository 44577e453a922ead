"""Settings back out of an editable DAWproject of ours."""

import math
import zipfile
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from gen_mix.console.layout import EQ_BANDS
from gen_mix.errors import InputError
from gen_mix.export.alternatives import without_noise

_BAND_TYPES = {"lowShelf": "low_shelf", "bell": "bell", "highShelf": "high_shelf"}
_BUSES = {"Reverb": "reverb", "Delay": "delay"}


def read_dawproject(path: Path) -> dict[str, dict[str, Any]]:
    """Return the settings of every mix in the editable package at `path`, by name; what is off tells no knobs.

    Raises:
        InputError: It is not an editable DAWproject of ours.
    """
    try:
        with zipfile.ZipFile(path) as package:
            project = fromstring(package.read("project.xml"))
        return {
            group.attrib["name"]: _settings(group)
            for group in project.findall("Structure/Track[@contentType='tracks']")
        }
    except (OSError, zipfile.BadZipFile, KeyError, ParseError, AttributeError, ValueError) as error:
        raise InputError(f"{path}: expected an editable DAWproject of gen_mix, got {error!r}") from error


def _settings(group: Element) -> dict[str, Any]:
    effects = {
        _channel(track).attrib["id"]: _BUSES[track.attrib["name"]]
        for track in group.findall("Track")
        if _channel(track).get("role") == "effect"
    }
    buses = {
        _BUSES[track.attrib["name"]]: {name: float(value) for name, value in _remarks(track).items()}
        for track in group.findall("Track")
        if _channel(track).get("role") == "effect"
    }
    tracks = [_strip(track, effects) for track in group.findall("Track") if "file" in _remarks(track)]
    master = {"eq": _eq(_channel(group)), "compressor": _compressor(_channel(group), _remarks(group)["knee_db"])}
    settings: dict[str, Any] = without_noise({"tracks": tracks, "buses": buses, "master": master})
    return settings


def _strip(track: Element, effects: dict[str, str]) -> dict[str, Any]:
    channel, remarks = _channel(track), _remarks(track)
    sends: dict[str, float | None] = {"reverb_db": None, "delay_db": None}
    for send in channel.findall("Sends/Send"):
        sends[f"{effects[send.attrib['destination']]}_db"] = _decibels(_number(send, "Volume"))
    output_db = sum(float(gain.attrib["value"]) for gain in channel.findall("Devices/*/OutputGain"))
    return {
        "name": track.attrib["name"],
        "file": remarks["file"],
        "staging_gain_db": float(remarks["staging_gain_db"]),
        "high_pass": _high_pass(channel),
        "eq": _eq(channel),
        "compressor": _compressor(channel, remarks["knee_db"]),
        "fader_db": _decibels(_number(channel, "Volume")) + output_db,
        "pan": 2 * _number(channel, "Pan") - 1,
        "width": float(remarks["width"]),
        "sends": sends,
    }


def _channel(track: Element) -> Element:
    channel = track.find("Channel")
    if channel is None:
        raise ValueError("a track without a channel")
    return channel


def _remarks(track: Element) -> dict[str, str]:
    pairs = (line.partition(" = ") for line in track.get("comment", "").splitlines())
    return {name: value for name, _, value in pairs}


def _number(parent: Element, tag: str) -> float:
    element = parent.find(tag)
    if element is None:
        raise ValueError(f"no {tag}")
    return float(element.attrib["value"])


def _decibels(linear: float) -> float:
    return 20 * math.log10(linear)


def _high_pass(channel: Element) -> dict[str, Any]:
    band = channel.find("Devices/Equalizer/Band[@type='highPass']")
    return {"on": False} if band is None else {"on": True, "freq_hz": _number(band, "Freq")}


def _eq(channel: Element) -> dict[str, Any]:
    bands = [
        {
            "band": EQ_BANDS[int(band.attrib["order"]) - 1],
            "type": _BAND_TYPES[band.attrib["type"]],
            "on": True,
            "freq_hz": _number(band, "Freq"),
            "gain_db": _number(band, "Gain"),
            "q": _number(band, "Q"),
        }
        for band in channel.findall("Devices/Equalizer/Band")
        if band.attrib["type"] in _BAND_TYPES
    ]
    return {"on": bool(bands), "bands": bands}


def _compressor(channel: Element, knee_db: str) -> dict[str, Any]:
    device = channel.find("Devices/Compressor")
    if device is None:
        return {"on": False}
    return {
        "on": True,
        "threshold_db": _number(device, "Threshold"),
        "ratio": 1 / (1 - _number(device, "Ratio") / 100),
        "attack_ms": 1000 * _number(device, "Attack"),
        "release_ms": 1000 * _number(device, "Release"),
        "knee_db": float(knee_db),
    }
