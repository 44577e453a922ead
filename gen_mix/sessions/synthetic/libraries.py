"""The libraries that only synthetic sessions need, brought in when one is made."""

from importlib import import_module
from typing import Any

from gen_mix.errors import InputError


def library(name: str) -> Any:
    """Return the module `name`: ``mido`` or ``fluidsynth``.

    Raises:
        InputError: It, or the system library that it wraps, is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        wanted = "pip install 'gen-mix[synth]' and the system's FluidSynth 2"
        raise InputError(f"synthetic sessions: expected {name} ({wanted}), got none: {error}") from error
