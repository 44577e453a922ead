import pytest
import torch

from gen_mix.console.compressor import compress
from gen_mix.console.console import render_strip
from gen_mix.console.delay import echo
from gen_mix.console.filters import equalize
from gen_mix.console.reverb import reverberate
from gen_mix.console.stereo import balance_stereo, pan_mono, widen
from tests.console import contract
from tests.console.contract import Case

CASES = {
    "track filters": Case(equalize, "track", ("high_pass", "eq"), channels=1),
    "master eq": Case(equalize, "master", ("eq",), neutral={f"eq.{band}.on": 1.0 for band in ("bell_1", "high_shelf")}),
    "compressor": Case(
        compress,
        "track",
        ("compressor",),
        neutral={"compressor.on": 1, "compressor.ratio": 1, "compressor.knee_db": 18},
    ),
    "pan": Case(lambda audio, knobs, _: pan_mono(audio, knobs.value("pan")), "track", ("pan",), 1, neutral=None),
    "balance": Case(lambda audio, knobs, _: balance_stereo(audio, knobs.value("pan")), "track", ("pan",)),
    "width": Case(lambda audio, knobs, _: widen(audio, knobs.value("width")), "track", ("width",)),
    "reverb": Case(reverberate, "reverb", ("",), neutral=None, rate=1500),
    "delay": Case(echo, "delay", ("",), neutral=None, rate=1500),
    "stereo strip": Case(
        render_strip, "track", ("high_pass", "eq", "compressor", "fader_db", "pan", "width"), neutral={}
    ),
}


@pytest.fixture(params=list(CASES.values()), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


def test_neutral_returns_its_input(case: Case, generator: torch.Generator) -> None:
    contract.check_neutral(case, generator)


def test_sound_and_gradient_are_finite_at_both_ends_of_every_knob(case: Case, generator: torch.Generator) -> None:
    contract.check_finite(case, generator)


# Not at 0 and 1 themselves: there a knob ends, and a slope measured on both sides is half of it.
@pytest.mark.parametrize("place", [1e-5, 0.37, 1 - 1e-5])
def test_gradient_is_the_slope(case: Case, place: float, generator: torch.Generator) -> None:
    contract.check_gradient(case, place, generator)


def test_same_result_twice(case: Case, generator: torch.Generator) -> None:
    contract.check_repeatable(case, generator)


def test_silence_stays_silent(case: Case) -> None:
    contract.check_silence(case)


def test_input_is_kept(case: Case, generator: torch.Generator) -> None:
    contract.check_input_is_kept(case, generator)
