"""What is exported: one session and one or more mixes of it, as alternatives of each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gen_mix.console.settings import settings_of
from gen_mix.export.mix_file import MixFile, read_mix_file
from gen_mix.export.names import unique_names
from gen_mix.mix import MixParameters
from gen_mix.sessions.session import Session


@dataclass(frozen=True)
class Alternative:
    """One mix of a session, by name.

    Attributes:
        name: What a person calls it, for example ``mix_03``; part of a file name in every system.
        seed: Of the mix.
        parameters: Batch 1, tracks in the order of the session.
        settings: The same as ``tracks``, ``buses`` and ``master`` of its JSON, tracks in the order of the session.
        target_lufs: Loudness of the finished mix.
    """

    name: str
    seed: int
    parameters: MixParameters
    settings: dict[str, Any]
    target_lufs: float


@dataclass(frozen=True)
class Section:
    """A place in the song, by name; `seconds` from its beginning."""

    seconds: float
    name: str


def settings_in(session: Session, parameters: MixParameters) -> dict[str, Any]:
    """Return the settings of one mix (batch 1) of `session`, tracks in the order of the session."""
    return settings_of(
        parameters,
        [track.name for track in session.tracks],
        [track.file for track in session.tracks],
        [track.staging_gain_db for track in session.tracks],
    )


def read_alternatives(paths: Sequence[Path], session: Session) -> list[Alternative]:
    """Return the mixes that the files at `paths` hold, named as the files are.

    Raises:
        InputError: A file is not a mix of `session`.
    """
    names = unique_names([path.stem for path in paths])
    return alternatives_of(session, names, [read_mix_file(path, session) for path in paths])


def alternatives_of(session: Session, names: Sequence[str], mixes: Sequence[MixFile]) -> list[Alternative]:
    """Return mixes of `session` by `names`, each another."""
    return [
        Alternative(name, mix.seed, mix.parameters, settings_in(session, mix.parameters), mix.target_lufs)
        for name, mix in zip(names, mixes, strict=True)
    ]


def by_file(session: Session) -> list[int]:
    """Return the places of the tracks in the order of their files, as a person looks for them."""
    return sorted(range(len(session.tracks)), key=lambda place: session.tracks[place].file)


def without_noise(settings: Any) -> Any:
    """Return `settings` with numbers to nine digits, without what going through another unit and back has added."""
    if isinstance(settings, dict):
        return {key: without_noise(value) for key, value in settings.items()}
    if isinstance(settings, list):
        return [without_noise(value) for value in settings]
    return float(f"{settings:.9g}") if isinstance(settings, float) else settings
