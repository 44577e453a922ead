"""Facts about the page in a real browser: words, the map, a closed tab, names of a song and of what one takes away."""

import json
import re
from typing import Any

import pytest

from tests.explore.browser import visiting
from tests.explore.server import wave
from tests.explore.test_page import PITCH, TONES

pytestmark = pytest.mark.browser

MAP = """async (slots) => {
  const { MixMap } = await import("/static/map.js");
  const place = document.createElement("div");
  place.className = "map-place";
  document.body.append(place);
  const map = new MixMap(place, {});
  const directions = [
    ["03_distorted-electric-guitar-1 up", "03_distorted-electric-guitar-1 down", 0.9, 0.1],
    ["Backing Vocals Left (double, take 2) comp up", "Backing Vocals Left (double, take 2) comp down", 0.6, -0.6],
    ["wider", "narrower", 0.1, 0.9], ["x".repeat(60) + " up", "x".repeat(60) + " down", -0.7, 0.7],
    ["02_drum-set up", "02_drum-set down", 1, -0.05],
  ];
  map.show({ survey: { background: [[0, 0]], directions }, slots, current: slots[0].id, between: null, names: true });
  const view = map.drawing.viewBox.baseVal;
  const words = [...place.querySelectorAll(".word")].map((word) => {
    const box = word.getBBox();
    const fits = box.x >= view.x && box.y >= view.y && box.x + box.width <= view.x + view.width
      && box.y + box.height <= view.y + view.height;
    return { text: word.textContent, fits };
  });
  const own = place.querySelector(".own");
  const front = [...place.querySelectorAll(".mix")].at(-1).dataset.slot;
  const told = { words, front, own: own?.textContent, beside: own?.parentElement.dataset.slot,
    shapes: [place.querySelectorAll(".mix circle").length, place.querySelectorAll(".mix rect").length] };
  place.remove();
  return told;
}"""


def test_words_are_said_understood_and_heard(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        count = visit.page.evaluate("genMix.slots.length")
        visit.page.get_by_label("In words").fill("warm, much wider, quuxyq")
        visit.until("document.querySelectorAll('.chip').length === 3")
        chips = visit.page.locator(".chip").all_inner_texts()
        assert chips == ["more warmth", "much more width", "quuxyq?"]
        visit.page.get_by_label("In words").fill("bright acoustic guitar")
        visit.until("document.querySelector('.chip')?.textContent === 'more brightness: acoustic guitar'")
        visit.page.get_by_label("In words").fill("warm, much wider, quuxyq")
        visit.until("document.querySelectorAll('.chip').length === 3")
        visit.page.locator("[data-key=number-count]").fill("1")
        visit.page.get_by_role("button", name="Sample").click()
        visit.until(f"genMix.slots.length === {count + 1}")
        visit.until("document.querySelectorAll('.card').length === genMix.slots.length")
        assert "“warm, much wider, quuxyq”" in visit.page.locator(".card").last.inner_text()
        visit.until("document.querySelector('.words').textContent.includes('not understood')")
        assert visit.page.get_by_label("In words").input_value() == "warm, much wider, quuxyq"
        visit.page.get_by_label("In words").fill("")
        visit.until("document.querySelectorAll('.chip').length === 0")


def test_a_tab_that_is_opened_again_is_where_it_was(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        visit.page.get_by_label("In words").fill("warmer")
        visit.until("document.querySelectorAll('.chip').length === 1")
        visit.page.keyboard.press("Escape")
        visit.page.locator(".card .choose").nth(2).click()
        visit.page.keyboard.press("e")
        chosen = visit.page.evaluate("genMix.current")
        visit.page.wait_for_timeout(200)
        visit.page.reload()
        visit.until("globalThis.genMix?.slots.length >= 4 && document.querySelectorAll('.chip').length === 1")
        assert visit.page.get_by_label("In words").input_value() == "warmer"
        assert visit.page.evaluate("[genMix.current, genMix.matched]") == [chosen, False]


def test_a_closed_tab_stops_nothing(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        count = visit.page.evaluate("genMix.slots.length")
        visit.page.locator("[data-key=number-count]").fill("3")
        visit.page.get_by_role("button", name="Sample").click()
        visit.until("genMix.view.jobs.some((job) => job.status === 'running' || job.status === 'waiting')")
    with visiting(browser, address) as visit:
        visit.open(session)
        visit.until(f"genMix.slots.length === {count + 3}")
        visit.until("genMix.slots.every((slot) => slot.has_audio)")
        assert visit.page.evaluate("genMix.slots.length") == count + 3


DROP = """([name, bytes]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([new Uint8Array(bytes)], name));
  document.body.dispatchEvent(new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  const told = document.body.classList.contains("dropping");
  document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  return told;
}"""


def test_a_record_is_dropped_heard_weighed_and_taken_away(browser: Any, address: str, session: str) -> None:
    tone_hz = 110 * 2 ** (11 / 4)
    with visiting(browser, address) as visit:
        visit.open(session)
        assert visit.page.evaluate(DROP, ["words.txt", [1, 2, 3]])
        visit.until("document.getElementById('announcer').textContent.includes('Expected a record')")
        visit.page.evaluate(DROP, ["A <b>Song.wav", list(wave(11, 3.0, 2))])
        visit.until("genMix.records.length === 1 && document.querySelectorAll('.disc path').length === 1")
        visit.until("genMix.player.voices.has(`record ${genMix.records[0].id}`)")
        visit.page.evaluate(TONES)
        assert visit.page.locator(".disc text").text_content() == "like A <b>Song"
        visit.page.keyboard.press("Space")
        visit.page.keyboard.press("r")
        visit.until(f"Math.abs(({PITCH})() - {tone_hz}) < 30")
        assert visit.page.get_by_role("button", name="Hear A <b>Song").get_attribute("aria-pressed") == "true"
        assert visit.page.locator(".card.current").count() == 0
        visit.page.keyboard.press("2")
        visit.until(f"Math.abs(({PITCH})() - 1000) < 30")
        visit.page.locator(".disc path").click()
        visit.until(f"Math.abs(({PITCH})() - {tone_hz}) < 30")
        visit.page.keyboard.press("r")
        visit.until(f"Math.abs(({PITCH})() - 1000) < 30")
        visit.until("document.querySelector('.record').textContent.includes('dB apart')")
        weight = visit.page.get_by_label("How much A <b>Song counts")
        weight.focus()
        for _ in range(4):
            weight.press("ArrowLeft")
        visit.until("genMix.records[0].weight === 0.8")
        visit.page.get_by_role("button", name="Punch").click()
        visit.until("genMix.records[0].aspects.join() === 'tone,width'")
        assert visit.barriers() == []
    with visiting(browser, address) as visit:
        visit.open(session)
        assert visit.page.evaluate("genMix.records.map((one) => [one.name, one.weight])") == [["A <b>Song", 0.8]]
        visit.page.get_by_role("button", name="Take A <b>Song away").click()
        visit.until("genMix.records.length === 0 && !document.querySelector('.disc')")
        visit.page.keyboard.press("Control+z")
        visit.until("genMix.records.length === 1")
        visit.page.keyboard.press("Control+Shift+z")
        visit.until("genMix.records.length === 0")


def test_what_a_track_is_can_be_put_right(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        name = visit.page.evaluate("genMix.view.tracks[0].name")
        choice = visit.page.get_by_label(f"What {name} is")
        assert choice.locator("option").first.inner_text().endswith("?")
        choice.select_option("lead vocal")
        visit.until("genMix.view.tracks[0].told === 'lead_vocal'")
        visit.page.get_by_role("button", name=f"{name} leads").click()
        visit.until("genMix.view.tracks[0].leads === true")
        assert visit.page.get_by_label(f"What {name} is").input_value() == "lead_vocal"
        assert visit.barriers() == []
        visit.page.keyboard.press("Control+z")
        visit.page.keyboard.press("Control+z")
        visit.until("genMix.view.tracks[0].told === null")
        visit.until(f"document.querySelector('[aria-label=\\'What {name} is\\']').value === ''")


def test_names_can_be_believed_all_at_once(browser: Any, address: str, session: str) -> None:
    told = "JSON.stringify(genMix.view.tracks.map((track) => track.told))"
    with visiting(browser, address) as visit:
        visit.open(session)
        called = visit.page.evaluate("genMix.view.tracks.map((track) => track.called)")
        visit.page.evaluate(f"genMix.view.tracks[{called.index('kick')}].heard = 'organ'")
        visit.page.evaluate("genMix.changed()")
        believe = visit.page.get_by_role("button", name="Believe names (1)")
        assert "heard as" in believe.get_attribute("title")
        believe.click()
        visit.until(f"{told} === '{json.dumps(called, separators=(',', ':'))}'")
        assert believe.count() == 0
        visit.page.keyboard.press("Control+z")
        visit.until("genMix.view.tracks.every((track) => track.told === null)")


LATE_NEWS = """() => {
  const asked = window.fetch;
  window.fetch = async (path, options) => {
    const answer = await asked(path, options);
    if (path.includes("after=")) await new Promise((resolve) => setTimeout(resolve, 400));
    return answer;
  };
}"""


def test_late_news_does_not_take_a_record_s_weight_back(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        visit.page.evaluate(DROP, ["slow.wav", list(wave(11, 3.0, 2))])
        visit.until("genMix.records.length === 1")
        visit.page.evaluate(LATE_NEWS)
        weight = visit.page.get_by_label("How much slow counts")
        weight.focus()
        for _ in range(8):
            weight.press("ArrowLeft")
            visit.page.wait_for_timeout(150)
        assert float(weight.input_value()) == 0.6
        visit.until("genMix.asked.size === 0 && genMix.view.records[0].weight === 0.6")
        visit.page.keyboard.press("Control+z")
        visit.until("genMix.records[0].weight === 1")
        visit.page.keyboard.press("Control+z")
        visit.until("genMix.records.length === 0")


@pytest.mark.parametrize("width", [375, 1280])
def test_words_on_the_map_fit_and_a_rough_mix_is_marked(browser: Any, address: str, width: int) -> None:
    with visiting(browser, address, width=width) as visit:
        visit.open()
        slots = [
            {"id": str(place), "name": f"Mix {place}", "place": [0.3 * place, 0.2], "verdict": "", "kind": kind}
            for place, kind in enumerate(["mix", "rough", "mix"])
        ]
        told = visit.page.evaluate(MAP, slots)
    assert len(told["words"]) == 10
    assert [word["text"] for word in told["words"] if not word["fits"]] == []
    assert told["words"][0]["text"] == "distorted-electric-guitar-1 up"
    assert told["front"] == "0"  # what is heard hides behind no other
    assert (told["own"], told["beside"]) == ("your rough mix", "1")
    assert told["shapes"] == [2, 1]


def test_a_song_gets_a_name_and_is_taken_away_under_it(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        name = visit.page.get_by_label("Name of the song")
        name.fill("Blue 42")
        name.press("Enter")
        visit.until("genMix.view.name === 'Blue 42'")
        visit.page.get_by_role("button", name="Take away").click()
        told = "document.querySelector('dialog[open] [role=status]').textContent"
        visit.until(f"/^About [0-9.]+ MB\\. Whole/.test({told})")
        large = visit.page.evaluate(told)
        for label in ("DAWproject", "REAPER project", "Stems"):
            visit.page.get_by_label(re.compile(label)).uncheck()
        visit.until(f"{told}.startsWith('About 0.1 MB.')")
        assert float(large.split()[1]) > 1
        visit.page.get_by_label("Audio files").select_option("flac")
        visit.page.get_by_label(re.compile("Recall")).uncheck()
        visit.until(f"{told} === 'Tick at least one mix and one format.'")
        assert visit.page.locator("[data-key=write]").is_disabled()
        visit.page.get_by_label(re.compile("Recall")).check()
        visit.page.locator("[data-key=write]").click()
        with visit.page.expect_download() as download:
            visit.page.get_by_role("link", name=re.compile("Download")).click()
        assert download.value.suggested_filename == "Blue 42.zip"
        assert visit.page.get_by_label("Audio files").input_value() == "flac"  # what was ticked stays
        assert not visit.page.get_by_label(re.compile("Stems")).is_checked()
