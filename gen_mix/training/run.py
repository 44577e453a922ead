"""A whole training run: from settings to a folder that `MixPipeline.from_pretrained` reads."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from gen_mix.embeddings.bank import TrackBank, draw_sessions
from gen_mix.errors import InputError
from gen_mix.model.denoiser import Denoiser, DenoiserConfig
from gen_mix.model.folder import read_model
from gen_mix.model.space import ModelSpace, Space
from gen_mix.sessions.engineers import INTENT, EngineerDraw, draw_engineers
from gen_mix.training.codec import train_codec
from gen_mix.training.data import DataSource
from gen_mix.training.files import locked
from gen_mix.training.loop import Job, Watch, train
from gen_mix.training.model_folder import assemble_model, write_weights
from gen_mix.training.objective import OBJECTIVES
from gen_mix.training.progress import Board
from gen_mix.training.seeds import SPACE, generator_of
from gen_mix.training.settings import (
    CODEC,
    DIFFUSION,
    ENCODEC,
    SETTINGS,
    DataSettings,
    LossSettings,
    TrainingSettings,
)
from gen_mix.training.sources import Sources, open_sources
from gen_mix.training.state import new_state
from gen_mix.training.validation import held_out
from gen_mix.training.watch import Watcher, put_average
from gen_mix.training.waves import train_waves


def run_training(settings: TrainingSettings, accelerator: Accelerator) -> int:
    """Train as `settings` say, going on where an earlier run of the same settings stopped; return the exit status.

    At the end ``model/`` in `settings.out` holds the model, unless only the twin is trained yet.

    Raises:
        InputError: Settings that do not fit the data or the number of processes, a folder in use, broken files.
    """
    check_processes(settings.data, accelerator.num_processes)
    if settings.space == ENCODEC:
        return train_waves(settings, accelerator)
    folder = Path(settings.out) / settings.objective
    lock: AbstractContextManager[None] = locked(folder) if accelerator.is_main_process else nullcontext()
    with lock:
        sources = open_sources(_data_of(settings), settings.seed, Path(settings.out), accelerator)
        status, space = _space_of(settings, sources, accelerator)
        if space is None:
            return status
        loss = loss_in(space, settings.loss)
        source = DataSource(sources.training, sources.embedder, space, settings.data, loss, settings.seed)
        network = first_network(settings, sources, space).to(accelerator.device)
        state = new_state(network, settings.optimizer)
        job = Job(
            draw=source.draw,
            objective=OBJECTIVES[settings.objective],
            watch=_watch(settings, source, sources, folder, accelerator),
            folder=folder / "checkpoints",
            facts=facts_of(settings, source),
            loss=loss,
            optimizer=settings.optimizer,
            pace=settings.watch,
            workers=settings.data.workers,
        )
        status = train(state, job, accelerator)
        if status == 0 and accelerator.is_main_process:
            finished = first_network(settings, sources, space)
            put_average(finished, state)
            write_weights(folder / "weights", finished, sources.embedder, space)
            _assemble(Path(settings.out))
    return status


def _space_of(settings: TrainingSettings, sources: Sources, accelerator: Accelerator) -> tuple[int, Space | None]:
    """Return what is diffused; a codec that is wanted is trained first, and if that was stopped there is only a status.

    Raises:
        InputError: The model to start from has another space than is asked for.
    """
    if settings.start_from:
        space = read_model(Path(settings.start_from)).space
        if isinstance(space, ModelSpace) != (settings.space == SETTINGS):
            raise InputError(f"space: expected that of the model in {settings.start_from}, got {settings.space}")
        return 0, space
    if settings.space == CODEC:
        return train_codec(settings, sources, accelerator)
    return 0, fit_space(sources.training, settings.data, settings.seed)


def loss_in(space: Space, loss: LossSettings) -> LossSettings:
    """Return the weights of the loss for places of `space`: latents have none that is the pan."""
    return loss if isinstance(space, ModelSpace) else replace(loss, pan_weight=1.0)


def _assemble(out: Path) -> None:
    model = assemble_model(out)
    if model is None:
        print(
            f"there is no model in {out} yet: the twin joins it when objective=diffusion is trained there", flush=True
        )
    else:
        twin = "without a twin of the same data" if model.twin is None else "with its twin"
        print(f"the model is in {out / 'model'}, {twin}", flush=True)


def check_processes(data: DataSettings, processes: int) -> None:
    """Check that `processes` can share a batch evenly.

    Raises:
        InputError: They cannot.
    """
    chunks = data.batch // data.chunk
    if chunks % processes:
        raise InputError(f"data.chunk: expected {processes} processes to divide data.batch / data.chunk, got {chunks}")


def fit_space(bank: TrackBank, data: DataSettings, seed: int) -> ModelSpace:
    """Return the space in which engineers' mixes of sessions of `bank` are standardized."""
    draws: list[EngineerDraw] = []
    for place in range(max(1, data.space_draws // data.chunk)):
        generator = generator_of(seed, SPACE, place)
        sessions = draw_sessions(
            bank, data.chunk, generator, most_tracks=data.most_tracks, fewest_tracks=data.fewest_tracks
        )
        draws.append(draw_engineers(sessions.facts, generator))
    return ModelSpace.fit(draws)


def _data_of(settings: TrainingSettings) -> DataSettings:
    """Return what to learn from; a model that is trained further hears as it did unless its ears are trained too."""
    is_told = bool(settings.data.embedder or settings.data.embedder_from)
    return (
        replace(settings.data, embedder=settings.start_from) if settings.start_from and not is_told else settings.data
    )


def first_network(settings: TrainingSettings, sources: Sources, space: Space) -> Denoiser:
    """Return the network with the weights of the model to start from, or the first ones that belong to the seed.

    Raises:
        InputError: There is no such model, or it has no twin to train further.
    """
    if settings.start_from:
        begun = read_model(Path(settings.start_from))
        network = begun.denoiser if settings.objective == DIFFUSION else begun.twin
        if network is None:
            raise InputError(f"start_from: expected a model with a twin, got {settings.start_from}")
        return (network.that_takes_intent() if _takes_intent(settings) else network).train()
    size = settings.network
    config = DenoiserConfig(
        condition_width=sources.embedder.width,
        intents=len(INTENT),
        width=size.width,
        layers=size.layers,
        heads=size.heads,
        measured=sources.embedder.measured,
        sizes=space.sizes,
        takes_intent=_takes_intent(settings),
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        return Denoiser(config)


def _takes_intent(settings: TrainingSettings) -> bool:
    return settings.objective == DIFFUSION and settings.data.tell_intent > 0


def facts_of(settings: TrainingSettings, source: DataSource) -> dict[str, Any]:
    """Return what must be the same when a run is resumed, as JSON: settings that matter, and the data they met."""
    facts = asdict(settings)
    del facts["out"], facts["watch"], facts["data"]["workers"]
    if settings.space == SETTINGS:
        del facts["space"], facts["codec"]
    del facts["waves"]
    facts["data"]["content"] = sha256(source.space.to_json().encode()).hexdigest()
    facts["data"]["embedder_content"] = source.embedder.fingerprint
    return facts


def _watch(
    settings: TrainingSettings, source: DataSource, sources: Sources, folder: Path, accelerator: Accelerator
) -> Watch:
    """Return what the main process looks at; other processes never call it."""
    if not accelerator.is_main_process:
        return lambda state, scalars: None
    return Watcher(
        network=first_network(settings, sources, source.space).to(accelerator.device).eval(),
        held=held_out(source, sources.held_out, settings.watch.validation_sessions, settings.watch.validation_mixes),
        objective=settings.objective,
        folder=folder,
        settings=settings.watch,
        steps=settings.optimizer.steps,
        board=Board(folder / "tensorboard"),
        device=accelerator.device,
    )
