"""Settings of a run: a YAML file and `key=value` words, merged once with a dataclass."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from gen_mix.errors import InputError

Config = TypeVar("Config")


def load_config(schema: type[Config], file: Path, overrides: Sequence[str] = ()) -> Config:
    """Return `schema` filled from a YAML file, then from `overrides`; what neither names keeps its default.

    The answer is the plain dataclass. Values are taken as they stand: there is no interpolation.

    Args:
        schema: A dataclass; nested ones are sections. A field without a value in it must be given.
        file: YAML of `key: value`, sections indented.
        overrides: ``key=value`` or ``section.key=value``; the later one wins.

    Raises:
        InputError: The file cannot be read, or a key is unknown, missing, mistyped or out of its range.
    """
    merged = OmegaConf.structured(schema)
    merged = _merge(merged, _read(file), str(file))
    for word in overrides:
        merged = _merge(merged, _override(word), word)
    try:
        return OmegaConf.to_object(merged)  # type: ignore[return-value]
    except MissingMandatoryValue as error:
        raise InputError(f"{file}: expected a value for {error.full_key}, got none") from error
    except (OmegaConfBaseException, ValueError) as error:
        raise InputError(f"{file}: {_first_line(error)}") from error


def _read(file: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{file}: expected a readable YAML file, got {_first_line(error)}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InputError(f"{file}: expected keys with values, got {type(content).__name__}")
    return content


def _override(word: str) -> dict[str, Any]:
    key, equals, text = word.partition("=")
    if not key or not equals:
        raise InputError(f"{word}: expected key=value")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise InputError(f"{word}: expected key=value, got {_first_line(error)}") from error
    for name in reversed(key.split(".")):
        value = {name: value}
    return value


def _merge(settings: Any, values: dict[str, Any], origin: str) -> Any:
    if "${" in str(values):
        raise InputError(f"{origin}: expected plain values, got an interpolation ${{…}}")
    try:
        return OmegaConf.merge(settings, OmegaConf.create(values))
    except OmegaConfBaseException as error:
        raise InputError(f"{origin}: {error.full_key or 'a section'}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
