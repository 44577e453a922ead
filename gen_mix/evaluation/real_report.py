"""The report on real recordings as tables to read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gen_mix.evaluation.report_files import write_report_files
from gen_mix.evaluation.tables import markdown_table

SYSTEMS = {
    "model_best": "model, best of its mixes",
    "model_mean": "model, mean of its mixes",
    "rule_engineer": "rules, told the labels",
    "twin": "supervised twin",
    "mean_of_training": "mean of training",
    "equal_loudness": "equal loudness",
}
"""How systems are called, in the order in which they are shown."""

MEASURES = {
    "spectral": "spectra (STFT)",
    "af": "audio features",
    "crest_db": "crest (dB)",
    "width_db": "width (dB)",
    "balance_db": "octaves (dB)",
}
"""How distances from a person's mix are called."""

COMPLAINTS = {
    "lead": "lead",
    "low_end_off_centre": "kick or bass off centre",
    "lost_in_mono": "lost in mono",
    "lost_track": "lost track",
    "balance": "octave balance",
}
"""How objections are called."""


def real_tables(report: Mapping[str, Any]) -> str:
    """Return a report of `evaluate_real` as Markdown: distances from people's mixes, objections, spread."""
    songs, summary = report["songs"], report["summary"]
    parts = [f"{len(songs)} songs, {report['samples']} mixes of each.\n"]
    if summary["human"]:
        rows = [
            [title, *(f"{summary['human'][system][name]:.2f}" for name in MEASURES)]
            for system, title in SYSTEMS.items()
        ]
        people = sum(song["human"] is not None for song in songs.values())
        parts += [
            f"Distance from people's mixes of {people} of them:\n",
            markdown_table(["", *MEASURES.values()], rows),
        ]
    rows = [_row(name, song) for name, song in songs.items()] + [_row("all", summary)]
    head = ["objections, share of mixes", *COMPLAINTS.values(), "SD of gain (dB)", "SD of pan"]
    return "\n".join([*parts, markdown_table(head, rows)])


def write_real(report: Mapping[str, Any], out: Path) -> None:
    """Write the report as JSON and as a table (``.md``) beside it, each whole or not at all.

    Raises:
        InputError: `out` cannot be written.
    """
    write_report_files(report, {".md": real_tables(report).encode()}, out)


def _row(name: str, song: Mapping[str, Any]) -> list[str]:
    shares = [f"{100 * song['complaints'][key]:.0f} %" if key in song["complaints"] else "–" for key in COMPLAINTS]
    spread = song["spread"]
    return [name, *shares, f"{spread['gain_sd_db']:.1f}", f"{spread['pan_sd']:.2f}" if "pan_sd" in spread else "–"]
