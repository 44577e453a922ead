"""What a track measures, against signals whose answer is known."""

import math
import time

import pytest
import torch
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.loudness import REFERENCE_LUFS, loudness_lufs
from gen_mix.measurements import MEASUREMENTS, OCTAVES, measure
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.session import Session, Track

RATE = 44100


def value(audio: Tensor, name: str, sample_rate: int = RATE) -> float:
    return float(measure(audio, sample_rate)[MEASUREMENTS.index(name)])


def sine(freq_hz: float, seconds: float = 2.0, sample_rate: int = RATE) -> Tensor:
    return 0.25 * torch.sin(2 * math.pi * freq_hz * torch.arange(int(seconds * sample_rate)) / sample_rate)[None]


def noise(seconds: float = 4.0, channels: int = 1, seed: int = 0) -> Tensor:
    return 0.1 * torch.randn(channels, int(seconds * RATE), generator=torch.Generator().manual_seed(seed))


def pulses(every_seconds: float, seconds: float = 4.0) -> Tensor:
    audio = torch.zeros(1, int(seconds * RATE))
    decay = torch.exp(-torch.arange(RATE // 50) / 100)
    for start in range(0, audio.shape[1] - len(decay), int(every_seconds * RATE)):
        audio[0, start : start + len(decay)] = decay
    return audio


@pytest.mark.parametrize("sample_rate", [44100, 48000, 96000])
@pytest.mark.parametrize("band", range(10))
def test_a_sine_sounds_in_its_own_octave_alone(band: int, sample_rate: int) -> None:
    measured = measure(sine(1000 * 2.0 ** (band - 5), sample_rate=sample_rate), sample_rate)
    octaves = measured[1:11]
    assert octaves[band] > -0.05
    assert max(octaves[other] for other in range(10) if other != band) < -25


def test_a_sine_has_its_frequency_as_low_end_and_centroid_and_a_crest_of_3_db() -> None:
    audio = sine(440.0)
    assert value(audio, "centroid_octave") == pytest.approx(math.log2(440), abs=0.02)
    assert value(audio, "low_end_octave") == pytest.approx(math.log2(440), abs=0.02)
    assert value(audio, "crest_db") == pytest.approx(3.01, abs=0.05)
    assert value(audio, "percussivity") < 0.01


def test_white_noise_has_equal_power_per_hertz() -> None:
    measured = measure(noise(), RATE)
    widths = torch.tensor([1000 * 2.0 ** (band - 5) / math.sqrt(2) for band in range(10)])
    expected = 10 * torch.log10(widths.clamp(max=RATE / 2 - 16000 / math.sqrt(2)) / (RATE / 2))
    assert (measured[3:11] - expected[2:]).abs().max() < 0.5
    assert measured[MEASUREMENTS.index("low_end_octave")] == pytest.approx(math.log2(0.05 * RATE / 2), abs=0.1)


@pytest.mark.parametrize("gain_db", [-40.0, -13.0, 11.0])
@pytest.mark.parametrize("audio", [noise(channels=2), pulses(0.4), sine(100.0)], ids=["noise", "pulses", "sine"])
def test_gain_moves_nothing_but_the_loudness(audio: Tensor, gain_db: float) -> None:
    before, after = measure(audio, RATE), measure(audio * 10 ** (gain_db / 20), RATE)
    assert (after[1:] - before[1:]).abs().max() < 0.01
    assert after[0] - before[0] == pytest.approx(gain_db, abs=0.01)


def test_loudness_is_the_gated_loudness_of_the_file() -> None:
    audio = noise(channels=2)
    assert value(audio, "loudness_lufs") == pytest.approx(loudness_lufs(audio, RATE), abs=1e-4)


def test_silence_around_a_track_changes_the_share_of_activity_alone() -> None:
    audio = noise(4.0)
    sparse = torch.cat([torch.zeros(1, 6 * RATE), audio, torch.zeros(1, 6 * RATE)], dim=1)
    before, after = measure(audio, RATE), measure(sparse, RATE)
    others = [number for number, name in enumerate(MEASUREMENTS) if name not in ("active_share", "percussivity")]
    assert (after[others] - before[others]).abs().max() < 0.5
    assert before[-1] == 1
    assert after[-1] == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("audio", [torch.zeros(1, RATE), torch.zeros(2, RATE), torch.full((1, RATE), 1e-6)])
def test_silence_has_neutral_finite_values(audio: Tensor) -> None:
    measured = measure(audio, RATE)
    assert measured.isfinite().all()
    assert measured[0] == -70
    assert measured[-1] == 0


def test_pulses_are_percussive_and_have_crest() -> None:
    assert value(pulses(0.3), "percussivity") > 0.9
    assert value(noise(), "percussivity") < 0.02
    assert value(pulses(0.3), "crest_db") > value(noise(), "crest_db") + 6


def test_levels_are_those_of_the_staged_track() -> None:
    audio = sine(1000.0)
    peak_dbfs = 20 * math.log10(0.25) + REFERENCE_LUFS - loudness_lufs(audio, RATE)
    for name in ("level_50_db", "level_75_db", "level_90_db", "level_97_db"):
        assert value(audio, name) == pytest.approx(peak_dbfs, abs=0.05)


def test_levels_follow_the_time_spent_at_them() -> None:
    loud_for_a_fifth = torch.cat([sine(1000.0, 1.0), 0.25 * sine(1000.0, 4.0)], dim=1)
    measured = dict(zip(MEASUREMENTS, measure(loud_for_a_fifth, RATE).tolist(), strict=True))
    assert measured["level_90_db"] - measured["level_75_db"] == pytest.approx(12.04, abs=0.1)
    assert measured["level_75_db"] == pytest.approx(measured["level_50_db"], abs=0.1)


def test_width_is_the_side_over_the_middle() -> None:
    left, right = noise(seed=1), noise(seed=2)
    assert value(torch.cat([left, left]), "side_db") == -60
    assert value(left, "side_db") == -60
    assert value(torch.cat([left, right]), "side_db") == pytest.approx(0, abs=0.2)
    assert value(torch.cat([left + 0.1 * right, left - 0.1 * right]), "side_db") == pytest.approx(-20, abs=0.2)


@pytest.mark.parametrize("samples", [RATE // 100, RATE // 10, 3 * RATE // 10])
def test_short_clips_are_measured(samples: int) -> None:
    assert measure(noise()[:, :samples], RATE).isfinite().all()


def test_the_shape_of_audio_is_checked() -> None:
    with pytest.raises(ValueError, match=r"1 or 2"):
        measure(torch.zeros(3, RATE), RATE)


def test_there_is_one_name_per_value() -> None:
    assert measure(noise(), RATE).shape == (len(MEASUREMENTS),) == (21,)
    assert len(OCTAVES) == 10


@pytest.mark.slow
def test_measuring_is_500_times_faster_than_listening() -> None:
    audio = noise(30.0)
    measure(audio, RATE)
    start = time.process_time()
    measure(audio, RATE)
    assert 30 / (time.process_time() - start) > 500


def labelled_session(**changes: str | None) -> Session:
    tracks = (
        Track("Vox", "vox.wav", noise(0.5), instrument="lead_vocal", role="lead"),
        Track("Left", "left.wav", noise(0.5, seed=1), instrument="egtr_rhythm", double_of="right.wav"),
        Track("Right", "right.wav", noise(0.5, channels=2), instrument="egtr_rhythm", double_of="left.wav"),
    )
    return Session("song", RATE, (*tracks, Track("Last", "last.wav", noise(0.5), **changes)))


def test_facts_say_what_labels_and_audio_say() -> None:
    session = labelled_session(instrument="kick", role="lead")
    facts = facts_of_session(session)
    assert facts.double_of.tolist() == [[-1, 2, 1, -1]]
    assert facts.is_lead.tolist() == [[True, False, False, False]]
    assert facts.is_stereo.tolist() == [[False, False, True, False]]
    assert facts.instrument.tolist() == [[21, 10, 10, 0]]
    assert torch.equal(facts.measurements[0, 2], measure(session.tracks[2].audio, RATE))


@pytest.mark.parametrize("changes", [{"instrument": None}, {"instrument": "kick", "double_of": "nowhere.wav"}])
def test_a_label_that_is_missing_or_wrong_names_its_file(changes: dict[str, str | None]) -> None:
    with pytest.raises(InputError, match=r"last\.wav.*expected"):
        facts_of_session(labelled_session(**changes))
