"""``gen-mix``: every task as a sub-command."""

import sys
from collections.abc import Sequence
from types import ModuleType

from gen_mix.commands import arguments as reading
from gen_mix.version import VERSION


def _commands() -> dict[str, ModuleType]:
    # Imported here: `gen-mix --version` should not wait for torch.
    from gen_mix.commands import evaluate, explore, export, listening, prepare, render, sample, sessions, train, travel

    return {
        "sample": sample,
        "render": render,
        "travel": travel,
        "explore": explore,
        "export": export,
        "sessions": sessions,
        "prepare": prepare,
        "train": train,
        "listening-test": listening,
        "evaluate": evaluate,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``gen-mix`` with `argv`, or with the arguments of the process; return the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    if argv == ["--version"]:
        print(VERSION)
        return 0
    commands = _commands()
    parser = reading.new_parser("gen-mix", "Sample, render, train and judge mixes of multitrack sessions.")
    parser.add_argument("--version", action="version", version=VERSION)
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in commands.items():
        module.add_arguments(
            chosen.add_parser(
                name,
                help=module.DESCRIPTION,
                description=module.DESCRIPTION,
                allow_abbrev=False,
                formatter_class=parser.formatter_class,
            )
        )
    parsed = reading.parse(parser, argv)
    return reading.run_reporting_errors(f"gen-mix {parsed.command}", lambda: commands[parsed.command].run(parsed))


if __name__ == "__main__":
    raise SystemExit(main())
