import numpy as np
import pytest
import scipy.signal
import torch

from gen_mix.console.rotation import rotate


@pytest.mark.parametrize(("samples", "taps"), [(1, 1), (100, 300), (5000, 17), (200_000, 3000)])
def test_it_is_the_convolution_by_its_definition(samples: int, taps: int, generator: torch.Generator) -> None:
    audio = torch.randn(2, samples, generator=generator, dtype=torch.float64)
    first, second = pair = torch.randn(2, taps, generator=generator, dtype=torch.float64)

    def convolved(channel: int, response: torch.Tensor) -> np.ndarray:
        return scipy.signal.fftconvolve(audio[channel].numpy(), response.numpy())[:samples]

    expected = np.stack([
        convolved(0, first) + convolved(1, second), convolved(0, second) - convolved(1, first)
    ])  # fmt: skip
    np.testing.assert_allclose(rotate(audio, pair), expected, atol=1e-10 * taps)


@pytest.mark.parametrize("piece", [16, 1 << 16])
def test_gradients_are_slopes(piece: int, generator: torch.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gen_mix.console.rotation._SHORTEST_PIECE", piece)
    audio = torch.randn(2, 40, generator=generator, dtype=torch.float64).requires_grad_()
    pair = torch.randn(2, 7, generator=generator, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(rotate, (audio, pair))


def test_pieces_leave_no_seam(generator: torch.Generator, monkeypatch: pytest.MonkeyPatch) -> None:
    audio, pair = torch.randn(2, 9000, generator=generator), torch.randn(2, 500, generator=generator)
    whole = rotate(audio, pair)
    monkeypatch.setattr("gen_mix.console.rotation._SHORTEST_PIECE", 1024)
    torch.testing.assert_close(rotate(audio, pair), whole, atol=1e-3, rtol=1e-4)
