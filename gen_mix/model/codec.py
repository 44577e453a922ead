"""The latent codec of mixes: console settings to latents, which can be mixed with each other, and back."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT
from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.mix import MixParameters
from gen_mix.model.codec_network import CodecConfig, CodecNetwork, decided
from gen_mix.model.latent import MixLatent, latent_mask
from gen_mix.model.space import KINDS, Decoded
from gen_mix.sessions.engineers import INTENT

CODEC = "codec"
"""What the space of latents is called."""

_FRAME = ("mean", "spread", "turn")


@dataclass(frozen=True)
class Frame:
    """From the network's latents to standardized ones: (latent - mean) / spread, the first token then turned.

    Attributes:
        mean: (kinds, width).
        spread: (kinds, width), above 0; 1 on places that are not in use.
        turn: Of the latent of the mix as a whole (places, places), invertible.
        axes: What the places of the turned latent move, by name.
    """

    mean: Tensor
    spread: Tensor
    turn: Tensor
    axes: tuple[str, ...]

    @classmethod
    def plain(cls, sizes: tuple[int, ...]) -> "Frame":
        """Return the frame that changes nothing."""
        shape = (len(KINDS), max(sizes))
        return cls(torch.zeros(shape), torch.ones(shape), torch.eye(sizes[0]), numbered(sizes[0]))


def numbered(count: int, named: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return names of `count` axes: those that are `named`, then ``axis_6``, ``axis_7`` …"""
    return (*named, *(f"axis_{place}" for place in range(len(named) + 1, count + 1)))[:count]


class MixCodec:
    """Settings of mixes to a small latent for every token, and back.

    Attributes:
        network: Frozen.
        frame: How its latents are standardized.
    """

    def __init__(self, network: CodecNetwork, frame: Frame | None = None) -> None:
        self.network = network.eval().requires_grad_(False)
        self.frame = frame or Frame.plain(network.config.sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many places the mix as a whole, master, reverb, delay and a track have."""
        return self.network.config.sizes

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the network's weights and the frame."""
        digest = hashlib.sha256()
        for name, value in sorted(self._tensors().items()):
            digest.update(name.encode() + value.contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    @torch.no_grad()
    def encode(self, parameters: MixParameters) -> MixLatent:
        """Return the latents of some mixes; mixes that are one in canonical form have one latent."""
        is_track, is_stereo = _tracks_of(parameters)
        raw = self.network.encode(parameters)
        values = (raw - self._per_token(self.frame.mean, raw)) / self._per_token(self.frame.spread, raw)
        first = self.sizes[0]
        turned = values[:, :1, :first] @ self.frame.turn.T
        values = torch.cat([torch.cat([turned, values[:, :1, first:]], dim=2), values[:, 1:]], dim=1)
        return self._latent(values.masked_fill(~latent_mask(is_track, self.sizes), 0), is_track, is_stereo)

    def decode(self, latent: MixLatent) -> MixParameters:
        """Return the settings that latents stand for, canonical.

        Raises:
            InputError: They are another codec's.
        """
        if latent.codec != self.fingerprint:
            raise InputError(f"latent: expected one of the codec {self.fingerprint}, got one of {latent.codec}")
        return self.told(latent.values, latent.is_track, latent.is_stereo).parameters

    @torch.no_grad()
    def told(self, x: Tensor, is_track: Tensor, is_stereo: Tensor) -> Decoded:
        """Return all that latents x (batch, 1 + tokens, width) of tracks (batch, tracks) say, switches decided."""
        first, x = self.sizes[0], x.masked_fill(~latent_mask(is_track, self.sizes), 0)
        turned = x[:, :1, :first] @ torch.linalg.inv(self.frame.turn).T
        values = torch.cat([torch.cat([turned, x[:, :1, first:]], dim=2), x[:, 1:]], dim=1)
        raw = values * self._per_token(self.frame.spread, x) + self._per_token(self.frame.mean, x)
        told = self.network.decode(raw.masked_fill(~latent_mask(is_track, self.sizes), 0), is_track)
        parameters = decided(told.places, LAYOUT.mask(is_track, is_stereo))
        return Decoded(parameters, told.intent, self._latent(x, is_track, is_stereo))

    def save_pretrained(self, folder: Path, precision: torch.dtype = torch.float32) -> None:
        """Write ``codec.safetensors`` and ``codec.json`` into `folder`, made if needed, each whole or not at all.

        Args:
            folder: Made if needed.
            precision: In which tensors are stored; they are read as float32.
        """
        folder.mkdir(parents=True, exist_ok=True)
        config = asdict(self.network.config) | {"axes": list(self.frame.axes)}
        write_whole(
            folder / "codec.safetensors", save({name: value.to(precision) for name, value in self._tensors().items()})
        )
        write_whole(folder / "codec.json", (json.dumps(config, indent=1) + "\n").encode())

    @classmethod
    def from_pretrained(cls, folder: Path | None = None) -> "MixCodec":
        """Return the codec that `save_pretrained` wrote into `folder`, on the CPU; the packaged one by default.

        Raises:
            InputError: A file is missing or broken, or it was made for another console.
        """
        folder = folder or Path(str(files("gen_mix"))) / "weights" / "codec"
        path = folder / "codec.json"
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            axes = tuple(map(str, stored.pop("axes")))
            network = CodecNetwork(CodecConfig(**{**stored, "sizes": tuple(stored["sizes"])}))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}: expected the configuration of a codec, got {_first_line(error)}") from error
        path = folder / "codec.safetensors"
        try:
            tensors = {name: value.float() for name, value in load_file(path).items()}
            mean, spread, turn = (tensors.pop(f"frame.{name}") for name in _FRAME)
            network.load_state_dict(tensors)
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            raise InputError(f"{path}: expected the weights of a codec, got {_first_line(error)}") from error
        return cls(network, Frame(mean, spread, turn, axes))

    def _tensors(self) -> dict[str, Tensor]:
        frame = {f"frame.{name}": getattr(self.frame, name) for name in _FRAME}
        state = {**self.network.state_dict(), **frame}
        return {name: value.detach().cpu().contiguous() for name, value in state.items()}

    def _latent(self, values: Tensor, is_track: Tensor, is_stereo: Tensor) -> MixLatent:
        return MixLatent(values, is_track, is_stereo, self.sizes, self.frame.axes, self.fingerprint)

    def _per_token(self, rows: Tensor, x: Tensor) -> Tensor:
        """Return rows (kinds, width) for the tokens of x (1 + tokens, width)."""
        return rows.to(x)[torch.arange(x.shape[1]).clamp(max=len(KINDS) - 1)]


@dataclass(frozen=True)
class CodecSpace:
    """The latents of a codec as a `gen_mix.model.space.Space`: what is diffused.

    Attributes:
        codec: Whose latents.
    """

    codec: MixCodec

    @property
    def intent(self) -> tuple[str, ...]:
        """Names of the session-wide choices, which the latent of the mix as a whole tells."""
        return INTENT

    @property
    def width(self) -> int:
        """Length of the last axis of x."""
        return max(self.codec.sizes)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many places a token of each kind has."""
        return self.codec.sizes

    def mask(self, is_track: Tensor, is_stereo: Tensor) -> Tensor:
        """Return which places of x are in use, boolean (batch, 1 + tokens, width)."""
        return latent_mask(is_track, self.codec.sizes)

    def encode(self, parameters: MixParameters, intent: Tensor) -> Tensor:
        """Return x (batch, 1 + tokens, width); the intent is not looked at: settings tell it."""
        return self.codec.encode(parameters).values

    def decode(self, x: Tensor, is_track: Tensor, is_stereo: Tensor) -> Decoded:
        """Return what x (batch, 1 + tokens, width) means for tracks (batch, tracks), switches decided."""
        return self.codec.told(x, is_track, is_stereo)

    def to_json(self) -> str:
        """Return what tells this space from others, as JSON."""
        return json.dumps({"space": CODEC, "codec": self.codec.fingerprint, "axes": list(self.codec.frame.axes)})


def _tracks_of(parameters: MixParameters) -> tuple[Tensor, Tensor]:
    """Return which tracks there are and which of them are stereo, boolean (batch, tracks) each."""
    tracks = parameters.mask[:, len(BUS_TOKENS) :]
    return tracks[..., 0], tracks[..., LAYOUT.index(KINDS[-1], "width")]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
