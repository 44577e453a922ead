"""Data preparation: whole files, restart, broken sessions, and the same bank from any number of processes."""

from pathlib import Path

import pytest
import torch

from gen_mix.embeddings.bank import TrackBank
from gen_mix.errors import InputError
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session
from gen_mix.training import prepare as preparation
from gen_mix.training.prepare import load_bank, prepare


def short_session(seed: int, index: int) -> Session:
    if index == 3:
        raise ValueError("session 3 cannot be made")
    return instant_session(seed, index, seconds=0.5)


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "SESSIONS_PER_FILE", 2)
    monkeypatch.setattr(preparation, "instant_session", short_session)


def same(one: TrackBank, other: TrackBank) -> bool:
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in ("features", "session", "double_of"))


def test_a_broken_session_is_left_out_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bank = prepare(None, 0, 5, tmp_path, copies=1)
    assert bank.sessions == 4
    assert "left out: session 3: ValueError: session 3 cannot be made" in "".join(capsys.readouterr())
    assert same(bank, load_bank(tmp_path))


def test_what_is_done_is_not_done_again_and_what_is_missing_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = prepare(None, 0, 5, tmp_path, copies=1)
    (tmp_path / "tracks_00000.safetensors").unlink()
    made: list[int] = []

    def counted(seed: int, index: int) -> Session:
        made.append(index)
        return short_session(seed, index)

    monkeypatch.setattr(preparation, "instant_session", counted)
    assert same(prepare(None, 0, 5, tmp_path, copies=1), bank)
    assert made == [0, 1]
    assert prepare(None, 0, 6, tmp_path, copies=1).sessions == 5
    assert made == [0, 1, 4, 5]


def test_a_folder_keeps_one_bank(tmp_path: Path) -> None:
    prepare(None, 0, 1, tmp_path, copies=1)
    for seed, copies in ((1, 1), (0, 2)):
        with pytest.raises(InputError, match="expected the settings that were asked for"):
            prepare(None, seed, 1, tmp_path, copies=copies)


def test_if_nothing_can_be_made_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparation, "instant_session", lambda seed, index: short_session(seed, 3))
    with pytest.raises(InputError, match="session 3 cannot be made"):
        prepare(None, 0, 2, tmp_path, copies=1)
    assert not list(tmp_path.glob("*.safetensors"))


def test_numbers_are_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected count"):
        prepare(None, 0, 0, tmp_path)


@pytest.mark.slow
def test_any_number_of_processes_makes_the_same_bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    one, two = (prepare(None, 0, 17, tmp_path / str(workers), copies=2, workers=workers) for workers in (1, 2))
    assert same(one, two)
