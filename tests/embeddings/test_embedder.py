"""The default embedding, its training, and the vectors of a session."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from gen_mix.embeddings.embedder import EmbedderConfig, TrackEmbedder
from gen_mix.embeddings.features import FEATURES
from gen_mix.embeddings.session import content_key, embed_cached, embed_session
from gen_mix.embeddings.track_bank import TrackBank
from gen_mix.errors import InputError
from gen_mix.measurements import MEASUREMENTS
from gen_mix.mix import NOT_TOLD
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session, Track
from gen_mix.training.embedder import EmbedderTraining, balanced_weights, train_embedder


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def separable_bank(seed: int = 0, sessions: int = 40, spread: float = 1.0) -> TrackBank:
    """Return a bank of four instruments, each a Gaussian cloud around a centre of its own."""
    rows = sessions * 8
    centres = 3 * torch.randn(4, FEATURES, generator=generator(99))
    instrument = torch.arange(rows) % 4
    noise = torch.randn(rows, FEATURES, generator=generator(seed))
    return TrackBank(
        features=centres[instrument] + spread * noise,
        measurements=torch.randn(rows, len(MEASUREMENTS), generator=generator(seed + 1)),
        instrument=instrument,
        is_stereo=torch.zeros(rows, dtype=torch.bool),
        is_lead=torch.zeros(rows, dtype=torch.bool),
        double_of=torch.full((rows,), -1),
        session=torch.arange(rows) // 8,
        copy=torch.zeros(rows, dtype=torch.int64),
    )


class Counting:
    """An embedding that counts how often it is asked."""

    width = 3

    def __init__(self, fingerprint: str = "a") -> None:
        self.fingerprint = fingerprint
        self.asked = 0

    def embed_track(self, audio: Tensor, sample_rate: int) -> Tensor:
        self.asked += 1
        return torch.tensor([float(audio.sum()), float(sample_rate), float(self.asked)])


SMALL = EmbedderConfig(hidden=32, bottleneck=8)


def trained(steps: int = 3, seed: int = 0) -> TrackEmbedder:
    return train_embedder(separable_bank(), generator(seed), EmbedderTraining(steps=steps, batch=64, network=SMALL))


def test_training_separates_what_can_be_separated() -> None:
    embedder, unseen = trained(60), separable_bank(seed=5)
    guess = embedder.class_logits(unseen.features, unseen.measurements).argmax(-1)
    assert (guess == unseen.instrument).float().mean() > 0.98


def test_training_is_a_function_of_its_generator() -> None:
    one, same, other = trained(), trained(), trained(seed=1)
    assert one.fingerprint == same.fingerprint
    assert one.fingerprint != other.fingerprint


def test_doubt_is_told_where_labels_are_doubtful() -> None:
    """Half of the labels of one pair of instruments are exchanged: nobody can be surer than a half."""
    bank = separable_bank(sessions=80)
    swapped = torch.rand(len(bank), generator=generator(3)) < 0.5
    instrument = torch.where(swapped & (bank.instrument < 2), 1 - bank.instrument, bank.instrument)
    doubtful = TrackBank(**{**vars(bank), "instrument": instrument})
    embedder = train_embedder(doubtful, generator(), EmbedderTraining(steps=150, batch=64, held_out=0.3, network=SMALL))
    unseen = separable_bank(seed=5)
    posterior = embedder.class_logits(unseen.features, unseen.measurements).softmax(-1)
    assert abs(posterior[unseen.instrument < 2].amax(-1).mean() - 0.5) < 0.15
    assert posterior[unseen.instrument >= 2].amax(-1).mean() > 0.9


def test_the_vector_holds_bottleneck_posterior_and_measurements() -> None:
    embedder, bank = trained(), separable_bank(seed=6)
    vectors = embedder(bank.features, bank.measurements)
    assert vectors.shape == (len(bank), embedder.width)
    bottleneck = embedder.config.bottleneck
    probability = vectors[:, bottleneck : bottleneck + 24].exp()
    assert torch.allclose(probability.sum(-1), torch.ones(len(bank)), atol=0.01)
    measured = vectors[:, bottleneck + 24 :]
    assert torch.allclose(
        measured * embedder.measurement_deviation + embedder.measurement_mean, bank.measurements, atol=1e-3
    )


def test_how_loud_a_file_is_does_not_say_what_plays() -> None:
    embedder, bank = trained(), separable_bank()
    louder = bank.measurements.clone()
    louder[:, 0] += 20
    assert torch.equal(
        embedder.class_logits(bank.features, louder), embedder.class_logits(bank.features, bank.measurements)
    )


def test_a_track_gives_the_same_vector_alone_and_in_a_batch() -> None:
    embedder, bank = trained(), separable_bank()
    batch = embedder(bank.features.unflatten(0, (4, -1)), bank.measurements.unflatten(0, (4, -1)))
    assert torch.allclose(batch.flatten(0, 1)[7], embedder(bank.features[7], bank.measurements[7]), atol=1e-5)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    embedder = trained()
    embedder.save_pretrained(tmp_path / "embedder")
    loaded = TrackEmbedder.from_pretrained(tmp_path / "embedder")
    assert loaded.fingerprint == embedder.fingerprint
    assert not loaded.training


@pytest.mark.parametrize("broken", ["weights", "json", "missing", "other"])
def test_a_folder_that_does_not_fit_is_refused(tmp_path: Path, broken: str) -> None:
    TrackEmbedder(EmbedderConfig(hidden=8)).save_pretrained(tmp_path)
    if broken == "weights":
        (tmp_path / "embedder.safetensors").write_bytes(b"nothing")
    elif broken == "missing":
        (tmp_path / "embedder.safetensors").unlink()
    else:
        text = (tmp_path / "embedder.json").read_text()
        (tmp_path / "embedder.json").write_text("{" if broken == "json" else text.replace("kick", "gong"))
    with pytest.raises(InputError, match="expected") as error:
        TrackEmbedder.from_pretrained(tmp_path)
    assert "\n" not in str(error.value)


def test_balance_draws_each_instrument_as_often() -> None:
    instrument = torch.tensor([0] * 90 + [1] * 10)
    assert balanced_weights(instrument, 1.0)[:90].sum() == pytest.approx(
        float(balanced_weights(instrument, 1.0)[90:].sum())
    )
    assert balanced_weights(instrument, 0.0).unique().tolist() == [1.0]


def session() -> Session:
    silent = Track("Nothing", "nothing.wav", torch.zeros(2, 22050))
    tracks = [Track(track.name, track.file, track.audio[:, :22050]) for track in instant_session(0, 0).tracks[:3]]
    return Session("song", 44100, (*tracks, silent))


def test_a_session_is_embedded_track_by_track_without_labels() -> None:
    embedder = trained()
    condition = embed_session(session(), embedder)
    assert condition.tracks.shape == (1, 4, embedder.width)
    assert condition.tracks.isfinite().all()
    assert condition.is_track.all()
    assert condition.has_tracks.tolist() == [True]
    assert condition.label.tolist() == [[NOT_TOLD] * 4]
    assert condition.is_stereo[0].tolist() == [track.is_stereo for track in session().tracks]
    first = embedder.embed_track(session().tracks[0].audio, 44100)
    assert torch.equal(condition.tracks[0, 0], first)


def test_equal_tracks_share_a_place_in_the_cache(tmp_path: Path) -> None:
    audio = torch.randn(1, 1000, generator=generator())
    copies = Session("copies", 44100, tuple(Track(str(number), str(number), audio) for number in range(24)))
    tracks = embed_session(copies, Counting(), tmp_path).tracks[0]
    assert (tracks[:, :2] == tracks[0, :2]).all()
    assert len(list(tmp_path.iterdir())) == 1


def test_the_cache_asks_once_for_each_content_and_embedder(tmp_path: Path) -> None:
    audio, embedder = torch.randn(1, 1000, generator=generator()), Counting()
    first = embed_cached(audio, 44100, embedder, tmp_path / "cache")
    assert torch.equal(embed_cached(audio.clone(), 44100, embedder, tmp_path / "cache"), first)
    assert embedder.asked == 1
    embed_cached(audio + 1e-3, 44100, embedder, tmp_path / "cache")
    embed_cached(audio, 48000, embedder, tmp_path / "cache")
    assert embedder.asked == 3
    other = Counting("b")
    embed_cached(audio, 44100, other, tmp_path / "cache")
    assert other.asked == 1


def test_a_broken_file_of_the_cache_is_made_again(tmp_path: Path) -> None:
    audio, embedder = torch.randn(1, 1000, generator=generator()), Counting()
    embed_cached(audio, 44100, embedder, tmp_path)
    path = tmp_path / f"{content_key(audio, 44100, embedder.fingerprint)}.safetensors"
    path.write_bytes(path.read_bytes()[:20])
    assert embed_cached(audio, 44100, embedder, tmp_path)[2] == 2
    assert embed_cached(audio, 44100, embedder, tmp_path)[2] == 2
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_shape_is_part_of_the_content() -> None:
    audio = torch.randn(1, 1000, generator=generator())
    assert content_key(audio, 44100, "a") != content_key(audio.reshape(2, 500), 44100, "a")
