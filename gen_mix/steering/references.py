"""Mixes that sound like a record: what is taken from it, and where that pulls a walk."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gen_mix.audio import AudioFile
from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.errors import InputError
from gen_mix.measurements import block_power, blocks_of
from gen_mix.mix import MixParameters
from gen_mix.model.denoiser import SIGMA_HIGH
from gen_mix.model.space import Decoded
from gen_mix.sessions.session import Session
from gen_mix.steering.audio_features import audio_features
from gen_mix.steering.production import ASPECTS, PRODUCTION, SPREADS, measure_production
from gen_mix.steering.sounds import Pull
from gen_mix.wishes import Reference
from samplers import Aims

_SECTION_SECONDS, _HOP_SECONDS, _LEAST_SECONDS = 10.0, 2.5, 1.0
_SESSION_SECONDS = 6.0
_RENDERED_MIXES = 6
_LOUD_SHARE = 0.8
_SLACK = 0.2
"""How far a reference may be missed, in spreads."""

_KEPT_SLACK = 0.5
"""How far may miss what is not taken from it."""

FURTHEST = 2.5
"""Spreads from the usual mix beyond which a reference is not followed: other notes are played there."""


def reference_of(
    file: AudioFile, name: str, span: tuple[float, float] | None, weight: float, aspects: Sequence[str]
) -> Reference:
    """Return what is taken from a record.

    Args:
        file: Its sound; of a mono file nothing is known of its width.
        name: What a person calls it.
        span: From and to, in seconds; by default the section that is loud and most like the other loud ones.
        weight: See `Reference`.
        aspects: Names of `ASPECTS`.

    Raises:
        InputError: The file is mono and its width is asked for, silent, too short, or has no such section.
    """
    audio, rate = file.audio, file.sample_rate
    seconds = audio.shape[1] / rate
    if audio.shape[0] > 2 or (audio.shape[0] == 1 and tuple(aspects) == ("width",)):
        raise InputError(f"expected a stereo file, got {audio.shape[0]} channel(s)")
    kept = tuple(one for one in aspects if one != "width" or audio.shape[0] == 2)
    pair = audio.expand(2, -1) if audio.shape[0] == 1 else audio
    first, last = span or (0.0, seconds)
    if not 0 <= first < last <= seconds + 0.01:
        raise InputError(f"expected a section within its {seconds:.1f} s, got {first:g} to {last:g} s")
    if last - first < _LEAST_SECONDS:
        raise InputError(f"expected at least {_LEAST_SECONDS:g} s, got {last - first:.2f} s")
    part = pair[:, round(first * rate) : round(last * rate)]
    if not bool((part.abs() > 1e-5).any()):
        raise InputError("expected a sound, got silence")
    if span is None:
        first, last = most_typical(part, rate)
        part = pair[:, round(first * rate) : round(last * rate)]
    sound, features = measure_production(part, rate).tolist(), audio_features(part[None], rate)[0].tolist()
    return Reference(name, tuple(sound), weight, kept, (round(first, 2), round(last, 2)), tuple(features))


def most_typical(audio: Tensor, sample_rate: int) -> tuple[float, float]:
    """Return from where to where, in seconds, a record is loud and most like all that is loud in it.

    Of sections of 10 s those are taken that are within 3 dB of the louder ones, and of these the one nearest to their
    median.

    Args:
        audio: (2, samples), not silent.
        sample_rate: In Hz.
    """
    length, hop = round(_SECTION_SECONDS * sample_rate), round(_HOP_SECONDS * sample_rate)
    starts = range(0, max(1, audio.shape[1] - length + 1), hop)
    powers = torch.stack([audio[:, start : start + length].square().mean() for start in starts])
    least = 0.5 * float(powers.quantile(_LOUD_SHARE))
    loud = [start for start, power in zip(starts, powers.tolist(), strict=True) if power >= least and power > 0]
    sounds = torch.stack([measure_production(audio[:, start : start + length], sample_rate) for start in loud])
    distances = ((sounds - sounds.median(0).values) / SPREADS).square().sum(-1)
    start = loud[int(distances.argmin())]
    return start / sample_rate, min(start + length, audio.shape[1]) / sample_rate


@dataclass(frozen=True)
class Usual:
    """The usual mixes of a session, as they are estimated and as they sound.

    Attributes:
        estimated, heard: Mean of `PRODUCTION` over some mixes (len(PRODUCTION),).
    """

    estimated: Tensor
    heard: Tensor

    def wanted(self, references: Sequence[Reference]) -> Tensor:
        """Return what estimates are to be, in spreads (len(PRODUCTION),); NaN where no reference says anything.

        Several references count by their weights; weights below 1 in all leave the rest to the usual mix.
        """
        total, moved = torch.zeros(len(PRODUCTION)), torch.zeros(len(PRODUCTION))
        for one in references:
            for aspect in one.aspects:
                part = ASPECTS[aspect]
                total[part] += one.weight
                moved[part] += one.weight * (torch.tensor(one.sound)[part] - self.heard[part])
        move = (moved / total.clamp_min(1) / SPREADS).clamp(-FURTHEST, FURTHEST)
        return torch.where(total > 0, self.estimated / SPREADS + move, torch.nan)


def usual_of(session: Session, mixes: MixParameters, pull: Pull) -> Usual:
    """Return the usual mix from some that were sampled without wishes, rendered where most is going on."""
    written = LAYOUT.canonical(mixes)
    tracks = busiest(session)
    rendered = render_fast(tracks, written, session.sample_rate)
    heard = torch.stack([measure_production(audio, session.sample_rate) for audio in rendered]).mean(0)
    return Usual(pull.production(written).mean(0), heard)


def production_of(session: Session, mixes: MixParameters, pull: Pull) -> Tensor:
    """Return what `PRODUCTION` names of mixes (mixes, len(PRODUCTION)): estimated, and set right by rendering a few.

    Args:
        session: What is mixed.
        mixes: Sampled without wishes, canonical.
        pull: Of the session, for the estimates.
    """
    first = MixParameters(mixes.normalized[:_RENDERED_MIXES], mixes.mask[:_RENDERED_MIXES])
    usual = usual_of(session, first, pull)
    return pull.production(mixes) + usual.heard - usual.estimated


def busiest(session: Session, seconds: float = _SESSION_SECONDS) -> list[Tensor]:
    """Return the `seconds` of the staged tracks in which most is going on."""
    tracks = [track.staged for track in session.tracks]
    power = torch.stack([block_power(blocks_of(track, session.sample_rate)) for track in tracks])
    count = min(round(seconds * 100), power.shape[1])
    first = int(power.double().clamp(max=1e-4).sum(0).unfold(0, count, 1).sum(-1).argmax())
    block = session.sample_rate // 100
    return [track[:, first * block : (first + count) * block] for track in tracks]


def pulled_towards(pull: Pull, wanted: Tensor, usual: Decoded) -> Pull:
    """Return `pull` with targets for `PRODUCTION` behind its rows; what is not wanted stays as it would be.

    Args:
        pull: Of words, or of nothing.
        wanted: See `Usual.wanted`.
        usual: Some mixes as they are sampled without wishes.
    """
    targets = torch.cat([pull.aims.targets, wanted])
    moves = torch.cat([pull.aims.moves, torch.zeros_like(wanted)])
    slack = torch.cat([pull.aims.slack, torch.where(wanted.isnan(), _KEPT_SLACK, _SLACK)])
    both = replace(pull, aims=Aims(moves, targets, slack), has_reference=True)
    mean = pull.space.encode(usual.parameters, usual.intent).mean(0, keepdim=True)
    records = both.of_records
    return both if records is None else replace(both, usual=records.lines(mean, SIGMA_HIGH))


def told_references(references: Sequence[Reference], pull: Pull | None, written: MixParameters) -> dict[str, object]:
    """Return what was taken from which record, and by how many spreads a mix misses it, for ``conditions``."""
    files = [
        {"file": one.name, "weight": one.weight, "aspects": list(one.aspects), "seconds": list(one.seconds)}
        for one in references
    ]
    if pull is None or not pull.has_reference:
        return {"references": files}
    wanted = pull.aims.targets[len(pull.rows) :]
    missed = (pull.production(written)[0] / SPREADS - wanted)[~wanted.isnan()]
    return {"references": files, "missed_by_spreads": round(float(missed.square().mean().sqrt()), 3)}
