"""Engineers, spoilt in known ways: what each metric must notice, and what it cannot."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.baselines.engineers import Engineers
from gen_mix.baselines.mixer import Subject
from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, TRACK
from gen_mix.mix import MixParameters


def _changed(parameters: MixParameters, normalized: Tensor) -> MixParameters:
    return MixParameters(normalized.clamp(0, 1).masked_fill(~parameters.mask, 0), parameters.mask)


def _continuous(parameters: MixParameters) -> Tensor:
    """True at knobs that are neither switches nor pans, same shape as the parameters."""
    chosen = torch.zeros_like(parameters.mask)
    for token in range(chosen.shape[1]):
        for place, spec in enumerate(LAYOUT.specs(LAYOUT.kind(token))):
            chosen[:, token, place] = not spec.is_gate and spec.name != "pan"
    return chosen


@dataclass(frozen=True)
class Shifted:
    """Engineers whose continuous knobs are off by a share of their spread on this session, always upwards."""

    share: float

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        drawn = Engineers()(subject, mixes, generator)
        spread = drawn.normalized.std(0, keepdim=True)
        return _changed(drawn, drawn.normalized + self.share * spread * _continuous(drawn))


@dataclass(frozen=True)
class Spread:
    """Engineers whose continuous knobs are further from their mean, or nearer."""

    factor: float

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        drawn = Engineers()(subject, mixes, generator)
        mean = drawn.normalized.mean(0, keepdim=True)
        wider = mean + self.factor * (drawn.normalized - mean)
        return _changed(drawn, torch.where(_continuous(drawn), wider, drawn.normalized))


@dataclass(frozen=True)
class Unlinked:
    """Every strip of a mix is by another engineer: each alone is right, together they are nobody's mix."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        drawn = Engineers()(subject, mixes, generator)
        normalized = drawn.normalized.clone()
        for token in range(len(BUS_TOKENS), normalized.shape[1]):
            normalized[:, token] = normalized[torch.randperm(mixes, generator=generator), token]
        return _changed(drawn, normalized)


@dataclass(frozen=True)
class Repeating:
    """Engineers of whom some hand in another's mix."""

    share: float

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        drawn = Engineers()(subject, mixes, generator)
        copied = round(self.share * mixes)
        normalized = torch.cat([drawn.normalized[copied:], drawn.normalized[-copied:]])
        return _changed(drawn, normalized)


@dataclass(frozen=True)
class Undecided:
    """Engineers whose switches are nearer to the middle; on which side is as before."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        drawn = Engineers()(subject, mixes, generator)
        normalized = drawn.normalized.clone()
        for place, spec in enumerate(LAYOUT.specs(TRACK)):
            if spec.is_gate:
                normalized[:, len(BUS_TOKENS) :, place] = 0.3 + 0.4 * normalized[:, len(BUS_TOKENS) :, place]
        return _changed(drawn, normalized)


@dataclass(frozen=True)
class SmearedDelay:
    """Engineers whose slaps and note values are one broad hill of the same mean and spread."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        drawn = Engineers()(subject, mixes, generator)
        normalized, token = drawn.normalized.clone(), BUS_TOKENS.index(DELAY)
        delay = normalized[:, token]
        normalized[:, token] = delay.mean(0) + delay.std(0) * torch.randn(delay.shape, generator=generator)
        return _changed(drawn, normalized)


@dataclass(frozen=True)
class OneAnswer:
    """The mean of engineers' mixes, again and again: what a network that regresses would learn."""

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        drawn = Engineers()(subject, 256, generator)
        mean = drawn.normalized.mean(0, keepdim=True).expand(mixes, -1, -1)
        return MixParameters(mean, drawn.mask[:mixes])
