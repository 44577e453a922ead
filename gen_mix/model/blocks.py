"""Parts of the denoiser: attention blocks that the noise level modulates."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


def modulated(tokens: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Return normalized tokens (batch, tokens, width), scaled and shifted by (batch, 1, width) each."""
    return functional.layer_norm(tokens, tokens.shape[-1:]) * (1 + scale) + shift


class LevelEmbedding(nn.Module):
    """A vector for a noise level."""

    frequencies: Tensor

    def __init__(self, width: int, frequencies: int = 32) -> None:
        super().__init__()
        self.register_buffer("frequencies", torch.logspace(0, math.log10(32), frequencies // 2), persistent=False)
        self.layers = nn.Sequential(nn.Linear(frequencies, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, level: Tensor) -> Tensor:
        """Return vectors (batch, width) for c_noise = ln(σ) / 4 (batch,)."""
        angles = level[:, None] * self.frequencies
        return self.layers(torch.cat([angles.sin(), angles.cos()], dim=-1))


class Block(nn.Module):
    """Attention between tokens, then a network on each, both modulated.

    The modulation starts at zero, so that the block starts as the identity (adaLN-zero): Peebles and Xie
    (2023), https://arxiv.org/abs/2212.09748.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.modulation = nn.Linear(width, 6 * width)
        self.attend = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width))
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, tokens: Tensor, signal: Tensor, bias: Tensor) -> Tensor:
        """Return tokens (batch, tokens, width).

        Args:
            tokens: (batch, tokens, width).
            signal: What modulates (batch, 1, width).
            bias: What is added to attention (batch, heads, tokens, tokens); minus infinity on padding.
        """
        shift, scale, gate, late_shift, late_scale, late_gate = self.modulation(signal).chunk(6, dim=-1)
        tokens = tokens + gate * self._attention(modulated(tokens, shift, scale), bias)
        return tokens + late_gate * self.think(modulated(tokens, late_shift, late_scale))

    def _attention(self, tokens: Tensor, bias: Tensor) -> Tensor:
        parts = self.attend(tokens).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=bias)
        return self.attended(mixed.transpose(1, 2).flatten(-2))
