"""Mixing without a console: a mix's EnCodec frames, generated under those of its tracks.

The branch that the console is held against. What it answers is sound and not settings: it cannot be moved, locked,
recalled or taken into a studio.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from gen_mix.embeddings.encodec import SAMPLE_RATE_HZ
from gen_mix.embeddings.waves import CHANNELS, FRAMES, Frames, WaveCodec
from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.limiter import finish
from gen_mix.mix import MixCondition
from gen_mix.model.blocks import Block, LevelEmbedding, modulated
from gen_mix.model.sampling import FIRST_SIGMA, LAST_SIGMA, Sampling
from gen_mix.sessions.session import Session
from samplers import SAMPLERS, SeededNoise, noisy_start

ENCODEC = "encodec"
"""What the space of EnCodec's frames is called."""

TRACK_WIDTH = FRAMES * CHANNELS + 1
"""Length of a second of a track as `MixCondition.tracks` has it: its frames side by side, then the log of its level."""

_FILE = "waves"


@dataclass(frozen=True)
class WaveConfig:
    """Size of a `WaveDenoiser`, and whose frames it denoises.

    Attributes:
        codec: Fingerprint of the `WaveCodec`.
        width: Length of a frame inside the network.
        layers: Transformer blocks.
        heads: Attention heads; divides `width`.
    """

    codec: str
    width: int = 128
    layers: int = 4
    heads: int = 4

    def __post_init__(self) -> None:
        if min(self.width, self.layers, self.heads) < 1 or self.width % self.heads:
            raise ValueError(f"expected sizes of at least 1 and heads that divide the width, got {self}")


class WaveDenoiser(nn.Module):
    """From noisy frames of a second of a mix to the expected clean ones, given its tracks.

    Tracks enter each frame as a sum, so their order does not matter and there may be any number.
    """

    mean: Tensor
    spread: Tensor
    places: Tensor

    def __init__(self, config: WaveConfig, mean: Tensor | None = None, spread: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.register_buffer("mean", torch.zeros(CHANNELS) if mean is None else mean)
        self.register_buffer("spread", torch.ones(CHANNELS) if spread is None else spread)
        angles = torch.arange(FRAMES)[:, None] / 10000 ** (torch.arange(width // 2) / (width // 2))
        self.register_buffer("places", torch.cat([angles.sin(), angles.cos()], dim=-1), persistent=False)
        self.listen = nn.Sequential(nn.Linear(CHANNELS + 1, width), nn.SiLU(), nn.Linear(width, width))
        self.enter = nn.Linear(CHANNELS, width)
        self.level = LevelEmbedding(width)
        self.blocks = nn.ModuleList(Block(width, config.heads) for _ in range(config.layers))
        self.last = nn.Linear(width, 2 * width)
        self.leave = nn.Linear(width, CHANNELS)
        for layer in (self.last, self.leave):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, noisy: Tensor, sigma: Tensor, condition: MixCondition) -> Tensor:
        """Return the expected clean frames (batch, FRAMES, CHANNELS), standardized; preconditioned as `Denoiser` is.

        Args:
            noisy: Standardized frames at level `sigma` (batch, FRAMES, CHANNELS).
            sigma: Noise level (batch,), above 0.
            condition: A second of the tracks each, from `second_of`.
        """
        level = sigma.to(noisy)[:, None, None]
        scale = (1 + level**2).sqrt()
        tokens = self.enter(noisy / scale) + self._heard(condition) + self.places
        signal = nn.functional.silu(self.level(sigma.to(noisy).log() / 4))[:, None]
        bias = noisy.new_zeros(())
        for block in self.blocks:
            tokens = block(tokens, signal, bias.expand(len(noisy), 1, FRAMES, FRAMES))
        shift, gain = self.last(signal).chunk(2, dim=-1)
        return noisy / scale**2 + self.leave(modulated(tokens, shift, gain)) * (level / scale)

    def _heard(self, condition: MixCondition) -> Tensor:
        """Return what the tracks add to each frame (batch, FRAMES, width)."""
        frames = condition.tracks[..., :-1].unflatten(-1, (FRAMES, CHANNELS))
        loudness = condition.tracks[..., -1:, None].expand(*frames.shape[:3], 1)
        heard = self.listen(torch.cat([(frames - self.mean) / self.spread, loudness], dim=-1))
        is_heard = condition.is_track & condition.has_tracks[:, None]
        total: Tensor = heard.masked_fill(~is_heard[..., None, None], 0).sum(1)
        return total / is_heard.sum(1).clamp_min(1).sqrt()[:, None, None]

    def save_pretrained(self, folder: Path) -> None:
        """Write ``waves.safetensors``, ``waves.json`` and ``space.json`` into `folder`, made if needed."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {name: value.detach().cpu().contiguous() for name, value in self.state_dict().items()}
        write_whole(folder / f"{_FILE}.safetensors", save(state))
        write_whole(folder / f"{_FILE}.json", (json.dumps(asdict(self.config), indent=1) + "\n").encode())
        write_whole(folder / "space.json", (json.dumps({"space": ENCODEC, "codec": self.config.codec}) + "\n").encode())

    @classmethod
    def from_pretrained(cls, folder: Path) -> "WaveDenoiser":
        """Return the network that `save_pretrained` wrote, on the CPU, not training.

        Raises:
            InputError: A file is missing or broken.
        """
        try:
            network = cls(WaveConfig(**json.loads((folder / f"{_FILE}.json").read_text(encoding="utf-8"))))
            network.load_state_dict(load_file(folder / f"{_FILE}.safetensors"))
        except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
            raise InputError(f"{folder}: expected a model of EnCodec frames, got {type(error).__name__}") from error
        return network.eval()


def second_of(frames: Sequence[Frames], second: int) -> Tensor:
    """Return one second of some tracks (tracks, TRACK_WIDTH)."""
    rows = [torch.cat([one.values[second].flatten(), one.scale[second].log()[None]]) for one in frames]
    return torch.stack(rows)


def condition_of(frames: Sequence[Frames], seconds: Sequence[int]) -> MixCondition:
    """Return the condition of some seconds (len(seconds), tracks, TRACK_WIDTH) of the tracks of a session."""
    tracks = torch.stack([second_of(frames, second) for second in seconds])
    is_track = torch.ones(tracks.shape[:2], dtype=torch.bool)
    return MixCondition.heard(tracks, is_track, torch.ones_like(is_track))


@torch.no_grad()
def generate_mix(
    network: WaveDenoiser, codec: WaveCodec, session: Session, seed: int, how: Sampling | None = None
) -> Tensor:
    """Return a finished mix (2, samples) at 48 kHz, generated second by second from noise.

    Seconds know nothing of each other, and each is as loud beside the others as the sum of the staged tracks.

    Args:
        network: The model.
        codec: The one whose frames it denoises.
        session: What is mixed.
        seed: Of the mix.
        how: By default as `Sampling` says; guidance is not looked at.

    Raises:
        InputError: The codec is another one.
    """
    check_codec(network, codec)
    chosen = how or Sampling()
    frames = [codec.encode(track.staged, session.sample_rate) for track in session.tracks]
    seconds = list(range(len(frames[0].scale)))
    condition = condition_of(frames, seconds)
    sampler = SAMPLERS[chosen.sampler]()
    sigmas = sampler.schedule(chosen.steps, LAST_SIGMA, FIRST_SIGMA)
    noise = SeededNoise([seed + 7919 * second for second in seconds])
    start = noisy_start(torch.zeros(len(seconds), FRAMES, CHANNELS), sigmas[0].item(), noise)
    x = sampler(lambda x, sigma: network(x, sigma, condition), start, sigmas, noise, None)
    scale = torch.stack([one.scale.square() for one in frames]).sum(0).sqrt()
    audio = codec.decode(Frames(x * network.spread + network.mean, scale))
    length = round(session.samples * SAMPLE_RATE_HZ / session.sample_rate)
    return finish(audio[:, :length], SAMPLE_RATE_HZ).audio


def check_codec(network: WaveDenoiser, codec: WaveCodec) -> None:
    """Check that `network` denoises the frames of `codec`.

    Raises:
        InputError: It does not.
    """
    if network.config.codec != codec.fingerprint:
        raise InputError(
            f"encodec: expected the weights {network.config.codec} that the model was trained with, got "
            f"{codec.fingerprint}"
        )
