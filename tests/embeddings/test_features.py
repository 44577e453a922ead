"""Features: the same at any gain, of any file, and different where instruments differ."""

import math
import time

import pytest
import torch
from torch import Tensor

from gen_mix.embeddings.features import FEATURES, GROUPS, group_slice, track_features, typical_excerpts
from gen_mix.embeddings.mel import mel_bands, wide_bands
from gen_mix.embeddings.notes import PITCH_FEATURES

RATE = 44100


def noise(seconds: float = 2.0, channels: int = 1, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(channels, int(seconds * RATE), generator=torch.Generator().manual_seed(seed))


def tone(freq_hz: float, seconds: float = 2.0, sample_rate: int = RATE) -> Tensor:
    time_s = torch.arange(int(seconds * sample_rate)) / sample_rate
    return 0.1 * sum(torch.sin(2 * math.pi * freq_hz * partial * time_s) / partial for partial in range(1, 9))[None]


def plucked(seconds: float = 2.0) -> Tensor:
    envelope = torch.exp(-8 * (torch.arange(int(seconds * RATE)) / RATE % 0.5))
    return tone(220.0, seconds) * envelope


def group(features: Tensor, name: str) -> Tensor:
    return features[group_slice(name)]


@pytest.mark.parametrize("audio", [noise(channels=2), tone(110.0), plucked()], ids=["noise", "tone", "plucked"])
@pytest.mark.parametrize("gain", [1e-3, 0.2, 4.0])
def test_gain_changes_nothing(audio: Tensor, gain: float) -> None:
    assert torch.allclose(track_features(audio, RATE), track_features(gain * audio, RATE), atol=1e-3)


@pytest.mark.parametrize("seconds", [0.001, 0.1, 0.5, 22.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_length_has_finite_features(seconds: float, channels: int) -> None:
    features = track_features(noise(seconds, channels), RATE)
    assert features.shape == (FEATURES,) == (sum(group.size for group in GROUPS),)
    assert features.isfinite().all()


@pytest.mark.parametrize("sample_rate", [8000, 22050, 48000, 96000])
def test_any_rate_has_finite_features(sample_rate: int) -> None:
    assert track_features(tone(220.0, 1.0, sample_rate), sample_rate).isfinite().all()


def test_silence_has_no_features() -> None:
    assert not track_features(torch.zeros(2, RATE), RATE).any()
    assert not track_features(torch.zeros(1, 0), RATE).any()


def test_one_pulse_has_finite_features() -> None:
    audio = torch.zeros(1, RATE)
    audio[0, 1000] = 1
    assert track_features(audio, RATE).isfinite().all()


def test_the_rate_of_a_file_hardly_matters() -> None:
    one, other = track_features(tone(220.0), RATE), track_features(tone(220.0, sample_rate=48000), 48000)
    difference = group(one, "log_mean_db")[:40] - group(other, "log_mean_db")[:40]
    assert difference.abs().median() < 1.5


def test_two_equal_channels_sound_like_one() -> None:
    one, two = track_features(plucked(), RATE), track_features(plucked().repeat(2, 1), RATE)
    assert torch.allclose(one, two, atol=1e-2)


def test_equal_power_in_two_channels_hears_both() -> None:
    left_only = torch.cat([plucked(), torch.zeros(1, 2 * RATE)])
    spectra = [group(track_features(audio, RATE), "spectrum_db") for audio in (plucked(), left_only, left_only.flip(0))]
    assert torch.allclose(spectra[0], spectra[1], atol=1e-3)
    assert torch.allclose(spectra[1], spectra[2], atol=1e-3)


def test_a_tone_peaks_in_its_band() -> None:
    spectrum = group(
        track_features(torch.sin(2 * math.pi * 1000 * torch.arange(RATE) / RATE)[None], RATE), "spectrum_db"
    )
    edges = torch.linspace(2595 * math.log10(1 + 30 / 700), 2595 * math.log10(1 + 16000 / 700), 66)
    centres_hz = 700 * (10 ** (edges[1:-1] / 2595) - 1)
    assert abs(float(centres_hz[spectrum.argmax()]) - 1000) < 60


@pytest.mark.parametrize("freq_hz", [82.4, 220.0, 523.3])
def test_the_pitch_of_a_tone_is_found(freq_hz: float) -> None:
    pitch = group(track_features(tone(freq_hz), RATE), "pitch")
    assert len(pitch) == PITCH_FEATURES
    assert int(pitch[:10].argmax()) == int(12 * math.log2(freq_hz / 45) / 6)
    assert pitch[11] > 0.8
    assert pitch[13] > 0.9


def test_noise_has_no_pitch() -> None:
    pitch = group(track_features(noise(), RATE), "pitch")
    assert pitch[11] < 0.4
    assert pitch[13] < 0.1


def test_what_is_plucked_falls_after_its_onset_and_what_is_held_does_not() -> None:
    late = 8 * 7  # 32 frames, 0.37 s, after the onset: the whole level
    assert group(track_features(plucked(), RATE), "notes")[9 * 7] < -15
    assert group(track_features(noise(), RATE), "notes")[late] > -3


def test_excerpts_lie_where_the_track_plays() -> None:
    audio = torch.zeros(1, 60 * RATE)
    audio[:, 30 * RATE : 40 * RATE] = noise(10.0)
    excerpts = typical_excerpts(audio, RATE, 2.5, 8)
    assert excerpts.shape == (8, 1, int(2.5 * RATE))
    assert excerpts.square().mean(dim=(1, 2)).min() > 0.4 * 0.01


def test_a_long_track_sounds_like_a_part_of_it() -> None:
    part, long = track_features(plucked(5.0), RATE), track_features(plucked(30.0), RATE)
    assert (group(part, "log_mean_db") - group(long, "log_mean_db")).abs().mean() < 0.5


def test_bands_of_a_flat_spectrum_are_equal() -> None:
    bands = mel_bands(64, 2048, RATE)
    assert torch.allclose(bands @ torch.ones(1025), torch.ones(64), atol=1e-5)
    assert wide_bands(1025, RATE).sum(0).max() == 1


def test_the_shape_of_audio_is_checked() -> None:
    with pytest.raises(ValueError, match=r"1 or 2"):
        track_features(torch.zeros(3, RATE), RATE)
    with pytest.raises(ValueError, match="group"):
        group_slice("colour")


@pytest.mark.slow
def test_features_are_200_times_faster_than_listening() -> None:
    audio = noise(30.0)
    track_features(audio, RATE)
    start = time.process_time()
    track_features(audio, RATE)
    assert 30 / (time.process_time() - start) > 200
