"""``gen-mix evaluate``: is the variety the right variety, and are the virtual engineers like people?"""

import argparse
import json
from importlib.resources import files
from pathlib import Path

from tqdm import tqdm

from gen_mix.commands.arguments import whole_number
from gen_mix.embeddings.bank import TrackBank
from gen_mix.embeddings.waves import WaveCodec
from gen_mix.errors import InputError
from gen_mix.evaluation.codec import codec_tables, evaluate_codec, write_codec
from gen_mix.evaluation.control import PARTS, evaluate_control, write_control
from gen_mix.evaluation.engineers import evaluate_engineers, table_of
from gen_mix.evaluation.one_to_many import evaluate_one_to_many, write_report
from gen_mix.evaluation.real import evaluate_real
from gen_mix.evaluation.real_report import real_tables, write_real
from gen_mix.evaluation.tables import report_tables
from gen_mix.evaluation.waves import compare_waves
from gen_mix.files import write_whole
from gen_mix.model.codec import CodecSpace
from gen_mix.model.folder import read_space
from gen_mix.model.sampling import Sampling
from gen_mix.model.waves import WaveDenoiser
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.catalogue import CATALOGUE_FILE
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.session import Session
from gen_mix.threads import one_thread

DESCRIPTION = (
    "Judge the model's variety (one-to-many), its obedience (control), its mixes of real recordings (real), a codec of "
    "mixes (codec) or the virtual engineers (engineers)."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``gen-mix evaluate`` takes."""
    chosen = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    mixes = chosen.add_parser("one-to-many", help="mixes of the model against mixes of engineers", allow_abbrev=False)
    mixes.add_argument("--sessions", type=Path, required=True, help="folder of labelled session folders")
    mixes.add_argument("--samples", type=whole_number(2, 4096), default=64, help="mixes in each set")
    mixes.add_argument("--references", type=whole_number(2, 64), default=3, help="sets of engineers per session")
    mixes.add_argument(
        "--bank", type=Path, default=None, help="training tracks of gen-mix prepare, instead of the shipped ones"
    )
    mixes.add_argument("--model", type=Path, default=None, help="folder of a trained model instead of the shipped one")
    mixes.add_argument(
        "--beside", type=Path, default=None, help="folder of another model, with the same embedder, on the same table"
    )
    mixes.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of all chance")
    mixes.add_argument("--out", type=Path, required=True, help="report.json; table and figure go beside it")
    codec = chosen.add_parser("codec", help="what a codec of mixes keeps, and what its axes move", allow_abbrev=False)
    codec.add_argument("--sessions", type=Path, required=True, help="folder of labelled session folders")
    codec.add_argument("--samples", type=whole_number(2, 4096), default=64, help="mixes of each session")
    codec.add_argument("--model", type=Path, required=True, help="folder of a model, or of a codec alone")
    codec.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of all chance")
    codec.add_argument("--out", type=Path, required=True, help="report.json; a table goes beside it")
    waves = chosen.add_parser(
        "encodec", help="a mix generated as EnCodec frames beside the console's", allow_abbrev=False
    )
    waves.add_argument("--session", type=Path, required=True, help="a labelled session folder")
    waves.add_argument("--model", type=Path, required=True, help="folder of a model that space=encodec trained")
    waves.add_argument(
        "--weights", type=Path, default=None, help="of EnCodec; without it the random ones of --codec-seed"
    )
    waves.add_argument("--codec-seed", type=whole_number(0, 2**31 - 1), default=0, help="the seed of the training")
    waves.add_argument("--steps", type=whole_number(1, 1000), default=Sampling.steps, help="sampling steps")
    waves.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of the mix and the engineers")
    waves.add_argument("--out", type=Path, required=True, help="report.json; the mix goes beside it as .wav")
    control = chosen.add_parser("control", help="are wishes met, and what do they cost", allow_abbrev=False)
    control.add_argument("--sessions", type=Path, required=True, help="folder of labelled session folders")
    control.add_argument("--samples", type=whole_number(2, 4096), default=64, help="mixes in each set")
    control.add_argument("--parts", nargs="+", choices=tuple(PARTS), default=list(PARTS), help="what to judge")
    control.add_argument("--model", type=Path, default=None, help="folder of a trained model, not the shipped one")
    control.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of all chance")
    control.add_argument("--out", type=Path, required=True, help="report.json; parts judged before stay in it")
    real = chosen.add_parser(
        "real", help="mixes of real recordings against people's and common sense", allow_abbrev=False
    )
    real.add_argument("--sessions", type=Path, required=True, help="folder of songs with song.json")
    real.add_argument("--samples", type=whole_number(2, 4096), default=16, help="mixes of each song")
    real.add_argument("--model", type=Path, default=None, help="folder of a trained model, not the shipped one")
    real.add_argument("--bank", type=Path, default=None, help="training tracks, instead of the shipped ones")
    real.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of the first mix; the others follow")
    real.add_argument(
        "--names", action="store_true", help="tell the model what tracks are called, as --tell names does"
    )
    real.add_argument("--out", type=Path, required=True, help="report.json; a table goes beside it")
    people = chosen.add_parser("engineers", help="virtual engineers against mixes by people", allow_abbrev=False)
    people.add_argument("--human", type=Path, required=True, help="MixologyDB's JSON")
    people.add_argument("--seed", type=whole_number(0, 2**31 - 1), default=0, help="of all chance")
    people.add_argument("--out", type=Path, required=True, help="folder for table, JSON and figure")


def run(arguments: argparse.Namespace) -> None:
    """Judge, print the table and write the report.

    Raises:
        InputError: An option cannot be used.
    """
    if arguments.what == "engineers":
        report = evaluate_engineers(arguments.human, arguments.out, arguments.seed)
        print(table_of(report))
        return
    if arguments.what == "real":
        _real(arguments)
        return
    if arguments.what == "encodec":
        _waves(arguments)
        return
    sessions = _sessions(arguments.sessions)
    if arguments.what == "control":
        _control(arguments, sessions)
        return
    if arguments.what == "codec":
        _codec(arguments, sessions)
        return
    pipeline, bank = (
        MixPipeline.from_pretrained(arguments.model),
        TrackBank.load(arguments.bank or _reference(arguments.model)),
    )
    with tqdm(total=len(sessions), desc="judging", unit="session") as bar:
        report = evaluate_one_to_many(
            sessions,
            pipeline,
            bank,
            samples=arguments.samples,
            references=arguments.references,
            seed=arguments.seed,
            progress=lambda name: bar.update() and None,
            beside=None if arguments.beside is None else MixPipeline.from_pretrained(arguments.beside),
        )
    write_report(report, arguments.out)
    print(report_tables(report))


def _codec(arguments: argparse.Namespace, sessions: list[Session]) -> None:
    space = read_space(arguments.model)
    if not isinstance(space, CodecSpace):
        raise InputError(f"--model {arguments.model}: expected a model that diffuses latents of a codec, got another")
    with tqdm(total=len(sessions), desc="judging", unit="session") as bar:
        report = evaluate_codec(
            sessions, space.codec, arguments.samples, arguments.seed, lambda name: bar.update() and None
        )
    write_codec(report, arguments.out)
    print(codec_tables(report))


def _waves(arguments: argparse.Namespace) -> None:
    session, network = read_session(arguments.session), WaveDenoiser.from_pretrained(arguments.model)
    codec = WaveCodec.load(arguments.weights, arguments.codec_seed)
    target = arguments.out if arguments.out.suffix == ".json" else arguments.out / "report.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    sound = target.with_suffix(".wav")
    report = compare_waves(session, network, codec, arguments.seed, Sampling(arguments.steps), sound)
    write_whole(target, (json.dumps(report, indent=1) + "\n").encode())
    print(json.dumps(report, indent=1))


def _sessions(folder: Path) -> list[Session]:
    if not folder.is_dir():
        raise InputError(f"--sessions {folder}: expected a folder of sessions, got none")
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [read_session(path) for path in tqdm(folders, desc="reading", unit="session")]


def _real(arguments: argparse.Namespace) -> None:
    folders = sorted(path.parent for path in arguments.sessions.glob(f"*/{CATALOGUE_FILE}"))
    pipeline = MixPipeline.from_pretrained(arguments.model)
    bank = TrackBank.load(arguments.bank or _reference(arguments.model))
    with one_thread(), tqdm(total=len(folders), desc="judging", unit="song") as bar:
        report = evaluate_real(
            folders,
            pipeline,
            bank,
            arguments.samples,
            arguments.seed,
            arguments.names,
            lambda name: bar.update() and None,
        )
    write_real(report, arguments.out)
    print(real_tables(report))


def _control(arguments: argparse.Namespace, sessions: list[Session]) -> None:
    pipeline = MixPipeline.from_pretrained(arguments.model)
    with one_thread(), tqdm(total=len(arguments.parts), desc="judging", unit="part") as bar:
        report = evaluate_control(
            sessions,
            pipeline,
            samples=arguments.samples,
            seed=arguments.seed,
            parts=arguments.parts,
            progress=lambda name: bar.update() and None,
        )
    write_control(report, arguments.out)
    for part in arguments.parts:
        print(f"{part}: {report[part]}")


def _reference(model: Path | None) -> Path:
    """Return the training tracks that come with a model: some of those it was trained with."""
    return (model or Path(str(files("gen_mix"))) / "weights" / "default") / "reference.safetensors"
