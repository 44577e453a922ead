"""``gen-mix render``: a mix again, from its settings, whole or in part."""

import argparse
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from gen_mix.commands.arguments import number
from gen_mix.console.switches import PROCESSORS, Switches
from gen_mix.errors import InputError
from gen_mix.export.mix_file import read_mix_file
from gen_mix.export.output import check_output, output_folder
from gen_mix.rendering import render_to_file, write_stems
from gen_mix.sessions.song import Song
from gen_mix.sessions.stored import open_session
from gen_mix.steering.expressions import nearest

DESCRIPTION = "Render a session of any length with the settings of a mix file; the same settings give the same bytes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix render`` takes."""
    parser.add_argument("session", type=Path, help="folder of tracks")
    parser.add_argument("mix", type=Path, help="mix_XX.json, as sampled or as changed by hand")
    parser.add_argument("--out", type=Path, required=True, help="audio file to write: .wav or .flac")
    parser.add_argument(
        "--loudness", type=number(-40, -6), metavar="LUFS", help="loudness of what is heard, instead of the mix file's"
    )
    parser.add_argument(
        "--stems", type=Path, metavar="FOLDER",
        help="also write every strip and the returns of reverb and delay, which the master makes the mix",
    )  # fmt: skip
    parser.add_argument("--solo", nargs="+", default=[], metavar="TRACK", help="hear these tracks alone, with sends")
    parser.add_argument("--mute", nargs="+", default=[], metavar="TRACK", help="do not hear these, soloed or not")
    parser.add_argument("--without", nargs="+", default=[], choices=PROCESSORS, help="processors to take out")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def run(arguments: argparse.Namespace) -> None:
    """Render and write; memory is bounded by a block of the song.

    Raises:
        InputError: The output exists, or session, mix file, tracks and output do not go together.
    """
    out: Path = arguments.out
    if out.exists() and not arguments.overwrite:
        raise InputError(f"--out {out}: expected a new file, got an existing one (use --overwrite)")
    if arguments.stems is not None:
        check_output(arguments.stems, arguments.overwrite, "--stems")
    session = open_session(arguments.session)
    mix = read_mix_file(arguments.mix, session)
    switches = Switches(
        solo=_places("--solo", arguments.solo, session),
        mute=_places("--mute", arguments.mute, session),
        without=frozenset(arguments.without),
    )
    loudness = mix.target_lufs if arguments.loudness is None else arguments.loudness
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out}: expected a place to write to, got {error.strerror}") from error
    stems = nullcontext() if arguments.stems is None else output_folder(arguments.stems, ("*.wav",), "--stems")
    with stems as folder:
        if folder is not None:
            write_stems(session, mix.parameters, folder, switches)
        finished = render_to_file(session, mix.parameters, out, loudness, switches)
    print(f"{out}: {finished.loudness_lufs:.1f} LUFS, {finished.true_peak_dbtp:.1f} dBTP")


def _places(option: str, words: Sequence[str], song: Song) -> frozenset[int]:
    """Return the places of the tracks that `words` name: by name, by file, or by file without its suffix.

    Raises:
        InputError: There is no such track.
    """
    found = set()
    for word in words:
        places = {
            place
            for place, track in enumerate(song.tracks)
            if word.lower() in (track.name.lower(), track.file.lower(), *_short_names(track.file))
        }
        if not places:
            names = [track.name for track in song.tracks]
            raise InputError(f"{option} {word}: expected a track of {song.name}, got none{nearest(word, names)}")
        found |= places
    return frozenset(found)


def _short_names(file: str) -> tuple[str, str]:
    return Path(file).name.lower(), Path(file).stem.lower()
