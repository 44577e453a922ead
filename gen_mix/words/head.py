"""What a word that nobody listed is about, told from its vector."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.words.vectors import read_vectors

HEAD_FILE, CLASSES_FILE = "head.safetensors", "classes.json"
PhraseVectors = Callable[[str], Tensor | None]
"""From some words in lower case to their vector (width,), of length 1; None for what has none."""

NOTHING = "nothing"
"""The class of words that are about none of our attributes or instruments."""


@dataclass(frozen=True)
class Guess:
    """What a word is taken for.

    Attributes:
        meaning: ``brightness +``, ``group drums`` or `NOTHING`.
        probability: Of that.
    """

    meaning: str
    probability: float


@dataclass(frozen=True)
class WordHead:
    """A network with one hidden layer from the vector of a word to its meaning.

    Attributes:
        vectors: Of words.
        classes: Meanings, in the order of the answers.
        hidden, hidden_bias: (hidden, width) and (hidden,).
        out, out_bias: (classes, hidden) and (classes,).
        surest: Least probability at which a meaning counts.
    """

    vectors: PhraseVectors
    classes: tuple[str, ...]
    hidden: Tensor
    hidden_bias: Tensor
    out: Tensor
    out_bias: Tensor
    surest: float

    def __call__(self, phrase: str) -> Guess:
        """Return what some words in lower case are taken for."""
        probabilities = self._probabilities(phrase)
        if probabilities is None:
            return Guess(NOTHING, 1.0)
        probability, place = probabilities.max(0)
        return Guess(self.classes[int(place)], float(probability))

    def leaning(self, phrase: str) -> Guess:
        """Return what some words are about if they are about sound at all: the likeliest end of an attribute.

        Of words without a vector nothing is known, at a probability of 0.
        """
        probabilities = self._probabilities(phrase)
        if probabilities is None:
            return Guess(NOTHING, 0.0)
        is_pole = torch.tensor([name != NOTHING and not name.startswith("group ") for name in self.classes])
        probability, place = probabilities.masked_fill(~is_pole, 0).max(0)
        return Guess(self.classes[int(place)], float(probability))

    def _probabilities(self, phrase: str) -> Tensor | None:
        vector = self.vectors(phrase)
        if vector is None:
            return None
        answers = self.out @ torch.relu(self.hidden @ vector + self.hidden_bias) + self.out_bias
        return answers.softmax(0)


def read_head(folder: Path) -> WordHead:
    """Return the head and the vectors in `folder`.

    Raises:
        InputError: They are not there, or broken.
    """
    try:
        index = json.loads((folder / CLASSES_FILE).read_text(encoding="utf-8"))
        tensors = load_file(folder / HEAD_FILE)
        layers = {name: tensors[name].float() for name in ("hidden", "hidden_bias", "out", "out_bias")}
        return WordHead(read_vectors(folder), tuple(index["classes"]), **layers, surest=float(index["surest"]))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise InputError(f"{folder}: expected a head for words, got {type(error).__name__}: {error}") from error
