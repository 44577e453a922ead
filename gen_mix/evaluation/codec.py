"""How much of a mix a codec keeps, in what one hears, and what the axes of its latents move."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.evaluation.codec_axes import TRAITS, Slopes, slopes
from gen_mix.evaluation.distances import energy_distance
from gen_mix.evaluation.heard import HEARD, hear, take_excerpts
from gen_mix.evaluation.report_files import write_report_files
from gen_mix.evaluation.tables import markdown_table
from gen_mix.mix import MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.session import Session

_MIXES_OF_AXES = 16

_FEATURES = {
    "level": ("level_lu", "LU"),
    "pan": ("pan", ""),
    "response": ("response_", "dB"),
    "gain reduction": ("gain_reduction_db", "dB"),
    "reverb": ("reverb_db", "dB"),
    "delay": ("delay_db", "dB"),
}
"""Rows of the report: what the names of the heard features begin with, and their unit."""


@dataclass(frozen=True)
class _Coded:
    """One session's mixes before and after the codec.

    Attributes:
        came, went: What is heard of them (mixes, tracks, len(HEARD)).
        others: Of other engineers' mixes, as many.
        switches: Share of the switches that stayed.
    """

    came: Tensor
    went: Tensor
    others: Tensor
    switches: float


def evaluate_codec(
    sessions: Sequence[Session],
    codec: MixCodec,
    samples: int = 64,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Return how far engineers' mixes are from what the codec makes of them, and what its axes move, ready for JSON.

    Args:
        sessions: Labelled, at least one of them with a lead.
        codec: To be judged.
        samples: Mixes of each session, at least 2.
        seed: Of the engineers.
        progress: Told the name of each session once it is judged.

    Raises:
        InputError: No session has a lead.
    """
    generator = torch.Generator().manual_seed(seed)
    coded = []
    for session in sessions:
        coded.append(_coded(session, codec, samples, generator))
        if progress is not None:
            progress(session.name)
    facts = [facts_of_session(session) for session in sessions]
    led = [one for one in facts if bool(one.is_lead.any()) and one.is_track.shape[1] > 1]
    if not led:
        raise InputError("sessions: expected one with a track whose role is lead, got none")
    found = slopes(codec, led, _MIXES_OF_AXES, generator)
    return {
        "sessions": len(sessions),
        "samples": samples,
        "errors": {name: _errors(coded, *row) for name, row in _FEATURES.items()},
        "switches_kept": round(sum(one.switches for one in coded) / len(coded), 4),
        "energy_ratio": round(_energy_ratio(coded), 4),
        "axes": axes_report(codec, found),
    }


def axes_report(codec: MixCodec, found: Slopes) -> dict[str, Any]:
    """Return what each axis of the latent of the mix as a whole moves, ready for JSON.

    ``moves`` is the trait that it moves most; ``share`` how much of all that it moves that is (1: nothing else).
    """
    axes = {}
    for place, axis in enumerate(codec.frame.axes):
        rise = found.rise[:, place]
        most = int(rise.abs().argmax())
        axes[axis] = {
            "moves": TRAITS[most],
            "share": round(float(rise[most].square() / rise.square().sum().clamp_min(1e-12)), 3),
            "per_unit_in_spreads": {name: round(float(value), 3) for name, value in zip(TRAITS, rise, strict=True)},
        }
    spreads = {name: round(float(value), 3) for name, value in zip(TRAITS, found.spread, strict=True)}
    return {"axes": axes, "spreads": spreads}


def codec_tables(report: Mapping[str, Any]) -> str:
    """Return a report of `evaluate_codec` as Markdown."""
    errors = [
        [name, row["unit"], *(f"{row[key]:.2f}" for key in ("median", "mean", "worst_tenth", "between_engineers"))]
        for name, row in report["errors"].items()
    ]
    axes = report["axes"]
    moved = [
        [name, *(f"{row['per_unit_in_spreads'][trait]:+.2f}" for trait in TRAITS), f"{row['moves']} {row['share']:.2f}"]
        for name, row in axes["axes"].items()
    ]
    spreads = ", ".join(f"{name} {value:.1f}" for name, value in axes["spreads"].items())
    return "\n".join(
        [
            f"{report['sessions']} sessions, {report['samples']} engineers' mixes each, through the codec and back.\n",
            markdown_table(["absolute error", "", "median", "mean", "worst tenth", "between engineers"], errors),
            f"switches kept {100 * report['switches_kept']:.1f} %, energy ratio of coded engineers to engineers "
            f"{report['energy_ratio']:.2f}\n",
            markdown_table(["one unit of axis", *TRAITS, "moves most, its share"], moved),
            f"in spreads between engineers' mixes of one session, dB: {spreads}\n",
        ]
    )


def write_codec(report: Mapping[str, Any], out: Path) -> None:
    """Write the report as JSON and a table (``.md``) beside it, each whole or not at all.

    Raises:
        InputError: `out` cannot be written.
    """
    write_report_files(report, {".md": codec_tables(report).encode()}, out)


def _coded(session: Session, codec: MixCodec, samples: int, generator: torch.Generator) -> _Coded:
    facts = facts_of_session(session).expand(samples)
    mixes, others = (LAYOUT.canonical(draw_engineers(facts, generator).parameters) for _ in range(2))
    decoded = codec.decode(codec.encode(mixes))
    together = [mixes, decoded, others]
    heard = hear(
        take_excerpts(session),
        MixParameters(torch.cat([one.normalized for one in together]), torch.cat([one.mask for one in together])),
    )
    came, went, apart = heard.split(samples)
    return _Coded(came, went, apart, _switches_kept(mixes, decoded))


def _switches_kept(before: MixParameters, after: MixParameters) -> float:
    places = [place for place, spec in enumerate(LAYOUT.specs(TRACK)) if spec.is_gate]
    same = (before.normalized == after.normalized)[:, len(BUS_TOKENS) :, places]
    return float(same.float().mean())


def _errors(coded: Sequence[_Coded], begins: str, unit: str) -> dict[str, Any]:
    columns = [place for place, name in enumerate(HEARD) if name.startswith(begins)]
    error = torch.cat([(one.went - one.came)[..., columns].abs().flatten() for one in coded])
    apart = torch.cat([(one.others - one.came)[..., columns].abs().flatten() for one in coded])
    return {
        "unit": unit,
        "median": round(float(error.median()), 4),
        "mean": round(float(error.mean()), 4),
        "worst_tenth": round(float(error.topk(max(1, len(error) // 10)).values.mean()), 4),
        "between_engineers": round(float(apart.mean()), 4),
    }


def _energy_ratio(coded: Sequence[_Coded]) -> float:
    """Return the energy distance of coded mixes to other engineers', over that of the engineers themselves."""
    spread = torch.cat([one.came.flatten(0, 1) for one in coded]).std(0).clamp_min(1e-3)
    ratios = []
    for one in coded:
        came, went, others = ((heard / spread).flatten(1)[None] for heard in (one.came, one.went, one.others))
        ratios.append(torch.stack([energy_distance(went, others).mean(), energy_distance(came, others).mean()]))
    system, engineers = torch.stack(ratios).sum(0)
    return float(system / engineers)
