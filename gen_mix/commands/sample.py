"""``gen-mix sample``, ``sample.py``: several mixes of a session into a folder."""

import argparse
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from gen_mix.commands.arguments import number, whole_number
from gen_mix.commands.deliver import deliver, deliver_overview
from gen_mix.commands.wishes import add_wishes, wishes_of
from gen_mix.errors import InputError
from gen_mix.export.output import check_output, output_folder
from gen_mix.export.report import Delivered
from gen_mix.mix import Mix, MixCondition
from gen_mix.model.sampling import Sampling
from gen_mix.pipeline import MixPipeline
from gen_mix.rendering import render_mix
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.session import Session
from gen_mix.steering.goals import unmet
from gen_mix.steering.steering import Steering
from gen_mix.threads import one_thread
from samplers import SAMPLERS

DESCRIPTION = "Sample several mixes of a session and write them with their settings and a page to listen."
LARGEST_SEED = 2**31 - 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix sample`` takes."""
    parser.add_argument("session", type=Path, help="folder with one audio file per track")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--mixes", type=whole_number(1, 999), default=8, help="how many mixes")
    parser.add_argument(
        "--seed", type=whole_number(0, LARGEST_SEED), default=0, help="of the first; the next has the next"
    )
    parser.add_argument(
        "--from", type=whole_number(1, 4096), default=None, dest="choose_from", metavar="MANY",
        help="sample so many and keep those of --mixes that differ most and are not odd",
    )  # fmt: skip
    parser.add_argument("--loudness", type=number(-40, -6), default=-16.0, metavar="LUFS", help="loudness of every mix")
    parser.add_argument("--steps", type=whole_number(1, 1000), default=Sampling.steps, help="sampling steps")
    parser.add_argument("--guidance", type=number(0, 20), default=Sampling.guidance_scale, help="1 is as trained")
    parser.add_argument("--sampler", choices=sorted(SAMPLERS), default=Sampling.sampler, help="how to walk from noise")
    parser.add_argument("--model", type=Path, default=None, help="folder of a trained model instead of the shipped one")
    parser.add_argument("--device", default="cpu", help="where the networks run, such as cpu or cuda")
    parser.add_argument("--overwrite", action="store_true", help="replace mixes that are there")
    add_wishes(parser)


@dataclass
class Stopwatch:
    """Seconds spent on each part of a run."""

    seconds: dict[str, float]

    @contextmanager
    def on(self, part: str) -> Iterator[None]:
        """Count what happens inside towards `part`."""
        started = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - started


@dataclass(frozen=True)
class Job:
    """What all mixes of a run are made from.

    Attributes:
        session: What is mixed.
        pipeline: With the model.
        condition: The session as the model hears it.
        how: Steps, guidance and sampler.
        steering: What is wished for, or None.
        target_lufs: Loudness of every mix.
    """

    session: Session
    pipeline: MixPipeline
    condition: MixCondition
    how: Sampling
    steering: Steering | None
    target_lufs: float


def run(arguments: argparse.Namespace) -> None:
    """Read, sample, render and write.

    Raises:
        InputError: Something the user gave cannot be used; nothing is written then.
    """
    check_output(arguments.out, arguments.overwrite)
    how = Sampling(arguments.steps, arguments.guidance, arguments.sampler)
    if arguments.choose_from is not None and arguments.choose_from < arguments.mixes:
        raise InputError(f"--from {arguments.choose_from}: expected at least as many as --mixes, {arguments.mixes}")
    seeds = range(arguments.seed, arguments.seed + (arguments.choose_from or arguments.mixes))
    if seeds[-1] > LARGEST_SEED:
        raise InputError(f"--seed {arguments.seed}: expected seeds up to {LARGEST_SEED}, got {seeds[-1]}")
    watch = Stopwatch({})
    with watch.on("reading"):
        session = read_session(arguments.session)
        wishes = wishes_of(arguments, session)
    with watch.on("loading_model"):
        pipeline = _load(arguments.model, arguments.device)
    with watch.on("embedding"):
        condition = pipeline.embed(session)
    with watch.on("sampling"), one_thread():
        steering = None if wishes is None else pipeline.steer(session, condition, wishes, how)
    job = Job(session, pipeline, condition, how, steering, arguments.loudness)
    notes = session.notes if steering is None else (*session.notes, *steering.notes)
    chosen = None
    if arguments.choose_from is not None:
        with watch.on("choosing"), one_thread():
            chosen = pipeline.choose_seeds(session, condition, seeds, arguments.mixes, how, steering)
    delivered = []
    with output_folder(arguments.out) as folder:
        mixed = seeds if chosen is None else [seeds[place] for place in chosen.chosen]
        for place, seed in enumerate(tqdm(mixed, desc="mixing", unit="mix"), 1):
            name = f"mix_{place:0{max(2, len(str(arguments.mixes)))}d}"
            delivered.append(_sampled(folder, name, job, seed, watch))
        notes = (*notes, *(f"{item.file}: {note}" for item in delivered for note in unmet(item.mix.conditions)))
        report = deliver_overview(folder, session, delivered, watch.seconds, notes, chosen)
    _tell(arguments.out, notes, report["differences"]["mean"])


def _sampled(folder: Path, name: str, job: Job, seed: int, watch: Stopwatch) -> Delivered:
    """Sample, render and write one mix."""
    session, how = job.session, job.how
    with watch.on("sampling"), one_thread():
        choice = job.pipeline.choose(session, job.condition, seed, how, steering=job.steering)
    with watch.on("rendering"):
        finished = render_mix(session, choice.parameters, job.target_lufs)
    asked = {
        "loudness_lufs": job.target_lufs,
        "steps": how.steps,
        "guidance": how.guidance_scale,
        "sampler": how.sampler,
        **choice.met,
    }
    mix = Mix(finished.audio, session.sample_rate, choice.parameters, seed, asked, choice.intent, choice.latent)
    with watch.on("writing"):
        return deliver(folder, name, session, mix, finished, job.pipeline.name)


def _load(model: Path | None, device: str) -> MixPipeline:
    pipeline = MixPipeline.from_pretrained(model)
    try:
        return pipeline.to(torch.device(device))
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"--device {device}: expected a device of this machine, got: {reason}") from error


def _tell(out: Path, notes: Sequence[str], difference: dict[str, float | None]) -> None:
    for note in notes:
        print(f"note: {note}")
    if difference["level_db"] is not None:
        print(
            f"the mixes differ by {difference['level_db']:.1f} dB in level per track, {difference['pan']:.2f} in pan "
            f"and {difference['spectrum_db']:.1f} dB in spectrum, on average over pairs"
        )
    print(f"listen: {out / 'index.html'}")
