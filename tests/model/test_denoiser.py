"""Facts about the network."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.mix import NOT_TOLD, MixCondition
from gen_mix.model.denoiser import Denoiser, DenoiserConfig
from gen_mix.model.space import space_mask, space_width

CONFIG = DenoiserConfig(condition_width=10, intents=5, width=32, layers=2, heads=4, measured=3)


def made(config: DenoiserConfig = CONFIG, seed: int = 0) -> Denoiser:
    """Return a network in which nothing is left at zero."""
    generator = torch.Generator().manual_seed(seed)
    model = Denoiser(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return model


def conditioned(batch: int, tracks: int, seed: int = 1) -> MixCondition:
    """Return tracks with random embeddings, some stereo; of every other item, all labels are told."""
    generator = torch.Generator().manual_seed(seed)
    heard = MixCondition.heard(
        torch.randn(batch, tracks, CONFIG.condition_width, generator=generator),
        torch.ones(batch, tracks, dtype=torch.bool),
        torch.rand(batch, tracks, generator=generator) < 0.5,
    )
    partner = torch.arange(tracks).flip(0).expand(batch, -1)
    is_told = torch.arange(batch)[:, None] % 2 == 0
    return replace(
        heard,
        label=torch.where(is_told, torch.randint(CONFIG.instruments, (batch, tracks), generator=generator), NOT_TOLD),
        is_lead=torch.where(is_told, (torch.arange(tracks) == 1).long(), NOT_TOLD),
        double_of=torch.where(is_told, torch.where(partner == torch.arange(tracks), -1, partner), NOT_TOLD),
    )


def noisy(batch: int, tracks: int, seed: int = 2) -> Tensor:
    """Return a random x."""
    shape = (batch, 4 + tracks, space_width(CONFIG.intents))
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


MODEL = made()


def permuted(condition: MixCondition, order: list[int]) -> MixCondition:
    """Return the condition with its tracks in another order."""
    place = torch.tensor([order.index(track) for track in range(len(order))])
    double = condition.double_of
    moved = condition.map(lambda value: value[:, order] if value.ndim > 1 else value)
    return replace(moved, double_of=torch.where(double >= 0, place[double.clamp_min(0)], double)[:, order])


def test_permuted_tracks_permute_the_answer() -> None:
    x, sigma, condition, order = noisy(3, 6), torch.tensor([0.1, 1.0, 10.0]), conditioned(3, 6), [3, 0, 5, 1, 2, 4]
    tokens = [0, 1, 2, 3, *(4 + place for place in order)]
    answer = MODEL(x, sigma, condition)[:, tokens]
    assert torch.allclose(MODEL(x[:, tokens], sigma, permuted(condition, order)), answer, atol=1e-5)


def test_padding_is_never_seen() -> None:
    x, sigma, condition = noisy(2, 6), torch.tensor([0.3, 3.0]), conditioned(2, 6)
    is_track = condition.is_track.clone()
    is_track[:, 4:] = False
    answer = MODEL(x, sigma, replace(condition, is_track=is_track))
    short = replace(condition, is_track=is_track).first(4)
    assert torch.allclose(answer[:, :8], MODEL(x[:, :8], sigma, short), atol=1e-5)
    assert not answer[:, 8:].any()


def test_unused_places_are_neither_read_nor_answered() -> None:
    x, sigma, condition = noisy(2, 5), torch.tensor([0.3, 3.0]), conditioned(2, 5)
    mask = space_mask(condition.is_track, condition.is_stereo, CONFIG.intents)
    answer = MODEL(x, sigma, condition)
    assert torch.equal(MODEL(x.masked_fill(~mask, torch.nan), sigma, condition), answer)
    assert not answer[~mask].any()


def test_every_track_and_every_bus_hears_every_track() -> None:
    x, sigma, condition = noisy(1, 4), torch.ones(1), conditioned(1, 4)
    tracks = condition.tracks.clone()
    tracks[:, 2] += torch.randn(CONFIG.condition_width, generator=torch.Generator().manual_seed(3))
    changed = MODEL(x, sigma, condition) - MODEL(x, sigma, replace(condition, tracks=tracks))
    assert (changed.abs().amax(-1) > 1e-6).all()


def test_dropped_embeddings_change_nothing_but_their_flag_does() -> None:
    x, sigma, condition = noisy(1, 4), torch.ones(1), conditioned(1, 4)
    dropped = replace(condition, has_tracks=torch.zeros(1, dtype=torch.bool))
    other = replace(dropped, tracks=torch.full_like(condition.tracks, 7.0))
    assert torch.equal(MODEL(x, sigma, dropped), MODEL(x, sigma, other))
    assert not torch.allclose(MODEL(x, sigma, dropped), MODEL(x, sigma, condition))


def test_labels_stand_in_for_all_that_is_heard_but_not_for_measurements() -> None:
    x, sigma, condition = noisy(1, 4), torch.ones(1), conditioned(1, 4)
    heard = CONFIG.condition_width - CONFIG.measured
    for place, is_read in [(0, False), (heard - 1, False), (heard, True)]:
        tracks = condition.tracks.clone()
        tracks[:, 0, place] += 1.0
        changed = MODEL(x, sigma, replace(condition, tracks=tracks)) - MODEL(x, sigma, condition)
        assert bool(changed.any()) is is_read


@pytest.mark.parametrize("label", ["label", "is_lead", "double_of"])
def test_every_label_is_read(label: str) -> None:
    x, sigma, condition = noisy(1, 4), torch.ones(1), conditioned(1, 4)
    other = replace(condition, **{label: (getattr(condition, label) + 1) % 2})
    assert not torch.allclose(MODEL(x, sigma, other), MODEL(x, sigma, condition), atol=1e-4)


def test_an_untold_condition_is_neither_heard_nor_told() -> None:
    x, sigma, condition = noisy(2, 4), torch.ones(2), conditioned(2, 4)
    other = replace(conditioned(2, 4, seed=9), is_stereo=condition.is_stereo)
    assert torch.equal(MODEL(x, sigma, condition.untold()), MODEL(x, sigma, other.untold()))


def test_an_item_does_not_depend_on_its_batch() -> None:
    x, sigma, condition = noisy(3, 5), torch.tensor([0.1, 1.0, 10.0]), conditioned(3, 5)
    second = condition.map(lambda value: value[1:2])
    alone = MODEL(x[1:2], sigma[1:2], second)
    assert torch.allclose(MODEL(x, sigma, condition)[1:2], alone, atol=1e-5)


@pytest.mark.parametrize("sigma", [1e-5, 1e-2, 1.0, 80.0, 1e5])
def test_answer_and_gradient_are_finite_at_every_level(sigma: float) -> None:
    model, condition = made(), conditioned(2, 3)
    x = noisy(2, 3) * (1 + sigma)
    answer = model(x, torch.full((2,), sigma), condition)
    answer.square().sum().backward()
    assert answer.isfinite().all()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


def test_almost_clean_x_is_returned() -> None:
    x, condition = noisy(2, 3), conditioned(2, 3)
    mask = space_mask(condition.is_track, condition.is_stereo, CONFIG.intents)
    answer = MODEL(x, torch.full((2,), 1e-6), condition)
    assert torch.allclose(answer, x.masked_fill(~mask, 0), atol=1e-4)


def test_an_untrained_network_knows_that_data_is_standard_normal() -> None:
    x, sigma, condition = noisy(2, 3), torch.tensor([0.5, 2.0]), conditioned(2, 3)
    mask = space_mask(condition.is_track, condition.is_stereo, CONFIG.intents)
    expected = x / (1 + sigma**2)[:, None, None]
    assert torch.allclose(Denoiser(CONFIG)(x, sigma, condition), expected.masked_fill(~mask, 0), atol=1e-6)


def test_default_size_is_about_two_million() -> None:
    count = Denoiser(DenoiserConfig(condition_width=64, intents=38)).parameter_count
    assert 1_200_000 < count < 2_100_000


def test_loading_undoes_saving(tmp_path: Path) -> None:
    MODEL.save_pretrained(tmp_path, "twin")
    again = Denoiser.from_pretrained(tmp_path, "twin")
    x, sigma, condition = noisy(2, 3), torch.tensor([0.5, 2.0]), conditioned(2, 3)
    assert again.config == CONFIG
    assert torch.equal(again(x, sigma, condition), MODEL(x, sigma, condition))


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    MODEL.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "denoiser.json").read_text())
    (tmp_path / "denoiser.json").write_text(json.dumps({**config, "condition_width": 11}))
    with pytest.raises(InputError, match=r"expected listen.0.weight \(64, 11\), got \(64, 10\)"):
        Denoiser.from_pretrained(tmp_path)
    MODEL.save_pretrained(tmp_path)
    state = load_file(tmp_path / "denoiser.safetensors")
    del state["unheard"]
    save_file(state, tmp_path / "denoiser.safetensors")
    with pytest.raises(InputError, match=r"expected unheard \(32,\), got nothing"):
        Denoiser.from_pretrained(tmp_path)


def test_missing_and_broken_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="configuration of a denoiser"):
        Denoiser.from_pretrained(tmp_path)
    MODEL.save_pretrained(tmp_path)
    (tmp_path / "denoiser.safetensors").write_bytes(b"not weights")
    with pytest.raises(InputError, match="expected weights in safetensors"):
        Denoiser.from_pretrained(tmp_path)


TELLABLE = made(replace(CONFIG, takes_intent=True))


def test_an_intent_that_is_told_stays_as_it_is() -> None:
    x, sigma, condition = noisy(3, 4), torch.tensor([0.05, 1.0, 20.0]), conditioned(3, 4)
    is_told = torch.tensor([True, False, True])
    answer = TELLABLE(x, sigma, condition, is_told)
    used = space_mask(condition.is_track, condition.is_stereo, CONFIG.intents)[:, 0]
    assert torch.equal(answer[is_told, 0], x[is_told, 0].masked_fill(~used[is_told], 0))
    assert torch.equal(answer[1], TELLABLE(x, sigma, condition)[1])
    assert not torch.allclose(answer[0, 1:], TELLABLE(x, sigma, condition)[0, 1:], atol=1e-3)


def test_settings_follow_from_an_intent_that_is_told() -> None:
    x, sigma, condition = noisy(2, 4), torch.full((2,), 2000.0), conditioned(2, 4)
    other = x.clone()
    other[:, 0, 0] += 2.0
    told = torch.ones(2, dtype=torch.bool)
    moved_told = (TELLABLE(x, sigma, condition, told) - TELLABLE(other, sigma, condition, told))[:, 1:].abs().mean()
    moved = (TELLABLE(x, sigma, condition) - TELLABLE(other, sigma, condition))[:, 1:].abs().mean()
    assert moved_told > 3 * moved  # at that level, 2 more in a noisy intent tell next to nothing


def test_a_network_that_takes_an_intent_begins_as_it_was() -> None:
    x, sigma, condition = noisy(3, 4), torch.tensor([0.1, 1.0, 10.0]), conditioned(3, 4)
    assert torch.equal(MODEL.that_takes_intent()(x, sigma, condition), MODEL(x, sigma, condition))


def test_who_plays_one_part_is_heard_where_it_is_not_told() -> None:
    x, sigma, condition = noisy(1, 4), torch.ones(1), conditioned(1, 4)
    named = replace(condition, double_of=torch.full_like(condition.double_of, NOT_TOLD))
    tracks = named.tracks.clone()
    tracks[:, 0, 0] += 1.0  # hidden behind a name, were it not for its likeness to others
    assert not torch.equal(MODEL(x, sigma, replace(named, tracks=tracks)), MODEL(x, sigma, named))
