"""Labels of published multitracks that come with a ``song.json``: coarse words, turned into instrument classes."""

import json
from dataclasses import replace
from pathlib import Path

from gen_mix.errors import InputError
from gen_mix.sessions.session import Session

CATALOGUE_FILE = "song.json"

_INSTRUMENT_OF = {
    "drums": "drum_loop",
    "kick": "kick",
    "snare": "snare",
    "hi-hat": "hihat",
    "toms": "toms",
    "cymbals": "overheads",
    "overheads": "overheads",
    "percussion": "percussion",
    "bass": "bass",
    "electric guitar": "egtr_rhythm",
    "acoustic guitar": "acgtr",
    "vocals": "lead_vocal",
    "backing vocals": "backing_vocal",
    "keys": "keys_epiano",
    "piano": "piano",
    "organ": "organ",
    "synth": "synth_lead",
    "strings": "strings",
    "brass": "brass",
    "woodwinds": "sax_woodwind",
    "fx": "fx",
}


def instrument_of(word: str) -> str:
    """Return the instrument class that a word of ``song.json`` means; what is not known is ``fx``."""
    return _INSTRUMENT_OF.get(word, "fx")


def labelled_from_catalogue(session: Session, folder: Path) -> Session:
    """Return `session` with the instruments of its ``song.json``; the first voice leads.

    Raises:
        InputError: There is none, it cannot be read, or it misses a track.
    """
    path = folder / CATALOGUE_FILE
    try:
        tracks = json.loads(path.read_text(encoding="utf-8"))["tracks"]
        word_of = {Path(track["file"]).name: str(track["instrument"]) for track in tracks}
        classes = [instrument_of(word_of[Path(track.file).name]) for track in session.tracks]
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise InputError(f"{path}: expected a word for the instrument of each track, got {reason}") from error
    lead = classes.index("lead_vocal") if "lead_vocal" in classes else None
    labelled = [
        replace(track, instrument=instrument, role="lead" if place == lead else "normal")
        for place, (track, instrument) in enumerate(zip(session.tracks, classes, strict=True))
    ]
    return replace(session, tracks=tuple(labelled))
