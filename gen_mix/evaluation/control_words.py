"""Words: does what is asked for happen, the more the more is asked, and nothing else?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.evaluation.control_session import ControlSession
from gen_mix.evaluation.measured import Passage, measure_attributes, members_of, passage_of
from gen_mix.mix import MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.steering.attributes import ALL, ATTRIBUTES
from gen_mix.steering.cast import Cast, cast_of
from gen_mix.steering.sounds import group_weights
from gen_mix.wishes import Wishes
from gen_mix.words.reading import read_prompt
from gen_mix.words.sentences import HELD_OUT_FORMS, KNOWN_FORMS, STRENGTHS, sentence, words_for

_GROUPS = ("vocals", "drums", "guitars", "basses", "keys", "snare", "kick", "lead_vocal")
_MOST_SEEDS = 4
_PLAIN = 16
_ENDS = {"reverb": -59.0, "echo": -59.0, "density": 0.05}
"""Values below which there is next to nothing of an attribute."""

_LEAST_SPREAD = 0.25
"""Of the usual spread of an attribute: the least that moves are measured in."""


@dataclass(frozen=True)
class Request:
    """Something that is asked for in several ways.

    Attributes:
        attribute, sign, group: What.
        known: Sentences of known words and forms, from the weakest to the strongest.
        held_out: Sentences with a held-out word, and in a held-out form.
    """

    attribute: str
    sign: int
    group: str
    known: tuple[str, ...]
    held_out: tuple[str, ...]


@dataclass(frozen=True)
class _Bench:
    """A session on which words are tried.

    Attributes:
        pipeline, one: Of the model and the session.
        passage, cast: What is measured, and who plays.
        seeds: Of the mixes that are compared.
        plain: What mixes without words measure, group by group (mixes, attributes).
        known: What wishes were found to do, so that none is tried twice.
    """

    pipeline: MixPipeline
    one: ControlSession
    passage: Passage
    cast: Cast
    seeds: tuple[int, ...]
    plain: dict[str, Tensor]
    known: dict[tuple[object, ...], Tensor]

    def members(self, group: str) -> list[int]:
        return members_of(group_weights(self.cast, self.one.condition, self.pipeline.embedder, group))

    def measured(self, group: str, mixes: MixParameters) -> Tensor:
        return measure_attributes(self.passage, LAYOUT.canonical(mixes), self.members(group), group == ALL)

    def moved(self, text: str, group: str) -> Tensor:
        """Return by how much a prompt moves each attribute of a group, seed by seed (seeds, attributes)."""
        prompt = read_prompt(text)
        key = (group, *((one.attribute, one.target, one.strength) for one in prompt.sounds))
        if key not in self.known:  # two sentences that are taken to mean the same give the same mixes
            steering = self.pipeline.steer(self.one.session, self.one.condition, Wishes(prompt=prompt))
            mixes = self.pipeline.sample(self.one.condition, self.seeds, steering=steering).parameters
            self.known[key] = self.measured(group, mixes) - self.plain[group][: len(self.seeds)]
        return self.known[key]


def words_of(
    pipeline: MixPipeline, sessions: Sequence[ControlSession], samples: int, seed: int
) -> Mapping[str, object]:
    """Return, attribute by attribute, what words do to rendered mixes, against the same seeds without them.

    * ``known``: share of pairs in which the attribute moves the right way; listed words in known forms.
    * ``held_out``: the same for words that the head never saw and for forms that the reader was not written with. A
      word that is reported as not understood counts as wrong; ``held_out_understood`` leaves those out,
      ``understood`` is the share of the rest.
    * ``monotonic``: share of seeds with which "slightly", nothing and "very" move it further and further.
    * ``open``: share of pairs in which it could move that way; others, without a compressor, say, that would be used
      less, do not count above.
    * ``spill``: mean move of the attributes that were not named over that of the one that was, in spreads of mixes
      without words.
    """
    found: dict[str, dict[str, list[float]]] = {name: {} for name in ATTRIBUTES}
    for number, one in enumerate(sessions):
        bench = _bench(pipeline, one, min(samples, _MOST_SEEDS), seed)
        for request in requests_of(bench.cast, _present(bench), number):
            _try(bench, request, found[request.attribute])
    report: dict[str, object] = {}
    for name, values in found.items():
        if values:
            report[name] = {key: round(sum(some) / len(some), 3) for key, some in values.items() if some}
    return report


def requests_of(cast: Cast, groups: Sequence[str], number: int) -> list[Request]:
    """Return what is asked of session `number`: each attribute, of the mix and of a group where they have it."""
    requests = []
    for place, attribute in enumerate(ATTRIBUTES.values()):
        sign = 1 if (place + number) % 2 or attribute.name == "echo" else -1
        targets = [ALL] if attribute.of_all else []
        targets += [groups[(place + number) % len(groups)]] if attribute.of_groups and groups else []
        requests += [_request(attribute.name, sign, group, number + place) for group in targets]
    return requests


def _request(attribute: str, sign: int, group: str, number: int) -> Request:
    known, held_out = (words_for(attribute, sign, is_held_out) for is_held_out in (False, True))
    form, other = KNOWN_FORMS[number % len(KNOWN_FORMS)], HELD_OUT_FORMS[number % len(HELD_OUT_FORMS)]
    word = known[number % min(3, len(known))]
    texts = [sentence(other, word, group)]
    texts += [sentence(form, held_out[number % len(held_out)], group)] if held_out else []
    return Request(attribute, sign, group, tuple(sentence(form, word, group, how) for how in STRENGTHS), tuple(texts))


def _bench(pipeline: MixPipeline, one: ControlSession, count: int, seed: int) -> _Bench:
    cast = cast_of(one.session, one.condition, pipeline.embedder)
    bench = _Bench(pipeline, one, passage_of(one.session, one.excerpts), cast, tuple(range(seed, seed + count)), {}, {})
    mixes = pipeline.sample(one.condition, range(seed, seed + _PLAIN)).parameters
    for group in (ALL, *_present(bench)):
        bench.plain[group] = bench.measured(group, mixes)
    return bench


def _present(bench: _Bench) -> list[str]:
    """Return up to two groups that play, but are not everybody."""
    everybody = len(bench.cast.players)
    return [group for group in _GROUPS if 0 < len(bench.members(group)) < everybody][:2]


def _try(bench: _Bench, request: Request, found: dict[str, list[float]]) -> None:
    """Add what one request does to the lists of its attribute."""
    place = list(ATTRIBUTES).index(request.attribute)
    spread = bench.plain[request.group].std(0)
    # Where hardly any mix without words has an echo, its spread is next to nothing, and shares of it mean nothing.
    spread = torch.maximum(spread, _LEAST_SPREAD * torch.tensor([one.spread for one in ATTRIBUTES.values()]))
    moves = [bench.moved(text, request.group) for text in request.known]
    before = bench.plain[request.group][: len(bench.seeds), place]
    # What has no compressor, echo or reverberation cannot have less of it.
    is_open = ~((request.sign < 0) & (before <= _ENDS.get(request.attribute, -torch.inf)))
    named = torch.stack([move[:, place] for move in moves])[:, is_open] * request.sign
    _add(found, "known", (named > 0).float().flatten())
    _add(found, "monotonic", (named.diff(dim=0) > 0).all(0).float())
    _add(found, "open", is_open.float())
    _add(found, "move", named[1] / spread[place])
    others = [other for other in range(len(ATTRIBUTES)) if other != place and not spread[other].isnan()]
    usual = moves[1] / spread
    _add(found, "spill", usual[:, others].abs().mean()[None] / usual[:, place].abs().mean().clamp_min(1e-6))
    for text in request.held_out:
        right = (bench.moved(text, request.group)[is_open, place] * request.sign > 0).float()
        understood = not read_prompt(text).not_understood
        _add(found, "held_out", right)
        _add(found, "understood", torch.tensor([float(understood)]))
        _add(found, "held_out_understood", right if understood else right[:0])


def _add(found: dict[str, list[float]], key: str, values: Tensor) -> None:
    found.setdefault(key, []).extend(values.flatten().tolist())
