"""Settings between mixes: what is on in one alone fades, it does not switch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT, TRACK
from gen_mix.mix import MixParameters

_SILENT = {"gain_db": 0.0, "ratio": 1.0, "level_db": -60.0, "freq_hz": 20.0}
"""Where a knob of a processor that is on makes no difference."""


def between(mixes: Sequence[MixParameters], weights: Sequence[float]) -> MixParameters:
    """Return the weighted mean of some mixes' settings, batch 1, canonical.

    A processor that is off counts as one that is on and does nothing, tuned as where it is on; so all on the way
    from one mix to another sounds in between.

    Args:
        mixes: Canonical, batch 1, of one session.
        weights: At least 0, one per mix; their sum counts as 1.

    Raises:
        ValueError: There are no mixes, or the weights are none.
    """
    shares = torch.tensor(weights, dtype=torch.float64)
    if len(mixes) != len(weights) or not mixes or bool((shares < 0).any()) or float(shares.sum()) <= 0:
        raise ValueError(f"expected a weight of at least 0 per mix, got {list(weights)} for {len(mixes)}")
    shares = shares / shares.sum()
    chosen = [place for place, share in enumerate(shares.tolist()) if share > 0]
    if len(chosen) == 1:
        return mixes[chosen[0]]
    places = torch.cat([mixes[place].normalized for place in chosen]).double()
    mixed = torch.einsum("m,mtw->tw", shares[chosen], places)
    for kind in (*BUS_TOKENS, TRACK):
        for prefix, switch in _switches(kind):
            _mix_processor(mixed, places, shares[chosen], kind, prefix, switch)
    return LAYOUT.canonical(MixParameters(mixed[None].to(mixes[0].normalized), mixes[0].mask))


def _switches(kind: str) -> list[tuple[str, int]]:
    """Return how the names of each processor of `kind` begin, and the place of its switch."""
    return [(spec.name.removesuffix("on"), place) for place, spec in enumerate(LAYOUT.specs(kind)) if spec.is_gate]


def _mix_processor(mixed: Tensor, places: Tensor, shares: Tensor, kind: str, prefix: str, switch: int) -> None:
    """Put the knobs of one processor in `mixed` (tokens, width) where they belong."""
    tokens = LAYOUT.tokens(kind)
    is_on = (places[:, tokens, switch] >= 0.5).double()
    heard = shares[:, None] * is_on
    total = heard.sum(0)
    mixed[tokens, switch] = (total > 0).double()
    for place, spec in enumerate(LAYOUT.specs(kind)):
        if not spec.name.startswith(prefix) or place == switch:
            continue
        values = places[:, tokens, place]
        silent = _silent_place(prefix, spec.name)
        if silent is None:  # how it is tuned: as where it is on
            mixed[tokens, place] = (heard * values).sum(0) / total.clamp_min(1e-12)
        else:
            mixed[tokens, place] = (heard * values).sum(0) + (1 - total) * silent


def _silent_place(prefix: str, name: str) -> float | None:
    knob = name.removeprefix(prefix)
    if knob not in _SILENT or (knob == "freq_hz" and prefix != "high_pass."):
        return None
    spec = LAYOUT.spec(TRACK, name)
    return float(spec.normalized(torch.tensor(_SILENT[knob], dtype=torch.float64)))
