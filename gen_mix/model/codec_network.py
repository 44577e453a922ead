"""The autoencoder of sets of console settings: one latent a token, one for the mix as a whole."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.mix import MixParameters
from gen_mix.model.latent import latent_mask
from gen_mix.model.space import KINDS

_FREQUENCIES = (1.0, 2.0, 4.0)
"""Of the sines and cosines in which a knob is read, in half turns over its range."""

_ALONE = 1.0
"""How many tracks' worth of its own a track's latent keeps of what all tracks have in common."""


@dataclass(frozen=True)
class CodecConfig:
    """Size of a `CodecNetwork`.

    Attributes:
        sizes: Places of the latents of the mix as a whole, of master, reverb and delay, and of a track.
        intents: How many numbers of an engineer's intent are told from the latent of the mix as a whole.
        width: Length of a token inside the network.
        layers: Transformer blocks of the encoder, and as many of the decoder.
        heads: Attention heads; divides `width`.

    Raises:
        ValueError: A size is below 1, there are not five of them, or `heads` does not divide `width`.
    """

    sizes: tuple[int, ...]
    intents: int
    width: int = 128
    layers: int = 2
    heads: int = 4

    def __post_init__(self) -> None:
        if len(self.sizes) != len(KINDS) or min(*self.sizes, self.intents, self.layers, self.heads) < 1:
            raise ValueError(f"expected {len(KINDS)} sizes, all at least 1, got {self}")
        if self.width % self.heads:
            raise ValueError(f"expected heads that divide the width, got {self}")


@dataclass(frozen=True)
class Reconstruction:
    """What a latent says.

    Attributes:
        places: Of all knobs (batch, tokens, knobs), not clipped; of switches the logit that they are on.
        intent: Session-wide choices (batch, intents).
    """

    places: Tensor
    intent: Tensor


class CodecNetwork(nn.Module):
    """Settings to latents and back.

    Tokens have no position: permuted tracks have permuted latents. A track's latent keeps only how the track differs
    from the others, up to a share that a track alone keeps; what all have in common can go but through the latent of
    the mix, which the decoder adds to every token. So to move that latent is to move the mix as a whole.
    """

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        width, features = config.width, 1 + 2 * len(_FREQUENCIES)
        knobs = {kind: len(LAYOUT.specs(kind)) for kind in KINDS[1:]}
        sizes = dict(zip(KINDS, config.sizes, strict=True))
        self.mix = nn.Parameter(torch.randn(width) / math.sqrt(width))
        self.read = nn.ModuleDict({kind: _two_layers(n * features, width, width) for kind, n in knobs.items()})
        self.encoder = _blocks(config)
        self.shorten = nn.ModuleDict({kind: nn.Linear(width, size) for kind, size in sizes.items()})
        self.lengthen = nn.ModuleDict({kind: _two_layers(size, width, width) for kind, size in sizes.items()})
        self.decoder = _blocks(config)
        self.write = nn.ModuleDict({kind: _two_layers(width, 2 * width, n) for kind, n in knobs.items()})
        self.tell = _two_layers(sizes[KINDS[0]], width, config.intents)

    def encode(self, parameters: MixParameters) -> Tensor:
        """Return latents (batch, 1 + tokens, width), not standardized; unused places are 0.

        Args:
            parameters: Of some mixes; only what their canonical form says is read.
        """
        canonical = LAYOUT.canonical(parameters)
        is_track = canonical.mask[:, len(BUS_TOKENS) :, 0]
        values = canonical.normalized.masked_fill(~canonical.mask, 0.5)
        tokens = [self.mix.expand(len(values), 1, -1)]
        for kind in KINDS[1:]:
            knobs = values[:, LAYOUT.tokens(kind), : len(LAYOUT.specs(kind))]
            tokens.append(self.read[kind](_features(knobs)))
        attended = _through(self.encoder, torch.cat(tokens, dim=1), is_track)
        latents = [self.shorten[kind](attended[:, _rows(kind)]) for kind in KINDS]
        latents[-1] = _own(latents[-1], is_track)
        width = max(self.config.sizes)
        padded = torch.cat([functional.pad(one, (0, width - one.shape[-1])) for one in latents], dim=1)
        return padded.masked_fill(~latent_mask(is_track, self.config.sizes), 0)

    def decode(self, latents: Tensor, is_track: Tensor) -> Reconstruction:
        """Return what latents (batch, 1 + tokens, width) of tracks (batch, tracks) say."""
        entered = [
            self.lengthen[kind](latents[:, _rows(kind), :size])
            for kind, size in zip(KINDS, self.config.sizes, strict=True)
        ]
        tokens = _through(
            self.decoder, torch.cat([entered[0], *(one + entered[0] for one in entered[1:])], 1), is_track
        )
        written = [self.write[kind](tokens[:, _rows(kind)]) for kind in KINDS[1:]]
        places = torch.cat([functional.pad(one, (0, LAYOUT.width - one.shape[-1])) for one in written], dim=1)
        return Reconstruction(places + 0.5, self.tell(latents[:, 0, : self.config.sizes[0]]))


def decided(places: Tensor, mask: Tensor) -> MixParameters:
    """Return the knobs that `Reconstruction.places` (batch, tokens, knobs) stand for: switches on or off, all in range.

    Args:
        places: Of a `Reconstruction`.
        mask: Which knobs there are, same shape.
    """
    is_gate = gates_of(places)
    switched = (places >= 0).to(places)
    normalized = torch.where(is_gate, switched, places.clamp(0, 1))
    return LAYOUT.canonical(MixParameters(normalized.masked_fill(~mask, 0), mask))


def gates_of(places: Tensor) -> Tensor:
    """Return which places of knobs (*, tokens, knobs) are switches, boolean (tokens, knobs)."""
    tokens, knobs = places.shape[-2:]
    rows = {kind: [spec.is_gate for spec in LAYOUT.specs(kind)] for kind in (*BUS_TOKENS, TRACK)}
    kinds = [LAYOUT.kind(token) for token in range(tokens)]
    padded = [[*rows[kind], *[False] * (knobs - len(rows[kind]))] for kind in kinds]
    return torch.tensor(padded, device=places.device)


def _features(knobs: Tensor) -> Tensor:
    """Return each place from 0 to 1 with its sines and cosines (batch, tokens, knobs · features)."""
    centred = 2 * knobs - 1
    angles = centred[..., None] * (math.pi / 2 * centred.new_tensor(_FREQUENCIES))
    return torch.cat([centred[..., None], angles.sin(), angles.cos()], dim=-1).flatten(-2)


def _own(latents: Tensor, is_track: Tensor) -> Tensor:
    """Return latents of tracks (batch, tracks, size) without the mean over the tracks of their mix."""
    counts = is_track.sum(1)[:, None, None]
    mean = latents.masked_fill(~is_track[..., None], 0).sum(1, keepdim=True) / counts.clamp_min(1)
    return latents - mean * (counts / (counts + _ALONE))


def _through(blocks: nn.ModuleList, tokens: Tensor, is_track: Tensor) -> Tensor:
    """Return tokens (batch, 1 + tokens, width) after some blocks; padding is never looked at."""
    is_padding = torch.cat([is_track.new_zeros(len(is_track), 1 + len(BUS_TOKENS)), ~is_track], dim=1)
    bias = tokens.new_zeros(is_padding.shape).masked_fill(is_padding, -torch.inf)[:, None, None]
    for block in blocks:
        tokens = block(tokens, bias)
    return tokens


class PlainBlock(nn.Module):
    """Attention between tokens, then a network on each; what comes in is normalized first."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend, self.attended = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = _two_layers(width, 2 * width, width)

    def forward(self, tokens: Tensor, bias: Tensor) -> Tensor:
        """Return tokens (batch, tokens, width), given what is added to attention (batch, 1, 1, tokens)."""
        parts = self.attend(self.first(tokens)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=bias)
        tokens = tokens + self.attended(mixed.transpose(1, 2).flatten(-2))
        out: Tensor = tokens + self.think(self.second(tokens))
        return out


def _blocks(config: CodecConfig) -> nn.ModuleList:
    return nn.ModuleList(PlainBlock(config.width, config.heads) for _ in range(config.layers))


def _two_layers(came: int, inside: int, left: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(came, inside), nn.SiLU(), nn.Linear(inside, left))


def _rows(kind: str) -> slice:
    """Return where on the token axis of latents the tokens of a kind are."""
    place = KINDS.index(kind)
    return slice(place, None) if kind == TRACK else slice(place, place + 1)
