"""How far sets of mixes agree, as one SVG: a row per set, a column per track, in the strips of every other picture."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from gen_mix.export.drawing import (
    STRIP_HEIGHT,
    STRIP_WIDTH,
    Strip,
    draw_spread,
    draw_strip,
    relative_levels_db,
    strips_of,
)

_HEAD, _SIDE, _GAP = 26, 96, 8
_ABREAST = 5
"""Tracks side by side: where more are, the next stand below, so that a telephone still shows them at a size to read."""
_STYLE = ":root { background: var(--paper); } text { font-family: system-ui, sans-serif; } .name { font-size: 11px; }"


def draw_sets(sets: Mapping[str, Sequence[dict[str, Any]]]) -> str:
    """Return an SVG that stands alone, light or dark as its reader's page is.

    Args:
        sets: Documents of mixes of one session by the name of the set, at least one mix each.
    """
    names = [track["name"] for track in next(iter(sets.values()))[0]["tracks"]]
    firsts = range(0, len(names), _ABREAST)
    block = _HEAD + len(sets) * (STRIP_HEIGHT + _GAP)
    width, height = _left(min(len(names), _ABREAST)), block * len(firsts)
    heads = "".join(
        f'<text class="name badge" x="{_left(place % _ABREAST) + STRIP_WIDTH / 2}" '
        f'y="{place // _ABREAST * block + 16}">'
        f"{escape(name if len(name) <= 14 else name[:13] + '…')}</text>"
        for place, name in enumerate(names)
    )
    rows = "".join(
        f'<g transform="translate(0 {line * block + _HEAD + row * (STRIP_HEIGHT + _GAP)})">'
        f"{_row(name, documents, slice(first, first + _ABREAST))}</g>"
        for line, first in enumerate(firsts)
        for row, (name, documents) in enumerate(sets.items())
    )
    style = files("gen_mix.export").joinpath("page.css").read_text(encoding="utf-8")
    words = ", ".join(f"{len(documents)} mixes by {name}" for name, documents in sets.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(words)}"><style>{style}{_STYLE}</style>{heads}{rows}</svg>\n'
    )


def _left(place: int) -> int:
    return _SIDE + place * (STRIP_WIDTH + _GAP)


def _row(name: str, documents: Sequence[dict[str, Any]], chosen: slice) -> str:
    tracks = zip(*(strips_of(document) for document in documents), strict=True)
    levels = zip(*(relative_levels_db(document) for document in documents), strict=True)
    drawn = [_strips(strips, level_db) for strips, level_db in zip(tracks, levels, strict=True)]
    cells = "".join(
        f'<svg x="{_left(place)}" width="{STRIP_WIDTH}" height="{STRIP_HEIGHT}">{strip}</svg>'
        for place, strip in enumerate(drawn[chosen])
    )
    lines = "".join(
        f'<tspan x="4" dy="{15 if place else 0}">{escape(line)}</tspan>' for place, line in enumerate(name.split(", "))
    )
    return f'<text class="name" fill="var(--ink)" x="4" y="30">{lines}</text>{cells}'


def _strips(strips: Sequence[Strip], levels_db: Sequence[float]) -> str:
    """Return one track of a set; a set of one mix has no spread, and is drawn as the mix it is."""
    return draw_strip(strips[0], levels_db[0]) if len(strips) == 1 else draw_spread(strips, levels_db)
