"""Training the default track embedding to name instruments, with doubt that can be believed."""

import math
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from gen_mix.embeddings.embedder import EmbedderConfig, TrackEmbedder
from gen_mix.embeddings.track_bank import TrackBank
from gen_mix.sessions.instruments import INSTRUMENTS
from gen_mix.training.timbres import Disturbance, Timbres


@dataclass(frozen=True)
class EmbedderTraining:
    """How an embedder is trained.

    Attributes:
        steps: Of the optimizer, at least 1.
        batch: Tracks a step, at least 2.
        learning_rate: Highest; it rises over a twentieth of the steps and falls as a cosine to zero.
        weight_decay: Of matrices.
        label_smoothing: Share of probability given to other instruments.
        balance: 0 draws tracks as they come, 1 draws each instrument as often.
        disturbance: How far from the timbres of the bank tracks are moved.
        held_out: Share of the sessions that set the temperature, 0 to below 1; 0 leaves it at one.
        network: Size of the network.

    Raises:
        ValueError: A value is out of range.
    """

    steps: int = 5000
    batch: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.05
    balance: float = 0.5
    disturbance: Disturbance = field(default_factory=Disturbance)
    held_out: float = 0.1
    network: EmbedderConfig = field(default_factory=EmbedderConfig)

    def __post_init__(self) -> None:
        if self.steps < 1 or self.batch < 2 or not 0 <= self.held_out < 1:
            raise ValueError(f"expected steps >= 1, batch >= 2 and held_out in [0, 1), got {self}")


def train_embedder(
    bank: TrackBank,
    generator: torch.Generator,
    training: EmbedderTraining | None = None,
    start: TrackEmbedder | None = None,
) -> TrackEmbedder:
    """Return an embedder trained on a bank, in evaluation mode; the same arguments give the same weights.

    Args:
        bank: With at least two sessions.
        generator: Of the first weights and of all draws.
        training: How; the default if None.
        start: An embedder to train further at half the learning rate, changed and returned; a new one if None.

    Raises:
        ValueError: The bank has fewer than two sessions.
    """
    training = training or EmbedderTraining()
    if bank.sessions < 2:
        raise ValueError(f"expected a bank of at least two sessions, got {bank.sessions}")
    kept = bank.sessions - int(training.held_out * bank.sessions)
    known, held_out = bank.sessions_between(0, kept), bank.sessions_between(kept, bank.sessions)
    embedder = start or initial_embedder(known, generator, training.network)
    rate = training.learning_rate / 2 if start else training.learning_rate
    optimizer = torch.optim.AdamW(_groups(embedder, training.weight_decay), lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, training.steps))
    weights = balanced_weights(known.instrument, training.balance)
    timbres = Timbres.of(known)
    embedder.train()
    for _ in range(training.steps):
        rows = torch.multinomial(weights, training.batch, replacement=True, generator=generator)
        heard = timbres.disturb(known.features[rows], known.measurements[rows], training.disturbance, generator)
        logits = _logits(embedder, *heard, generator)
        loss = functional.cross_entropy(logits, known.instrument[rows], label_smoothing=training.label_smoothing)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(embedder.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    embedder.eval()
    if len(held_out):
        heard = timbres.disturb(held_out.features, held_out.measurements, training.disturbance, generator)
        embedder.temperature.fill_(best_temperature(embedder, *heard, held_out.instrument))
    return embedder


def initial_embedder(bank: TrackBank, generator: torch.Generator, config: EmbedderConfig) -> TrackEmbedder:
    """Return an untrained embedder with the statistics of a bank."""
    embedder = TrackEmbedder(config)
    embedder.feature_mean.copy_(bank.features.mean(0))
    embedder.feature_deviation.copy_(bank.features.std(0, correction=0).clamp_min(1e-3))
    embedder.measurement_mean.copy_(bank.measurements.mean(0))
    embedder.measurement_deviation.copy_(bank.measurements.std(0, correction=0).clamp_min(1e-3))
    for module in embedder.modules():
        if isinstance(module, nn.Linear):
            bound = math.sqrt(1 / module.in_features)
            nn.init.uniform_(module.weight, -bound, bound, generator=generator)
            nn.init.zeros_(module.bias)
    return embedder


def balanced_weights(instrument: Tensor, balance: float) -> Tensor:
    """Return how likely each track is drawn (rows,): instruments by their count to the power 1 - balance."""
    counts = torch.bincount(instrument, minlength=len(INSTRUMENTS)).double().clamp_min(1)
    return counts[instrument] ** -balance


@torch.no_grad()
def best_temperature(embedder: TrackEmbedder, features: Tensor, measurements: Tensor, instrument: Tensor) -> float:
    """Return the temperature at which the embedder's posterior is most likely for tracks of these instruments.

    Guo et al. (2017), "On calibration of modern neural networks".
    """
    logits = embedder.class_logits(features, measurements) * embedder.temperature
    temperatures = torch.logspace(-1, 1, 81)
    losses = [functional.cross_entropy(logits / temperature, instrument) for temperature in temperatures]
    return float(temperatures[int(torch.stack(losses).argmin())])


def _logits(embedder: TrackEmbedder, features: Tensor, measurements: Tensor, generator: torch.Generator) -> Tensor:
    """Return uncalibrated logits, with dropout drawn from `generator`."""
    standard, measured = embedder.standardize(features, measurements)
    value = torch.cat([standard, measured[:, 1:]], dim=-1)
    for module in embedder.body:
        if isinstance(module, nn.Dropout):
            keep = torch.rand(value.shape, generator=generator) >= module.p
            value = torch.where(keep, value / (1 - module.p), 0)
        else:
            value = module(value)
    logits: Tensor = embedder.head(value)
    return logits


def _groups(embedder: TrackEmbedder, weight_decay: float) -> list[dict[str, object]]:
    """Return the parameters for the optimizer: only matrices decay."""
    parameters = list(embedder.parameters())
    return [
        {"params": [value for value in parameters if value.ndim > 1], "weight_decay": weight_decay},
        {"params": [value for value in parameters if value.ndim <= 1], "weight_decay": 0.0},
    ]


def _rate(step: int, steps: int) -> float:
    """Return the learning rate over its highest: a linear rise, then a cosine to zero."""
    rise = max(1, steps // 20)
    return (step + 1) / rise if step < rise else 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))
