"""How latents of a trained codec are standardized, and their first token in coordinates that can be named."""

from dataclasses import replace

import torch
from torch import Tensor

from gen_mix.embeddings.bank import TrackBank, draw_sessions
from gen_mix.evaluation.codec_axes import TRAITS, slopes, turn_to_traits
from gen_mix.model.codec import Frame, MixCodec, numbered
from gen_mix.model.codec_network import CodecNetwork
from gen_mix.model.latent import latent_mask
from gen_mix.model.space import KINDS
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import TrackFacts
from gen_mix.training.seeds import FRAME, generator_of
from gen_mix.training.settings import DataSettings

_SESSIONS, _MIXES = 48, 8


def fit_frame(network: CodecNetwork, bank: TrackBank, data: DataSettings, seed: int) -> Frame:
    """Return the frame in which latents of engineers' mixes of sessions of `bank` are standardized.

    The first axes of the latent of the mix as a whole then move `TRAITS`, one each, and have their names, unless what
    they are found to move most is something else.
    """
    generator = generator_of(seed, FRAME)
    raw, used = _latents(network, bank, data, generator)
    mean, spread = _moments(raw, used)
    first = network.config.sizes[0]
    whole = (raw[:, 0, :first] - mean[0, :first]) / spread[0, :first]
    values, vectors = torch.linalg.eigh(whole.T @ whole / len(whole))
    whitening = vectors @ torch.diag(values.clamp_min(1e-6).rsqrt()) @ vectors.T
    frame = Frame(mean, spread, whitening, numbered(first))
    if first < len(TRAITS):
        return frame
    sessions = _with_a_lead(bank, data, generator)
    rise = slopes(MixCodec(network, frame), sessions, _MIXES, generator).rise
    turned = replace(frame, turn=turn_to_traits(rise) @ whitening)
    moved = slopes(MixCodec(network, turned), sessions, _MIXES, generator).rise.abs().argmax(0).tolist()
    named = (name if moved[place] == place else f"axis_{place + 1}" for place, name in enumerate(TRAITS))
    return replace(turned, axes=numbered(first, tuple(named)))


@torch.no_grad()
def _latents(
    network: CodecNetwork, bank: TrackBank, data: DataSettings, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Return latents of many mixes, padded to one number of tracks, and which places are in use."""
    found = []
    for _ in range(max(1, data.space_draws // data.chunk)):
        facts = draw_sessions(bank, data.chunk, generator, data.most_tracks, data.fewest_tracks).facts
        latents = network.encode(draw_engineers(facts, generator).parameters)
        found.append((latents, latent_mask(facts.is_track, network.config.sizes)))
    widest = max(latents.shape[1] for latents, _ in found)
    padded = [[torch.nn.functional.pad(one, (0, 0, 0, widest - one.shape[1])) for one in pair] for pair in found]
    return torch.cat([pair[0] for pair in padded]), torch.cat([pair[1] for pair in padded])


def _moments(raw: Tensor, used: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and spread of each kind of token (kinds, width); 0 and 1 where nothing is in use."""
    means, spreads = [], []
    for kind in range(len(KINDS)):
        rows = slice(kind, kind + 1) if kind + 1 < len(KINDS) else slice(kind, None)
        values, mask = raw[:, rows].flatten(0, 1), used[:, rows].flatten(0, 1)
        count = mask.sum(0)
        mean = values.sum(0) / count.clamp_min(1)
        variance = (values - mean).masked_fill(~mask, 0).square().sum(0) / count.clamp_min(1)
        means.append(mean)
        spreads.append(torch.where(count > 0, variance.sqrt().clamp_min(1e-3), 1.0))
    return torch.stack(means), torch.stack(spreads)


def _with_a_lead(bank: TrackBank, data: DataSettings, generator: torch.Generator) -> list[TrackFacts]:
    """Return sessions with a lead and other tracks, each without padding."""
    facts = draw_sessions(bank, _SESSIONS, generator, data.most_tracks, max(2, data.fewest_tracks)).facts
    found = []
    for row in range(len(facts)):
        tracks = int(facts.is_track[row].sum())
        one = facts[row : row + 1]
        cut = TrackFacts(
            one.instrument[:, :tracks],
            one.is_track[:, :tracks],
            one.is_stereo[:, :tracks],
            one.is_lead[:, :tracks],
            one.double_of[:, :tracks],
            one.measurements[:, :tracks],
        )
        if bool(cut.is_lead.any()) and tracks > 1:
            found.append(cut)
    return found
