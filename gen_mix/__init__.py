"""Several plausible mixes of a multitrack session, sampled by a diffusion model over the settings of a mixing console.

Example:
    >>> from gen_mix import MixPipeline, read_session
    >>> mixes = MixPipeline.from_pretrained()(read_session("my_song"), num_mixes=8)
"""

from typing import TYPE_CHECKING

from gen_mix.version import VERSION

if TYPE_CHECKING:
    from gen_mix.pipeline import MixPipeline
    from gen_mix.sessions.folder import read_session

__version__ = VERSION
__all__ = ["MixPipeline", "__version__", "read_session"]


def __getattr__(name: str) -> object:
    """Return a public name, imported when it is first asked for: an error or a value needs no diffusion model."""
    if name == "MixPipeline":
        from gen_mix.pipeline import MixPipeline

        return MixPipeline
    if name == "read_session":
        from gen_mix.sessions.folder import read_session

        return read_session
    raise AttributeError(f"module 'gen_mix' has no attribute {name!r}")
