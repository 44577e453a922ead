import pytest
import torch

from gen_mix.errors import InputError
from gen_mix.training.checkpoints import Checkpoint, load_checkpoint, remove_unfinished, save_checkpoint


def checkpoint(step: int) -> Checkpoint:
    value = torch.arange(5, dtype=torch.float32) + step
    return Checkpoint(
        step, {"model": {"a.b": value}, "optimizer": {"a.b/step": torch.tensor(float(step))}}, {"skips": step}
    )


def save(folder, *steps: int, keep: int = 5):
    return [save_checkpoint(folder, checkpoint(step), keep) for step in steps]


def test_what_is_loaded_is_what_was_saved(tmp_path):
    save(tmp_path, 7)
    found = load_checkpoint(tmp_path)
    assert found.step == 7
    assert found.facts == {"skips": 7}
    assert torch.equal(found.tensors["model"]["a.b"], checkpoint(7).tensors["model"]["a.b"])
    assert found.tensors["optimizer"]["a.b/step"] == 7


def test_the_newest_is_loaded_and_only_the_newest_are_kept(tmp_path):
    save(tmp_path, 9, 10, 100, keep=2)
    assert load_checkpoint(tmp_path).step == 100
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step_00000010", "step_00000100"]


def test_no_checkpoint_is_none(tmp_path):
    assert load_checkpoint(tmp_path / "absent") is None


@pytest.mark.parametrize("name", ["model.safetensors", "optimizer.safetensors", "state.json", "manifest.json"])
@pytest.mark.parametrize("fault", ["flip", "truncate", "remove"])
def test_a_broken_newest_is_passed_over_with_a_warning(tmp_path, capsys, name, fault):
    _, newest = save(tmp_path, 1, 2)
    content = bytearray((newest / name).read_bytes())
    if fault == "flip":
        content[len(content) // 2] ^= 1
        (newest / name).write_bytes(content)
    elif fault == "truncate":
        (newest / name).write_bytes(content[: len(content) // 2])
    else:
        (newest / name).unlink()
    assert load_checkpoint(tmp_path).step == 1
    assert "step_00000002" in capsys.readouterr().err


def test_a_broken_one_can_be_written_again(tmp_path):
    _, newest = save(tmp_path, 1, 2)
    (newest / "model.safetensors").unlink()
    save(tmp_path, 2)
    assert load_checkpoint(tmp_path).step == 2


def test_nothing_but_broken_ones_stop_the_run(tmp_path):
    for path in save(tmp_path, 1, 2):
        (path / "state.json").write_text("{")
    with pytest.raises(InputError, match="expected a whole checkpoint, got 2 broken"):
        load_checkpoint(tmp_path)


def test_unfinished_ones_are_never_loaded(tmp_path):
    save(tmp_path, 1)
    (tmp_path / "step_00000001").rename(tmp_path / "unfinished-00000001")
    assert load_checkpoint(tmp_path) is None
    remove_unfinished(tmp_path)
    assert not list(tmp_path.iterdir())
