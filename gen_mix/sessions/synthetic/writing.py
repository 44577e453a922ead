"""Synthetic sessions as folders, written one by one and continued where they stopped."""

import json
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from gen_mix.errors import InputError
from gen_mix.sessions.folder import write_session
from gen_mix.sessions.synthetic.settings import SyntheticSettings
from gen_mix.sessions.synthetic.studio import SyntheticStudio

_RECIPE = "synthetic.json"


def write_sessions(settings: SyntheticSettings, seed: int, count: int, folder: Path) -> None:
    """Write sessions 0 to `count` - 1 of a series as labelled folders; those that are there are kept.

    The recipe is written beside them. The same call again continues, also with a larger `count`.

    Args:
        settings: What to make sessions from.
        seed: Which series.
        count: How many, at least 1.
        folder: Where the session folders go.

    Raises:
        InputError: `folder` holds sessions made by another recipe.
    """
    recipe = json.dumps({"seed": seed, **asdict(settings)}, default=str, indent=1)
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / _RECIPE
    if note.exists() and note.read_text() != recipe:
        raise InputError(f"{note}: expected the same seed and settings as before, got others")
    note.write_text(recipe)
    studio = SyntheticStudio(settings)
    for index in tqdm(range(count), desc="sessions", unit="session"):
        if not (folder / f"{index:05d}").exists():
            write_session(studio.session(seed, index), folder / f"{index:05d}")
