"""Facts about the direct branch, with random weights of EnCodec: that it runs from end to end, and what it keeps."""

import importlib.util
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from gen_mix.audio import read_audio
from gen_mix.cli import main
from gen_mix.config import load_config
from gen_mix.embeddings.encodec import SAMPLE_RATE_HZ
from gen_mix.embeddings.waves import CHANNELS, FRAMES, WaveCodec
from gen_mix.errors import InputError
from gen_mix.mix import MixCondition
from gen_mix.model.sampling import Sampling
from gen_mix.model.waves import TRACK_WIDTH, WaveConfig, WaveDenoiser, generate_mix
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.folder import write_session
from gen_mix.sessions.session import Session, Track
from gen_mix.training.run import run_training
from gen_mix.training.settings import TrainingSettings

pytestmark = pytest.mark.skipif(importlib.util.find_spec("encodec") is None, reason="encodec is not installed")
CONFIG = Path(__file__).parents[2] / "configs" / "encodec.yaml"
RATE = 44100


def session(seed: int) -> Session:
    """Return a second of two tracks, made of noise and a tone."""
    generator = torch.Generator().manual_seed(seed)
    tone = 0.1 * torch.sin(2 * math.pi * 220 * torch.arange(RATE) / RATE)[None]
    noise = 0.1 * torch.randn(1, RATE, generator=generator)
    tracks = (
        Track("voice", "voice.wav", tone, 0.0, "lead_vocal", "lead"),
        Track("hat", "hat.wav", noise, 0.0, "hihat"),
    )
    return Session(f"made {seed}", RATE, tracks)


def settings(out: Path, sessions: Path) -> TrainingSettings:
    words = ("data.batch=2", "data.chunk=2", "network.width=16", "network.layers=1", "network.heads=2")
    return load_config(
        TrainingSettings, CONFIG, (*words, "optimizer.steps=2", f"waves.sessions={sessions}", f"out={out}")
    )


@pytest.fixture(scope="module")
def codec() -> WaveCodec:
    return WaveCodec.load(None, 0)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    write_session(session(0), out / "sessions" / "one")
    assert run_training(settings(out, out / "sessions"), Accelerator()) == 0
    return out


def network(seed: int = 0) -> WaveDenoiser:
    generator = torch.Generator().manual_seed(seed)
    made = WaveDenoiser(WaveConfig("none", width=16, layers=2, heads=2)).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return made


def heard(tracks: int) -> MixCondition:
    generator = torch.Generator().manual_seed(1)
    is_track = torch.ones(2, tracks, dtype=torch.bool)
    return MixCondition.heard(torch.randn(2, tracks, TRACK_WIDTH, generator=generator), is_track, is_track)


def test_order_and_padding_of_tracks_do_not_matter() -> None:
    model, condition = network(), heard(4)
    x = torch.randn(2, FRAMES, CHANNELS, generator=torch.Generator().manual_seed(2))
    sigma = torch.tensor([0.3, 3.0])
    answer = model(x, sigma, condition)
    order = [2, 0, 3, 1]
    permuted = condition.map(lambda value: value[:, order] if value.ndim > 1 else value)
    assert torch.allclose(model(x, sigma, permuted), answer, atol=1e-4)
    assert torch.allclose(model(x, sigma, condition.padded(3)), answer, atol=1e-4)
    other = replace(condition, tracks=condition.tracks + 1)
    assert not torch.allclose(model(x, sigma, other), answer, atol=1e-2)


def test_seconds_come_back_as_long_as_they_went(codec: WaveCodec) -> None:
    audio = 0.1 * torch.randn(2, SAMPLE_RATE_HZ + 100, generator=torch.Generator().manual_seed(0))
    frames = codec.encode(audio, SAMPLE_RATE_HZ)
    assert frames.values.shape == (2, FRAMES, CHANNELS)
    assert codec.decode(frames).shape == (2, 2 * SAMPLE_RATE_HZ)
    louder = codec.encode(4 * audio, SAMPLE_RATE_HZ)
    assert torch.allclose(louder.values[:1], frames.values[:1], atol=1e-4)
    assert louder.scale[0] == pytest.approx(4 * float(frames.scale[0]), rel=1e-5)


def test_a_run_leaves_a_model_whose_seed_is_a_mix(finished: Path, codec: WaveCodec) -> None:
    model = WaveDenoiser.from_pretrained(finished / "model")
    first, again, other = (generate_mix(model, codec, session(0), seed, Sampling(steps=2)) for seed in (0, 0, 1))
    assert first.shape == (2, SAMPLE_RATE_HZ)
    assert first.isfinite().all()
    assert first.any()
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_another_codec_is_refused_and_the_pipeline_says_what_it_needs(finished: Path) -> None:
    model = WaveDenoiser.from_pretrained(finished / "model")
    with pytest.raises(InputError, match="encodec: expected the weights"):
        generate_mix(model, WaveCodec.load(None, 1), session(0), 0)
    with pytest.raises(InputError, match="expected a model of settings or of a codec's latents, got one of encodec"):
        MixPipeline.from_pretrained(finished / "model")


def test_the_comparison_is_written_with_the_mix(finished: Path) -> None:
    out = finished / "report.json"
    words = ["--session", str(finished / "sessions" / "one"), "--model", str(finished / "model"), "--steps", "2"]
    assert main(["evaluate", "encodec", *words, "--out", str(out)]) == 0
    distances = json.loads(out.read_text())["mr_stft"]
    assert set(distances) == {"generated", "engineer_through_encodec", "another_engineer", "equal_loudness", "noise"}
    assert all(value > 0 for value in distances.values())
    assert read_audio(out.with_suffix(".wav")).sample_rate == SAMPLE_RATE_HZ
