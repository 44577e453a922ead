import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from gen_mix.config import load_config
from gen_mix.embeddings.bank import draw_sessions
from gen_mix.errors import InputError
from gen_mix.mix import NOT_TOLD
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.instant import instant_session
from gen_mix.training.data import DataSource
from gen_mix.training.run import check_processes, fit_space, run_training
from gen_mix.training.settings import DataSettings, TrainingSettings
from gen_mix.training.sources import open_sources

TINY = Path(__file__).parents[2] / "configs" / "tiny.yaml"
SMALLER = (
    "data.instant_sessions=6",
    "data.embedder_steps=20",
    "data.space_draws=64",
    "network.width=16",
    "network.heads=2",
    "network.layers=1",
    "optimizer.steps=3",
    "watch.validation_sessions=2",
    "watch.validation_mixes=4",
)


def smaller(out: Path, *overrides: str) -> TrainingSettings:
    return load_config(TrainingSettings, TINY, (*SMALLER, f"out={out}", *overrides))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    for objective in ("regression", "diffusion"):
        assert run_training(smaller(out, f"objective={objective}"), Accelerator()) == 0
    return out


@pytest.fixture(scope="module")
def source(finished) -> DataSource:
    settings = smaller(finished)
    sources = open_sources(settings.data, settings.seed, finished, Accelerator())
    space = fit_space(sources.training, settings.data, settings.seed)
    return DataSource(sources.training, sources.embedder, space, settings.data, settings.loss, settings.seed)


def test_a_finished_run_leaves_a_model_with_its_twin_that_mixes(finished):
    pipe = MixPipeline.from_pretrained(finished / "model")
    session = instant_session(1, 0)
    condition = pipe.embed(session)
    assert pipe.sample(condition, [1, 2]).parameters.normalized.isfinite().all()
    assert pipe.twin_parameters(condition).normalized.isfinite().all()


def test_a_finished_run_is_judged_and_pictured(finished):
    history = json.loads((finished / "diffusion" / "validation.json").read_text())
    assert [entry["step"] for entry in history] == [3]
    assert history[0]["energy_ratio"] > 0
    assert (finished / "diffusion" / "figures" / "settings_00000003.png").stat().st_size > 10_000


def test_a_model_is_trained_further_from_its_own_weights_ears_and_space(finished, tmp_path):
    begun = finished / "model"
    further = smaller(tmp_path, f"start_from={begun}", "optimizer.learning_rate=1e-12", "network.width=8", "seed=5")
    assert run_training(further, Accelerator()) == 0
    before, after = MixPipeline.from_pretrained(begun), MixPipeline.from_pretrained(tmp_path / "model")
    assert after.embedder.fingerprint == before.embedder.fingerprint
    assert torch.equal(after.space.knots, before.space.knots)
    for name, weights in before.denoiser.state_dict().items():
        assert torch.allclose(after.denoiser.state_dict()[name], weights, atol=1e-6), name


def test_ears_can_be_trained_further_too(finished, tmp_path):
    begun = finished / "model"
    further = smaller(tmp_path, f"start_from={begun}", f"data.embedder_from={begun}", "optimizer.learning_rate=1e-12")
    assert run_training(further, Accelerator()) == 0
    before, after = (MixPipeline.from_pretrained(folder).embedder for folder in (begun, tmp_path / "model"))
    assert after.fingerprint != before.fingerprint
    assert torch.equal(after.feature_mean, before.feature_mean)
    moved = (after.head.weight - before.head.weight).norm() / before.head.weight.norm()
    assert 0 < moved < 0.3


def test_the_same_command_again_changes_nothing(finished):
    weights = finished / "diffusion" / "weights" / "network.safetensors"
    before = weights.read_bytes()
    assert run_training(smaller(finished), Accelerator()) == 0
    assert weights.read_bytes() == before


def test_other_settings_in_the_same_folder_are_refused(finished):
    with pytest.raises(InputError, match=r"loss\.pan_weight: expected 2\.0 as in the run in .*, got 9\.0"):
        run_training(smaller(finished, "loss.pan_weight=9"), Accelerator())


def test_the_batch_does_not_depend_on_the_number_of_processes(source):
    whole = source.draw(5)
    halves = [chunk for process in (0, 1) for chunk in source.draw(5, process, 2)]
    for chunk, other in zip(whole, halves, strict=True):
        for batch, same in zip(chunk, other, strict=True):
            assert torch.equal(batch.clean, same.clean)
            assert torch.equal(batch.noise, same.noise)
            assert torch.equal(batch.condition.tracks, same.condition.tracks)


def test_every_step_has_data_of_its_own_and_always_the_same(source):
    first, again, next_one = (source.chunk(step, 0) for step in (3, 3, 4))
    assert torch.equal(first.clean, again.clean)
    assert torch.equal(first.noise, again.noise)
    assert not torch.equal(first.sigma, next_one.sigma)


def test_conditions_are_dropped_as_often_as_asked(source):
    source = replace(source, data=replace(source.data, chunk=2000, batch=2000, drop_tracks=0.25, tell_labels=0.4))
    condition = source.chunk(0, 0).condition
    told = ((condition.label >= 0) == condition.is_track).all(1)
    untold = (condition.label < 0).all(1)
    assert (told | untold).all()
    assert float(told.float().mean()) == pytest.approx(0.4, abs=0.04)
    assert float(condition.has_tracks.float().mean()) == pytest.approx(0.75, abs=0.04)


def test_what_is_diffused_has_mean_zero_and_variance_one(source):
    values = torch.cat([chunk.clean[chunk.mask] for chunk in (source.chunk(step, 0) for step in range(20))])
    assert float(values.mean()) == pytest.approx(0, abs=0.2)  # switches are -1 or 1, more often off
    assert float(values.var()) == pytest.approx(1, abs=0.1)


def test_processes_that_cannot_share_a_batch_are_refused():
    with pytest.raises(InputError, match=r"data\.chunk: expected 3 processes"):
        check_processes(TrainingSettings(out="x").data, 3)


def test_tracks_sound_of_other_timbres_and_measure_as_they_do(source):
    sessions = draw_sessions(source.bank, 8, torch.Generator().manual_seed(0))
    plain, other = source.condition(sessions), source.condition(sessions, torch.Generator().manual_seed(1))
    heard = source.embedder.width - source.embedder.measured
    assert torch.equal(plain.tracks[..., heard:], other.tracks[..., heard:])
    changed = (plain.tracks - other.tracks)[..., :heard].abs().amax(-1)
    assert (changed[plain.is_track] > 0.01).all()


def test_all_labels_are_told_or_none(source):
    source = replace(source, data=replace(source.data, chunk=64, batch=64, tell_labels=0.5))
    condition = source.chunk(0, 0).condition
    is_told = condition.label != NOT_TOLD
    assert is_told.any()
    assert torch.equal(is_told, condition.is_lead != NOT_TOLD)
    assert torch.equal(is_told, condition.double_of != NOT_TOLD)


def test_some_tracks_are_named_as_a_person_names_them(source):
    source = replace(source, data=replace(source.data, chunk=2000, batch=2000, tell_labels=0.3, name_tracks=0.5))
    condition = source.chunk(0, 0).condition
    is_named = (condition.label != NOT_TOLD) & (condition.double_of == NOT_TOLD)
    assert float(is_named.any(1).float().mean()) == pytest.approx(0.42, abs=0.05)  # half; in some no track is named
    assert not bool(is_named[~condition.is_track].any())
    is_ranked = condition.is_lead[is_named] != NOT_TOLD
    assert float(is_ranked.float().mean()) == pytest.approx(0.5, abs=0.05)
    is_untold = condition.label == NOT_TOLD
    assert bool((condition.is_lead[is_untold] == NOT_TOLD).all())


def test_more_than_all_sessions_cannot_be_told():
    with pytest.raises(ValueError, match=r"data\.name_tracks: expected 0 to 0\.25"):
        DataSettings(tell_labels=0.75, name_tracks=0.5)
