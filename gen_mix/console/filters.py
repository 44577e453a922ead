"""High-pass and parametric EQ.

Biquads of Robert Bristow-Johnson's "Audio EQ Cookbook", designed by `dasp_pytorch.signal.biquad`, which is right if
it is given float64: with float32 coefficients a shelf at 20 Hz is wrong by tens of dB. What dasp does next, filtering
by sampling the frequency response, folds tails over beginnings; here the recursion itself runs.
"""

import math
from collections.abc import Callable

import torch
from dasp_pytorch.signal import biquad
from torch import Tensor

from gen_mix.console.knobs import Knobs
from gen_mix.console.layout import EQ_BANDS, LAYOUT, TRACK
from gen_mix.console.recursions import filter_cascade
from gen_mix.mix import MixParameters

HIGHEST_FREQUENCY = 0.45
"""Corner frequencies are kept below this share of the sample rate, where a bilinear filter loses its shape."""

BUTTERWORTH_Q = math.sqrt(0.5)
"""Of a second-order filter that is flat as long as it can be."""


def band_type(band: str) -> str:
    """Return what kind of filter a band of `EQ_BANDS` is: ``low_shelf``, ``bell`` or ``high_shelf``."""
    return band.rsplit("_", 1)[0] if band.startswith("bell") else band


def high_pass(freq_hz: Tensor, sample_rate: int) -> Tensor:
    """Return second-order Butterworth high-passes, 12 dB per octave and -3 dB at `freq_hz`.

    Args:
        freq_hz: (*), above 0.
        sample_rate: In Hz.

    Returns:
        (*, 6) as b0 b1 b2 a0 a1 a2 with a0 = 1, float64.
    """
    return _biquads(
        "high_pass", torch.zeros_like(freq_hz), freq_hz, torch.full_like(freq_hz, BUTTERWORTH_Q), sample_rate
    )


def low_pass(freq_hz: Tensor, sample_rate: int) -> Tensor:
    """Return second-order Butterworth low-passes (*, 6), as `high_pass`."""
    return _biquads(
        "low_pass", torch.zeros_like(freq_hz), freq_hz, torch.full_like(freq_hz, BUTTERWORTH_Q), sample_rate
    )


def eq_band(band: str, freq_hz: Tensor, gain_db: Tensor, q: Tensor, sample_rate: int) -> Tensor:
    """Return the filters of one EQ band.

    Args:
        band: One of `EQ_BANDS`.
        freq_hz: Centre of a bell, or where a shelf has half its gain in dB, (*).
        gain_db: (*).
        q: Quality factor (*), above 0.
        sample_rate: In Hz.

    Returns:
        (*, 6) as `high_pass`.
    """
    dasp_type = {"low_shelf": "low_shelf", "bell": "peaking", "high_shelf": "high_shelf"}[band_type(band)]
    return _biquads(dasp_type, gain_db, freq_hz, q, sample_rate)


def _biquads(dasp_type: str, gain_db: Tensor, freq_hz: Tensor, q: Tensor, sample_rate: int) -> Tensor:
    below_nyquist = freq_hz.double().clamp(max=HIGHEST_FREQUENCY * sample_rate)
    b, a = biquad(
        gain_db.double().reshape(-1), below_nyquist.reshape(-1), q.double().reshape(-1), sample_rate, dasp_type
    )
    return torch.cat([b, a], dim=-1).reshape(*freq_hz.shape, 6)


def response_db(sections: Tensor, freqs_hz: Tensor, sample_rate: int) -> Tensor:
    """Return the gain of single biquads at some frequencies, from their coefficients.

    Args:
        sections: (*, 6).
        freqs_hz: (freqs,), 0 to half the sample rate.
        sample_rate: In Hz.

    Returns:
        Magnitude in dB (*, freqs), float64, at least -300.
    """
    numerator, denominator = response(sections, freqs_hz * (2 * math.pi / sample_rate))
    return 10 * (_power(numerator) / _power(denominator)).clamp(min=1e-30).log10()


def _power(spectrum: Tensor) -> Tensor:
    return spectrum.real.square() + spectrum.imag.square()


def response(sections: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    """Return numerator and denominator of biquads (*, 6) at z = exp(j `angle`), (freqs,), which may be complex."""
    step = torch.exp(-1j * angle.to(torch.complex128))
    taps = sections.to(torch.complex128)[..., None]
    numerator = taps[..., 0, :] + step * (taps[..., 1, :] + step * taps[..., 2, :])
    denominator = taps[..., 3, :] + step * (taps[..., 4, :] + step * taps[..., 5, :])
    return numerator, denominator


def eq_response_db(parameters: MixParameters, kind: str, freqs_hz: Tensor, sample_rate: int) -> Tensor:
    """Return the gain of the EQ of every token of `kind`, with the high-pass for tracks; what is off adds nothing.

    Args:
        parameters: Of some mixes.
        kind: ``master`` or ``track``.
        freqs_hz: (freqs,), 0 to half the sample rate.
        sample_rate: In Hz.

    Returns:
        In dB (batch, tokens of that kind, freqs), float64.
    """
    freqs_hz = freqs_hz.to(parameters.normalized.device, torch.float64)
    sections, is_on = token_sections(parameters.exact(), kind, sample_rate)
    return torch.where(is_on[..., None], response_db(sections, freqs_hz, sample_rate), 0.0).sum(dim=-2)


def band_filters(band: str, value: Callable[[str], Tensor], sample_rate: int) -> Tensor:
    """Return the filters (*, 6) of one EQ band, given what returns the values (*) of a knob by its name."""
    freq_hz, gain_db, q = value(f"eq.{band}.freq_hz"), value(f"eq.{band}.gain_db"), value(f"eq.{band}.q")
    return eq_band(band, freq_hz, gain_db, q, sample_rate)


def token_sections(parameters: MixParameters, kind: str, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Return the filters of every token of `kind`, in their order, and which of them are on.

    Args:
        parameters: Of some mixes, `exact`.
        kind: ``master`` or ``track``.
        sample_rate: In Hz.

    Returns:
        (batch, tokens of that kind, sections, 6) and, boolean, (batch, tokens of that kind, sections).
    """

    def value(name: str) -> Tensor:
        values = LAYOUT.value(parameters, kind, name)
        return values if kind == TRACK else values[:, None]

    filters = {f"eq.{band}": band_filters(band, value, sample_rate) for band in EQ_BANDS}
    if kind == TRACK:
        filters = {"high_pass": high_pass(value("high_pass.freq_hz"), sample_rate), **filters}
    is_on = torch.stack([value(f"{name}.on") >= 0.5 for name in filters], dim=-1)
    return torch.stack(list(filters.values()), dim=-2), is_on


def active_sections(knobs: Knobs, sample_rate: int) -> Tensor:
    """Return the filters that are on in a track strip or the master, in their order: (sections, 6), perhaps none."""
    sections = [band_filters(band, knobs.value, sample_rate) for band in EQ_BANDS if knobs.is_on(f"eq.{band}")]
    if knobs.kind == TRACK and knobs.is_on("high_pass"):
        sections.insert(0, high_pass(knobs.value("high_pass.freq_hz"), sample_rate))
    return torch.stack(sections) if sections else knobs.normalized.new_zeros(0, 6)


def equalize(audio: Tensor, knobs: Knobs, sample_rate: int) -> Tensor:
    """Return `audio` (*, samples) after the high-pass (tracks only) and the EQ of `knobs`."""
    return filter_cascade(audio, active_sections(knobs, sample_rate))
