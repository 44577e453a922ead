"""Facts about a mix that is taken apart with gradients."""

import pytest
import torch

from gen_mix.console.console import render, render_parts
from gen_mix.console.stems import render_stems
from gen_mix.console.switches import Switches
from gen_mix.mix import MixParameters
from tests.console.desk import RATE, random_console
from tests.console.test_fast import distance_db, noises

SIDES = [False, True, False, True]


def test_the_mix_of_parts_is_the_mix_and_a_part_is_what_its_tracks_send(generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 6000, generator), random_console(SIDES, 2, generator)
    parts = render_parts(tracks, parameters, RATE, [[0, 3], [1, 2]])
    whole = render(tracks, parameters, RATE)
    for mix in range(2):
        assert distance_db(parts.mix[mix], whole[mix]) < -90
        for place, group in enumerate(({0, 3}, {1, 2})):
            stems = render_stems(tracks, parameters[mix], RATE, Switches(solo=frozenset(group)))
            own = stems.strips.sum(0) + sum(stems.returns.values())
            assert distance_db(parts.groups[mix, place], own) < -80


def test_a_part_has_no_slope_towards_the_knobs_of_others(generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 2000, generator), random_console(SIDES, 1, generator)
    places = parameters.normalized.clone().requires_grad_()
    parts = render_parts(tracks, MixParameters(places, parameters.mask), RATE, [[0, 3], [1, 2]])
    (slope,) = torch.autograd.grad(parts.groups[:, 0].square().sum(), places)
    assert bool((slope[0, 4:6] == 0).all())
    assert bool((slope[0, 3] != 0).any())


@pytest.mark.parametrize("groups", [[[0, 1], [2]], [[0, 1, 2, 3], [3]]])
def test_each_track_is_in_one_group(groups: list[list[int]], generator: torch.Generator) -> None:
    tracks, parameters = noises(SIDES, 500, generator), random_console(SIDES, 1, generator)
    with pytest.raises(ValueError, match="one group"):
        render_parts(tracks, parameters, RATE, groups)
