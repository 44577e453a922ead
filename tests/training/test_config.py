from pathlib import Path

import pytest

from gen_mix.config import load_config
from gen_mix.errors import InputError
from gen_mix.training.settings import TrainingSettings

CONFIGS = Path(__file__).parents[2] / "configs"


def settings(tmp_path: Path, text: str, *overrides: str) -> TrainingSettings:
    file = tmp_path / "some.yaml"
    file.write_text(text)
    return load_config(TrainingSettings, file, overrides)


def test_the_file_overrides_defaults_and_words_override_the_file(tmp_path):
    found = settings(
        tmp_path, "out: here\nloss:\n  pan_weight: 3\n", "loss.pan_weight=5", "optimizer.learning_rate=1e-4"
    )
    assert found.loss.pan_weight == 5.0
    assert found.optimizer.learning_rate == 1e-4
    assert found.loss.log_sigma_sd == TrainingSettings(out="").loss.log_sigma_sd


def test_the_last_word_wins(tmp_path):
    assert settings(tmp_path, "out: here", "seed=1", "seed=2").seed == 2


@pytest.mark.parametrize(
    ("text", "overrides", "key"),
    [
        ("out: x\nlearning: 3", (), "learning"),
        ("out: x\nloss: {pan: 3}", (), "loss.pan"),
        ("seed: 3", (), "out"),
        ("out: x\ndata: {batch: many}", (), "data.batch"),
        ("out: x\ndata: {batch: 1.5}", (), "data.batch"),
        ("out: x\nloss: 3", (), "TrainingSettings|section"),
        ("out: x\nobjective: guess", (), "objective"),
        ("out: x\ndata: {batch: 10, chunk: 3}", (), "data.chunk"),
        ("out: ${seed}", (), "interpolation"),
        ("out: x", ("data.btach=3",), "data.btach"),
        ("out: x", ("seed",), "seed: expected key=value"),
        ("out: x", ("seed=-1",), "seed"),
        ("- 3", (), "expected keys with values, got list"),
        ("a: [", (), "readable YAML"),
    ],
)
def test_a_wrong_key_is_named_in_one_line(tmp_path, text, overrides, key):
    with pytest.raises(InputError, match=key) as caught:
        settings(tmp_path, text, *overrides)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"absent\.yaml"):
        load_config(TrainingSettings, tmp_path / "absent.yaml")


@pytest.mark.parametrize("file", sorted(CONFIGS.glob("*.yaml")), ids=lambda file: file.name)
def test_every_bundled_configuration_is_right(file):
    assert Path(load_config(TrainingSettings, file).out).name == file.stem
