"""Checkpoints: tensors and JSON, written whole or not at all, verified before they are used.

A checkpoint is a folder ``step_00001000`` of safetensors and JSON files with a manifest of their sizes and
SHA-256 sums. It is filled under another name, brought to the disk and then renamed; only then are older ones removed.
So at every moment at least one good checkpoint lies there, once there was one.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.training.files import sync

MANIFEST = "manifest.json"
FACTS = "state.json"
_PREFIX = "step_"
_UNFINISHED = "unfinished-"


@dataclass(frozen=True)
class Checkpoint:
    """What a run needs to go on.

    Attributes:
        step: Steps done.
        tensors: Tensors by name, by file: ``{"model": {"layer.weight": …}, …}``.
        facts: Everything else, as JSON can hold it.
    """

    step: int
    tensors: Mapping[str, Mapping[str, Tensor]]
    facts: Mapping[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint, keep: int) -> Path:
    """Write `checkpoint` into `folder`, then remove all but the newest `keep`; return where it lies."""
    target = folder / f"{_PREFIX}{checkpoint.step:08d}"
    unfinished = folder / f"{_UNFINISHED}{checkpoint.step:08d}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name, tensors in checkpoint.tensors.items():
        whole = {key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}
        save_file(whole, unfinished / f"{name}.safetensors")
    _write_json(unfinished / FACTS, {"step": checkpoint.step, **checkpoint.facts})
    _write_json(unfinished / MANIFEST, {path.name: _entry(path) for path in sorted(unfinished.iterdir())})
    for path in (*unfinished.iterdir(), unfinished):
        sync(path)
    if target.exists():  # a broken one of the same step: the rename needs its place
        shutil.rmtree(target)
    unfinished.rename(target)
    sync(folder)
    for old in _newest_first(folder)[keep:]:
        shutil.rmtree(old)
    return target


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the newest whole checkpoint of `folder`, or None if there has been none.

    What is not whole is passed over with a warning on stderr.

    Raises:
        InputError: There are checkpoints, and none is whole.
    """
    candidates = _newest_first(folder)
    for path in candidates:
        try:
            return _read(path)
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            print(f"warning: {path}: passed over, this checkpoint is not whole ({error})", file=sys.stderr)
    if candidates:
        raise InputError(
            f"{folder}: expected a whole checkpoint, got {len(candidates)} broken; remove it to start anew"
        )
    return None


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed run began to write into `folder`."""
    for path in folder.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(path)


def _read(path: Path) -> Checkpoint:
    manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    for name, entry in manifest.items():
        if _entry(path / name) != entry:
            raise ValueError(f"{name} is not what was written")
    facts = json.loads((path / FACTS).read_text(encoding="utf-8"))
    tensors = {Path(name).stem: load_file(path / name) for name in manifest if name.endswith(".safetensors")}
    return Checkpoint(facts.pop("step"), tensors, facts)


def _write_json(path: Path, content: object) -> None:
    write_whole(path, (json.dumps(content, indent=1) + "\n").encode())


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_PREFIX}*"), reverse=True)


def _entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
