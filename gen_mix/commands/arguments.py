"""How command lines are read: one line for every mistake, exit status 2."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from gen_mix.errors import InputError


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print `message` on stderr and end with status 2."""
        sys.stderr.write(f"{self.prog}: {message} (see {self.prog} --help)\n")
        raise SystemExit(2)


def new_parser(prog: str, description: str) -> Parser:
    """Return a parser that takes no abbreviated options."""
    return Parser(
        prog=prog,
        description=description,
        allow_abbrev=False,
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )


def run_reporting_errors(prog: str, action: Callable[[], None]) -> int:
    """Run `action`; return 0, or 2 after printing what the user gave wrong, or 130 when interrupted."""
    try:
        action()
    except InputError as error:
        sys.stderr.write(f"{prog}: {' '.join(str(error).split())}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write(f"{prog}: interrupted, nothing was written\n")
        return 130
    return 0


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, got {text!r}")
        return number

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """Return a reader of numbers from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected a number from {low:g} to {high:g}, got {text!r}")
        return value

    return read


def parse(parser: Parser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed `arguments`, or those of the process."""
    return parser.parse_args(arguments)
