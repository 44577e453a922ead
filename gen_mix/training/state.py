"""What changes during training: weights, their running average, the optimizer and some counts."""

import math
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from gen_mix.errors import InputError
from gen_mix.training.checkpoints import Checkpoint
from gen_mix.training.settings import OptimizerSettings


@dataclass
class TrainingState:
    """All that a run remembers from one step to the next.

    Attributes:
        model: The network, not wrapped.
        optimizer: Of the network's parameters.
        average: Running average of the parameters, by name; on the model's device.
        step: Steps done, skipped ones included.
        skips: Steps skipped because the loss or the gradient was not finite.
        skips_in_a_row: The last ones of them.
        history: What validations found, in order.
    """

    model: nn.Module
    optimizer: torch.optim.Optimizer
    average: dict[str, Tensor]
    step: int = 0
    skips: int = 0
    skips_in_a_row: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def new_state(model: nn.Module, settings: OptimizerSettings) -> TrainingState:
    """Return the state in which training of `model` begins."""
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": matrices}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(
        groups,
        lr=settings.learning_rate,
        betas=(settings.beta_1, settings.beta_2),
        weight_decay=settings.weight_decay,
        fused=True,
    )
    average = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    return TrainingState(model, optimizer, average)


def learning_rate(step: int, settings: OptimizerSettings) -> float:
    """Return the rate of step `step` (from 0): a linear rise, then half a cosine that reaches 0 at the end."""
    if step < settings.warmup_steps:
        return settings.learning_rate * (step + 1) / settings.warmup_steps
    done = (step - settings.warmup_steps) / max(settings.steps - settings.warmup_steps, 1)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the rate of every group of `optimizer`."""
    for group in optimizer.param_groups:
        group["lr"] = rate


@torch.no_grad()
def follow(state: TrainingState, decay: float) -> None:
    """Move the average towards the weights: average ← d·average + (1 − d)·weights.

    d = min(`decay`, (1 + step) / (10 + step)), so that the first weights are soon forgotten.
    """
    decay = min(decay, (1 + state.step) / (10 + state.step))
    weights = [weight.detach() for _, weight in state.model.named_parameters()]
    torch._foreach_lerp_(list(state.average.values()), weights, 1 - decay)


def to_checkpoint(state: TrainingState, facts: dict[str, Any]) -> Checkpoint:
    """Return `state` as tensors and JSON, with `facts` of the run beside its own."""
    names = {id(weight): name for name, weight in state.model.named_parameters()}
    moments = {
        f"{names[id(weight)]}/{moment}": value
        for weight, values in state.optimizer.state.items()
        for moment, value in values.items()
    }
    counts = {"skips": state.skips, "skips_in_a_row": state.skips_in_a_row, "history": state.history}
    tensors = {"model": state.model.state_dict(), "average": state.average, "optimizer": moments}
    return Checkpoint(state.step, tensors, {**facts, **counts})


def restore(state: TrainingState, checkpoint: Checkpoint) -> None:
    """Put `checkpoint` into `state`.

    Raises:
        InputError: Its tensors are not those of this network.
    """
    try:
        state.model.load_state_dict(dict(checkpoint.tensors["model"]))
    except RuntimeError as error:
        raise InputError(f"checkpoint of step {checkpoint.step}: expected this network, got another") from error
    for name, value in state.average.items():
        value.copy_(checkpoint.tensors["average"][name])
    _restore_moments(state, checkpoint.tensors["optimizer"])
    state.step = checkpoint.step
    state.skips = checkpoint.facts["skips"]
    state.skips_in_a_row = checkpoint.facts["skips_in_a_row"]
    state.history = list(checkpoint.facts["history"])


def _restore_moments(state: TrainingState, moments: Any) -> None:
    weights = dict(state.model.named_parameters())
    for key, value in moments.items():
        name, moment = key.rsplit("/", 1)
        weight = weights[name]
        state.optimizer.state[weight][moment] = value.to(weight.device)
