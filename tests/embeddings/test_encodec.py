"""EnCodec as an embedding, with random weights."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gen_mix.embeddings import encodec
from gen_mix.embeddings.encodec import EncodecEmbedder, import_encodec
from gen_mix.errors import InputError

needs_encodec = pytest.mark.skipif(importlib.util.find_spec("encodec") is None, reason="encodec is not installed")


class ToyModel(nn.Module):
    """A model whose encoder is one convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Conv1d(2, 128, 320, stride=320)


def toy() -> EncodecEmbedder:
    return EncodecEmbedder(ToyModel())


def noise(seconds: float, sample_rate: int = 48000) -> Tensor:
    return 0.1 * torch.randn(1, int(seconds * sample_rate), generator=torch.Generator().manual_seed(0))


@needs_encodec
def test_nothing_stands_in_for_torchaudio_afterwards() -> None:
    import_encodec()
    assert "torchaudio" not in sys.modules or hasattr(sys.modules["torchaudio"], "__version__")


def test_gain_and_a_second_equal_channel_change_nothing() -> None:
    embedder, audio = toy(), noise(2.5)
    vector = embedder(audio, 48000)
    assert vector.shape == (embedder.width,)
    assert torch.allclose(vector, embedder(0.05 * audio, 48000), atol=1e-4)
    assert torch.allclose(vector, embedder(audio.repeat(2, 1), 48000), atol=1e-4)


def test_silence_is_zero_and_long_files_are_heard_in_parts() -> None:
    embedder, heard = toy(), []
    assert not embedder(torch.zeros(2, 48000), 48000).any()
    embedder.encoder.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0].shape))
    assert embedder(noise(20, 8000), 8000).isfinite().all()
    assert heard == [(1, 2, 48000)] * 8


def test_seconds_in_which_nothing_plays_do_not_count() -> None:
    audio = noise(1.0)
    sparse = torch.cat([torch.zeros(1, 96000), audio, torch.zeros(1, 48000)], dim=1)
    embedder = toy()
    assert torch.allclose(embedder(audio, 48000), embedder(sparse, 48000), atol=1e-4)


@needs_encodec
def test_the_vector_is_mean_and_deviation_of_the_latent() -> None:
    embedder, audio = EncodecEmbedder.with_random_weights(0), noise(1.0)
    latent = embedder.encoder((audio / audio.square().mean().sqrt()).repeat(1, 2, 1))
    expected = torch.cat([latent.mean(dim=(0, 2)), latent.std(dim=(0, 2), correction=0)])
    assert torch.allclose(embedder(audio, 48000), expected, atol=1e-4)


@needs_encodec
def test_random_weights_are_those_of_the_seed_and_leave_other_draws_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one = EncodecEmbedder.with_random_weights(0)
    assert torch.equal(torch.rand(3), expected)
    assert one.fingerprint == EncodecEmbedder.with_random_weights(0).fingerprint
    assert one.fingerprint != EncodecEmbedder.with_random_weights(1).fingerprint


@needs_encodec
def test_weights_come_from_a_file_and_from_nothing_that_runs_code(tmp_path: Path) -> None:
    weights = import_encodec().EncodecModel.encodec_model_48khz(pretrained=False).state_dict()
    torch.save(weights, tmp_path / "weights.th")
    save_file({name: value.contiguous() for name, value in weights.items()}, tmp_path / "weights.safetensors")
    loaded = [EncodecEmbedder.from_file(tmp_path / name) for name in ("weights.th", "weights.safetensors")]
    assert loaded[0].fingerprint == loaded[1].fingerprint
    assert torch.equal(next(loaded[0].encoder.parameters()), next(iter(weights.values())))
    torch.save({"encoder": Path}, tmp_path / "code.th")
    save_file({"encoder": torch.zeros(1)}, tmp_path / "other.safetensors")
    for name in ("code.th", "other.safetensors", "missing.th"):
        with pytest.raises(InputError, match=rf"{name}.*expected weights"):
            EncodecEmbedder.from_file(tmp_path / name)


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodec.importlib.util, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "encodec", raising=False)
    with pytest.raises(InputError, match="pip install"):
        EncodecEmbedder.with_random_weights(0)
