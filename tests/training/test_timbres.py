"""Facts about timbres that nobody recorded."""

import torch
from torch import Tensor

from gen_mix.embeddings.features import FEATURES
from gen_mix.embeddings.track_bank import TrackBank
from gen_mix.measurements import MEASUREMENTS
from gen_mix.training.timbres import Disturbance, Timbres

ROWS = 60


def bank() -> TrackBank:
    """Return tracks of three instruments, each at its own place with its own direction of change."""
    generator = torch.Generator().manual_seed(0)
    instrument = torch.arange(ROWS) % 3
    features = torch.zeros(ROWS, FEATURES)
    features[:, 0] = 100.0 * instrument
    features[torch.arange(ROWS), 1 + instrument] = torch.randn(ROWS, generator=generator)
    measurements = torch.zeros(ROWS, len(MEASUREMENTS))
    measurements[:, 3] = features[:, 1:4].sum(-1)
    never, none = torch.zeros(ROWS, dtype=torch.bool), torch.full((ROWS,), -1)
    return TrackBank(
        features, measurements, instrument, never, never, none, torch.arange(ROWS) // 6, torch.zeros(ROWS).long()
    )


def moved(timbre: float, noise: float, like: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return by how much features and measurements of the bank's tracks change."""
    tracks = bank()
    changed = Timbres.of(tracks).disturb(
        tracks.features, tracks.measurements, Disturbance(timbre, noise), torch.Generator().manual_seed(1), like
    )
    return changed[0] - tracks.features, changed[1] - tracks.measurements


def test_nothing_changes_without_a_disturbance() -> None:
    features, measurements = moved(0.0, 0.0)
    assert not features.any()
    assert not measurements.any()


def test_a_change_of_timbre_is_a_difference_within_one_instrument() -> None:
    features, measurements = moved(3.0, 0.0)
    assert features[:, 0].abs().max() < 1e-4  # where instruments differ, nothing changes
    assert ((features[:, 1:4].abs() > 1e-4).sum(-1) <= 1).all()  # each changes along the direction of one instrument
    assert (features[:, 1:4].abs() > 1e-4).any(0).all()
    assert torch.allclose(measurements[:, 3], features[:, 1:4].sum(-1), atol=1e-4)


def test_noise_is_in_units_of_each_features_deviation() -> None:
    features, measurements = moved(0.0, 0.5)
    assert abs(float(features[:, 0].std() / bank().features[:, 0].std()) - 0.5) < 0.15
    assert not measurements.any()


def test_tracks_that_are_alike_change_alike() -> None:
    features, measurements = moved(3.0, 0.0, torch.arange(ROWS) // 2 * 2)
    assert torch.allclose(features[::2], features[1::2], atol=1e-4)
    assert torch.allclose(measurements[::2], measurements[1::2], atol=1e-4)
    assert not torch.allclose(features[:2], features[2:4], atol=1e-2)
