"""The folder that a finished run leaves."""

from pathlib import Path

from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.model.denoiser import Denoiser
from gen_mix.model.space import ModelSpace
from gen_mix.training.files import write_text
from gen_mix.training.settings import DIFFUSION, TrainingSettings
from gen_mix.training.state import TrainingState
from gen_mix.training.watch import put_average


def write_model(
    folder: Path, settings: TrainingSettings, state: TrainingState, embedder: TrackEmbedder, space: ModelSpace
) -> None:
    """Write the averaged weights of `state`, and what is needed to use them, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    network = Denoiser(state.model.config)
    put_average(network, state)
    network.save_pretrained(folder, "denoiser" if settings.objective == DIFFUSION else "twin")
    embedder.save_pretrained(folder)
    write_text(folder / "space.json", space.to_json())
