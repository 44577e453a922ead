"""Facts about reading words with text encoders of transformers: tiny ones, of random weights, from a folder."""

import sys
from pathlib import Path

import pytest
import torch

from gen_mix.cli import main
from gen_mix.errors import InputError
from gen_mix.words.encoders import head_by, read_encoder
from gen_mix.words.fitting import examples, fit_head
from gen_mix.words.reading import packaged_head, read_prompt

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PIECES = ["[PAD]", "[UNK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]


def write_tokenizer(folder: Path) -> None:
    """Write a tokenizer that spells."""
    tokenizers = pytest.importorskip("tokenizers", reason="needs the extra text")
    transformers = pytest.importorskip("transformers", reason="needs the extra text")
    pieces = {piece: place for place, piece in enumerate(PIECES)}
    spelling = tokenizers.Tokenizer(tokenizers.models.WordPiece(pieces, unk_token="[UNK]"))
    spelling.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=spelling, pad_token="[PAD]", unk_token="[UNK]")
    made.save_pretrained(folder)


@pytest.fixture(scope="module")
def sentence_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny sentence encoder."""
    transformers = pytest.importorskip("transformers", reason="needs the extra text")
    folder = tmp_path_factory.mktemp("models") / "bert"
    write_tokenizer(folder)
    config = transformers.BertConfig(
        vocab_size=len(PIECES), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny CLAP."""
    transformers = pytest.importorskip("transformers", reason="needs the extra text")
    folder = tmp_path_factory.mktemp("models") / "clap"
    write_tokenizer(folder)
    text = {
        "vocab_size": len(PIECES), "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 16, "projection_dim": 8, "pad_token_id": 0, "max_position_embeddings": 64,
    }  # fmt: skip
    audio = {
        "hidden_size": 16, "patch_embeds_hidden_size": 4, "depths": [1, 1, 1, 1], "num_attention_heads": [1, 1, 1, 1],
        "num_mel_bins": 32, "spec_size": 128, "projection_dim": 8, "num_hidden_layers": 4, "window_size": 4,
    }  # fmt: skip
    config = transformers.ClapConfig(text_config=text, audio_config=audio, projection_dim=8)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.ClapModel(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", ["sentence_encoder", "clap"])
def test_a_phrase_has_one_vector_of_length_one_alone_and_among_others(
    kind: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(kind)
    alone, among = read_encoder(str(folder)), read_encoder(str(folder))
    among.learn(["warm", "a much longer phrase", "wide"])
    first, second = alone("warm"), among("warm")
    assert first is not None
    assert second is not None
    assert torch.allclose(first, second, atol=1e-5)
    assert float(first.norm()) == pytest.approx(1, abs=1e-5)
    assert not torch.allclose(first, among.known["wide"], atol=1e-3)


def test_an_encoder_reads_what_is_not_listed_and_leaves_alone_what_is(sentence_encoder: Path) -> None:
    head, packaged = head_by(str(sentence_encoder)), packaged_head()
    assert set(head.classes) == set(packaged.classes)
    assert [(one.attribute, one.strength) for one in read_prompt("warm", head).sounds] == [("warmth", 1.0)]
    words = ("feathery", "anechoic", "zyzzyva", "lustrous")  # which nobody listed
    assert [head(word) for word in words] != [packaged(word) for word in words]


def test_a_head_learns_what_vectors_tell_and_is_the_same_again() -> None:
    pairs = [(word, meaning) for word, meaning in examples((), 1) if meaning.startswith("group ")]
    meanings = sorted({meaning for _, meaning in pairs})
    told = {
        word: torch.nn.functional.one_hot(torch.tensor(meanings.index(meaning)), 32).float() for word, meaning in pairs
    }
    head, again = (fit_head(told.get, pairs) for _ in range(2))
    assert all(head(word).meaning == meaning for word, meaning in pairs)
    assert torch.equal(head.out, again.out)


def test_an_encoder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="needs the extra text")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"--text-encoder .*empty: expected a folder or name"):
        read_encoder(str(tmp_path / "empty"))


def test_without_transformers_it_is_one_line_and_never_the_packaged_vectors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    options = ["--prompt", "warm", "--text-encoder", str(tmp_path)]
    assert main(["sample", "examples/session", "--out", str(tmp_path / "out"), *options]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "the extra text" in said
    assert not (tmp_path / "out").exists()
