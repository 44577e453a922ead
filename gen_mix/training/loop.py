"""The training loop. To resume a run, start it again."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from gen_mix.errors import InputError
from gen_mix.training.batches import Batch
from gen_mix.training.checkpoints import load_checkpoint, remove_unfinished, save_checkpoint
from gen_mix.training.loss import place_weights, used_weight
from gen_mix.training.progress import ProgressLine
from gen_mix.training.settings import LossSettings, OptimizerSettings, WatchSettings
from gen_mix.training.signals import StopSignals
from gen_mix.training.state import TrainingState, follow, learning_rate, restore, set_learning_rate, to_checkpoint

Draw = Callable[[int, int, int], list[list[Batch]]]
"""From a step, a process and the number of processes to the chunks of that process, each as micro-batches."""

Objective = Callable[[nn.Module, Batch, Tensor], Tensor]
"""From the network, a batch and the weights of its places to the weighted sum of its errors."""

Watch = Callable[[TrainingState, Mapping[str, float]], None]
"""Called on the main process after each step, with what the progress line said, if it said something."""


@dataclass(frozen=True)
class Job:
    """What a run does.

    Attributes:
        draw: Gives the data of a step.
        objective: What a step minimizes.
        watch: What happens beside the training: validation, figures.
        folder: Where checkpoints go.
        facts: What must not have changed when a run is resumed, as JSON.
        loss, optimizer, pace: The settings of those names; `pace` is their ``watch``.
        workers: Processes that draw data ahead.
    """

    draw: Draw
    objective: Objective
    watch: Watch
    folder: Path
    facts: Mapping[str, Any]
    loss: LossSettings
    optimizer: OptimizerSettings
    pace: WatchSettings
    workers: int = 0


def train(state: TrainingState, job: Job, accelerator: Accelerator) -> int:
    """Train from the newest checkpoint, or from `state`, to the last step; return the exit status.

    The status is 0 at the end and 128 + the signal's number after SIGTERM or SIGINT, when a checkpoint was written.

    Raises:
        InputError: The checkpoints are of other settings, or the loss stayed infinite or NaN.
    """
    saved = resume(state, job, accelerator)
    model = accelerator.prepare(state.model)
    line = ProgressLine(state.step, job.optimizer.steps, job.pace.progress_steps)
    with StopSignals() as signals:
        for chunks in _drawn(job, state.step, accelerator):
            weight, is_stopping = _agree(chunks, job.loss, signals, accelerator)
            if is_stopping:
                break
            loss = train_step(model, state, chunks, weight, job, accelerator)
            if accelerator.is_main_process:
                job.watch(state, line.after(state.step, loss))
                if state.step % job.pace.checkpoint_steps == 0:
                    saved = save(state, job)
        if accelerator.is_main_process and saved != state.step:
            save(state, job)
    accelerator.wait_for_everyone()
    return 0 if state.step >= job.optimizer.steps else signals.status


def train_step(
    model: nn.Module, state: TrainingState, chunks: list[list[Batch]], weight: float, job: Job, accelerator: Accelerator
) -> float:
    """Take one step, or skip it if the loss or the gradient is not finite; return the loss of the whole batch.

    There is one backward pass a chunk, so gradients are added up chunk by chunk on however many processes.

    Args:
        model: `state.model`, as Accelerate wrapped it.
        state: Is changed.
        chunks: This process's part of the batch.
        weight: Sum of the weights of all used places, over all processes.
        job: The run.
        accelerator: Of this process.

    Raises:
        InputError: Too many steps in a row were skipped.
    """
    scale = accelerator.num_processes / weight  # gradients are averaged over processes
    nothing = torch.zeros((), device=accelerator.device)
    error = nothing.clone()
    for place, chunk in enumerate(chunks):
        is_last = place == len(chunks) - 1
        with nullcontext() if is_last else accelerator.no_sync(model):
            here = [batch.to(accelerator.device) for batch in chunk]
            part = sum((job.objective(model, batch, place_weights(batch.clean, job.loss)) for batch in here), nothing)
            accelerator.backward(part * scale)
            error += part.detach()
    loss = float(accelerator.reduce(error, "sum")) / weight
    norm = float(accelerator.clip_grad_norm_(model.parameters(), job.optimizer.clip_norm))
    _apply(state, loss, norm, job.optimizer)
    return loss


def _apply(state: TrainingState, loss: float, norm: float, settings: OptimizerSettings) -> None:
    if torch.isfinite(torch.tensor([loss, norm])).all():
        set_learning_rate(state.optimizer, learning_rate(state.step, settings))
        state.optimizer.step()
        follow(state, settings.average_decay)
        state.skips_in_a_row = 0
    else:
        state.skips += 1
        state.skips_in_a_row += 1
    state.optimizer.zero_grad(set_to_none=True)
    state.step += 1
    if state.skips_in_a_row >= settings.most_skips:
        raise InputError(
            f"optimizer.learning_rate: expected a finite loss, got loss {loss} and gradient norm {norm} in "
            f"{state.skips_in_a_row} steps in a row, the last of them step {state.step}"
        )


def _drawn(job: Job, first: int, accelerator: Accelerator) -> Iterable[list[list[Batch]]]:
    """Return this process's chunks of every step from `first` on."""
    steps = range(first, job.optimizer.steps)
    process, processes = accelerator.process_index, accelerator.num_processes
    if not job.workers:
        return (job.draw(step, process, processes) for step in steps)
    dataset = _Steps(job.draw, process, processes)
    return DataLoader(dataset, batch_size=None, sampler=steps, num_workers=job.workers, collate_fn=_as_it_is)


@dataclass(frozen=True)
class _Steps(Dataset[list[list[Batch]]]):
    """The data of each step, for a `DataLoader`."""

    draw: Draw
    process: int
    processes: int

    def __getitem__(self, step: int) -> list[list[Batch]]:
        return self.draw(step, self.process, self.processes)


def _as_it_is(chunks: list[list[Batch]]) -> list[list[Batch]]:
    return chunks


def _agree(
    chunks: list[list[Batch]], settings: LossSettings, signals: StopSignals, accelerator: Accelerator
) -> tuple[float, bool]:
    """Return the weight of the places of the whole batch, and whether any process was asked to stop."""
    weight = sum(
        float(used_weight(batch.mask, place_weights(batch.clean, settings))) for chunk in chunks for batch in chunk
    )
    here = torch.tensor([weight, float(signals.received)], device=accelerator.device)
    everywhere = accelerator.reduce(here, "sum").tolist()
    return everywhere[0], everywhere[1] > 0


def save(state: TrainingState, job: Job) -> int:
    """Write a checkpoint; return its step."""
    save_checkpoint(job.folder, to_checkpoint(state, {"run": job.facts}), job.pace.keep_checkpoints)
    return state.step


def resume(state: TrainingState, job: Job, accelerator: Accelerator) -> int | None:
    """Put the newest whole checkpoint of the run, if there is one, into `state`; return its step.

    Raises:
        InputError: It was made with other settings or data, or every checkpoint is broken.
    """
    checkpoint = load_checkpoint(job.folder)
    if checkpoint is not None:
        _same_run(dict(checkpoint.facts["run"]), dict(job.facts), job.folder)
        restore(state, checkpoint)
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        remove_unfinished(job.folder)
    return None if checkpoint is None else checkpoint.step


def _same_run(before: dict[str, Any], now: dict[str, Any], folder: Path, path: str = "") -> None:
    for key in sorted(before.keys() | now.keys()):
        old, new = before.get(key), now.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            _same_run(old, new, folder, f"{path}{key}.")
        elif old != new:
            raise InputError(f"{path}{key}: expected {old} as in the run in {folder}, got {new}; give another out")
