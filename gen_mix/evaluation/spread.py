"""How widely a system spreads each knob, beside engineers."""

from collections.abc import Sequence

from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.mix import MixParameters


def spread_ratios(system: Sequence[MixParameters], engineers: Sequence[MixParameters]) -> dict[str, float]:
    """Return, knob by knob, a system's standard deviation over mixes of a session, over the engineers'.

    Variances are averaged over tracks and sessions before the root is taken. A switch counts as off (0) or
    on (1). Values of processors that are off count too: engineers draw them and a model learns them.

    Args:
        system: Per session, settings (draws, tokens, width).
        engineers: Per session, any number of draws.

    Returns:
        ``kind.knob`` to ratio: 1 is the right spread, 0 a single answer. Knobs that engineers never move are absent.
    """
    ratios = {}
    for kind in (*BUS_TOKENS, TRACK):
        for spec in LAYOUT.specs(kind):
            own = _variance(system, kind, spec.name)
            theirs = _variance(engineers, kind, spec.name)
            if theirs > 1e-12:
                ratios[f"{kind}.{spec.name}"] = (own / theirs) ** 0.5
    return ratios


def _variance(sessions: Sequence[MixParameters], kind: str, name: str) -> float:
    total, knobs = 0.0, 0
    for parameters in sessions:
        places, used = _places(parameters, kind, name)
        total += float(places.var(0, correction=0)[used].sum())
        knobs += int(used.sum())
    return total / max(knobs, 1)


def _places(parameters: MixParameters, kind: str, name: str) -> tuple[Tensor, Tensor]:
    place = LAYOUT.index(kind, name)
    tokens = slice(len(BUS_TOKENS), None) if kind == TRACK else BUS_TOKENS.index(kind)
    normalized = parameters.normalized[:, tokens, place].double()
    if LAYOUT.spec(kind, name).is_gate:
        normalized = (normalized >= 0.5).double()
    return normalized, parameters.mask[0, tokens, place]
