"""The parts of a mix add up to it."""

import pytest
import torch

from gen_mix.console.fast import render_fast
from gen_mix.console.layout import DELAY, REVERB
from gen_mix.console.stems import Stems, render_stems
from gen_mix.console.stream import BLOCK
from gen_mix.console.switches import Switches
from gen_mix.mix import MixParameters
from tests.console.desk import RATE, console, random_console
from tests.console.test_fast import distance_db, noises

SIDES = [False, True, False, True, True]


def through_master(stems: Stems, parameters: MixParameters) -> torch.Tensor:
    """Return the sum of all parts after the master of `parameters`."""
    return render_as_one_track(stems.strips.sum(0) + sum(stems.returns.values()), parameters)


def render_as_one_track(total: torch.Tensor, parameters: MixParameters) -> torch.Tensor:
    """Return a sum of strips (2, samples) after the master of `parameters`, (1, 2, samples)."""
    desk = console([True], {})
    desk.normalized[:, 0] = parameters.normalized[:, 0]
    return render_fast([total], desk, RATE)


@pytest.mark.parametrize("seed", range(3))
def test_stems_and_returns_through_the_master_are_the_mix(seed: int, generator: torch.Generator) -> None:
    generator.manual_seed(seed)
    tracks, parameters = noises(SIDES, BLOCK + 333, generator), random_console(SIDES, 1, generator)
    stems = render_stems(tracks, parameters, RATE)
    assert stems.strips.shape == (len(SIDES), 2, BLOCK + 333)
    assert distance_db(through_master(stems, parameters), render_fast(tracks, parameters, RATE)) < -90


def test_a_stem_is_the_track_alone_without_effects_and_master(generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 2000, generator), random_console(SIDES, 1, generator)
    stems = render_stems(tracks, parameters, RATE)
    for place in range(len(SIDES)):
        alone = Switches(solo=frozenset({place}), without=frozenset({REVERB, DELAY, "master"}))
        assert distance_db(stems.strips[place], render_fast(tracks, parameters, RATE, alone)[0]) < -120


def test_switches_work_on_stems(generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 2000, generator), random_console(SIDES, 1, generator)
    switches = Switches(mute=frozenset({1, 3}), without=frozenset({REVERB}))
    stems = render_stems(tracks, parameters, RATE, switches)
    assert len(stems.strips) == 3
    assert set(stems.returns) <= {DELAY}
    assert distance_db(through_master(stems, parameters), render_fast(tracks, parameters, RATE, switches)) < -90


def test_stems_of_two_mixes_at_once_are_refused(generator: torch.Generator) -> None:
    with pytest.raises(ValueError, match="parameters: expected one mix, got 2"):
        render_stems(noises(SIDES, 10, generator), random_console(SIDES, 2, generator), RATE)
