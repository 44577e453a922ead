"""The model, the model told the labels, and its supervised twin, as mixers."""

from dataclasses import dataclass, field

import torch

from gen_mix.baselines.mixer import Subject
from gen_mix.embeddings.session import with_labels
from gen_mix.mix import MixCondition, MixParameters
from gen_mix.model.codec import MixCodec
from gen_mix.model.sampling import Sampling
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.engineers import draw_engineers

_SEEDS = 2**31


@dataclass(frozen=True)
class FromAudio:
    """The model as it is used: it hears the tracks and is told nothing.

    Attributes:
        pipeline: With the model.
        how: Sampler and steps.
    """

    pipeline: MixPipeline
    how: Sampling = field(default_factory=Sampling)

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return the model's mixes, a seed each."""
        return _sample(self.pipeline, subject.condition, mixes, generator, self.how)


@dataclass(frozen=True)
class WithLabels:
    """A diagnostic: the model told the true labels. What it lacks from audio is then doubt about them.

    Attributes:
        pipeline: With the model.
        how: Sampler and steps.
    """

    pipeline: MixPipeline
    how: Sampling = field(default_factory=Sampling)

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return the model's mixes, a seed each."""
        return _sample(self.pipeline, with_labels(subject.condition, subject.facts), mixes, generator, self.how)


@dataclass(frozen=True)
class Twin:
    """The same network trained to regress the settings: one answer to a question with many.

    Attributes:
        pipeline: With the twin.
    """

    pipeline: MixPipeline

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return the same mix `mixes` times."""
        answer = self.pipeline.twin_parameters(subject.condition)
        return MixParameters(answer.normalized.expand(mixes, -1, -1), answer.mask.expand(mixes, -1, -1))


@dataclass(frozen=True)
class CodedEngineers:
    """A diagnostic: engineers' mixes after they went through a codec; no diffusion in its latents gets nearer.

    Attributes:
        codec: What they go through.
    """

    codec: MixCodec

    def __call__(self, subject: Subject, mixes: int, generator: torch.Generator) -> MixParameters:
        """Return what the codec keeps of fresh engineers' mixes."""
        engineers = draw_engineers(subject.facts.expand(mixes), generator).parameters
        return self.codec.decode(self.codec.encode(engineers))


def _sample(
    pipeline: MixPipeline, condition: MixCondition, mixes: int, generator: torch.Generator, how: Sampling
) -> MixParameters:
    seeds = torch.randint(_SEEDS, (mixes,), generator=generator).tolist()
    with torch.no_grad():
        return pipeline.sample(condition, seeds, how).parameters
