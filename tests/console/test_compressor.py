import numpy as np
import pytest
import torch
from dasp_pytorch.functional import compressor as dasp_compressor

from gen_mix.console.compressor import compress, compressor_gain_db, level_db, static_gain_db
from gen_mix.console.recursions import smooth_gain
from tests.console.desk import RATE, knobs


def _tensors(*values: float) -> list[torch.Tensor]:
    return [torch.tensor(value, dtype=torch.float64) for value in values]


def _loop(level: np.ndarray, threshold: float, ratio: float, attack_ms: float, release_ms: float, knee: float):
    """Return the gain, sample by sample, as the textbook writes it."""
    attack, release = (np.exp(-np.log(9) / (RATE * ms / 1000)) for ms in (attack_ms, release_ms))
    gains, gain = [], 0.0
    for value in level:
        over = value - threshold
        if 2 * over < -knee:
            out = value
        elif knee > 0 and 2 * abs(over) <= knee:
            out = value + (1 / ratio - 1) * (over + knee / 2) ** 2 / (2 * knee)
        else:
            out = threshold + over / ratio
        target = out - value
        pole = attack if target < gain else release
        gain = pole * gain + (1 - pole) * target
        gains.append(gain)
    return np.array(gains)


def _drums(generator: torch.Generator, samples: int = 12000) -> torch.Tensor:
    hits = torch.exp(-torch.arange(samples) % 3000 / 400.0)
    return 0.8 * hits * torch.randn(2, samples, generator=generator).clamp(-1, 1)


@pytest.mark.parametrize("knee", [0.0, 6.0, 18.0])
@pytest.mark.parametrize(("attack_ms", "release_ms"), [(0.1, 500.0), (5.0, 80.0), (30.0, 5.0), (200.0, 2000.0)])
def test_the_gain_is_that_of_a_plain_loop(
    attack_ms: float, release_ms: float, knee: float, generator: torch.Generator
) -> None:
    level = level_db(_drums(generator))
    settings = (-30.0, 4.0, attack_ms, release_ms, knee)
    expected = _loop(level.double().numpy(), *settings)
    ours = compressor_gain_db(level, *_tensors(*settings), RATE)
    assert expected.min() < -3
    assert np.abs(ours.numpy() - expected).max() < 0.01


def test_a_steady_level_ends_on_the_static_curve() -> None:
    levels = torch.arange(-60.0, 1.0, 3.0, dtype=torch.float64)
    steady = levels[:, None].expand(-1, RATE)
    settings = torch.tensor([-24.0, 4.0, 5.0, 50.0, 6.0], dtype=torch.float64)[:, None].expand(-1, len(levels))
    gain = compressor_gain_db(steady, *settings, RATE)
    curve = static_gain_db(levels, *_tensors(-24.0, 4.0, 6.0))
    torch.testing.assert_close(gain[:, -1], curve, atol=1e-6, rtol=0)
    assert curve[levels < -27].abs().max() == 0
    assert curve[-1] == pytest.approx(-24 * 0.75)


def test_attack_and_release_take_their_times_from_10_to_90_percent() -> None:
    loud, silent = torch.zeros(RATE, dtype=torch.float64), torch.full((2 * RATE,), -100.0, dtype=torch.float64)
    gain = compressor_gain_db(torch.cat([loud, silent]), *_tensors(-20.0, 2.0, 30.0, 200.0, 0.0), RATE)
    falling, rising = gain[:RATE] / -10, gain[RATE:] / -10
    attack = int((falling < 0.9).sum() - (falling < 0.1).sum())
    release = int((rising > 0.1).sum() - (rising > 0.9).sum())
    assert attack == pytest.approx(0.030 * RATE, abs=2)
    assert release == pytest.approx(0.200 * RATE, abs=2)


def test_it_is_dasps_where_release_equals_attack(generator: torch.Generator) -> None:
    audio = _drums(generator)[:1]
    expected = dasp_compressor(
        audio[None].double(),
        RATE,
        *(torch.tensor([v], dtype=torch.float64) for v in (-30.0, 4.0, 20.0, 20.0, 6.0, 0.0)),
    )
    strip = knobs(
        "track",
        {
            "compressor.on": 1,
            "compressor.threshold_db": -30,
            "compressor.ratio": 4,
            "compressor.attack_ms": 20,
            "compressor.release_ms": 20,
            "compressor.knee_db": 6,
        },
    )
    ours = compress(audio, strip, RATE)
    loud = audio[0].abs() > 1e-3
    ratio = (ours[0].double() / expected[0, 0])[loud]
    assert (20 * ratio.log10()).abs().max() < 0.01


def test_both_channels_follow_the_louder_one(generator: torch.Generator) -> None:
    audio = _drums(generator)
    audio[1] = -0.5 * audio[0]
    strip = knobs("track", {"compressor.on": 1, "compressor.threshold_db": -40, "compressor.ratio": 10})
    both, alone = compress(audio, strip, RATE), compress(audio[:1], strip, RATE)
    torch.testing.assert_close(both[0], alone[0])
    torch.testing.assert_close(both[1], -0.5 * both[0])


def test_gradients_are_slopes_at_the_kinks() -> None:
    level = torch.tensor([-50.0, -30.0, -23.9, -10.0, 0.0, -40.0], dtype=torch.float64, requires_grad=True)
    for ratio, knee in ((1.0001, 0.0), (4.0, 0.0), (1.0001, 6.0), (20.0, 18.0)):
        settings = [value.requires_grad_() for value in _tensors(-24.0, ratio, 0.5, 3.0, knee)]
        assert torch.autograd.gradcheck(lambda *all_: compressor_gain_db(*all_, 8000), (level, *settings))


def test_gradients_are_finite_at_ratio_1_and_a_hard_knee_on_the_threshold() -> None:
    level = torch.full((10,), -24.0, dtype=torch.float64, requires_grad=True)
    settings = [value.requires_grad_() for value in _tensors(-24.0, 1.0, 0.5, 3.0, 0.0)]
    compressor_gain_db(level, *settings, 8000).sum().backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in (level, *settings))


def test_gains_of_a_batch_are_those_of_its_rows(generator: torch.Generator) -> None:
    target = -20 * torch.rand(3, 4, 200, generator=generator)
    attack, release = torch.rand(2, 3, 4, generator=generator)
    together = smooth_gain(target, attack, release)
    for row in range(3):
        assert torch.equal(together[row], smooth_gain(target[row], attack[row], release[row]))
