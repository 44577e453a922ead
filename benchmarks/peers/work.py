"""What is rendered, and what a contender is."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.mix import MixParameters

RATE = 44100


@dataclass(frozen=True)
class Work:
    """Some mixes of the same mono tracks.

    Attributes:
        tracks: (tracks, samples), float32.
        mixes: How many.
    """

    tracks: Tensor
    mixes: int


@dataclass(frozen=True)
class Contender:
    """A console and what it does in the comparison.

    Attributes:
        name: For the table.
        prepare: From the work to a function that does it once.
        needs: Package that must be installed, with the name it is imported by; None for ours.
        is_mix_by_mix: Whether it does for many mixes what it does for one, over and over, in the same memory.
    """

    name: str
    prepare: Callable[[Work], Callable[[], object]]
    needs: str | None = None
    is_mix_by_mix: bool = False


def work(tracks: int, seconds: float, mixes: int) -> Work:
    """Return noise that swells and fades, different on every track, and a number of mixes of it."""
    generator = torch.Generator().manual_seed(0)
    samples = round(seconds * RATE)
    swell = 0.55 + 0.45 * torch.sin(torch.arange(samples) * (2 * torch.pi / RATE) * 1.5)
    return Work(0.1 * torch.randn(tracks, samples, generator=generator) * swell, mixes)


def parameters(given: Work, sends: tuple[str, ...]) -> MixParameters:
    """Return settings of our console: all filters and compressors on, knobs anywhere, these sends of every track."""
    stereo = torch.zeros(given.mixes, len(given.tracks), dtype=torch.bool)
    neutral = LAYOUT.neutral(torch.ones_like(stereo), stereo)
    normalized = neutral.normalized.clone()
    generator = torch.Generator().manual_seed(1)
    for kind in ("master", "track"):
        tokens = LAYOUT.tokens(kind)
        for place, spec in enumerate(LAYOUT.specs(kind)):
            if spec.is_gate:
                is_on = "send" not in spec.name or spec.name.removesuffix(".on") in sends
                normalized[:, tokens, place] = float(is_on)
            elif spec.name != "width" and not spec.name.endswith("level_db") and "freq" not in spec.name:
                shape = normalized[:, tokens, place].shape
                normalized[:, tokens, place] = torch.rand(shape, generator=generator)
    return MixParameters(normalized, neutral.mask)
