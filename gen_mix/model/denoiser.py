"""The network: a transformer over the intent, the buses and the tracks of a mix."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn
from torch.nn import functional

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.mix import NOT_TOLD, MixCondition
from gen_mix.model.blocks import Block, LevelEmbedding, modulated
from gen_mix.model.latent import latent_mask
from gen_mix.model.pairs import PairBias
from gen_mix.model.space import KINDS, space_mask, space_width

SIGMA_HIGH = 80.0
"""Noise level at which a noisy value tells nothing; the supervised twin, which is given zeros, answers there."""


@dataclass(frozen=True)
class DenoiserConfig:
    """Size of a `Denoiser`.

    Attributes:
        condition_width: Length of a track's embedding.
        intents: How many numbers the intent has.
        width: Length of a token inside the network.
        layers: Number of transformer blocks.
        heads: Attention heads; divides `width`.
        measured: How many of the last values of an embedding are measurements: labels, where they are told, stand in
            for all others.
        instruments: Number of instrument classes, for the diagnostic condition on true labels.
        frequencies: Factors f of the features sin(f v), cos(f v) of every noisy value v.
        sizes: How many places a token of each of `KINDS` has, where they are a codec's; empty for the intent and the
            console's knobs.
        takes_intent: Whether the network can be told the intent.

    Raises:
        ValueError: A size is below 1, or `heads` does not divide `width`.
    """

    condition_width: int
    intents: int
    width: int = 128
    layers: int = 6
    heads: int = 4
    measured: int = 0
    instruments: int = 24
    frequencies: tuple[float, ...] = (1.5, 3.0, 6.0, 12.0)
    sizes: tuple[int, ...] = ()
    takes_intent: bool = False

    def __post_init__(self) -> None:
        sizes = (self.condition_width, self.intents, self.width, self.layers, self.heads, self.instruments, *self.sizes)
        if len(self.sizes) not in (0, len(KINDS)):
            raise ValueError(f"expected a size for each of {KINDS}, got {self.sizes}")
        if min(sizes) < 1 or self.width % self.heads or not 0 <= self.measured <= self.condition_width:
            raise ValueError(f"expected sizes of at least 1 and heads that divide the width, got {self}")

    @property
    def knobs(self) -> dict[str, int]:
        """How many values a token of each kind has."""
        if self.sizes:
            return dict(zip(KINDS, self.sizes, strict=True))
        return {"intent": self.intents, **{kind: len(LAYOUT.specs(kind)) for kind in KINDS[1:]}}

    def mask(self, condition: MixCondition) -> Tensor:
        """Return which places of x are in use, boolean (batch, 1 + tokens, width)."""
        if self.sizes:
            return latent_mask(condition.is_track, self.sizes)
        return space_mask(condition.is_track, condition.is_stereo, self.intents)

    @property
    def places(self) -> int:
        """Length of the last axis of x."""
        return max(self.sizes) if self.sizes else space_width(self.intents)


class Denoiser(nn.Module):
    """From noisy x to the expected clean x, given the tracks.

    Tokens have a kind (intent, master, reverb, delay, track) with its own way in and out, and no position: permuting
    tracks permutes the answer. Each value comes in as itself and as sines and cosines of itself, without which a
    network stays nearly linear in it and modes melt together. The noise level modulates every block.
    """

    frequencies: Tensor

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        features = 1 + 2 * len(config.frequencies)
        self.enter = nn.ModuleDict({kind: nn.Linear(n * features, config.width) for kind, n in config.knobs.items()})
        self.leave = nn.ModuleDict({kind: nn.Linear(config.width, n) for kind, n in config.knobs.items()})
        self.listen = nn.Sequential(
            nn.Linear(config.condition_width, 2 * config.width), nn.SiLU(), nn.Linear(2 * config.width, config.width)
        )
        self.unheard = nn.Parameter(torch.zeros(config.width))
        self.stereo = nn.Embedding(2, config.width)
        self.label = nn.Embedding(config.instruments + 1, config.width)
        self.lead = nn.Embedding(3, config.width)
        self.pairs = PairBias(config.condition_width, config.layers, config.heads)
        self.level = LevelEmbedding(config.width)
        self.is_heard = nn.Embedding(2, config.width)
        if config.takes_intent:
            self.is_intent_told = nn.Embedding(2, config.width)
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.layers))
        self.last = nn.Linear(config.width, 2 * config.width)
        self.register_buffer("frequencies", torch.tensor(config.frequencies), persistent=False)
        self._start_at_zero()

    def _start_at_zero(self) -> None:
        zeros = [self.stereo, self.label, self.lead, self.is_heard, self.last, self.leave]
        for module in [*zeros, self.is_intent_told] if self.config.takes_intent else zeros:
            for parameter in module.parameters():
                nn.init.zeros_(parameter)

    def that_takes_intent(self) -> "Denoiser":
        """Return a network that can be told the intent and answers as this one while it is not."""
        network = Denoiser(replace(self.config, takes_intent=True))
        network.load_state_dict(self.state_dict(), strict=False)
        return network

    def forward(
        self, noisy: Tensor, sigma: Tensor, condition: MixCondition, is_intent_told: Tensor | None = None
    ) -> Tensor:
        """Return the expected clean x (batch, 1 + tokens, width); unused places are 0.

        Preconditioned as in Table 1 of Karras et al. (2022), https://arxiv.org/abs/2206.00364, with
        σ_data = 1, since x is standardized.

        Args:
            noisy: x at level `sigma` (batch, 1 + tokens, width), tokens as in `ModelSpace`.
            sigma: Noise level (batch,), above 0.
            condition: The tracks.
            is_intent_told: Boolean (batch,); where true, the intent in `noisy` has no noise, and stays as it is. By
                default nowhere.
        """
        if is_intent_told is None:
            is_intent_told = torch.zeros_like(condition.has_tracks)
        mask = self.config.mask(condition)
        level = token_levels(sigma.to(noisy), is_intent_told, noisy.shape[1])
        scale = (1 + level**2).sqrt()
        signal = self.level(sigma.to(noisy).log() / 4) + self.is_heard(condition.has_tracks.long())
        if self.config.takes_intent:
            signal = signal + self.is_intent_told(is_intent_told.long())
        network = self._network((noisy / scale).masked_fill(~mask, 0), functional.silu(signal)[:, None], condition)
        return (noisy / scale**2 + network * (level / scale)).masked_fill(~mask, 0)

    def _network(self, values: Tensor, signal: Tensor, condition: MixCondition) -> Tensor:
        """Return F of Karras et al.: the answer (batch, 1 + tokens, width) of the network itself."""
        tokens = self._tokens(values, self._known(condition, condition.label == NOT_TOLD), condition)
        pairs = self.pairs(self._known(condition, condition.double_of == NOT_TOLD), condition)
        for block, bias in zip(self.blocks, _attention_bias(pairs, condition), strict=True):
            tokens = block(tokens, signal, bias)
        shift, scale = self.last(signal).chunk(2, dim=-1)
        return self._answer(modulated(tokens, shift, scale))

    def _known(self, condition: MixCondition, is_by_ear: Tensor) -> Tensor:
        """Return what is known of the tracks (batch, tracks, condition_width): only measurements, where not
        `is_by_ear` (batch, tracks), for labels tell the rest, and nothing, where the tracks are not heard.
        """
        is_measured = torch.arange(self.config.condition_width, device=condition.tracks.device) >= (
            self.config.condition_width - self.config.measured
        )
        is_known = is_by_ear[..., None] | is_measured
        return torch.where(is_known & condition.has_tracks[:, None, None], condition.tracks, 0.0)

    def _tokens(self, values: Tensor, known: Tensor, condition: MixCondition) -> Tensor:
        """Return what the blocks start from (batch, 1 + tokens, network width)."""
        entered = [
            self.enter[kind](self._features(values[:, _token_slice(kind), :knobs]))
            for kind, knobs in self.config.knobs.items()
        ]
        heard = torch.where(condition.has_tracks[:, None, None], self.listen(known), self.unheard)
        told = self.label(_or_last(condition.label, self.config.instruments)) + self.lead(
            _or_last(condition.is_lead, 2)
        )
        entered[-1] = entered[-1] + heard + told + self.stereo(condition.is_stereo.long())
        return torch.cat(entered, dim=1)

    def _features(self, values: Tensor) -> Tensor:
        """Return each value with its sines and cosines (batch, tokens, knobs * features)."""
        angles = values[..., None] * self.frequencies
        return torch.cat([values[..., None], angles.sin(), angles.cos()], dim=-1).flatten(-2)

    def _answer(self, tokens: Tensor) -> Tensor:
        """Return the values that the tokens say (batch, 1 + tokens, width)."""
        width = self.config.places
        left = [
            functional.pad(self.leave[kind](tokens[:, _token_slice(kind)]), (0, width - knobs))
            for kind, knobs in self.config.knobs.items()
        ]
        return torch.cat(left, dim=1)

    @property
    def parameter_count(self) -> int:
        """How many numbers are learnt."""
        return sum(parameter.numel() for parameter in self.parameters())

    def save_pretrained(self, folder: Path, name: str = "denoiser", precision: torch.dtype = torch.float32) -> None:
        """Write ``{name}.safetensors`` and ``{name}.json`` into `folder`, each whole or not at all.

        Args:
            folder: Made if needed.
            name: Of the files.
            precision: In which weights are stored; they are read as float32.
        """
        folder.mkdir(parents=True, exist_ok=True)
        state = {key: value.detach().cpu().contiguous().to(precision) for key, value in self.state_dict().items()}
        write_whole(folder / f"{name}.safetensors", save(state))
        write_whole(folder / f"{name}.json", (json.dumps(asdict(self.config), indent=1) + "\n").encode())

    @classmethod
    def from_pretrained(cls, folder: Path, name: str = "denoiser") -> "Denoiser":
        """Return the network that `save_pretrained` wrote, on the CPU, not training.

        Raises:
            InputError: A file is missing or broken, or the weights do not fit the configuration.
        """
        weights = folder / f"{name}.safetensors"
        model = cls(_read_config(folder / f"{name}.json"))
        try:
            state = load_file(weights)
        except (OSError, SafetensorError) as error:
            raise InputError(f"{weights}: expected weights in safetensors, got: {_first_line(error)}") from error
        _check_state(weights, state, model.state_dict())
        model.load_state_dict(state)
        return model.eval()


def token_levels(sigma: Tensor, is_intent_told: Tensor, tokens: int) -> Tensor:
    """Return the noise level of every token (batch, tokens, 1): `sigma` (batch,), and 0 for an intent that is told."""
    levels = sigma[:, None, None].repeat(1, tokens, 1)
    levels[:, 0] = levels[:, 0].masked_fill(is_intent_told[:, None], 0)
    return levels


def _token_slice(kind: str) -> slice:
    """Return where on the token axis of x the tokens of a kind are."""
    place = KINDS.index(kind)
    return slice(place, None) if kind == TRACK else slice(place, place + 1)


def _or_last(told: Tensor, last: int) -> Tensor:
    """Return what is told, `last` where nothing is."""
    return torch.where(told == NOT_TOLD, last, told)


def _attention_bias(pairs: Tensor, condition: MixCondition) -> Tensor:
    """Return what is added to attention (layers, batch, heads, 1 + tokens, 1 + tokens); padding is never looked at."""
    others = 1 + len(BUS_TOKENS)
    bias = functional.pad(pairs, (others, 0, others, 0))
    is_padding = functional.pad(~condition.is_track, (others, 0), value=False)
    return bias.masked_fill(is_padding[None, :, None, None], -torch.inf)


def _read_config(path: Path) -> DenoiserConfig:
    try:
        stored = json.loads(path.read_text())
        tuples = {name: tuple(stored[name]) for name in ("frequencies", "sizes") if name in stored}
        return DenoiserConfig(**{**stored, **tuples})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: expected the configuration of a denoiser, got: {_first_line(error)}") from error


def _check_state(path: Path, stored: dict[str, Tensor], expected: dict[str, Tensor]) -> None:
    there = {name: tuple(value.shape) for name, value in stored.items()}
    here = {name: tuple(value.shape) for name, value in expected.items()}
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            shapes = f"expected {name} {here.get(name, 'to be absent')}, got {there.get(name, 'nothing')}"
            raise InputError(f"{path}: the model does not fit its configuration, {shapes}")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
