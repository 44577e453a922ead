"""Real recordings, unlabelled to the model: how near to people's mixes, how sane, and how varied?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gen_mix.audio import SUFFIXES, read_audio, resample
from gen_mix.baselines.engineers import MeanOfTraining, RuleEngineer
from gen_mix.baselines.mixer import Mixer, Subject
from gen_mix.baselines.networks import Twin
from gen_mix.baselines.plain import EqualLoudness
from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT, MASTER, TRACK
from gen_mix.console.switches import Switches
from gen_mix.embeddings.bank import TrackBank
from gen_mix.errors import InputError
from gen_mix.evaluation.common_sense import complaints_of, medians_of_spread
from gen_mix.evaluation.heard import hear, take_excerpts
from gen_mix.evaluation.one_to_many import subject_of
from gen_mix.evaluation.production import Production, af_distance, measure_production, spectral_distance
from gen_mix.limiter import finish
from gen_mix.loudness import loudness_lufs
from gen_mix.mix import MixParameters
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.catalogue import labelled_from_catalogue
from gen_mix.sessions.folder import read_session
from gen_mix.sessions.session import Session
from gen_mix.steering.telling import believed, tellings_by_name

SECONDS = 20.0
"""Of each song, from its middle, that are rendered and measured."""

MODEL = "model"

_MASTER = frozenset({MASTER})


@dataclass(frozen=True)
class Finished:
    """A mix at the loudness of all.

    Attributes:
        audio: (2, samples).
        production: What it measures.
    """

    audio: Tensor
    production: Production


def evaluate_real(
    folders: Sequence[Path],
    pipeline: MixPipeline,
    bank: TrackBank,
    samples: int = 16,
    seed: int = 0,
    by_name: bool = False,
    progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Return how the model's mixes of real songs are, beside other ways to mix them, ready for JSON.

    * ``human``, where a person's mix lies beside the tracks as ``mix.*``: distances from it, mean and best of
      `samples`; see `distances_from`.
    * ``complaints``: what common sense objects to, by name, as a share of the model's mixes; see `complaints_of`.
    * ``spread``: medians over tracks of the standard deviation of gain and pan over the model's mixes.

    Args:
        folders: Of songs with ``song.json``, whose labels only the rules read.
        pipeline: With the model, the twin and the embedder.
        bank: Training tracks, for their mean.
        samples: Mixes by the model, at least 2.
        seed: Of the first; the others follow.
        by_name: Whether the model is told what the names of the tracks say that they are.
        progress: Told the name of each song once it has been judged.

    Raises:
        InputError: There is no song, or one cannot be read or has no labels.
    """
    if not folders:
        raise InputError("sessions: expected folders of songs with song.json, got none")
    people = [mix for folder in folders if (mix := human_mix(folder)) is not None]
    usual = torch.stack([one.production.balance_db for one in people]) if people else None
    songs = {}
    for folder in folders:
        songs[folder.name] = _judged(folder, pipeline, bank, samples, seed, by_name, usual)
        if progress is not None:
            progress(folder.name)
    return {"songs": songs, "summary": summary_of(songs), "samples": samples, "seed": seed, "by_name": by_name}


def human_mix(folder: Path) -> Finished | None:
    """Return the part of a person's mix that is judged, at the loudness of all; None if none lies beside the tracks."""
    files = sorted(path for path in folder.glob("mix.*") if path.suffix.lower() in SUFFIXES)
    if not files:
        return None
    file = read_audio(files[0])
    rate = read_session(folder).sample_rate
    audio = resample(file.audio, file.sample_rate, rate).expand(2, -1)
    return _finished(_middle(audio, rate), rate)


def distances_from(human: Finished, mix: Finished) -> dict[str, float]:
    """Return how far a mix is from a person's.

    * ``spectral``: multi-resolution STFT of sums and differences; ``af``: audio features of Diff-MST.
    * ``crest_db``, ``width_db``: absolute differences; ``balance_db``: RMS over octaves.
    """
    own, theirs = mix.production, human.production
    width = 10 * torch.log10(torch.tensor([own.width, theirs.width]).clamp_min(1e-4))
    return {
        "spectral": spectral_distance(mix.audio, human.audio[:, : mix.audio.shape[1]]),
        "af": af_distance(own, theirs),
        "crest_db": float((own.crest_db - theirs.crest_db).abs().mean()),
        "width_db": float((width[0] - width[1]).abs()),
        "balance_db": float((own.balance_db - theirs.balance_db).square().mean().sqrt()),
    }


def lead_to_rest_lu(session: Session, parameters: MixParameters, is_lead: Tensor) -> Tensor | None:
    """Return the loudness of the lead over that of all others together (mixes,), before the master; None without one.

    Gated loudness of what is judged, reverb and delay included, so that pauses of the lead or the others do not count.

    Args:
        session: The song.
        parameters: Some mixes, canonical.
        is_lead: Boolean (tracks,).
    """
    if not bool(is_lead.any()) or bool(is_lead.all()):
        return None
    rate, lead = session.sample_rate, frozenset(is_lead.nonzero()[:, 0].tolist())
    tracks = [_middle(track.staged, rate) for track in session.tracks]
    alone, rest = (
        torch.tensor([loudness_lufs(mix, rate) for mix in render_fast(tracks, parameters, rate, switches)])
        for switches in (Switches(solo=lead, without=_MASTER), Switches(mute=lead, without=_MASTER))
    )
    return alone - rest


def summary_of(songs: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    """Return means over songs, each song counting the same."""
    complaints, spreads = [one["complaints"] for one in songs.values()], [one["spread"] for one in songs.values()]
    human = [one["human"] for one in songs.values() if one["human"] is not None]
    return {
        "complaints": _means(complaints),
        "spread": _means(spreads),
        "human": {system: _means([one[system] for one in human]) for system in (human[0] if human else {})},
    }


def _judged(
    folder: Path,
    pipeline: MixPipeline,
    bank: TrackBank,
    samples: int,
    seed: int,
    by_name: bool,
    usual_db: Tensor | None,
) -> dict[str, Any]:
    session = labelled_from_catalogue(read_session(folder), folder)
    subject = subject_of(session, pipeline)
    told = believed(tellings_by_name(session) if by_name else (), session).on(subject.condition)
    drawn = LAYOUT.canonical(pipeline.sample(told, range(seed, seed + samples)).parameters)
    mixes = _rendered(session, drawn)
    heard = hear(take_excerpts(session), drawn)
    productions = [mix.production for mix in mixes]
    gain_db = LAYOUT.value(drawn, TRACK, "fader_db")
    return {
        "tracks": len(session.tracks),
        "human": _beside_people(folder, session, subject, mixes, _others(pipeline, bank), seed),
        "complaints": complaints_of(
            subject.facts, heard, productions, lead_to_rest_lu(session, drawn, subject.facts.is_lead[0]), usual_db
        ),
        "spread": medians_of_spread(gain_db, LAYOUT.value(drawn, TRACK, "pan"), subject.facts.is_stereo[0]),
    }


def _others(pipeline: MixPipeline, bank: TrackBank) -> dict[str, Mixer]:
    return {
        "equal_loudness": EqualLoudness(),
        "rule_engineer": RuleEngineer(),
        "twin": Twin(pipeline),
        "mean_of_training": MeanOfTraining(bank),
    }


def _beside_people(
    folder: Path, session: Session, subject: Subject, mixes: Sequence[Finished], others: Mapping[str, Mixer], seed: int
) -> dict[str, dict[str, float]] | None:
    human = human_mix(folder)
    if human is None:
        return None
    rows = [distances_from(human, mix) for mix in mixes]
    found = {
        f"{MODEL}_mean": _means(rows),
        f"{MODEL}_best": {name: min(row[name] for row in rows) for name in rows[0]},
    }
    for name, mixer in others.items():
        answer = LAYOUT.canonical(mixer(subject, 1, torch.Generator().manual_seed(seed)))
        found[name] = distances_from(human, _rendered(session, answer)[0])
    return found


def _rendered(session: Session, parameters: MixParameters) -> list[Finished]:
    tracks = [_middle(track.staged, session.sample_rate) for track in session.tracks]
    return [_finished(mix, session.sample_rate) for mix in render_fast(tracks, parameters, session.sample_rate)]


def _finished(mix: Tensor, sample_rate: int) -> Finished:
    audio = finish(mix, sample_rate).audio
    return Finished(audio, measure_production(audio, sample_rate))


def _middle(audio: Tensor, sample_rate: int) -> Tensor:
    samples = min(audio.shape[1], round(SECONDS * sample_rate))
    start = (audio.shape[1] - samples) // 2
    return audio[:, start : start + samples]


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    names = sorted({name for row in rows for name in row})
    return {name: sum(found) / len(found) for name in names if (found := [row[name] for row in rows if name in row])}
