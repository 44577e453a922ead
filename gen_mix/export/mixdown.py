"""A mix taken apart: the stems and returns that add up to it.

Everything behind the sum of the strips is linear once its gain over time is known: the master EQ is a filter, the bus
compressor and the limiter turn a knob. So each stem passes the same filter and the same gain over time as the whole
mix did, and the stems add up to it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.compressor import compressor_gain_db, decibels_to_gain, level_db
from gen_mix.console.console import render_strip
from gen_mix.console.delay import echo
from gen_mix.console.filters import equalize
from gen_mix.console.knobs import Knobs, bus_knobs, track_knobs
from gen_mix.console.layout import DELAY, MASTER, REVERB
from gen_mix.console.reverb import reverberate
from gen_mix.export.alternatives import Alternative
from gen_mix.limiter import Finished, finish
from gen_mix.mix import MixParameters
from gen_mix.rendering import mix_blocks
from gen_mix.sessions.session import Session

RETURNS = (REVERB, DELAY)
"""The effect buses, in the order in which they are exported."""


@dataclass(frozen=True)
class MixDown:
    """One mix and what it is the sum of.

    Attributes:
        session: What was mixed.
        alternative: How.
        returns: What came back from each effect bus that was fed, before the master: (2, samples).
        finished: The finished mix.
        gain: What bus compressor, loudness target and limiter together turned the mix by, (samples,).
        most_limiting_db: How far the limiter alone turned it down where it did so most, at least 0.
    """

    session: Session
    alternative: Alternative
    returns: dict[str, Tensor]
    finished: Finished
    gain: Tensor
    most_limiting_db: float

    def strip(self, place: int) -> Tensor:
        """Return track `place` after its strip, before the master: (2, samples)."""
        knobs = track_knobs(self.alternative.parameters, place)
        with torch.no_grad():
            return render_strip(self.session.tracks[place].staged, knobs, self.session.sample_rate)

    def through_master(self, audio: Tensor) -> Tensor:
        """Return the part of the finished mix that `audio` (2, samples), a part of the sum, became."""
        master = bus_knobs(self.alternative.parameters, MASTER)
        return equalize(audio, master, self.session.sample_rate) * self.gain

    def stems(self) -> Iterator[Tensor]:
        """Yield the part of the finished mix that each track is, (2, samples), in the order of the session."""
        for place in range(len(self.session.tracks)):
            yield self.through_master(self.strip(place))


def mix_down(session: Session, alternative: Alternative) -> MixDown:
    """Return the finished mix of `alternative`, the same samples as rendered alone, with what it is the sum of."""
    parameters, rate = alternative.parameters, session.sample_rate
    with torch.no_grad():
        total, returns = _sum(session, parameters)
        master = bus_knobs(parameters, MASTER)
        equalized = equalize(total, master, rate)
        # As it is rendered alone: from other last bits, the search for its loudness may end elsewhere.
        mastered = torch.cat(list(mix_blocks(session, parameters)), dim=1)
        finished = finish(mastered, rate, alternative.target_lufs)
        loudness = _ratio(finished.audio, mastered)
    limiting_db = finished.gain_db - 20 * math.log10(float(loudness.min()))
    gain = _compression(equalized, master, rate) * loudness
    return MixDown(session, alternative, returns, finished, gain, max(limiting_db, 0.0))


def _sum(session: Session, parameters: MixParameters) -> tuple[Tensor, dict[str, Tensor]]:
    """Return what arrives at the master (2, samples), added up in the console's own order, and the returns in it."""
    total = session.tracks[0].audio.new_zeros(2, session.samples)
    sent: dict[str, Tensor] = {}
    for place, track in enumerate(session.tracks):
        knobs = track_knobs(parameters, place)
        strip = render_strip(track.staged, knobs, session.sample_rate)
        total = total + strip
        for bus in RETURNS:
            if knobs.is_on(f"{bus}_send"):
                level = decibels_to_gain(knobs.value(f"{bus}_send.level_db"))
                sent[bus] = sent.get(bus, torch.zeros_like(total)) + strip * level
    effects = {REVERB: reverberate, DELAY: echo}
    returns = {
        bus: effects[bus](sent[bus], bus_knobs(parameters, bus), session.sample_rate) for bus in RETURNS if bus in sent
    }
    for audio in returns.values():
        total = total + audio
    return total, returns


def _compression(equalized: Tensor, master: Knobs, sample_rate: int) -> Tensor:
    """Return the factor of the bus compressor over time (samples,)."""
    if not master.is_on("compressor"):
        return equalized.new_ones(equalized.shape[-1])
    gain_db = compressor_gain_db(
        level_db(equalized),
        threshold_db=master.value("compressor.threshold_db"),
        ratio=master.value("compressor.ratio"),
        attack_ms=master.value("compressor.attack_ms"),
        release_ms=master.value("compressor.release_ms"),
        knee_db=master.value("compressor.knee_db"),
        sample_rate=sample_rate,
    )
    return decibels_to_gain(gain_db)


def _ratio(after: Tensor, before: Tensor) -> Tensor:
    """Return the factor (samples,) that made `after` out of `before`, both (2, samples); between where both are 0."""
    energy = before.double().square().sum(dim=0)
    known = energy > 0
    if not known.any():
        return after.new_ones(after.shape[-1])
    factor = (after.double() * before.double()).sum(dim=0) / energy.where(known, energy.new_ones(()))
    places = torch.arange(len(factor))
    nearest = torch.cummax(torch.where(known, places, -1), dim=0).values.clamp(min=int(places[known][0]))
    return factor[nearest].to(after)
