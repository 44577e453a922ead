"""The test for two programs that many laboratories have: webMUSHRA and the Web Audio Evaluation Tool.

https://github.com/audiolabs/webMUSHRA, https://github.com/BrechtDeMan/WebAudioEvaluationTool
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import yaml

from gen_mix.listening.design import Stimulus

ACCEPT = "Which of these would you accept as a finished mix?"
DIFFERENT = "How different are these mixes from each other?"
STEPS = 11
"""Points of a scale that cannot be continuous."""


@dataclass(frozen=True)
class Question:
    """An axis on which all mixes of a song are placed, and what its ends mean."""

    text: str
    low: str = "worst"
    high: str = "best"


def webmushra_yaml(name: str, questions: Sequence[Question], stimuli: Sequence[Stimulus], reference: str | None) -> str:
    """Return the configuration of webMUSHRA: a page per song and question, in random order.

    With a `reference` system the pages are MUSHRA, which needs one; without, multi-stimulus Likert scales.
    """
    songs = list(dict.fromkeys(stimulus.song for stimulus in stimuli))
    pages: list[Any] = ["random"]
    for number, song in enumerate(songs, 1):
        here = [stimulus for stimulus in stimuli if stimulus.song == song]
        for place, question in enumerate(questions, 1):
            page = {"id": f"song_{number}_question_{place}", "name": f"Song {number}", "content": question.text}
            pages.append({**page, **_page(question, here, reference)})
        accept = {"id": f"song_{number}_accept", "name": f"Song {number}", "content": ACCEPT}
        pages.append({**accept, **_likert(here, {0: "no", 1: "yes"})})
    finish = {"type": "finish", "name": "Thank you", "content": "Thank you for listening.", "showResults": False}
    document = {
        "testname": name,
        "testId": "gen_mix_listening_test",
        "bufferSize": 2048,
        "stopOnErrors": True,
        "showButtonPreviousPage": True,
        "remoteService": "service/write.php",
        "pages": [pages, {**finish, "writeResults": True, "questionnaire": [_text_question()]}],
    }
    return yaml.dump(document, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=4096)


class _Quoting(yaml.SafeDumper):
    """Writes every text in quotation marks: what is plain text to one reader of YAML is a number to another."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Quoting.add_representer(str, _quoted)


def _text_question() -> dict[str, str]:
    return {"type": "text", "label": "Your code", "name": "listener"}


def _likert(here: Sequence[Stimulus], scale: Mapping[int, str]) -> dict[str, Any]:
    """Return a page that asks for a point of `scale` for each stimulus."""
    images = {"img": "off", "imgSelected": "on", "imgHigherResponseSelected": "on"}
    stars = {key: f"configs/resources/images/star_{state}.png" for key, state in images.items()}
    response = [{"value": value, "label": label, **stars} for value, label in scale.items()]
    return {"type": "likert_multi_stimulus", "mustRate": True, "stimuli": _paths(here), "response": response}


def _paths(here: Sequence[Stimulus]) -> dict[str, str]:
    return {stimulus.token: f"configs/stimuli/{stimulus.token}.wav" for stimulus in here}


def _page(question: Question, here: Sequence[Stimulus], reference: str | None) -> dict[str, Any]:
    if reference is None:
        steps = {step: str(step) for step in range(STEPS)}
        return _likert(here, steps | {0: question.low, STEPS - 1: question.high})
    paths = _paths(here)
    against = next(stimulus.token for stimulus in here if stimulus.system == reference and not stimulus.is_repeat)
    return {
        "type": "mushra",
        "showWaveform": True,
        "enableLooping": True,
        "strict": False,
        "reference": paths.pop(against),
        "createAnchor35": False,
        "createAnchor70": False,
        "stimuli": paths,
    }


def waet_xml(questions: Sequence[Question], stimuli: Sequence[Stimulus]) -> bytes:
    """Return the configuration of the Web Audio Evaluation Tool: an APE page per song, an axis per question."""
    root = Element("waet")
    setup = SubElement(
        root, "setup", {"interface": "APE", "projectReturn": "save.php", "randomiseOrder": "true", "crossFade": "0.02"}
    )
    before = SubElement(setup, "survey", {"location": "before"})
    _entry(before, "question", "listener", "Your code")
    metric = SubElement(setup, "metric")
    for name in ("testTimer", "elementTimer", "elementInitialPosition", "elementFlagListenedTo", "elementFlagMoved"):
        SubElement(metric, "metricenable").text = name
    options = SubElement(setup, "interface")
    for kind, name in (("check", "fragmentMoved"), ("check", "fragmentPlayed"), ("show", "playhead")):
        SubElement(options, "interfaceoption", {"type": kind, "name": name})
    for number, song in enumerate(dict.fromkeys(stimulus.song for stimulus in stimuli), 1):
        _add_waet_page(root, number, questions, [stimulus for stimulus in stimuli if stimulus.song == song])
    indent(root)
    return tostring(root, encoding="UTF-8", xml_declaration=True)


def _add_waet_page(root: Element, number: int, questions: Sequence[Question], here: Sequence[Stimulus]) -> None:
    attributes = {"id": f"song_{number}", "hostURL": "stimuli/", "randomiseOrder": "true", "repeatCount": "0"}
    page = SubElement(root, "page", attributes | {"loop": "true", "synchronous": "true", "label": "number"})
    SubElement(page, "title").text = f"Song {number}"
    SubElement(page, "commentboxprefix").text = "Comment on mix"
    for place, question in enumerate(questions, 1):
        interface = SubElement(page, "interface", {"name": f"question_{place}"})
        SubElement(interface, "title").text = question.text
        scales = SubElement(interface, "scales")
        for position, label in (("0", question.low), ("100", question.high)):
            SubElement(scales, "scalelabel", {"position": position}).text = label
    for stimulus in here:
        SubElement(page, "audioelement", {"url": f"{stimulus.token}.wav", "id": stimulus.token})
    survey = SubElement(page, "survey", {"location": "after"})
    accept = _entry(survey, "number", f"accept_{number}", "How many of these would you accept as a finished mix?")
    accept.attrib |= {"min": "0", "max": str(len(here))}
    different = _entry(survey, "number", f"different_{number}", f"{DIFFERENT} 0 not at all, 100 very")
    different.attrib |= {"min": "0", "max": "100"}


def _entry(survey: Element, kind: str, identifier: str, statement: str) -> Element:
    entry = SubElement(survey, "surveyentry", {"type": kind, "id": identifier, "mandatory": "false"})
    SubElement(entry, "statement").text = statement
    return entry
