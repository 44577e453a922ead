"""Wishes for sound, as aims of what mixes measure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.space import ModelSpace
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.steering.alone import Sources, numbers_of
from gen_mix.steering.attributes import ALL, ATTRIBUTES, Row, measured
from gen_mix.steering.cast import GROUPS, Cast
from gen_mix.steering.estimate import Estimate, estimate_of, places_of, sources_of
from gen_mix.steering.production import SPREADS, estimate_production
from gen_mix.wishes import Prompt, SoundWish
from gen_mix.words.sentences import spoken
from samplers import Aims, Denoise, Tangent, aimed, tangent_by_items

NAMED_SLACK, OTHER_SLACK = 0.2, 0.3
"""How far a wish, and what nobody asked for, may miss, in spreads."""

_DECIDED = 1.0
"""Noise level below which records no longer pull: the slopes are not those of the usual mix there."""

_MOST_TOLD = 500
_SECTIONS = ("drums", "basses", "guitars", "keys", "vocals", "others")
"""Groups whose balance stays where nobody asks for it."""

_LEAST_WEIGHT = 0.3
"""Of a track for it to be taken as one of a group."""


@dataclass(frozen=True)
class Pull:
    """Where wishes for sound pull a walk, for one session.

    Attributes:
        sources: What the tracks measure.
        space: The model's.
        rows: What is measured of a mix.
        aims: What is wanted of that, in spreads.
        has_reference: Whether `PRODUCTION` is measured too, behind the rows.
        usual: Tangent of what records ask for at the usual mix; None without records.
    """

    sources: Sources
    space: ModelSpace
    rows: tuple[Row, ...]
    aims: Aims
    has_reference: bool = False
    usual: Tangent | None = None

    def measure(self, x: Tensor) -> Tensor:
        """Return the rows of x (batch, 1 + tokens, width), in spreads, on the CPU."""
        return self._rows(numbers_of(self.sources, places_of(self.space, x.cpu().float())))

    def lines(self, x: Tensor, level: float) -> Tangent:
        """Return the tangent of the rows at x (batch, 1 + tokens, width), see `samplers.Lines`."""
        with torch.enable_grad():
            place = x.detach().cpu().float().requires_grad_()
            places = places_of(self.space, place)
            (scale,) = torch.autograd.grad(places.sum(), place)  # each knob has a scale of its own
        knobs = places.detach()[..., : LAYOUT.width]
        found = tangent_by_items(partial(numbers_of, self.sources), self._rows, len(self.aims.moves), knobs, level)
        slopes = x.new_zeros(*found.value.shape, *x.shape[1:])
        slopes[:, :, 1:, : LAYOUT.width] = found.jacobian.unflatten(-1, knobs.shape[1:])
        return Tangent(level, x.flatten(1), found.value.to(x), (slopes * scale[:, None].to(x)).flatten(2))

    def pulled(self, denoise: Denoise) -> Denoise:
        """Return the denoiser of mixes as they are wanted, at all levels of noise."""
        return aimed(denoise, self.lines, self.aims)

    def pulled_early(self, denoise: Denoise) -> Denoise:
        """Return the denoiser of mixes as records ask for, while little is decided.

        What the model decides there goes with the record; what is left to do is done at the end (`reached`). One
        derivative serves all seeds, for they all begin at the usual mix.
        """
        if self.usual is None:
            raise ValueError("expected the tangent at the usual mix")
        usual = self.usual
        pulled = aimed(denoise, lambda clean, level: usual, self.aims, math.inf)
        return lambda x, sigma: (pulled if float(sigma[0]) >= _DECIDED else denoise)(x, sigma)

    def _rows(self, numbers: Tensor) -> Tensor:
        estimate = Estimate(self.sources, numbers)
        own = [measured(estimate, self.rows)] if self.rows else []
        return torch.cat([*own, estimate_production(estimate) / SPREADS] if self.has_reference else own, dim=-1)

    @property
    def of_records(self) -> "Pull | None":
        """What records alone ask for, None if there are none."""
        if not self.has_reference:
            return None
        behind = slice(len(self.rows), None)
        return replace(
            self, rows=(), aims=Aims(self.aims.moves[behind], self.aims.targets[behind], self.aims.slack[behind])
        )

    @property
    def of_words(self) -> "Pull | None":
        """What words alone ask for, None if there are none."""
        if not self.rows:
            return None
        front = slice(0, len(self.rows))
        own = Aims(self.aims.moves[front], self.aims.targets[front], self.aims.slack[front])
        return replace(self, aims=own, has_reference=False, usual=None)

    def values(self, mixes: MixParameters) -> Tensor:
        """Return the rows of some canonical mixes in their units (mixes, rows)."""
        spreads = torch.tensor([ATTRIBUTES[row.attribute].spread for row in self.rows])
        return self.measure(self._encoded(mixes))[:, : len(self.rows)] * spreads

    def production(self, mixes: MixParameters) -> Tensor:
        """Return what `PRODUCTION` names of some canonical mixes, estimated (mixes, len(PRODUCTION))."""
        return estimate_production(estimate_of(self.sources, places_of(self.space, self._encoded(mixes))))

    def _encoded(self, mixes: MixParameters) -> Tensor:
        return self.space.encode(mixes, torch.zeros(len(mixes), len(self.space.intent)))


@dataclass(frozen=True)
class Asked:
    """One wish for sound in one session.

    Attributes:
        wish: As it was said, strength times its weight.
        row: Its place among the rows of the pull; None if it cannot be followed.
        note: Why not, or what was assumed, in words; or empty.
    """

    wish: SoundWish
    row: int | None
    note: str = ""


def group_weights(cast: Cast, condition: MixCondition, embedder: TrackEmbedder, group: str) -> Tensor:
    """Return how much each track belongs to a group (tracks,): labels decide, else the embedder's probabilities."""
    if group == ALL:
        return torch.ones(len(cast.players))
    learned = embedder.config.bottleneck
    heard = condition.tracks[0, :, learned : learned + len(INSTRUMENTS)].cpu().exp()
    members = torch.tensor([float(name in GROUPS[group]) for name in INSTRUMENTS])
    told = [None if player.is_guessed else float(player.instrument in GROUPS[group]) for player in cast.players]
    weights = (heard @ members).tolist()
    return torch.tensor([guess if label is None else label for label, guess in zip(told, weights, strict=True)])


def pull_of(
    wishes: Sequence[SoundWish], cast: Cast, condition: MixCondition, embedder: TrackEmbedder, space: ModelSpace
) -> tuple[Pull | None, tuple[Asked, ...]]:
    """Return where the wishes pull, None if nowhere, and what became of each.

    What is measured are the attributes that are asked for, and, to stay as they are, all others of the groups that are
    named and of the whole mix.

    Args:
        wishes: In the order they were said.
        cast: Who plays.
        condition: The session's tracks (batch 1).
        embedder: What it was made with.
        space: The model's.
    """
    places: dict[tuple[str, str], int] = {}
    asked: list[Asked] = []
    weights: dict[str, Tensor] = {}
    for wish in wishes:
        weights.setdefault(wish.target, group_weights(cast, condition, embedder, wish.target))
        asked.append(_asked(wish, weights[wish.target], places))
    if not places:
        return None, tuple(asked)
    is_level_free = all(name != "level" for name, _ in places)
    groups = dict.fromkeys([*(group for _, group in places), ALL])
    weights.setdefault(ALL, torch.ones(len(cast.players)))
    for group in groups:
        for name, attribute in ATTRIBUTES.items():
            if attribute.of_all if group == ALL else attribute.of_groups:
                places.setdefault((name, group), len(places))
    for group in _SECTIONS if is_level_free else ():  # else what is louder is louder than somebody
        weights.setdefault(group, group_weights(cast, condition, embedder, group))
        if float(weights[group].max()) >= _LEAST_WEIGHT and float(weights[group].min()) <= 1 - _LEAST_WEIGHT:
            places.setdefault(("level", group), len(places))
    rows = tuple(Row(name, group, weights[group]) for name, group in places)
    moves, slack = torch.zeros(len(rows)), torch.full((len(rows),), OTHER_SLACK)
    for one in asked:
        if one.row is not None:
            moves[one.row] += one.wish.strength
            slack[one.row] = NAMED_SLACK
    aims = Aims(moves, torch.full_like(moves, torch.nan), slack)
    return Pull(sources_of(condition, embedder), space, rows, aims), tuple(asked)


def no_pull(condition: MixCondition, embedder: TrackEmbedder, space: ModelSpace) -> Pull:
    """Return the pull of no wish at all, for references to be added to."""
    return Pull(sources_of(condition, embedder), space, (), Aims(torch.zeros(0), torch.zeros(0), torch.zeros(0)))


def _asked(wish: SoundWish, weights: Tensor, places: dict[tuple[str, str], int]) -> Asked:
    """Return a wish with its row, which is added to `places`."""
    attribute = ATTRIBUTES[wish.attribute]
    note = ""
    if wish.target != ALL and float(weights.max()) < _LEAST_WEIGHT:
        return Asked(wish, None, f"{wish.text!r}: no track of this session is heard as {spoken(wish.target)}")
    if wish.target == ALL and not attribute.of_all:
        return Asked(
            wish, None, f"{wish.text!r}: expected the name of an instrument, for it is about {attribute.meaning}"
        )
    if wish.target != ALL and not attribute.of_groups:
        note = f"{wish.text!r}: there is one reverberation for all tracks"
        wish = replace(wish, target=ALL)
    if attribute.name == "level" and float(weights.min()) > 1 - _LEAST_WEIGHT:
        return Asked(wish, None, f"{wish.text!r}: there is nothing else in this session to be louder than")
    return Asked(wish, places.setdefault((wish.attribute, wish.target), len(places)), note)


def notes_of(prompt: Prompt | None, asked: Sequence[Asked]) -> tuple[str, ...]:
    """Return what a person should know of how a prompt was taken, in words."""
    if prompt is None:
        return ()
    words = ", ".join(repr(word) for word in prompt.not_understood)
    notes = [f"prompt: not understood: {words}"] if words else []
    if not prompt.sounds:
        notes.append("prompt: nothing in it is about sound, so mixes are as without it")
    return (*notes, *(f"prompt: {one.note}" for one in asked if one.note))


def told_prompt(prompt: Prompt, asked: Sequence[Asked], pull: Pull | None, written: MixParameters) -> dict[str, object]:
    """Return what was said, what that was taken to mean, and what came of it in a mix, for ``conditions``."""
    values = None if pull is None else pull.values(written)[0].tolist()
    told: dict[str, object] = {"text": prompt.text[:_MOST_TOLD], "strength": prompt.weight}
    told |= {"text_encoder": prompt.encoder} if prompt.encoder else {}
    told["understood"] = [_told(one, values) for one in asked]
    return told | ({"not_understood": list(prompt.not_understood)} if prompt.not_understood else {})


def _told(one: Asked, values: list[float] | None) -> dict[str, object]:
    told: dict[str, object] = {
        "asked": one.wish.text,
        "attribute": one.wish.attribute,
        "of": one.wish.target,
        "strength": round(one.wish.strength, 3),
        "is_followed": one.row is not None,
    }
    if one.row is not None and values is not None:
        told |= {"value": round(values[one.row], 2), "unit": ATTRIBUTES[one.wish.attribute].unit}
    return told
