"""The folders that finished runs leave: the weights of each objective, and the model they make together."""

from pathlib import Path

from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.folder import SPACE_FILE, ModelFolder, read_space, write_model, write_space
from gen_mix.model.space import Space
from gen_mix.training.settings import DIFFUSION, REGRESSION

_NETWORK = "network"


def write_weights(folder: Path, network: Denoiser, embedder: TrackEmbedder, space: Space) -> None:
    """Write what a run of one objective has learnt into `folder`, with all that is needed to use it."""
    network.save_pretrained(folder, _NETWORK)
    embedder.save_pretrained(folder)
    write_space(folder, space)


def assemble_model(out: Path) -> ModelFolder | None:
    """Write the model in ``out/model`` from the finished runs in `out`; return it, or None if there is none yet.

    There is one as soon as the diffusion run is finished; the twin joins it if it was trained with the same embedder
    and space.
    """
    diffusion, regression = (out / objective / "weights" for objective in (DIFFUSION, REGRESSION))
    if not _is_finished(diffusion):
        return None
    embedder = TrackEmbedder.from_pretrained(diffusion)
    space = read_space(diffusion)
    is_pair = _is_finished(regression) and read_space(regression).to_json() == space.to_json()
    is_pair = is_pair and TrackEmbedder.from_pretrained(regression).fingerprint == embedder.fingerprint
    twin = Denoiser.from_pretrained(regression, _NETWORK) if is_pair else None
    denoiser = Denoiser.from_pretrained(diffusion, _NETWORK)
    model = ModelFolder(out.name, denoiser, embedder, space, twin)
    write_model(out / "model", model)
    return model


def _is_finished(folder: Path) -> bool:
    return (folder / SPACE_FILE).exists()  # it is written last
