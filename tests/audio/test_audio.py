"""Audio files are read as they are and written whole."""

import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from scipy import signal

from gen_mix.audio import read_audio, resample, resampled, write_audio, write_blocks
from gen_mix.errors import InputError


def noise(channels: int, samples: int, generator: torch.Generator) -> torch.Tensor:
    return (torch.rand(channels, samples, generator=generator) - 0.5).float()


@pytest.mark.parametrize(
    ("name", "subtype", "step"),
    [
        ("a.wav", "PCM_16", 2**-15),
        ("a.wav", "PCM_24", 2**-23),
        ("a.flac", "PCM_24", 2**-23),
        ("a.aiff", "PCM_24", 2**-23),
        ("a.wav", "FLOAT", 0.0),
    ],
)
def test_reading_undoes_writing(
    tmp_path: Path, generator: torch.Generator, name: str, subtype: str, step: float
) -> None:
    audio = noise(2, 3000, generator)
    write_audio(tmp_path / name, audio, 48000, subtype)
    back = read_audio(tmp_path / name)
    assert back.sample_rate == 48000
    assert float((back.audio - audio).abs().max()) <= step


def test_long_files_are_read_to_their_end(tmp_path: Path, generator: torch.Generator) -> None:
    audio = noise(1, (1 << 21) + 12345, generator)
    write_audio(tmp_path / "long.wav", audio, 44100, "FLOAT")
    assert torch.equal(read_audio(tmp_path / "long.wav").audio, audio)


@pytest.mark.parametrize("container", ["OGG", "MP3"])
def test_compressed_files_keep_rate_length_and_sound(tmp_path: Path, container: str) -> None:
    frames = (0.5 * np.sin(2 * np.pi * 440 * np.arange(44100) / 44100)).astype(np.float32)
    path = tmp_path / f"a.{container.lower()}"
    soundfile.write(path, frames, 44100, format=container)
    back = read_audio(path)
    assert back.sample_rate == 44100
    assert back.audio.shape == (1, 44100)
    assert float((back.audio[0, 5000:40000] - torch.from_numpy(frames)[5000:40000]).abs().max()) < 0.02


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
def test_the_same_audio_gives_the_same_bytes_at_any_time(
    tmp_path: Path, generator: torch.Generator, subtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    audio = noise(2, 500, generator)
    write_audio(tmp_path / "a.wav", audio, 44100, subtype)
    time.sleep(1.05)  # the time of writing would be stored in seconds
    write_audio(tmp_path / "b.wav", audio, 44100, subtype)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_writing_refuses_to_clip_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"peak of 1\.5"):
        write_audio(tmp_path / "a.wav", torch.full((2, 10), 1.5), 44100)
    with pytest.raises(ValueError, match="nan"):
        write_audio(tmp_path / "a.wav", torch.full((2, 10), torch.nan), 44100)
    assert list(tmp_path.iterdir()) == []


def test_writing_into_nowhere_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere/a\.wav: expected a place to write to"):
        write_audio(tmp_path / "nowhere" / "a.wav", torch.zeros(2, 10), 44100)
    with pytest.raises(InputError, match=r"ends in \.wav"):
        write_audio(tmp_path / "a.xyz", torch.zeros(2, 10), 44100)


def flac(samples: int) -> bytearray:
    buffer = io.BytesIO()
    soundfile.write(buffer, 0.1 * np.random.default_rng(0).standard_normal(samples), 44100, format="FLAC")
    return bytearray(buffer.getvalue())


def claiming(data: bytearray, samples: int) -> bytes:
    """Return a FLAC file whose header says that it is `samples` long."""
    packed = int.from_bytes(data[18:26], "big")  # rate 20 bits, channels 3, depth 5, length 36
    data[18:26] = (packed >> 36 << 36 | samples).to_bytes(8, "big")
    return bytes(data)


def test_a_header_that_claims_days_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "bomb.flac"
    path.write_bytes(claiming(flac(4096), 2**36 - 1))
    with pytest.raises(InputError, match=r"bomb\.flac: expected at most 6 hours"):
        read_audio(path)


def test_a_file_shorter_than_it_claims_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.flac"
    path.write_bytes(claiming(flac(4096), 44100 * 3600 * 5))
    with pytest.raises(InputError, match=r"short\.flac: expected"):
        read_audio(path)
    path.write_bytes(bytes(flac(40000))[:30000])
    with pytest.raises(InputError, match=r"short\.flac: expected"):
        read_audio(path)


def test_a_wav_file_that_was_cut_off_is_refused_and_a_streamed_one_is_read(
    tmp_path: Path, generator: torch.Generator
) -> None:
    path = tmp_path / "a.wav"
    audio = noise(1, 1000, generator)
    write_audio(path, audio, 44100, "PCM_16")
    whole = path.read_bytes()
    path.write_bytes(whole[:1500])
    with pytest.raises(InputError, match=r"a\.wav: expected 2000 bytes of audio as its header says, got 1456"):
        read_audio(path)
    place = whole.index(b"data") + 4
    path.write_bytes(whole[:place] + b"\xff" * 4 + whole[place + 4 :])
    assert read_audio(path).audio.shape == audio.shape


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b"", "readable audio"),
        (b"no audio at all", "readable audio"),
        (b"RIFF" + struct.pack("<I", 36) + b"WAVEfmt ", "readable audio"),
    ],
)
def test_what_is_no_audio_is_refused_in_one_line(tmp_path: Path, content: bytes, cause: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(InputError, match=cause) as error:
        read_audio(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(("value", "cause"), [(np.nan, "finite"), (np.inf, "finite")])
def test_audio_that_is_not_finite_is_refused(tmp_path: Path, value: float, cause: str) -> None:
    frames = np.zeros((100, 2), np.float32)
    frames[50, 1] = value
    soundfile.write(tmp_path / "a.wav", frames, 44100, subtype="FLOAT")
    with pytest.raises(InputError, match=cause):
        read_audio(tmp_path / "a.wav")


def test_an_empty_file_and_no_file_are_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 1)), 44100)
    for name, cause in (("a.wav", "an empty file"), ("b.wav", "nothing there"), (".", "a folder")):
        with pytest.raises(InputError, match=cause):
            read_audio(tmp_path / name)


def test_resampling_keeps_a_tone_and_kills_what_would_fold() -> None:
    time_seconds = torch.arange(96000, dtype=torch.float64) / 96000
    tones = torch.stack([torch.sin(2 * torch.pi * freq * time_seconds) for freq in (1000.0, 30000.0)]).float()
    kept, killed = resample(tones, 96000, 44100)[:, 2000:-2000]
    expected = torch.sin(2 * torch.pi * 1000 * torch.arange(44100, dtype=torch.float64) / 44100).float()[2000:-2000]
    assert kept.shape == expected.shape
    assert float((kept - expected).abs().max()) < 1e-5
    assert float(killed.abs().max()) < 1e-5


def test_resampling_there_and_back_keeps_a_band_limited_signal() -> None:
    rng = np.random.default_rng(0)
    band = signal.sosfiltfilt(signal.butter(8, 0.6, output="sos"), rng.standard_normal((2, 20000))).astype(np.float32)
    audio = torch.from_numpy(np.ascontiguousarray(band))
    back = resample(resample(audio, 44100, 48000), 48000, 44100)
    assert back.shape == audio.shape
    assert float((back - audio)[:, 500:-500].abs().max()) < 1e-3


@pytest.mark.parametrize("suffix", (".wav", ".flac", ".aiff"))
@pytest.mark.parametrize("subtype", ("PCM_16", "PCM_24"))
def test_a_file_written_block_by_block_has_the_same_bytes(tmp_path: Path, suffix: str, subtype: str) -> None:
    audio = 0.3 * torch.randn(2, 30000, generator=torch.Generator().manual_seed(0)).clamp(-3, 3)
    write_audio(tmp_path / f"whole{suffix}", audio, 44100, subtype)
    write_blocks(tmp_path / f"blocks{suffix}", audio.split(777, dim=1), 44100, subtype=subtype)
    assert (tmp_path / f"whole{suffix}").read_bytes() == (tmp_path / f"blocks{suffix}").read_bytes()


def test_a_file_that_cannot_be_finished_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected audio that PCM_24 can hold"):
        write_blocks(tmp_path / "loud.wav", [torch.zeros(2, 10), torch.full((2, 10), 2.0)], 44100)
    with pytest.raises(InputError, match="expected a place to write to"):
        write_blocks(tmp_path / "none" / "mix.wav", [torch.zeros(2, 10)], 44100)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rates", ((48000, 44100), (22050, 44100), (44100, 96000), (44100, 44100)))
@pytest.mark.parametrize("block", (1000, 4096, 100000))
def test_resampling_block_by_block_gives_the_same_samples(rates: tuple[int, int], block: int) -> None:
    audio = torch.randn(2, 12288, generator=torch.Generator().manual_seed(0))
    blocks = torch.cat(list(resampled(audio.split(block, dim=1), *rates)), dim=1)
    assert torch.equal(blocks, resample(audio, *rates))
