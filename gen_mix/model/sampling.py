"""Settings for many tracks and seeds at once, as a model gives them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS
from gen_mix.errors import InputError
from gen_mix.mix import MixCondition
from gen_mix.model.decisions import deciding
from gen_mix.model.denoiser import SIGMA_HIGH, Denoiser
from gen_mix.model.space import Decoded, Space
from samplers import SAMPLERS, Denoise, Guide, NoiseSource, OnStep, Sampler, SeededNoise, guided, noisy_start

DEFAULT_MIXES = 8
FIRST_SIGMA, LAST_SIGMA = 20.0, 0.02
"""Noise levels between which sampling walks. What is diffused is standardized, so 20 hides it."""

_MOST_SEED = 2**31
_LATER = 2**16
"""Where a second walk takes its noise from; no walk has that many steps."""


@dataclass(frozen=True)
class Sampling:
    """How mixes are sampled.

    Attributes:
        steps: Sampling steps, at least 1.
        guidance_scale: Weight of the tracks; 1 as in the data, more exaggerates what they ask for.
        sampler: A name of `samplers.SAMPLERS`.

    Raises:
        InputError: A value is out of range.
    """

    steps: int = 8
    guidance_scale: float = 1.0
    sampler: str = "gauss"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f"steps: expected at least 1, got {self.steps}")
        if not 0 <= self.guidance_scale <= 100:
            raise InputError(f"guidance: expected 0 to 100, got {self.guidance_scale}")
        if self.sampler not in SAMPLERS:
            raise InputError(f"sampler: expected one of {', '.join(SAMPLERS)}, got {self.sampler}")


@dataclass(frozen=True)
class Journey:
    """All that a walk from noise to settings needs.

    Attributes:
        denoise: The model, with its conditions bound into it.
        denoise_told: The same for an x whose intent has no noise; None where the model cannot be told the intent.
        sampler: How to walk.
        sigmas: Decreasing noise levels (steps + 1,).
        noise: One seed per mix.
        blank: Zeros (batch, 1 + tokens, width): the shape of x.
        on_step: See `samplers.OnStep`.
    """

    denoise: Denoise
    denoise_told: Denoise | None
    sampler: Sampler
    sigmas: Tensor
    noise: NoiseSource
    blank: Tensor
    on_step: OnStep | None


Walk = Callable[[Journey], Tensor]
"""A way through: from a journey to its end, x (batch, 1 + tokens, width)."""


def plain_walk(journey: Journey) -> Tensor:
    """Return where the sampler gets to from noise alone."""
    start = noisy_start(journey.blank, journey.sigmas[0].item(), journey.noise)
    return journey.sampler(journey.denoise, start, journey.sigmas, journey.noise, journey.on_step)


def intent_first(walk: Walk) -> Walk:
    """Return the way that goes `walk` twice: for the intent, then for settings that follow from it.

    What holds for a whole mix is settled before any knob is, as engineers do. The second time has noise of its own:
    that of the first has led to this very intent. Where the model cannot be told an intent, it goes once.
    """

    def go(journey: Journey) -> Tensor:
        if journey.denoise_told is None:
            return walk(journey)
        intent = walk(replace(journey, on_step=None))[:, :1]
        told = _with_intent(journey.denoise_told, intent)
        return walk(replace(journey, denoise=told, noise=_Later(journey.noise)))

    return go


def _with_intent(denoise: Denoise, intent: Tensor) -> Denoise:
    return lambda x, sigma: denoise(torch.cat([intent, x[:, 1:]], dim=1), sigma)


@dataclass(frozen=True)
class _Later:
    """Noise of the same seeds that the first walk has not had."""

    noise: NoiseSource

    def __call__(self, like: Tensor, place: int) -> Tensor:
        return self.noise(like, _LATER + place)


_DEFAULT_WALK = intent_first(plain_walk)


@torch.no_grad()
def sample_settings(
    denoiser: Denoiser,
    space: Space,
    condition: MixCondition,
    seeds: Sequence[int],
    how: Sampling,
    on_step: OnStep | None = None,
    walk: Walk = _DEFAULT_WALK,
) -> Decoded:
    """Return sampled settings (batch, ...), on the CPU, switches undecided.

    Args:
        denoiser: The model.
        space: Between its values and knobs.
        condition: As many sessions as there are seeds, on the model's device; padding comes after the tracks.
        seeds: One per mix.
        how: Steps, guidance and sampler.
        on_step: See `samplers.OnStep`; x is (batch, 1 + tokens, width).
        walk: How to get from noise to settings; wishes take other ways.
    """
    sampler = SAMPLERS[how.sampler]()
    sigmas = sampler.schedule(how.steps, LAST_SIGMA, FIRST_SIGMA)
    lengths = (1 + len(BUS_TOKENS) + condition.is_track.sum(1)).tolist()
    noise = SeededNoise(list(seeds), lengths)
    heard, told = (_guided_denoiser(denoiser, condition, how.guidance_scale, is_told) for is_told in (False, True))
    takes_intent = denoiser.config.takes_intent
    deciding_told = deciding(told, space) if takes_intent else None
    journey = Journey(heard, deciding_told, sampler, sigmas, noise, _blank(space, condition), on_step)
    x = walk(journey)
    return space.decode(x.cpu(), condition.is_track.cpu(), condition.is_stereo.cpu())


@torch.no_grad()
def answer_once(twin: Denoiser, space: Space, condition: MixCondition) -> Decoded:
    """Return the one answer (batch, ...) of a network that was trained to regress settings, on the CPU."""
    blank = _blank(space, condition)
    x = twin(blank, blank.new_full((len(blank),), SIGMA_HIGH), condition)
    return space.decode(x.cpu(), condition.is_track.cpu(), condition.is_stereo.cpu())


def _blank(space: Space, condition: MixCondition) -> Tensor:
    """Return zeros (batch, 1 + tokens, width) in the model's space."""
    batch, tracks = condition.is_track.shape
    return condition.tracks.new_zeros(batch, 1 + len(BUS_TOKENS) + tracks, space.width)


def _guided_denoiser(denoiser: Denoiser, condition: MixCondition, scale: float, is_intent_told: bool) -> Denoise:
    """Return the denoiser with the tracks bound into it, and whether the intent in x has noise."""
    nothing = condition.untold()
    told = torch.full_like(condition.has_tracks, is_intent_told)
    heard = Guide(lambda x, sigma: denoiser(x, sigma, condition, told), scale)
    return guided(lambda x, sigma: denoiser(x, sigma, nothing, told), [heard])


def seeds_of(
    mixes: int | None,
    generator: torch.Generator | Sequence[torch.Generator] | None,
    seeds: Sequence[int] | None,
) -> list[int]:
    """Return the seed of each mix; arguments as for a `MixPipeline`.

    Raises:
        InputError: Seeds and generators are both given, numbers disagree, or a number is out of range.
    """
    if seeds is not None and generator is not None:
        raise InputError("seeds: expected seeds or a generator, got both")
    given = seeds if seeds is not None else generator if isinstance(generator, Sequence) else None
    count = mixes if mixes is not None else len(given) if given is not None else DEFAULT_MIXES
    if count < 1 or (given is not None and len(given) != count):
        raise InputError(f"mixes: expected {1 if given is None else len(given)} or more, one per seed, got {count}")
    if seeds is not None:
        chosen = [int(seed) for seed in seeds]
    elif generator is None:
        chosen = list(range(count))
    else:
        sources = [generator] * count if isinstance(generator, torch.Generator) else generator
        chosen = [int(torch.randint(_MOST_SEED, (), generator=source, device=source.device)) for source in sources]
    if min(chosen) < 0:
        raise InputError(f"seed: expected at least 0, got {min(chosen)}")
    return chosen
