"""Latents of mixes: what a codec makes of settings, to be stored, mixed with each other and decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS
from gen_mix.errors import InputError

MIX_TOKEN = "mix"
"""Name of the latent of the mix as a whole, the first token."""


def latent_mask(is_track: Tensor, sizes: Sequence[int]) -> Tensor:
    """Return which places of latents are in use, boolean (batch, 1 + tokens, max(sizes)).

    Args:
        is_track: Boolean (batch, tracks); false on padding.
        sizes: Places of the mix as a whole, of master, reverb and delay, and of a track.
    """
    others = 1 + len(BUS_TOKENS)
    per_token = torch.tensor([*sizes[:others], *[sizes[others]] * is_track.shape[1]], device=is_track.device)
    is_place = torch.arange(max(sizes), device=is_track.device) < per_token[:, None]
    is_token = torch.cat([is_track.new_ones(len(is_track), others), is_track], dim=1)
    return is_place & is_token[..., None]


@dataclass(frozen=True)
class MixLatent:
    """Some mixes as a codec says them: points of a flat space, about standard normal over engineers' mixes.

    Sums, differences and multiples of latents are latents: ``first + 0.5 * (second - first)`` lies half-way.

    Attributes:
        values: (batch, 1 + tokens, width): the mix as a whole, master, reverb, delay, then the tracks; unused places 0.
        is_track: Boolean (batch, tracks); false on padding.
        is_stereo: Boolean (batch, tracks).
        sizes: Places in use of each kind of token.
        axes: Names of the places of the first token.
        codec: Fingerprint of the codec.
    """

    values: Tensor
    is_track: Tensor
    is_stereo: Tensor
    sizes: tuple[int, ...]
    axes: tuple[str, ...]
    codec: str

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, row: int | slice) -> "MixLatent":
        """Return some mixes of the batch; the batch axis stays."""
        rows = slice(row, row + 1 or None) if isinstance(row, int) else row
        return replace(self, values=self.values[rows], is_track=self.is_track[rows], is_stereo=self.is_stereo[rows])

    def __add__(self, other: "MixLatent") -> "MixLatent":
        """Return the sum, token by token.

        Raises:
            ValueError: The two are of different codecs or sessions.
        """
        if self.codec != other.codec or self.values.shape[1:] != other.values.shape[1:]:
            raise ValueError("expected latents of one codec and of mixes of one session, got others")
        return replace(self, values=self.values + other.values)

    def __mul__(self, factor: float) -> "MixLatent":
        """Return a multiple."""
        return replace(self, values=self.values * factor)

    __rmul__ = __mul__

    def __sub__(self, other: "MixLatent") -> "MixLatent":
        """Return the difference, token by token; errors as for a sum."""
        return self + other * -1.0

    def moved(self, axis: str, amount: float) -> "MixLatent":
        """Return the latent moved along an axis of the mix as a whole, in standard deviations over engineers' mixes.

        Raises:
            InputError: There is no such axis.
        """
        if axis not in self.axes:
            raise InputError(f"axis: expected one of {', '.join(self.axes)}, got {axis}")
        step = torch.zeros_like(self.values)
        step[:, 0, self.axes.index(axis)] = amount
        return replace(self, values=self.values + step)

    def to_json(self, files: Sequence[str]) -> dict[str, Any]:
        """Return the first mix as plain values.

        Args:
            files: Of the session's tracks, by which they are found again.
        """
        rows = [
            [round(value, 5) for value in row[:size]]
            for row, size in zip(self.values[0].tolist(), self._row_sizes(len(files)), strict=False)
        ]
        others = 1 + len(BUS_TOKENS)
        return {
            "codec": self.codec,
            MIX_TOKEN: dict(zip(self.axes, rows[0], strict=True)),
            **dict(zip(BUS_TOKENS, rows[1:others], strict=True)),
            "tracks": dict(zip(files, rows[others:], strict=True)),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], files: Sequence[str], is_stereo: Sequence[bool]) -> "MixLatent":
        """Return what `to_json` made plain, for tracks in the order of `files`.

        Raises:
            InputError: It is something else, or of another session.
        """
        try:
            tracks = [stored["tracks"][file] for file in files]
            rows = [[*stored[MIX_TOKEN].values()], *(stored[bus] for bus in BUS_TOKENS), *tracks]
            sizes = tuple(len(row) for row in rows[: 2 + len(BUS_TOKENS)])
            width = max(sizes)
            values = torch.tensor([[[*map(float, row), *[0.0] * (width - len(row))] for row in rows]])
            axes, codec = tuple(map(str, stored[MIX_TOKEN])), str(stored["codec"])
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise InputError(f"latent: expected that of a mix of this session, got {type(error).__name__}") from error
        stereo = torch.tensor([list(is_stereo)])
        return cls(values, torch.ones_like(stereo), stereo, sizes, axes, codec)

    def _row_sizes(self, tracks: int) -> list[int]:
        return [*self.sizes[:-1], *[self.sizes[-1]] * tracks]
