"""``gen-mix sessions``: labelled sessions as folders of audio, to look into and to judge mixes on."""

import argparse

from gen_mix.commands.synthesis import add_synthesis, chosen_synthesis
from gen_mix.sessions.folder import write_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.synthetic.writing import write_sessions

DESCRIPTION = "Write labelled sessions as folders of audio; without --kit and --soundfont, small ones made in code."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix sessions`` takes."""
    add_synthesis(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write the sessions that are not there yet.

    Raises:
        InputError: An option cannot be used, or the folder holds other sessions.
    """
    settings = chosen_synthesis(arguments)
    if settings is not None:
        write_sessions(settings, arguments.seed, arguments.count, arguments.out)
        return
    for index in range(arguments.count):
        folder = arguments.out / f"{index:05d}"
        if not folder.exists():
            write_session(instant_session(arguments.seed, index), folder)
