"""Does guidance keep variety better if it only counts at some noise levels? For the tracks' weight, and for words.

``python benchmarks/intervals.py`` looks at a session made in code, ``--session FOLDER`` at a labelled one. Guidance by
the tracks (`Guide`) with weights above 1 and the pull of words (`aimed`) are used at all levels of noise, or within an
interval as in Kynkäänniemi et al. (2024), https://arxiv.org/abs/2404.07724.
"""

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.evaluation.control_session import ControlSession, control_session
from gen_mix.evaluation.distances import reference_distances
from gen_mix.mix import MixParameters
from gen_mix.model.sampling import Journey, Sampling, Walk, plain_walk, sample_settings
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.instant import instant_session
from gen_mix.steering.sounds import Pull
from gen_mix.wishes import Wishes
from gen_mix.words.reading import read_prompt
from samplers import Guide, guided

INTERVALS = ((0.0, math.inf), (0.0, 1.0), (0.3, 3.0), (1.0, math.inf))
WEIGHTS = (1.5, 2.0, 3.0)
WORDS = "brighter"
SETS = 3


@dataclass(frozen=True)
class Bench:
    """A session on which guidance is tried.

    Attributes:
        pipeline, one: Of the model and the session.
        engineers: What is heard of sets of engineers' mixes.
        plain: Mixes without any guidance, canonical.
        seeds: Of all mixes.
    """

    pipeline: MixPipeline
    one: ControlSession
    engineers: list[Tensor]
    plain: MixParameters
    seeds: range

    def sampled(self, walk: Walk = plain_walk) -> MixParameters:
        """Return mixes by a walk."""
        told = self.one.condition.expand(len(self.seeds))
        decoded = sample_settings(self.pipeline.denoiser, self.pipeline.space, told, self.seeds, Sampling(), walk=walk)
        return LAYOUT.canonical(decoded.parameters)

    def figures(self, mixes: MixParameters) -> str:
        """Return spread over that without guidance, and the energy ratio to engineers, as cells of a table."""
        heard, plain = self.one.heard(mixes).flatten(1), self.one.heard(self.plain).flatten(1)
        kept = (float(heard.var(0).mean()) / float(plain.var(0).mean())) ** 0.5
        ratio = float(reference_distances(heard, self.engineers).ratio.mean())
        return f"{kept:.2f} | {ratio:.2f}"


def bench_of(one: ControlSession, pipeline: MixPipeline, samples: int) -> Bench:
    """Return a session ready for trials."""
    drawn = draw_engineers(one.facts.expand(SETS * samples), torch.Generator().manual_seed(1)).parameters
    engineers = [part.flatten(1) for part in one.heard(drawn).split(samples)]
    blank = Bench(pipeline, one, engineers, drawn, range(samples))
    return Bench(pipeline, one, engineers, blank.sampled(), range(samples))


def rows(bench: Bench) -> Iterator[str]:
    """Yield the rows of a table in Markdown."""
    yield "| what | levels | moved by, spreads | spread kept | energy ratio |"
    yield "| --- | --- | ---: | ---: | ---: |"
    yield f"| none | | | {bench.figures(bench.plain)} |"
    for weight in WEIGHTS:
        for low, high in INTERVALS:
            mixes = bench.sampled(weighted(bench, weight, low, high))
            yield f"| tracks × {weight:g} | {_shown(low, high)} | | {bench.figures(mixes)} |"
    steering = bench.pipeline.steer(bench.one.session, bench.one.condition, Wishes(prompt=read_prompt(WORDS)))
    pull, row = steering.route.pull, steering.asked[0].row
    assert pull is not None
    assert row is not None
    for low, high in INTERVALS:
        mixes = bench.sampled(worded(pull, low, high))
        moved = float((pull.values(mixes) - pull.values(bench.plain))[:, row].mean())
        spread = float(pull.values(bench.plain)[:, row].std())
        yield f"| “{WORDS}” | {_shown(low, high)} | {moved / spread:.2f} | {bench.figures(mixes)} |"


def weighted(bench: Bench, weight: float, low: float, high: float) -> Walk:
    """Return the walk on which the tracks count `weight` times at levels from `low` to `high`."""
    told = bench.one.condition.expand(len(bench.seeds))
    nothing = told.untold()

    def walk(journey: Journey) -> Tensor:
        denoise = guided(
            lambda x, sigma: bench.pipeline.denoiser(x, sigma, nothing), [Guide(journey.denoise, weight)], low, high
        )
        return plain_walk(replace(journey, denoise=denoise))

    return walk


def worded(pull: Pull, low: float, high: float) -> Walk:
    """Return the walk on which words pull at levels from `low` to `high`."""

    def walk(journey: Journey) -> Tensor:
        pulled = pull.pulled(journey.denoise)

        def denoise(x: Tensor, sigma: Tensor) -> Tensor:
            return (pulled if low <= float(sigma[0]) <= high else journey.denoise)(x, sigma)

        return plain_walk(replace(journey, denoise=denoise))

    return walk


def _shown(low: float, high: float) -> str:
    return "all" if low == 0 and math.isinf(high) else f"{low:g} to {high:g}" if high < math.inf else f"above {low:g}"


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--session", type=Path, help="labelled session; by default one made in code")
    parser.add_argument("--samples", type=int, default=48, help="mixes in each set")
    options = parser.parse_args()
    session = instant_session(0, 0, seconds=3.0) if options.session is None else read_session(options.session)
    pipeline = MixPipeline.from_pretrained()
    for row in rows(bench_of(control_session(session, pipeline), pipeline, options.samples)):
        print(row, flush=True)


if __name__ == "__main__":
    main()
