"""``gen-mix render``: a mix again, from its settings."""

import argparse
from pathlib import Path

from gen_mix.audio import write_audio
from gen_mix.errors import InputError
from gen_mix.export.mix_file import read_mix_file
from gen_mix.rendering import render_mix
from gen_mix.sessions.folder import read_session

DESCRIPTION = "Render a session with the settings of a mix file; the same settings give the same bytes."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix render`` takes."""
    parser.add_argument("session", type=Path, help="folder of tracks")
    parser.add_argument("mix", type=Path, help="mix_XX.json, as sampled or as changed by hand")
    parser.add_argument("--out", type=Path, required=True, help="audio file to write: .wav or .flac")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")


def run(arguments: argparse.Namespace) -> None:
    """Render and write.

    Raises:
        InputError: The output exists, or session, mix file and output do not go together.
    """
    out: Path = arguments.out
    if out.exists() and not arguments.overwrite:
        raise InputError(f"--out {out}: expected a new file, got an existing one (use --overwrite)")
    session = read_session(arguments.session)
    mix = read_mix_file(arguments.mix, session)
    finished = render_mix(session, mix.parameters, mix.target_lufs)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_audio(out, finished.audio, session.sample_rate)
    print(f"{out}: {finished.loudness_lufs:.1f} LUFS, {finished.true_peak_dbtp:.1f} dBTP")
