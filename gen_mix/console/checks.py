"""What a renderer asks of its input, said in the words of the console."""

from collections.abc import Sequence

from torch import Tensor

from gen_mix.console.layout import BUS_TOKENS, LAYOUT
from gen_mix.mix import MixParameters

_ROUNDING = 1e-5  # of places that were computed in float32


def check_tracks(tracks: Sequence[Tensor]) -> None:
    """Raise ValueError unless there are tracks (1 or 2, samples), all of one length, with at least one sample."""
    shapes = [tuple(track.shape) for track in tracks]
    if not shapes:
        raise ValueError("tracks: expected at least one, got none")
    for place, shape in enumerate(shapes):
        if len(shape) != 2 or shape[0] not in (1, 2) or shape[1] == 0:
            raise ValueError(f"track {place}: expected audio (1 or 2, samples), got {shape}")
        if shape[1] != shapes[0][1]:
            raise ValueError(f"track {place}: expected {shapes[0][1]} samples as track 0, got {shape[1]}")


def check_settings(parameters: MixParameters, tracks: int, sample_rate: int) -> None:
    """Raise ValueError unless `parameters` are settings for `tracks` tracks that can be rendered at `sample_rate`."""
    if not isinstance(sample_rate, int) or sample_rate <= 0:
        raise ValueError(f"sample_rate: expected a positive whole number of Hz, got {sample_rate!r}")
    if len(parameters) == 0:
        raise ValueError("parameters: expected at least one mix, got none")
    places, width = parameters.normalized.shape[1] - len(BUS_TOKENS), parameters.normalized.shape[2]
    if width != LAYOUT.width:
        raise ValueError(f"parameters: expected {LAYOUT.width} places per token, got {width}")
    if not 1 <= tracks <= places:
        raise ValueError(f"parameters: expected settings for {tracks} tracks, got them for {places}")
    used = parameters.mask[:, : len(BUS_TOKENS) + tracks]
    normalized = parameters.normalized[:, : len(BUS_TOKENS) + tracks]
    wrong = used & ~((normalized >= -_ROUNDING) & (normalized <= 1 + _ROUNDING))
    if wrong.any():
        mix, token, place = wrong.nonzero()[0].tolist()
        raise ValueError(_out_of_range(mix, token, place, normalized[mix, token, place]))


def _out_of_range(mix: int, token: int, place: int, normalized: Tensor) -> str:
    kind = LAYOUT.kind(token)
    spec = LAYOUT.specs(kind)[place]
    where = f"{kind} {token - len(BUS_TOKENS)}" if token >= len(BUS_TOKENS) else kind
    value = spec.value(normalized.double()).item()
    unit = f" {spec.unit}" if spec.unit else ""
    return f"mix {mix}, {where}, {spec.name}: expected {spec.low:g} to {spec.high:g}{unit}, got {value:g}{unit}"
