"""Facts about the JSFX effects: run from their source, they sound as the console does."""

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from gen_mix.console.compressor import compress
from gen_mix.console.delay import echo
from gen_mix.console.filters import equalize
from gen_mix.console.knobs import Knobs, track_knobs
from gen_mix.console.layout import DELAY, LAYOUT
from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.console.stereo import balance_stereo, pan_mono, widen
from gen_mix.export.reaper import effects
from tests.console.desk import random_console
from tests.export.eel2 import Effect

RATE = 44100
SAMPLES = 1500


def source(name: str) -> Path:
    return Path(str(files("gen_mix.export.reaper"))) / "effects" / name


def noise(generator: torch.Generator, channels: int = 2) -> torch.Tensor:
    return 0.2 * torch.randn(channels, SAMPLES, generator=generator)


def run(name: str, sliders: list[float], audio: torch.Tensor) -> np.ndarray:
    return Effect(source(name), sliders, RATE).process(audio.expand(2, -1).double().numpy())


@pytest.fixture(params=range(4))
def mix(request: pytest.FixtureRequest):
    """Return the knobs and the settings of a random mix with two tracks, the first mono, all processors on."""
    generator = torch.Generator().manual_seed(request.param)
    parameters = random_console([False, True], 1, generator)
    for kind, tokens in ((kind, LAYOUT.tokens(kind)) for kind in ("master", "track")):
        for place, spec in enumerate(LAYOUT.specs(kind)):
            if spec.is_gate and not spec.name.startswith("eq.bell_2"):
                parameters.normalized[:, tokens, place] = 1.0
    settings = settings_of(parameters, ["a", "b"], ["a.wav", "b.wav"], [0.0, 0.0])
    return parameters_of(settings, [False, True]), settings


def test_the_equalizer_sounds_as_ours(mix, generator: torch.Generator) -> None:
    parameters, settings = mix
    audio, track = noise(generator), settings["tracks"][1]
    heard = run(effects.EQUALIZER, effects.equalizer_sliders(track["eq"], track["high_pass"]), audio)
    ours = equalize(audio.double(), track_knobs(parameters, 1), RATE).numpy()
    assert np.abs(heard - ours).max() <= 1e-4 * np.abs(ours).max()


def test_the_compressor_sounds_as_ours(mix, generator: torch.Generator) -> None:
    parameters, settings = mix
    audio = noise(generator)
    heard = run(effects.COMPRESSOR, effects.compressor_sliders(settings["tracks"][1]["compressor"]), audio)
    ours = compress(audio.double(), track_knobs(parameters, 1), RATE).numpy()
    assert np.abs(heard - ours).max() <= 1e-5 * np.abs(ours).max()


@pytest.mark.parametrize(("pan", "width"), [(0.0, 1.0), (-1.0, 0.0), (0.63, 2.0), (1.0, 1.3), (-0.2, 0.4)])
def test_pan_and_width_sound_as_ours(pan: float, width: float, generator: torch.Generator) -> None:
    mono, stereo = noise(generator, 1).double(), noise(generator).double()
    heard = run(effects.PAN, effects.pan_sliders(pan, 1.0, False, 0.0), mono)
    assert np.allclose(heard, pan_mono(mono, torch.tensor(pan)).numpy(), atol=1e-7)
    heard = run(effects.PAN, effects.pan_sliders(pan, width, True, 6.0), stereo)
    ours = balance_stereo(widen(stereo, torch.tensor(width)), torch.tensor(pan)) * 10**0.3
    assert np.allclose(heard, ours.numpy(), atol=1e-6)


@pytest.mark.parametrize(("feedback", "ping_pong"), [(0.0, 0.0), (0.6, 0.0), (0.45, 1.0), (0.3, 0.37)])
def test_the_delay_sounds_as_ours(feedback: float, ping_pong: float, generator: torch.Generator) -> None:
    wanted = {"time_ms": 21.37, "feedback": feedback, "high_cut_hz": 4000.0, "ping_pong": ping_pong}
    places = [LAYOUT.spec(DELAY, name).normalized(torch.tensor(value).double()) for name, value in wanted.items()]
    audio = noise(generator).repeat(1, 3)
    heard = run(effects.DELAY, effects.delay_sliders(wanted), audio)
    ours = echo(audio.double(), Knobs(DELAY, torch.stack(places)), RATE).numpy()
    assert np.abs(heard - ours).max() <= 1e-4 * np.abs(ours).max()  # what wraps round in the console's FFT


def test_sliders_say_what_settings_say(mix) -> None:
    _, settings = mix
    for track in settings["tracks"]:
        eq, high_pass = effects.equalizer_settings(effects.equalizer_sliders(track["eq"], track["high_pass"]))
        assert high_pass == track["high_pass"]
        assert eq["bands"] == [band for band in track["eq"]["bands"] if band["on"]]
        assert effects.compressor_settings(effects.compressor_sliders(track["compressor"])) == track["compressor"]
    assert effects.delay_settings(effects.delay_sliders(settings["buses"]["delay"])) == settings["buses"]["delay"]


def test_a_slider_can_go_wherever_its_knob_can(mix) -> None:
    _, settings = mix
    for name, values in {
        effects.EQUALIZER: effects.equalizer_sliders(settings["tracks"][0]["eq"], settings["tracks"][0]["high_pass"]),
        effects.COMPRESSOR: effects.compressor_sliders(settings["tracks"][0]["compressor"]),
        effects.DELAY: effects.delay_sliders(settings["buses"]["delay"]),
    }.items():
        ranges = [
            tuple(map(float, line.partition("<")[2].split(",")[:2]))
            for line in source(name).read_text().splitlines()
            if re.match(r"slider\d+:", line)
        ]
        assert all(low <= value <= high for value, (low, high) in zip(values, ranges, strict=True))
