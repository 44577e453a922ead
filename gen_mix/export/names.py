"""File names that every system takes, whatever people call their tracks."""

import re
import unicodedata
from collections.abc import Sequence

_LONGEST = 60
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


def safe_name(text: str) -> str:
    """Return `text` as the stem of a file name: letters, digits, space, ``_``, ``-`` and ``.`` inside; never empty.

    Nothing that leads out of a folder, that Windows reserves, or that a shell would take for an option is left.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(letter if letter.isalnum() or letter in " _-." else "_" for letter in composed)
    stem = re.sub(r"\s+", " ", kept)[:_LONGEST].strip(" .-") or "track"
    return f"_{stem}" if stem.split(".")[0].lower() in _RESERVED else stem


def numbered_names(texts: Sequence[str]) -> list[str]:
    """Return a safe, unique stem for each of `texts`: its number from 1, then its name."""
    digits = max(2, len(str(len(texts))))
    return [f"{number:0{digits}d} {safe_name(text)}" for number, text in enumerate(texts, 1)]


def unique_names(texts: Sequence[str]) -> list[str]:
    """Return a safe stem for each of `texts`, numbered where it would be taken, capitals or not."""
    names: list[str] = []
    taken: set[str] = set()
    for text in texts:
        stem = safe_name(text)
        name, number = stem, 2
        while name.lower() in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.add(name.lower())
        names.append(name)
    return names
