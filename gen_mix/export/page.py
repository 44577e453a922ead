"""``index.html``: the mixes of a run one beside another, to hear and to see."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from typing import Any

from gen_mix.export.drawing import draw_spread, draw_strip, relative_levels_db, strips_of

_MAP_TEXT = "<p>What sounds alike lies side by side. Click a number to hear it.</p>"


@dataclass(frozen=True)
class PageMix:
    """One row of the page.

    Attributes:
        audio_file: File name beside the page.
        document: The mix's JSON.
        loudness_lufs, true_peak_dbtp: Of the audio file.
    """

    audio_file: str
    document: dict[str, Any]
    loudness_lufs: float
    true_peak_dbtp: float


def page_html(title: str, mixes: Sequence[PageMix], map_svg: str = "") -> str:
    """Return a page that plays `mixes` on one clock, loudness-matched, and draws every track's strip.

    The page needs no network and no server: style and script are inside it, the audio lies beside it.

    Args:
        title: What was mixed.
        mixes: At least one.
        map_svg: A map of them, as `draw_map` draws it, or nothing.
    """
    quietest = min(mix.loudness_lufs for mix in mixes)
    names = [track["name"] for track in mixes[0].document["tracks"]]
    heads = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in names)
    rows = "".join(_row(place, mix, quietest - mix.loudness_lufs) for place, mix in enumerate(mixes, 1))
    room = files("gen_mix.export")
    return (
        room.joinpath("page.html")
        .read_text(encoding="utf-8")
        .replace("{{title}}", escape(title))
        .replace("{{count}}", str(len(mixes)))
        .replace("{{style}}", room.joinpath("page.css").read_text(encoding="utf-8"))
        .replace("{{script}}", room.joinpath("page.js").read_text(encoding="utf-8"))
        .replace("{{heads}}", heads)
        .replace("{{map}}", f'<div class="places">{map_svg}{_MAP_TEXT}</div>' if map_svg else "")
        .replace("{{spread}}", _spread_row(mixes) if len(mixes) > 1 else "")
        .replace("{{rows}}", rows)
    )


def _spread_row(mixes: Sequence[PageMix]) -> str:
    strips = zip(*(strips_of(mix.document) for mix in mixes), strict=True)
    levels = zip(*(relative_levels_db(mix.document) for mix in mixes), strict=True)
    cells = "".join(f"<td>{draw_spread(track, level)}</td>" for track, level in zip(strips, levels, strict=True))
    return f'<tr class="spread"><th scope="row">all mixes<small>how far they agree</small></th>{cells}</tr>'


def _row(number: int, mix: PageMix, match_db: float) -> str:
    strips = zip(strips_of(mix.document), relative_levels_db(mix.document), strict=True)
    cells = "".join(f"<td>{draw_strip(strip, level)}</td>" for strip, level in strips)
    gain = 10 ** (match_db / 20)
    reverb, delay = mix.document["buses"]["reverb"], mix.document["buses"]["delay"]
    return (
        f'<tr data-mix="{number}"><th scope="row"><button class="play" aria-pressed="false" '
        f'title="Key {number}"><b>{number}</b> <span class="state">play</span></button>'
        f"<small>seed {mix.document['seed']}<br>"
        f"{_signed(mix.loudness_lufs)} LUFS · {_signed(mix.true_peak_dbtp)} dBTP<br>"
        f"reverb {reverb['decay_s']:.1f} s · delay {delay['time_ms']:.0f} ms</small>"
        f'<audio preload="auto" src="{escape(mix.audio_file)}" data-gain="{gain:.4f}"></audio></th>{cells}</tr>'
    )


def _signed(value: float) -> str:
    """Return a level with a minus that is as wide as a digit."""
    return f"{value:.1f}".replace("-", "−")
