"""Is the model's variety the right variety? Its mixes and everybody else's against virtual engineers' mixes."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch

from gen_mix.baselines.engineers import Engineers, Marginal, MeanOfTraining, MostProbableClass, PosteriorSampler
from gen_mix.baselines.mixer import Mixer, Subject
from gen_mix.baselines.networks import CodedEngineers, FromAudio, Twin, WithLabels
from gen_mix.embeddings.bank import TrackBank
from gen_mix.embeddings.features import track_features
from gen_mix.embeddings.session import embed_session
from gen_mix.errors import InputError
from gen_mix.evaluation.compare import MARGINAL, evaluate_mixers
from gen_mix.evaluation.figures import report_figure
from gen_mix.evaluation.heard import take_excerpts
from gen_mix.evaluation.judged import Draws
from gen_mix.evaluation.report_files import write_report_files
from gen_mix.evaluation.tables import report_tables
from gen_mix.model.codec import CodecSpace
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.facts import facts_of_session
from gen_mix.sessions.session import Session

ENGINEERS_AGAIN = "engineers_again"
"""The floor: one more set of engineers, judged like any system."""


def evaluate_one_to_many(
    sessions: Sequence[Session],
    pipeline: MixPipeline,
    bank: TrackBank,
    samples: int = 64,
    references: int = 3,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    beside: MixPipeline | None = None,
) -> dict[str, object]:
    """Return how near the shipped model and all references come to engineers, ready for JSON.

    Args:
        sessions: Labelled, at least two.
        pipeline: With the model, the twin and the embedder.
        bank: Training tracks, for the engineers' spread, the marginal and the mean.
        samples: Mixes in each set, at least 2. Ratios of different sizes must not be compared.
        references: Independent sets of engineers per session, at least 2.
        seed: Of all chance.
        progress: Told the name of each session once it has been heard.
        beside: Another model with the same embedder, judged beside the first.

    Raises:
        InputError: There are fewer than two sessions, a track has no label, or the models hear differently.
    """
    if beside is not None and beside.embedder.fingerprint != pipeline.embedder.fingerprint:
        raise InputError(f"beside: expected the embedder of {pipeline.name}, got another in {beside.name}")
    if len(sessions) < 2:
        raise InputError(f"sessions: expected at least two labelled ones, got {len(sessions)}")
    prepared = ((one.name, subject_of(one, pipeline), take_excerpts(one)) for one in sessions)
    return evaluate_mixers(prepared, mixers_of(pipeline, bank, beside), Draws(samples, references, seed), progress)


def mixers_of(pipeline: MixPipeline, bank: TrackBank, beside: MixPipeline | None = None) -> dict[str, Mixer]:
    """Return everything that is compared, by name: without a twin, or with a codec, less or more."""
    mixers: dict[str, Mixer] = {
        "model": FromAudio(pipeline),
        "model_with_labels": WithLabels(pipeline),
        "posterior_sampler": PosteriorSampler(pipeline.embedder),
        "most_probable_class": MostProbableClass(pipeline.embedder),
        MARGINAL: Marginal(bank),
        "mean_of_training": MeanOfTraining(bank),
        ENGINEERS_AGAIN: Engineers(),
    }
    if pipeline.twin is not None:
        mixers["twin"] = Twin(pipeline)
    if beside is not None:
        mixers |= {"beside": FromAudio(beside), "beside_with_labels": WithLabels(beside)}
    for one in (pipeline, beside):
        if one is not None and isinstance(one.space, CodecSpace):
            mixers["engineers_coded"] = CodedEngineers(one.space.codec)
    return mixers


def subject_of(session: Session, pipeline: MixPipeline) -> Subject:
    """Return a labelled session as mixers see it."""
    features = torch.stack([track_features(track.audio, session.sample_rate) for track in session.tracks])
    return Subject(facts_of_session(session), features[None], embed_session(session, pipeline.embedder, cache=None))


def write_report(report: Mapping[str, object], out: Path) -> None:
    """Write the report as JSON, a table (``.md``) and a figure (``.png``) beside it, each whole or not at all.

    Args:
        report: Of `evaluate_one_to_many`.
        out: A file ending in ``.json``, or a folder for ``report.json``; folders are made if needed.

    Raises:
        InputError: `out` cannot be written.
    """
    picture = io.BytesIO()
    report_figure(report).savefig(picture, format="png")
    write_report_files(report, {".png": picture.getvalue(), ".md": report_tables(report).encode()}, out)
