"""Solo, mute and processors taken out, as a change of tracks and settings in front of any renderer."""

from collections.abc import Iterable
from dataclasses import dataclass

from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.mix import MixParameters

HIGH_PASS, EQ, COMPRESSOR = "high_pass", "eq", "compressor"

PROCESSORS = (HIGH_PASS, EQ, COMPRESSOR, REVERB, DELAY, MASTER)
"""What can be taken out: of every track strip its high-pass, EQ or compressor; a bus; or all of the master."""

_GATES = {
    HIGH_PASS: ((TRACK, "high_pass."),),
    EQ: ((TRACK, "eq."),),
    COMPRESSOR: ((TRACK, "compressor."),),
    REVERB: ((TRACK, "reverb_send."),),
    DELAY: ((TRACK, "delay_send."),),
    MASTER: ((MASTER, ""),),
}


@dataclass(frozen=True)
class Switches:
    """What of a mix is heard.

    Attributes:
        solo: Places of the tracks that are heard alone, with their sends; all tracks if there are none.
        mute: Places of tracks that are not heard, soloed or not.
        without: Processors that are taken out, of `PROCESSORS`.

    Raises:
        ValueError: A place is negative, or a processor is not one of ours.
    """

    solo: frozenset[int] = frozenset()
    mute: frozenset[int] = frozenset()
    without: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name, places in (("solo", self.solo), ("mute", self.mute)):
            if any(place < 0 for place in places):
                raise ValueError(f"{name}: expected places of tracks from 0, got {sorted(places)}")
        unknown = sorted(self.without - set(PROCESSORS))
        if unknown:
            raise ValueError(f"without: expected processors of {', '.join(PROCESSORS)}, got {', '.join(unknown)}")

    def audible(self, tracks: int) -> tuple[int, ...]:
        """Return the places of the tracks that are heard, of `tracks` in all.

        Raises:
            ValueError: A soloed or muted track does not exist.
        """
        for name, places in (("solo", self.solo), ("mute", self.mute)):
            if places and max(places) >= tracks:
                raise ValueError(f"{name}: expected places of tracks from 0 to {tracks - 1}, got {max(places)}")
        return tuple(place for place in sorted(self.solo or range(tracks)) if place not in self.mute)

    def applied(self, parameters: MixParameters) -> MixParameters:
        """Return the settings with the processors of `without` off."""
        normalized = parameters.normalized.clone()
        for processor in self.without:
            for kind, prefix in _GATES[processor]:
                normalized[:, LAYOUT.tokens(kind), _gates(kind, prefix)] = 0.0
        return MixParameters(normalized, parameters.mask)


def _gates(kind: str, prefix: str) -> list[int]:
    """Return the places of the switches of a token of `kind` whose names begin with `prefix`."""
    return [place for place, spec in enumerate(LAYOUT.specs(kind)) if spec.is_gate and spec.name.startswith(prefix)]


def chosen_tracks(parameters: MixParameters, places: Iterable[int]) -> MixParameters:
    """Return the settings of the buses and of the tracks at `places`, in that order."""
    tokens = [*range(len(BUS_TOKENS)), *(len(BUS_TOKENS) + place for place in places)]
    return MixParameters(parameters.normalized[:, tokens], parameters.mask[:, tokens])
