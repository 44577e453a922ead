"""How far samples of the model agree on each setting: where one engineer differs from another."""

from typing import Any

import torch

from gen_mix.console.layout import BUS_TOKENS, LAYOUT
from gen_mix.mix import MixParameters

_QUANTILES = (0.1, 0.5, 0.9)


def spread_of(samples: MixParameters) -> list[dict[str, Any]]:
    """Return, per token, how each knob is spread over `samples`.

    Args:
        samples: Canonical, of one session.

    Returns:
        A dictionary per token; by knob, for a switch the share of samples in which it is on, else the places of 10, 50
        and 90 % of those samples in which the processor is on, or None if it is on in fewer than three.
    """
    tokens = samples.normalized.shape[1]
    return [_token_spread(samples, token) for token in range(tokens)]


def _token_spread(samples: MixParameters, token: int) -> dict[str, Any]:
    specs = LAYOUT.specs(LAYOUT.kind(token))
    places = samples.normalized[:, token].double()
    switches = {spec.name.removesuffix("on"): place for place, spec in enumerate(specs) if spec.is_gate}
    told: dict[str, Any] = {}
    for place, spec in enumerate(specs):
        if spec.is_gate:
            told[spec.name] = round(float((places[:, place] >= 0.5).double().mean()), 3)
            continue
        switch = next((at for prefix, at in switches.items() if spec.name.startswith(prefix)), None)
        used = places[:, place] if switch is None else places[places[:, switch] >= 0.5, place]
        if len(used) < 3 or not bool(samples.mask[0, token, place]):
            told[spec.name] = None
        else:
            told[spec.name] = [round(float(torch.quantile(used, share)), 4) for share in _QUANTILES]
    return told


def token_names(track_names: list[str]) -> list[str]:
    """Return what the tokens are called, in their order."""
    return [*BUS_TOKENS, *track_names]
