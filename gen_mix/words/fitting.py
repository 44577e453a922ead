"""How the head learns what words are about: from the words that are listed, and from words that are about nothing."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from gen_mix.words.closed import CLOSED
from gen_mix.words.groups import GROUP_WORDS
from gen_mix.words.head import NOTHING, PhraseVectors, WordHead
from gen_mix.words.lexicon import POLES

SUREST = 0.5
"""Least probability at which a meaning counts."""

_HIDDEN, _STEPS, _BATCH, _RATE, _DECAY = 192, 600, 768, 4e-3, 0.05
_DROPPED, _NOISE, _NOTHING_WEIGHT = 0.5, 0.04, 0.1


def examples(words: Iterable[str], every: int) -> list[tuple[str, str]]:
    """Return words and their meanings; of `words` every so many, if nobody listed them, mean nothing."""
    named = [(word, f"{pole.attribute} {'+' if pole.sign > 0 else '-'}") for pole in POLES for word in pole.trained]
    named += [(word, f"group {group}") for word, group in GROUP_WORDS.items()]
    listed = {word for word, _ in named} | set(CLOSED) | {word for pole in POLES for word in pole.held_out}
    whole = [word for word in words if not word.startswith("##") and len(word) > 2 and word not in listed]
    return named + [(word, NOTHING) for word in [*whole[::every], *CLOSED]]


def held_out() -> list[tuple[str, str]]:
    """Return the words that no head ever sees, and their meanings."""
    return [(word, f"{pole.attribute} {'+' if pole.sign > 0 else '-'}") for pole in POLES for word in pole.held_out]


def fit_head(vectors: PhraseVectors, pairs: Sequence[tuple[str, str]], seed: int = 0) -> WordHead:
    """Return a head that was fitted to words and their meanings; the same for the same vectors, words and seed.

    Args:
        vectors: From words to vectors; words without one are left out.
        pairs: See `examples`.
        seed: Of first weights, batches, noise and what is dropped.
    """
    known = [(vector, meaning) for word, meaning in pairs if (vector := vectors(word)) is not None]
    classes = tuple(sorted({meaning for _, meaning in known}))
    x, y = torch.stack([vector for vector, _ in known]), torch.tensor([classes.index(name) for _, name in known])
    weight = torch.tensor([_NOTHING_WEIGHT if meaning == NOTHING else 1.0 for _, meaning in known])
    generator = torch.Generator().manual_seed(seed)
    layers = [
        _first(shape, width, generator)
        for shape, width in (
            ((_HIDDEN, x.shape[1]), x.shape[1]),
            ((_HIDDEN,), x.shape[1]),
            ((len(classes), _HIDDEN), _HIDDEN),
            ((len(classes),), _HIDDEN),
        )
    ]
    optimizer = torch.optim.AdamW(layers, lr=_RATE, weight_decay=_DECAY)
    for _ in range(_STEPS):
        rows = torch.randint(len(x), (_BATCH,), generator=generator)
        noisy = normalize(x[rows] + _NOISE * torch.randn(_BATCH, x.shape[1], generator=generator), dim=-1)
        hidden = torch.relu(noisy @ layers[0].T + layers[1])
        kept = (torch.rand(hidden.shape, generator=generator) >= _DROPPED) / (1 - _DROPPED)
        answers = (hidden * kept) @ layers[2].T + layers[3]
        loss = (cross_entropy(answers, y[rows], reduction="none") * weight[rows]).mean()
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    hidden, hidden_bias, out, out_bias = (layer.detach() for layer in layers)
    return WordHead(vectors, classes, hidden, hidden_bias, out, out_bias, SUREST)


def _first(shape: tuple[int, ...], width: int, generator: torch.Generator) -> Tensor:
    """Return first weights, evenly between ± 1 / √width, as torch's linear layers have them."""
    return ((2 * torch.rand(shape, generator=generator) - 1) / width**0.5).requires_grad_()
