"""How a network does on sessions it has not seen: cheap figures to watch while it trains."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.embeddings.bank import TrackBank, draw_sessions
from gen_mix.evaluation.distances import energy_distance
from gen_mix.mix import MixCondition
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.sampling import Sampling, answer_once, sample_settings
from gen_mix.model.space import Decoded, Space
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.training.batches import rows_of
from gen_mix.training.data import DataSource
from gen_mix.training.loss import sigma_weight, squared_error
from gen_mix.training.seeds import VALIDATION, generator_of
from gen_mix.training.settings import DIFFUSION
from samplers import SeededNoise

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

    space: Space
    condition: MixCondition
    engineers: Tensor
    others: Tensor

    @property
    def mask(self) -> Tensor:
        """Which places are in use, boolean (sessions, tokens, width)."""
        return self.space.mask(self.condition.is_track, self.condition.is_stereo)

    def first(self) -> "HeldOut":
        """Return the first session alone, without padding."""
        tracks = int(self.condition.is_track[0].sum())
        tokens = self.engineers.shape[2] - self.condition.is_track.shape[1] + tracks
        alone = rows_of(self.condition, torch.zeros(1, dtype=torch.int64))
        return HeldOut(self.space, alone.first(tracks), self.engineers[:1, :, :tokens], self.others[:1, :, :tokens])

    def decode(self, settings: Tensor) -> Decoded:
        """Return what `settings` (sessions, mixes, tokens, width) mean, one batch of all (sessions · mixes, …)."""
        repeated = self.repeated(settings.shape[1])
        return self.space.decode(settings.flatten(0, 1), repeated.is_track, repeated.is_stereo)

    def repeated(self, mixes: int) -> MixCondition:
        """Return the condition of each session `mixes` times, one batch of all."""
        return rows_of(self.condition, torch.arange(len(self.engineers)).repeat_interleave(mixes))


def held_out(source: DataSource, bank: TrackBank, sessions: int, mixes: int) -> HeldOut:
    """Return `sessions` sessions of `bank`, always the same ones, with `mixes` engineers twice."""
    generator = generator_of(source.seed, VALIDATION)
    data = source.data
    drawn = draw_sessions(bank, sessions, generator, most_tracks=data.most_tracks, fewest_tracks=data.fewest_tracks)
    rows = torch.arange(sessions).repeat_interleave(mixes)
    sets = [draw_engineers(drawn.facts[rows], generator) for _ in range(2)]
    encoded = [source.space.encode(one.parameters, one.intent).unflatten(0, (sessions, mixes)) for one in sets]
    return HeldOut(source.space, source.condition(drawn), encoded[0], encoded[1])


@torch.no_grad()
def validate(network: Denoiser, held: HeldOut, objective: str, device: torch.device) -> dict[str, float]:
    """Return figures of `network` on `held` by name.

    ``energy_ratio`` is the energy distance between the network's settings and the engineers', over the same between two
    sets of engineers: 1 where the network cannot be told from another set of engineers. It is of knobs, not of what is
    heard. A diffusion model is also given ``denoising/σ``: the loss of a step at that noise level, all places counting
    alike: 1 for a network that knows nothing.
    """
    if objective != DIFFUSION:
        return {"energy_ratio": _energy_ratio(answer_once(network, held.space, held.condition.to(device)), held)}
    figures = {"energy_ratio": _energy_ratio(sample(network, held, held.engineers.shape[1], device), held)}
    return figures | {f"denoising/{sigma:g}": _denoising_loss(network, held, sigma, device) for sigma in _SIGMAS}


def sample(network: Denoiser, held: HeldOut, mixes: int, device: torch.device) -> Decoded:
    """Return `mixes` settings for each held-out session, one batch of all (sessions · mixes, …); seeds are fixed."""
    condition = held.repeated(mixes)
    parts = torch.arange(len(condition.has_tracks)).split(_MOST_ITEMS)
    found = [
        sample_settings(network, held.space, rows_of(condition, part).to(device), part.tolist(), Sampling())
        for part in parts
    ]
    tensors = [held.space.encode(one.parameters, one.intent) for one in found]
    return held.space.decode(torch.cat(tensors), condition.is_track, condition.is_stereo)


def _energy_ratio(answers: Decoded, held: HeldOut) -> float:
    sessions = len(held.engineers)
    found = _features(answers, held.space, sessions)
    engineers, others = (_features(held.decode(one), held.space, sessions) for one in (held.engineers, held.others))
    distance = (energy_distance(found, engineers) + energy_distance(found, others)) / 2
    return float(distance.mean() / energy_distance(engineers, others).mean())


def _features(decoded: Decoded, space: Space, sessions: int) -> Tensor:
    """Return settings as vectors (sessions, mixes, places), with switches decided and idle knobs at rest."""
    return space.encode(LAYOUT.canonical(decoded.parameters), decoded.intent).unflatten(0, (sessions, -1)).flatten(2)


def _denoising_loss(network: Denoiser, held: HeldOut, sigma: float, device: torch.device) -> float:
    """Return the loss at `sigma`, with one engineer a session."""
    clean = held.engineers[:, 0]
    level = torch.full((len(clean),), sigma)
    noisy = clean + sigma * SeededNoise(range(len(clean)))(clean, 0)
    estimate = network(noisy.to(device), level.to(device), held.condition.to(device)).float().cpu()
    error = squared_error(estimate, clean, held.mask, torch.ones(clean.shape[1:]))
    return float((sigma_weight(level) * error).sum() / held.mask.sum())
