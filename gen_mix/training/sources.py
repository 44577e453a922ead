"""Opens, or makes, what a run learns from: a bank of tracks, sessions apart, and an embedder."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from accelerate import Accelerator

from gen_mix.embeddings.bank import TrackBank, bank_of_sessions
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.errors import InputError
from gen_mix.sessions.instant import instant_session
from gen_mix.training.embedder import EmbedderTraining, train_embedder
from gen_mix.training.seeds import EMBEDDER, generator_of
from gen_mix.training.settings import DataSettings


@dataclass(frozen=True)
class Sources:
    """What a run learns from.

    Attributes:
        training: Sessions to learn from.
        held_out: Sessions apart, as recorded.
        embedder: Frozen.
    """

    training: TrackBank
    held_out: TrackBank
    embedder: TrackEmbedder


def open_sources(data: DataSettings, seed: int, folder: Path, accelerator: Accelerator) -> Sources:
    """Return what `data` names; what it leaves out is made once, by the main process, and kept in `folder`.

    Raises:
        InputError: A file is missing, broken or too small.
    """
    made = folder / "made" / _key(data, seed)
    bank_file = Path(data.bank) if data.bank else made / "bank.safetensors"
    embedder_folder = Path(data.embedder) if data.embedder else made / "embedder"
    if accelerator.is_main_process and not data.bank and not bank_file.exists():
        print(f"making {data.instant_sessions} instant sessions", flush=True)
        sessions = (instant_session(seed, index) for index in range(data.instant_sessions))
        bank_of_sessions(sessions).save(bank_file)
    accelerator.wait_for_everyone()
    training, apart = split(TrackBank.load(bank_file), data)
    if accelerator.is_main_process and not data.embedder and not (embedder_folder / "embedder.json").exists():
        print(f"training an embedder for {data.embedder_steps} steps", flush=True)
        how = replace(EmbedderTraining(), steps=data.embedder_steps)
        start = TrackEmbedder.from_pretrained(Path(data.embedder_from)) if data.embedder_from else None
        train_embedder(training, generator_of(seed, EMBEDDER), how, start).save_pretrained(embedder_folder)
    accelerator.wait_for_everyone()
    embedder = TrackEmbedder.from_pretrained(embedder_folder).requires_grad_(False)
    return Sources(training, apart, embedder)


def _key(data: DataSettings, seed: int) -> str:
    """Return a name for what is made here that no other settings share."""
    parts: tuple[object, ...] = (data.bank, data.held_out_bank, data.held_out, data.instant_sessions)
    parts += (data.embedder_from, data.embedder_steps, seed)
    return sha256(repr(parts).encode()).hexdigest()[:12]


def split(bank: TrackBank, data: DataSettings) -> tuple[TrackBank, TrackBank]:
    """Return the sessions to learn from and the sessions apart; without a bank of their own, the last of `bank`.

    Raises:
        InputError: One of the two would be empty.
    """
    if data.held_out_bank:
        return bank, TrackBank.load(Path(data.held_out_bank)).as_recorded()
    apart = max(1, round(data.held_out * bank.sessions))
    if apart >= bank.sessions:
        raise InputError(f"data.bank: expected at least 2 sessions, got {bank.sessions}")
    kept = bank.sessions - apart
    return bank.sessions_between(0, kept), bank.sessions_between(kept, bank.sessions).as_recorded()
