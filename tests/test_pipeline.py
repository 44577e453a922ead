"""Facts about mixing a session, with small networks of random weights."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.embeddings.embedder import EmbedderConfig, TrackEmbedder
from gen_mix.errors import InputError
from gen_mix.mix import Mix
from gen_mix.model.denoiser import Denoiser, DenoiserConfig
from gen_mix.model.sampling import Sampling, seeds_of
from gen_mix.model.space import ModelSpace
from gen_mix.pipeline import MixPipeline
from gen_mix.rendering import render_mix
from gen_mix.sessions.engineers import INTENT, draw_engineers
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.folder import read_session, write_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session


@cache
def session() -> Session:
    """Return a short session of three tracks, one of them stereo."""
    made = instant_session(0, 1, sample_rate=22050, seconds=0.5)
    stereo = replace(made.tracks[0], audio=made.tracks[0].audio[:1].expand(2, -1) * torch.tensor([[1.0], [0.5]]))
    return replace(made, tracks=tuple(replace(track, double_of=None) for track in (stereo, *made.tracks[1:3])))


def network(seed: int, width: int) -> Denoiser:
    """Return a small network in which nothing is left at zero."""
    generator = torch.Generator().manual_seed(seed)
    denoiser = Denoiser(DenoiserConfig(width, len(INTENT), width=16, layers=1, heads=2)).eval()
    with torch.no_grad():
        for parameter in denoiser.parameters():
            parameter.copy_(0.15 * torch.randn(parameter.shape, generator=generator))
    return denoiser


@cache
def pipeline() -> MixPipeline:
    """Return a pipeline whose weights are random and whose space is that of virtual engineers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        embedder = TrackEmbedder(EmbedderConfig(hidden=16, bottleneck=4)).eval()
    facts = facts_of_session(instant_session(0, 0, seconds=0.6)).expand(64)
    space = ModelSpace.fit([draw_engineers(facts, torch.Generator().manual_seed(0))])
    made = MixPipeline(network(1, embedder.width), embedder, space, network(2, embedder.width), "random")
    made.set_progress_bar_config(disable=True)
    return made


@cache
def mixes() -> list[Mix]:
    """Return three mixes."""
    return pipeline()(session(), num_mixes=3)


def same(one: Mix, other: Mix) -> bool:
    """True if two mixes agree to the last bit."""
    return torch.equal(one.audio, other.audio) and torch.equal(one.parameters.normalized, other.parameters.normalized)


def test_a_seed_gives_the_same_mix_alone_among_others_and_again() -> None:
    alone = pipeline()(session(), seeds=[2])
    assert len(alone) == 1
    assert [mix.seed for mix in mixes()] == [0, 1, 2]
    assert same(alone[0], mixes()[2])


def test_seeds_give_different_mixes() -> None:
    assert not any(same(mixes()[0], mix) for mix in mixes()[1:])


def test_mixes_reach_their_loudness_below_their_ceiling() -> None:
    for mix in mixes():
        finished = render_mix(session(), mix.parameters)
        assert mix.audio.isfinite().all()
        assert finished.true_peak_dbtp <= -1.0
        assert finished.loudness_lufs == pytest.approx(-16, abs=0.5)


def test_rendering_from_json_gives_the_same_samples() -> None:
    tracks, mix = session().tracks, mixes()[1]
    settings = settings_of(
        mix.parameters,
        [track.name for track in tracks],
        [track.file for track in tracks],
        [track.staging_gain_db for track in tracks],
    )
    again = parameters_of(json.loads(json.dumps(settings)), [track.is_stereo for track in tracks])
    assert torch.equal(again.normalized, mix.parameters.normalized)
    assert torch.equal(render_mix(session(), again).audio, mix.audio)


def test_labels_and_names_are_not_looked_at() -> None:
    bare = [
        replace(track, name=f"{place}", file=f"{place}.wav", instrument=None, role="normal", double_of=None)
        for place, track in enumerate(session().tracks)
    ]
    assert same(pipeline()(replace(session(), tracks=tuple(bare)), seeds=[2])[0], mixes()[2])


def test_renamed_and_reordered_files_give_the_same_mix(tmp_path: Path) -> None:
    folder = tmp_path / "song"
    write_session(session(), folder)
    first = pipeline()(read_session(folder), seeds=[5])[0]
    (folder / "session.yaml").unlink()
    files = sorted((folder / "tracks").iterdir(), reverse=True)
    for place, file in enumerate(files):
        file.rename(file.with_name(f"a{place}.wav"))
    assert len(files) == 3
    assert same(pipeline()(read_session(folder), seeds=[5])[0], first)


def test_a_silent_track_is_kept_and_the_mix_still_sounds() -> None:
    silent = replace(session().tracks[0], audio=torch.zeros_like(session().tracks[0].audio), staging_gain_db=0.0)
    mix = pipeline()(replace(session(), tracks=(*session().tracks[1:], silent)), seeds=[0])[0]
    assert mix.parameters.mask[0, len(BUS_TOKENS) :].any(-1).tolist() == [True] * len(session().tracks)
    assert mix.audio.isfinite().all()
    assert mix.audio.any()


def test_loading_undoes_saving(tmp_path: Path) -> None:
    pipeline().save_pretrained(tmp_path)
    again = MixPipeline.from_pretrained(tmp_path)
    again.set_progress_bar_config(disable=True)
    assert again.name == "random"
    assert same(again(session(), seeds=[1])[0], mixes()[1])
    condition = again.embed(session())
    answers = [pipe.twin_parameters(condition).normalized for pipe in (again, pipeline())]
    assert torch.allclose(*answers, atol=1e-3), "the twin is stored as float16"


def test_a_seed_is_the_same_mix_on_any_number_of_threads() -> None:
    threads, found = torch.get_num_threads(), []
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            choice = pipeline().choose(session(), pipeline().embed(session()), 3)
            found.append((choice.parameters.normalized, choice.intent))
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(found[0][0], found[1][0])
    assert found[0][1] == found[1][1]


def test_many_seeds_at_once_are_the_seeds_one_by_one() -> None:
    condition = pipeline().embed(session())
    batch = pipeline().sample(condition, [4, 5, 6])
    for row, seed in enumerate([4, 5, 6]):
        one = pipeline().sample(condition, [seed])
        assert torch.allclose(batch.parameters.normalized[row], one.parameters.normalized[0], atol=1e-4)
        assert torch.allclose(batch.intent[row], one.intent[0], atol=1e-3)


def test_padding_changes_no_settings() -> None:
    condition = pipeline().embed(session())
    padded = condition.padded(2)
    short, long = (pipeline().sample(given, [7]).parameters.normalized for given in (condition, padded))
    assert torch.allclose(long[:, : short.shape[1]], short, atol=1e-4)
    assert not long[:, short.shape[1] :].any()


def test_without_guidance_the_tracks_are_not_heard() -> None:
    condition = pipeline().embed(session())
    other = replace(condition, tracks=condition.tracks.flip(1))
    deaf = [pipeline().sample(told, [0], Sampling(guidance_scale=0.0)).intent for told in (condition, other)]
    assert torch.equal(*deaf)
    hearing = [pipeline().sample(told, [0]).intent for told in (condition, other)]
    assert not torch.equal(*hearing)


def test_the_callback_sees_each_step_and_may_change_x() -> None:
    seen: list[tuple[int, float]] = []

    def callback(pipe: MixPipeline, step: int, sigma: float, values: dict[str, Tensor]) -> dict[str, Tensor]:
        seen.append((step, sigma))
        return {"x": torch.full_like(values["x"], 0.25)} if sigma == 0 else values

    mix = pipeline()(session(), seeds=[0], num_inference_steps=3, callback_on_step_end=callback)[0]
    assert [step for step, _ in seen] == [0, 1, 2]
    assert seen[-1][1] == 0.0
    space = pipeline().space
    place = LAYOUT.index(TRACK, "fader_db")
    told = pipeline().embed(session())
    x = torch.full((1, 4 + len(session().tracks), space.width), 0.25)
    fader = space.decode(x, told.is_track, told.is_stereo).parameters.normalized[0, -1, place].item()
    faders = mix.parameters.normalized[0, len(BUS_TOKENS) :, place].tolist()
    assert faders == pytest.approx([fader] * len(session().tracks), abs=1e-4)


def test_generators_give_seeds_that_are_theirs() -> None:
    def made(seed: int) -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    assert seeds_of(3, made(0), None) == seeds_of(3, made(0), None)
    assert len(set(seeds_of(8, made(0), None))) == 8
    assert seeds_of(None, [made(0), made(1)], None) == [seeds_of(1, made(seed), None)[0] for seed in (0, 1)]
    assert seeds_of(None, None, None) == list(range(8))
    source = made(0)
    assert seeds_of(2, source, None) != seeds_of(2, source, None)


@pytest.mark.parametrize(
    ("mixes", "generator", "seeds"),
    [
        (0, None, None),
        (3, None, [1]),
        (None, None, [-1]),
        (None, None, []),
        (1, torch.Generator(), [1]),
        (2, [torch.Generator()], None),
    ],
)
def test_seeds_that_disagree_are_refused(mixes: int, generator: torch.Generator, seeds: list[int]) -> None:
    with pytest.raises(InputError, match="expected"):
        seeds_of(mixes, generator, seeds)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"guidance_scale": -1.0}, {"sampler": "magic"}])
def test_options_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(InputError, match="expected"):
        Sampling(**wrong)


def test_a_model_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        MixPipeline.from_pretrained(tmp_path / "none")
    pipeline().save_pretrained(tmp_path)
    network(3, width=7).save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"expected embeddings of width \d+ in the denoiser, got 7"):
        MixPipeline.from_pretrained(tmp_path)
    pipeline().save_pretrained(tmp_path)
    space = json.loads((tmp_path / "space.json").read_text())
    space["master"][1]["name"] = "eq.wrong"
    (tmp_path / "space.json").write_text(json.dumps(space))
    with pytest.raises(InputError, match=r"expected master 1 to be eq\.low_shelf\.freq_hz .* got eq\.wrong"):
        MixPipeline.from_pretrained(tmp_path)
    pipeline().save_pretrained(tmp_path)
    (tmp_path / "model.json").write_text('{"format": 99, "name": "x"}')
    with pytest.raises(InputError, match="format 1, got 99"):
        MixPipeline.from_pretrained(tmp_path)


def test_a_model_without_a_twin_says_so() -> None:
    whole = pipeline()
    lone = MixPipeline(whole.denoiser, whole.embedder, whole.space)
    with pytest.raises(InputError, match="supervised twin"):
        lone.twin_parameters(lone.embed(session()))


def that_is_told(strength: float) -> MixPipeline:
    """Return the pipeline with a network that can be told the intent, and to which it means as much as `strength`."""
    made = pipeline()
    network = made.denoiser.that_takes_intent().eval()
    with torch.no_grad():
        network.is_intent_told.weight[1] += strength
    return MixPipeline(network, made.embedder, made.space)


def test_settings_follow_from_the_intent_that_was_sampled_first() -> None:
    condition, seeds = pipeline().embed(session()), [3, 4]
    weak, strong = (that_is_told(strength).sample(condition, seeds) for strength in (0.0, 0.5))
    assert torch.equal(weak.intent, strong.intent)
    assert not torch.allclose(weak.parameters.normalized, strong.parameters.normalized, atol=1e-2)
    alone = that_is_told(0.5).sample(condition, [4])
    assert torch.allclose(alone.parameters.normalized, strong.parameters.normalized[1:], atol=1e-4)


def test_the_intent_is_that_of_one_walk() -> None:
    condition = pipeline().embed(session())
    one, both = (made.sample(condition, [3, 4]) for made in (pipeline(), that_is_told(0.5)))
    assert torch.allclose(both.intent, one.intent, atol=1e-5)
    assert not torch.allclose(both.parameters.normalized, one.parameters.normalized, atol=1e-2)
