"""A mix in its parts: every strip behind fader and pan, and what reverb and delay give back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gen_mix.console.checks import check_settings, check_tracks
from gen_mix.console.patch import BUS_ROWS, SENDS, fed_buses, track_strips
from gen_mix.console.rack import build_rack
from gen_mix.console.returns import effects_of
from gen_mix.console.simd import LANES
from gen_mix.console.stream import Block, blocks_of
from gen_mix.console.switches import Switches, chosen_tracks
from gen_mix.mix import MixParameters


@dataclass(frozen=True)
class Stems:
    """The parts of a mix; their sum, through the master, is the mix.

    Attributes:
        strips: Of every track that is heard, as it reaches the mix bus, (tracks, 2, samples).
        returns: Of every effect bus that is fed, by its name, (2, samples).
    """

    strips: Tensor
    returns: Mapping[str, Tensor]


class StemStream:
    """The parts of one mix, block by block, from rest.

    Attributes:
        places: Of the tracks that are heard, in the order of the strips.
        buses: The effect buses that are fed.
    """

    def __init__(
        self, parameters: MixParameters, is_stereo: Sequence[bool], sample_rate: int, switches: Switches | None = None
    ) -> None:
        """Take the settings of one mix, as `ConsoleStream`.

        Raises:
            ValueError: As `ConsoleStream`; or there are settings of more than one mix.
        """
        check_settings(parameters, len(is_stereo), sample_rate)
        if len(parameters) != 1:
            raise ValueError(f"parameters: expected one mix, got {len(parameters)}")
        heard = switches or Switches()
        self.places = heard.audible(len(is_stereo))
        chosen = chosen_tracks(heard.applied(parameters), self.places)
        exact = MixParameters(chosen.normalized.double().cpu().clamp(0, 1), chosen.mask.cpu())
        paired = [is_stereo[place] for place in self.places]
        self._first_row = np.cumsum([0, *(2 if stereo else 1 for stereo in paired)]).tolist()
        (strips,) = track_strips(exact, paired, self._first_row[:-1], sample_rate)
        own = [replace(strip, targets=_targets(track)) for track, strip in enumerate(strips)]
        self._rack = build_rack([own], silent_row=self._first_row[-1])
        self._state = self._rack.at_rest()
        self._effects = effects_of(exact, fed_buses(strips), sample_rate)
        self.buses = tuple(self._effects)

    def __call__(self, blocks: Iterable[Block]) -> Iterator[Stems]:
        """Yield the parts of each of `blocks`: all tracks in stretches of `BLOCK` samples, only the last shorter."""
        for block in blocks:
            samples = block[0].shape[1]
            length = -(-samples // LANES) * LANES
            source = np.zeros((self._first_row[-1] + 1, length), np.float32)
            for place, first, last in zip(self.places, self._first_row, self._first_row[1:], strict=False):
                source[first:last, :samples] = block[place].detach().numpy()
            rows = np.empty((BUS_ROWS + 2 * len(self.places), length), np.float32)
            self._rack.run(self._state, range(self._rack.first_group[-1]), source, rows)
            returned = {bus: np.empty((2, length), np.float32) for bus in self._effects}
            for bus, effect in self._effects.items():
                effect(rows[SENDS[bus]], returned[bus])
            yield Stems(
                torch.from_numpy(rows[BUS_ROWS:, :samples]).unflatten(0, (-1, 2)),
                {bus: torch.from_numpy(audio[:, :samples]) for bus, audio in returned.items()},
            )


def _targets(track: int) -> tuple[int, ...]:
    """Return the rows that a strip adds to: its own behind those of the buses, instead of the mix bus; its sends."""
    own = BUS_ROWS + 2 * track
    return (own, own + 1, *range(2, BUS_ROWS))


def render_stems(
    tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int, switches: Switches | None = None
) -> Stems:
    """Return the parts of one mix, as `render_fast` renders it.

    Args:
        tracks: As `render_fast`.
        parameters: Of one mix.
        sample_rate: In Hz.
        switches: What is heard; everything by default.

    Raises:
        ValueError: As `render_fast`; or there are settings of more than one mix.
    """
    check_tracks(tracks)
    stream = StemStream(parameters, [track.shape[0] == 2 for track in tracks], sample_rate, switches)
    parts = list(stream(blocks_of(tracks)))
    return Stems(
        torch.cat([part.strips for part in parts], dim=-1),
        {bus: torch.cat([part.returns[bus] for part in parts], dim=-1) for bus in stream.buses},
    )
