"""How much attention two tracks pay to each other because of what they are."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from gen_mix.mix import NOT_TOLD, MixCondition

_CHANNELS = 16
_TOLD = 3  # not told, told that they do not play one part, told that they do


class PairBias(nn.Module):
    """From two tracks' embeddings to what is added to their attention, in every block and head.

    Two takes of one part are known by being nearly the same; attention by itself would have to find that out from
    a product of two noisy vectors. Here it is told how far apart they are, along directions that are learnt.
    """

    def __init__(self, condition_width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.layers = layers
        self.place = nn.Linear(condition_width, _CHANNELS, bias=False)
        last = nn.Linear(32, layers * heads)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.judge = nn.Sequential(nn.Linear(_CHANNELS + _TOLD, 32), nn.SiLU(), last)

    def forward(self, tracks: Tensor, condition: MixCondition) -> Tensor:
        """Return what is added to attention (layers, batch, heads, tracks, tracks).

        Args:
            tracks: What is known of the tracks (batch, tracks, condition_width).
            condition: Whose labels may tell which tracks play one part.
        """
        places = self.place(tracks)
        apart = (places[:, :, None] - places[:, None]).abs()
        bias: Tensor = self.judge(torch.cat([apart, _told_pairs(condition.double_of).to(apart)], dim=-1))
        return bias.unflatten(-1, (self.layers, -1)).permute(3, 0, 4, 1, 2)


def _told_pairs(double_of: Tensor) -> Tensor:
    """Return what is told of each two tracks, one-hot (batch, tracks, tracks, 3)."""
    places = torch.arange(double_of.shape[1], device=double_of.device)
    is_pair = double_of[:, :, None] == places
    told = torch.where((double_of == NOT_TOLD)[:, :, None], 0, 1 + is_pair.long())
    return functional.one_hot(told, _TOLD)
