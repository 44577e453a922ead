"""Session-wide choices of a virtual engineer: style, taste, modes and habits."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.sessions.engineers.dice import Dice
from gen_mix.sessions.engineers.prior import AXES, STYLES, Prior
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.instruments import COARSE_OF, INSTRUMENTS

MODES = {
    "lcr": 0.15,
    "wet": 0.5,
    "guitars_hard": 0.5,
    "keys_side": 0.5,
    "kick_led": 0.5,
    "slap": 0.35,
    "parallel_drums": 0.3,
    "drummer_view": 0.12,
}
"""Yes-or-no choices and how often they are yes."""

BEATS = {"quarter": (0.4, 1.0), "eighth": (0.35, 0.5), "dotted_eighth": (0.25, 0.75)}
"""Delay times: how often, and in beats."""

HABITS = ("high_pass", "eq", "compressor", "reverb", "delay")
"""Processors that an engineer reaches for more or less often than others."""

GROUPS = ("drums", "guitars", "keys", "backing", "others")
"""Tracks that an engineer moves together."""

_GROUP_OF_COARSE = {"kick": 0, "snare": 0, "drums": 0, "cymbals": 0, "guitar": 1, "keys": 2, "other": 4, "bass": 4}

INTENT = (
    *(f"style.{name}" for name in STYLES),
    *(f"taste.{name}" for name in AXES),
    *(f"mode.{name}" for name in MODES),
    *(f"delay.{name}" for name in BEATS),
    *(f"habit.{name}" for name in HABITS),
    *(f"group.{name}" for name in GROUPS),
    "tempo",
    "lead_to_rest",
    "mix_level",
    "heavy_tail",
)
"""Names of the session-wide choices. Modes, styles, delays and the tail are -1 or 1; the rest about standard normal."""

SESSION_COUNTS = {
    "style": 1,
    "axes": len(AXES),
    "tail": 1,
    "chi_square": 3,
    "modes": len(MODES),
    "beat": 1,
    "habits": len(HABITS),
    "groups": len(GROUPS),
    "tempo": 1,
    "lead_to_rest": 1,
    "mix_level": 1,
    "slap": 1,
    "reverb": 5,
    "delay": 3,
    "master.gate": 6,
    "master.freq": 6,
    "master.gain": 6,
    "master.q": 6,
    "master.compressor": 6,
}
"""What is drawn once per engineer, and how many numbers it takes."""

_BETWEEN_ENGINEERS = 0.7
_HEAVY_TAIL_SHARE = 0.1
HABIT_SD = 1.2
"""SD between engineers of the log odds of using a processor; of people, some use it on a tenth, some on all tracks."""

_GROUP_SD_DB = 1.5
_TEMPO_BPM, _TEMPO_LOG_SD = 112.0, 0.2
_MIX_LEVEL_LUFS, _MIX_LEVEL_SD_DB = -20.0, 3.3
_FORWARD_DB = 1.5


@dataclass(frozen=True)
class Taste:
    """The session-wide choices of some engineers.

    Attributes:
        style: Place in `STYLES` (batch,), int64.
        axes: Position on `AXES`, style included (batch, axes).
        modes: Boolean (batch, modes).
        beat: Place in `BEATS` (batch,), int64.
        habits: Shift of the log odds that a processor is used (batch, habits).
        groups_db: Shift of the level of each group (batch, groups), dB.
        tempo_bpm: (batch,).
        lead_to_rest_db: Lead against all other tracks together, if these are 25 (batch,), dB.
        mix_level_lufs: All tracks together, before the master (batch,).
        is_heavy_tailed: Boolean (batch,): axes were drawn from Student's t.
        intent: The same as numbers (batch, len(INTENT)).
    """

    style: Tensor
    axes: Tensor
    modes: Tensor
    beat: Tensor
    habits: Tensor
    groups_db: Tensor
    tempo_bpm: Tensor
    lead_to_rest_db: Tensor
    mix_level_lufs: Tensor
    is_heavy_tailed: Tensor
    intent: Tensor

    def axis(self, name: str) -> Tensor:
        """Return the position on an axis of taste (batch, 1)."""
        return self.axes[:, AXES.index(name), None]

    def mode(self, name: str) -> Tensor:
        """Return a yes-or-no choice (batch, 1), boolean."""
        return self.modes[:, list(MODES).index(name), None]

    def habit(self, name: str) -> Tensor:
        """Return the shift of a processor's log odds (batch, 1)."""
        return self.habits[:, HABITS.index(name), None]


def is_class(instrument: Tensor, names: Sequence[str]) -> Tensor:
    """Return where `instrument` (*) is one of `names`."""
    table = torch.tensor([name in names for name in INSTRUMENTS], device=instrument.device)
    return table[instrument]


def coarse_members(*coarse: str) -> tuple[str, ...]:
    """Return the instruments that belong to some coarse classes."""
    return tuple(name for name in INSTRUMENTS if COARSE_OF[name] in coarse)


def group_of(instrument: Tensor) -> Tensor:
    """Return the place in `GROUPS` (*) of each track; the lead vocal moves with nobody but is given "backing"."""
    places = [_GROUP_OF_COARSE.get(COARSE_OF[name], GROUPS.index("backing")) for name in INSTRUMENTS]
    return torch.tensor(places, device=instrument.device)[instrument]


def draw_taste(facts: TrackFacts, prior: Prior, dice: Dice) -> Taste:
    """Return one engineer's session-wide choices per session.

    The style follows from which instruments play; everything else is taste.
    """
    style = _style(facts, prior, dice.uniform("style"))
    axes, is_heavy_tailed = _axes(dice)
    axes = axes + prior.style_axes[style]
    modes = dice.uniform("modes") < torch.tensor(list(MODES.values()), device=style.device)
    edges = torch.tensor([share for share, _ in BEATS.values()], device=style.device).cumsum(0)
    beat = (dice.uniform("beat")[:, None] > edges[:-1]).sum(-1)
    forward = axes[:, AXES.index("vocal_forward")]
    lead_mean, lead_sd = prior.style_lead_db[style].unbind(-1)
    numbers = {name: dice.normal(name) for name in ("habits", "groups", "tempo", "lead_to_rest", "mix_level")}
    intent = torch.cat(
        [
            2 * torch.nn.functional.one_hot(style, len(STYLES)) - 1.0,
            axes,
            2.0 * modes - 1.0,
            2 * torch.nn.functional.one_hot(beat, len(BEATS)) - 1.0,
            numbers["habits"],
            numbers["groups"],
            *(numbers[name][:, None] for name in ("tempo", "lead_to_rest", "mix_level")),
            2.0 * is_heavy_tailed[:, None] - 1.0,
        ],
        dim=-1,
    )
    return Taste(
        style=style,
        axes=axes,
        modes=modes,
        beat=beat,
        habits=HABIT_SD * numbers["habits"],
        groups_db=_GROUP_SD_DB * numbers["groups"],
        tempo_bpm=_TEMPO_BPM * torch.exp(_TEMPO_LOG_SD * numbers["tempo"]),
        lead_to_rest_db=lead_mean + lead_sd * numbers["lead_to_rest"] + _FORWARD_DB * forward,
        mix_level_lufs=_MIX_LEVEL_LUFS + _MIX_LEVEL_SD_DB * numbers["mix_level"],
        is_heavy_tailed=is_heavy_tailed,
        intent=intent,
    )


def _style(facts: TrackFacts, prior: Prior, uniform: Tensor) -> Tensor:
    """Return a style (batch,) drawn with weights that the classes present give; how many play one does not count."""
    present = torch.zeros(len(facts), len(INSTRUMENTS), device=uniform.device)
    present = present.scatter_reduce(1, facts.instrument, facts.is_track.float(), "amax")
    weights = torch.softmax(prior.style_weight + present @ prior.style_instruments.T, dim=-1)
    return (uniform[:, None] > weights.cumsum(-1)[:, :-1]).sum(-1)


def _axes(dice: Dice) -> tuple[Tensor, Tensor]:
    """Return positions on the axes (batch, axes) without the style, and who is heavy-tailed (batch,).

    A heavy-tailed engineer is a multivariate Student's t with three degrees of freedom: extreme in all at once.
    """
    is_heavy_tailed = dice.uniform("tail") < _HEAVY_TAIL_SHARE
    chi_square = dice.normal("chi_square").square().sum(-1)
    scale = torch.where(is_heavy_tailed, torch.rsqrt(chi_square / 3).clamp(max=5), 1.0)
    return _BETWEEN_ENGINEERS * dice.normal("axes") * scale[:, None], is_heavy_tailed
