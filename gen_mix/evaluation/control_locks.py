"""Locks: kept exactly, and answered to as engineers would who had locked the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.evaluation.control_session import ControlSession
from gen_mix.evaluation.distances import Distances, pooled_ratio, reference_distances
from gen_mix.evaluation.heard import HEARD
from gen_mix.mix import MixParameters
from gen_mix.model.sampling import Sampling, intent_first, sample_settings
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.steering.expressions import parse_setting
from gen_mix.steering.route import Route
from gen_mix.wishes import Example, Wishes
from samplers import Bounds

_REFERENCES = 3
_MOST_DRAWS = 4096


@dataclass(frozen=True)
class Question:
    """A knob that is locked within a range in which some engineers have it.

    Attributes:
        track: Place of the track in the session.
        knob: ``pan`` or ``fader_db``.
        low, high: The range, as places of the knob.
    """

    track: int
    knob: str
    low: float
    high: float

    @property
    def place(self) -> tuple[int, int]:
        """Token and place on the last axis of `MixParameters`."""
        return len(BUS_TOKENS) + self.track, LAYOUT.index(TRACK, self.knob)

    @property
    def heard_as(self) -> int:
        """What is heard of the knob, a place in `HEARD`; not counted, for it is given."""
        return HEARD.index("pan" if self.knob == "pan" else "level_lu")


def locks_of(
    pipeline: MixPipeline, sessions: Sequence[ControlSession], samples: int, seed: int
) -> Mapping[str, object]:
    """Return whether locks are exact, and the energy ratio of the settings that were left free.

    * ``exact``: share of locks whose values come out as they went in, over whole tracks taken from another mix and
      values in units, every one also after reading the written settings back.
    * ``energy_ratio``: engineers are drawn until enough have a track's pan on a side, or its fader in the upper third
      (rejection); each mix of the model is locked to the value of one of them. All else is compared with the others
      of them. ``range`` asks for the range only. ``unconditional`` is the ratio with nothing locked, on the same
      features; ``ignored`` has the values of the locked knob put onto mixes that were sampled without.
    """
    rows: dict[str, list[Distances]] = {"energy_ratio": [], "range": [], "ignored": [], "unconditional": []}
    for number, one in enumerate(sessions):
        generator = torch.Generator().manual_seed(seed + 1000 * number)
        for question in questions_of(one, generator):
            for name, distances in _answers(pipeline, one, question, samples, generator).items():
                rows[name].append(distances)
    exact = [share for one in sessions for share in _exactness(pipeline, one, seed)]
    ratios = {name: round(pooled_ratio(found, seed).value, 3) for name, found in rows.items() if found}
    return {"exact": sum(exact) / len(exact), **ratios, "questions": len(rows["range"]), "locks": len(exact)}


def questions_of(one: ControlSession, generator: torch.Generator) -> list[Question]:
    """Return what is locked in a session: the widest track's pan on a side, and the lead's fader in its upper third."""
    drawn = draw_engineers(one.facts.expand(256), generator).parameters
    pan, fader = (LAYOUT.index(TRACK, name) for name in ("pan", "fader_db"))
    strips = drawn.normalized[:, len(BUS_TOKENS) :]
    # A double is the widest where there is one, and its partner has to answer.
    widest = int((strips[..., pan] - 0.5).abs().mean(0).argmax())
    lead = int(one.facts.is_lead[0].int().argmax())
    upper = strips[:, lead, fader].quantile(2 / 3).item()
    return [Question(widest, "pan", 0.0, 0.4), Question(lead, "fader_db", upper, 1.0)]


def conditioned_engineers(
    one: ControlSession, question: Question, mixes: int, generator: torch.Generator
) -> MixParameters | None:
    """Return engineers' mixes (mixes, ...) who have the knob in the range, by rejection; None if too few have."""
    found: list[Tensor] = []
    drawn = 0
    while sum(len(some) for some in found) < mixes and drawn < 8 * _MOST_DRAWS:
        many = draw_engineers(one.facts.expand(1024), generator).parameters
        token, place = question.place
        value = many.normalized[:, token, place]
        found.append(many.normalized[(value >= question.low) & (value <= question.high)])
        drawn += 1024
    normalized = torch.cat(found)[:mixes]
    if len(normalized) < mixes:
        return None
    mask = LAYOUT.mask(one.facts.is_track, one.facts.is_stereo)
    return MixParameters(normalized, mask.expand(mixes, -1, -1))


def _answers(
    pipeline: MixPipeline, one: ControlSession, question: Question, samples: int, generator: torch.Generator
) -> dict[str, Distances]:
    sets = conditioned_engineers(one, question, (_REFERENCES + 1) * samples, generator)
    if sets is None:
        return {}
    parts = [
        MixParameters(*pair) for pair in zip(sets.normalized.split(samples), sets.mask.split(samples), strict=True)
    ]
    token, place = question.place
    given = parts[0].normalized[:, token, place]
    seeds = torch.randint(2**31, (samples,), generator=generator).tolist()
    ends = given.new_full((samples,), question.low), given.new_full((samples,), question.high)
    plain = pipeline.sample(one.condition, seeds).parameters
    put = plain.normalized.clone()
    put[:, token, place] = given
    mixes = {
        "energy_ratio": _sample_within(pipeline, one, question, seeds, given, given),
        "range": _sample_within(pipeline, one, question, seeds, *ends),
        "ignored": MixParameters(put, plain.mask),
    }
    references = [_free(one.heard(part), question) for part in parts[1:]]
    answers = {name: reference_distances(_free(one.heard(mix), question), references) for name, mix in mixes.items()}
    any_engineers = draw_engineers(one.facts.expand(_REFERENCES * samples), generator).parameters.normalized
    free = [_free(one.heard(MixParameters(part, plain.mask)), question) for part in any_engineers.split(samples)]
    return answers | {"unconditional": reference_distances(_free(one.heard(plain), question), free)}


def _sample_within(
    pipeline: MixPipeline, one: ControlSession, question: Question, seeds: Sequence[int], low: Tensor, high: Tensor
) -> MixParameters:
    """Return mixes whose knob lies between ends of their own (mixes,): one question, a lock for every mix."""
    token, place = question.place
    space, tracks = pipeline.space, one.facts.is_track.shape[1]
    lows = torch.full((len(seeds), 1 + len(BUS_TOKENS) + tracks, space.width), -torch.inf)
    highs = -lows
    used = one.condition.expand(len(seeds))
    mask = LAYOUT.mask(used.is_track, used.is_stereo)
    for ends, given in ((lows, low), (highs, high)):
        knobs = torch.full(mask.shape, 0.5)
        knobs[:, token, place] = given
        x = space.encode(MixParameters(knobs, mask), torch.zeros(len(seeds), len(space.intent)))
        ends[:, 1 + token, place] = x[:, 1 + token, place]
    walk = intent_first(Route(bounds=Bounds(lows, highs)).walk)
    condition = one.condition.expand(len(seeds)).to(pipeline.device)
    return sample_settings(pipeline.denoiser, space, condition, seeds, Sampling(), walk=walk).parameters


def _free(heard: Tensor, question: Question) -> Tensor:
    """Return what is heard (mixes, tracks, features) of all that was left free, side by side."""
    keep = torch.ones(heard.shape[1:], dtype=torch.bool)
    keep[question.track, question.heard_as] = False
    return heard[:, keep]


def _exactness(pipeline: MixPipeline, one: ControlSession, seed: int) -> list[float]:
    """Return the shares of wishes met by two mixes: a whole track from another mix, and values as people type them."""
    session = one.session
    start = pipeline.choose(session, one.condition, seed)
    names = [track.file for track in session.tracks]
    texts = [
        names[0],
        f"{names[1]}.fader_db=-3.14",
        f"{names[1]}.compressor.attack_ms=12.345",
        f"{names[1]}.eq.bell_1.gain_db=-2.5",
        f"{names[-1]}.pan=-1",
        "reverb.decay_s=1.7",
        "master.compressor=off",
    ]
    wishes = Wishes(
        tuple(parse_setting(text) for text in dict.fromkeys(texts)),
        Example("start", start.parameters, start.intent),
        strength=1.0,
    )
    steering = pipeline.steer(session, one.condition, wishes)
    shares = []
    for mix in (seed + 1, seed + 2):
        choice = pipeline.choose(session, one.condition, mix, steering=steering)
        settings = choice.met["settings"]
        assert isinstance(settings, list)
        shares += [float(entry["met"]) for entry in settings]
    return shares
