"""The report of a listening test: tables, figures, and every number as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gen_mix.listening.figures import draw_question
from gen_mix.listening.mixed_model import fit
from gen_mix.listening.results import ACCEPT, DIFFERENT, Rating
from gen_mix.listening.statistics import Mean, comparisons, friedman, means

Array = NDArray[np.float64]


def analyse(ratings: Sequence[Rating], folder: Path, seed: int) -> str:
    """Write ``report.json``, ``report.md`` and a figure per question into `folder`; return the report's text."""
    rng = np.random.default_rng(seed)
    systems = sorted({rating.system for rating in ratings if rating.system})
    questions = [name for name in dict.fromkeys(one.question for one in ratings) if name not in (ACCEPT, DIFFERENT)]
    report: dict[str, Any] = {
        "listeners": len({rating.listener for rating in ratings}),
        "songs": len({rating.song for rating in ratings}),
        "systems": systems,
        "questions": {},
    }
    for number, question in enumerate(questions, 1):
        table = ratings_of(ratings, question, systems)
        report["questions"][question] = {
            **_question(table, systems, rng),
            "repeats": _reliability(ratings, question, systems),
            "figure": f"question_{number}.png",
        }
        draw_question(table, systems, question, means(table, rng), folder / f"question_{number}.png")
    report |= _whole_pages(ratings, systems, rng)
    (folder / "report.json").write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    text = report_text(report)
    (folder / "report.md").write_text(text, encoding="utf-8")
    return text


def ratings_of(ratings: Sequence[Rating], question: str, systems: Sequence[str], is_repeat: bool = False) -> Array:
    """Return the answers to `question` as (listeners, songs, systems), NaN where there is none."""
    listeners = sorted({rating.listener for rating in ratings})
    songs = sorted({rating.song for rating in ratings})
    table = np.full((len(listeners), len(songs), len(systems)), np.nan)
    for rating in ratings:
        if rating.question == question and rating.system and rating.is_repeat == is_repeat:
            place = listeners.index(rating.listener), songs.index(rating.song), systems.index(rating.system)
            table[place] = rating.value
    return table


def _question(table: Array, systems: Sequence[str], rng: np.random.Generator) -> dict[str, Any]:
    is_complete = (~np.isnan(table)).any(axis=1).all(axis=-1)
    complete = table[is_complete]
    answer: dict[str, Any] = {"means": _named(systems, means(table, rng)), "complete_listeners": len(complete)}
    if len(complete) < 2 or len(systems) < 2:
        return answer | {"friedman": None, "comparisons": [], "mixed_model": None}
    model = fit(complete)
    return answer | {
        "friedman": asdict(friedman(np.nanmean(complete, axis=1))),
        "comparisons": [asdict(pair) for pair in comparisons(complete, systems, rng)],
        "mixed_model": asdict(model) | {"means": dict(zip(systems, model.means, strict=True))},
    }


def _named(systems: Sequence[str], values: Sequence[Mean]) -> dict[str, dict[str, float]]:
    return {system: asdict(value) for system, value in zip(systems, values, strict=True)}


def _reliability(ratings: Sequence[Rating], question: str, systems: Sequence[str]) -> dict[str, float] | None:
    """Return how far hidden repeats are from the first time: mean absolute difference, and correlation."""
    first = ratings_of(ratings, question, systems)
    again = ratings_of(ratings, question, systems, is_repeat=True)
    both = ~np.isnan(first) & ~np.isnan(again)
    if not both.any():
        return None
    one, other = first[both], again[both]
    varies = min(one.std(), other.std()) > 0 and one.size > 2
    return {
        "pairs": int(both.sum()),
        "mean_difference": float(np.abs(one - other).mean()),
        "correlation": float(np.corrcoef(one, other)[0, 1]) if varies else 0.0,
    }


def _whole_pages(ratings: Sequence[Rating], systems: Sequence[str], rng: np.random.Generator) -> dict[str, Any]:
    """Return how often each system is accepted, and how different the mixes of a song are."""
    accepted = ratings_of(ratings, ACCEPT, systems)
    different = np.array([rating.value for rating in ratings if rating.question == DIFFERENT])
    return {
        "accepted": _named(systems, means(accepted, rng)) if not np.isnan(accepted).all() else None,
        "difference": {"mean": float(different.mean()), "sd": float(different.std())} if different.size else None,
    }


def report_text(report: dict[str, Any]) -> str:
    """Return the report as Markdown."""
    counts = f"{report['listeners']} listeners, {report['songs']} songs, {len(report['systems'])} systems"
    lines = ["# Listening test", "", f"{counts}.", ""]
    for question, answer in report["questions"].items():
        lines += [f"## {question}", "", f"![Ratings]({answer['figure']})", ""]
        lines += ["| system | mean | 95 % interval |", "| --- | ---: | ---: |"]
        lines += [_mean_row(system, mean, 1) for system, mean in answer["means"].items()]
        lines += ["", *_tests(answer), ""]
    if report["accepted"]:
        lines += [
            "",
            "## Accepted as a finished mix",
            "",
            "| system | share | 95 % interval |",
            "| --- | ---: | ---: |",
        ]
        lines += [_mean_row(system, mean, 2) for system, mean in report["accepted"].items()]
    if report["difference"]:
        lines += ["", f"How different the mixes of a song are: {report['difference']['mean']:.0f} of 100."]
    return "\n".join(lines) + "\n"


def _mean_row(system: str, mean: dict[str, float], digits: int) -> str:
    return f"| {system} | {mean['value']:.{digits}f} | {mean['low']:.{digits}f} to {mean['high']:.{digits}f} |"


def _tests(answer: dict[str, Any]) -> list[str]:
    if answer["friedman"] is None:
        return ["Too few complete listeners for tests."]
    all_alike, model = answer["friedman"], answer["mixed_model"]
    spread = ", ".join(f"{name} {value:.1f}" for name, value in model["deviations"].items())
    lines = [
        f"All alike? Friedman: χ² = {all_alike['statistic']:.2f}, {_p_is(all_alike['p'])}, Kendall's W = "
        f"{all_alike['kendall_w']:.2f}. Mixed model: F({model['degrees'][0]}, {model['degrees'][1]}) = "
        f"{model['f']:.2f}, {_p_is(model['p'])}; standard deviations: {spread}.",
        "",
        "| pair | difference | 95 % interval | p (Wilcoxon) | p (Holm) | rank-biserial |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {pair['first']} − {pair['second']} | {pair['difference']:+.1f} | {pair['low']:+.1f} to {pair['high']:+.1f} "
        f"| {_p(pair['p'])} | {_p(pair['p_holm'])} | {pair['rank_biserial']:+.2f} |"
        for pair in answer["comparisons"]
    ]
    if answer["repeats"]:
        repeats = answer["repeats"]
        lines += [
            "",
            f"Hidden repeats: {repeats['pairs']} pairs, {repeats['mean_difference']:.1f} apart on average, correlation "
            f"{repeats['correlation']:.2f}.",
        ]
    return lines


def _p(value: float) -> str:
    return "< 0.0001" if value < 1e-4 else f"{value:.4f}"


def _p_is(value: float) -> str:
    return f"p {_p(value)}" if value < 1e-4 else f"p = {_p(value)}"
