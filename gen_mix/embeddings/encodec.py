"""EnCodec as an embedding: mean and deviation over time of its continuous latent.

Défossez et al. (2022), "High fidelity neural audio compression", https://arxiv.org/abs/2210.13438. The package is an
optional extra; its weights and its release have licences of their own.
"""

import hashlib
import importlib
import importlib.util
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from urllib.error import URLError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from gen_mix.audio import resample
from gen_mix.embeddings.features import typical_excerpts
from gen_mix.errors import InputError

SAMPLE_RATE_HZ = 48000
_LATENT_WIDTH = 128
_EXCERPT_SECONDS = 1.0
_EXCERPTS = 8
_CHECKPOINT = "encodec_48khz-7e698e3e.th"


class EncodecEmbedder:
    """Tracks to vectors by the encoder of the 48 kHz model of the `encodec` package.

    Args:
        model: An EnCodec model of two channels at 48 kHz.

    Attributes:
        encoder: The convolutional part that is used.
    """

    def __init__(self, model: nn.Module) -> None:
        encoder = model.encoder
        if not isinstance(encoder, nn.Module):
            raise ValueError(f"expected a model with an encoder, got {type(model).__name__}")
        self.encoder = encoder.eval().requires_grad_(False)

    @classmethod
    def from_file(cls, path: Path) -> "EncodecEmbedder":
        """Return the embedding with the weights in a ``.th`` or ``.safetensors`` file; nothing in it is executed.

        Raises:
            InputError: The package is not installed, or the file is missing or holds something else.
        """
        return cls(encodec_from_file(path))

    @classmethod
    def from_download(cls) -> "EncodecEmbedder":
        """Return the embedding with the published weights, which the package's authors host; kept by torch.hub.

        Raises:
            InputError: The package is not installed, or the weights cannot be fetched.
        """
        model = _new_model()
        root = str(importlib.import_module("encodec.model").ROOT_URL)
        try:
            weights = torch.hub.load_state_dict_from_url(
                root + _CHECKPOINT, map_location="cpu", check_hash=True, weights_only=True
            )
        except (URLError, OSError, RuntimeError) as error:
            raise InputError(
                f"encodec: expected to download {_CHECKPOINT}, got {_first_line(error)}; give its path instead"
            ) from error
        model.load_state_dict(weights)
        return cls(model)

    @classmethod
    def with_random_weights(cls, seed: int) -> "EncodecEmbedder":
        """Return the embedding with random weights, which know nothing: for tests and as a reference point.

        Raises:
            InputError: The package is not installed.
        """
        return cls(encodec_with_random_weights(seed))

    @property
    def width(self) -> int:
        """Length of the vector of a track."""
        return 2 * _LATENT_WIDTH

    @property
    def fingerprint(self) -> str:
        """Hash of the encoder's weights."""
        digest = hashlib.sha256(f"encodec {_EXCERPTS} x {_EXCERPT_SECONDS} s".encode())
        for name, value in sorted(self.encoder.state_dict().items()):
            digest.update(name.encode() + value.cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:32]

    @torch.no_grad()
    def embed_track(self, audio: Tensor, sample_rate: int) -> Tensor:
        """Return mean and standard deviation over time of the latent (width,), the same at any gain.

        Args:
            audio: (1 or 2, samples); one channel is given to both.
            sample_rate: In Hz.

        Raises:
            ValueError: The audio is not (1 or 2, samples).
        """
        if audio.ndim != 2 or audio.shape[0] not in (1, 2):
            raise ValueError(f"expected audio (1 or 2, samples), got {tuple(audio.shape)}")
        if not audio.any():
            return torch.zeros(self.width)
        shortest = round(_EXCERPT_SECONDS * sample_rate)
        padded = functional.pad(audio.float(), (0, max(0, shortest - audio.shape[1])))
        longer = padded.shape[1] > _EXCERPTS * shortest
        excerpts = typical_excerpts(padded, sample_rate, _EXCERPT_SECONDS, _EXCERPTS) if longer else padded[None]
        both = excerpts.expand(-1, 2, -1).flatten(0, 1)
        heard = resample(both, sample_rate, SAMPLE_RATE_HZ).unflatten(0, (-1, 2))
        heard = torch.cat([_seconds_of(excerpt) for excerpt in heard])
        scale = heard.mean(dim=1, keepdim=True).square().mean(dim=2, keepdim=True).sqrt()
        is_heard = scale[:, 0, 0] > 1e-3 * scale.max()
        heard, scale = (heard[is_heard], scale[is_heard]) if is_heard.any() else (heard, scale + 1e-8)
        latent = torch.cat([self.encoder(second) for second in (heard / scale).split(1)])
        return torch.cat([latent.mean(dim=(0, 2)), latent.std(dim=(0, 2), correction=0)])

    def __call__(self, audio: Tensor, sample_rate: int) -> Tensor:
        """Return the vector (width,) of a track, as `embed_track` does."""
        return self.embed_track(audio, sample_rate)


def _seconds_of(audio: Tensor) -> Tensor:
    """Return audio (2, samples) in whole seconds (seconds, 2, samples); the model hears one second at a time."""
    whole = -(-audio.shape[1] // SAMPLE_RATE_HZ) * SAMPLE_RATE_HZ
    return functional.pad(audio, (0, whole - audio.shape[1])).unflatten(1, (-1, SAMPLE_RATE_HZ)).transpose(0, 1)


def encodec_from_file(path: Path) -> nn.Module:
    """Return EnCodec's 48 kHz model with the weights in a ``.th`` or ``.safetensors`` file; nothing in it is executed.

    Raises:
        InputError: The package is not installed, or the file is missing or holds something else.
    """
    model = _new_model()
    try:
        if path.suffix == ".safetensors":
            weights = load_file(path)
        else:
            weights = torch.load(path, map_location="cpu", weights_only=True)
        model.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError, TypeError, AttributeError, pickle.UnpicklingError) as error:
        raise InputError(f"{path}: expected weights of EnCodec's 48 kHz model, got {_first_line(error)}") from error
    return model


def encodec_with_random_weights(seed: int) -> nn.Module:
    """Return EnCodec's 48 kHz model with random weights.

    Raises:
        InputError: The package is not installed.
    """
    with torch.random.fork_rng(devices=[]):  # the package draws from the process's generator alone
        torch.manual_seed(seed)
        return _new_model()


def _new_model() -> nn.Module:
    """Return the 48 kHz model with random weights."""
    model: nn.Module = import_encodec().EncodecModel.encodec_model_48khz(pretrained=False)
    return model


def import_encodec() -> ModuleType:
    """Return the `encodec` package, imported without torchaudio where torchaudio does not load.

    The package imports torchaudio for resampling and files, which is not used here. Builds of torchaudio need CUDA; one
    that is there but does not load would break the import, so an empty module stands in for it meanwhile.

    Raises:
        InputError: The package is not installed.
    """
    if "encodec" in sys.modules:
        return sys.modules["encodec"]
    if importlib.util.find_spec("encodec") is None:
        raise InputError(
            "encodec: expected the packages encodec and einops (pip install --no-deps encodec einops), got none"
        )
    if _loads("torchaudio"):
        return importlib.import_module("encodec")
    with _stand_in("torchaudio"):
        return importlib.import_module("encodec")


def _loads(name: str) -> bool:
    """Return whether a module can be imported; what a failed import leaves behind is removed."""
    try:
        importlib.import_module(name)
    except (ImportError, OSError):
        _forget(name)
        return False
    return True


@contextmanager
def _stand_in(name: str) -> Iterator[None]:
    """Let an empty module stand in for `name` for a while."""
    sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        _forget(name)


def _forget(name: str) -> None:
    for module in [module for module in sys.modules if module.split(".")[0] == name]:
        del sys.modules[module]


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
