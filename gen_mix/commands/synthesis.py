"""Options that say what synthetic sessions are made of."""

import argparse
from dataclasses import replace
from pathlib import Path

from gen_mix.commands.arguments import number, whole_number
from gen_mix.errors import InputError
from gen_mix.sessions.synthetic import SyntheticSettings
from gen_mix.sessions.synthetic.settings import unseen_settings


def add_synthesis(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "--kit", type=Path, default=None, help="folder of MIDI and samples, gathered as docs/data.md says"
    )
    parser.add_argument("--soundfont", type=Path, default=None, help="a General MIDI soundfont, .sf2")
    parser.add_argument("--unseen", action="store_true", help="songs, kits and voices that training leaves out")
    parser.add_argument(
        "--recorded", action="store_true", help="no instruments, drum machines and treatments made in code"
    )
    parser.add_argument("--seconds", type=number(2, 600), default=6.0, help="length of a session")
    parser.add_argument("--count", type=whole_number(1, 10**6), default=32, help="how many sessions")
    parser.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="which series of sessions")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; the same command goes on there")


def chosen_synthesis(arguments: argparse.Namespace) -> SyntheticSettings | None:
    """Return what to make sessions of; None, for sessions made in code, if there is neither kit nor soundfont.

    Raises:
        InputError: Only one of the two is given, or a path is wrong.
    """
    if arguments.kit is None and arguments.soundfont is None:
        return None
    if arguments.kit is None or arguments.soundfont is None:
        raise InputError("--kit, --soundfont: expected both or neither, got one")
    make = unseen_settings if arguments.unseen else SyntheticSettings
    settings = replace(make(arguments.kit, arguments.soundfont), seconds=arguments.seconds)
    return replace(settings, is_varied=False) if arguments.recorded else settings
