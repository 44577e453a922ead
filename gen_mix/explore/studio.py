"""An opened session: what sampling, hearing and placing mixes of it take, in memory."""

import io
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
from torch import Tensor

from gen_mix.console.fast import render_fast
from gen_mix.console.layout import BUS_TOKENS, LAYOUT
from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.console.switches import Switches
from gen_mix.errors import InputError
from gen_mix.evaluation.atlas import Atlas, draw_atlas
from gen_mix.evaluation.heard import Excerpts, hear, take_excerpts
from gen_mix.explore.spread import spread_of
from gen_mix.limiter import finish
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.session import Session
from gen_mix.steering.references import production_of
from gen_mix.steering.sounds import no_pull

TARGET_LUFS = -16.0
WHOLE_SECONDS = 45.0
"""A session up to this long is heard whole; of a longer one, an excerpt."""
EXCERPT_SECONDS = 30.0
LEAD_SECONDS = 3.0
"""Rendered before an excerpt and thrown away, so that compressors and reverb are under way when it begins."""

ATLAS_SEEDS = tuple(range(1_000_000, 1_000_064))
"""Of the samples that fix the map; the same for every session."""

_REMEMBERED = 6
_SOLO_PEAK = 0.98


@dataclass(frozen=True)
class Rendered:
    """An excerpt of a mix.

    Attributes:
        audio: (2, samples).
        loudness_lufs: Of it.
        gain_db: What brought it there; what it came from was that much softer.
    """

    audio: Tensor
    loudness_lufs: float
    gain_db: float


@dataclass(frozen=True)
class Survey:
    """What many samples of the model tell of a session.

    Attributes:
        atlas: The map.
        spread: Per token, master and buses first, then tracks in the order of their files.
        production: How each sample of the map sounds as records do (samples, len(PRODUCTION)).
    """

    atlas: Atlas
    spread: list[dict[str, Any]]
    production: Tensor


@dataclass
class Studio:
    """An opened session.

    Attributes:
        session: Its tracks, in the order that sampling knows.
        pipeline: What samples.
        condition: What it heard of the tracks.
        ears: The seconds of every track that mixes are placed by.
        start_seconds: Where the excerpt begins.
    """

    session: Session
    pipeline: MixPipeline
    condition: MixCondition
    ears: Excerpts
    start_seconds: float
    _tracks: list[Tensor] = field(init=False)
    _rendered: OrderedDict[bytes, Rendered] = field(init=False, default_factory=OrderedDict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._tracks = self._cut_tracks()

    @property
    def order(self) -> list[int]:
        """Places in the session of the tracks as a page shows them: by file name."""
        tracks = self.session.tracks
        return sorted(range(len(tracks)), key=lambda place: tracks[place].file)

    @property
    def excerpt_seconds(self) -> float:
        """Length of what is heard."""
        return excerpt_length(self.session.seconds)

    def rename(self, name: str) -> None:
        """Give the session another name; it sounds as before."""
        self.session = replace(self.session, name=name)

    def move_excerpt(self, start_seconds: float) -> None:
        """Let the excerpt begin elsewhere; what was rendered of the old one is forgotten."""
        self.start_seconds = min(max(start_seconds, 0.0), self.session.seconds - self.excerpt_seconds)
        self._tracks = self._cut_tracks()
        with self._lock:
            self._rendered.clear()

    def render(self, parameters: MixParameters) -> Rendered:
        """Return the excerpt of a mix, at its loudness."""
        key = parameters.normalized.numpy().tobytes()
        with self._lock:
            if key in self._rendered:
                return self._rendered[key]
        finished = finish(self._sound(parameters), self.session.sample_rate, TARGET_LUFS)
        rendered = Rendered(finished.audio, finished.loudness_lufs, finished.gain_db)
        with self._lock:
            self._rendered[key] = rendered
            while len(self._rendered) > _REMEMBERED:
                self._rendered.popitem(last=False)
        return rendered

    def render_some(self, parameters: MixParameters, is_heard: Sequence[bool]) -> Rendered:
        """Return the excerpt with some tracks alone, as loud as they are in the mix.

        Args:
            parameters: Of one mix.
            is_heard: Of each track, in the order of their files.
        """
        if all(is_heard):
            return self.render(parameters)
        gain_db = self.render(parameters).gain_db
        muted = frozenset(place for place, on in zip(self.order, is_heard, strict=True) if not on)
        audio = self._sound(parameters, Switches(mute=muted)) * 10 ** (gain_db / 20)
        audio = audio * min(1.0, _SOLO_PEAK / max(float(audio.abs().max()), 1e-9))
        return Rendered(audio, -math.inf, gain_db)

    def hear(self, parameters: MixParameters) -> Tensor:
        """Return what one hears of mixes (mixes, tracks, features), tracks in the order of the session."""
        return hear(self.ears, parameters)

    def survey(self, reach: Callable[[float], None]) -> Survey:
        """Return the map and the spread of settings, from many samples.

        Args:
            reach: Told how much is done, 0 to 1; may raise.
        """
        batches = [ATLAS_SEEDS[first : first + 16] for first in range(0, len(ATLAS_SEEDS), 16)]
        sampled, heard = [], []
        for place, seeds in enumerate(batches):
            reach(place / len(batches))
            sampled.append(LAYOUT.canonical(self.pipeline.sample(self.condition, seeds).parameters))
            heard.append(self.hear(sampled[-1]))
        names = [track.name for track in self.session.tracks]
        everything = MixParameters(torch.cat([p.normalized for p in sampled]), torch.cat([p.mask for p in sampled]))
        spread = spread_of(everything)
        first = len(BUS_TOKENS)
        ordered = spread[:first] + [spread[first + place] for place in self.order]
        pull = no_pull(self.condition, self.pipeline.embedder, self.pipeline.settings_space("explore"))
        production = production_of(self.session, everything, pull)
        return Survey(draw_atlas(torch.cat(heard), ATLAS_SEEDS, names), ordered, production)

    def settings(self, parameters: MixParameters) -> dict[str, Any]:
        """Return the settings of a mix as its file has them, tracks in the order of their files."""
        tracks = self.session.tracks
        told = settings_of(
            parameters,
            [track.name for track in tracks],
            [track.file for track in tracks],
            [track.staging_gain_db for track in tracks],
        )
        return {**told, "tracks": [told["tracks"][place] for place in self.order]}

    def parameters(self, settings: Mapping[str, Any]) -> MixParameters:
        """Return what settings stand for; the inverse of `settings`.

        Raises:
            InputError: They are not settings of this session.
        """
        tracks = settings.get("tracks")
        if not isinstance(tracks, list) or len(tracks) != len(self.session.tracks):
            raise InputError(f"tracks: expected {len(self.session.tracks)}, got something else")
        by_place = dict(zip(self.order, tracks, strict=True))
        ordered = {**settings, "tracks": [by_place[place] for place in range(len(tracks))]}
        return parameters_of(ordered, [track.is_stereo for track in self.session.tracks])

    def overview(self, points: int = 240) -> list[float]:
        """Return how loud the whole song is, 0 to 1, in `points` steps."""
        power = torch.stack([track.staged.square().mean(0) for track in self.session.tracks]).sum(0)
        edges = np.linspace(0, len(power), points + 1).astype(int)
        total = np.concatenate([[0.0], power.double().cumsum(0).numpy()])
        rms = np.sqrt(np.maximum(np.diff(total[edges]), 0) / np.maximum(np.diff(edges), 1))
        return [round(float(value), 3) for value in rms / max(rms.max(), 1e-9)]

    def _cut_tracks(self) -> list[Tensor]:
        rate = self.session.sample_rate
        begin = max(0, round((self.start_seconds - LEAD_SECONDS) * rate))
        end = round((self.start_seconds + self.excerpt_seconds) * rate)
        # Copies, so that the whole of a long track is not held twice.
        return [track.audio[:, begin:end] * 10 ** (track.staging_gain_db / 20) for track in self.session.tracks]

    def _sound(self, parameters: MixParameters, switches: Switches | None = None) -> Tensor:
        """Return the excerpt as it leaves the master bus (2, samples)."""
        mix = render_fast(self._tracks, parameters, self.session.sample_rate, switches)[0]
        return mix[:, round(min(LEAD_SECONDS, self.start_seconds) * self.session.sample_rate) :]


def open_studio(session: Session, pipeline: MixPipeline, start_seconds: float | None, cache: Path | None) -> Studio:
    """Return a session, listened to and ready.

    Args:
        session: What was read.
        pipeline: What samples.
        start_seconds: Where the excerpt begins; None for where most happens.
        cache: Folder that keeps what tracks sounded like.
    """
    condition = pipeline.embed(session, cache)
    start = busiest_second(session) if start_seconds is None else start_seconds
    start = min(max(start, 0.0), session.seconds - excerpt_length(session.seconds))
    return Studio(session, pipeline, condition, take_excerpts(session), start)


def excerpt_length(session_seconds: float) -> float:
    """Return how many seconds of a session are heard."""
    return session_seconds if session_seconds <= WHOLE_SECONDS else EXCERPT_SECONDS


def busiest_second(session: Session) -> float:
    """Return where the excerpt begins in which most tracks play longest; 0 for a session that is heard whole."""
    if session.seconds <= WHOLE_SECONDS:
        return 0.0
    seconds = int(session.seconds)
    played = np.zeros(seconds)
    for track in session.tracks:
        mono = track.staged.square().mean(0)[: seconds * session.sample_rate]
        power = mono.reshape(seconds, -1).mean(1).numpy()
        played += power > 1e-3 * max(power.max(), 1e-12)
    windows = np.convolve(played, np.ones(int(EXCERPT_SECONDS)), mode="valid")
    return float(np.argmax(windows))


def wave_bytes(audio: Tensor, sample_rate: int) -> bytes:
    """Return a 24-bit WAV file of `audio` (2, samples)."""
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T.contiguous().numpy(), sample_rate, format="WAV", subtype="PCM_24")
    return buffer.getvalue()
