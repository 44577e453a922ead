"""How many steps does sampling need? Energy ratio against steps, for each sampler, the model told the labels.

``python benchmarks/steps.py`` looks at two sessions made in code; with ``--sessions DIR`` at the first labelled folders
in DIR, eight by default. All samplers see the same sessions, the same engineers and the same seeds.

What is told apart this way is the sampler, so the labels are told: doubt about them would only add to all rows alike.
"""

import argparse
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gen_mix.baselines.mixer import Mixer, Subject
from gen_mix.baselines.networks import WithLabels
from gen_mix.evaluation.distances import pooled_ratio, session_distances
from gen_mix.evaluation.heard import Excerpts, take_excerpts
from gen_mix.evaluation.judged import Draws, Judged, judge, spread_over
from gen_mix.evaluation.modes import modes_of, pool_modes
from gen_mix.evaluation.one_to_many import subject_of
from gen_mix.files import write_whole
from gen_mix.mix import MixParameters
from gen_mix.model.sampling import Sampling
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session
from samplers import SAMPLERS

STEPS = (1, 2, 4, 8, 16, 32, 64)
SHOWN = {"doubles_apart": "doubles apart", "doubles_mirrored": "mirrored", "left_centre_right": "left-centre-right"}
Modes = Mapping[str, float | None]
TWO_A_STEP = ("heun",)
"""Samplers that ask the network twice a step, but once at the last."""


@dataclass(frozen=True)
class Row:
    """What a sampler does with so many steps.

    Attributes:
        sampler: Its name.
        steps: How many.
        evaluations: How often the network is asked.
        energy_ratio: Of the model told the labels, pooled over sessions.
        low: Lower end of its interval over sessions.
        high: Upper end.
        modes: Of what energy hardly sees, see `Modes`; None where no session can show it.
    """

    sampler: str
    steps: int
    evaluations: int
    energy_ratio: float
    low: float
    high: float
    modes: Modes


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=Path, help="folder of labelled sessions; by default made in code")
    parser.add_argument("--most", type=int, default=8, help="sessions that are looked at")
    parser.add_argument("--model", type=Path, help="folder of a model; by default the shipped one")
    parser.add_argument("--samplers", nargs="+", choices=tuple(SAMPLERS), default=list(SAMPLERS))
    parser.add_argument("--steps", nargs="+", type=int, default=list(STEPS))
    parser.add_argument("--samples", type=int, default=64, help="mixes in each set")
    parser.add_argument("--out", type=Path, help="Markdown file for the table")
    options = parser.parse_args()
    ways = [Sampling(steps=steps, sampler=name) for name in options.samplers for steps in options.steps]
    pipeline = MixPipeline.from_pretrained(options.model)
    told = table(*measured(sessions_in(options.sessions, options.most), pipeline, ways, options.samples))
    print(told)
    if options.out is not None:
        write_whole(options.out, told.encode())


def sessions_in(folder: Path | None, most: int) -> list[Session]:
    """Return the first sessions of a folder, or two made in code."""
    if folder is None:
        return [instant_session(0, index, seconds=3.0) for index in range(2)]
    return [read_session(path) for path in sorted(folder.iterdir())[:most] if path.is_dir()]


def measured(
    sessions: Sequence[Session], pipeline: MixPipeline, ways: Sequence[Sampling], samples: int
) -> tuple[list[Row], Modes]:
    """Return a row for each way to sample, and the modes of the engineers."""
    draws = Draws(samples)
    judged = []
    for session in sessions:
        began = time.monotonic()
        subject, excerpts = subject_of(session, pipeline), take_excerpts(session)
        judged.append(judge_ways(session.name, subject, excerpts, pipeline, ways, draws))
        print(f"heard {session.name}, {time.monotonic() - began:.0f} s", flush=True)
    spread = spread_over([one for each in judged for one in each.engineers])
    return [_row(judged, way, spread, draws.seed) for way in ways], _engineers(judged, spread)


def judge_ways(
    name: str, subject: Subject, excerpts: Excerpts, pipeline: MixPipeline, ways: Sequence[Sampling], draws: Draws
) -> Judged:
    """Return a session's mixes by every way."""
    mixers: dict[str, Mixer] = {_name(way): SameSeeds(WithLabels(pipeline, way), draws.seed) for way in ways}
    return judge(name, subject, excerpts, mixers, draws)


@dataclass(frozen=True)
class SameSeeds:
    """A mixer whose seeds do not depend on what it is called, so that rows differ by the sampler alone."""

    mixer: WithLabels
    seed: int

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return its mixes."""
        return self.mixer(subject, mixes, torch.Generator().manual_seed(self.seed))


def table(rows: Sequence[Row], engineers: Modes) -> str:
    """Return the rows as Markdown, the cheapest within 5 % of the best in bold, the engineers last."""
    best = min(row.energy_ratio for row in rows)
    chosen = min((row for row in rows if row.energy_ratio <= 1.05 * best), key=lambda row: row.evaluations)
    lines = [
        f"| sampler | steps | network evaluations | energy ratio | 95 % interval | {' | '.join(SHOWN.values())} |",
        f"| --- | ---: | ---: | ---: | --- | {' | '.join(['---:'] * len(SHOWN))} |",
    ]
    for row in rows:
        mark = "**" if row == chosen else ""
        cells = [row.sampler, str(row.steps), str(row.evaluations), f"{row.energy_ratio:.3f}"]
        cells = [mark + cell + mark for cell in cells]
        lines.append(f"| {' | '.join([*cells, f'{row.low:.2f} to {row.high:.2f}', *_shares(row.modes)])} |")
    lines.append(f"| {' | '.join(['engineers', '', '', '', '', *_shares(engineers)])} |")
    return "\n".join(lines) + "\n"


def _row(judged: Sequence[Judged], way: Sampling, spread: Tensor, seed: int) -> Row:
    apart = [
        session_distances(one.systems[_name(way)].heard / spread, [each.heard / spread for each in one.engineers])
        for one in judged
    ]
    ratio = pooled_ratio([one.together for one in apart], seed)
    evaluations = 2 * way.steps - 1 if way.sampler in TWO_A_STEP else way.steps
    modes = pool_modes([modes_of(one.systems[_name(way)], one.engineers, one.facts, spread) for one in judged])
    return Row(way.sampler, way.steps, evaluations, ratio.value, ratio.low, ratio.high, modes)


def _engineers(judged: Sequence[Judged], spread: Tensor) -> Modes:
    """Return the modes of the engineers themselves, one set of them against the others."""
    return pool_modes([modes_of(one.engineers[0], one.engineers, one.facts, spread) for one in judged])


def _shares(modes: Modes) -> list[str]:
    return ["–" if (share := modes[name]) is None else f"{100 * share:.0f} %" for name in SHOWN]


def _name(way: Sampling) -> str:
    return f"{way.sampler}, {way.steps} steps"


if __name__ == "__main__":
    main()
