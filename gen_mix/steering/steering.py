"""Wishes as a model is steered by them: where its walk goes, what is done to its answer, how far it met them."""

from dataclasses import dataclass

from torch import Tensor

from gen_mix.console.settings import rounded
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.sampling import Sampling, sample_settings
from gen_mix.model.space import ModelSpace
from gen_mix.sessions.session import Session
from gen_mix.steering.cast import Cast, cast_of
from gen_mix.steering.examples import completed, preference
from gen_mix.steering.finishing import finished
from gen_mix.steering.goals import Goals, Led, goals_of, unmet
from gen_mix.steering.orders import Knob, Orders, knob_name, orders_of, spec_of, switches_of
from gen_mix.steering.references import pulled_towards, told_references, usual_of
from gen_mix.steering.route import Route, bounds_of
from gen_mix.steering.sounds import Asked, no_pull, notes_of, pull_of, told_prompt
from gen_mix.steering.telling import Believed, believed
from gen_mix.wishes import Amounts, SettingWish, Wishes

_USUAL_MIXES = 6
"""From how many mixes it is told how the usual one sounds, where references are compared with it."""


@dataclass(frozen=True)
class Steering:
    """Wishes for one session, ready to be followed.

    Attributes:
        wishes: As they were said.
        cast: Who plays.
        orders: What the wishes for settings come to.
        route: Where the walk goes.
        space: The model's.
        notes: What was assumed and what gives way, in words.
        asked: What became of each wish for sound.
        goals: What mixes are to measure, or None.
        believed: What was said of the tracks.
    """

    wishes: Wishes
    cast: Cast
    orders: Orders
    route: Route
    believed: Believed
    notes: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    goals: Goals | None = None

    def finish(self, sampled: MixParameters) -> MixParameters:
        """Return what is rendered, canonical: with its amounts, moved, and within what is asked for to the last bit.

        Args:
            sampled: Knobs of some mixes, as the model gave them.
        """
        return finished(sampled, self.wishes, self.orders)

    def told(self, written: MixParameters) -> dict[str, object]:
        """Return what was asked for and how far a mix (batch 1, as its file has it) meets it, for ``conditions``."""
        told: dict[str, object] = {}
        if self.wishes.told:
            names = {player.file: player.name for player in self.cast.players}
            told["told"] = {
                names.get(one.track, one.track): f"{one.instrument}{' lead' * one.leads}" for one in self.wishes.told
            }
        if self.wishes.settings:
            told["settings"] = [self._met(number, written) for number in range(len(self.wishes.settings))]
        if self.wishes.start is not None:
            told["start_from"] = {
                "mix": self.wishes.start.name,
                "strength": self.wishes.strength,
                "knobs_moved": round(_share_moved(self.wishes.start.parameters, written), 4),
            }
        if self.wishes.amounts != Amounts():
            told["amount"] = self.wishes.amounts.by_aspect
        for word, examples in (("like", self.wishes.liked), ("unlike", self.wishes.disliked)):
            if examples:
                told[word] = [example.name for example in examples]
        if self.wishes.prompt is not None:
            told["prompt"] = told_prompt(self.wishes.prompt, self.asked, self.route.pull, written)
        if self.wishes.references:
            told["reference"] = told_references(self.wishes.references, self.route.pull, written)
        if self.goals is not None:
            told["goals"] = self.goals.told(written)
        notes = [*self.notes, *unmet(told)]
        return told | ({"notes": notes} if notes else {})

    def _met(self, number: int, written: MixParameters) -> dict[str, object]:
        """Return one wish for settings, the share of its knobs that are as asked, and what a single knob is."""
        wish, knobs = self.wishes.settings[number], self.orders.meant[number]
        met = [(number, knob) not in self.orders.left_out and self._is_met(wish, knob, written) for knob in knobs]
        told = {"asked": wish.text, "kind": wish.kind, "met": round(sum(met) / len(met), 4)}
        is_single = len({place for _, place in knobs}) == 1
        return told | (
            {"got": {knob_name(self.cast, knob): _value(written, knob) for knob in knobs}} if is_single else {}
        )

    def _is_met(self, wish: SettingWish, knob: Knob, written: MixParameters) -> bool:
        if wish.kind == "move":
            return all(_value(written, switch) for switch in switches_of(knob))
        got = _value(written, knob)
        if wish.kind == "keep" and self.wishes.start is not None:
            return got == _value(self.wishes.start.parameters, knob)
        low, high = (rounded(spec_of(knob), end) for end in (wish.low, wish.high))
        return low <= got <= high


def steer(
    session: Session,
    condition: MixCondition,
    wishes: Wishes,
    embedder: TrackEmbedder,
    denoiser: Denoiser,
    space: ModelSpace,
    how: Sampling,
) -> Steering:
    """Return wishes, ready to be followed.

    Args:
        session: What is mixed.
        condition: Its tracks (batch 1), on the device of `denoiser`.
        wishes: What was asked for.
        embedder: Names the instruments that nobody labelled.
        denoiser: The model; asked for what a mix to start from leaves open, and for the usual mix.
        space: Between its values and knobs.
        how: As mixes will be sampled.

    Raises:
        InputError: A wish names nobody, a knob its target does not have, or a value out of range.
    """
    said = believed(wishes.told, session)
    condition = said.on(condition)
    cast = cast_of(session, condition, embedder)
    orders = orders_of(wishes.settings, cast, wishes.start.parameters if wishes.start else None)
    used = space.mask(condition.is_track.cpu(), condition.is_stereo.cpu())
    start = None if wishes.start is None else completed(wishes.start, denoiser, space, condition, how)
    slope = preference(wishes.liked, wishes.disliked, denoiser, space, condition)
    sounds = () if wishes.prompt is None else wishes.prompt.weighted
    pull, asked = pull_of(sounds, cast, condition, embedder, space)
    if wishes.references:
        plain = sample_settings(denoiser, space, condition.expand(_USUAL_MIXES), range(_USUAL_MIXES), how)
        usual = usual_of(session, plain.parameters, pull or no_pull(condition, embedder, space))
        pull = pulled_towards(pull or no_pull(condition, embedder, space), usual.wanted(wishes.references), plain)
    goals = goals_of(wishes.goals, wishes.goal_strength, wishes.references, session, cast)

    def settings(x: Tensor) -> MixParameters:
        told = condition.expand(len(x))
        decoded = space.decode(x.cpu(), told.is_track.cpu(), told.is_stereo.cpu())
        return finished(decoded.parameters, wishes, orders)

    led = None if goals is None else Led(goals, settings, space.width)
    route = Route(bounds_of(orders, used, space), start, wishes.strength, slope, pull, led)
    still = ("strength 0: every seed gives the same mix",) if start is not None and wishes.strength == 0 else ()
    notes = (*orders.notes, *still, *notes_of(wishes.prompt, asked), *(goals.notes if goals else ()))
    return Steering(wishes, cast, orders, route, said, notes, asked, goals)


def _value(parameters: MixParameters, knob: Knob) -> float:
    """Return a knob of one mix as its file has it."""
    spec = spec_of(knob)
    return rounded(spec, float(spec.value(parameters.normalized[0, knob[0], knob[1]].double())))


def _share_moved(start: MixParameters, end: MixParameters) -> float:
    """Return the mean distance of the knobs of two mixes, from 0 to 1."""
    return float((end.normalized - start.normalized)[end.mask].abs().mean())
