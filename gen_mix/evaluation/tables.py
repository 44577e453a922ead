"""The report of an evaluation as a table to read."""

from collections.abc import Mapping, Sequence
from typing import Any

SYSTEMS = {
    "engineers_again": "engineers again",
    "engineers_coded": "engineers, through the codec",
    "model_with_labels": "model, told the labels",
    "beside_with_labels": "other model, told the labels",
    "model": "model, from audio",
    "beside": "other model, from audio",
    "posterior_sampler": "posterior sampler",
    "most_probable_class": "most probable class",
    "marginal": "marginal",
    "mean_of_training": "mean of training",
    "twin": "supervised twin",
}
"""How systems are called, in the order in which they are shown."""

MODES = {
    "doubles_apart": "doubles panned apart",
    "doubles_mirrored": "of these, mirrored",
    "left_centre_right": "left-centre-right mixes",
    "lead_mean_lu": "lead over the rest, mean (LU)",
    "lead_sd_lu": "lead over the rest, SD (LU)",
    "kick_bass_sd_lu": "kick over bass, SD (LU)",
    "wetness_sd_db": "mean reverb return, SD (dB)",
    "undecided_gates": "undecided switches",
    "duplicates": "near-duplicates",
}
"""How links and modes are called."""

_RATIOS = {
    "energy_ratio": "energy ratio",
    "energy_ratio_worst_tenth": "worst tenth",
    "per_track_energy_ratio": "per track",
    "mix_energy_ratio": "mix summaries",
    "two_sample_accuracy": "two-sample accuracy",
    "link_ratio": "links",
    "delay_energy_ratio": "delay",
}

_CALIBRATION = {"histogram_distance": "PIT off flat", "crps": "CRPS"}
"""Means over knobs: distance of the histograms of transforms from a flat one; score over the engineers' own."""


def report_tables(report: Mapping[str, Any]) -> str:
    """Return a report of `evaluate_one_to_many` as Markdown: ratios, links and modes, spread of the knobs."""
    systems = [system for system in SYSTEMS if system in report]
    draws = report["draws"]
    head = (
        f"{len(report['sessions'])} sessions, {draws['samples']} mixes in each set, {draws['references']} sets of "
        "engineers. In brackets: the interval that holds 95 % of bootstrap resamples of the sessions.\n"
    )
    return "\n".join(
        [head, _ratio_table(report, systems), _mode_table(report, systems), _spread_table(report, systems)]
    )


def _ratio_table(report: Mapping[str, Any], systems: Sequence[str]) -> str:
    def cell(system: str, measure: str) -> str:
        value = report[system]["calibration"][measure] if measure in _CALIBRATION else report[system].get(measure)
        interval = report[system]["intervals"].get(measure)
        shown = "–" if value is None else _number(value)
        return shown if interval is None else f"{shown} ({_number(interval[0])} to {_number(interval[1])})"

    measures = _RATIOS | _CALIBRATION
    rows = [[SYSTEMS[system], *(cell(system, measure) for measure in measures)] for system in systems]
    return markdown_table(["", *measures.values()], rows)


def _mode_table(report: Mapping[str, Any], systems: Sequence[str]) -> str:
    rows = [
        [title, *(mode_text(name, report[system]["modes"].get(name)) for system in systems)]
        for name, title in MODES.items()
    ]
    return markdown_table(["", *(SYSTEMS[system] for system in systems)], rows)


def _spread_table(report: Mapping[str, Any], systems: Sequence[str]) -> str:
    knobs = list(report[systems[0]]["spread_ratio"])
    rows = [[knob, *(f"{report[system]['spread_ratio'][knob]:.2f}" for system in systems)] for knob in knobs]
    return markdown_table(["spread ratio", *(SYSTEMS[system] for system in systems)], rows)


def mode_text(name: str, value: float | None) -> str:
    """Return a link or mode as text: a share in percent, a level with one decimal, a dash where nothing shows it."""
    if value is None:
        return "–"
    return f"{value:.1f}" if name.endswith(("_lu", "_db")) else f"{100 * value:.0f} %"


def _number(value: float) -> str:
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows of text as a Markdown table, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
