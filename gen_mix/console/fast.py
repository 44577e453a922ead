"""Mixes rendered for listening: the sound of `gen_mix.console.console.render` without its gradients."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gen_mix.console.console import render
from gen_mix.console.switches import Switches, chosen_tracks
from gen_mix.mix import MixParameters


@torch.no_grad()
def render_fast(
    tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int, switches: Switches | None = None
) -> Tensor:
    """Return what comes out of the master bus, before loudness target and limiter, without gradients.

    Args:
        tracks: Staged tracks (1 or 2, samples), of one length; token 3 + i of `parameters` is track i. Further
            tokens are padding.
        parameters: Of some mixes.
        sample_rate: Of the tracks, in Hz.
        switches: What is heard; everything by default.

    Returns:
        (batch, 2, samples), float32.

    Raises:
        ValueError: As `render`; or `switches` name a track that is not there.
    """
    heard = switches or Switches()
    places = heard.audible(len(tracks))
    if not places:
        return tracks[0].new_zeros(len(parameters), 2, tracks[0].shape[-1])
    return render([tracks[place] for place in places], chosen_tracks(heard.applied(parameters), places), sample_rate)
