"""Train a model: ``python train.py configs/default.yaml key=value …``; the same command again resumes.

Under ``torchrun`` or ``accelerate launch`` the processes share each batch and arrive at the same weights.
"""

import sys
from pathlib import Path

from gen_mix.commands.arguments import new_parser, parse, run_reporting_errors


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = new_parser("train.py", "Train a model; the same command again resumes.")
    parser.add_argument("config", type=Path, help="a YAML file, such as configs/default.yaml")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="settings that differ from the file's")
    chosen = parse(parser, arguments)
    statuses: list[int] = []

    def act() -> None:
        from gen_mix.training.start import start_training  # imported here: --help should not wait for torch

        statuses.append(start_training(chosen.config, chosen.overrides))

    return run_reporting_errors("train.py", act) or sum(statuses)


if __name__ == "__main__":
    sys.exit(main())
