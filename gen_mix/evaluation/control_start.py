"""Starting from a mix: does the distance grow with the strength, and evenly?"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from scipy.stats import spearmanr

from gen_mix.evaluation.control_session import ControlSession
from gen_mix.mix import MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.written import as_written
from gen_mix.wishes import Example, Wishes

STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_MOST_SEEDS = 8


def start_from_of(
    pipeline: MixPipeline, sessions: Sequence[ControlSession], samples: int, seed: int
) -> Mapping[str, object]:
    """Return how the heard distance from the start goes with the strength, from one mix by the model and one by an
    engineer per session.

    * ``rank_correlation``: Spearman's, of strength and distance along one seed; mean over seeds, starts and sessions.
    * ``distance``: mean distance at each strength, over that at strength 1.
    * ``largest_step``: the largest share of the way between two neighbouring strengths; even is 1 / 10.
    """
    curves = np.concatenate([_curves(pipeline, one, min(samples, _MOST_SEEDS), seed) for one in sessions])
    ranks = [spearmanr(STRENGTHS, curve).statistic for curve in curves]
    mean = curves.mean(0) / curves[:, -1].mean()
    return {
        "rank_correlation": round(float(np.mean(ranks)), 4),
        "strength": list(STRENGTHS),
        "distance": [round(float(value), 3) for value in mean],
        "largest_step": round(float(np.diff(mean).max()), 3),
        "starts": 2 * len(sessions),
    }


def _curves(pipeline: MixPipeline, one: ControlSession, seeds: int, seed: int) -> np.ndarray:
    """Return the distance of each seed's mix from its start at each strength (2 starts * seeds, strengths)."""
    rows = []
    for start in _starts(pipeline, one, seed):
        sets = [start.parameters]
        for strength in STRENGTHS:
            steering = pipeline.steer(one.session, one.condition, Wishes(start=start, strength=strength))
            chosen = range(seed + 1, seed + 1 + seeds)
            sets.append(pipeline.sample(one.condition, chosen, steering=steering).parameters)
        heard = one.heard(
            MixParameters(torch.cat([mix.normalized for mix in sets]), torch.cat([mix.mask for mix in sets]))
        )
        distances = (heard[1:] - heard[0]).flatten(1).square().mean(-1).sqrt()
        rows.append(distances.reshape(len(STRENGTHS), seeds).T)
    return torch.cat(rows).numpy()


def _starts(pipeline: MixPipeline, one: ControlSession, seed: int) -> tuple[Example, Example]:
    sampled = pipeline.choose(one.session, one.condition, seed)
    drawn = draw_engineers(one.facts, torch.Generator().manual_seed(seed)).parameters
    return (
        Example("sampled", sampled.parameters, sampled.intent),
        Example("engineer", as_written(one.session, drawn)),
    )
