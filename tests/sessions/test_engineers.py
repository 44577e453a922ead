"""Virtual engineers react to tracks, agree with themselves, and differ as they should."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import Tensor

from gen_mix.console.filters import equalize
from gen_mix.console.knobs import track_knobs
from gen_mix.console.layout import BUS_TOKENS, EQ_BANDS, LAYOUT, TRACK
from gen_mix.loudness import REFERENCE_LUFS, loudness_lufs
from gen_mix.measurements import MEASUREMENTS, measure
from gen_mix.mix import MixParameters
from gen_mix.sessions.engineers import INTENT, EngineerDraw, draw_engineers
from gen_mix.sessions.engineers.dice import Dice, roll
from gen_mix.sessions.engineers.draw import TRACK_COUNTS, mix_with
from gen_mix.sessions.engineers.dynamics import levels_over_time, solve_threshold_db
from gen_mix.sessions.engineers.folding import fold, is_used
from gen_mix.sessions.engineers.prior import AXES, STYLES, Prior, packaged_prior
from gen_mix.sessions.engineers.taste import BEATS, SESSION_COUNTS
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.instruments import INSTRUMENTS

BAND = (
    "kick",
    "snare",
    "overheads",
    "bass",
    "egtr_rhythm",
    "egtr_rhythm",
    "keys_epiano",
    "lead_vocal",
    "backing_vocal",
)


def facts_of(names: tuple[str, ...] = BAND, batch: int = 256, pair: tuple[int, int] | None = (4, 5)) -> TrackFacts:
    instrument = torch.tensor([INSTRUMENTS.index(name) for name in names]).expand(batch, -1)
    is_lead = torch.tensor([name == "lead_vocal" for name in names]).expand(batch, -1)
    double_of = torch.full((len(names),), -1)
    if pair is not None:
        double_of[pair[0]], double_of[pair[1]] = pair[1], pair[0]
    yes = torch.ones(instrument.shape, dtype=torch.bool)
    measurements = packaged_prior().typical[instrument]
    return TrackFacts(instrument, yes, ~yes, is_lead, double_of.expand(batch, -1), measurements)


def with_measurement(facts: TrackFacts, name: str, change: float) -> TrackFacts:
    measurements = facts.measurements.clone()
    measurements[..., MEASUREMENTS.index(name)] += change
    return replace(facts, measurements=measurements)


def dice_for(facts: TrackFacts, seed: int = 0) -> tuple[Dice, Dice]:
    generator = torch.Generator().manual_seed(seed)
    return roll(SESSION_COUNTS, (len(facts),), generator), roll(TRACK_COUNTS, tuple(facts.is_track.shape), generator)


def mixed(facts: TrackFacts, prior: Prior | None = None, seed: int = 0) -> EngineerDraw:
    return mix_with(facts, prior or packaged_prior(), *dice_for(facts, seed))


def drawn(facts: TrackFacts, seed: int = 0) -> EngineerDraw:
    return draw_engineers(facts, torch.Generator().manual_seed(seed))


def knob(draw: EngineerDraw, name: str) -> Tensor:
    return LAYOUT.value(draw.parameters, TRACK, name)


def intent(draw: EngineerDraw, name: str) -> Tensor:
    return draw.intent[:, INTENT.index(name)]


def without_compressors(prior: Prior) -> Prior:
    compressor = prior.compressor.clone()
    compressor[:, 0] = 0
    return replace(prior, compressor=compressor)


def test_doubles_go_to_opposite_sides_equally_far() -> None:
    pan = knob(drawn(facts_of()), "pan")
    torch.testing.assert_close(pan[:, 4], -pan[:, 5])
    assert (pan[:, 4].abs() > 0.3).float().mean() > 0.8
    assert 0.4 < (pan[:, 4] > 0).float().mean() < 0.6


def test_doubled_guitars_have_a_hard_and_a_half_mode() -> None:
    draw = drawn(facts_of(batch=2000))
    size = knob(draw, "pan")[:, 4].abs()
    is_hard = (intent(draw, "mode.guitars_hard") > 0) & (intent(draw, "mode.lcr") < 0)
    is_half = (intent(draw, "mode.guitars_hard") < 0) & (intent(draw, "mode.lcr") < 0)
    assert (size[is_hard] > 0.9).float().mean() > 0.6
    assert (size[is_half] < 0.9).float().mean() > 0.7


def test_fader_answers_what_the_equalizer_did_to_the_loudness() -> None:
    prior = without_compressors(packaged_prior())
    eq = prior.eq.clone()
    eq[..., 3] += 6.0
    facts = facts_of()
    plain, boosted = mixed(facts, prior), mixed(facts, replace(prior, eq=eq))
    has_eq = torch.stack([knob(plain, f"eq.{band}.on") >= 0.5 for band in EQ_BANDS], -1).any(-1)
    is_steady = (knob(plain, "compressor.on") < 0.5) & (knob(plain, "fader_db").abs() < 15)
    change = (knob(boosted, "fader_db") - knob(plain, "fader_db"))[has_eq & is_steady]
    untouched = (knob(boosted, "fader_db") - knob(plain, "fader_db"))[~has_eq & is_steady]
    assert change.median() < -0.5
    assert (change < 1e-3).float().mean() > 0.95
    torch.testing.assert_close(untouched, torch.zeros_like(untouched), atol=1e-3, rtol=0)


def test_fader_foresees_what_the_console_does_to_the_loudness() -> None:
    """Independent: the console's own filters over audio, then BS.1770."""
    prior = without_compressors(packaged_prior())
    gaps = []
    for index in range(2):
        for track in instant_session(5, index).tracks:
            facts = facts_of((track.instrument or "",), 1, None)
            facts = replace(facts, measurements=measure(track.audio, 44100)[None, None])
            session, rolls = dice_for(facts, 7)
            draw = mix_with(facts, prior, session, rolls)
            if knob(draw, "compressor.on") >= 0.5:
                continue
            staged = track.audio * 10 ** ((REFERENCE_LUFS - loudness_lufs(track.audio, 44100)) / 20)
            heard = equalize(staged, track_knobs(draw.parameters, 0), 44100)
            # One track alone is the whole mix: its loudness in the mix is the engineer's mix level.
            wanted = -20 + 3.3 * intent(draw, "mix_level").item()
            gaps.append(loudness_lufs(heard, 44100) + knob(draw, "fader_db").item() - wanted)
    assert len(gaps) > 5
    assert np.median(np.abs(gaps)) < 0.5
    assert np.max(np.abs(gaps)) < 3


def test_tracks_that_change_places_change_places_in_the_mix() -> None:
    facts = facts_of()
    order = torch.tensor([7, 5, 3, 4, 0, 1, 8, 2, 6])
    place = torch.argsort(order)
    double_of = facts.double_of[:, order]
    moved = TrackFacts(
        facts.instrument[:, order],
        facts.is_track[:, order],
        facts.is_stereo[:, order],
        facts.is_lead[:, order],
        torch.where(double_of >= 0, place[double_of.clamp(min=0)], -1),
        facts.measurements[:, order],
    )
    session, track = dice_for(facts)
    first = mix_with(facts, packaged_prior(), session, track).parameters.normalized
    second = mix_with(moved, packaged_prior(), session, Dice(track.counts, track.rolls[:, order])).parameters.normalized
    torch.testing.assert_close(second[:, : len(BUS_TOKENS)], first[:, : len(BUS_TOKENS)])
    torch.testing.assert_close(second[:, len(BUS_TOKENS) :], first[:, len(BUS_TOKENS) :][:, order], atol=1e-4, rtol=0)


def test_padding_has_no_influence() -> None:
    facts = facts_of(batch=32)

    def padded(values: Tensor, fill: float) -> Tensor:
        return torch.cat([values, values.new_full((len(values), 3, *values.shape[2:]), fill)], dim=1)

    longer = TrackFacts(
        padded(facts.instrument, 0),
        padded(facts.is_track, False),
        padded(facts.is_stereo, False),
        padded(facts.is_lead, False),
        padded(facts.double_of, -1),
        padded(facts.measurements, 0.0),
    )
    plain, with_padding = drawn(facts), drawn(longer)
    tokens = plain.parameters.normalized.shape[1]
    torch.testing.assert_close(with_padding.parameters.normalized[:, :tokens], plain.parameters.normalized)
    assert not with_padding.parameters.normalized[:, tokens:].any()
    assert not with_padding.parameters.mask[:, tokens:].any()


def test_same_seed_same_draw() -> None:
    first, again, other = drawn(facts_of(), 3), drawn(facts_of(), 3), drawn(facts_of(), 4)
    assert torch.equal(first.parameters.normalized, again.parameters.normalized)
    assert torch.equal(first.intent, again.intent)
    assert not torch.equal(first.parameters.normalized, other.parameters.normalized)


def test_high_pass_follows_the_low_end() -> None:
    facts = facts_of()
    change = torch.log2(
        knob(mixed(with_measurement(facts, "low_end_octave", 1.0)), "high_pass.freq_hz")
        / knob(mixed(facts), "high_pass.freq_hz")
    )
    assert abs(change.median() - 0.7) < 1e-3


def test_equalizer_works_against_what_a_track_has_too_much_of() -> None:
    facts = facts_of()
    boomy = with_measurement(with_measurement(facts, "octave_250_db", 8.0), "octave_500_db", 8.0)
    change = knob(mixed(boomy), "eq.bell_2.gain_db") - knob(mixed(facts), "eq.bell_2.gain_db")
    assert -4.0 < change[:, 6].median() < -2.0


def test_gain_reduction_grows_with_crest() -> None:
    facts = facts_of()
    spiky = with_measurement(facts, "crest_db", 8.0)
    low = knob(mixed(facts), "compressor.threshold_db")
    lower = knob(mixed(spiky), "compressor.threshold_db")
    assert (lower <= low + 1e-3).all()
    assert (low - lower).median() > 2


def test_threshold_gives_the_wanted_reduction() -> None:
    """Independent: the static curve written out in numpy, averaged by power."""
    rng = np.random.default_rng(0)
    levels = levels_over_time(packaged_prior().typical)
    ratio = torch.from_numpy(rng.uniform(2, 10, len(levels))).float()
    knee = torch.from_numpy(rng.uniform(0, 12, len(levels))).float()
    wanted = torch.from_numpy(rng.uniform(1, 5, len(levels))).float()
    threshold = solve_threshold_db(levels, wanted, ratio, knee)
    for row in range(len(levels)):
        level, edge = levels[row].double().numpy(), threshold[row].item()
        over, width = level - edge, max(knee[row].item(), 1e-3)
        out = np.where(
            over > width / 2,
            over / ratio[row].item(),
            over + (1 / ratio[row].item() - 1) * (over + width / 2) ** 2 / (2 * width),
        )
        gain = np.where(over < -width / 2, 0, out - over)
        weights = 10 ** (level / 10)
        assert abs(-(gain * weights).sum() / weights.sum() - wanted[row].item()) < 0.15


def test_lead_stands_above_the_rest_as_wanted() -> None:
    draw = drawn(facts_of(batch=4000))
    forward = intent(draw, "taste.vocal_forward")
    fader = knob(draw, "fader_db")
    rest = 10 * torch.log10(torch.pow(10, fader[:, [0, 1, 2, 3, 4, 5, 6, 8]] / 10).sum(-1))
    ratio = fader[:, 7] - rest
    assert stats.spearmanr(ratio, forward).statistic > 0.15
    assert stats.spearmanr(ratio, intent(draw, "lead_to_rest")).statistic > 0.5


def test_left_centre_right_engineers_are_fifteen_in_a_hundred() -> None:
    draw = drawn(facts_of(batch=4000))
    is_lcr = intent(draw, "mode.lcr") > 0
    size = knob(draw, "pan").abs()
    is_snapped = ((size < 0.05) | (size > 0.95)).all(-1)
    assert abs(is_lcr.float().mean() - 0.15) < 0.02
    assert is_snapped[is_lcr].all()
    assert is_snapped[~is_lcr].float().mean() < 0.35


def test_one_engineer_in_ten_has_heavy_tails() -> None:
    draw = drawn(facts_of(("kick",), 20_000, None))
    is_heavy = intent(draw, "heavy_tail") > 0
    forward = intent(draw, "taste.vocal_forward") / 0.7
    assert abs(is_heavy.float().mean() - 0.1) < 0.01
    assert stats.kurtosis(forward[is_heavy]) > 3
    assert abs(stats.kurtosis(forward[~is_heavy])) < 0.3
    assert 2 < (forward.abs() > 3).float().mean() / (2 * stats.norm.sf(3)) < 12


def test_delay_times_are_note_values_or_slaps() -> None:
    draw = drawn(facts_of(("lead_vocal",), 2000, None))
    beats = LAYOUT.value(draw.parameters, "delay", "time_ms") * 112 * torch.exp(0.2 * intent(draw, "tempo")) / 60_000
    is_slap = intent(draw, "mode.slap") > 0
    notes = torch.tensor([value for _, value in BEATS.values()])
    assert ((beats[~is_slap, None] / notes - 1).abs().min(-1).values < 1e-3).float().mean() > 0.99
    slaps = LAYOUT.value(draw.parameters, "delay", "time_ms")[is_slap]
    assert slaps.min() > 79
    assert slaps.max() < 141


def test_style_follows_the_instruments() -> None:
    club = drawn(facts_of(("synth_bass", "synth_lead", "synth_pad"), 2000, None))
    hall = drawn(facts_of(("sax_woodwind", "piano", "brass"), 2000, None))
    assert (intent(club, "style.edm") > 0).float().mean() > 0.35 > (intent(hall, "style.edm") > 0).float().mean()
    assert (intent(hall, "style.jazz") > 0).float().mean() > 0.35 > (intent(club, "style.jazz") > 0).float().mean()


def test_habits_widen_the_use_of_processors_but_keep_its_mean() -> None:
    generator = torch.Generator().manual_seed(0)
    shift = 1.2 * torch.randn(200_000, generator=generator)
    for probability in (0.1, 0.3, 0.5, 0.9):
        used = is_used(torch.tensor(probability), shift, 1.2, torch.rand(200_000, generator=generator))
        assert abs(used.float().mean() - probability) < 0.02


def test_ranks_of_attack_and_high_shelf_correlate_as_in_vocal_chains() -> None:
    draw = drawn(facts_of(("lead_vocal",), 5000, None))
    attack, shelf = knob(draw, "compressor.attack_ms")[:, 0], knob(draw, "eq.high_shelf.gain_db")[:, 0]
    assert abs(stats.spearmanr(attack, shelf).statistic + 0.35) < 0.1


def test_tracks_of_a_group_move_together() -> None:
    draw = drawn(facts_of(("lead_vocal", "egtr_rhythm", "acgtr", "piano"), 4000, None))
    fader = knob(draw, "fader_db")
    relative = fader - fader.mean(-1, keepdim=True)
    together = np.corrcoef(intent(draw, "group.guitars"), relative[:, 1] + relative[:, 2])[0, 1]
    assert together > 0.15


def test_intent_is_about_standard() -> None:
    intents = drawn(facts_of(batch=4000)).intent
    assert intents.shape == (4000, len(INTENT))
    assert len(set(INTENT)) == len(INTENT)
    is_switch = torch.tensor([name.split(".")[0] in ("style", "mode", "delay", "heavy_tail") for name in INTENT])
    assert set(intents[:, is_switch].unique().tolist()) == {-1.0, 1.0}
    spread = intents[:, ~is_switch].std(0)
    assert (spread > 0.6).all()
    assert (spread < 1.3).all()
    assert intents[:, : len(STYLES)].sum(-1).eq(2 - len(STYLES)).all()
    assert INTENT[len(STYLES) : len(STYLES) + len(AXES)] == tuple(f"taste.{axis}" for axis in AXES)


def test_no_knob_has_a_peak_of_equal_values() -> None:
    draw = drawn(facts_of(batch=500))
    for token, kind in ((0, "master"), (1, "reverb"), (2, "delay"), (3 + 3, TRACK), (3 + 7, TRACK)):
        for place, spec in enumerate(LAYOUT.specs(kind)):
            values = draw.parameters.normalized[:, token, place]
            if not spec.is_gate and draw.parameters.mask[0, token, place]:
                most = np.unique(values.numpy(), return_counts=True)[1].max()
                assert most <= 10, (kind, spec.name, most)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 30))
def test_any_tracks_give_places_between_0_and_1(seed: int, wildness: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    shape = (8, 7)
    instrument = torch.randint(len(INSTRUMENTS), shape, generator=generator)
    is_track = torch.rand(shape, generator=generator) < 0.8
    is_lead = is_track & (torch.arange(7) == 0)
    typical = packaged_prior().typical[instrument]
    wild = typical + wildness * torch.randn(typical.shape, generator=generator)
    is_stereo = torch.rand(shape, generator=generator) < 0.5
    facts = TrackFacts(instrument, is_track, is_stereo, is_lead, torch.full(shape, -1), wild)
    parameters: MixParameters = draw_engineers(facts, generator).parameters
    assert parameters.normalized.isfinite().all()
    assert (parameters.normalized >= 0).all()
    assert (parameters.normalized <= 1).all()
    assert torch.equal(parameters.mask, LAYOUT.mask(is_track, is_stereo))
    assert not parameters.normalized[~parameters.mask].any()


def test_folding_stays_inside_and_keeps_what_is_inside() -> None:
    inside = torch.linspace(-1, 2, 7)
    torch.testing.assert_close(fold(inside, -1.0, 2.0), inside)
    torch.testing.assert_close(fold(torch.tensor([2.5, -1.5, 8.1]), -1.0, 2.0), torch.tensor([1.5, -0.5, 1.9]))


@pytest.mark.slow
def test_sixty_four_sessions_take_milliseconds() -> None:
    facts = facts_of(BAND + BAND[:3], 64, None)
    seconds = []
    for seed in range(30):
        start = time.process_time()
        drawn(facts, seed)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.03
