"""Starts a run from the words of a command line."""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from accelerate import Accelerator

from gen_mix.config import load_config
from gen_mix.training.run import run_training
from gen_mix.training.settings import TrainingSettings


def start_training(config: Path, overrides: Sequence[str]) -> int:
    """Train as the file `config` and the words `overrides` say; return the exit status.

    Raises:
        InputError: What a user can get wrong; see `load_config` and `run_training`.
    """
    settings = load_config(TrainingSettings, config, overrides)
    return run_training(settings, Accelerator(mixed_precision=available_precision(settings.precision)))


def available_precision(precision: str) -> str:
    """Return `precision`, or ``no`` with a warning where no device here computes in bfloat16."""
    if precision == "bf16" and not (torch.cuda.is_available() and torch.cuda.is_bf16_supported()):
        print("warning: precision bf16: there is no GPU with bfloat16 here, float32 is used", file=sys.stderr)
        return "no"
    return precision
