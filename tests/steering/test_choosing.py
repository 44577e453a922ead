"""Facts about choosing some mixes of many."""

import pytest
import torch
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.evaluation.heard import take_excerpts
from gen_mix.steering.choosing import choose_varied, select_varied
from tests.steering.test_steering import plain
from tests.test_pipeline import session


def crowd(*sizes: int) -> Tensor:
    """Return mixes (mixes, 3 tracks, 2 features) in tight crowds far from each other."""
    generator = torch.Generator().manual_seed(0)
    centres = 10 * torch.randn(len(sizes), 1, 3, 2, generator=generator)
    rows = [
        centre + 0.1 * torch.randn(size, 3, 2, generator=generator) for centre, size in zip(centres, sizes, strict=True)
    ]
    return torch.cat(rows)


def test_every_crowd_sends_one() -> None:
    chosen = select_varied(crowd(40, 12, 10, 8), 4).chosen
    assert sorted(int(place >= 40) + int(place >= 52) + int(place >= 62) for place in chosen) == [0, 1, 2, 3]


def test_a_lone_mix_is_odd_and_left_out() -> None:
    heard = torch.cat([crowd(30), torch.full((1, 3, 2), 100.0)])
    selection = select_varied(heard, 5)
    assert 30 not in selection.chosen
    assert selection.left_out == 3


def test_all_are_taken_if_all_are_asked_for() -> None:
    assert sorted(select_varied(crowd(5), 5).chosen) == list(range(5))


def test_the_chosen_differ_more_than_is_usual() -> None:
    heard = torch.randn(64, 4, 3, generator=torch.Generator().manual_seed(1))
    selection = select_varied(heard, 8)
    assert selection.mean_distance > 1.05 * selection.usual_distance
    assert len(set(selection.chosen)) == 8


def test_the_same_mix_again_and_again_is_all_sameness() -> None:
    assert select_varied(torch.ones(8, 3, 2), 3).sameness == 1
    assert select_varied(crowd(1), 1).chosen == (0,)


def test_the_unit_of_a_feature_does_not_matter() -> None:
    heard = torch.randn(32, 4, 3, generator=torch.Generator().manual_seed(2))
    assert select_varied(heard, 6).chosen == select_varied(heard * torch.tensor([1.0, 1000.0, 0.01]), 6).chosen


def test_more_than_there_are_cannot_be_chosen() -> None:
    with pytest.raises(InputError, match="--from 1"):
        choose_varied(take_excerpts(session()), plain(3).parameters, 2)
