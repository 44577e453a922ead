"""The whole signal path, from staged tracks to the master bus."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.checks import check_tracks
from gen_mix.console.compressor import compress, decibels_to_gain, token_dynamics
from gen_mix.console.delay import echoes
from gen_mix.console.filters import equalize, token_sections
from gen_mix.console.knobs import Knobs, bus_knobs
from gen_mix.console.layout import BUS_TOKENS, DELAY, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.console.reverb import reverberate
from gen_mix.console.stereo import balance_stereo, pan_mono, placing_gains, widen
from gen_mix.console.strip_groups import Lanes
from gen_mix.console.strips import mix_lanes
from gen_mix.mix import MixParameters

_SENDS = ("reverb_send", "delay_send")
_TRACKS_AT_ONCE = 16  # so that tracks that are made ready one by one need not all be there


def render(tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int) -> Tensor:
    """Return what comes out of the master bus, before loudness target and limiter.

    Switches are on from 0.5 upwards and have no gradient; every other knob has a finite one, and is clipped to its
    range, as an optimizer may step over it. A mix has the same samples alone and in a batch. All strips run side by
    side on as many threads as torch has; on another device than the CPU only the reverberation does. Kept for the
    gradient are the tracks, the buses and little more.

    Args:
        tracks: Staged tracks (1 or 2, samples), of one length; token 3 + i of `parameters` is track i. Further
            tokens are padding.
        parameters: Of some mixes.
        sample_rate: Of the tracks, in Hz.

    Returns:
        (batch, 2, samples) of the tracks' type.

    Raises:
        ValueError: There are no tracks, more than tokens, or they differ in length or have not 1 or 2 channels; or
            they are not float32 or float64, the rate is not positive or a setting is NaN.
    """
    _check(tracks, parameters, sample_rate)
    exact = parameters.exact()
    mix = _add_returns(_track_sums(tracks, exact, sample_rate), exact, len(tracks), sample_rate)
    return _master(mix, exact, sample_rate)


def render_excerpt(
    tracks: Sequence[Tensor],
    parameters: MixParameters,
    sample_rate: int,
    start: int,
    samples: int,
    warm_up_seconds: float = 2.0,
) -> Tensor:
    """Return a part of what `render` returns, for training on excerpts of long tracks.

    What the tracks played before the warm-up is not heard. A warm-up from the beginning gives the samples of `render`;
    otherwise what is missing is a gain that had not yet recovered, down by 60 dB after 3.1 release times, and the ends
    of tails: reverberation is down by 60 dB after its decay time, echoes by 20 log10(feedback) dB at every turn.

    Args:
        tracks: As for `render`, like `parameters` and `sample_rate`.
        parameters: As above.
        sample_rate: As above.
        start: First sample of the excerpt.
        samples: Length of the excerpt.
        warm_up_seconds: How much of the tracks in front of it is rendered and thrown away, at least 0.

    Returns:
        (batch, 2, samples) of the tracks' type.

    Raises:
        ValueError: As `render`; or the excerpt is not within the tracks.
    """
    _check(tracks, parameters, sample_rate)
    length = tracks[0].shape[-1]
    if not (0 <= start < start + samples <= length and warm_up_seconds >= 0):
        raise ValueError(
            f"expected an excerpt within {length} samples and a warm-up of 0 s or more, "
            f"got {samples} samples from {start} and {warm_up_seconds} s"
        )
    first = max(0, start - round(warm_up_seconds * sample_rate))
    rendered = render([track[:, first : start + samples] for track in tracks], parameters, sample_rate)
    return rendered[..., start - first :]


@dataclass(frozen=True)
class Parts:
    """A mix taken apart.

    Attributes:
        groups: What each group of tracks sends to the master, with its reverberation and echoes (batch, groups, 2,
            samples).
        mix: What the master makes of their sum (batch, 2, samples).
    """

    groups: Tensor
    mix: Tensor


def render_parts(
    tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int, groups: Sequence[Sequence[int]]
) -> Parts:
    """Return what groups of tracks make of a mix, with the gradients of `render`, every strip rendered once.

    Args:
        tracks: As for `render`, like `parameters` and `sample_rate`.
        parameters: As above.
        sample_rate: As above.
        groups: Places of tracks; each track in one of them.

    Raises:
        ValueError: As `render`; or a track is in no group, or in several.
    """
    _check(tracks, parameters, sample_rate)
    if sorted(place for group in groups for place in group) != list(range(len(tracks))):
        raise ValueError(f"expected each of {len(tracks)} tracks in one group, got {[list(group) for group in groups]}")
    exact = parameters.exact()
    sums = []
    for group in groups:
        tokens = [*range(len(BUS_TOKENS)), *(len(BUS_TOKENS) + place for place in group)]
        own = MixParameters(exact.normalized[:, tokens], exact.mask[:, tokens])
        dry = _track_sums([tracks[place] for place in group], own, sample_rate)
        sums.append(_add_returns(dry, own, len(group), sample_rate))
    return Parts(torch.stack(sums, dim=1), _master(torch.stack(sums).sum(0), exact, sample_rate))


def _check(tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int) -> None:
    check_tracks(tracks)
    if not sample_rate > 0:
        raise ValueError(f"sample_rate: expected a positive number of Hz, got {sample_rate}")
    if any(track.dtype not in (torch.float32, torch.float64) for track in tracks):
        raise ValueError(f"tracks: expected float32 or float64, got {sorted({str(track.dtype) for track in tracks})}")
    if parameters.normalized.shape[2] != LAYOUT.width:
        raise ValueError(f"parameters: expected {LAYOUT.width} places per token, got {parameters.normalized.shape[2]}")
    places = parameters.normalized.shape[1] - len(BUS_TOKENS)
    if not 1 <= len(tracks) <= places:
        raise ValueError(f"expected 1 to {places} tracks for these parameters, got {len(tracks)}")
    used = parameters.normalized[:, : len(BUS_TOKENS) + len(tracks)]
    missing = (used.isnan() & parameters.mask[:, : used.shape[1]]).nonzero()
    if len(missing):
        mix, token, place = missing[0].tolist()
        kind = LAYOUT.kind(token)
        raise ValueError(f"mix {mix}, token {token}, {LAYOUT.specs(kind)[place].name}: expected a number, got NaN")


def _track_sums(tracks: Sequence[Tensor], parameters: MixParameters, sample_rate: int) -> Tensor:
    """Return what all strips put into the mix, the reverb and the delay, left and right each: (batch, 6, samples)."""
    shapes = [track.shape[0] for track in tracks]
    total: Tensor | None = None
    for channels in (1, 2):
        places = [place for place, shape in enumerate(shapes) if shape == channels]
        for first in range(0, len(places), _TRACKS_AT_ONCE):
            some = places[first : first + _TRACKS_AT_ONCE]
            lanes = _strip_lanes(parameters, some, channels, sample_rate)
            part = mix_lanes(torch.stack([tracks[place] for place in some]), lanes, len(parameters))
            total = part if total is None else total + part
    assert total is not None
    return total


def _strip_lanes(parameters: MixParameters, places: Sequence[int], channels: int, sample_rate: int) -> Lanes:
    """Return the strips of the tracks at `places`, with that many channels, in all mixes."""
    tokens = [*range(len(BUS_TOKENS)), *(len(BUS_TOKENS) + place for place in places)]
    chosen = MixParameters(parameters.normalized[:, tokens], parameters.mask[:, tokens])

    def value(name: str) -> Tensor:
        return LAYOUT.value(chosen, TRACK, name)

    placed = (
        placing_gains(value("pan"), value("width"), channels) * decibels_to_gain(value("fader_db"))[..., None, None]
    )
    sends = [decibels_to_gain(value(f"{send}.level_db"))[..., None, None] for send in _SENDS]
    always = torch.ones_like(value("pan"), dtype=torch.bool)
    reaches = [always, *(value(f"{send}.on") >= 0.5 for send in _SENDS)]
    return _lanes(
        chosen,
        TRACK,
        gains=torch.cat([placed, *(placed * send for send in sends)], dim=-2),
        reaches=torch.stack(reaches, dim=-1).repeat_interleave(2, dim=-1),
        track=torch.arange(len(places)).repeat(len(parameters)),
        sample_rate=sample_rate,
    )


def _lanes(
    parameters: MixParameters, kind: str, gains: Tensor, reaches: Tensor, track: Tensor, sample_rate: int
) -> Lanes:
    """Return a lane for every token of `kind` in every mix; `gains` and `reaches` are (batch, tokens, ...)."""
    sections, is_on = token_sections(parameters, kind, sample_rate)
    dynamics, compresses = token_dynamics(parameters, kind, sample_rate)
    # Off is a slope of 0: the lane may be among others that do compress.
    dynamics = torch.where(compresses[..., None], dynamics, dynamics.new_tensor([0.0, 0.0, 1.0, 0.0, 0.0]))
    return Lanes(
        track=track,
        mix=torch.arange(len(parameters)).repeat_interleave(sections.shape[1]),
        sections=sections.flatten(0, 1),
        is_on=is_on.flatten(0, 1),
        dynamics=dynamics.flatten(0, 1),
        compresses=compresses.flatten(),
        gains=gains.flatten(0, 1),
        reaches=reaches.flatten(0, 1),
    )


def _add_returns(sums: Tensor, parameters: MixParameters, tracks: int, sample_rate: int) -> Tensor:
    """Return mixes (batch, 2, samples) with reverberation and echo, given what their strips put out (`_track_sums`)."""
    mixes, to_reverb, to_delay = (bus.unbind() for bus in sums.split(2, dim=1))
    heard = list(mixes)
    strips = parameters.normalized[:, len(BUS_TOKENS) : len(BUS_TOKENS) + tracks]
    reverbed, delayed = (
        (strips[..., LAYOUT.index(TRACK, f"{send}.on")] >= 0.5).any(dim=1).nonzero()[:, 0].tolist() for send in _SENDS
    )
    for mix in reverbed:
        heard[mix] = heard[mix] + reverberate(to_reverb[mix], bus_knobs(parameters[mix], REVERB), sample_rate)
    if delayed:
        sent = torch.stack([to_delay[mix] for mix in delayed])
        for mix, wet in zip(
            delayed, echoes(sent, [bus_knobs(parameters[m], DELAY) for m in delayed], sample_rate), strict=True
        ):
            heard[mix] = heard[mix] + wet
    return torch.stack(heard)


def _master(mix: Tensor, parameters: MixParameters, sample_rate: int) -> Tensor:
    """Return mixes (batch, 2, samples) after EQ and compressor of the master."""
    gains = torch.eye(2, dtype=torch.float64, device=mix.device).expand(len(parameters), 1, 2, 2)
    reaches = torch.ones(len(parameters), 1, 2, dtype=torch.bool)
    lanes = _lanes(parameters, MASTER, gains, reaches, torch.arange(len(parameters)), sample_rate)
    return mix_lanes(mix, lanes, len(parameters))


def render_strip(track: Tensor, knobs: Knobs, sample_rate: int) -> Tensor:
    """Return a staged track (1 or 2, samples) after its strip, as mix bus and sends get it: (2, samples)."""
    processed = compress(equalize(track, knobs, sample_rate), knobs, sample_rate)
    faded = processed * decibels_to_gain(knobs.value("fader_db"))
    if track.shape[0] == 1:
        return pan_mono(faded, knobs.value("pan"))
    return balance_stereo(widen(faded, knobs.value("width")), knobs.value("pan"))
