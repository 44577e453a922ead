import math

import pytest
import torch

from gen_mix.console.layout import LAYOUT
from gen_mix.training.batches import by_size, join
from gen_mix.training.loss import draw_sigmas, place_weights, sigma_weight, squared_error, used_weight
from gen_mix.training.objective import denoising_error, regression_error
from gen_mix.training.settings import LossSettings, OptimizerSettings
from gen_mix.training.state import learning_rate
from tests.training.toy import toy_chunk

EVEN = LossSettings(intent_weight=1, bus_weight=1, pan_weight=1)


@pytest.mark.parametrize("sigma", [0.05, 0.7, 1.0, 12.0])
def test_the_best_denoiser_of_a_standard_normal_has_loss_one_at_every_sigma(sigma):
    generator = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, 400, 30, 50, generator=generator)
    level = torch.full((400,), sigma)
    estimate = (clean + sigma * noise) / (1 + sigma**2)
    mask = torch.ones_like(clean, dtype=torch.bool)
    error = squared_error(estimate, clean, mask, torch.ones(30, 50))
    loss = (sigma_weight(level) * error).sum() / used_weight(mask, torch.ones(30, 50))
    assert float(loss) == pytest.approx(1.0, abs=0.01)


def test_a_perfect_network_has_no_loss():
    batch = toy_chunk(0, 0)
    weights = place_weights(batch.clean, LossSettings())
    assert denoising_error(lambda noisy, sigma, condition, told=None: batch.clean, batch, weights) == 0
    assert regression_error(lambda noisy, sigma, condition, told=None: batch.clean, batch, weights) == 0


def test_the_twin_sees_nothing_of_the_answer():
    batch = toy_chunk(0, 0)
    seen = {}

    def network(noisy, sigma, condition):
        seen.update(noisy=noisy, sigma=sigma)
        return noisy

    regression_error(network, batch, place_weights(batch.clean, EVEN))
    assert not seen["noisy"].any()
    assert len(set(seen["sigma"].tolist())) == 1


def test_the_mean_of_all_mixes_is_the_best_answer_of_the_twin():
    batch = toy_chunk(0, 0, items=1)
    weights = place_weights(batch.clean, EVEN)
    mixes = torch.randn(50, *batch.clean.shape[1:], generator=torch.Generator().manual_seed(0)).masked_fill(
        ~batch.mask, 0
    )

    def loss(answer):
        return squared_error(answer.expand_as(mixes), mixes, batch.mask.expand_as(mixes), weights).sum()

    best = mixes.mean(0).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(best), best)
    assert gradient.abs().max() < 1e-4


def test_padding_never_counts_even_where_it_is_not_a_number():
    clean = torch.zeros(1, 6, 50)
    mask = torch.ones_like(clean, dtype=torch.bool)
    mask[:, 5] = False
    clean[:, 5] = torch.nan
    assert squared_error(torch.ones(1, 6, 50), clean, mask, torch.ones(6, 50)).item() == 5 * 50
    assert used_weight(mask, torch.ones(6, 50)).item() == 5 * 50


def test_weights_are_where_they_belong():
    weights = place_weights(torch.zeros(1, 6, 50), LossSettings(intent_weight=7, bus_weight=5, pan_weight=3))
    assert (weights[0] == 7).all()
    assert (weights[1:4] == 5).all()
    assert (weights[4:, LAYOUT.index("track", "pan")] == 3).all()
    assert weights[4:].sum() == 2 * (50 + 2)


def test_sigmas_are_log_normal():
    drawn = draw_sigmas(20000, LossSettings(), torch.Generator().manual_seed(0)).log()
    assert drawn.mean().item() == pytest.approx(-0.6, abs=0.03)
    assert drawn.std().item() == pytest.approx(1.2, abs=0.03)


def test_the_loss_of_a_batch_does_not_depend_on_how_it_is_divided():
    chunks = [toy_chunk(3, chunk) for chunk in range(4)]

    def network(noisy, sigma, condition, is_intent_told):
        return 0.3 * noisy + condition.tracks.sum(dim=(1, 2))[:, None, None]

    def loss(batches):
        return sum(
            float(denoising_error(network, batch, place_weights(batch.clean, LossSettings()))) for batch in batches
        )

    whole = loss(chunks)
    assert loss([join(chunks)]) == pytest.approx(whole, rel=1e-5)
    assert loss(by_size(join(chunks), 3)) == pytest.approx(whole, rel=1e-5)


def test_micro_batches_hold_every_session_once_and_little_padding():
    joined = join([toy_chunk(5, chunk) for chunk in range(4)])
    parts = by_size(joined, 3)
    assert sorted(s for part in parts for s in part.sigma.tolist()) == sorted(joined.sigma.tolist())
    counts = [part.condition.is_track.sum(1) for part in parts]
    assert torch.equal(torch.cat(counts), torch.cat(counts).sort().values)
    assert all(part.condition.is_track.shape[1] == count.max() for part, count in zip(parts, counts, strict=True))


def test_the_rate_rises_to_its_highest_and_ends_at_zero():
    settings = OptimizerSettings(steps=100, warmup_steps=10, learning_rate=2e-3)
    rates = [learning_rate(step, settings) for step in range(101)]
    assert rates[0] == pytest.approx(2e-4)
    assert max(rates) == rates[10] == pytest.approx(2e-3)
    assert rates[55] == pytest.approx(1e-3)
    assert math.isclose(rates[100], 0, abs_tol=1e-12)


def test_an_intent_that_is_told_has_no_noise_and_no_error():
    batch = toy_chunk(0, 0, 8)
    told = batch.is_intent_told
    assert 0 < told.sum() < 8
    seen = {}

    def network(noisy, sigma, condition, is_intent_told):
        seen["noisy"], seen["told"] = noisy, is_intent_told
        return noisy

    only_intent = place_weights(batch.clean, LossSettings(intent_weight=1, bus_weight=0, pan_weight=0))
    only_intent[1:] = 0
    error = denoising_error(network, batch, only_intent)
    assert torch.equal(seen["noisy"][told, 0], batch.clean[told, 0])
    assert not torch.equal(seen["noisy"][~told, 0], batch.clean[~told, 0])
    assert torch.equal(seen["told"], told)
    expected = sigma_weight(batch.sigma) * (batch.sigma**2) * (batch.noise[:, 0] * batch.mask[:, 0]).square().sum(1)
    assert float(error) == pytest.approx(float(expected[~told].sum()), rel=1e-4)
