"""``gen-mix train``: the same as train.py."""

import argparse
from pathlib import Path

from gen_mix.training.start import start_training

DESCRIPTION = "Train a model; the same command again resumes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix train`` takes."""
    parser.add_argument("config", type=Path, help="a YAML file, such as configs/default.yaml")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="settings that differ from the file's")


def run(arguments: argparse.Namespace) -> None:
    """Train.

    Raises:
        InputError: A setting or file cannot be used.
        SystemExit: The training stopped before its end.
    """
    status = start_training(arguments.config, arguments.overrides)
    if status:
        raise SystemExit(status)
