"""Vectors of words: sums of static vectors of their pieces, distilled from a sentence encoder."""

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from gen_mix.errors import InputError

VECTORS_FILE, PIECES_FILE = "vectors.safetensors", "pieces.json"
_MOST_LETTERS = 40
"""Of a word; longer ones are not words."""

_LEAST_LETTERS = 2.0
"""Of its pieces, on average; what falls into smaller ones is no word that anybody has heard."""


@dataclass(frozen=True)
class WordVectors:
    """Static vectors of pieces of words.

    Attributes:
        pieces: In the order of the vectors; one that continues a word begins with ``##``.
        table: (pieces, width), int8.
        scale: What a column of the table is multiplied by (width,).
        centre: Mean vector of words that name sounds, taken away (width,).
    """

    pieces: tuple[str, ...]
    table: Tensor
    scale: Tensor
    centre: Tensor

    @property
    def width(self) -> int:
        """Length of a vector."""
        return self.table.shape[1]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {piece: place for place, piece in enumerate(self.pieces)}

    def split(self, word: str) -> list[int]:
        """Return the pieces of a word, longest first, as places; empty if it has none, or too small ones."""
        places: list[int] = []
        start = 0
        while start < len(word) <= _MOST_LETTERS:
            prefix = "##" if start else ""
            ends = (end for end in range(len(word), start, -1) if prefix + word[start:end] in self._places)
            end = next(ends, None)
            if end is None:
                return []
            places.append(self._places[prefix + word[start:end]])
            start = end
        return places if len(word) >= _LEAST_LETTERS * len(places) else []

    def __call__(self, phrase: str) -> Tensor | None:
        """Return the vector (width,) of some words in lower case, of length 1; None for what has no pieces."""
        places = [place for word in phrase.split() for place in self.split(word)]
        if not places:
            return None
        mean = (self.table[places].float() * self.scale).mean(0) - self.centre
        return mean / mean.norm().clamp_min(1e-6)


def read_vectors(folder: Path) -> WordVectors:
    """Return the vectors in `folder`.

    Raises:
        InputError: They are not there, or broken.
    """
    try:
        pieces = tuple(json.loads((folder / PIECES_FILE).read_text(encoding="utf-8")))
        tensors = load_file(folder / VECTORS_FILE)
        table, scale, centre = (tensors[name] for name in ("table", "scale", "centre"))
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise InputError(f"{folder}: expected vectors of words, got {type(error).__name__}: {error}") from error
    if (
        table.ndim != 2
        or table.shape[0] != len(pieces)
        or scale.shape != table.shape[1:]
        or centre.shape != scale.shape
    ):
        raise InputError(f"{folder}: expected a vector for each of {len(pieces)} pieces, got {tuple(table.shape)}")
    return WordVectors(pieces, table, scale, centre)


def words_folder() -> Path:
    """Return the folder of the packaged vectors and head."""
    return Path(str(files("gen_mix"))) / "weights" / "words"
