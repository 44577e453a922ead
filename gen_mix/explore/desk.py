"""The console with a memory: a knob that moves makes only what comes after it anew."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor

from gen_mix.console.compressor import compress, decibels_to_gain
from gen_mix.console.delay import echo
from gen_mix.console.filters import equalize
from gen_mix.console.knobs import Knobs, bus_knobs, track_knobs
from gen_mix.console.layout import DELAY, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.console.reverb import reverberate
from gen_mix.console.stereo import balance_stereo, pan_mono, widen
from gen_mix.mix import MixParameters

_BEFORE_FADER = LAYOUT.index(TRACK, "fader_db")


class Desk:
    """Some tracks at the console; processed tracks are remembered, so a fader costs no equalizer.

    What comes out is what `gen_mix.console.console.render` gives.

    Attributes:
        tracks: Staged, (1 or 2, samples) each.
        sample_rate: In Hz.
    """

    def __init__(self, tracks: Sequence[Tensor], sample_rate: int, most_bytes: int = 1 << 29) -> None:
        """Put `tracks` on the console; at most `most_bytes` of processed ones are remembered."""
        self.tracks, self.sample_rate, self._most_bytes = tuple(tracks), sample_rate, most_bytes
        self._processed: OrderedDict[tuple[int, bytes], Tensor] = OrderedDict()
        self._lock = threading.Lock()

    def mix(self, parameters: MixParameters, is_heard: Sequence[bool] | None = None) -> Tensor:
        """Return what comes out of the master bus (2, samples).

        Args:
            parameters: Of one mix.
            is_heard: Of each track; one that is not is silent everywhere, in sends too. All are by default.
        """
        mix, to_reverb, to_delay = self.tracks[0].new_zeros(3, 2, self.tracks[0].shape[-1]).unbind()
        reverb_is_fed = delay_is_fed = False
        for place in range(len(self.tracks)):
            if is_heard is not None and not is_heard[place]:
                continue
            knobs = track_knobs(parameters, place)
            strip = self._strip(place, knobs)
            mix += strip
            if knobs.is_on("reverb_send"):
                to_reverb += strip * decibels_to_gain(knobs.value("reverb_send.level_db"))
                reverb_is_fed = True
            if knobs.is_on("delay_send"):
                to_delay += strip * decibels_to_gain(knobs.value("delay_send.level_db"))
                delay_is_fed = True
        if reverb_is_fed:
            mix += reverberate(to_reverb, bus_knobs(parameters, REVERB), self.sample_rate)
        if delay_is_fed:
            mix += echo(to_delay, bus_knobs(parameters, DELAY), self.sample_rate)
        master = bus_knobs(parameters, MASTER)
        return compress(equalize(mix, master, self.sample_rate), master, self.sample_rate)

    def _strip(self, place: int, knobs: Knobs) -> Tensor:
        faded = self._processed_track(place, knobs) * decibels_to_gain(knobs.value("fader_db"))
        if len(faded) == 1:
            return pan_mono(faded, knobs.value("pan"))
        return balance_stereo(widen(faded, knobs.value("width")), knobs.value("pan"))

    def _processed_track(self, place: int, knobs: Knobs) -> Tensor:
        """Return a track after equalizer and compressor."""
        key = (place, knobs.normalized[:_BEFORE_FADER].numpy().tobytes())
        with self._lock:
            if key in self._processed:
                self._processed.move_to_end(key)
                return self._processed[key]
        with torch.no_grad():
            made = compress(equalize(self.tracks[place], knobs, self.sample_rate), knobs, self.sample_rate)
        with self._lock:
            self._processed[key] = made
            size = sum(audio.numel() * audio.element_size() for audio in self._processed.values())
            while size > self._most_bytes and len(self._processed) > 1:
                _, forgotten = self._processed.popitem(last=False)
                size -= forgotten.numel() * forgotten.element_size()
        return made
