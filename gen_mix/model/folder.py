"""The folder that holds a model: weights in safetensors, all else in JSON."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch

from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.errors import InputError
from gen_mix.files import write_whole
from gen_mix.model.codec import CODEC, CodecSpace, MixCodec
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.space import ModelSpace, Space
from gen_mix.version import VERSION

FORMAT = 1
"""Version of the folder's structure."""

DEFAULT_NAME = "default"
"""Name of a model to which nobody gave one."""

SPACE_FILE = "space.json"

_INDEX, _DENOISER, _TWIN = "model.json", "denoiser", "twin"


@dataclass(frozen=True)
class ModelFolder:
    """What a model folder holds.

    Attributes:
        name: Of the model, as mixes name it.
        denoiser: The diffusion model.
        embedder: What it hears tracks with.
        space: Between its values and knobs.
        twin: The network trained to give one answer, or None.
    """

    name: str
    denoiser: Denoiser
    embedder: TrackEmbedder
    space: Space
    twin: Denoiser | None


def read_model(folder: Path) -> ModelFolder:
    """Return the model in `folder`, on the CPU, not training. A folder without ``model.json`` names the model.

    Raises:
        InputError: There is none, a file is missing or broken, or it was made for another console.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: expected the folder of a model, got no such folder")
    name, space = _read_name(folder), read_space(folder)
    model = ModelFolder(
        name,
        Denoiser.from_pretrained(folder, _DENOISER),
        TrackEmbedder.from_pretrained(folder),
        space,
        Denoiser.from_pretrained(folder, _TWIN) if (folder / f"{_TWIN}.safetensors").exists() else None,
    )
    try:
        check_fit(model)
    except InputError as error:
        raise InputError(f"{folder}: {error}") from error
    return model


def write_model(folder: Path, model: ModelFolder) -> None:
    """Write `model` into `folder`, made if needed; each file whole or not at all."""
    model.denoiser.save_pretrained(folder, _DENOISER)
    if model.twin is not None:
        # Half the size; the twin is only ever compared with.
        model.twin.save_pretrained(folder, _TWIN, precision=torch.float16)
    model.embedder.save_pretrained(folder)
    write_space(folder, model.space)
    index = {"format": FORMAT, "gen_mix": VERSION, "class": "MixPipeline", "name": model.name}
    write_whole(folder / _INDEX, (json.dumps(index, indent=1) + "\n").encode())


def check_fit(model: ModelFolder) -> None:
    """Check that the parts of a model were made for each other.

    Raises:
        InputError: They were not; the message says what differs.
    """
    heard, intents, sizes = model.embedder.width, len(model.space.intent), model.space.sizes
    for part, network in ((_DENOISER, model.denoiser), (_TWIN, model.twin)):
        if network is not None and network.config.condition_width != heard:
            wide = network.config.condition_width
            raise InputError(f"the model does not fit, expected embeddings of width {heard} in the {part}, got {wide}")
        if network is not None and network.config.intents != intents:
            had = network.config.intents
            raise InputError(f"the model does not fit, expected {intents} numbers of intent in the {part}, got {had}")
        if network is not None and network.config.sizes != sizes:
            places = network.config.sizes
            raise InputError(f"the model does not fit, expected the {part} to denoise tokens of {sizes}, got {places}")


def _read_name(folder: Path) -> str:
    path = folder / _INDEX
    if not path.exists():
        return folder.resolve().name
    try:
        index = json.loads(path.read_text(encoding="utf-8"))
        name, version = str(index["name"]), index["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: expected the index of a model, got {type(error).__name__}: {error}") from error
    if version != FORMAT:
        raise InputError(f"{path}: expected a model of format {FORMAT}, got {version!r}")
    return name


def write_space(folder: Path, space: Space) -> None:
    """Write `space` into `folder`, made if needed: ``space.json``, and the codec whose latents it may be of."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(space, CodecSpace):
        space.codec.save_pretrained(folder)
    write_whole(folder / SPACE_FILE, (space.to_json() + "\n").encode())


def read_space(folder: Path) -> Space:
    """Return the space that `write_space` wrote into `folder`.

    Raises:
        InputError: There is none, it is broken, or it was made for another console.
    """
    path = folder / SPACE_FILE
    try:
        text = path.read_text(encoding="utf-8")
        stored = json.loads(text)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected the space of a model, got {error}") from error
    kind = stored.get("space") if isinstance(stored, dict) else None
    if kind not in (None, CODEC):
        raise InputError(f"{path}: expected a model of settings or of a codec's latents, got one of {kind} frames")
    if kind is None:
        return ModelSpace.from_json(text, str(path))
    space = CodecSpace(MixCodec.from_pretrained(folder))
    if space.codec.fingerprint != stored.get("codec"):
        told = f"expected the latents of the codec beside it, {space.codec.fingerprint}"
        raise InputError(f"{path}: {told}, got those of {stored.get('codec')}")
    return space
