"""A model that answers its first question quickly."""

from pathlib import Path

from gen_mix.explore.choosing import between_latents
from gen_mix.explore.studio import open_studio
from gen_mix.pipeline import MixPipeline
from gen_mix.sessions.instant import instant_session


def load_warm(folder: Path | None) -> MixPipeline:
    """Return the model in `folder`, the shipped one by default, warm."""
    return warmed(MixPipeline.from_pretrained(folder))


def warmed(pipeline: MixPipeline) -> MixPipeline:
    """Return `pipeline` after a first mix that nobody hears.

    The first mix loads libraries and compiles code, which takes longer than the mix.
    """
    studio = open_studio(instant_session(0, 0, seconds=1.0), pipeline, None, None)
    choice = pipeline.choose(studio.session, studio.condition, 0)
    studio.render(choice.parameters)
    studio.hear(choice.parameters)
    between_latents([choice.parameters] * 2, [0.5, 0.5], pipeline.codec)
    return pipeline
