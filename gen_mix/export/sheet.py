"""What a person must dial in to hear a mix elsewhere, in words: only what is on, in the units of a console."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gen_mix.export.alternatives import by_file
from gen_mix.export.mixdown import MixDown

_BAND_WORDS = {"low_shelf": "low shelf", "bell": "bell", "high_shelf": "high shelf"}


@dataclass(frozen=True)
class Line:
    """One processor and its settings, in words."""

    processor: str
    settings: str


@dataclass(frozen=True)
class StripSheet:
    """What is dialled in on one track.

    Attributes:
        name: Of the track.
        file: Of the track.
        place: Of the track in the session.
        level: Staging gain and fader as one number, in words; so are the following.
        staging: The gain that the file gets before everything else.
        fader: The fader after it.
        pan: ``C``, ``L 30`` or ``R 100``.
        width: Of a stereo track, empty for a mono one.
        reverb: Send level, empty if off.
        delay: Send level, empty if off.
        lines: Processors that are on, in the order of the signal.
    """

    name: str
    file: str
    place: int
    level: str
    staging: str
    fader: str
    pan: str
    width: str
    reverb: str
    delay: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Sheet:
    """A whole mix, to be dialled in.

    Attributes:
        session: Name of the session.
        mix: Name of the mix.
        seed: Of the mix.
        strips: Tracks, in the order of their files.
        buses: Effect buses that are fed, and the master.
    """

    session: str
    mix: str
    seed: int
    strips: tuple[StripSheet, ...]
    buses: tuple[Line, ...]


def sheet_of(mix: MixDown) -> Sheet:
    """Return what to dial in for `mix`."""
    tracks, settings = mix.session.tracks, mix.alternative.settings
    strips = tuple(_strip(place, settings["tracks"][place], tracks[place].is_stereo) for place in by_file(mix.session))
    buses = (*_buses(settings["buses"], mix), *_master(settings["master"], mix))
    return Sheet(mix.session.name, mix.alternative.name, mix.alternative.seed, strips, buses)


def _strip(place: int, track: Mapping[str, Any], is_stereo: bool) -> StripSheet:
    staging_db, fader_db, sends = track["staging_gain_db"], track["fader_db"], track["sends"]
    return StripSheet(
        name=track["name"],
        file=track["file"],
        place=place,
        level=decibels(staging_db + fader_db),
        staging=decibels(staging_db),
        fader=decibels(fader_db),
        pan=pan_words(track["pan"]),
        width=f"{track['width'] * 100:.0f} %" if is_stereo else "",
        reverb="" if sends["reverb_db"] is None else decibels(sends["reverb_db"]),
        delay="" if sends["delay_db"] is None else decibels(sends["delay_db"]),
        lines=(*_high_pass(track["high_pass"]), *_eq(track["eq"]), *_compressor(track["compressor"], staging_db)),
    )


def _high_pass(high_pass: Mapping[str, Any]) -> tuple[Line, ...]:
    if not high_pass["on"]:
        return ()
    return (Line("High-pass", f"{hertz(high_pass['freq_hz'])}, 12 dB/octave"),)


def _eq(eq: Mapping[str, Any]) -> tuple[Line, ...]:
    if not eq["on"]:
        return ()
    return tuple(
        Line(
            f"EQ {_BAND_WORDS[band['type']]}",
            f"{hertz(band['freq_hz'])}, {decibels(band['gain_db'])}, Q {band['q']:.2f}",
        )
        for band in eq["bands"]
        if band["on"]
    )


def _compressor(compressor: Mapping[str, Any], staging_db: float | None) -> tuple[Line, ...]:
    """Return the compressor's line; `staging_db` tells its threshold for a file that is not staged, too."""
    if not compressor["on"]:
        return ()
    threshold_db = compressor["threshold_db"]
    unstaged = "" if staging_db is None else f" ({_level(threshold_db - staging_db)} without the staging gain)"
    return (
        Line(
            "Compressor",
            f"threshold {_level(threshold_db)}{unstaged}, ratio {compressor['ratio']:.2f}:1, "
            f"attack {milliseconds(compressor['attack_ms'])}, release {milliseconds(compressor['release_ms'])}, "
            f"knee {compressor['knee_db']:.1f} dB, no make-up gain",
        ),
    )


def _buses(buses: Mapping[str, Any], mix: MixDown) -> tuple[Line, ...]:
    reverb, delay = buses["reverb"], buses["delay"]
    lines = {
        "reverb": Line(
            "Reverb",
            f"decay {reverb['decay_s']:.2f} s, pre-delay {milliseconds(reverb['pre_delay_ms'])}, high frequencies "
            f"damped from {hertz(reverb['damping_hz'])}, low cut {hertz(reverb['low_cut_hz'])}, "
            f"width {reverb['width'] * 100:.0f} %, 100 % wet",
        ),
        "delay": Line(
            "Delay",
            f"{milliseconds(delay['time_ms'])}, feedback {delay['feedback'] * 100:.0f} %, high cut "
            f"{hertz(delay['high_cut_hz'])}, ping-pong {delay['ping_pong'] * 100:.0f} %, 100 % wet",
        ),
    }
    return tuple(line for bus, line in lines.items() if bus in mix.returns)


def _master(master: Mapping[str, Any], mix: MixDown) -> tuple[Line, ...]:
    processors = (*_eq(master["eq"]), *_compressor(master["compressor"], None))
    return (
        *(Line(f"Master: {line.processor}", line.settings) for line in processors),
        Line(
            "Master: level",
            f"{decibels(mix.finished.gain_db)}, then a limiter to −1 dBTP that takes up to "
            f"{mix.most_limiting_db:.1f} dB; {mix.alternative.target_lufs:g} LUFS".replace("-", "−"),
        ),
    )


def decibels(value: float) -> str:
    """Return `value` with its sign and one decimal, as a console shows it."""
    rounded = round(value, 1) + 0.0
    return f"{rounded:+.1f}\u00a0dB".replace("-", "−") if rounded else "0.0\u00a0dB"


def _level(value: float) -> str:
    return f"{value:.1f}\u00a0dBFS".replace("-", "−")


def hertz(value: float) -> str:
    """Return a frequency in Hz or kHz, to three digits."""
    return f"{value / 1000:.2f}\u00a0kHz" if value >= 999.5 else f"{value:.0f}\u00a0Hz"


def milliseconds(value: float) -> str:
    """Return a time in ms, with a decimal where it matters."""
    return f"{value:.1f}\u00a0ms" if value < 99.95 else f"{value:.0f}\u00a0ms"


def pan_words(pan: float) -> str:
    """Return a pan from -1 to 1 as ``L 100`` to ``C`` to ``R 100``."""
    percent = round(abs(pan) * 100)
    return "C" if percent == 0 else f"{'L' if pan < 0 else 'R'} {percent}"
