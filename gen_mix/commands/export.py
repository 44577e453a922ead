"""``gen-mix export``: mixes in the formats of other programs."""

import argparse
from pathlib import Path

from gen_mix.export.alternatives import Section, read_alternatives
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.formats import EXPORTERS, Export, write_export
from gen_mix.export.output import check_output, output_folder
from gen_mix.export.size import check_room, size_words
from gen_mix.sessions.folder import read_session

DESCRIPTION = "Take mixes away: stems, recall sheet, settings table, DAWproject, REAPER project."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix export`` takes."""
    parser.add_argument("mixes", type=Path, nargs="+", help="mix_XX.json; several become alternatives of each other")
    parser.add_argument("--session", type=Path, required=True, help="folder of the tracks they are mixes of")
    parser.add_argument("--to", nargs="+", choices=sorted(EXPORTERS), required=True, help="formats", metavar="FORMAT")
    parser.add_argument("--out", type=Path, required=True, help="folder for the files and a README")
    parser.add_argument(
        "--audio", choices=sorted(AUDIO_FORMATS), default="wav24", help="of the audio files; flac is smallest"
    )
    parser.add_argument(
        "--section", type=_section, action="append", default=[], help="a marker, such as 12.5=Chorus; may be repeated"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an export that is there")


def run(arguments: argparse.Namespace) -> None:
    """Read, render and write.

    Raises:
        InputError: Something the user gave cannot be used; nothing is written then.
    """
    check_output(arguments.out, arguments.overwrite)
    session = read_session(arguments.session)
    alternatives = tuple(read_alternatives(arguments.mixes, session))
    sections = tuple(sorted(arguments.section, key=lambda section: section.seconds))
    export = Export(session, alternatives, AUDIO_FORMATS[arguments.audio], sections)
    check_room(arguments.out, export, arguments.to, f"--out {arguments.out}")
    print(f"to be written: about {size_words(export, arguments.to)}", flush=True)
    with output_folder(arguments.out, ours=()) as folder:
        write_export(folder, export, arguments.to)
    print(f"see {arguments.out / 'README.md'}")


def _section(text: str) -> Section:
    place, _, name = text.partition("=")
    try:
        seconds = float(place)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf") or not name.strip():
        raise argparse.ArgumentTypeError(f"expected seconds and a name, such as 12.5=Chorus, got {text!r}")
    return Section(seconds, name.strip())
