"""Drawings of console settings as SVG: a strip per track, a row per mix."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import torch

from gen_mix.console.filters import eq_response_db
from gen_mix.console.settings import parameters_of

STRIP_WIDTH, STRIP_HEIGHT = 84, 132
FADER_TOP_DB, FADER_BOTTOM_DB = 12.0, -30.0
CURVE_RANGE_DB = 15.0
CURVE_FREQS_HZ = tuple(20 * 10 ** (3 * step / 40) for step in range(41))


@dataclass(frozen=True)
class Strip:
    """What is drawn of a track: its settings and its equalizer's curve in dB at `CURVE_FREQS_HZ`."""

    settings: dict[str, Any]
    curve_db: tuple[float, ...]


def strips_of(document: dict[str, Any]) -> list[Strip]:
    """Return the strips of a mix, in the order of its file."""
    tracks = document["tracks"]
    parameters = parameters_of(document, [True] * len(tracks))
    freqs = torch.tensor(CURVE_FREQS_HZ, dtype=torch.float64)
    response = eq_response_db(parameters, "track", freqs, document["sample_rate"])[0]
    return [Strip(track, tuple(curve.tolist())) for track, curve in zip(tracks, response, strict=True)]


def draw_strip(strip: Strip, level_db: float) -> str:
    """Return the SVG of one strip: pan on top, the equalizer's curve, the fader, and what else is on.

    Args:
        strip: What to draw.
        level_db: Where the fader's cap stands: the fader re the mix's median fader, so that mixes compare.
    """
    settings = strip.settings
    name, words = escape(settings["name"]), _words(settings)
    return (
        f'<svg class="strip" viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" role="img" '
        f'aria-label="{name}: {escape(words)}"><title>{name}\n{escape(words)}</title>'
        f"{_pan(settings['pan'])}{_curve(strip.curve_db)}{_fader(level_db)}{_badges(settings)}</svg>"
    )


def draw_spread(strips: Sequence[Strip], levels_db: Sequence[float]) -> str:
    """Return the SVG of one track in all mixes: how far they agree on its pan, its curve and its fader.

    Args:
        strips: The track's, one per mix.
        levels_db: As for `draw_strip`, one per mix.
    """
    name = escape(strips[0].settings["name"])
    pans = [strip.settings["pan"] for strip in strips]
    words = f"level {min(levels_db):+.1f} to {max(levels_db):+.1f} dB, pan {min(pans):+.2f} to {max(pans):+.2f}"
    xs, ys = [_pan_x(pan) for pan in pans], [_level_y(level) for level in levels_db]
    ticks = "".join(f'<line class="tick" x1="{x:.1f}" y1="5" x2="{x:.1f}" y2="15"/>' for x in xs)
    ticks += "".join(f'<line class="tick" x1="11" y1="{y:.1f}" x2="29" y2="{y:.1f}"/>' for y in ys)
    return (
        f'<svg class="strip" viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" role="img" '
        f'aria-label="{name}, all mixes: {words}"><title>{name}\n{words}</title>'
        f'<rect class="band" x="{min(xs):.1f}" y="6" width="{max(xs) - min(xs):.1f}" height="8"/>'
        f'<rect class="band" x="14" y="{min(ys):.1f}" width="12" height="{max(ys) - min(ys):.1f}"/>'
        f"{_pan_rail()}{_curve_band([strip.curve_db for strip in strips])}{_fader_rail()}{ticks}"
        f'<text class="value" x="{STRIP_WIDTH - 6}" y="84">±{(max(levels_db) - min(levels_db)) / 2:.0f}</text></svg>'
    )


def _pan_x(pan: float) -> float:
    return 8.0 + (pan + 1) / 2 * (STRIP_WIDTH - 16.0)


def _pan_rail() -> str:
    left, centre, right = _pan_x(-1), _pan_x(0), _pan_x(1)
    return (
        f'<line class="rail" x1="{left}" y1="10" x2="{right}" y2="10"/>'
        f'<line class="rail" x1="{centre}" y1="7" x2="{centre}" y2="13"/>'
    )


def _pan(pan: float) -> str:
    x, centre, y = _pan_x(pan), _pan_x(0), 10.0
    return (
        f"{_pan_rail()}"
        f'<line class="pan" x1="{centre}" y1="{y}" x2="{x:.1f}" y2="{y}"/>'
        f'<circle class="cap" cx="{x:.1f}" cy="{y}" r="4"/>'
    )


def _curve_points(curve_db: Sequence[float]) -> list[str]:
    top, bottom, left, right = 22.0, 62.0, 8.0, STRIP_WIDTH - 8.0
    middle = (top + bottom) / 2
    points = []
    for step, gain in enumerate(curve_db):
        x = left + step / (len(curve_db) - 1) * (right - left)
        clipped = max(-CURVE_RANGE_DB, min(CURVE_RANGE_DB, gain))
        points.append(f"{x:.1f},{middle - clipped / CURVE_RANGE_DB * (bottom - top) / 2:.1f}")
    return points


def _curve(curve_db: Sequence[float]) -> str:
    return (
        f'<line class="rail" x1="8" y1="42" x2="{STRIP_WIDTH - 8}" y2="42"/>'
        f'<polyline class="curve" points="{" ".join(_curve_points(curve_db))}"/>'
    )


def _curve_band(curves_db: Sequence[Sequence[float]]) -> str:
    """Return the area between the lowest and the highest of some curves."""
    highest = _curve_points([max(column) for column in zip(*curves_db, strict=True)])
    lowest = _curve_points([min(column) for column in zip(*curves_db, strict=True)])
    return (
        f'<polygon class="band" points="{" ".join([*highest, *reversed(lowest)])}"/>'
        f'<line class="rail" x1="8" y1="42" x2="{STRIP_WIDTH - 8}" y2="42"/>'
    )


def _level_y(level_db: float) -> float:
    top, bottom = 72.0, 122.0
    share = (level_db - FADER_BOTTOM_DB) / (FADER_TOP_DB - FADER_BOTTOM_DB)
    return bottom - max(0.0, min(1.0, share)) * (bottom - top)


def _fader_rail() -> str:
    zero = _level_y(0)
    return (
        '<line class="rail" x1="20" y1="72" x2="20" y2="122"/>'
        f'<line class="rail" x1="15" y1="{zero:.1f}" x2="25" y2="{zero:.1f}"/>'
    )


def _fader(level_db: float) -> str:
    return (
        f"{_fader_rail()}"
        f'<rect class="cap" x="11" y="{_level_y(level_db) - 3:.1f}" width="18" height="6" rx="1.5"/>'
        f'<text class="value" x="{STRIP_WIDTH - 6}" y="84">{_signed(level_db)}</text>'
    )


def _badges(settings: dict[str, Any]) -> str:
    sends = settings["sends"]
    badges = (
        ("C", settings["compressor"]["on"], 0.0),
        ("R", sends["reverb_db"] is not None, sends["reverb_db"] or 0.0),
        ("D", sends["delay_db"] is not None, sends["delay_db"] or 0.0),
    )
    return "".join(
        f'<text class="badge{" on" if is_on else ""}" x="{44 + 14 * place}" y="118" '
        f'opacity="{_send_opacity(level) if is_on else 0.25}">{word}</text>'
        for place, (word, is_on, level) in enumerate(badges)
    )


def _send_opacity(level_db: float) -> float:
    return round(max(0.45, min(1.0, 1 + level_db / 60)), 2)


def _signed(value: float) -> str:
    rounded = round(value)
    return "0" if rounded == 0 else f"{rounded:+d}".replace("-", "−")


def _words(settings: dict[str, Any]) -> str:
    pan = settings["pan"]
    place = "centre" if abs(pan) < 0.02 else f"{abs(pan) * 100:.0f} % {'left' if pan < 0 else 'right'}"
    parts = [f"fader {settings['fader_db']:+.1f} dB", place]
    if settings["high_pass"]["on"]:
        parts.append(f"high-pass {settings['high_pass']['freq_hz']:.0f} Hz")
    parts += [
        f"{band['type'].replace('_', ' ')} {band['gain_db']:+.1f} dB at {_hertz(band['freq_hz'])}"
        for band in settings["eq"]["bands"]
        if settings["eq"]["on"] and band.get("on", True)
    ]
    compressor = settings["compressor"]
    if compressor["on"]:
        parts.append(f"compressor {compressor['ratio']:.1f}:1 from {compressor['threshold_db']:.0f} dB")
    for bus in ("reverb", "delay"):
        level = settings["sends"][f"{bus}_db"]
        if level is not None:
            parts.append(f"{bus} {level:+.0f} dB")
    return "; ".join(parts)


def _hertz(freq_hz: float) -> str:
    return f"{freq_hz / 1000:.1f} kHz" if freq_hz >= 1000 else f"{freq_hz:.0f} Hz"


def relative_levels_db(document: dict[str, Any]) -> list[float]:
    """Return each track's fader re the median fader of the mix, in dB: what makes mixes comparable."""
    faders = sorted(track["fader_db"] for track in document["tracks"])
    middle = len(faders) // 2
    median = (faders[middle] + faders[-middle - 1]) / 2 if faders else math.nan
    return [track["fader_db"] - median for track in document["tracks"]]
