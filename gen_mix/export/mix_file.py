"""``mix_XX.json``: a mix as settings in physical units, to be read, changed and rendered again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.errors import InputError, what_came
from gen_mix.mix import Mix, MixParameters
from gen_mix.sessions.song import Song
from gen_mix.version import VERSION

FORMAT = 1
"""Version of the file's structure."""


@dataclass(frozen=True)
class MixFile:
    """What a ``mix_XX.json`` says of a session that lies beside it.

    Attributes:
        parameters: Batch 1; tracks in the order of the session it was read for.
        seed: Of the mix.
        target_lufs: Loudness of the finished mix.
        intent: The generator's session-wide choices by name; empty if the file has none.
        latent: What a codec said the mix with, for `gen_mix.model.latent.MixLatent.from_json`; empty if the file has
            none. It is of the mix as it was sampled: settings that were changed since do not change it.
    """

    parameters: MixParameters
    seed: int
    target_lufs: float
    intent: Mapping[str, float] = field(default_factory=dict)
    latent: Mapping[str, Any] = field(default_factory=dict)


def mix_document(session: Song, mix: Mix, model: str) -> dict[str, Any]:
    """Return the JSON of `mix`, its tracks sorted by file name, as a person looks for them."""
    settings = settings_of(
        mix.parameters,
        [track.name for track in session.tracks],
        [track.file for track in session.tracks],
        [track.staging_gain_db for track in session.tracks],
    )
    return {
        "format": FORMAT,
        "gen_mix": VERSION,
        "model": model,
        "seed": mix.seed,
        "sample_rate": mix.sample_rate,
        "conditions": dict(mix.conditions),
        "intent": {name: round(value, 4) for name, value in mix.intent.items()},
        **({"latent": dict(mix.latent)} if mix.latent else {}),
        **settings,
        "tracks": sorted(settings["tracks"], key=lambda track: track["file"]),
    }


def read_mix_file(path: Path, session: Song) -> MixFile:
    """Return what `path` says for the tracks of `session`, which are found by file name.

    Raises:
        InputError: No such file, not a mix of gen_mix, or not of this session.
    """
    return mix_in(_load(path), session, str(path))


def mix_in(document: Mapping[str, Any], session: Song, path: str) -> MixFile:
    """Return what a document of mix says for the tracks of `session`; `path` is what to call it.

    Raises:
        InputError: It is not of this session.
    """
    by_file = {track.get("file"): track for track in document["tracks"]}
    files = [track.file for track in session.tracks]
    for file in files:
        if file not in by_file:
            near = get_close_matches(file, [str(known) for known in by_file], 1)
            raise InputError(
                f"{path}: expected settings for track {file} of {session.name}, got none"
                + (f" (nearest: {near[0]})" if near else "")
            )
    extra = sorted(str(file) for file in set(by_file) - set(files))
    if extra:
        raise InputError(f"{path}: expected only tracks of {session.name}, got {extra[0]}")
    ordered = {**document, "tracks": [by_file[file] for file in files]}
    try:
        parameters = parameters_of(ordered, [track.is_stereo for track in session.tracks])
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    target = document.get("conditions", {}).get("loudness_lufs", -16.0)
    latent = document.get("latent", {})
    if not isinstance(latent, dict):
        raise InputError(f"{path}: latent: expected an object, got something else")
    return MixFile(parameters, int(document.get("seed", 0)), float(target), _intent(path, document), latent)


def _intent(path: str, document: Mapping[str, Any]) -> dict[str, float]:
    intent = document.get("intent", {})
    if not isinstance(intent, dict) or not all(isinstance(value, int | float) for value in intent.values()):
        raise InputError(f"{path}: intent: expected numbers by name, got something else")
    return {name: float(value) for name, value in intent.items()}


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: expected a mix file in JSON (mix_XX.json), got {what_came(error)}") from error
    if not isinstance(document, dict) or not isinstance(document.get("tracks"), list):
        raise InputError(f"{path}: expected a mix file with tracks, got something else")
    if document.get("format") != FORMAT:
        raise InputError(f"{path}: expected format {FORMAT}, got {document.get('format')!r}")
    if not all(isinstance(track, dict) for track in document["tracks"]):
        raise InputError(f"{path}: tracks: expected a list of objects, got something else")
    return document


def track_names(documents: Sequence[dict[str, Any]]) -> list[str]:
    """Return the names of the tracks of some mixes of one session, in the order of their files."""
    return [track["name"] for track in documents[0]["tracks"]]
