"""Echo: a feedback delay with a high cut in its loop.

In closed form on the z-plane: with q = z⁻ᴰ G(z), D the delay in samples and G the high cut, a loop of gain f answers
with q / (1 − f q). Sum and difference of the channels have a loop each; ping-pong changes the sign of the difference
at every turn. Whole delays are exact; between two samples a cubic interpolates, so the time has a gradient.
"""

import math

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from gen_mix.console.filters import low_pass, response
from gen_mix.console.knobs import Knobs

_WRAPPED = 1e-7  # what is left, after one turn round the circle of an FFT, of an echo that outlives the audio


def echo(audio: Tensor, knobs: Knobs, sample_rate: int) -> Tensor:
    """Return the echoes of `audio`, without the dry sound.

    The first comes after ``time_ms`` as loud as the input, every next one `feedback` times as loud; each turn passes
    the high cut, a Butterworth low-pass of 12 dB per octave. At ping-pong 1 the sum of both channels goes in
    on the left and the echoes change sides.

    Args:
        audio: (2, samples).
        knobs: Of the delay bus.
        sample_rate: In Hz.

    Returns:
        (2, samples).
    """
    samples = audio.shape[-1]
    size = next_fast_len(samples, real=True)
    # On a circle outside the unit circle all echoes die within one turn of the FFT, so none wraps round audibly and
    # no padding for the longest tail is needed.
    growth = -math.log(_WRAPPED) / size
    ramp = torch.arange(samples, device=audio.device, dtype=torch.float64) * growth
    fed = _feed(audio.double(), knobs.value("ping_pong")) * torch.exp(-ramp)
    total, difference = _loops(knobs, size, growth, sample_rate)
    left, right = torch.fft.rfft(fed, size)
    both, apart = total * (left + right) / 2, difference * (left - right) / 2
    echoes = torch.fft.irfft(torch.stack([both + apart, both - apart]), size)[:, :samples]
    return (echoes * torch.exp(ramp)).to(audio.dtype)


def _feed(audio: Tensor, ping_pong: Tensor) -> Tensor:
    """Return what enters the lines (2, samples): both channels, or the more ping-pong the more of all on the left."""
    left = (1 - ping_pong) * audio[0] + ping_pong * (audio[0] + audio[1]) / math.sqrt(2)
    return torch.stack([left, (1 - ping_pong) * audio[1]])


def _loops(knobs: Knobs, size: int, growth: float, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Return the responses of the loops for sum and difference of the channels, (size // 2 + 1,) each."""
    steps = torch.arange(size // 2 + 1, device=knobs.normalized.device, dtype=torch.float64)
    angle = torch.complex(steps * (2 * math.pi / size), torch.full_like(steps, -growth))
    high_cut = low_pass(knobs.value("high_cut_hz"), sample_rate)
    numerator, denominator = response(high_cut, angle)
    turn = _delay_line(knobs.value("time_ms") * (sample_rate / 1000), angle) * numerator / denominator
    feedback = knobs.value("feedback")
    crossed = feedback * (1 - 2 * knobs.value("ping_pong"))
    return turn / (1 - feedback * turn), turn / (1 - crossed * turn)


def _delay_line(delay_samples: Tensor, angle: Tensor) -> Tensor:
    """Return the response of a delay line at z = exp(j `angle`), with Lagrange's cubic between samples.

    A shift of phase would be exact there too, but it also rings before the echo, and what comes before the beginning
    of the audio wraps round to its end, where the circle outside the unit circle makes it loud.
    """
    whole = math.floor(delay_samples.item())
    taps = cubic_taps(delay_samples - whole)
    step = torch.exp(-1j * angle)
    cubic = taps[0] + step * (taps[1] + step * (taps[2] + step * taps[3]))
    return torch.exp(-1j * angle * (whole - 1)) * cubic


def cubic_taps(part: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the weights of a delay of -1, 0, 1 and 2 samples that make one of `part`, 0 to 1: Lagrange's cubic."""
    return (
        -part * (part - 1) * (part - 2) / 6,
        (part + 1) * (part - 1) * (part - 2) / 2,
        -(part + 1) * part * (part - 2) / 2,
        (part + 1) * part * (part - 1) / 6,
    )
