import pytest
import torch

from gen_mix.baselines.engineers import (
    Engineers,
    Marginal,
    MeanOfTraining,
    MostProbableClass,
    PosteriorSampler,
    class_posterior,
    training_mixes,
    with_instruments,
)
from gen_mix.baselines.mixer import Subject
from gen_mix.baselines.networks import FromAudio, Twin, WithLabels
from gen_mix.embeddings.bank import TrackBank, bank_of_sessions, draw_sessions
from gen_mix.embeddings.embedder import TrackEmbedder
from gen_mix.evaluation.one_to_many import evaluate_one_to_many, subject_of
from gen_mix.model.denoiser import Denoiser, DenoiserConfig
from gen_mix.model.space import ModelSpace
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import INTENT, draw_engineers
from gen_mix.sessions.instant import instant_session
from gen_mix.sessions.session import Session


@pytest.fixture(scope="module")
def bank() -> TrackBank:
    return bank_of_sessions([instant_session(4, index, seconds=1.0) for index in range(6)])


@pytest.fixture(scope="module")
def pipeline(bank: TrackBank) -> MixPipeline:
    """Random weights: what is tested is how the parts are asked, not what they answer."""
    generator = torch.Generator().manual_seed(0)
    space = ModelSpace.fit([draw_engineers(draw_sessions(bank, 64, generator).facts, generator)])
    embedder = TrackEmbedder().eval()
    config = DenoiserConfig(embedder.width, len(INTENT), width=32, layers=1)
    return MixPipeline(Denoiser(config).eval(), embedder, space, Denoiser(config).eval())


@pytest.fixture(scope="module")
def session() -> Session:
    sessions = (instant_session(3, index, seconds=1.0) for index in range(30))
    return next(one for one in sessions if any(track.double_of for track in one.tracks))


@pytest.fixture(scope="module")
def subject(session: Session, pipeline: MixPipeline) -> Subject:
    return subject_of(session, pipeline)


def test_every_mixer_sets_the_knobs_that_the_session_has(
    subject: Subject, pipeline: MixPipeline, bank: TrackBank
) -> None:
    embedder = pipeline.embedder
    expected = Engineers()(subject, 3, torch.Generator().manual_seed(0)).mask
    mixers = [PosteriorSampler(embedder), MostProbableClass(embedder), Marginal(bank), MeanOfTraining(bank)]
    for mixer in [*mixers, FromAudio(pipeline), WithLabels(pipeline), Twin(pipeline)]:
        mixes = mixer(subject, 3, torch.Generator().manual_seed(0))
        assert torch.equal(mixes.mask, expected)
        assert mixes.normalized.isfinite().all()
        assert not mixes.normalized[~mixes.mask].any()


def test_same_generator_same_mixes_another_generator_others(subject: Subject, pipeline: MixPipeline) -> None:
    for mixer in (Engineers(), PosteriorSampler(pipeline.embedder), FromAudio(pipeline)):
        first, again, other = (mixer(subject, 2, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
        assert torch.equal(first.normalized, again.normalized)
        assert not torch.equal(first.normalized, other.normalized)


def test_twin_and_mean_have_one_answer(subject: Subject, pipeline: MixPipeline, bank: TrackBank) -> None:
    for mixer in (Twin(pipeline), MeanOfTraining(bank)):
        mixes = mixer(subject, 4, torch.Generator().manual_seed(0)).normalized
        assert torch.equal(mixes, mixes[:1].expand_as(mixes))


def test_a_certain_posterior_is_the_engineer(subject: Subject) -> None:
    """An embedder that names the true class of every track makes the posterior sampler an engineer."""

    class Knows(TrackEmbedder):
        def class_logits(self, features: torch.Tensor, measurements: torch.Tensor) -> torch.Tensor:
            return 100 * torch.nn.functional.one_hot(subject.facts.instrument, 24).float()

    # Drawing classes takes numbers from the generator, so the engineers differ; their tracks' classes do not.
    posterior = class_posterior(Knows(), subject)
    assert torch.equal(posterior.argmax(-1), subject.facts.instrument[0])
    certain = MostProbableClass(Knows())(subject, 5, torch.Generator().manual_seed(3))
    engineers = Engineers()(subject, 5, torch.Generator().manual_seed(3))
    assert torch.equal(certain.normalized, engineers.normalized)


def test_doubles_are_guessed_alike(subject: Subject) -> None:
    tracks = subject.facts.instrument.shape[1]
    guess = torch.randint(24, (50, tracks), generator=torch.Generator().manual_seed(0))
    guessed = with_instruments(subject.facts.expand(50), guess).instrument
    double_of = subject.facts.double_of[0]
    paired = double_of >= 0
    assert paired.any()
    assert torch.equal(guessed[:, paired], guessed[:, double_of[paired]])
    assert torch.equal(guessed[:, ~paired], guess[:, ~paired])


@pytest.mark.parametrize("tracks", [1, 5, 30])
def test_training_mixes_fill_every_strip(bank: TrackBank, tracks: int) -> None:
    mixes = training_mixes(bank, tracks, 8, torch.Generator().manual_seed(0))
    assert mixes.normalized.shape[:2] == (8, 3 + tracks)
    assert mixes.mask.any(-1).all()


def test_whole_evaluation_of_a_pipeline(pipeline: MixPipeline, bank: TrackBank) -> None:
    sessions = [instant_session(5, index, seconds=0.5) for index in range(2)]
    heard: list[str] = []
    report = evaluate_one_to_many(sessions, pipeline, bank, samples=8, references=2, progress=heard.append)
    assert heard == [one.name for one in sessions]
    for system in ("model", "model_with_labels", "posterior_sampler", "twin", "marginal", "mean_of_training"):
        assert report[system]["energy_ratio"] > 0
    assert set(report["model"]["spread_ratio"]) == set(report["twin"]["spread_ratio"])
    assert report["twin"]["energy_ratio"] > report["engineers_again"]["energy_ratio"]
