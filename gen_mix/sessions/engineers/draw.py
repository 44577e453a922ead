"""Draw virtual engineers and let them mix."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, DELAY, EQ_BANDS, LAYOUT, MASTER, REVERB, TRACK
from gen_mix.mix import MixParameters
from gen_mix.sessions.engineers.balance import BALANCE_COUNTS, draw_levels_lufs, fader_db
from gen_mix.sessions.engineers.buses import SEND_COUNTS, draw_delay, draw_master, draw_reverb, draw_sends
from gen_mix.sessions.engineers.dice import Dice, roll
from gen_mix.sessions.engineers.dynamics import DYNAMICS_COUNTS, correlated_normals, draw_dynamics
from gen_mix.sessions.engineers.folding import fold
from gen_mix.sessions.engineers.placement import PLACEMENT_COUNTS, draw_placement
from gen_mix.sessions.engineers.prior import Prior, packaged_prior
from gen_mix.sessions.engineers.taste import SESSION_COUNTS, draw_taste
from gen_mix.sessions.engineers.tone import TONE_COUNTS, Tone, draw_tone
from gen_mix.sessions.facts import TrackFacts

TRACK_COUNTS = {**TONE_COUNTS, **DYNAMICS_COUNTS, **BALANCE_COUNTS, **PLACEMENT_COUNTS, **SEND_COUNTS}
"""What is drawn once per track, and how many numbers it takes."""


@dataclass(frozen=True)
class EngineerDraw:
    """Mixes by virtual engineers.

    Attributes:
        parameters: All knobs, those of processors that are off included.
        intent: Session-wide choices in the order of `INTENT` (batch, len(INTENT)); modes are -1 or 1, the rest
            about standard normal.
    """

    parameters: MixParameters
    intent: Tensor


def draw_engineers(facts: TrackFacts, generator: torch.Generator, prior: Prior | None = None) -> EngineerDraw:
    """Return one fresh engineer's mix of each session.

    Args:
        facts: Labels and measurements of the sessions' tracks.
        generator: Source of all chance; the numbers of a track do not depend on how much padding follows.
        prior: What is usual; the packaged one if None.
    """
    batch, tracks = facts.is_track.shape
    session = roll(SESSION_COUNTS, (batch,), generator)
    track = roll(TRACK_COUNTS, (tracks, batch), generator)
    return mix_with(facts, prior or packaged_prior(), session, Dice(track.counts, track.rolls.transpose(0, 1)))


def middle_engineer(facts: TrackFacts, prior: Prior | None = None) -> EngineerDraw:
    """Return the mix of each session in which every roll of the dice is in the middle of its range."""
    batch, tracks = facts.is_track.shape
    session, track = (
        Dice(counts, torch.full((*shape, sum(counts.values())), 0.5))
        for counts, shape in ((SESSION_COUNTS, (batch,)), (TRACK_COUNTS, (batch, tracks)))
    )
    return mix_with(facts, prior or packaged_prior(), session, track)


def mix_with(facts: TrackFacts, prior: Prior, session: Dice, track: Dice) -> EngineerDraw:
    """Return what an engineer does, with all chance given: a pure function.

    Args:
        facts: Labels and measurements.
        prior: What is usual.
        session: Names of `SESSION_COUNTS`, rolls (batch, numbers).
        track: Names of `TRACK_COUNTS`, rolls (batch, tracks, numbers).
    """
    prior = prior.of(facts.instrument)
    taste = draw_taste(facts, prior, session)
    normals = correlated_normals(track)
    tone = draw_tone(facts, prior, taste, track, normals[..., -len(EQ_BANDS) :])
    dynamics = draw_dynamics(facts, prior, taste, track, normals, tone.loudness_change_db)
    level = draw_levels_lufs(facts, prior, taste, track)
    pan, width = draw_placement(facts, prior, taste, track, level)
    sends = draw_sends(facts, prior, taste, track)
    strip = {
        **_filter_knobs(tone),
        "compressor.on": dynamics.is_on,
        "compressor.threshold_db": dynamics.threshold_db,
        "compressor.ratio": dynamics.ratio,
        "compressor.attack_ms": dynamics.attack_ms,
        "compressor.release_ms": dynamics.release_ms,
        "compressor.knee_db": dynamics.knee_db,
        "fader_db": fader_db(level, tone.loudness_change_db + dynamics.loudness_change_db),
        "pan": pan,
        "width": width,
        "reverb_send.on": sends.reverb_on,
        "reverb_send.level_db": sends.reverb_db,
        "delay_send.on": sends.delay_on,
        "delay_send.level_db": sends.delay_db,
    }
    buses = {
        MASTER: draw_master(taste, session),
        REVERB: draw_reverb(taste, session),
        DELAY: draw_delay(taste, session),
    }
    return EngineerDraw(_pack(facts, buses, strip), taste.intent)


def _filter_knobs(tone: Tone) -> dict[str, Tensor]:
    knobs = {"high_pass.on": tone.high_pass_on, "high_pass.freq_hz": tone.high_pass_hz}
    for place, band in enumerate(EQ_BANDS):
        knobs[f"eq.{band}.on"] = tone.eq_on[..., place]
        knobs[f"eq.{band}.freq_hz"] = tone.freq_hz[..., place]
        knobs[f"eq.{band}.gain_db"] = tone.gain_db[..., place]
        knobs[f"eq.{band}.q"] = tone.q[..., place]
    return knobs


def _pack(facts: TrackFacts, buses: Mapping[str, Mapping[str, Tensor]], strip: Mapping[str, Tensor]) -> MixParameters:
    """Return values by name as places of knobs."""
    mask = LAYOUT.mask(facts.is_track, facts.is_stereo)
    normalized = torch.zeros(mask.shape, device=mask.device)
    for token, kind in enumerate(BUS_TOKENS):
        normalized[:, token, : len(buses[kind])] = _places(kind, buses[kind])
    normalized[:, len(BUS_TOKENS) :, : len(strip)] = _places(TRACK, strip)
    return MixParameters(normalized.masked_fill(~mask, 0), mask)


def _places(kind: str, knobs: Mapping[str, Tensor]) -> Tensor:
    """Return all knobs of a token as places (*, knobs): `ParameterSpec.normalized`, but reflected at both ends."""
    specs = LAYOUT.specs(kind)
    values = torch.stack([knobs[spec.name].float() for spec in specs], dim=-1)
    low, high = (values.new_tensor([getattr(spec, end) for spec in specs]) for end in ("low", "high"))
    is_log = torch.tensor([spec.scale == "log" for spec in specs], device=values.device)
    by_ratio = torch.log(values / low) / torch.log(high / low)
    return fold(torch.where(is_log, by_ratio, (values - low) / (high - low)), 0.0, 1.0)
