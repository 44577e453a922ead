"""What the schema of DAWproject does not check: that a package makes sense."""

import io
import math
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, ParseError, fromstring

import soundfile

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_RANGES = {
    "normalized": (0.0, 1.0),
    "percent": (0.0, 100.0),
    "linear": (0.0, math.inf),
    "hertz": (0.0, math.inf),
    "seconds": (0.0, math.inf),
    "bpm": (1.0, 1000.0),
}
_REFERENCES = {"destination": ("Channel",), "track": ("Track",), "parameter": (), "reference": ()}
_DURATION_TOLERANCE = 1e-6


def problems_of(path: Path) -> list[str]:
    """Return what is wrong with the package at `path`, a sentence each; nothing if it is sound.

    Identifiers are unique and resolve to the right kind; numbers are finite and in range; there is one master, and all
    channels lead to it; every file is there, plain, safe to unpack, and as long as its clip says.
    """
    try:
        with zipfile.ZipFile(path) as package:
            names = set(package.namelist())
            missing = [f"{name} is missing" for name in ("project.xml", "metadata.xml") if name not in names]
            if missing:
                return missing
            fromstring(package.read("metadata.xml"))
            project = fromstring(package.read("project.xml"))
            return [
                *_reference_problems(project),
                *_number_problems(project),
                *_routing_problems(project),
                *_file_problems(project, package),
            ]
    except (OSError, zipfile.BadZipFile, ParseError) as error:
        return [f"it cannot be read: {error}"]


def _reference_problems(project: Element) -> Iterator[str]:
    by_id: dict[str, Element] = {}
    for element in project.iter():
        identifier = element.get("id")
        if identifier in by_id:
            yield f"id {identifier} is given twice"
        if identifier is not None:
            by_id[identifier] = element
    for element in project.iter():
        for attribute, kinds in _REFERENCES.items():
            target = element.get(attribute)
            if target is None:
                continue
            if target not in by_id:
                yield f"{element.tag}: {attribute} {target} is nowhere"
            elif kinds and by_id[target].tag not in kinds:
                yield f"{element.tag}: {attribute} {target} is a {by_id[target].tag}"


def _number_problems(project: Element) -> Iterator[str]:
    for element in project.iter():
        unit = element.get("unit")
        if unit is not None and "value" in element.attrib:
            yield from _parameter_problems(element, unit)
        for attribute in ("time", "duration", "playStart"):
            if attribute in element.attrib and not 0 <= _value(element.attrib[attribute]) < math.inf:
                yield f"{element.tag}: {attribute} is {element.attrib[attribute]}"


def _parameter_problems(element: Element, unit: str) -> Iterator[str]:
    value = _value(element.attrib["value"])
    low, high = _RANGES.get(unit, (-math.inf, math.inf))
    low, high = max(low, _value(element.get("min", str(low)))), min(high, _value(element.get("max", str(high))))
    if not math.isfinite(value):
        yield f"{element.tag}: expected a finite number, got {element.attrib['value']}"
    elif not low <= value <= high:
        yield f"{element.tag}: expected {low:g} to {high:g} {unit}, got {value:g}"


def _value(text: str) -> float:
    """Return a number as all readers take it: NaN for a decimal comma, a word, or nothing."""
    return float(text) if _NUMBER.fullmatch(text) or text in ("inf", "-inf") else math.nan


def _routing_problems(project: Element) -> Iterator[str]:
    channels = {channel.get("id", ""): channel for channel in project.iter("Channel")}
    masters = [identifier for identifier, channel in channels.items() if channel.get("role") == "master"]
    if len(masters) != 1:
        yield f"expected one master, got {len(masters)}"
        return
    for identifier in channels:
        seen: set[str] = set()
        while identifier not in masters:
            following = channels[identifier].get("destination") if identifier in channels else None
            if following is None or identifier in seen:
                yield f"Channel {identifier} does not lead to the master"
                break
            seen.add(identifier)
            identifier = following


def _file_problems(project: Element, package: zipfile.ZipFile) -> Iterator[str]:
    names = set(package.namelist())
    for name in names:
        parts = PurePosixPath(name).parts
        if name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            yield f"{name} is not safe to unpack"
    for clip in project.iter("Clip"):
        for audio in clip.iter("Audio"):
            yield from _audio_problems(audio, package, names)
            if abs(_value(clip.get("duration", "")) - _value(audio.get("duration", ""))) > _DURATION_TOLERANCE:
                yield f"Clip {clip.get('name')}: expected {audio.get('duration')} s, got {clip.get('duration')}"


def _audio_problems(audio: Element, package: zipfile.ZipFile, names: set[str]) -> Iterator[str]:
    file = audio.find("File")
    path = "" if file is None else file.get("path", "")
    if path not in names:
        yield f"file {path or '(none)'} is not in the package"
        return
    info = soundfile.info(io.BytesIO(package.read(path)))
    told = (audio.get("channels"), audio.get("sampleRate"))
    if told != (str(info.channels), str(info.samplerate)):
        yield f"{path}: expected {told[0]} channels at {told[1]} Hz, got {info.channels} at {info.samplerate}"
    if not abs(_value(audio.get("duration", "")) - info.frames / info.samplerate) <= _DURATION_TOLERANCE:
        yield f"{path}: expected {audio.get('duration')} s, got {info.frames / info.samplerate}"
