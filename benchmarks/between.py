"""How mixes between two mixes sound: through the latents of the codec, through latents alone, and knob by knob.

Pairs of samples of the model, and pairs of near neighbours, of the example song; 21 mixes on each way. Distances are
those of the map, in just noticeable steps of what is heard of every track.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from gen_mix.console.layout import LAYOUT
from gen_mix.evaluation.atlas import features_of
from gen_mix.explore.studio import Studio, open_studio
from gen_mix.mix import MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.folder import read_session
from gen_mix.steering.travel import straight, through_latents
from gen_mix.threads import one_thread

Way = Callable[[MixParameters, MixParameters, float], MixParameters]
Pairs = list[tuple[MixParameters, MixParameters]]

SESSION = Path(__file__).parents[1] / "examples" / "session"
SAMPLES, PAIRS, STEPS, NEAR = 48, 6, 21, 0.15


def ways_of(codec: MixCodec) -> dict[str, Way]:
    """Return the ways that are compared."""

    def bare(first: MixParameters, second: MixParameters, weight: float) -> MixParameters:
        if weight in (0, 1):
            return second if weight else first
        start, end = codec.encode(first), codec.encode(second)
        return codec.decode(start + weight * (end - start))

    return {
        "latents": lambda first, second, weight: through_latents(first, second, [weight], codec)[0],
        "latents alone": bare,
        "knob by knob": straight,
    }


def heard(studio: Studio, mixes: list[MixParameters]) -> np.ndarray:
    """Return what is heard of mixes in just noticeable steps (mixes, features)."""
    together = MixParameters(torch.cat([mix.normalized for mix in mixes]), torch.cat([mix.mask for mix in mixes]))
    return features_of(studio.hear(together))


def row_of(studio: Studio, pairs: Pairs, way: Way, samples: np.ndarray) -> list[float]:
    """Return the length of a way and its longest step, in lengths of the straight line; how far its middle is from the
    middle of the straight line, in the same; and from the nearest sample that is not an end, in just noticeable steps.
    """
    rows = []
    for first, second in pairs:
        points = heard(studio, [way(first, second, weight) for weight in np.linspace(0, 1, STEPS).tolist()])
        steps, whole = np.linalg.norm(np.diff(points, axis=0), axis=1), np.linalg.norm(points[-1] - points[0])
        middle = points[STEPS // 2]
        to_ends = np.minimum(*(np.linalg.norm(samples - points[end], axis=1) for end in (0, -1)))
        others = samples[to_ends > 1e-6]
        rows.append(
            [
                steps.sum() / whole,
                steps.max() / whole,
                np.linalg.norm(middle - (points[0] + points[-1]) / 2) / whole,
                np.linalg.norm(others - middle, axis=1).min(),
            ]
        )
    return [float(value) for value in np.mean(rows, axis=0)]


def main() -> None:
    """Print a row for every way, between samples and between near neighbours."""
    pipeline = MixPipeline.from_pretrained()
    with one_thread():
        studio = open_studio(read_session(SESSION), pipeline, None, None)
        sampled = LAYOUT.canonical(pipeline.sample(studio.condition, tuple(range(SAMPLES))).parameters)
        mixes = [sampled[place] for place in range(SAMPLES)]
        samples = heard(studio, mixes)
        far = [(mixes[2 * place], mixes[2 * place + 1]) for place in range(PAIRS)]
        near = [(one, straight(one, other, NEAR)) for one, other in far]
        print(f"{'':42s} {'length':>8s} {'step':>8s} {'aside':>8s} {'nearest':>8s}")
        for name, pairs in (("two samples", far), (f"{NEAR:.0%} of the way to another", near)):
            for way, go in ways_of(pipeline.codec).items():
                length, step, aside, nearest = row_of(studio, pairs, go, samples)
                print(f"{name + ', ' + way:42s} {length:8.2f} {step:8.2f} {aside:8.2f} {nearest:8.1f}")


if __name__ == "__main__":
    main()
