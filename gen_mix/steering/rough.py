"""A rough mix that is only heard: the settings that come nearest to a stereo bounce of the same tracks."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from auraloss.freq import SumAndDifferenceSTFTLoss
from numpy.typing import NDArray
from scipy.optimize import nnls
from torch import Tensor

from gen_mix.console.console import render
from gen_mix.console.layout import BUS_TOKENS, EQ_BANDS, LAYOUT, TRACK
from gen_mix.errors import InputError
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session

_LEAST_EXPLAINED = 0.2
_LENGTH_SLACK_SECONDS = 1.0
_EXCERPT_SECONDS = 2.0
_RATE = 0.03
_HEARD_GAIN_DB, _HEARD_SEND_DB = 0.75, -34.0
_FIRST_SEND_DB = -30.0
_SILENT_GAIN = 1e-3
_USUAL_FADER_DB = -6.0


@dataclass(frozen=True)
class RoughFit:
    """Settings that come near to a bounce.

    Attributes:
        parameters: Batch 1, canonical: faders, pans, equalizers and reverb sends; nothing is compressed.
        explained: Share of the bounce's power that faders and pans alone explain, 0 to 1.
        distance_db: Mean distance of the log spectra in dB, over the excerpt, before and after the rest was fitted.
    """

    parameters: MixParameters
    explained: float
    distance_db: tuple[float, float]


def fit_rough(session: Session, bounce: Tensor, sample_rate: int, steps: int = 60) -> RoughFit:
    """Return settings of `session` that come near to a bounce of it.

    First faders and pans, for which least squares over the whole song have one answer. Then, from there, equalizers,
    reverb sends and once more faders and pans by gradient through the console, on the two loudest seconds, towards
    the bounce's log spectra at several resolutions (sum and difference of the channels). What stays next to nothing
    is switched off. The level of the bounce tells nothing and is not fitted.

    Args:
        session: The tracks that the bounce was made of.
        bounce: (2, samples), starting with the tracks.
        sample_rate: Of the bounce, in Hz: the session's.
        steps: Of gradient, at least 0.

    Raises:
        InputError: The bounce is silent, not of about the session's length, or not made of its tracks.
    """
    if sample_rate != session.sample_rate:
        raise ValueError(f"expected a bounce at {session.sample_rate} Hz, got {sample_rate}")
    seconds = bounce.shape[-1] / sample_rate
    if abs(seconds - session.seconds) > max(_LENGTH_SLACK_SECONDS, 0.1 * session.seconds):
        raise InputError(f"expected a bounce as long as the tracks, {session.seconds:.1f} s, got {seconds:.1f} s")
    samples = min(bounce.shape[-1], session.samples)
    bounce = bounce[:, :samples].double()
    if not bool(bounce.any()):
        raise InputError("expected a bounce of the tracks, got silence")
    tracks = [track.staged[:, :samples].double() for track in session.tracks]
    gains, explained = _least_squares(tracks, bounce)
    if explained < _LEAST_EXPLAINED:
        raise InputError(f"expected a bounce of these tracks, got one of which they explain {explained:.0%}")
    start = _balanced(session, gains)
    window = _loudest(bounce, int(_EXCERPT_SECONDS * sample_rate))
    excerpts = [track[:, window].float() for track in tracks]
    return _refined(start, excerpts, bounce[:, window].float(), sample_rate, explained, steps)


def _least_squares(tracks: list[Tensor], bounce: Tensor) -> tuple[NDArray[np.float64], float]:
    """Return gains to the left and to the right (2, tracks), none negative, and the share of the power explained."""
    gains = np.zeros((2, len(tracks)))
    left_over = 0.0
    for side in range(2):
        columns = torch.stack([track[min(side, len(track) - 1)] for track in tracks])
        gram = (columns @ columns.T).numpy() + 1e-9 * np.eye(len(tracks))
        root = np.linalg.cholesky(gram).T
        target = np.linalg.solve(root.T, (columns @ bounce[side]).numpy())
        gains[side], _ = nnls(root, target)
        left_over += float((bounce[side] - torch.from_numpy(gains[side]) @ columns).square().sum())
    return gains, max(0.0, 1 - left_over / float(bounce.square().sum()))


def _balanced(session: Session, gains: NDArray[np.float64]) -> MixParameters:
    """Return the console with faders and pans from gains left and right; the loudness of the sum is a usual one."""
    is_stereo = torch.tensor([[track.is_stereo for track in session.tracks]])
    neutral = LAYOUT.neutral(torch.ones_like(is_stereo), is_stereo)
    left, right = torch.from_numpy(gains).clamp_min(0)
    gain = torch.hypot(left, right) / torch.where(is_stereo[0], math.sqrt(2), 1.0)
    heard_db = 20 * torch.log10((gain / gain.max()).clamp_min(_SILENT_GAIN))
    shift_db = _USUAL_FADER_DB - 10 * torch.log10((10 ** (heard_db / 10)).mean())
    pan = torch.where(gain > 0, torch.atan2(right, left) * (4 / math.pi) - 1, 0.0)
    normalized = neutral.normalized.clone()
    for name, values in (("fader_db", heard_db + shift_db), ("pan", pan)):
        place = LAYOUT.index(TRACK, name)
        normalized[0, len(BUS_TOKENS) :, place] = LAYOUT.spec(TRACK, name).normalized(values).float()
    return LAYOUT.canonical(MixParameters(normalized, neutral.mask))


def _loudest(bounce: Tensor, wanted: int) -> slice:
    power = torch.nn.functional.pad(bounce.square().sum(0).cumsum(0), (1, 0))
    wanted = min(wanted, len(power) - 1)
    start = int((power[wanted:] - power[:-wanted]).argmax())
    return slice(start, start + wanted)


def _refined(
    start: MixParameters, tracks: list[Tensor], bounce: Tensor, sample_rate: int, explained: float, steps: int
) -> RoughFit:
    """Return the fit after gradient steps from `start`."""
    opened, is_free = _opened(start)
    compare = SumAndDifferenceSTFTLoss([512, 1024, 2048], [128, 256, 512], [512, 1024, 2048], w_sc=0.0)
    target = bounce[None] / bounce.square().mean().sqrt()

    def distance(normalized: Tensor) -> Tensor:
        audio = render(tracks, MixParameters(normalized, start.mask), sample_rate)
        loss: Tensor = compare(audio / audio.square().mean().sqrt().clamp_min(1e-6), target) * 20 / math.log(10)
        return loss

    places = opened.normalized.clone().requires_grad_()
    optimizer = torch.optim.Adam([places], lr=_RATE)
    for _ in range(steps):
        optimizer.zero_grad()
        (gradient,) = torch.autograd.grad(distance(places), places)
        places.grad = gradient.masked_fill(~is_free, 0)
        optimizer.step()
        with torch.no_grad():
            places.clamp_(0, 1)
    end = _closed(MixParameters(places.detach(), start.mask))
    with torch.no_grad():
        before, after = (float(distance(mix.normalized)) for mix in (start, end))
    return RoughFit(end, explained, (before, after)) if after < before else RoughFit(start, explained, (before, before))


def _opened(start: MixParameters) -> tuple[MixParameters, Tensor]:
    """Return `start` with every band and reverb send on and next to nothing, and which places may move."""
    normalized, is_free = start.normalized.clone(), torch.zeros_like(start.mask)
    strips = slice(len(BUS_TOKENS), None)
    for switch in (*(f"eq.{band}" for band in EQ_BANDS), "reverb_send"):
        normalized[:, strips, LAYOUT.index(TRACK, f"{switch}.on")] = 1.0
    send = LAYOUT.spec(TRACK, "reverb_send.level_db")
    place = LAYOUT.index(TRACK, send.name)
    normalized[:, strips, place] = float(send.normalized(torch.tensor(_FIRST_SEND_DB)))
    for name in ("fader_db", "pan", send.name, *(f"eq.{band}.gain_db" for band in EQ_BANDS)):
        is_free[:, strips, LAYOUT.index(TRACK, name)] = True
    return MixParameters(normalized, start.mask), is_free & start.mask


def _closed(mix: MixParameters) -> MixParameters:
    """Return `mix` with what is next to nothing switched off, canonical."""
    normalized, strips = mix.normalized.clone(), slice(len(BUS_TOKENS), None)
    for band in EQ_BANDS:
        is_heard = LAYOUT.value(mix, TRACK, f"eq.{band}.gain_db").abs() >= _HEARD_GAIN_DB
        normalized[:, strips, LAYOUT.index(TRACK, f"eq.{band}.on")] = is_heard.float()
    is_sent = LAYOUT.value(mix, TRACK, "reverb_send.level_db") >= _HEARD_SEND_DB
    normalized[:, strips, LAYOUT.index(TRACK, "reverb_send.on")] = is_sent.float()
    return LAYOUT.canonical(MixParameters(normalized, mix.mask))
