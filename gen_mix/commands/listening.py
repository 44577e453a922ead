"""``gen-mix listening-test``: making listening tests, and making sense of their results."""

import argparse
from pathlib import Path

from gen_mix.commands.arguments import number, whole_number
from gen_mix.errors import InputError
from gen_mix.export.output import check_output, output_folder
from gen_mix.listening.configurations import Question
from gen_mix.listening.making import write_test
from gen_mix.listening.material import Excerpt, read_material
from gen_mix.listening.report import analyse
from gen_mix.listening.results import read_key, read_results

DESCRIPTION = "Make a listening test of mixes (make), or analyse its results (analyse)."
_PREFERENCE = "How much do you like this mix?"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix listening-test`` takes."""
    chosen = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    making = chosen.add_parser("make", help="stimuli, key, and the test for three programs", allow_abbrev=False)
    making.add_argument(
        "mixes", type=Path, help="folder with a folder per song in it, a file per system; or files alone"
    )
    making.add_argument("--out", type=Path, required=True, help="folder for the test")
    making.add_argument("--name", default="Listening test", help="title that listeners see")
    making.add_argument(
        "--question", action="append", default=[], help="an axis: TEXT or TEXT=LOW..HIGH; may be repeated"
    )
    making.add_argument("--listeners", type=whole_number(1, 1000), default=24, help="orders to prepare")
    making.add_argument("--repeats", type=whole_number(0, 4), default=1, help="hidden repeats on every page")
    making.add_argument("--start", type=number(0, 36000), default=0.0, help="where the excerpts begin, in seconds")
    making.add_argument("--seconds", type=number(0.5, 36000), default=None, help="length of the excerpts")
    making.add_argument("--loudness", type=number(-60, -5), default=-23.0, help="most LUFS of every stimulus")
    making.add_argument("--reference", default=None, help="system that webMUSHRA's pages compare with")
    making.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of the stimuli's names")
    making.add_argument("--overwrite", action="store_true", help="replace a test that is there")
    judging = chosen.add_parser("analyse", help="statistics and plots of the results", allow_abbrev=False)
    judging.add_argument("results", type=Path, nargs="+", help="CSV files of the page or of webMUSHRA")
    judging.add_argument("--key", type=Path, required=True, help="key.json of the test")
    judging.add_argument("--out", type=Path, required=True, help="folder for report and figures")
    judging.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of the bootstrap")
    judging.add_argument("--overwrite", action="store_true", help="replace a report that is there")


def run(arguments: argparse.Namespace) -> None:
    """Make or analyse.

    Raises:
        InputError: Something the user gave cannot be used; nothing is written then.
    """
    check_output(arguments.out, arguments.overwrite)
    if arguments.what == "analyse":
        ratings = read_results(arguments.results, read_key(arguments.key))
        with output_folder(arguments.out, ours=()) as folder:
            print(analyse(ratings, folder, arguments.seed))
        return
    questions = [_question(text) for text in arguments.question or [_PREFERENCE]]
    material = read_material(arguments.mixes, Excerpt(arguments.start, arguments.seconds), arguments.loudness)
    if arguments.reference not in (None, *material.systems):
        raise InputError(
            f"--reference {arguments.reference}: expected one of {', '.join(material.systems)}, got another name"
        )
    with output_folder(arguments.out, ours=()) as folder:
        write_test(
            folder,
            material,
            arguments.name,
            questions,
            arguments.listeners,
            arguments.repeats,
            arguments.seed,
            arguments.reference,
        )
    print(f"open {arguments.out / 'test' / 'index.html'}; how to run it: {arguments.out / 'README.md'}")


def _question(text: str) -> Question:
    asked, _, ends = text.partition("=")
    low, dots, high = ends.partition("..")
    return Question(asked.strip(), low.strip(), high.strip()) if dots else Question(text.strip())
