"""EnCodec as an autoencoder of sound: seconds of audio to frames of a continuous latent and back, without codes.

Défossez et al. (2022), "High fidelity neural audio compression", https://arxiv.org/abs/2210.13438. The latent is taken
before quantization: between its frames there is room for a diffusion model.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from gen_mix.audio import resample
from gen_mix.embeddings.encodec import SAMPLE_RATE_HZ, encodec_from_file, encodec_with_random_weights

CHANNELS, FRAMES = 128, 150
"""Of the latent of a second."""

_QUIETEST = 1e-4


@dataclass(frozen=True)
class Frames:
    """Seconds of sound as EnCodec says them.

    Attributes:
        values: (seconds, FRAMES, CHANNELS).
        scale: What the sound of each second was divided by before it was heard (seconds,), its RMS.
    """

    values: Tensor
    scale: Tensor


class WaveCodec:
    """The encoder and decoder of the 48 kHz model.

    Args:
        model: An EnCodec model of two channels at 48 kHz.
    """

    def __init__(self, model: nn.Module) -> None:
        model.eval().requires_grad_(False)
        encoder, decoder = model.encoder, model.decoder
        if not isinstance(encoder, nn.Module) or not isinstance(decoder, nn.Module):
            raise ValueError(f"expected a model with an encoder and a decoder, got {type(model).__name__}")
        self.encoder, self.decoder = encoder, decoder

    @classmethod
    def load(cls, weights: Path | None, seed: int = 0) -> "WaveCodec":
        """Return the codec with the weights in a file, or with random ones of `seed`, which know nothing.

        Raises:
            InputError: The package is not installed, or the file is missing or holds something else.
        """
        return cls(encodec_with_random_weights(seed) if weights is None else encodec_from_file(weights))

    @property
    def fingerprint(self) -> str:
        """Hash of all weights."""
        digest = hashlib.sha256()
        for part in (self.encoder, self.decoder):
            for name, value in sorted(part.state_dict().items()):
                digest.update(name.encode() + value.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    @torch.no_grad()
    def encode(self, audio: Tensor, sample_rate: int) -> Frames:
        """Return what audio (1 or 2, samples) is, second by second; a part of a second at the end is filled up."""
        both = resample(audio.float().expand(2, -1), sample_rate, SAMPLE_RATE_HZ)
        seconds = -(-both.shape[1] // SAMPLE_RATE_HZ)
        padded = torch.nn.functional.pad(both, (0, seconds * SAMPLE_RATE_HZ - both.shape[1]))
        cut = padded.unflatten(1, (seconds, SAMPLE_RATE_HZ)).transpose(0, 1)
        scale = cut.mean(1).square().mean(-1).sqrt().clamp_min(_QUIETEST)
        values = torch.cat([self.encoder(second) for second in (cut / scale[:, None, None]).split(1)])
        return Frames(values.transpose(1, 2), scale)

    @torch.no_grad()
    def decode(self, frames: Frames) -> Tensor:
        """Return the sound (2, samples) at 48 kHz; seconds follow one another without overlap."""
        made = torch.cat([self.decoder(second.T[None])[..., :SAMPLE_RATE_HZ] for second in frames.values])
        return (made * frames.scale[:, None, None]).transpose(0, 1).flatten(1)
