"""The map of some mixes as SVG: near in sound is near in the picture."""

import math
import re
from collections.abc import Sequence
from html import escape

from torch import Tensor

from gen_mix.evaluation.atlas import Atlas, Direction, draw_atlas

WIDTH, HEIGHT, RADIUS = 380, 240, 100.0
FEWEST = 3
"""Mixes that span a plane."""

_FEWEST_FOR_WORDS = 6  # fewer are related to almost anything

_REACH = 1.35
_LETTERS, _LINE = 12, 12.0


def draw_map(heard: Tensor, numbers: Sequence[int], track_names: Sequence[str]) -> str:
    """Return the SVG of a map on which some mixes spread most; nothing where they are too few to span one.

    Args:
        heard: Of the mixes (mixes, tracks, features), see `gen_mix.evaluation.heard.hear`.
        numbers: What the mixes are called.
        track_names: Of the session, in the order of `heard`.
    """
    if len(numbers) < FEWEST:
        return ""
    atlas = draw_atlas(heard, list(numbers), track_names)
    directions = atlas.directions if len(numbers) >= _FEWEST_FOR_WORDS else ()
    words = "; ".join(f"{one.word} {_side(one)}" for one in directions) or f"{len(numbers)} mixes"
    return (
        f'<svg class="map" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Map of the mixes: {escape(words)}">'
        f'<circle class="rail" cx="{WIDTH / 2}" cy="{HEIGHT / 2}" r="{RADIUS}"/>'
        f"{_words(directions)}{_mixes(atlas, numbers)}</svg>"
    )


def _words(directions: Sequence[Direction]) -> str:
    drawn = []
    for one in directions:
        length = math.hypot(one.x, one.y)
        for word, sign in ((one.word, 1), (one.opposite, -1)):
            right, up = sign * one.x / length, sign * one.y / length
            drawn.append(_word(word, right, up))
    return "".join(drawn)


def _word(word: str, right: float, up: float) -> str:
    """Return a word at the ring, in lines that fit beside it."""
    anchor = "start" if right > 0.25 else "end" if right < -0.25 else "middle"
    lines = broken(word, 40 if anchor == "middle" else _LETTERS)
    x, y = WIDTH / 2 + (RADIUS + 7) * right, HEIGHT / 2 - (RADIUS + 9) * up + 3
    y -= (1.0 if up > 0.8 else 0.0 if up < -0.8 else 0.5) * (len(lines) - 1) * _LINE
    spans = "".join(
        f'<tspan x="{x:.0f}" y="{y + place * _LINE:.0f}">{escape(line)}</tspan>' for place, line in enumerate(lines)
    )
    return f'<text class="word" text-anchor="{anchor}">{spans}</text>'


def broken(words: str, letters: int) -> list[str]:
    """Return words in at most three lines of about `letters`, without the number that a file's name begins with."""
    lines = [""]
    for part in re.split(r"(?<=[\s-])", re.sub(r"^\d+[\s._-]+", "", words).replace("_", " ")):
        if lines[-1] and len((lines[-1] + part).strip()) > letters:
            lines.append("")
        lines[-1] += part
    cut = [line.strip() if len(line.strip()) <= letters + 1 else f"{line.strip()[:letters]}…" for line in lines]
    return cut if len(cut) <= 3 else [cut[0], f"{cut[1]}…", cut[-1]]


def _mixes(atlas: Atlas, numbers: Sequence[int]) -> str:
    drawn = []
    for number, place in zip(numbers, atlas.background.tolist(), strict=True):
        x, y = _place(*place)
        drawn.append(
            f'<g class="mix" data-mix="{number}"><circle cx="{x:.1f}" cy="{y:.1f}" r="9"/>'
            f'<text x="{x:.1f}" y="{y + 3.5:.1f}">{number}</text></g>'
        )
    return "".join(drawn)


def _place(x: float, y: float) -> tuple[float, float]:
    reach = max(math.hypot(x, y) / _REACH, 1.0)
    return WIDTH / 2 + x / reach / _REACH * (RADIUS - 10), HEIGHT / 2 - y / reach / _REACH * (RADIUS - 10)


def _side(one: Direction) -> str:
    if abs(one.x) > abs(one.y):
        return "to the right" if one.x > 0 else "to the left"
    return "to the top" if one.y > 0 else "to the bottom"
