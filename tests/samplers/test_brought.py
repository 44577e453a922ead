"""Facts about the shortest way to what is to be measured."""

from functools import partial

import torch
from torch import Tensor

from samplers import Tangent, brought, tangent_by_items, tangent_of

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


LINES_ALONG, LINES_BENT = (partial(tangent_of, measure, 2) for measure in (along, bent))


def test_every_item_is_brought_to_its_goal_the_shortest_way() -> None:
    end, _ = brought(START, LINES_ALONG(START, 0.0), along, along(START) + STEP, SLACK)
    torch.testing.assert_close(end, START + torch.linalg.pinv(LINES) @ STEP, atol=1e-3, rtol=0)


def test_straight_or_not_what_is_asked_for_is_met_and_the_other_row_stays() -> None:
    goal = bent(START) + STEP
    end, line = brought(START, LINES_BENT(START, 0.0), bent, goal, SLACK, rounds=5)
    torch.testing.assert_close(bent(end), goal, atol=0.004, rtol=0)
    torch.testing.assert_close(line.value, bent(end))


def test_what_is_not_free_does_not_move_and_the_rest_makes_up_for_it() -> None:
    free = torch.tensor([True, True, True, False])
    end, _ = brought(START, LINES_ALONG(START, 0.0), along, along(START) + STEP, SLACK, free)
    torch.testing.assert_close(end[:, 3], START[:, 3], atol=0, rtol=0)
    torch.testing.assert_close(along(end), along(START) + STEP, atol=0.004, rtol=0)


def test_who_is_there_stays() -> None:
    assert torch.equal(brought(START, LINES_BENT(START, 0.0), bent, bent(START), SLACK)[0], START)


def test_the_tangent_is_the_derivative_of_each_item_alone() -> None:
    found = LINES_BENT(START, 0.5)
    exact = torch.autograd.functional.jacobian(lambda x: bent(x).sum(0), START).transpose(0, 1)
    torch.testing.assert_close(found.jacobian, exact)
    torch.testing.assert_close(found.value, bent(START))


def test_a_turned_line_goes_through_both_places_and_changes_nothing_across_the_way() -> None:
    before, there = LINES_BENT(START, 0.0), START + torch.tensor([0.2, 0.1, 0.0, -0.3])
    line = before.turned(there, bent(there))
    torch.testing.assert_close(line.at(START), bent(START))
    torch.testing.assert_close(line.at(there), bent(there))
    across = torch.tensor([[1.0, 1.0, 5.0, 1.0]], dtype=torch.float64).expand(2, -1)
    torch.testing.assert_close(line.jacobian @ across[..., None], before.jacobian @ across[..., None])


def test_a_tangent_can_be_taken_for_some_items_and_another_for_the_rest() -> None:
    first, second = LINES_BENT(START, 0.0), LINES_BENT(START + 1, 0.0)
    mixed = first.where(torch.tensor([True, False]), second)
    for name in ("place", "value", "jacobian"):
        assert torch.equal(getattr(mixed, name)[0], getattr(first, name)[0])
        assert torch.equal(getattr(mixed, name)[1], getattr(second, name)[1])


def test_moving_an_entry_of_all_items_at_once_finds_the_same_tangent() -> None:
    clean = torch.linspace(-1, 1, 24, dtype=torch.float64).reshape(2, 3, 4)

    def own(x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x.square().sum(-1), torch.sin(x[..., 0]) * x[..., 3]], dim=-1)

    def whole(numbers: torch.Tensor) -> torch.Tensor:
        return torch.stack([numbers.prod(1).sum(-1), numbers[:, 0, 1] / numbers[:, 1, 0], numbers.sum((1, 2))], dim=-1)

    exact: Tangent = tangent_of(lambda x: whole(own(x)), 3, clean, 0.0)
    found = tangent_by_items(own, whole, 3, clean, 0.0)
    torch.testing.assert_close(found.value, exact.value)
    torch.testing.assert_close(found.jacobian, exact.jacobian, atol=1e-5, rtol=1e-5)
