"""Mixes rendered for listening: the sound of `gen_mix.console.console.render` without its gradients."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gen_mix.console.checks import check_tracks
from gen_mix.console.stream import BLOCK, ConsoleStream, blocks_of
from gen_mix.console.switches import Switches
from gen_mix.mix import MixParameters


@torch.no_grad()
def render_fast(
    tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int, switches: Switches | None = None
) -> Tensor:
    """Return what comes out of the master bus, before loudness target and limiter, without gradients.

    Args:
        tracks: Staged tracks (1 or 2, samples), of one length, on the CPU; token 3 + i of `parameters` is track i.
            Further tokens are padding.
        parameters: Of some mixes.
        sample_rate: Of the tracks, in Hz.
        switches: What is heard; everything by default.

    Returns:
        (batch, 2, samples), float32.

    Raises:
        ValueError: As `render`; a setting is out of range or not a number; or `switches` name a track that is not
            there.
    """
    check_tracks(tracks)
    stream = ConsoleStream(parameters, [track.shape[0] == 2 for track in tracks], sample_rate, switches)
    samples = tracks[0].shape[1]
    mixes = torch.from_numpy(np.empty((len(parameters), 2, samples), np.float32))  # numpy asks for large pages
    for _ in stream(blocks_of(tracks), mixes.split(BLOCK, dim=-1)):
        pass
    return mixes
