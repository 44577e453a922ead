"""A listening test as a folder: what listeners get, and apart from it what must stay with who runs it."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gen_mix.audio import write_audio
from gen_mix.listening.configurations import Question, waet_xml, webmushra_yaml
from gen_mix.listening.design import Stimulus, plan, stimuli_of
from gen_mix.listening.material import Material
from gen_mix.listening.page import page_html

FORMAT = 1

_README = """# Listening test

* `test/`: give this to listeners. `index.html` runs alone, without a server or a network.
  `webmushra.yaml` and `waet.xml` are the same test for webMUSHRA (put both `webmushra.yaml` and `stimuli/` into its
  `configs/`) and the Web Audio Evaluation Tool (put `stimuli/` and `waet.xml` beside its `test.html`; open
  `test.html?url=waet.xml`).
* `key.json`: which stimulus is what. Keep it.
* `manifest.json`: loudness, true peak, gain and SHA-256 of every stimulus.

Every listener has a number, 1 to {listeners}: it decides the order of songs and mixes. Collect the CSV files and run

    gen-mix listening-test analyse *.csv --key key.json --out report
"""


def write_test(
    folder: Path,
    material: Material,
    name: str,
    questions: Sequence[Question],
    listeners: int,
    repeats: int,
    seed: int,
    reference: str | None = None,
) -> None:
    """Write the test into the empty `folder`.

    Args:
        folder: Where to.
        material: What is judged.
        name: Of the test.
        questions: At least one.
        listeners: How many orders to prepare.
        repeats: Hidden repeats on every page.
        seed: Of the stimuli's names.
        reference: The system that MUSHRA pages compare with, or None.
    """
    stimuli = stimuli_of(material.songs, material.systems, repeats, seed)
    inner = folder / "test"
    (inner / "stimuli").mkdir(parents=True)
    for stimulus in stimuli:
        sound = material.sounds[stimulus.song][stimulus.system]
        write_audio(inner / "stimuli" / f"{stimulus.token}.wav", sound.audio, material.sample_rate)
    turns = plan(stimuli, listeners)
    (inner / "index.html").write_text(page_html(name, questions, turns), encoding="utf-8")
    (inner / "webmushra.yaml").write_text(webmushra_yaml(name, questions, stimuli, reference), encoding="utf-8")
    (inner / "waet.xml").write_bytes(waet_xml(questions, stimuli))
    (folder / "key.json").write_text(_json(key_document(stimuli, questions)), encoding="utf-8")
    (folder / "manifest.json").write_text(_json(_manifest(inner, stimuli, material)), encoding="utf-8")
    (folder / "README.md").write_text(_README.format(listeners=listeners), encoding="utf-8")


def key_document(stimuli: Sequence[Stimulus], questions: Sequence[Question]) -> dict[str, Any]:
    """Return what tells which stimulus is what."""
    return {
        "format": FORMAT,
        "questions": [question.text for question in questions],
        "stimuli": {
            stimulus.token: {"song": stimulus.song, "system": stimulus.system, "is_repeat": stimulus.is_repeat}
            for stimulus in stimuli
        },
    }


def _manifest(inner: Path, stimuli: Sequence[Stimulus], material: Material) -> dict[str, Any]:
    entries = {}
    for stimulus in stimuli:
        sound = material.sounds[stimulus.song][stimulus.system]
        entries[stimulus.token] = {
            "source": sound.file.name,
            "loudness_lufs": round(sound.loudness_lufs, 3),
            "true_peak_dbtp": round(sound.true_peak_dbtp, 3),
            "gain_db": round(sound.gain_db, 3),
            "seconds": round(sound.audio.shape[1] / material.sample_rate, 4),
            "sha256": hashlib.sha256((inner / "stimuli" / f"{stimulus.token}.wav").read_bytes()).hexdigest(),
        }
    return {"format": FORMAT, "sample_rate": material.sample_rate, "stimuli": entries}


def _json(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
