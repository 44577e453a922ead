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


def _pan(pan: float) -> str:
    left, right, y = 8.0, STRIP_WIDTH - 8.0, 10.0
    x = left + (pan + 1) / 2 * (right - left)
    centre = (left + right) / 2
    return (
        f'<line class="rail" x1="{left}" y1="{y}" x2="{right}" y2="{y}"/>'
        f'<line class="rail" x1="{centre}" y1="{y - 3}" x2="{centre}" y2="{y + 3}"/>'
        f'<line class="pan" x1="{centre}" y1="{y}" x2="{x:.1f}" y2="{y}"/>'
        f'<circle class="cap" cx="{x:.1f}" cy="{y}" r="4"/>'
    )


def _curve(curve_db: Sequence[float]) -> str:
    top, bottom, left, right = 22.0, 62.0, 8.0, STRIP_WIDTH - 8.0
    middle = (top + bottom) / 2
    points = []
    for step, gain in enumerate(curve_db):
        x = left + step / (len(curve_db) - 1) * (right - left)
        clipped = max(-CURVE_RANGE_DB, min(CURVE_RANGE_DB, gain))
        points.append(f"{x:.1f},{middle - clipped / CURVE_RANGE_DB * (bottom - top) / 2:.1f}")
    return (
        f'<line class="rail" x1="{left}" y1="{middle}" x2="{right}" y2="{middle}"/>'
        f'<polyline class="curve" points="{" ".join(points)}"/>'
    )


def _fader(level_db: float) -> str:
    top, bottom, x = 72.0, 122.0, 20.0
    share = (level_db - FADER_BOTTOM_DB) / (FADER_TOP_DB - FADER_BOTTOM_DB)
    y = bottom - max(0.0, min(1.0, share)) * (bottom - top)
    zero = bottom + FADER_BOTTOM_DB / (FADER_TOP_DB - FADER_BOTTOM_DB) * (bottom - top)
    return (
        f'<line class="rail" x1="{x}" y1="{top}" x2="{x}" y2="{bottom}"/>'
        f'<line class="rail" x1="{x - 5}" y1="{zero:.1f}" x2="{x + 5}" y2="{zero:.1f}"/>'
        f'<rect class="cap" x="{x - 9}" y="{y - 3:.1f}" width="18" height="6" rx="1.5"/>'
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
