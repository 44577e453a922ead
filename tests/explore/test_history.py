"""Facts about undo, redo and the tree of what was done."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gen_mix.explore import history as module
from gen_mix.explore.history import History, Scene, Slot, history_from_json, history_to_json
from gen_mix.wishes import Telling

STEPS = st.lists(st.sampled_from(["do", "do", "do", "undo", "redo", "go", "name"]), max_size=40)


def scene(number: int) -> Scene:
    return Scene(
        (Slot(f"s{number}", f"Mix {number}", f"m{number}", "favourite"),),
        (f"lock {number}",),
        told=(Telling("a=bass", "a", "bass", True),),
    )


def walked(steps: list[str]) -> History:
    """Return a history after some steps; the scene of moment n is `scene(n)`."""
    history = History()
    for place, step in enumerate(steps):
        if step == "do":
            history = history.then(f"step {place}", scene(max(history.moments) + 1))
        elif step == "go":
            history = history.go(sorted(history.moments)[place % len(history.moments)])
        elif step == "name":
            history = history.named(f"name {place % 3}")
        else:
            history = history.undo() if step == "undo" else history.redo()
    return history


@given(STEPS)
def test_redo_takes_undo_back(steps: list[str]) -> None:
    history = walked(steps)
    if history.moments[history.here].parent is not None:
        assert history.undo().redo().here == history.here
        assert history.undo().redo().scene == history.scene


@given(STEPS)
def test_undo_takes_a_deed_back_and_loses_nothing(steps: list[str]) -> None:
    before = walked(steps)
    after = before.then("deed", scene(99))
    assert after.undo().scene == before.scene
    assert set(before.moments) < set(after.moments)


@given(STEPS)
def test_every_moment_can_be_gone_to_and_left_again(steps: list[str]) -> None:
    history = walked(steps)
    for moment in history.moments:
        there = history.go(moment)
        assert there.scene == history.moments[moment].scene
        assert there.go(history.here).scene == history.scene
        up = there
        while up.moments[up.here].parent is not None:
            up = up.undo()
        while up.here != moment:  # redo leads back to where one went
            up = up.redo()


@given(STEPS)
def test_a_file_holds_all_of_it(steps: list[str]) -> None:
    history = walked(steps)
    assert history_from_json(json.loads(json.dumps(history_to_json(history)))) == history


@pytest.mark.parametrize("broken", [{}, {"here": 5}, {"moments": []}, {"names": {"a": 77}}, {"ahead": 3}])
def test_a_broken_file_is_said_to_be_one(broken: dict[str, object]) -> None:
    stored = {**history_to_json(walked(["do", "do"])), **broken} if broken else {}
    with pytest.raises((ValueError, KeyError, TypeError)):
        history_from_json(stored)


def test_a_history_has_an_end_at_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MOMENTS", 10)
    history = walked(["do"] * 3 + ["undo"] * 2 + ["do"] * 5 + ["name"] + ["do"] * 30)
    assert len(history.moments) == 10
    assert history.scene == scene(history.here)
    assert set(history.names.values()) <= set(history.moments)
    parents = [moment.parent for moment in history.moments.values()]
    assert parents.count(None) == 1
    assert all(parent is None or parent in history.moments for parent in parents)


def test_mixes_of_one_job_are_one_moment() -> None:
    first = History().then("Mix 1", scene(1))
    both = first.amended(first.here, "Mix 1 to Mix 2", scene(2))
    assert both.scene == scene(2)
    assert both.undo().scene == History().scene
    meanwhile = first.then("moved", scene(3))
    assert meanwhile.amended(first.here, "x", scene(4)).undo().scene == scene(3)
