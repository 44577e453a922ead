"""A tiny training run that needs no audio: settings drawn from a normal distribution."""

import sys
from pathlib import Path

import torch
from accelerate import Accelerator

from gen_mix.mix import MixCondition
from gen_mix.model.denoiser import Denoiser, DenoiserConfig
from gen_mix.model.space import space_mask, space_width
from gen_mix.training.batches import Batch, by_size
from gen_mix.training.loop import Job, train
from gen_mix.training.loss import draw_sigmas
from gen_mix.training.objective import denoising_error
from gen_mix.training.seeds import generator_of
from gen_mix.training.settings import LossSettings, OptimizerSettings, WatchSettings
from gen_mix.training.state import TrainingState, new_state

INTENTS, CONDITION_WIDTH = 3, 4
LOSS = LossSettings()


def toy_chunk(step: int, chunk: int, items: int = 2) -> Batch:
    generator = generator_of(0, 0, step, chunk)
    tracks = int(torch.randint(1, 4, (), generator=generator))
    is_track = torch.arange(tracks) < torch.randint(1, tracks + 1, (items, 1), generator=generator)
    condition = MixCondition.heard(
        tracks=torch.randn(items, tracks, CONDITION_WIDTH, generator=generator) * is_track[..., None],
        is_track=is_track,
        is_stereo=is_track & (torch.rand(items, tracks, generator=generator) < 0.5),
    )
    mask = space_mask(condition.is_track, condition.is_stereo, INTENTS)
    clean = torch.randn(items, mask.shape[1], space_width(INTENTS), generator=generator).masked_fill(~mask, 0)
    noise = torch.randn(clean.shape, generator=generator)
    is_told = torch.rand(items, generator=generator) < 0.5
    return Batch(clean, mask, noise, draw_sigmas(items, LOSS, generator), is_told, condition)


def toy_draw(step: int, process: int, processes: int) -> list[list[Batch]]:
    share = 2 // processes
    return [by_size(toy_chunk(step, chunk, 4), 3) for chunk in range(process * share, (process + 1) * share)]


def toy_state(optimizer: OptimizerSettings) -> TrainingState:
    torch.manual_seed(0)
    model = Denoiser(DenoiserConfig(CONDITION_WIDTH, INTENTS, width=8, layers=1, heads=2))
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.05 * torch.randn(weight.shape))
    return new_state(model, optimizer)


def toy_job(folder: Path, steps: int = 12) -> Job:
    return Job(
        draw=toy_draw,
        objective=denoising_error,
        watch=lambda state, scalars: None,
        folder=folder / "checkpoints",
        facts={"seed": 0},
        loss=LOSS,
        optimizer=OptimizerSettings(steps=steps, learning_rate=1e-2, warmup_steps=2, average_decay=0.9),
        pace=WatchSettings(checkpoint_steps=3, progress_steps=steps),
    )


def run_toy(folder: Path, steps: int = 12) -> TrainingState:
    job = toy_job(folder, steps)
    state = toy_state(job.optimizer)
    train(state, job, Accelerator())
    return state


if __name__ == "__main__":
    folder, steps = Path(sys.argv[1]), int(sys.argv[2])
    job = toy_job(folder, steps)
    raise SystemExit(train(toy_state(job.optimizer), job, Accelerator()))
