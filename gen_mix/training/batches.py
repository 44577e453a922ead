"""What a training step learns from, and how batches are padded, joined and sorted."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn.functional import pad

from gen_mix.mix import MixCondition


@dataclass(frozen=True)
class Batch:
    """What a step learns from.

    Attributes:
        clean: Engineers' settings in the model's space (batch, tokens, width).
        mask: Boolean, same shape; true where a place is in use.
        noise: Standard normal, same shape.
        sigma: Noise levels (batch,).
        is_intent_told: Boolean (batch,); where the network sees the intent without noise.
        condition: Of the batch's sessions.
    """

    clean: Tensor
    mask: Tensor
    noise: Tensor
    sigma: Tensor
    is_intent_told: Tensor
    condition: MixCondition

    def __len__(self) -> int:
        return self.clean.shape[0]

    def to(self, device: torch.device | str) -> "Batch":
        """Return the same batch on `device`."""
        return Batch(
            self.clean.to(device),
            self.mask.to(device),
            self.noise.to(device),
            self.sigma.to(device),
            self.is_intent_told.to(device),
            self.condition.to(device),
        )


def join(batches: list[Batch]) -> Batch:
    """Return the items of `batches` as one batch, padded to the most tracks."""
    tracks = max(batch.condition.is_track.shape[1] for batch in batches)
    padded = [_padded(batch, tracks - batch.condition.is_track.shape[1]) for batch in batches]
    return Batch(
        clean=torch.cat([batch.clean for batch in padded]),
        mask=torch.cat([batch.mask for batch in padded]),
        noise=torch.cat([batch.noise for batch in padded]),
        sigma=torch.cat([batch.sigma for batch in padded]),
        is_intent_told=torch.cat([batch.is_intent_told for batch in padded]),
        condition=MixCondition(
            *(torch.cat([getattr(batch.condition, field.name) for batch in padded]) for field in fields(MixCondition))
        ),
    )


def by_size(batch: Batch, items: int) -> list[Batch]:
    """Return the items of `batch`, sorted by their number of tracks, `items` at a time, without needless padding."""
    order = torch.argsort(batch.condition.is_track.sum(1), stable=True)
    return [_trimmed(_rows(batch, rows)) for rows in order.split(items)]


def _padded(batch: Batch, tracks: int) -> Batch:
    """Return `batch` with room for `tracks` more tracks."""
    if not tracks:
        return batch
    tokens = (0, 0, 0, tracks)
    return Batch(
        clean=pad(batch.clean, tokens),
        mask=pad(batch.mask, tokens),
        noise=pad(batch.noise, tokens),
        sigma=batch.sigma,
        is_intent_told=batch.is_intent_told,
        condition=batch.condition.padded(tracks),
    )


def rows_of(condition: MixCondition, rows: Tensor) -> MixCondition:
    """Return the condition of the items `rows` (n,), in that order, repeated where a row is."""
    return condition.map(lambda value: value[rows])


def _rows(batch: Batch, rows: Tensor) -> Batch:
    condition = rows_of(batch.condition, rows)
    return Batch(
        batch.clean[rows], batch.mask[rows], batch.noise[rows], batch.sigma[rows], batch.is_intent_told[rows], condition
    )


def _trimmed(batch: Batch) -> Batch:
    condition = batch.condition
    tracks = int(condition.is_track.any(0).nonzero().max()) + 1
    tokens = batch.clean.shape[1] - condition.is_track.shape[1] + tracks
    return Batch(
        clean=batch.clean[:, :tokens],
        mask=batch.mask[:, :tokens],
        noise=batch.noise[:, :tokens],
        sigma=batch.sigma,
        is_intent_told=batch.is_intent_told,
        condition=condition.first(tracks),
    )
