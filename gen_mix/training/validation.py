"""How a network does on sessions it has not seen: cheap figures to watch while it trains."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from gen_mix.console.layout import LAYOUT
from gen_mix.embeddings.bank import TrackBank, draw_sessions
from gen_mix.evaluation.distances import energy_distance
from gen_mix.mix import MixCondition
from gen_mix.model.space import ModelSpace
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.training.data import DataSource
from gen_mix.training.loss import sigma_weight, squared_error
from gen_mix.training.objective import TWIN_SIGMA
from gen_mix.training.seeds import VALIDATION, generator_of
from gen_mix.training.settings import DIFFUSION
from samplers import Heun, SeededNoise

_SIGMA_LOW, _SIGMA_HIGH, _STEPS = 0.01, 80.0, 8
_SIGMAS = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 20.0)
_MOST_ITEMS = 128


@dataclass(frozen=True)
class HeldOut:
    """Sessions apart, with two independent sets of engineers.

    Attributes:
        space: Between knobs and what is diffused.
        condition: Of the sessions (sessions, tracks).
        engineers: Their settings (sessions, mixes, tokens, width), in the model's space.
        others: As many again.
    """

    space: ModelSpace
    condition: MixCondition
    engineers: Tensor
    others: Tensor

    @property
    def mask(self) -> Tensor:
        """Which places are in use, boolean (sessions, tokens, width)."""
        return self.space.mask(self.condition.is_track, self.condition.is_stereo)

    def first(self) -> "HeldOut":
        """Return the first session alone."""
        row = torch.zeros(1, dtype=torch.int64)
        return HeldOut(self.space, _rows(self.condition, row), self.engineers[:1], self.others[:1])

    def places(self, settings: Tensor) -> Tensor:
        """Return the places of the knobs (mixes, tokens, width) of `settings` of the first session, switches as they are."""
        is_track = self.condition.is_track[:1].expand(len(settings), -1)
        is_stereo = self.condition.is_stereo[:1].expand(len(settings), -1)
        return self.space.decode(settings, is_track, is_stereo).parameters.normalized


def held_out(source: DataSource, bank: TrackBank, sessions: int, mixes: int) -> HeldOut:
    """Return `sessions` sessions of `bank`, always the same ones, with `mixes` engineers twice."""
    generator = generator_of(source.seed, VALIDATION)
    data = source.data
    drawn = draw_sessions(
        bank, sessions, generator, most_tracks=data.most_tracks, fewest_tracks=data.fewest_tracks
    )
    rows = torch.arange(sessions).repeat_interleave(mixes)
    sets = [draw_engineers(drawn.facts[rows], generator) for _ in range(2)]
    encoded = [source.space.encode(one.parameters, one.intent).unflatten(0, (sessions, mixes)) for one in sets]
    return HeldOut(source.space, source.condition(drawn), *encoded)


@torch.no_grad()
def validate(model: nn.Module, held: HeldOut, objective: str, device: torch.device) -> dict[str, float]:
    """Return figures of `model` on `held` by name.

    ``energy_ratio`` is the energy distance between the model's settings and the engineers', over the same between two
    sets of engineers: 1 where the model cannot be told from another set of engineers. A diffusion model is also given
    ``denoising/σ``: the loss of a step at that noise level, 1 for a network that knows nothing.
    """
    answers = sample_settings(model, held, held.engineers.shape[1], device) if objective == DIFFUSION else None
    if answers is None:
        answers = _twin_answers(model, held, device)
    figures = {"energy_ratio": _energy_ratio(answers, held)}
    if objective == DIFFUSION:
        figures |= {f"denoising/{sigma:g}": _denoising_loss(model, held, sigma, device) for sigma in _SIGMAS}
    return figures


@torch.no_grad()
def sample_settings(model: nn.Module, held: HeldOut, mixes: int, device: torch.device) -> Tensor:
    """Return `mixes` settings for each held-out session (sessions, mixes, tokens, width), by eight steps of Heun."""
    sampler = Heun()
    sigmas = sampler.schedule(_STEPS, _SIGMA_LOW, _SIGMA_HIGH)
    sessions, _, tokens, width = held.engineers.shape
    rows = torch.arange(sessions).repeat_interleave(mixes)
    found = []
    for part in torch.arange(len(rows)).split(_MOST_ITEMS):
        noise = SeededNoise(part.tolist())
        condition = _rows(held.condition, rows[part]).to(device)
        start = float(sigmas[0]) * noise(torch.zeros(len(part), tokens, width, device=device), 0)
        answer = sampler(lambda x, sigma, told=condition: model(x, sigma, told), start, sigmas, noise)  # type: ignore[misc]
        found.append(answer.float().cpu())
    return torch.cat(found).unflatten(0, (sessions, mixes))


def canonical(settings: Tensor, held: HeldOut) -> Tensor:
    """Return `settings` (sessions, mixes, tokens, width) with switches decided and idle knobs at rest."""
    mixes = settings.shape[1]
    is_track = held.condition.is_track.repeat_interleave(mixes, 0)
    is_stereo = held.condition.is_stereo.repeat_interleave(mixes, 0)
    decoded = held.space.decode(settings.flatten(0, 1), is_track, is_stereo)
    return held.space.encode(LAYOUT.canonical(decoded.parameters), decoded.intent).unflatten(0, (-1, mixes))


def _twin_answers(model: nn.Module, held: HeldOut, device: torch.device) -> Tensor:
    zeros = torch.zeros_like(held.engineers[:, 0], device=device)
    sigma = torch.full((len(zeros),), TWIN_SIGMA, device=device)
    return model(zeros, sigma, held.condition.to(device)).float().cpu()[:, None]


def _energy_ratio(answers: Tensor, held: HeldOut) -> float:
    found, engineers, others = (canonical(one, held).flatten(2) for one in (answers, held.engineers, held.others))
    distance = (energy_distance(found, engineers) + energy_distance(found, others)) / 2
    return float(distance.mean() / energy_distance(engineers, others).mean())


def _denoising_loss(model: nn.Module, held: HeldOut, sigma: float, device: torch.device) -> float:
    """Return the loss at `sigma`, with one engineer a session."""
    clean = held.engineers[:, 0]
    level = torch.full((len(clean),), sigma)
    noisy = clean + sigma * SeededNoise(range(len(clean)))(clean, 0)
    estimate = model(noisy.to(device), level.to(device), held.condition.to(device)).float().cpu()
    error = squared_error(estimate, clean, held.mask, torch.ones(clean.shape[1:]))
    return float((sigma_weight(level) * error).sum() / held.mask.sum())


def _rows(condition: MixCondition, rows: Tensor) -> MixCondition:
    return replace(
        condition,
        tracks=condition.tracks[rows],
        is_track=condition.is_track[rows],
        is_stereo=condition.is_stereo[rows],
        has_tracks=condition.has_tracks[rows],
        label=condition.label[rows],
    )
