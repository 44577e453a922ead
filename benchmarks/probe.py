"""Does the embedding know what it hears? Linear probes on instrument class, on timbres nobody was trained with.

``python benchmarks/probe.py`` uses sessions made in code. With ``--train-bank`` and ``--test-bank`` (folders that
`gen-mix prepare` made, of different soundfonts, kits and songs) it is the test that counts; ``--real`` adds
recordings: a folder of songs, each with ``song.json`` and ``tracks/``.
"""

import argparse
import json
import time
import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from gen_mix.audio import read_audio
from gen_mix.embeddings.bank import TrackBank, bank_of_sessions
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.embeddings.encodec import EncodecEmbedder
from gen_mix.embeddings.features import group_slice, track_features
from gen_mix.errors import InputError
from gen_mix.measurements import measure
from gen_mix.sessions.catalogue import instrument_of
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.instruments import COARSE_CLASSES, COARSE_OF, INSTRUMENTS
from gen_mix.training.embedder import EmbedderTraining, train_embedder

LOG_MEL = ("spectrum_db", "log_mean_db", "log_deviation_db")
COARSE = torch.tensor([COARSE_CLASSES.index(COARSE_OF[instrument]) for instrument in INSTRUMENTS])


@dataclass(frozen=True)
class RealTracks:
    """Recordings with coarse labels: features, measurements and class of each (tracks, …)."""

    features: Tensor
    measurements: Tensor
    coarse: Tensor


def main() -> None:
    """Print the tables."""
    arguments = parsed_arguments()
    torch.set_num_threads(1)
    if arguments.train_bank and arguments.test_bank:
        train, test = TrackBank.load(arguments.train_bank), TrackBank.load(arguments.test_bank).as_recorded()
        print(f"train: {arguments.train_bank}, {train.sessions} sessions")
        print(f"test: {arguments.test_bank}, {test.sessions} sessions")
    else:
        train = bank_of_sessions(instant_session(0, index) for index in range(arguments.instant))
        test = bank_of_sessions(instant_session(1, index) for index in range(arguments.instant // 3))
        print(f"sessions made in code; train: {train.sessions}, test: {test.sessions}, each with timbres of its own")
    if arguments.embedder:
        embedder = TrackEmbedder.from_pretrained(arguments.embedder)
    else:
        embedder = train_embedder(train, torch.Generator().manual_seed(0), EmbedderTraining(steps=arguments.steps))
    real = read_real(arguments.real) if arguments.real else None
    print_probes(train, test, embedder, real)
    if arguments.encodec != "none":
        print_encodec(arguments.encodec, embedder)
    print_speed(embedder)


def parsed_arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--train-bank", type=Path, help="folder or file of a bank")
    parser.add_argument("--test-bank", type=Path, help="the same, of other timbres")
    parser.add_argument("--real", type=Path, help="folder of songs with song.json")
    parser.add_argument(
        "--embedder", type=Path, help="folder of a trained embedder; else one is trained on the train bank"
    )
    parser.add_argument("--steps", type=int, default=800, help="of that training")
    parser.add_argument("--instant", type=int, default=48, help="sessions made in code, without banks")
    parser.add_argument("--encodec", default="random", help="'random', 'none', or a file with EnCodec's weights")
    return parser.parse_args()


def log_mel(features: Tensor) -> Tensor:
    """Return the plain statistics of the log-mel spectrum (tracks, values), without attacks, pitch and network."""
    return torch.cat([features[:, group_slice(name)] for name in LOG_MEL], dim=1)


def accuracy(train: Tensor, train_class: Tensor, test: Tensor, test_class: Tensor) -> float:
    """Return the share of test tracks that a linear classifier of standardized values names rightly."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=200))
        probe.fit(train.numpy(), train_class.numpy())
    return float(np.mean(probe.predict(test.numpy()) == test_class.numpy()))


@torch.no_grad()
def print_probes(train: TrackBank, test: TrackBank, embedder: TrackEmbedder, real: RealTracks | None) -> None:
    """Print how well a linear probe, and the embedder's own posterior, name instruments."""
    width = embedder.config.bottleneck
    posterior = embedder.class_logits(test.features, test.measurements).softmax(-1)
    truth, coarse_truth = test.instrument, COARSE[test.instrument]
    own = posterior.argmax(-1)
    summed = posterior @ torch.nn.functional.one_hot(COARSE).float()
    print(f"\n{'':34}{'24 classes':>12}{'9 classes':>12}{'real, 9':>12}")
    for name, values in (
        ("log-mel statistics, linear probe", lambda features, _: log_mel(features)),
        ("all features, linear probe", lambda features, _: features),
        ("embedding, linear probe", lambda features, measured: embedder(features, measured)[:, :width]),
    ):
        known, unknown = values(train.features, train.measurements), values(test.features, test.measurements)
        fine = accuracy(known, train.instrument, unknown, truth)
        coarse = accuracy(known, COARSE[train.instrument], unknown, coarse_truth)
        heard = "-"
        if real is not None:
            score = accuracy(known, COARSE[train.instrument], values(real.features, real.measurements), real.coarse)
            heard = f"{score:.3f}"
        print(f"{name:34}{fine:12.3f}{coarse:12.3f}{heard:>12}")
    heard = "-"
    if real is not None:
        real_posterior = embedder.class_logits(real.features, real.measurements).softmax(-1)
        guess = (real_posterior @ torch.nn.functional.one_hot(COARSE).float()).argmax(-1)
        heard = f"{(guess == real.coarse).float().mean():.3f}"
        wrong = [f"{COARSE_CLASSES[a]}>{COARSE_CLASSES[b]}" for a, b in zip(real.coarse, guess, strict=True) if a != b]
        print_later = f"real tracks taken for something else: {', '.join(wrong)}"
    fine, coarse = (own == truth).float().mean(), (summed.argmax(-1) == coarse_truth).float().mean()
    print(f"{'embedding, own posterior':34}{fine:12.3f}{coarse:12.3f}{heard:>12}")
    surprise = -posterior.gather(1, truth[:, None]).clamp_min(1e-9).log().mean()
    print(f"own posterior: {posterior.amax(-1).mean():.3f} sure on average, {surprise:.3f} nats of surprise")
    if real is not None:
        print(print_later)


def read_real(folder: Path) -> RealTracks:
    """Return features, measurements and coarse classes of all songs in a folder."""
    features, measurements, coarse = [], [], []
    for description in sorted(folder.glob("*/song.json")):
        for track in json.loads(description.read_text(encoding="utf-8"))["tracks"]:
            path = description.parent / "tracks" / Path(track["file"]).name
            file = read_audio(path)
            features.append(track_features(file.audio, file.sample_rate))
            measurements.append(measure(file.audio, file.sample_rate))
            coarse.append(COARSE_CLASSES.index(COARSE_OF[instrument_of(track["instrument"])]))
    if not features:
        raise InputError(f"{folder}: expected songs with song.json, got none")
    return RealTracks(torch.stack(features), torch.stack(measurements), torch.tensor(coarse))


@torch.no_grad()
def print_encodec(weights: str, embedder: TrackEmbedder) -> None:
    """Print the probe of EnCodec beside the default embedding, on the first second of tracks made in code."""
    if find_spec("encodec") is None:
        print("\nEnCodec is not installed: not compared")
        return
    encodec = (
        EncodecEmbedder.with_random_weights(0) if weights == "random" else EncodecEmbedder.from_file(Path(weights))
    )
    sets = []
    for seed, sessions in ((2, 8), (3, 4)):
        tracks = [track for index in range(sessions) for track in instant_session(seed, index).tracks]
        heard = torch.stack([encodec(track.audio[:, :44100], 44100) for track in tracks])
        default = torch.stack([embedder.embed_track(track.audio[:, :44100], 44100) for track in tracks])
        labels = torch.tensor([INSTRUMENTS.index(str(track.instrument)) for track in tracks])
        sets.append((heard, default, labels))
    (known, known_default, labels), (unknown, unknown_default, truth) = sets
    print(f"\none second of {len(labels)} and {len(truth)} tracks made in code, linear probe, 9 classes")
    rows = ((f"EnCodec, weights: {weights}", known, unknown), ("default embedding", known_default, unknown_default))
    for name, known_values, unknown_values in rows:
        print(f"{name:34}{accuracy(known_values, COARSE[labels], unknown_values, COARSE[truth]):12.3f}")


def print_speed(embedder: TrackEmbedder) -> None:
    """Print how much faster than listening the embedding is, on one core."""
    print("\nspeed on one core, embedding with measurements")
    for seconds, channels in ((10, 1), (30, 1), (30, 2), (240, 2)):
        generator = torch.Generator().manual_seed(0)
        audio = 0.1 * torch.randn(channels, seconds * 44100, generator=generator)
        embedder.embed_track(audio, 44100)
        start = time.process_time()
        embedder.embed_track(audio, 44100)
        factor = seconds / (time.process_time() - start)
        print(f"{seconds:4} s, {'mono' if channels == 1 else 'stereo':7}{factor:8.0f} x real time")


if __name__ == "__main__":
    main()
