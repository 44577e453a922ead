"""What is it worth to tell the model what a track is? Energy ratio against the number of tracks that are named.

``python benchmarks/telling.py --sessions DIR`` looks at labelled folders, such as those of ``gen-mix sessions
--unseen``; without, at two sessions made in code. Named are, as a person would with ``--tell``, the tracks whose true
class the model holds for least probable: the class, and whether the track leads if it is labelled so.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from gen_mix.baselines.mixer import Mixer, Subject
from gen_mix.baselines.networks import FromAudio, WithLabels
from gen_mix.evaluation.distances import pooled_ratio, session_distances
from gen_mix.evaluation.heard import take_excerpts
from gen_mix.evaluation.judged import Draws, Judged, judge, spread_over
from gen_mix.evaluation.one_to_many import subject_of
from gen_mix.mix import NOT_TOLD, MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.sessions.session import Session
from gen_mix.steering.telling import Believed

NAMED = (1, 2, 4)


@dataclass(frozen=True)
class Named:
    """The model, told what the tracks are that it hears worst.

    Attributes:
        pipeline: With the model.
        tracks: How many.
    """

    pipeline: MixPipeline
    tracks: int

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return its mixes, a seed each."""
        learned = self.pipeline.embedder.config.bottleneck
        heard = subject.condition.tracks[..., learned : learned + len(INSTRUMENTS)]
        true = subject.facts.instrument
        sure = heard.gather(-1, true[..., None])[..., 0]
        worst = torch.zeros_like(true, dtype=torch.bool).scatter(1, sure.argsort(1)[:, : self.tracks], True)
        label = torch.where(worst, true, NOT_TOLD)
        is_lead = torch.where(worst & subject.facts.is_lead, 1, NOT_TOLD)
        condition = Believed(label, is_lead).on(subject.condition)
        return FromAudio(self.pipeline)(replace(subject, condition=condition), mixes, generator)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=Path, help="folder of labelled sessions; by default made in code")
    parser.add_argument("--most", type=int, default=32, help="sessions that are looked at")
    parser.add_argument("--model", type=Path, help="folder of a model; by default the shipped one")
    parser.add_argument("--samples", type=int, default=64, help="mixes in each set")
    options = parser.parse_args()
    pipeline = MixPipeline.from_pretrained(options.model)
    named: dict[str, Mixer] = {f"{count} named": Named(pipeline, count) for count in NAMED}
    mixers: dict[str, Mixer] = {"by ear": FromAudio(pipeline)} | named | {"all labels": WithLabels(pipeline)}
    judged: list[Judged] = []
    for session in _sessions(options.sessions, options.most):
        subject, draws = subject_of(session, pipeline), Draws(options.samples)
        judged.append(judge(session.name, subject, take_excerpts(session), mixers, draws))
        print(f"heard {session.name}", flush=True)
    spread = spread_over([one for each in judged for one in each.engineers])
    print("| tracks named | energy ratio | 95 % interval |\n| --- | ---: | --- |")
    for name in mixers:
        apart = [
            session_distances(one.systems[name].heard / spread, [each.heard / spread for each in one.engineers])
            for one in judged
        ]
        ratio = pooled_ratio([one.together for one in apart], 0)
        print(f"| {name} | {ratio.value:.2f} | {ratio.low:.2f} to {ratio.high:.2f} |")


def _sessions(folder: Path | None, most: int) -> list[Session]:
    if folder is None:
        return [instant_session(0, index, seconds=3.0) for index in range(2)]
    return [read_session(path) for path in sorted(folder.iterdir())[:most] if path.is_dir()]


if __name__ == "__main__":
    main()
