import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator
from safetensors.torch import load_file

from gen_mix.errors import InputError
from gen_mix.training.files import locked
from gen_mix.training.loop import train
from tests.training.toy import run_toy, toy_draw, toy_job, toy_state

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}


def same_weights(first, second) -> bool:
    pairs = zip(first.model.state_dict().values(), second.model.state_dict().values(), strict=True)
    averages = zip(first.average.values(), second.average.values(), strict=True)
    return all(torch.equal(a, b) for a, b in (*pairs, *averages))


def test_a_resumed_run_ends_bit_for_bit_where_an_unbroken_one_does(tmp_path):
    unbroken = run_toy(tmp_path / "unbroken")
    job = toy_job(tmp_path / "broken")
    interrupted = toy_state(job.optimizer)

    def stop_at_7(state, scalars):
        if state.step == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(interrupted, replace(job, watch=stop_at_7), Accelerator())
    resumed = run_toy(tmp_path / "broken")
    assert resumed.step == 12
    assert same_weights(unbroken, resumed)


def test_training_changes_the_weights_and_the_average_lags_behind(tmp_path):
    state = run_toy(tmp_path)
    before = toy_state(toy_job(tmp_path).optimizer)
    assert not same_weights(state, before)
    moved = {name: (weight - before.average[name]).norm() for name, weight in state.model.named_parameters()}
    lagged = {name: (state.average[name] - before.average[name]).norm() for name in moved}
    assert sum(lagged.values()) < sum(moved.values())


def test_sigterm_writes_a_checkpoint_and_gives_its_status(tmp_path):
    job = toy_job(tmp_path)
    state = toy_state(job.optimizer)

    def terminate_at_5(now, scalars):
        if now.step == 5:
            os.kill(os.getpid(), signal.SIGTERM)

    assert train(state, replace(job, watch=terminate_at_5), Accelerator()) == 128 + signal.SIGTERM
    assert (job.folder / "step_00000005").is_dir()
    assert same_weights(run_toy(tmp_path), run_toy(tmp_path / "unbroken"))


def test_a_step_without_a_finite_loss_changes_nothing_and_is_counted(tmp_path):
    job = toy_job(tmp_path, steps=4)
    state = toy_state(job.optimizer)
    seen = []

    def poisoned(step, process, processes):
        chunks = toy_draw(step, process, processes)
        if step == 2:
            chunks[0][0].noise[:] = torch.nan
        return chunks

    def remember(now, scalars):
        seen.append({name: weight.clone() for name, weight in now.model.state_dict().items()})

    train(state, replace(job, draw=poisoned, watch=remember), Accelerator())
    assert state.skips == 1
    assert state.skips_in_a_row == 0
    assert all(torch.equal(seen[1][name], seen[2][name]) for name in seen[1])
    assert not all(torch.equal(seen[2][name], seen[3][name]) for name in seen[1])


def test_training_stops_when_the_loss_stays_not_finite(tmp_path):
    job = toy_job(tmp_path, steps=50)

    def poisoned(step, process, processes):
        chunks = toy_draw(step, process, processes)
        chunks[0][0].noise[:] = torch.nan
        return chunks

    job = replace(job, draw=poisoned, optimizer=replace(job.optimizer, most_skips=3))
    with pytest.raises(InputError, match=r"learning_rate: expected a finite loss, got loss nan .* 3 steps in a row"):
        train(toy_state(job.optimizer), job, Accelerator())


def test_other_settings_do_not_resume_a_run(tmp_path):
    run_toy(tmp_path)
    job = replace(toy_job(tmp_path), facts={"seed": 1})
    with pytest.raises(InputError, match="seed: expected 0 as in the run"):
        train(toy_state(job.optimizer), job, Accelerator())


def test_a_folder_belongs_to_one_run(tmp_path):
    with locked(tmp_path), pytest.raises(InputError, match="a run is going on"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def start(folder: Path, steps: int) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")  # imports once, and forks where no thread runs yet
    context.set_forkserver_preload(["tests.training.toy", "torch._dynamo"])
    process = context.Process(target=run_toy, args=(folder, steps))
    process.start()
    return process


def final(folder: Path, steps: int) -> dict[str, torch.Tensor]:
    newest = folder / "checkpoints" / f"step_{steps:08d}"
    return {
        f"{part}/{name}": value
        for part in ("model", "average", "optimizer")
        for name, value in load_file(newest / f"{part}.safetensors").items()
    }


def check_kills(folder: Path, kills: int, steps: int) -> None:
    unbroken = start(folder / "unbroken", steps)
    began = time.monotonic()
    unbroken.join()
    seconds = time.monotonic() - began
    generator = torch.Generator().manual_seed(0)
    for _ in range(kills):
        process = start(folder / "killed", steps)
        process.join(timeout=float(torch.rand((), generator=generator)) * 2 * seconds / kills)
        process.kill()
        process.join()
    finished = start(folder / "killed", steps)
    finished.join()
    assert finished.exitcode == 0
    expected, found = final(folder / "unbroken", steps), final(folder / "killed", steps)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


@pytest.mark.slow
def test_ten_kills_at_random_moments_change_nothing(tmp_path):
    check_kills(tmp_path, kills=10, steps=300)


def test_two_kills_change_nothing(tmp_path):
    check_kills(tmp_path, kills=2, steps=24)


def test_workers_that_draw_ahead_change_nothing(tmp_path):
    job = replace(toy_job(tmp_path / "ahead"), workers=1)
    ahead = toy_state(job.optimizer)
    train(ahead, job, Accelerator())
    assert same_weights(ahead, run_toy(tmp_path / "unbroken"))


@pytest.mark.slow
def test_two_processes_train_to_the_weights_of_one(tmp_path):
    run_toy(tmp_path / "one")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += ["-m", "tests.training.toy", str(tmp_path / "two"), "12"]
    subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=True, capture_output=True, timeout=120)
    one, two = final(tmp_path / "one", 12), final(tmp_path / "two", 12)
    assert all(torch.equal(two[name], value) for name, value in one.items())
