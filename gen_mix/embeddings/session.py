"""What a session's mixes are made from: an embedding of each of its tracks."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from gen_mix.embeddings.embedder import Embedding
from gen_mix.files import write_whole
from gen_mix.mix import MixCondition
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.session import Session

_AT_ONCE = 4


def embed_session(session: Session, embedder: Embedding, cache: Path | None = None) -> MixCondition:
    """Return the condition (batch 1) of a session's tracks, in their order, silent ones included; no labels.

    Some tracks are heard at once: most of the work leaves Python, so threads share the cores.

    Args:
        session: Its labels are not looked at.
        embedder: What turns a track into a vector.
        cache: Folder that keeps vectors by the content of the track; made if needed.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        vectors = list(
            pool.map(lambda track: embed_cached(track.audio, session.sample_rate, embedder, cache), session.tracks)
        )
    return MixCondition.heard(
        tracks=torch.stack(vectors)[None],
        is_track=torch.ones(1, len(session.tracks), dtype=torch.bool),
        is_stereo=torch.tensor([[track.is_stereo for track in session.tracks]]),
    )


def with_labels(condition: MixCondition, facts: TrackFacts) -> MixCondition:
    """Return `condition` with the true labels told: a diagnostic."""
    return replace(condition, label=facts.instrument, is_lead=facts.is_lead.long(), double_of=facts.double_of)


def embed_cached(audio: Tensor, sample_rate: int, embedder: Embedding, cache: Path | None = None) -> Tensor:
    """Return the vector of a track (width,), from `cache` if the same audio and embedder were there before.

    A broken file of the cache is made again.
    """
    if cache is None:
        return embedder.embed_track(audio, sample_rate)
    path = cache / f"{content_key(audio, sample_rate, embedder.fingerprint)}.safetensors"
    try:
        vector = load_file(path)["vector"]
        if vector.shape == (embedder.width,):
            return vector
    except (OSError, SafetensorError, KeyError):
        pass  # not kept yet, or broken: both are answered by making it
    vector = embedder.embed_track(audio, sample_rate).cpu().contiguous()
    cache.mkdir(parents=True, exist_ok=True)
    write_whole(path, save({"vector": vector}))
    return vector


def content_key(audio: Tensor, sample_rate: int, fingerprint: str) -> str:
    """Return a hash of the samples, their rate and the embedder; nothing else, so names and dates do not matter."""
    digest = hashlib.blake2b(
        f"{tuple(audio.shape)} {audio.dtype} {sample_rate} {fingerprint} ".encode(), digest_size=20
    )
    digest.update(audio.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()
