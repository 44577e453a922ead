"""Sessions and mixes to export, short and nasty, and the numbers in what was exported."""

from pathlib import Path

import numpy as np
import soundfile
import torch

from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.export.alternatives import Alternative, Section, settings_in
from gen_mix.export.audio_files import AUDIO_FORMATS
from gen_mix.export.readme import Export
from gen_mix.loudness import staging_gain_db
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session, Track
from tests.console.desk import random_console

RATE = 8000
NASTY_NAMES = (
    "Kick", "=1+1", "CON", "../../up", '"quoted" \'twice\' `thrice`', "<img src=x onerror=alert(1)>", "Gitarre 🎸 ñ",
    "a\nb\x07", "", "-dash", "x" * 255, "Reverb", "| pipe #1 {brace} ;",
)  # fmt: skip


def session(seed: int, tracks: int = 4, samples: int = 1600, name: str = "A <song> & more") -> Session:
    """Return a session of noises, mono and stereo in turns, under names that break things."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for place in range(tracks):
        audio = 0.1 * torch.randn(1 + place % 2, samples, generator=generator)
        called = NASTY_NAMES[(seed + place) % len(NASTY_NAMES)]
        made.append(Track(called, f"tracks/{place} file.wav", audio, staging_gain_db(audio, RATE)))
    return Session(name, RATE, tuple(made))


def alternative(of: Session, parameters: MixParameters, name: str = "mix_01") -> Alternative:
    """Return a mix as its file would give it."""
    settings = settings_in(of, parameters)
    return Alternative(name, 7, parameters_of(settings, [track.is_stereo for track in of.tracks]), settings, -16.0)


def random_export(seed: int, mixes: int = 1, tracks: int = 4) -> Export:
    """Return random mixes of a session, to be exported."""
    of = session(seed, tracks)
    generator = torch.Generator().manual_seed(1000 + seed)
    consoles = random_console([track.is_stereo for track in of.tracks], mixes, generator)
    alternatives = [alternative(of, consoles[number], f"mix_{number + 1:02d}") for number in range(mixes)]
    sections = (Section(0.0, "Intro"), Section(0.05, 'Verse "1" <&>'))
    return Export(of, tuple(alternatives), AUDIO_FORMATS["wav24"], sections)


def normal(settings: dict, of: Session) -> dict:
    """Return settings as `settings_of` writes them, so that they compare: tracks by file, knobs of what is off told."""
    by_file = {track["file"]: track for track in settings["tracks"]}
    tracks = [by_file[track.file] for track in of.tracks]
    parameters = parameters_of({**settings, "tracks": tracks}, [track.is_stereo for track in of.tracks])
    return settings_of(
        parameters,
        [track["name"] for track in tracks],
        [track["file"] for track in tracks],
        [track["staging_gain_db"] for track in tracks],
    )


def audio_of(path: Path) -> np.ndarray:
    """Return what an audio file holds, (channels, samples)."""
    return soundfile.read(path, always_2d=True)[0].T


def dbfs(peak: float) -> float:
    """Return an amplitude in dBFS."""
    return 20 * float(np.log10(max(peak, 1e-12)))
