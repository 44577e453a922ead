"""Training of the codec of mixes: engineers' settings in, the same settings out."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from gen_mix.console.layout import BUS_TOKENS, LAYOUT
from gen_mix.embeddings.bank import TrackBank, draw_sessions
from gen_mix.errors import InputError
from gen_mix.mix import MixCondition
from gen_mix.model.codec import CodecSpace, MixCodec
from gen_mix.model.codec_network import CodecConfig, CodecNetwork
from gen_mix.model.folder import read_space, write_space
from gen_mix.model.space import space_mask, space_width
from gen_mix.sessions.engineers import INTENT, EngineerDraw, draw_engineers
from gen_mix.sessions.facts import TrackFacts
from gen_mix.training.batches import Batch
from gen_mix.training.codec_frame import fit_frame
from gen_mix.training.codec_loss import CodecStep, codec_error
from gen_mix.training.files import locked
from gen_mix.training.loop import Job, train
from gen_mix.training.seeds import CODEC, generator_of
from gen_mix.training.settings import DataSettings, OptimizerSettings, TrainingSettings
from gen_mix.training.sources import Sources
from gen_mix.training.state import TrainingState, new_state


@dataclass(frozen=True)
class CodecSource:
    """Draws batches of engineers' settings; tracks are not heard.

    Attributes:
        bank: Tracks.
        data: How sessions are drawn.
        seed: Of all draws.
    """

    bank: TrackBank
    data: DataSettings
    seed: int

    def draw(self, step: int, process: int = 0, processes: int = 1) -> list[list[Batch]]:
        """Return this process's chunks of the batch of `step`, each as one micro-batch."""
        share = self.data.batch // self.data.chunk // processes
        return [[self.chunk(step, place)] for place in range(process * share, (process + 1) * share)]

    def chunk(self, step: int, chunk: int) -> Batch:
        """Return chunk `chunk` of the batch of `step`."""
        generator = generator_of(self.seed, CODEC, step, chunk)
        data = self.data
        sessions = draw_sessions(self.bank, data.chunk, generator, data.most_tracks, data.fewest_tracks)
        return plain(draw_engineers(sessions.facts, generator), sessions.facts, generator)


def plain(engineers: EngineerDraw, facts: TrackFacts, generator: torch.Generator) -> Batch:
    """Return mixes of `engineers` as a batch: intent and canonical knobs as they stand, with noise for latents."""
    canonical = LAYOUT.canonical(engineers.parameters)
    batch, tokens, knobs = canonical.normalized.shape
    clean = torch.zeros(batch, 1 + tokens, space_width(len(INTENT)))
    clean[:, 0, : len(INTENT)] = engineers.intent
    clean[:, 1:, :knobs] = canonical.normalized
    condition = MixCondition.heard(torch.zeros(batch, tokens - len(BUS_TOKENS), 1), facts.is_track, facts.is_stereo)
    mask = space_mask(facts.is_track, facts.is_stereo, len(INTENT))
    noise, is_told = torch.randn(clean.shape, generator=generator), torch.zeros(batch, dtype=torch.bool)
    return Batch(clean, mask, noise, torch.ones(batch), is_told, condition)


def train_codec(
    settings: TrainingSettings, sources: Sources, accelerator: Accelerator
) -> tuple[int, CodecSpace | None]:
    """Train the codec that `settings` name, going on where an earlier run stopped.

    Returns:
        The exit status, and the codec's space if it is finished. A finished one is not trained again.

    Raises:
        InputError: Files are broken, of other settings, or in use.
    """
    folder = Path(settings.out) / "codec"
    finished = Path(settings.codec.start_from) if settings.codec.start_from else folder / "weights"
    if settings.codec.start_from or (finished / "space.json").exists():
        return 0, _codec_in(finished)
    state = first_state(settings)
    state.model.to(accelerator.device)
    job = _job(settings, sources, folder)
    if accelerator.is_main_process:
        with locked(folder):
            status = train(state, job, accelerator)
    else:
        status = train(state, job, accelerator)
    if status:
        return status, None
    if accelerator.is_main_process:
        _finish(settings, sources, state, folder)
    accelerator.wait_for_everyone()
    return 0, _codec_in(folder / "weights")


def first_state(settings: TrainingSettings) -> TrainingState:
    """Return the codec with the first weights that belong to the seed, and all that changes beside them."""
    chosen = settings.codec
    sizes = (chosen.mix, chosen.master, chosen.reverb, chosen.delay, chosen.track)
    config = CodecConfig(sizes, len(INTENT), chosen.width, chosen.layers, chosen.heads)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        step = CodecStep(CodecNetwork(config), chosen.noise)
    return new_state(step, _optimizer(settings))


def _job(settings: TrainingSettings, sources: Sources, folder: Path) -> Job:
    source = CodecSource(sources.training, _data(settings), settings.seed)
    return Job(
        draw=source.draw,
        objective=codec_error,
        watch=lambda state, scalars: None,
        folder=folder / "checkpoints",
        facts=_facts(settings),
        loss=settings.loss,
        optimizer=_optimizer(settings),
        pace=settings.watch,
        workers=settings.data.workers,
    )


def _data(settings: TrainingSettings) -> DataSettings:
    return replace(settings.data, batch=settings.codec.batch, chunk=settings.codec.chunk)


def _optimizer(settings: TrainingSettings) -> OptimizerSettings:
    return replace(settings.optimizer, steps=settings.codec.steps, learning_rate=settings.codec.learning_rate)


def _facts(settings: TrainingSettings) -> dict[str, Any]:
    """Return what must be the same when a run is resumed, as JSON."""
    data = asdict(_data(settings))
    kept = ("bank", "held_out_bank", "held_out", "instant_sessions", "batch", "chunk", "fewest_tracks", "most_tracks")
    facts = {"data": {name: data[name] for name in kept}, "optimizer": asdict(_optimizer(settings))}
    return facts | {"codec": asdict(settings.codec), "seed": settings.seed}


def _finish(settings: TrainingSettings, sources: Sources, state: TrainingState, folder: Path) -> None:
    """Fit the frame to the averaged network and write both."""
    step = first_state(settings).model
    step.load_state_dict(state.average, strict=True)
    assert isinstance(step, CodecStep)
    network = step.network.eval()
    frame = fit_frame(network, sources.training, _data(settings), settings.seed)
    write_space(folder / "weights", CodecSpace(MixCodec(network, frame)))
    print(f"the codec is in {folder / 'weights'}", flush=True)


def _codec_in(folder: Path) -> CodecSpace:
    space = read_space(folder)
    if not isinstance(space, CodecSpace):
        raise InputError(f"codec.start_from: expected a folder with a codec, got {folder}")
    return space
