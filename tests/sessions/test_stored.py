"""A session that stays in its files is the session that is read."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from gen_mix.errors import InputError
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.stored import open_session

RATE = 44100


def write(path: Path, channels: int, seconds: float, rate: int, seed: int) -> np.ndarray:
    audio = 0.1 * np.random.default_rng(seed).standard_normal((round(seconds * rate), channels))
    soundfile.write(path, audio, rate, subtype="PCM_24")
    return audio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a session with every oddity: rates, lengths, one channel twice, silence, next to nothing."""
    tracks = tmp_path / "song" / "tracks"
    tracks.mkdir(parents=True)
    write(tracks / "bass.wav", 1, 1.6, RATE, 0)
    write(tracks / "drums.flac", 2, 1.7, RATE, 1)
    write(tracks / "keys.wav", 2, 1.0, 48000, 2)
    write(tracks / "voice.aiff", 1, 1.69, 22050, 3)
    soundfile.write(tracks / "twice.wav", np.repeat(write(tracks / "once.wav", 1, 0.5, RATE, 4), 2, axis=1), RATE)
    soundfile.write(tracks / "silent.wav", np.zeros((RATE, 2)), RATE)
    soundfile.write(tracks / "faint.wav", 1e-6 * np.ones((RATE, 1)), RATE, subtype="FLOAT")
    (tracks / "notes.txt").write_text("not a track")
    (tmp_path / "song" / "session.yaml").write_text("name: A song\ntracks: [{file: bass.wav, name: Bass}]\n")
    return tmp_path / "song"


@pytest.mark.parametrize("block", (1000, 32768, 10**6))
def test_it_is_the_session_that_is_read(folder: Path, block: int) -> None:
    read, stored = read_session(folder), open_session(folder)
    assert (read.name, read.sample_rate, read.samples) == (stored.name, stored.sample_rate, stored.samples)
    assert sorted(read.notes) == sorted(stored.notes)
    for one, other in zip(read.tracks, stored.tracks, strict=True):
        assert (one.name, one.file, one.is_stereo) == (other.name, other.file, other.is_stereo)
        assert one.staging_gain_db == other.staging_gain_db
        blocks = list(other.blocks(block))
        assert all(piece.shape[1] == block for piece in blocks[:-1])
        assert torch.equal(torch.cat(blocks, dim=1), one.staged)
        assert torch.equal(torch.cat(list(one.blocks(block)), dim=1), one.staged)


def test_what_cannot_be_read_is_refused_alike(folder: Path, tmp_path: Path) -> None:
    (folder / "tracks" / "drums.flac").write_bytes(b"nothing")
    messages = []
    for reader in (read_session, open_session):
        with pytest.raises(InputError) as raised:
            reader(folder)
        messages.append(str(raised.value))
        with pytest.raises(InputError, match="expected a folder of audio files, got nothing there"):
            reader(tmp_path / "none")
    assert messages[0] == messages[1]
