"""Changed copies: a function of their generator, finite, and of the same instrument."""

import pytest
import torch
from torch import Tensor

from gen_mix.embeddings.augment import LONGEST_SECONDS, augment, compress

RATE = 22050


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(channels: int = 1, seconds: float = 1.0) -> Tensor:
    return 0.1 * torch.randn(channels, int(seconds * RATE), generator=generator(9))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("channels", [1, 2])
def test_copies_are_finite_and_below_full_scale(seed: int, channels: int) -> None:
    copy = augment(noise(channels), RATE, generator(seed))
    assert copy.isfinite().all()
    assert copy.abs().max() <= 1
    assert copy.shape[0] in (1, 2)
    assert copy.shape[1] == RATE


def test_a_copy_is_a_function_of_its_generator() -> None:
    audio = noise()
    before = audio.clone()
    assert torch.equal(augment(audio, RATE, generator(3)), augment(audio, RATE, generator(3)))
    assert not torch.equal(augment(audio, RATE, generator(3)), augment(audio, RATE, generator(4)))
    assert torch.equal(audio, before)


def test_silence_stays_silent() -> None:
    assert not augment(torch.zeros(2, RATE), RATE, generator(0)).any()


def test_a_long_track_gives_an_excerpt_where_it_plays() -> None:
    audio = torch.zeros(1, 40 * RATE)
    audio[:, 20 * RATE : 26 * RATE] = noise(seconds=6.0)
    for seed in range(6):
        copy = augment(audio, RATE, generator(seed))
        assert copy.shape[1] == LONGEST_SECONDS * RATE
        assert copy.square().mean() > 1e-6


def test_compression_brings_loud_and_soft_together() -> None:
    audio = torch.cat([noise(), 0.1 * noise()], dim=1)
    audio = audio / audio.abs().max()
    before, after = (float(x[:, :RATE].std() / x[:, RATE:].std()) for x in (audio, compress(audio, RATE, 4.0, -25.0)))
    assert before == pytest.approx(10, rel=0.1)
    assert after < 0.6 * before
    assert torch.allclose(compress(audio, RATE, 1.0, -25.0), audio)
    assert torch.allclose(compress(audio, RATE, 4.0, 3.0), audio)
