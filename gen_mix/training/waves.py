"""Training of the direct branch: EnCodec frames of engineers' mixes under those of the tracks."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from gen_mix.console.fast import render_fast
from gen_mix.embeddings.waves import CHANNELS, Frames, WaveCodec
from gen_mix.errors import InputError
from gen_mix.mix import MixCondition
from gen_mix.model.waves import WaveConfig, WaveDenoiser, condition_of
from gen_mix.sessions.engineers import draw_engineers
from gen_mix.sessions.facts import TrackFacts, facts_of_session
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session
from gen_mix.training.batches import Batch
from gen_mix.training.files import locked
from gen_mix.training.loop import Job, train
from gen_mix.training.loss import draw_sigmas, sigma_weight, squared_error
from gen_mix.training.seeds import WAVES, generator_of
from gen_mix.training.settings import LossSettings, TrainingSettings
from gen_mix.training.state import new_state

_FIRST_MIXES = 4
"""Mixes of each session from which means and spreads of frames are taken."""


@dataclass(frozen=True)
class HeardSession:
    """A session whose tracks went through EnCodec.

    Attributes:
        session: As read.
        facts: Labels and measurements (batch 1).
        frames: Of each track.
    """

    session: Session
    facts: TrackFacts
    frames: tuple[Frames, ...]

    @property
    def seconds(self) -> int:
        """Whole or begun seconds."""
        return len(self.frames[0].scale)


@dataclass(frozen=True)
class WaveSource:
    """Draws batches: a second of an engineer's mix each.

    Attributes:
        sessions: To learn from.
        codec: Its frames are learnt.
        settings: Of the run.
        mean, spread: Of the frames' channels (CHANNELS,).
    """

    sessions: tuple[HeardSession, ...]
    codec: WaveCodec
    settings: TrainingSettings
    mean: Tensor
    spread: Tensor

    def draw(self, step: int, process: int = 0, processes: int = 1) -> list[list[Batch]]:
        """Return this process's chunks of the batch of `step`."""
        share = self.settings.data.batch // self.settings.data.chunk // processes
        return [[self.chunk(step, place)] for place in range(process * share, (process + 1) * share)]

    def chunk(self, step: int, chunk: int) -> Batch:
        """Return chunk `chunk` of the batch of `step`."""
        generator = generator_of(self.settings.seed, WAVES, step, chunk)
        drawn = [self._item(generator) for _ in range(self.settings.data.chunk)]
        clean = torch.cat([(values - self.mean) / self.spread for values, _ in drawn])
        tracks = max(condition.is_track.shape[1] for _, condition in drawn)
        return Batch(
            clean=clean,
            mask=torch.ones_like(clean, dtype=torch.bool),
            noise=torch.randn(clean.shape, generator=generator),
            sigma=draw_sigmas(len(clean), self.settings.loss, generator),
            is_intent_told=torch.zeros(len(clean), dtype=torch.bool),
            condition=_joined([one.padded(tracks - one.is_track.shape[1]) for _, one in drawn]),
        )

    def _item(self, generator: torch.Generator) -> tuple[Tensor, MixCondition]:
        """Return the frames of a second of a mix (1, FRAMES, CHANNELS), and the tracks of that second."""
        heard = self.sessions[int(torch.randint(len(self.sessions), (), generator=generator))]
        second = int(torch.randint(heard.seconds, (), generator=generator))
        return mixed(heard, self.codec, second, generator), condition_of(heard.frames, [second])


def mixed(heard: HeardSession, codec: WaveCodec, second: int, generator: torch.Generator) -> Tensor:
    """Return EnCodec's frames of a second of an engineer's mix of a session (1, FRAMES, CHANNELS)."""
    rate = heard.session.sample_rate
    parameters = draw_engineers(heard.facts, generator).parameters
    mix = render_fast([track.staged for track in heard.session.tracks], parameters, rate)[0]
    return codec.encode(mix[:, second * rate : (second + 1) * rate], rate).values


def train_waves(settings: TrainingSettings, accelerator: Accelerator) -> int:
    """Train a model of EnCodec frames, going on where an earlier run stopped; return the exit status.

    At the end ``model/`` in `settings.out` holds the model.

    Raises:
        InputError: EnCodec is not installed, or files are missing, broken, of other settings or in use.
    """
    folder = Path(settings.out) / "waves"
    weights = Path(settings.waves.weights) if settings.waves.weights else None
    codec = WaveCodec.load(weights, settings.seed)
    with locked(folder):
        source = source_of(settings, codec)
        size = settings.network
        config = WaveConfig(codec.fingerprint, size.width, size.layers, size.heads)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.seed)
            network = WaveDenoiser(config, source.mean, source.spread)
        state = new_state(network.to(accelerator.device), settings.optimizer)
        status = train(state, _job(settings, source, folder), accelerator)
        if status == 0 and accelerator.is_main_process:
            network.load_state_dict({**network.state_dict(), **state.average})
            network.save_pretrained(Path(settings.out) / "model")
            print(f"the model is in {Path(settings.out) / 'model'}", flush=True)
    return status


def source_of(settings: TrainingSettings, codec: WaveCodec) -> WaveSource:
    """Return what a run learns from: the sessions of a folder, or instant ones.

    Raises:
        InputError: A session cannot be read, or a track has no instrument.
    """
    heard = tuple(_heard(session, codec) for session in _sessions(settings))
    generator = generator_of(settings.seed, WAVES)
    firsts = [mixed(one, codec, place % one.seconds, generator) for one in heard for place in range(_FIRST_MIXES)]
    values = torch.cat(firsts).flatten(0, 1)
    mean, spread = values.mean(0), values.std(0).clamp_min(1e-4)
    return WaveSource(heard, codec, replace(settings, loss=even(settings.loss)), mean, spread)


def wave_error(model: nn.Module, batch: Batch, weights: Tensor) -> Tensor:
    """Return Σ λ(σ) w (D(x + σn; σ) − x)² over frames, a scalar; see `gen_mix.training.objective.denoising_error`."""
    estimate = model(batch.clean + batch.sigma[:, None, None] * batch.noise, batch.sigma, batch.condition)
    return (sigma_weight(batch.sigma) * squared_error(estimate, batch.clean, batch.mask, weights)).sum()


def even(loss: LossSettings) -> LossSettings:
    """Return settings of the loss in which all places count alike: no frame is an intent, a bus or a pan."""
    return replace(loss, intent_weight=1.0, bus_weight=1.0, pan_weight=1.0)


def _job(settings: TrainingSettings, source: WaveSource, folder: Path) -> Job:
    facts = asdict(settings)
    for name in ("out", "watch", "codec"):
        del facts[name]
    return Job(
        draw=source.draw,
        objective=wave_error,
        watch=lambda state, scalars: None,
        folder=folder / "checkpoints",
        facts=facts | {"encodec": source.codec.fingerprint, "channels": CHANNELS},
        loss=even(settings.loss),
        optimizer=settings.optimizer,
        pace=settings.watch,
    )


def _sessions(settings: TrainingSettings) -> list[Session]:
    if not settings.waves.sessions:
        return [instant_session(settings.seed, index) for index in range(settings.data.instant_sessions)]
    folder = Path(settings.waves.sessions)
    folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    if not folders:
        raise InputError(f"waves.sessions: expected a folder of labelled session folders, got {folder}")
    return [read_session(path) for path in folders]


def _heard(session: Session, codec: WaveCodec) -> HeardSession:
    frames = tuple(codec.encode(track.staged, session.sample_rate) for track in session.tracks)
    return HeardSession(session, facts_of_session(session), frames)


def _joined(conditions: list[MixCondition]) -> MixCondition:
    columns = zip(
        *((getattr(one, name) for name in MixCondition.__dataclass_fields__) for one in conditions), strict=True
    )
    return MixCondition(*(torch.cat(column) for column in columns))
