"""What one hears of a mix, track by track: measured on the track's own sound, not read off the knobs."""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gen_mix.console.compressor import smoothing
from gen_mix.console.filters import eq_band, eq_response_db, high_pass, low_pass, response_db
from gen_mix.console.layout import DELAY, EQ_BANDS, LAYOUT, REVERB, TRACK
from gen_mix.console.stereo import pan_gains
from gen_mix.evaluation.strips import StripLevels, Strips, measure_strips
from gen_mix.loudness import k_weighting
from gen_mix.measurements import active_blocks, blocks_of
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session, Track

OCTAVES_HZ = tuple(1000.0 * 2.0**octave for octave in range(-4, 5))
"""Centres of the nine bands that a strip's response is heard in: 63 Hz to 16 kHz."""

HEARD = (
    "level_lu",
    "pan",
    *(f"response_{round(octave)}_db" for octave in OCTAVES_HZ),
    "gain_reduction_db",
    "reverb_db",
    "delay_db",
)
"""What is heard of a track, in the order of the last axis of `hear`."""

FLOOR_DB = -45.0
"""Of reverb and delay returns: a return that is off, or that nobody hears beside the dry sound."""

_SILENCE_LU = -60.0
_PAN_STEP = 0.05
_UNDAMPED_HZ = 500.0  # the reverb treats all below as one band


@dataclass(frozen=True)
class Excerpt:
    """The seconds of a track in which it plays most.

    Attributes:
        audio: Staged, (1 or 2, samples).
        is_active: Which samples count (samples,).
        octaves: K-weighted power in each of `OCTAVES_HZ`, adding up to 1 (octaves,).
    """

    audio: NDArray[np.float32]
    is_active: NDArray[np.bool_]
    octaves: Tensor


@dataclass(frozen=True)
class Excerpts:
    """What a session is judged on: one excerpt per track.

    Attributes:
        tracks: In the order of the session.
        sample_rate: In Hz.
    """

    tracks: tuple[Excerpt, ...]
    sample_rate: int


def take_excerpts(session: Session, seconds: float = 3.0) -> Excerpts:
    """Return, for each track, the `seconds` in which it plays most; a shorter session is taken whole."""
    return Excerpts(
        tuple(_excerpt(track, session.sample_rate, seconds) for track in session.tracks), session.sample_rate
    )


def hear(excerpts: Excerpts, parameters: MixParameters) -> Tensor:
    """Return what one hears of each track of some mixes, in the order of `HEARD`.

    * ``level_lu``: K-weighted level after the fader, while the track plays, over that of all tracks together.
    * ``pan``: place between the loudspeakers by the powers left and right of a track of equal channels, in steps
      of 0.05.
    * ``response_*_db``: gain of high-pass and EQ, mean over the octave.
    * ``gain_reduction_db``: mean of the compressor's, while the track plays.
    * ``reverb_db``, ``delay_db``: K-weighted power of the return over that of the dry track, at least `FLOOR_DB`.

    Args:
        excerpts: Of the session, as many tracks as the parameters have strips.
        parameters: Some mixes of the session.

    Returns:
        (mixes, tracks, len(HEARD)) float32, finite.
    """
    levels = _run_strips(excerpts, parameters)
    power = _stereo_power(excerpts, parameters, levels)
    reduction = torch.stack([torch.from_numpy(one.gain_reduction_db) for one in levels], dim=1)
    shape = _shape(excerpts, parameters)
    columns = [
        _level_lu(power, parameters)[..., None],
        (LAYOUT.value(parameters, TRACK, "pan").clamp(-1, 1).double() / _PAN_STEP).round()[..., None] * _PAN_STEP,
        _response_db(parameters, excerpts.sample_rate),
        reduction[..., None],
        _reverb_db(parameters, shape, excerpts.sample_rate)[..., None],
        _delay_db(parameters, shape, power, excerpts.sample_rate)[..., None],
    ]
    return torch.cat(columns, dim=-1).float()


def _excerpt(track: Track, sample_rate: int, seconds: float) -> Excerpt:
    staged = track.staged.float()
    blocks = blocks_of(staged, sample_rate)
    power = blocks.double().square().mean((0, 2))
    active = active_blocks(power) & (power.max() > 0)
    count = min(round(seconds * 100), len(active))
    # Where a track plays equally much in several places, the loudest of them.
    score = active.double() + 1e-3 * power / power.max().clamp_min(1e-30)
    start = int(score.unfold(0, count, 1).sum(-1).argmax())
    chosen = slice(start, start + count)
    audio = blocks[:, chosen].flatten(1).numpy()
    is_active = active[chosen] if active[chosen].any() else torch.ones(count, dtype=torch.bool)
    return Excerpt(audio, is_active.repeat_interleave(blocks.shape[2]).numpy(), _octaves(audio, sample_rate))


def _octaves(audio: NDArray[np.float32], sample_rate: int) -> Tensor:
    """Return the K-weighted power of each octave over all (octaves,); what lies outside counts to the nearest."""
    spectrum = torch.fft.rfft(torch.from_numpy(audio).double()).abs().square().sum(0)
    freqs_hz = torch.linspace(0, sample_rate / 2, len(spectrum), dtype=torch.float64)
    weight_db = response_db(torch.from_numpy(k_weighting(sample_rate)), freqs_hz, sample_rate).sum(0)
    place = (freqs_hz / OCTAVES_HZ[0]).clamp_min(1e-9).log2().round().clamp(0, len(OCTAVES_HZ) - 1).long()
    power = torch.zeros(len(OCTAVES_HZ), dtype=torch.float64).index_add(0, place, spectrum * 10 ** (weight_db / 10))
    return power / power.sum() if power.sum() > 0 else torch.full_like(power, 1 / len(power))


def _run_strips(excerpts: Excerpts, parameters: MixParameters) -> list[StripLevels]:
    weighting = k_weighting(excerpts.sample_rate)
    settings = _strips(parameters, excerpts.sample_rate)
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:  # the recursions let go of the interpreter
        return list(
            pool.map(
                lambda track, strips: measure_strips(track.audio, track.is_active, strips, weighting),
                excerpts.tracks,
                settings,
            )
        )


def _strips(parameters: MixParameters, sample_rate: int) -> list[Strips]:
    """Return the settings of each track in turn."""
    sections = strip_sections(parameters, sample_rate)
    names = ("on", "threshold_db", "ratio", "attack_ms", "release_ms", "knee_db")
    on, threshold, ratio, attack, release, knee = (_value(parameters, TRACK, f"compressor.{name}") for name in names)
    speeds = [smoothing(time_ms, sample_rate) for time_ms in (attack, release)]
    return [
        Strips(sections[:, place].numpy(), on[:, place].numpy() >= 0.5, *(knob[:, place].numpy() for knob in knobs))
        for knobs in [(threshold, ratio, *speeds, knee)]
        for place in range(on.shape[1])
    ]


def strip_sections(parameters: MixParameters, sample_rate: int) -> Tensor:
    """Return high-pass and EQ of every strip as second-order sections (mixes, tracks, 7, 6); neutral where off."""
    designs = [("high_pass", high_pass(_value(parameters, TRACK, "high_pass.freq_hz"), sample_rate))]
    for band in EQ_BANDS:
        freq_hz, gain_db, q = (_value(parameters, TRACK, f"eq.{band}.{knob}") for knob in ("freq_hz", "gain_db", "q"))
        designs.append((f"eq.{band}", eq_band(band, freq_hz, gain_db, q, sample_rate)))
    neutral = torch.tensor([1.0, 0, 0, 1, 0, 0], dtype=torch.float64)
    is_on = [_value(parameters, TRACK, f"{name}.on")[..., None] >= 0.5 for name, _ in designs]
    return torch.stack([torch.where(on, filters, neutral) for on, (_, filters) in zip(is_on, designs, strict=True)], -2)


def _value(parameters: MixParameters, kind: str, name: str) -> Tensor:
    doubled = MixParameters(parameters.normalized.double().clamp(0, 1), parameters.mask)
    return LAYOUT.value(doubled, kind, name)


def _stereo_power(excerpts: Excerpts, parameters: MixParameters, levels: Sequence[StripLevels]) -> Tensor:
    """Return the power after width and pan, before the fader (mixes, tracks, 3): left, right, left times right."""
    power = torch.stack([torch.from_numpy(one.power) for one in levels], dim=1)
    left, right, cross = power.unbind(-1)
    is_stereo = torch.tensor([len(track.audio) == 2 for track in excerpts.tracks])
    width = _value(parameters, TRACK, "width")
    same, other = (1 + width) / 2, (1 - width) / 2
    wide_left = same**2 * left + other**2 * right + 2 * same * other * cross
    wide_right = other**2 * left + same**2 * right + 2 * same * other * cross
    wide_cross = same * other * (left + right) + (same**2 + other**2) * cross
    to_left, to_right = pan_gains(_value(parameters, TRACK, "pan")).unbind(-1)
    stereo = torch.stack([to_left**2 * wide_left, to_right**2 * wide_right, to_left * to_right * wide_cross], dim=-1)
    mono = torch.stack([to_left**2, to_right**2, to_left * to_right], dim=-1) * left[..., None]
    return torch.where(is_stereo[:, None], 2 * stereo, mono)


def _level_lu(power: Tensor, parameters: MixParameters) -> Tensor:
    faded = power[..., :2].sum(-1) * 10 ** (_value(parameters, TRACK, "fader_db") / 10)
    share = faded / faded.sum(-1, keepdim=True).clamp_min(1e-30)
    return 10 * share.clamp_min(10 ** (_SILENCE_LU / 10)).log10()


def _response_db(parameters: MixParameters, sample_rate: int) -> Tensor:
    return eq_response_db(parameters, TRACK, _thirds_hz(sample_rate), sample_rate).unflatten(-1, (-1, 3)).mean(-1)


def _thirds_hz(sample_rate: int) -> Tensor:
    """Return three frequencies per octave (3 octaves,), below half the sample rate."""
    thirds = torch.tensor([[octave * 2 ** (third / 3) for third in (-1, 0, 1)] for octave in OCTAVES_HZ])
    return thirds.double().flatten().clamp(max=0.49 * sample_rate)


def _shape(excerpts: Excerpts, parameters: MixParameters) -> Tensor:
    """Return how the K-weighted power of each track lies over the octaves after its EQ (mixes, tracks, octaves)."""
    octaves = torch.stack([track.octaves for track in excerpts.tracks])
    power = octaves * 10 ** (_response_db(parameters, excerpts.sample_rate) / 10)
    return power / power.sum(-1, keepdim=True)


def reverb_power(parameters: MixParameters, sample_rate: int) -> Tensor:
    """Return the power of the reverb over that of what it is fed with, per octave (mixes, octaves).

    The response is noise of energy 1 whose decay, and with it the energy, shrinks with damping in each octave.
    """
    octaves = torch.tensor(OCTAVES_HZ, dtype=torch.float64).clamp_min(_UNDAMPED_HZ)
    damping = 1 / torch.sqrt(1 + (octaves / _value(parameters, REVERB, "damping_hz")[:, None]) ** 4)
    return damping * _octave_power(high_pass(_value(parameters, REVERB, "low_cut_hz"), sample_rate), sample_rate)


def _octave_power(section: Tensor, sample_rate: int) -> Tensor:
    thirds = 10 ** (response_db(section, _thirds_hz(sample_rate), sample_rate) / 10)
    return thirds.unflatten(-1, (-1, 3)).mean(-1)


def _reverb_db(parameters: MixParameters, shape: Tensor, sample_rate: int) -> Tensor:
    power = (shape * reverb_power(parameters, sample_rate)[:, None]).sum(-1)
    return _sent_db(parameters, "reverb_send", power)


def delay_power(parameters: MixParameters, power: Tensor, sample_rate: int) -> Tensor:
    """Return the power of the echoes over that of the dry track, per octave (mixes, tracks, octaves).

    Echoes come one after another, so their powers add: those of the sum of the channels, which the loop passes on
    with the feedback, and those of their difference, which ping-pong turns round.

    Args:
        parameters: Some mixes.
        power: Of the dry track, left, right and left times right (mixes, tracks, 3).
        sample_rate: In Hz.
    """
    high_cut = _octave_power(low_pass(_value(parameters, DELAY, "high_cut_hz"), sample_rate), sample_rate)[:, None]
    feedback, ping_pong = (_value(parameters, DELAY, name)[:, None] for name in ("feedback", "ping_pong"))
    both, apart = _fed_power(power, ping_pong)
    sum_loop = high_cut / (1 - feedback[..., None] ** 2 * high_cut)
    difference_loop = high_cut / (1 - (feedback * (1 - 2 * ping_pong))[..., None] ** 2 * high_cut)
    echoes = (both[..., None] * sum_loop + apart[..., None] * difference_loop) / 2
    return echoes / power[..., :2].sum(-1).clamp_min(1e-30)[..., None]


def _fed_power(power: Tensor, ping_pong: Tensor) -> tuple[Tensor, Tensor]:
    """Return the power of sum and difference of what enters the two lines of the delay (mixes, tracks)."""
    left, right, cross = power.unbind(-1)
    own, crossed, stays = 1 - ping_pong + ping_pong / math.sqrt(2), ping_pong / math.sqrt(2), 1 - ping_pong
    both, apart = (
        own**2 * left + of_right**2 * right + 2 * own * of_right * cross
        for of_right in (crossed + stays, crossed - stays)
    )
    return both, apart


def _delay_db(parameters: MixParameters, shape: Tensor, power: Tensor, sample_rate: int) -> Tensor:
    return _sent_db(parameters, "delay_send", (shape * delay_power(parameters, power, sample_rate)).sum(-1))


def _sent_db(parameters: MixParameters, send: str, power: Tensor) -> Tensor:
    """Return the level of a return (mixes, tracks) in dB over the dry track, given its power at a send of 0 dB."""
    level_db = _value(parameters, TRACK, f"{send}.level_db") + 10 * power.clamp_min(1e-30).log10()
    return torch.where(_value(parameters, TRACK, f"{send}.on") >= 0.5, level_db, FLOOR_DB).clamp_min(FLOOR_DB)
