"""Facts about the training of a codec, and of the diffusion in it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import Accelerator

from gen_mix.config import load_config
from gen_mix.console.layout import LAYOUT, MASTER, TRACK
from gen_mix.errors import InputError
from gen_mix.evaluation.codec import codec_tables, evaluate_codec, write_codec
from gen_mix.evaluation.codec_axes import TRAITS, slopes, turn_to_traits
from gen_mix.export.mix_file import mix_document
from gen_mix.mix import MixParameters
from gen_mix.model.codec import CodecSpace, MixCodec
from gen_mix.model.codec_network import Reconstruction, gates_of
from gen_mix.model.latent import MixLatent
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.instant import instant_session
from gen_mix.steering.travel import through_latents
from gen_mix.training.codec import CodecSource, first_state
from gen_mix.training.codec_loss import codec_error, heard_of, settings_error
from gen_mix.training.run import run_training
from gen_mix.training.settings import TrainingSettings
from gen_mix.training.sources import open_sources
from gen_mix.wishes import Wishes

TINY = Path(__file__).parents[2] / "configs" / "codec_tiny.yaml"
SMALLER = (
    "data.instant_sessions=4",
    "data.embedder_steps=5",
    "data.space_draws=64",
    "network.width=16",
    "network.heads=2",
    "network.layers=1",
    "optimizer.steps=3",
    "codec.steps=5",
    "codec.batch=8",
    "codec.chunk=8",
    "codec.width=16",
    "codec.heads=2",
    "optimizer.warmup_steps=2",
    "watch.figure_steps=0",
    "watch.validation_sessions=2",
    "watch.validation_mixes=4",
)


def smaller(out: Path, *overrides: str) -> TrainingSettings:
    return load_config(TrainingSettings, TINY, (*SMALLER, f"out={out}", *overrides))


def same_data(finished: Path) -> tuple[str, str]:
    """Return what names the bank and the embedder that a run has made."""
    made = next((finished / "made").iterdir())
    return f"data.bank={made / 'bank.safetensors'}", f"data.embedder={made / 'embedder'}"


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    assert run_training(smaller(out), Accelerator()) == 0
    return out


def engineers(mixes: int = 4) -> MixParameters:
    facts = facts_of_session(instant_session(0, 0)).expand(mixes)
    return LAYOUT.canonical(draw_engineers(facts, torch.Generator().manual_seed(0)).parameters)


def told_exactly(wanted: MixParameters) -> Reconstruction:
    logits = 40 * (2 * wanted.normalized - 1)
    return Reconstruction(torch.where(gates_of(logits), logits, wanted.normalized), torch.zeros(1))


def test_settings_told_exactly_have_no_error_and_others_have() -> None:
    wanted = engineers()
    assert float(settings_error(told_exactly(wanted), wanted)) < 1e-3
    other = MixParameters(wanted.normalized.flip(0), wanted.mask.flip(0))
    assert float(settings_error(told_exactly(other), wanted)) > wanted.mask.any(-1).sum()


def test_a_knob_of_a_processor_that_is_off_does_not_matter() -> None:
    wanted = engineers()
    exact = told_exactly(wanted)
    places = exact.places.clone()
    is_off = wanted.normalized[..., LAYOUT.index(TRACK, "reverb_send.on")] < 0.5
    is_off[:, :3] = False
    level = LAYOUT.index(TRACK, "reverb_send.level_db")
    places[..., level] = torch.where(is_off, 0.9, places[..., level])
    assert is_off.any()
    assert float(settings_error(Reconstruction(places, exact.intent), wanted)) < 1e-3


@pytest.mark.parametrize("kind", [MASTER, TRACK])
@pytest.mark.parametrize("place", [0.0, 1.0, 0.5])
def test_what_is_heard_has_a_finite_gradient_at_the_ends_of_all_knobs(kind: str, place: float) -> None:
    places = torch.full((1, 1, len(LAYOUT.specs(kind))), place, requires_grad=True)
    sum(value.square().sum() for value in heard_of(kind, places).of.values()).backward()
    assert places.grad is not None
    assert places.grad.isfinite().all()


def test_twice_the_fader_in_db_is_twice_as_far() -> None:
    wanted = engineers(1)
    fader = LAYOUT.index(TRACK, "fader_db")

    def error(step_db: float) -> float:
        places = told_exactly(wanted).places.clone()
        places[:, 3:, fader] += step_db / 78
        return float(settings_error(Reconstruction(places, torch.zeros(1)), wanted))

    assert error(-6.0) / error(-3.0) == pytest.approx(2.0, rel=0.15)


def test_a_run_trains_a_codec_and_a_model_in_it_that_mixes(finished: Path) -> None:
    pipe = MixPipeline.from_pretrained(finished / "model")
    assert isinstance(pipe.space, CodecSpace)
    session = instant_session(1, 0)
    pipe.set_progress_bar_config(disable=True)
    mix, again = (pipe(session, num_mixes=1, seeds=[7], num_inference_steps=2)[0] for _ in range(2))
    assert mix.audio.isfinite().all()
    assert mix.audio.abs().max() > 0.01
    assert torch.equal(mix.audio, again.audio)
    document = json.loads(json.dumps(mix_document(session, mix, "codec")))
    files, stereo = zip(*((track.file, track.is_stereo) for track in session.tracks), strict=True)
    latent = MixLatent.from_json(document["latent"], files, stereo)
    decoded = pipe.space.codec.decode(latent)
    assert torch.allclose(decoded.normalized, mix.parameters.normalized, atol=2e-3)


def test_latents_of_engineers_are_standard_and_axes_are_named(finished: Path) -> None:
    space = MixPipeline.from_pretrained(finished / "model").space
    assert isinstance(space, CodecSpace)
    for place, (axis, trait) in enumerate(zip(space.codec.frame.axes, (*TRAITS, "", "", ""), strict=True), start=1):
        assert axis in (trait, f"axis_{place}")
    values = space.codec.encode(engineers(64)).values[:, 0, :8]
    assert values.std(0).mean() == pytest.approx(1.0, abs=0.7)


def test_a_codec_is_trained_once_and_can_be_taken_elsewhere(finished: Path, tmp_path: Path) -> None:
    weights = finished / "codec" / "weights"
    before = (weights / "codec.safetensors").stat().st_mtime_ns
    assert run_training(smaller(finished, "objective=regression"), Accelerator()) == 0
    assert (weights / "codec.safetensors").stat().st_mtime_ns == before
    assert MixPipeline.from_pretrained(finished / "model").twin is not None
    assert run_training(smaller(tmp_path, *same_data(finished), f"codec.start_from={weights}"), Accelerator()) == 0
    assert not (tmp_path / "codec").exists()
    spaces = [MixPipeline.from_pretrained(out / "model").space for out in (finished, tmp_path)]
    assert spaces[0].to_json() == spaces[1].to_json()


def test_wishes_for_settings_are_refused_in_one_line(finished: Path) -> None:
    pipe = MixPipeline.from_pretrained(finished / "model")
    session = instant_session(1, 0)
    with pytest.raises(InputError, match="wishes: expected a model that diffuses settings"):
        pipe.steer(session, pipe.embed(session), Wishes())


def test_a_model_over_settings_is_not_trained_further_as_one_over_latents(finished: Path, tmp_path: Path) -> None:
    begun = smaller(tmp_path, *same_data(finished), f"start_from={finished / 'model'}", "space=settings")
    with pytest.raises(InputError, match="space: expected that of the model"):
        run_training(begun, Accelerator())


def test_a_report_says_what_is_kept_and_what_axes_move(finished: Path, tmp_path: Path) -> None:
    space = MixPipeline.from_pretrained(finished / "model").space
    assert isinstance(space, CodecSpace)
    report = evaluate_codec([instant_session(3, 0), instant_session(3, 1)], space.codec, samples=4)
    assert report["errors"]["level"]["mean"] > 0
    assert 0 < report["switches_kept"] <= 1
    assert all(0 <= axis["share"] <= 1 for axis in report["axes"]["axes"].values())
    write_codec(report, tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == report
    assert "| brightness |" in codec_tables(report)


def test_a_step_along_a_named_axis_moves_its_trait_alone(generator: torch.Generator) -> None:
    rise = torch.randn(5, 8, generator=generator) * torch.tensor([[3.0], [0.1], [2.0], [1.0], [5.0]])
    turn = turn_to_traits(rise)
    moved = rise @ torch.linalg.inv(turn)
    assert torch.allclose(moved[:, :5], torch.diag(rise.norm(dim=1)), atol=1e-4)
    assert torch.allclose(moved[:, 5:], torch.zeros(5, 3), atol=1e-4)
    assert torch.allclose(turn.norm(dim=1), torch.ones(8), atol=1e-5)


def test_training_brings_settings_nearer(finished: Path) -> None:
    settings = smaller(finished, *same_data(finished))
    sources = open_sources(settings.data, settings.seed, finished, Accelerator())
    state = first_state(settings)
    batch = CodecSource(sources.training, replace(settings.data, batch=8, chunk=8), 0).chunk(0, 0)
    errors = []
    for _ in range(25):
        error = codec_error(state.model, batch, torch.ones(()))
        error.backward()
        state.optimizer.step()
        state.optimizer.zero_grad()
        errors.append(error.item())
    assert errors[-1] < 0.7 * errors[0]


def test_the_packaged_codec_keeps_faders_pans_and_tone() -> None:
    codec, wanted = MixCodec.from_pretrained(), engineers(64)
    decoded = codec.decode(codec.encode(wanted))
    came, went = (heard_of(TRACK, one.normalized[:, 3:, : len(LAYOUT.specs(TRACK))]).of for one in (wanted, decoded))
    most = {"fader_db": 1.0, "pan": 0.03, "response_db": 1.0, "gain_reduction_db": 0.5, "reverb_db": 1.5}
    for name, limit in most.items():
        assert (came[name] - went[name]).abs().mean() < limit, name


def test_named_axes_of_the_packaged_codec_move_what_they_say() -> None:
    codec = MixCodec.from_pretrained()
    facts = facts_of_session(instant_session(0, 0))
    rise = slopes(codec, [facts], 16, torch.Generator().manual_seed(0)).rise
    for name in ("brightness", "dryness", "density"):
        assert int(rise[:, codec.frame.axes.index(name)].argmax()) == TRAITS.index(name), name


def test_a_way_through_latents_begins_and_ends_at_the_mixes() -> None:
    codec, mixes = MixCodec.from_pretrained(), engineers(2)
    way = through_latents(mixes[0], mixes[1], [0.0, 0.25, 0.5, 1.0], codec)
    assert torch.equal(way[0].normalized, mixes[0].normalized)
    assert torch.equal(way[-1].normalized, mixes[1].normalized)
    fader = LAYOUT.index(TRACK, "fader_db")
    faders = torch.stack([one.normalized[0, 3:, fader] for one in way])
    far = (faders[0] - faders[-1]).abs() > 0.05
    assert far.any()
    assert ((faders[2] - faders[0]).abs() + (faders[2] - faders[-1]).abs())[far].sum() < 1.3 * (
        faders[0] - faders[-1]
    ).abs()[far].sum()


def test_a_chunk_is_a_function_of_its_place_alone(finished: Path) -> None:
    settings = smaller(finished, *same_data(finished))
    bank = open_sources(settings.data, settings.seed, finished, Accelerator()).training
    source = CodecSource(bank, settings.data, 0)
    [[first], [second]] = source.draw(3)
    [[alone]] = source.draw(3, process=1, processes=2)
    assert torch.equal(alone.clean, second.clean)
    assert torch.equal(alone.noise, second.noise)
    assert not torch.equal(first.clean, second.clean[:, : first.clean.shape[1]])
