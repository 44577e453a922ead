"""Words read by a large text encoder instead of the packaged vectors: a sentence encoder, or CLAP's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gen_mix.errors import InputError
from gen_mix.words.fitting import examples, fit_head
from gen_mix.words.head import WordHead
from gen_mix.words.vectors import read_vectors, words_folder

EXTRA = "text"
"""The extra of the package that installs transformers."""

_FORMS = {"clap": "a {} sound"}
_FORM = "it sounds {}"
_AT_ONCE = 256
_EVERY = 12
"""Of how many ordinary words one is learned as being about nothing."""


@dataclass(frozen=True)
class TextEncoder:
    """A text encoder by transformers.

    Attributes:
        name: Folder or name on the hub.
        kind: ``model_type`` of its configuration; ``clap`` is asked for its text features, any other is averaged over
            its tokens.
        tokenizer, model: What transformers loaded.
        known: Vectors of phrases that were asked for.
    """

    name: str
    kind: str
    tokenizer: Any
    model: Any
    known: dict[str, Tensor] = field(default_factory=dict)

    def __call__(self, phrase: str) -> Tensor | None:
        """Return the vector (width,) of some words in lower case, of length 1."""
        if phrase not in self.known:
            self.learn([phrase])
        return self.known[phrase]

    @torch.no_grad()
    def learn(self, phrases: Sequence[str]) -> None:
        """Keep the vectors of many phrases."""
        new = [phrase for phrase in dict.fromkeys(phrases) if phrase not in self.known]
        for first in range(0, len(new), _AT_ONCE):
            some = new[first : first + _AT_ONCE]
            texts = [_FORMS.get(self.kind, _FORM).format(phrase) for phrase in some]
            told = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
            self.known.update(zip(some, normalize(self._features(told).float(), dim=-1), strict=True))

    def _features(self, told: Any) -> Tensor:
        if self.kind == "clap":
            features = self.model.get_text_features(told["input_ids"], attention_mask=told["attention_mask"])
            return features if isinstance(features, Tensor) else features.pooler_output
        states: Tensor = self.model(**dict(told)).last_hidden_state
        weight = told["attention_mask"][..., None].to(states)
        return (states * weight).sum(1) / weight.sum(1).clamp_min(1)


@cache
def head_by(name: str) -> WordHead:
    """Return what words are about by the text encoder in a folder or of that name on the hub.

    A head is fitted to its vectors of the words that are listed, which takes some seconds.

    Raises:
        InputError: transformers is not installed, or it cannot load that.
    """
    encoder = read_encoder(name)
    pairs = examples(read_vectors(words_folder()).pieces, _EVERY)
    encoder.learn([word for word, _ in pairs])
    return fit_head(encoder, pairs)


def read_encoder(name: str) -> TextEncoder:
    """Return a text encoder of transformers from a folder, or from the hub if there is no such folder.

    Weights are read as safetensors only, and no code comes with them.

    Raises:
        InputError: transformers is not installed, or it cannot load that.
    """
    try:
        from transformers import AutoConfig, AutoModel, AutoTokenizer  # an extra
    except ImportError as error:
        raise InputError(
            f"--text-encoder {name}: expected transformers to be installed (the extra {EXTRA}), got: {error}"
        ) from error
    is_local = Path(name).is_dir()
    try:
        options = {"local_files_only": is_local, "trust_remote_code": False}
        kind = AutoConfig.from_pretrained(name, **options).model_type
        tokenizer = AutoTokenizer.from_pretrained(name, **options)
        model = AutoModel.from_pretrained(name, use_safetensors=True, **options).eval()
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"--text-encoder {name}: expected a folder or name on the hub of a text encoder, got: {reason}"
        ) from error
    return TextEncoder(name, kind, tokenizer, model)
