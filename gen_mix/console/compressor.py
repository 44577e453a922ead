"""Feed-forward compressor with separate attack and release.

The design of Giannoulis, Massberg and Reiss, "Digital Dynamic Range Compressor Design – A Tutorial and Analysis",
J. Audio Eng. Soc. 60(6), 2012: level in dB sample by sample, static curve with a soft knee (eq. 4), then smoothing of
the gain in dB. `dasp_pytorch.functional.compressor` is the same where release equals attack; otherwise it ignores the
release, adds the channels up for its side-chain and has no finite gradient at a knee of 0 dB. Times are dasp's:
from 10 to 90 % of a step.
"""

import math

import torch
from torch import Tensor

from gen_mix.console.knobs import Knobs
from gen_mix.console.layout import LAYOUT, TRACK
from gen_mix.console.recursions import smooth_gain
from gen_mix.mix import MixParameters

LOWEST_LEVEL_DB = -120.0
"""Of the detector; under every threshold."""

SMALLEST_KNEE_DB = 1e-3
"""Differs from a hard knee by 0.0002 dB at most, and has a slope everywhere."""


def static_gain_db(level_db: Tensor, threshold_db: Tensor, ratio: Tensor, knee_db: Tensor) -> Tensor:
    """Return the gain that a steady level ends up with.

    Args:
        level_db: In dBFS; broadcasts with the knobs, as they do with each other.
        threshold_db: Where compression begins, in dBFS.
        ratio: Level change in over level change out, at least 1.
        knee_db: Width of the rounded corner in dB, at least 0.

    Returns:
        In dB, at most 0.
    """
    knee_db = knee_db.clamp(min=SMALLEST_KNEE_DB)
    above = (level_db - threshold_db + knee_db / 2).clamp(min=0)
    inside = torch.minimum(above, knee_db)
    return (1 / ratio - 1) * (inside.square() / (2 * knee_db) + (above - inside))


def level_db(audio: Tensor) -> Tensor:
    """Return the level of the loudest channel at every sample, in dBFS.

    Args:
        audio: (*, channels, samples).

    Returns:
        (*, samples), at least `LOWEST_LEVEL_DB`.
    """
    peak = audio.abs().amax(dim=-2)
    return 20 * peak.clamp(min=10 ** (LOWEST_LEVEL_DB / 20)).log10()


def smoothing(time_ms: Tensor, sample_rate: int) -> Tensor:
    """Return the share of a step that a smoother covers per sample if 10 to 90 % take it `time_ms` (*)."""
    return -torch.expm1(-math.log(9) / (time_ms.double() * (sample_rate / 1000)))


def compressor_gain_db(
    level_db: Tensor,
    threshold_db: Tensor,
    ratio: Tensor,
    attack_ms: Tensor,
    release_ms: Tensor,
    knee_db: Tensor,
    sample_rate: int,
) -> Tensor:
    """Return the gain of the compressor over time.

    Args:
        level_db: Level of the side-chain (*, samples), in dBFS.
        threshold_db: (*), in dBFS.
        ratio: (*), at least 1.
        attack_ms: (*), 10 to 90 % of a fall, above 0.
        release_ms: (*), 10 to 90 % of a recovery, above 0.
        knee_db: (*), at least 0.
        sample_rate: In Hz.

    Returns:
        In dB, at most 0, (*, samples).
    """
    threshold, slope, knee = (knob[..., None].to(level_db.dtype) for knob in (threshold_db, ratio, knee_db))
    target = static_gain_db(level_db, threshold, slope, knee)
    return smooth_gain(target, smoothing(attack_ms, sample_rate), smoothing(release_ms, sample_rate))


def token_dynamics(parameters: MixParameters, kind: str, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Return what the compressors of every token of `kind` do, and which of them are on.

    Args:
        parameters: Of some mixes, `exact`.
        kind: ``master`` or ``track``.
        sample_rate: In Hz.

    Returns:
        Threshold in dB, slope 1/ratio - 1, knee in dB, and the shares of a step that attack and release cover per
        sample: (batch, tokens of that kind, 5); and, boolean, (batch, tokens of that kind).
    """

    def value(name: str) -> Tensor:
        values = LAYOUT.value(parameters, kind, f"compressor.{name}")
        return values if kind == TRACK else values[:, None]

    dynamics = (
        value("threshold_db"),
        1 / value("ratio") - 1,
        value("knee_db").clamp(min=SMALLEST_KNEE_DB),
        smoothing(value("attack_ms"), sample_rate),
        smoothing(value("release_ms"), sample_rate),
    )
    return torch.stack(dynamics, dim=-1), value("on") >= 0.5


def compress(audio: Tensor, knobs: Knobs, sample_rate: int) -> Tensor:
    """Return `audio` (channels, samples) after the compressor of `knobs`; all channels get the same gain."""
    if not knobs.is_on("compressor"):
        return audio
    gain_db = compressor_gain_db(
        level_db(audio),
        threshold_db=knobs.value("compressor.threshold_db"),
        ratio=knobs.value("compressor.ratio"),
        attack_ms=knobs.value("compressor.attack_ms"),
        release_ms=knobs.value("compressor.release_ms"),
        knee_db=knobs.value("compressor.knee_db"),
        sample_rate=sample_rate,
    )
    return audio * decibels_to_gain(gain_db)


def decibels_to_gain(decibels: Tensor) -> Tensor:
    """Return the factor that `decibels` (*) stand for."""
    return torch.exp(decibels * (math.log(10) / 20))
