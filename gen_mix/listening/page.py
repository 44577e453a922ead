"""The test as one page that needs no server and no network: all mixes of a song on an axis per question."""

import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files

from gen_mix.listening.configurations import ACCEPT, DIFFERENT, Question
from gen_mix.listening.design import Page


def page_html(name: str, questions: Sequence[Question], plan: Sequence[Sequence[Page]]) -> str:
    """Return the page of the test.

    Args:
        name: Of the test.
        questions: An axis each.
        plan: The pages of each listener. Songs are told by their numbers in the plan of the first, sorted.
    """
    songs = sorted({page.song for page in plan[0]})
    document = {
        "name": name,
        "questions": [{"text": one.text, "low": one.low, "high": one.high} for one in questions],
        "accept": ACCEPT,
        "different": DIFFERENT,
        "plan": [[{"song": songs.index(page.song) + 1, "stimuli": page.tokens} for page in turn] for turn in plan],
    }
    # "<" would end the script that the document stands in
    data = json.dumps(document, ensure_ascii=False).replace("<", "\\u003c")
    room = files("gen_mix.listening")
    return (
        room.joinpath("page.html")
        .read_text(encoding="utf-8")
        .replace("{{title}}", escape(name))
        .replace("{{style}}", room.joinpath("page.css").read_text(encoding="utf-8"))
        .replace("{{script}}", room.joinpath("page.js").read_text(encoding="utf-8"))
        .replace("{{data}}", data)
    )
