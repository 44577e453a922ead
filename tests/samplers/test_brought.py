"""Facts about the shortest way to what is to be measured."""

import torch
from torch import Tensor

from samplers import brought

LINES = torch.tensor([[1.0, 2.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]], dtype=torch.float64)
START = torch.tensor([[0.1, -0.2, 0.3, 0.0], [0.0, 0.5, 0.5, 1.0]], dtype=torch.float64)
STEP = torch.tensor([0.3, 0.0], dtype=torch.float64)
SLACK = torch.full((2,), 0.01, dtype=torch.float64)


def along(x: Tensor) -> Tensor:
    """Return two rows of measurements (batch, 2)."""
    return x @ LINES.T


def bent(x: Tensor) -> Tensor:
    """Return two rows of measurements (batch, 2) that are not straight."""
    return along(x) + 0.3 * along(x).square()


def test_every_item_is_brought_to_its_goal_the_shortest_way() -> None:
    end = brought(START, along, along(START) + STEP, SLACK)
    torch.testing.assert_close(end, START + torch.linalg.pinv(LINES) @ STEP, atol=1e-3, rtol=0)


def test_straight_or_not_what_is_asked_for_is_met_and_the_other_row_stays() -> None:
    goal = bent(START) + STEP
    torch.testing.assert_close(bent(brought(START, bent, goal, SLACK, rounds=5)), goal, atol=0.004, rtol=0)


def test_what_is_not_free_does_not_move_and_the_rest_makes_up_for_it() -> None:
    free = torch.tensor([True, True, True, False])
    end = brought(START, along, along(START) + STEP, SLACK, free)
    torch.testing.assert_close(end[:, 3], START[:, 3], atol=0, rtol=0)
    torch.testing.assert_close(along(end), along(START) + STEP, atol=0.004, rtol=0)


def test_who_is_there_stays() -> None:
    assert torch.equal(brought(START, bent, bent(START), SLACK), START)
