"""Mixes by people: console settings of MixologyDB (M. Clemens, https://github.com/mclemcrew/MixologyDB, MIT)."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen_mix.errors import InputError

FADER_RANGE_DB = (-60.0, 18.0)
GAIN_LIMIT_DB = 18.0
"""Wild values of the transcripts (a gain of 426 dB) are clipped to what a console has."""

_CLASSES = {
    ("DRUMS", "KICK"): "kick",
    ("DRUMS", "SNARE"): "snare",
    ("DRUMS", "TOM"): "toms",
    ("DRUMS", "HI-HAT"): "hihat",
    ("DRUMS", "OVERHEAD"): "overheads",
    ("DRUMS", "OVERHEADS"): "overheads",
    ("DRUMS", "RIDE"): "overheads",
    ("DRUMS", "CRASH"): "overheads",
    ("DRUMS", "TAMBOURINE"): "percussion",
    ("DRUMS", "MISC"): "percussion",
    ("BASS", "ELECTRIC"): "bass",
    ("GUITARS", "ELECTRIC"): "egtr_rhythm",
    ("GUITARS", "ACOUSTIC"): "acgtr",
    ("KEYS", "ELECTRIC"): "keys_epiano",
    ("KEYS", "ACOUSTIC"): "piano",
    ("VOCALS", "LEAD"): "lead_vocal",
    ("VOCALS", "BACKGROUND"): "backing_vocal",
}
"""Types of the transcripts as instrument classes; tracks of other types are left out."""

_ROOM = re.compile(r"room|rm|ambience", re.IGNORECASE)
_BANDS = {"LS": "low_shelf", "HS": "high_shelf", "NOTCH": "bell"}


@dataclass(frozen=True)
class HumanBand:
    """A band of an equalizer: `kind` is ``low_shelf``, ``bell`` or ``high_shelf``."""

    kind: str
    freq_hz: float
    gain_db: float
    q: float


@dataclass(frozen=True)
class HumanTrack:
    """What one person did with one track.

    Attributes:
        song, file: Which recording.
        instrument: A word of `INSTRUMENTS`.
        is_stereo: True if it has two channels.
        loudness_lufs: Of the recording.
        fader_db: Within `FADER_RANGE_DB`.
        pan: -1 to 1; of a stereo track the centre of its two pans.
        width: Half the distance of the two pans of a stereo track, 0 to 1; 1 for a mono track.
        high_pass_hz: None where there is none.
        has_eq: True if there is any band but a high-pass.
        bands: Shelves and bells.
        compressor: Of the first one: those of ``threshold_db ratio attack_ms release_ms`` that were written down;
            None where there is none.
        has_reverb, has_delay: Whether the track feeds one.
    """

    song: str
    file: str
    instrument: str
    is_stereo: bool
    loudness_lufs: float
    fader_db: float
    pan: float
    width: float
    high_pass_hz: float | None
    has_eq: bool
    bands: tuple[HumanBand, ...]
    compressor: Mapping[str, float] | None
    has_reverb: bool
    has_delay: bool


@dataclass(frozen=True)
class HumanMix:
    """A mix by one person: of `song`, called `name`."""

    name: str
    song: str
    tracks: tuple[HumanTrack, ...]


def read_human_mixes(path: Path) -> tuple[HumanMix, ...]:
    """Return the mixes of a file in the format of MixologyDB.

    Recordings without a measured loudness, auxiliary channels and instruments of unknown type are left out.

    Raises:
        InputError: The file is missing, no JSON, or holds no such mixes.
    """
    try:
        mixes = json.loads(path.read_text(encoding="utf-8"))["mixes"]
        human = tuple(HumanMix(mix["mix-name"], mix["song-name"], _tracks(mix)) for mix in mixes)
    except OSError as error:
        raise InputError(f"{path}: expected a file of human mixes, got {error.strerror or 'no such file'}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected mixes in the format of MixologyDB, got {error!r}") from error
    human = tuple(mix for mix in human if mix.tracks)
    if not human:
        raise InputError(f"{path}: expected at least one mix with tracks, got none")
    return human


def doubles(tracks: Sequence[HumanTrack]) -> list[int]:
    """Return, for each track, the place of its other half (left and right of one recording), or -1.

    Two mono tracks of a class belong together if their file names differ in one letter, L against R.
    """
    partner = [-1] * len(tracks)
    for first, one in enumerate(tracks):
        for second in range(first + 1, len(tracks)):
            if partner[first] < 0 and partner[second] < 0 and _are_two_halves(one, tracks[second]):
                partner[first], partner[second] = second, first
    return partner


def _are_two_halves(one: HumanTrack, other: HumanTrack) -> bool:
    first, second = one.file.lower(), other.file.lower()
    if one.instrument != other.instrument or one.is_stereo or other.is_stereo or len(first) != len(second):
        return False
    return [{a, b} for a, b in zip(first, second, strict=True) if a != b] == [{"l", "r"}]


def _tracks(mix: Mapping[str, Any]) -> tuple[HumanTrack, ...]:
    tracks = (_track(mix["song-name"], track) for track in mix["tracks"])
    return tuple(track for track in tracks if track is not None)


def _track(song: str, track: Mapping[str, Any]) -> HumanTrack | None:
    kind = (track.get("track-instrument-type"), track.get("track-instrument-subtype"))
    features, settings = track.get("track-audio-features") or {}, track["parameters"]
    loudness, fader = _number(features.get("track-audio-lufs")), _number(settings.get("gain"))
    if track.get("track-type") != "AUDIO" or kind not in _CLASSES or loudness is None or fader is None:
        return None
    file = str(features["track-audio-path"]).rsplit("/", 1)[-1]
    instrument = _CLASSES[kind]
    pans = _pans(settings.get("pan"))
    eq = settings.get("eq") or []
    corners = [_number(band["value"].get("freq")) for band in eq if band["type"] == "HP"]
    return HumanTrack(
        song=song,
        file=file,
        instrument="room" if instrument == "overheads" and _ROOM.search(file) else instrument,
        is_stereo=track.get("channel-mode") == "STEREO",
        loudness_lufs=loudness,
        fader_db=_clip(fader, *FADER_RANGE_DB),
        pan=sum(pans) / len(pans),
        width=abs(pans[-1] - pans[0]) / 2 if len(pans) > 1 else 1.0,
        high_pass_hz=_clip(corners[0] or 20.0, 10.0, 2000.0) if corners else None,
        has_eq=any(band["type"] != "HP" for band in eq),
        bands=tuple(band for entry in eq for band in _bands(entry)),
        compressor=_compressor(settings["compression"]) if settings.get("compression") else None,
        has_reverb=bool(settings.get("reverb")),
        has_delay=bool(settings.get("delay")),
    )


def _pans(pan: object) -> list[float]:
    values = [_number(value) for value in (pan if isinstance(pan, list) else [pan])]
    return [_clip(value / 100, -1.0, 1.0) for value in values if value is not None] or [0.0]


def _bands(entry: Mapping[str, Any]) -> list[HumanBand]:
    value = entry["value"]
    freq, gain, q = (_number(value.get(name)) for name in ("freq", "gain", "q"))
    if entry["type"] not in _BANDS or freq is None or gain is None or not 20 <= freq <= 20_000:
        return []
    q = 0.7 if q is None or q <= 0 else q
    return [HumanBand(_BANDS[entry["type"]], freq, _clip(gain, -GAIN_LIMIT_DB, GAIN_LIMIT_DB), _clip(q, 0.2, 10.0))]


def _compressor(entries: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    first = entries[0]
    found = {
        "threshold_db": _number(first.get("thresh", first.get("thres"))),
        "ratio": _number(str(first.get("ratio", "")).split(":")[0]),
        "attack_ms": _number(first.get("attack")),
        "release_ms": _number(first.get("release")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _number(value: object) -> float | None:
    """Return a finite number written as a number or as text, or None."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _clip(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
