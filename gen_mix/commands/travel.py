"""``gen-mix travel``: from one mix to another, step by step."""

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gen_mix.commands.arguments import number, whole_number
from gen_mix.commands.deliver import deliver, deliver_overview
from gen_mix.commands.wishes import read_example
from gen_mix.export.output import check_output, output_folder
from gen_mix.mix import Mix
from gen_mix.pipeline import MixPipeline
from gen_mix.rendering import render_mix
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.written import as_written
from gen_mix.threads import one_thread

DESCRIPTION = "Go from one mix of a session to another in steps; each is a mix with settings of its own."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix travel`` takes."""
    parser.add_argument("first", type=Path, help="mix_XX.json to set out from")
    parser.add_argument("second", type=Path, help="mix_XX.json to arrive at")
    parser.add_argument("--session", type=Path, required=True, help="folder of tracks")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--steps", type=whole_number(2, 99), default=5, help="mixes on the way, both ends included")
    parser.add_argument(
        "--way", choices=("noise", "straight", "latent"), default="noise",
        help="through mixes that the model might have made, every knob in a straight line, or the latents of a codec",
    )  # fmt: skip
    parser.add_argument("--loudness", type=number(-40, -6), default=-16.0, metavar="LUFS", help="loudness of every mix")
    parser.add_argument("--model", type=Path, default=None, help="folder of a trained model instead of the shipped one")
    parser.add_argument("--overwrite", action="store_true", help="replace mixes that are there")


def run(arguments: argparse.Namespace) -> None:
    """Read both ends, go, render and write.

    Raises:
        InputError: Something the user gave cannot be used; nothing is written then.
    """
    check_output(arguments.out, arguments.overwrite)
    session = read_session(arguments.session)
    ends = [read_example(path, session) for path in (arguments.first, arguments.second)]
    weights = np.linspace(0, 1, arguments.steps).tolist()
    pipeline = MixPipeline.from_pretrained(arguments.model)
    with one_thread():
        way = pipeline.travel(session, ends[0], ends[1], weights, arguments.way)
    delivered = []
    with output_folder(arguments.out) as folder:
        for place, (weight, parameters) in enumerate(tqdm(list(zip(weights, way, strict=True)), desc="mixing"), 1):
            written = as_written(session, parameters)
            finished = render_mix(session, written, arguments.loudness)
            told = {
                "loudness_lufs": arguments.loudness,
                "travel": {"from": ends[0].name, "to": ends[1].name, "way": arguments.way, "weight": round(weight, 4)},
            }
            mix = Mix(finished.audio, session.sample_rate, written, 0, told)
            delivered.append(deliver(folder, f"mix_{place:02d}", session, mix, finished, pipeline.name))
        deliver_overview(folder, session, delivered, {}, session.notes)
    print(f"listen: {arguments.out / 'index.html'}")
