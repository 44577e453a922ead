"""Words are followed: a mix is moved the shortest way to where it measures what was asked for."""

from functools import cache

import torch
from torch import Tensor

from gen_mix.console.layout import LAYOUT
from gen_mix.steering.sounds import Pull
from samplers import Denoise, Tangent, brought

_MISSED = 0.3
"""Share of a wish that may be missing before something is switched on for it."""

_COARSE, _FINE = 2, 3
"""Steps from one derivative: to see what knobs alone cannot do, and at the end."""

_MOST_SWITCHED = 2
_WORTH_IT = 0.9
"""Share of what was missing that may be left for more to be switched on."""

_BLUR = 5.0
"""Noise level at which the model is asked what it would switch on; far below it believes what it sees."""

_LEAST_PROBABILITY = 0.01
"""Of what helps: nobody does it, but it was asked for."""

_LEAST_HELP = 1e-4

_ON = 0.999
"""Of a switch that is on, and with a minus of one that is off: at the very end of its way it has no slope."""


def reached(x: Tensor, pull: Pull, free: Tensor | None = None) -> Tensor:
    """Return ends of walks x (batch, 1 + tokens, width) moved the shortest way to the targets of `pull`, of records.

    Switches stay as they are; what has no target is held, loosely.

    Args:
        x: See `gen_mix.model.space.ModelSpace`; the intent stays.
        pull: What is asked for, all of it targets.
        free: See `followed`.
    """
    x, knobs = _decided(x), _free(x, free) & ~_switches(x.shape[1], x.shape[2]).to(x.device)
    line = pull.lines(x, 0.0)
    targets = pull.aims.targets.to(line.value)
    goal = torch.where(targets.isnan(), line.value, targets)
    return brought(x, line, pull.measure, goal, pull.aims.slack, knobs)[0]


def followed(x: Tensor, pull: Pull, denoise: Denoise, free: Tensor | None = None) -> Tensor:
    """Return ends of walks x (batch, 1 + tokens, width) moved to where they measure what words ask for.

    What is asked for is meant against the same mix without the words, so that is where it starts: switches as they
    are, knobs moved the shortest way. Where that falls short, as an echo does that nothing is sent to, what helps most
    among the processors that the model would switch on is switched on, and the rest moved again.

    Args:
        x: See `gen_mix.model.space.ModelSpace`; the intent stays.
        pull: What is asked for.
        denoise: The model; asked for switches only, and once.
        free: Boolean, broadcasting with x: which entries may be moved; all by default.
    """
    x, free, is_switch = _decided(x), _free(x, free), _switches(x.shape[1], x.shape[2]).to(x.device)
    line = pull.lines(x, 0.0)
    goal, slack, knobs = line.value + pull.aims.moves.to(line.value), pull.aims.slack, free & ~is_switch
    x, line = brought(x, line, pull.measure, goal, slack, knobs, _COARSE)
    likely: Tensor | None = None
    for _ in range(_MOST_SWITCHED):
        missing = _missing(pull, goal - line.value)
        if not bool((missing > _MISSED).any()):
            break
        likely = _likely(x, denoise) if likely is None else likely
        more = _switched_on(x, pull, missing, line, likely, free & is_switch)
        if torch.equal(more, x):
            break
        more, other = brought(more, pull.lines(more, 0.0), pull.measure, goal, slack, knobs, _COARSE)
        before, after = missing.sum(-1), _missing(pull, goal - other.value).sum(-1)
        is_better = after < before
        x, line = torch.where(is_better[:, None, None], more, x), line.where(~is_better, other)
        if not bool(((missing > _MISSED).any(-1) & (after < _WORTH_IT * before)).any()):
            break
    return brought(x, pull.lines(x, 0.0), pull.measure, goal, slack, knobs, _FINE)[0]


def _decided(x: Tensor) -> Tensor:
    return torch.where(_switches(x.shape[1], x.shape[2]).to(x.device), torch.where(x > 0, _ON, -_ON), x)


def _free(x: Tensor, free: Tensor | None) -> Tensor:
    """Return which entries may be moved (1, 1 + tokens, width); the intent never."""
    allowed = torch.ones_like(x[:1], dtype=torch.bool) if free is None else free.to(x.device).expand_as(x[:1]).clone()
    allowed[:, 0] = False
    return allowed


def _likely(x: Tensor, denoise: Denoise) -> Tensor:
    """Return the probability that the model gives to switches of x being on, on the CPU."""
    probability = (1 + denoise(x, x.new_full((len(x),), _BLUR))) / 2
    return probability.clamp(_LEAST_PROBABILITY, 1)


def _missing(pull: Pull, left: Tensor) -> Tensor:
    """Return which share of each wish is missing (batch, rows), given what is `left` of it; 0 where none is."""
    moves = pull.aims.moves.to(left)
    return torch.where(moves == 0, 0.0, (left / torch.where(moves == 0, 1.0, moves)).clamp_min(0))


def _switched_on(x: Tensor, pull: Pull, missing: Tensor, line: Tangent, likely: Tensor, switches: Tensor) -> Tensor:
    """Return x with one more switch on in each mix that misses something.

    It is the one of most help, as far as the slope of what is missing tells, times the probability that the model gives
    it: a wish is met by what suits these tracks.

    Args:
        x: Decided.
        pull: What is asked for.
        missing: Shares (batch, rows).
        line: At x or near it.
        likely: How likely switches are on, of the shape of x.
        switches: Which may be switched on (1, 1 + tokens, width).
    """
    wanted = torch.where(missing > _MISSED, pull.aims.moves.to(missing).sign() * missing, 0.0)
    gain = torch.einsum("br,brn->bn", wanted, line.jacobian).reshape(x.shape) * likely
    best, place = gain.where(switches & (x < 0), 0.0).flatten(1).max(1)
    turned = x.flatten(1).clone()
    mixes = (best > _LEAST_HELP).nonzero()[:, 0]
    turned[mixes, place[mixes]] = _ON
    return turned.reshape(x.shape)


@cache
def _switches(tokens: int, width: int) -> Tensor:
    """Return which entries of x are switches (tokens, width); the intent has none that are looked at."""
    found = torch.zeros(tokens, width, dtype=torch.bool)
    for token in range(1, tokens):
        for place, spec in enumerate(LAYOUT.specs(LAYOUT.kind(token - 1))):
            found[token, place] = spec.is_gate
    return found
