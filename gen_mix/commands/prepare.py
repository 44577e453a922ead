"""``gen-mix prepare``: the bank of tracks that training draws its sessions from."""

import argparse

from gen_mix.commands.arguments import whole_number
from gen_mix.commands.synthesis import add_synthesis, chosen_synthesis
from gen_mix.training.prepare import prepare

DESCRIPTION = "Make sessions, measure their tracks and keep the measurements; the same command again goes on."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix prepare`` takes."""
    add_synthesis(parser)
    parser.add_argument(
        "--copies", type=whole_number(1, 16), default=2, help="of each track; all but the first changed"
    )
    parser.add_argument("--workers", type=whole_number(1, 256), default=2, help="processes")


def run(arguments: argparse.Namespace) -> None:
    """Prepare the bank.

    Raises:
        InputError: An option cannot be used, or the folder holds another bank.
    """
    bank = prepare(
        chosen_synthesis(arguments),
        arguments.seed,
        arguments.count,
        arguments.out,
        copies=arguments.copies,
        workers=arguments.workers,
    )
    print(f"{arguments.out}: {len(bank.instrument)} tracks with their copies")
