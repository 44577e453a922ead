"""Any mixers, side by side, against engineers: from heard mixes to numbers."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict

import torch
from torch import Tensor

from gen_mix.baselines.mixer import Mixer, Subject
from gen_mix.evaluation.calibration import calibration_of
from gen_mix.evaluation.distances import Distances, Estimate, pooled_mean, pooled_ratio, worst_tenth
from gen_mix.evaluation.heard import HEARD, Excerpts
from gen_mix.evaluation.judged import Draws, Judged, Verdict, judge, spread_over, verdict
from gen_mix.evaluation.modes import pool_modes
from gen_mix.evaluation.spread import spread_ratios
from gen_mix.evaluation.two_sample import two_sample_test
from gen_mix.mix import MixParameters

MARGINAL = "marginal"
"""The system by whose spread every heard feature is divided: engineers' mixes of training sessions."""


def evaluate_mixers(
    sessions: Iterable[tuple[str, Subject, Excerpts]],
    mixers: Mapping[str, Mixer],
    draws: Draws,
    progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Return the report on any mixers, one of which is `MARGINAL`.

    Args:
        sessions: Name, subject and excerpts of each.
        mixers: By the name that the report gives them.
        draws: How many mixes per set, how many sets of engineers, and the seed.
        progress: Told the name of each session once it has been heard.
    """
    judged = []
    for name, subject, excerpts in sessions:
        judged.append(judge(name, subject, excerpts, mixers, draws))
        if progress is not None:
            progress(name)
    spread = spread_over([one.systems[MARGINAL] for one in judged])
    verdicts = {system: [verdict(one, system, spread) for one in judged] for system in mixers}
    return {
        **{system: _system_report(judged, system, verdicts[system], draws) for system in mixers},
        "sessions": [
            _session_report(one, {key: verdicts[key][place] for key in mixers}) for place, one in enumerate(judged)
        ],
        "draws": asdict(draws),
        "heard_spread": dict(zip(HEARD, [round(value, 4) for value in spread.tolist()], strict=True)),
    }


def _system_report(
    judged: Sequence[Judged], system: str, verdicts: Sequence[Verdict], draws: Draws
) -> dict[str, object]:
    seed = draws.seed
    told_apart = two_sample_test(
        [one.systems[system].heard for one in judged],
        [one.engineers[0].heard for one in judged],
        [one.facts.instrument[0] for one in judged],
        draws.trees,
    )
    estimates = {
        "energy_ratio": pooled_ratio([one.distances.together for one in verdicts], seed),
        "per_track_energy_ratio": pooled_ratio([one.distances.per_track for one in verdicts], seed),
        "mix_energy_ratio": pooled_ratio([one.distances.mix for one in verdicts], seed),
        "two_sample_accuracy": pooled_mean(told_apart.accuracy, seed),
        "delay_energy_ratio": pooled_ratio([one.delay for one in verdicts], seed),
        "link_ratio": _links([one.links for one in verdicts], seed),
    }
    return {
        **{name: round(one.value, 4) for name, one in estimates.items() if one is not None},
        "energy_ratio_worst_tenth": round(worst_tenth([float(one.distances.together.ratio) for one in verdicts]), 4),
        "two_sample_auc": round(told_apart.auc, 4),
        "intervals": {
            name: [round(one.low, 4), round(one.high, 4)] for name, one in estimates.items() if one is not None
        },
        "spread_ratio": _rounded(spread_ratios([one.systems[system].parameters for one in judged], _engineers(judged))),
        "modes": _rounded(pool_modes([one.modes for one in verdicts])),
        "calibration": _calibration(judged, system),
    }


def _calibration(judged: Sequence[Judged], system: str) -> dict[str, object]:
    knobs = calibration_of(
        [one.systems[system].parameters for one in judged],
        [[mixes.parameters for mixes in one.engineers] for one in judged],
    )
    return {
        "histogram_distance": round(sum(one.distance for one in knobs.values()) / len(knobs), 4),
        "crps": round(sum(one.crps for one in knobs.values()) / len(knobs), 4),
        "knobs": {
            name: {
                "histogram": [round(share, 4) for share in one.histogram],
                "distance": round(one.distance, 4),
                "crps": round(one.crps, 4),
            }
            for name, one in knobs.items()
        },
    }


def _links(links: Sequence[Distances], seed: int) -> Estimate | None:
    """Return the pooled ratio of sessions with more than one track and more than one answer, None if there are none."""
    linked = [one for one in links if not math.isnan(float(one.system))]
    return pooled_ratio(linked, seed) if linked else None


def _engineers(judged: Sequence[Judged]) -> list[MixParameters]:
    """Return, per session, the settings of all sets of engineers as one."""
    return [
        MixParameters(
            torch.cat([mixes.parameters.normalized for mixes in one.engineers]),
            torch.cat([mixes.parameters.mask for mixes in one.engineers]),
        )
        for one in judged
    ]


def _session_report(judged: Judged, verdicts: Mapping[str, Verdict]) -> dict[str, object]:
    def ratios(pick: Callable[[Verdict], Tensor]) -> dict[str, float]:
        return {system: round(float(pick(one)), 4) for system, one in verdicts.items()}

    return {
        "name": judged.name,
        "tracks": judged.facts.instrument.shape[1],
        "energy_ratio": ratios(lambda one: one.distances.together.ratio),
        "per_track_energy_ratio": ratios(lambda one: one.distances.per_track.ratio),
        "mix_energy_ratio": ratios(lambda one: one.distances.mix.ratio),
    }


def _rounded(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: None if value is None else round(value, 4) for name, value in values.items()}
