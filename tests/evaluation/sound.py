"""Sounds and settings for tests of what is heard."""

from collections.abc import Mapping

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session, Track

SAMPLE_RATE = 44100


def bursts(channels: int = 1, seconds: float = 3.0, seed: int = 0) -> Tensor:
    """Noise that decays four times a second, about as loud as a staged track; its channels are half alike."""
    samples = round(seconds * SAMPLE_RATE)
    generator = torch.Generator().manual_seed(seed)
    alone, shared = torch.randn(channels, samples, generator=generator), torch.randn(1, samples, generator=generator)
    seconds_since_hit = (torch.arange(samples) / SAMPLE_RATE) % 0.25
    return 0.15 * (alone + shared) * torch.exp(-12 * seconds_since_hit)


def session_of(*tracks: Tensor) -> Session:
    made = tuple(Track(f"track {place}", f"{place}.wav", audio) for place, audio in enumerate(tracks))
    return Session("test", SAMPLE_RATE, made)


def neutral(is_stereo: list[bool], mixes: int = 1) -> MixParameters:
    is_track = torch.ones(mixes, len(is_stereo), dtype=torch.bool)
    return LAYOUT.neutral(is_track, torch.tensor([is_stereo]).expand(mixes, -1))


def turned(parameters: MixParameters, kind: str, knobs: Mapping[str, float]) -> MixParameters:
    """The same settings with some knobs of all tokens of a kind at the given values."""
    normalized = parameters.normalized.clone()
    for name, value in knobs.items():
        place = LAYOUT.spec(kind, name).normalized(torch.tensor(value))
        tokens = slice(len(BUS_TOKENS), None) if kind == TRACK else BUS_TOKENS.index(kind)
        normalized[:, tokens, LAYOUT.index(kind, name)] = place
    return MixParameters(normalized, parameters.mask)


def random_mixes(is_stereo: list[bool], mixes: int, seed: int = 0) -> MixParameters:
    """Every knob anywhere in its range."""
    mask = neutral(is_stereo, mixes).mask
    return MixParameters(torch.rand(mask.shape, generator=torch.Generator().manual_seed(seed)) * mask, mask)
