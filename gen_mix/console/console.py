"""The whole signal path, from staged tracks to the master bus."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gen_mix.console.compressor import compress, decibels_to_gain
from gen_mix.console.delay import echo
from gen_mix.console.filters import equalize
from gen_mix.console.knobs import Knobs, bus_knobs, track_knobs
from gen_mix.console.layout import BUS_TOKENS, DELAY, MASTER, REVERB
from gen_mix.console.reverb import reverberate
from gen_mix.console.stereo import balance_stereo, pan_mono, widen
from gen_mix.mix import MixParameters


def render(tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int) -> Tensor:
    """Return what comes out of the master bus, before loudness target and limiter.

    Switches are on from 0.5 upwards and have no gradient; every other knob has a finite one. Mixes and tracks are
    rendered one after another: a mix has the same samples alone and in a batch, and without gradients the memory
    is that of one track.

    Args:
        tracks: Staged tracks (1 or 2, samples), of one length; token 3 + i of `parameters` is track i. Further
            tokens are padding.
        parameters: Of some mixes.
        sample_rate: Of the tracks, in Hz.

    Returns:
        (batch, 2, samples) of the tracks' type.

    Raises:
        ValueError: There are no tracks, more than tokens, or they differ in length or have not 1 or 2 channels.
    """
    _check(tracks, parameters)
    return torch.stack([_render_one(tracks, parameters[mix], sample_rate) for mix in range(len(parameters))])


def _check(tracks: Sequence[Tensor], parameters: MixParameters) -> None:
    places = parameters.normalized.shape[1] - len(BUS_TOKENS)
    if not 1 <= len(tracks) <= places:
        raise ValueError(f"expected 1 to {places} tracks for these parameters, got {len(tracks)}")
    shapes = {tuple(track.shape) for track in tracks}
    if any(len(shape) != 2 or shape[0] not in (1, 2) for shape in shapes) or len({shape[-1] for shape in shapes}) != 1:
        raise ValueError(f"expected tracks (1 or 2, samples) of one length, got {sorted(shapes)}")


def _render_one(tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int) -> Tensor:
    """Return the first mix of `parameters`, (2, samples)."""
    mix, to_reverb, to_delay = tracks[0].new_zeros(3, 2, tracks[0].shape[-1]).unbind()
    reverb_is_fed = delay_is_fed = False
    for place, track in enumerate(tracks):
        knobs = track_knobs(parameters, place)
        strip = render_strip(track, knobs, sample_rate)
        mix = mix + strip
        if knobs.is_on("reverb_send"):
            to_reverb, reverb_is_fed = to_reverb + _sent(strip, knobs, "reverb_send"), True
        if knobs.is_on("delay_send"):
            to_delay, delay_is_fed = to_delay + _sent(strip, knobs, "delay_send"), True
    if reverb_is_fed:
        mix = mix + reverberate(to_reverb, bus_knobs(parameters, REVERB), sample_rate)
    if delay_is_fed:
        mix = mix + echo(to_delay, bus_knobs(parameters, DELAY), sample_rate)
    master = bus_knobs(parameters, MASTER)
    return compress(equalize(mix, master, sample_rate), master, sample_rate)


def render_strip(track: Tensor, knobs: Knobs, sample_rate: int) -> Tensor:
    """Return a staged track (1 or 2, samples) after its strip, as mix bus and sends get it: (2, samples)."""
    processed = compress(equalize(track, knobs, sample_rate), knobs, sample_rate)
    faded = processed * decibels_to_gain(knobs.value("fader_db"))
    if track.shape[0] == 1:
        return pan_mono(faded, knobs.value("pan"))
    return balance_stereo(widen(faded, knobs.value("width")), knobs.value("pan"))


def _sent(strip: Tensor, knobs: Knobs, send: str) -> Tensor:
    return strip * decibels_to_gain(knobs.value(f"{send}.level_db"))
