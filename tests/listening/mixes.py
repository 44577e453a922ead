"""Mixes to listen to, made of noise."""

from pathlib import Path

import torch

from gen_mix.audio import write_audio

RATE = 44100


def write_mixes(folder: Path, songs: int, systems: int, seconds: float) -> None:
    """Write `songs` folders of `systems` mixes, of different loudness, length, rate and channels."""
    generator = torch.Generator().manual_seed(0)
    for song in range(songs):
        (folder / f"song {song}").mkdir(parents=True)
        for system in range(systems):
            samples = round((seconds + 0.1 * system) * RATE)
            audio = 0.03 * (1 + system) * torch.randn(2 - system % 2, samples, generator=generator)
            write_audio(folder / f"song {song}" / f"system {system}.wav", audio.clamp(-1, 1), RATE)
