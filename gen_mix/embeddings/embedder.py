"""The default embedding: a small network from features and measurements to what a track is and how it measures."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from gen_mix.embeddings.features import FEATURES, GROUPS, track_features
from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.measurements import MEASUREMENTS, measure
from gen_mix.sessions.instruments import INSTRUMENTS

WEIGHTS_FILE = "embedder.safetensors"
CONFIG_FILE = "embedder.json"
_FURTHEST = 5.0
_LOWEST_LOG_PROBABILITY = -10.0


class Embedding(Protocol):
    """What turns a track into a vector, from audio alone."""

    @property
    def width(self) -> int:
        """Length of the vector."""

    @property
    def fingerprint(self) -> str:
        """Hash of all that the vector depends on beside the audio."""

    def embed_track(self, audio: Tensor, sample_rate: int) -> Tensor:
        """Return the vector (width,) of a track (1 or 2, samples) at `sample_rate` Hz."""


@dataclass(frozen=True)
class EmbedderConfig:
    """Size of the network.

    Attributes:
        hidden: Width of the two hidden layers, at least 1.
        bottleneck: Width of the learned part of the vector, at least 1.
        dropout: Share of activations dropped in training, 0 to below 1.

    Raises:
        ValueError: A value is out of range.
    """

    hidden: int = 256
    bottleneck: int = 64
    dropout: float = 0.25

    def __post_init__(self) -> None:
        if self.hidden < 1 or self.bottleneck < 1 or not 0 <= self.dropout < 1:
            raise ValueError(f"expected hidden and bottleneck >= 1 and dropout in [0, 1), got {self}")


class TrackEmbedder(nn.Module):
    """Features and measurements of a track to a vector; the network is trained to name the instrument.

    The vector is the bottleneck of the network, the log-probability of each instrument (calibrated, so that doubt is
    told as doubt), and the standardized measurements. The network does not see the loudness of the file: it says how
    the recording was made and not what plays.
    """

    feature_mean: Tensor
    feature_deviation: Tensor
    measurement_mean: Tensor
    measurement_deviation: Tensor
    temperature: Tensor

    def __init__(self, config: EmbedderConfig | None = None) -> None:
        """Make a network with random weights."""
        super().__init__()
        self.config = config or EmbedderConfig()
        heard = FEATURES + len(MEASUREMENTS) - 1
        self.body = nn.Sequential(
            nn.Linear(heard, self.config.hidden),
            nn.GELU(),
            nn.Dropout(self.config.dropout),
            nn.Linear(self.config.hidden, self.config.hidden),
            nn.GELU(),
            nn.Dropout(self.config.dropout),
            nn.Linear(self.config.hidden, self.config.bottleneck),
            nn.LayerNorm(self.config.bottleneck),
        )
        self.head = nn.Linear(self.config.bottleneck, len(INSTRUMENTS))
        self.register_buffer("feature_mean", torch.zeros(FEATURES))
        self.register_buffer("feature_deviation", torch.ones(FEATURES))
        self.register_buffer("measurement_mean", torch.zeros(len(MEASUREMENTS)))
        self.register_buffer("measurement_deviation", torch.ones(len(MEASUREMENTS)))
        self.register_buffer("temperature", torch.ones(()))

    @property
    def width(self) -> int:
        """Length of the vector of a track."""
        return self.config.bottleneck + len(INSTRUMENTS) + len(MEASUREMENTS)

    @property
    def measured(self) -> int:
        """How many of the last values of the vector are measurements."""
        return len(MEASUREMENTS)

    @property
    def fingerprint(self) -> str:
        """Hash of weights, configuration and names; vectors of embedders with the same one are the same."""
        digest = hashlib.sha256(json.dumps(self._description(), sort_keys=True).encode())
        for name, value in sorted(self.state_dict().items()):
            digest.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:32]

    def standardize(self, features: Tensor, measurements: Tensor) -> tuple[Tensor, Tensor]:
        """Return both with mean 0 and deviation 1 over the training tracks, within 5 deviations."""
        features = (features - self.feature_mean) / self.feature_deviation
        measurements = (measurements - self.measurement_mean) / self.measurement_deviation
        return features.clamp(-_FURTHEST, _FURTHEST), measurements.clamp(-_FURTHEST, _FURTHEST)

    def bottleneck(self, features: Tensor, measurements: Tensor) -> Tensor:
        """Return the learned part of the vector (*, bottleneck) of features and measurements as they were measured."""
        standard, measured = self.standardize(features, measurements)
        learned: Tensor = self.body(torch.cat([standard, measured[..., 1:]], dim=-1))
        return learned

    def class_logits(self, features: Tensor, measurements: Tensor) -> Tensor:
        """Return calibrated logits of the instruments (*, len(INSTRUMENTS))."""
        logits: Tensor = self.head(self.bottleneck(features, measurements)) / self.temperature
        return logits

    def forward(self, features: Tensor, measurements: Tensor) -> Tensor:
        """Return vectors (*, width) of features (*, FEATURES) and measurements (*, len(MEASUREMENTS))."""
        learned = self.bottleneck(features, measurements)
        log_probability = (self.head(learned) / self.temperature).log_softmax(dim=-1)
        _, measured = self.standardize(features, measurements)
        return torch.cat([learned, log_probability.clamp_min(_LOWEST_LOG_PROBABILITY), measured], dim=-1)

    @torch.no_grad()
    def embed_track(self, audio: Tensor, sample_rate: int) -> Tensor:
        """Return the vector (width,) of a track.

        Args:
            audio: (1 or 2, samples), not staged.
            sample_rate: In Hz.
        """
        measured = measure(audio.cpu(), sample_rate)
        features = track_features(audio.cpu(), sample_rate)
        device = self.feature_mean.device
        vector: Tensor = self(features[None].to(device), measured[None].to(device))[0]
        return vector

    def save_pretrained(self, folder: Path) -> None:
        """Write weights and description to `folder`, each whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / WEIGHTS_FILE, save({name: value.cpu() for name, value in self.state_dict().items()}))
        write_whole(folder / CONFIG_FILE, (json.dumps(self._description(), indent=1) + "\n").encode())

    @classmethod
    def from_pretrained(cls, folder: Path) -> "TrackEmbedder":
        """Return the embedder that was saved in `folder`, in evaluation mode.

        Raises:
            InputError: A file is missing or broken, or was made for other features, measurements or instruments.
        """
        try:
            description = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
            embedder = cls(EmbedderConfig(**description["config"]))
            expected = json.loads(json.dumps(embedder._description()))
            if description != expected:
                raise InputError(
                    f"{folder / CONFIG_FILE}: expected this version's features and instruments, got others"
                )
            embedder.load_state_dict(load_file(folder / WEIGHTS_FILE))
        except (OSError, SafetensorError, KeyError, TypeError, json.JSONDecodeError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{folder}: expected a saved track embedder, got {reason}") from error
        return embedder.eval()

    def _description(self) -> dict[str, object]:
        """Return what the weights were made for, as it goes into the file beside them."""
        return {
            "config": asdict(self.config),
            "features": [f"{group.name} {group.size}" for group in GROUPS],
            "measurements": list(MEASUREMENTS),
            "instruments": list(INSTRUMENTS),
        }
