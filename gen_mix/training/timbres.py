"""Tracks of a bank as if they were of timbres that the bank does not have.

A network that is trained on a few sounds of each instrument is sure of them, and as sure of the wrong thing when it
hears others. What separates two recordings of one instrument is known from the bank: their difference, added to a
third track, gives a timbre that nobody recorded.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gen_mix.embeddings.track_bank import TrackBank
from gen_mix.sessions.instruments import INSTRUMENTS


@dataclass(frozen=True)
class Disturbance:
    """How far from the bank's timbres tracks are moved.

    Attributes:
        timbre: Largest share of a difference between two recordings of one instrument that is added; at least 0.
        noise: Deviation of the noise on features, over their deviation in the bank.

    Raises:
        ValueError: A value is below 0.
    """

    timbre: float = 3.0
    noise: float = 0.5

    def __post_init__(self) -> None:
        if min(self.timbre, self.noise) < 0:
            raise ValueError(f"expected timbre and noise of at least 0, got {self}")


@dataclass(frozen=True)
class Timbres:
    """Differences between recordings of one instrument.

    Attributes:
        bank: Where they are taken from.
        order: Rows of the bank by instrument (rows,).
        first: Place in `order` of the first row of each instrument (instruments,).
        count: Rows of each instrument (instruments,).
        deviation: Of each feature in the bank (FEATURES,).
    """

    bank: TrackBank
    order: Tensor
    first: Tensor
    count: Tensor
    deviation: Tensor

    @classmethod
    def of(cls, bank: TrackBank) -> "Timbres":
        """Return the differences that `bank` knows."""
        count = torch.bincount(bank.instrument, minlength=len(INSTRUMENTS))
        deviation = bank.features.std(0, correction=0).clamp_min(1e-3)
        return cls(bank, bank.instrument.argsort(stable=True), count.cumsum(0) - count, count, deviation)

    def disturb(
        self,
        features: Tensor,
        measurements: Tensor,
        how: Disturbance,
        generator: torch.Generator,
        like: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return features (tracks, FEATURES) and measurements (tracks, MEASUREMENTS) of other timbres.

        Args:
            features: As measured, (tracks, FEATURES).
            measurements: As measured, (tracks, MEASUREMENTS).
            how: How far.
            generator: Of all that is random.
            like: Track whose change of timbre each track shares (tracks,); its own by default.
        """
        count = len(features)
        one = torch.randint(len(self.bank), (count,), generator=generator)
        instrument = self.bank.instrument[one]
        chance = torch.rand(2, count, generator=generator)
        other = self.order[self.first[instrument] + (chance[0] * self.count[instrument]).long()]
        share = (how.timbre * chance[1])[:, None]
        noise = how.noise * self.deviation * torch.randn(features.shape, generator=generator)
        who = torch.arange(count) if like is None else like
        change = (share * (self.bank.features[one] - self.bank.features[other]))[who]
        measured = (share * (self.bank.measurements[one] - self.bank.measurements[other]))[who]
        return features + change + noise, measurements + measured
