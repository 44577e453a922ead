"""Facts about records that mixes are to sound like."""

from pathlib import Path

import pytest
import torch

from gen_mix.audio import AudioFile
from gen_mix.errors import InputError
from gen_mix.steering.audio_features import audio_features_distance
from gen_mix.steering.bark import bark_edges_hz
from gen_mix.steering.expressions import parse_reference
from gen_mix.steering.production import ASPECTS, PRODUCTION, measure_production
from gen_mix.steering.references import most_typical, reference_of
from gen_mix.wishes import Wishes
from tests.test_pipeline import pipeline, session

RATE = 22050


def noise(seconds: float = 3.0, seed: int = 0, rate: int = RATE) -> torch.Tensor:
    """Return stereo noise (2, samples)."""
    return 0.1 * torch.randn(2, round(seconds * rate), generator=torch.Generator().manual_seed(seed))


def test_what_is_measured_knows_no_gain_and_swapped_channels_only_swap_the_balance() -> None:
    audio = noise() * torch.tensor([[1.0], [0.5]])
    here, quiet, swapped = (measure_production(some, RATE) for some in (audio, 0.01 * audio, audio.flip(0)))
    torch.testing.assert_close(quiet, here, atol=1e-3, rtol=0)
    balance = PRODUCTION.index("balance_db")
    assert abs(here[balance] + 6.0) < 0.3
    torch.testing.assert_close(swapped[balance], -here[balance], atol=1e-3, rtol=0)
    others = [place for place in range(len(PRODUCTION)) if place != balance]
    torch.testing.assert_close(swapped[others], here[others], atol=1e-3, rtol=0)


def test_a_louder_octave_is_told_in_its_place() -> None:
    hz = torch.fft.rfftfreq(noise().shape[1], 1 / RATE)
    gain = torch.where((hz > 360) & (hz < 700), 2.0, 1.0)
    louder = torch.fft.irfft(torch.fft.rfft(noise()) * gain, n=noise().shape[1])
    moved = measure_production(louder, RATE) - measure_production(noise(), RATE)
    assert int(moved[ASPECTS["tone"]].argmax()) == PRODUCTION.index("octave_500_db")
    assert moved[PRODUCTION.index("octave_500_db")] > 4


def test_bark_bands_reach_20_khz_and_a_mix_is_no_distance_from_itself_at_any_gain() -> None:
    edges = bark_edges_hz(24)
    assert abs(edges[0] - 20) < 0.01
    assert abs(edges[-1] - 20000) < 1
    assert abs(edges[-2] - 14457) < 15  # the last but one, which comes out at 18685 Hz without the upper correction
    assert audio_features_distance(noise(), 0.3 * noise(), RATE) == pytest.approx(0, abs=1e-6)
    narrow = noise().mean(0, keepdim=True).expand(2, -1)
    assert audio_features_distance(narrow, noise(), RATE) > 0.5


def test_the_typical_section_is_one_of_the_loud() -> None:
    quiet = 0.01 * noise(20.0)
    first, last = most_typical(torch.cat([quiet, noise(20.0, 1), quiet], dim=1), RATE)
    assert first >= 17.5  # three quarters of it are loud
    assert last <= 42.5


def test_mixes_come_nearer_to_a_reference_and_aspects_are_kept_apart() -> None:
    hz = torch.fft.rfftfreq(noise().shape[1], 1 / RATE)
    dull = torch.fft.irfft(torch.fft.rfft(noise()) / (1 + (hz / 400) ** 2), n=noise().shape[1])
    reference = reference_of(AudioFile(dull, RATE), "dull.wav", None, 1.0, ("tone",))
    pipe, song = pipeline(), session()
    condition = pipe.embed(song)
    steering = pipe.steer(song, condition, Wishes(references=(reference,)))
    pull = steering.route.pull
    assert pull is not None
    wanted = pull.aims.targets
    assert bool(wanted[ASPECTS["width"]].isnan().all())
    missed = []
    for how in (None, steering):
        decoded = pipe.sample(condition, range(4), steering=how)
        produced = pull.measure(pipe.space.encode(decoded.parameters, decoded.intent))
        missed.append(float((produced - wanted)[:, ASPECTS["tone"]].square().mean()))
    assert missed[1] < 0.7 * missed[0]


def test_how_references_are_written(tmp_path: Path) -> None:
    said = parse_reference("a song.wav@61.5-80=0.5")
    assert (str(said.path), said.span, said.weight) == ("a song.wav", (61.5, 80.0), 0.5)
    assert parse_reference("song.wav").span is None
    odd = tmp_path / "mix@1-2=3"
    odd.write_bytes(b"")
    assert parse_reference(str(odd)).path == odd


def test_a_reference_that_cannot_be_used_is_refused_in_a_line() -> None:
    every = tuple(ASPECTS)
    mono, silent = AudioFile(noise()[:1], RATE), AudioFile(torch.zeros(2, 3 * RATE), RATE)
    for file, span, aspects, message in (
        (mono, None, ("width",), "stereo"),
        (silent, None, every, "silence"),
        (AudioFile(noise(0.5), RATE), None, every, "at least 1 s"),
        (AudioFile(noise(), RATE), (2.0, 9.0), every, "section"),
    ):
        with pytest.raises(InputError, match=message):
            reference_of(file, "it", span, 1.0, aspects)
    with pytest.raises(InputError, match="weight"):
        reference_of(AudioFile(noise(), RATE), "it", None, 2.0, every)
    assert reference_of(mono, "it", None, 1.0, every).aspects == ("tone", "dynamics")
    high = AudioFile(noise(2.0, rate=96000), 96000)
    assert len(reference_of(high, "it", None, 1.0, every).sound) == len(PRODUCTION)
