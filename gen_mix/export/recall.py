"""The recall sheet: a mix on paper, as Markdown and as a page to look at and print."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from gen_mix.export.drawing import draw_strip, relative_levels_db, strips_of
from gen_mix.export.mixdown import MixDown
from gen_mix.export.readme import Export, Part
from gen_mix.export.sheet import Line, Sheet, StripSheet, sheet_of

HOW_TO_READ = (
    "Level is what the file gets altogether: staging gain plus fader. The staging gain comes before the processors, "
    "the fader after them; where there is no compressor they may be one gain. Pan keeps the power: a mono track in "
    "the centre is 3 dB down on both sides; a stereo track in the centre is as it is. Sends are after fader and pan. "
    "Attack and release are the time from 10 to 90 % of a change."
)
_COLUMNS = ("Track", "Level", "Staging", "Fader", "Pan", "Width", "Reverb", "Delay")


def export_recall(folder: Path, export: Export) -> Part:
    """Write ``recall/MIX.md`` and ``recall/MIX.html``."""
    inner = folder / "recall"
    inner.mkdir()
    for mix in export.mixes:
        write_recall(inner, mix)
    return Part(
        "Recall sheet",
        ("`recall/MIX.html` to look at and print, `recall/MIX.md` to keep with the session: all that is on, by hand.",),
        ("Equalizers and compressors of the same settings do not sound the same in every program.",),
    )


def write_recall(folder: Path, mix: MixDown) -> None:
    """Write the recall sheet of `mix`, named as it is, as Markdown and HTML into `folder`."""
    sheet, settings = sheet_of(mix), mix.alternative.settings
    document = {**settings, "sample_rate": mix.session.sample_rate}
    levels, drawn = relative_levels_db(document), strips_of(document)
    drawings = [draw_strip(drawn[strip.place], levels[strip.place]) for strip in sheet.strips]
    (folder / f"{sheet.mix}.md").write_text(recall_markdown(sheet), encoding="utf-8")
    (folder / f"{sheet.mix}.html").write_text(recall_html(sheet, drawings), encoding="utf-8")


def recall_markdown(sheet: Sheet) -> str:
    """Return the sheet as Markdown."""
    lines = [f"# {_markdown(sheet.session)}: {_markdown(sheet.mix)}", "", f"Seed {sheet.seed}. {HOW_TO_READ}", ""]
    lines += [_row(_COLUMNS), _row(["---", *["---:"] * (len(_COLUMNS) - 1)])]
    lines += [_row([_markdown(strip.name), *_cells(strip)]) for strip in sheet.strips]
    for strip in sheet.strips:
        lines += ["", f"## {_markdown(strip.name)}", "", f"`{strip.file.replace('`', '_')}`", ""]
        lines += _bullets(strip.lines) or ["* No processor is on."]
    lines += ["", "## Buses and master", "", *_bullets(sheet.buses)]
    return "\n".join(lines) + "\n"


def _cells(strip: StripSheet) -> list[str]:
    cells = (strip.level, strip.staging, strip.fader, strip.pan, strip.width, strip.reverb, strip.delay)
    return [cell or "–" for cell in cells]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _bullets(lines: Sequence[Line]) -> list[str]:
    return [f"* **{line.processor}**: {line.settings}" for line in lines]


def _markdown(text: str) -> str:
    """Return `text` on one line, with the signs that Markdown reads taken literally."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]<>()#+!|" else sign for sign in " ".join(text.split()))


def recall_html(sheet: Sheet, drawings: Sequence[str]) -> str:
    """Return the sheet as a page that needs nothing else; `drawings` are the strips as SVG."""
    heads = "".join(f'<th scope="col">{column}</th>' for column in _COLUMNS)
    rows = "".join(_html_row(strip) for strip in sheet.strips)
    cards = "".join(_card(strip, drawing) for strip, drawing in zip(sheet.strips, drawings, strict=True))
    title = escape(f"{sheet.session}: {sheet.mix}")
    style = files("gen_mix.export").joinpath("recall.css").read_text(encoding="utf-8")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Recall sheet: {title}</title><style>{style}</style></head><body><main>"
        f"<h1>{title}</h1><p>Recall sheet, seed {sheet.seed}. {escape(HOW_TO_READ)}</p>"
        f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        f'<h2>Tracks</h2><div class="cards">{cards}</div>'
        f'<h2>Buses and master</h2><div class="card">{_definitions(sheet.buses)}</div></main></body></html>\n'
    )


def _html_row(strip: StripSheet) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in _cells(strip))
    return f'<tr><th scope="row">{escape(strip.name)}</th>{cells}</tr>'


def _card(strip: StripSheet, drawing: str) -> str:
    inside = _definitions(strip.lines) if strip.lines else "<p>No processor is on.</p>"
    return (
        f'<section class="card"><div class="picture">{drawing}</div><div><h3>{escape(strip.name)}</h3>'
        f'<p class="file">{escape(strip.file)}</p>{inside}</div></section>'
    )


def _definitions(lines: Sequence[Line]) -> str:
    inside = "".join(f"<dt>{escape(line.processor)}</dt><dd>{escape(line.settings)}</dd>" for line in lines)
    return f"<dl>{inside}</dl>"
