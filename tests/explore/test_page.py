"""Facts about the page in a real browser: what is heard, what the keyboard does, what fits, what stays here."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from gen_mix.console.filters import eq_response_db
from gen_mix.console.layout import LAYOUT
from gen_mix.console.settings import parameters_of, settings_of
from gen_mix.mix import MixParameters
from tests.explore.browser import visiting
from tests.explore.server import TOKEN

pytestmark = pytest.mark.browser


LOUD = """() => {
  const samples = new Float32Array(genMix.analyser.fftSize);
  genMix.analyser.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}"""

TONES = """() => {
  const { context, player, slots } = genMix;
  slots.slice(0, 3).forEach((slot, place) => {
    const buffer = context.createBuffer(1, 4 * context.sampleRate, context.sampleRate);
    const tone = buffer.getChannelData(0);
    for (let at = 0; at < tone.length; at += 1) {
      tone[at] = 0.3 * Math.sin(2 * Math.PI * 500 * 2 ** place * at / context.sampleRate);
    }
    genMix.keepSound(genMix.soundKey(slot), buffer); // the page may still be putting in place what it loaded
    player.setMix(slot.id, buffer, 1);
  });
}"""

PITCH = """() => {
  const bins = new Float32Array(genMix.analyser.frequencyBinCount);
  genMix.analyser.getFloatFrequencyData(bins);
  return bins.indexOf(Math.max(...bins)) * genMix.context.sampleRate / genMix.analyser.fftSize;
}"""


def test_dropped_files_become_mixes_that_are_heard(browser: Any, address: str, recordings: list[Path]) -> None:
    with visiting(browser, address) as visit:
        visit.open()
        files = [[path.name, list(path.read_bytes())] for path in recordings[:2]]
        visit.page.evaluate(
            """(files) => {
              const transfer = new DataTransfer();
              for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
              document.getElementById("main").dispatchEvent(
                new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
            }""",
            files,
        )
        visit.until("globalThis.genMix?.player.voices.size >= 1")
        visit.page.keyboard.press("Space")
        visit.until(f"({LOUD})() > 0.005")
        assert visit.page.get_by_role("button", name="Pause").is_visible()
        visit.page.keyboard.press("Space")
        visit.until(f"({LOUD})() < 1e-6")


def test_a_number_switches_what_is_heard(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        visit.page.evaluate(TONES)
        visit.page.keyboard.press("Space")
        for key, pitch in (("1", 500), ("2", 1000), ("3", 2000), ("1", 500)):
            visit.page.keyboard.press(key)
            visit.until(f"Math.abs(({PITCH})() - {pitch}) < 30")
            card = visit.page.locator(".card.current .choose")
            assert card.get_attribute("aria-pressed") == "true"
            assert card.inner_text().startswith(f"{key}\n") or key in card.inner_text()
        visit.page.locator(".card .choose").nth(1).click()
        visit.until(f"Math.abs(({PITCH})() - 1000) < 30")


OFFLINE = """async (fade) => {
  const { Player, FADE_SECONDS, LEAD_SECONDS } = await import("/static/player.js");
  const rate = 48000, seconds = 1, at = 0.5;
  const context = new OfflineAudioContext(1, rate * seconds, rate);
  const player = new Player(context);
  const sine = (level, hertz) => {
    const buffer = context.createBuffer(1, 2 * rate, rate);
    const samples = buffer.getChannelData(0);
    for (let n = 0; n < samples.length; n += 1) samples[n] = level * Math.sin(2 * Math.PI * hertz * n / rate);
    return buffer;
  };
  player.setMix("a", sine(0.8, 220), 1);
  player.setMix("b", sine(0.2, 220), 1);
  player.choose("a");
  player.play();
  const asked = await new Promise((resolve) => {
    context.suspend(at).then(() => { player.choose("b"); resolve(context.currentTime); context.resume(); });
    context.startRendering().then((buffer) => { globalThis.heard = buffer; });
  });
  while (!globalThis.heard) await new Promise((resolve) => setTimeout(resolve, 5));
  const samples = Array.from(globalThis.heard.getChannelData(0));
  return { asked: asked + LEAD_SECONDS, lead: LEAD_SECONDS, fade: FADE_SECONDS, samples };
}"""


def test_a_switch_has_no_gap_no_click_and_is_quick(browser: Any, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.open()
        told = visit.page.evaluate(OFFLINE)
    sound = torch.tensor(told["samples"], dtype=torch.float64)
    rate, pitch = 48000, 220.0
    start = round(0.02 * rate)  # where playing begins
    time_s = (torch.arange(len(sound)).double() - start) / rate
    tone = torch.sin(2 * torch.pi * pitch * time_s).double()
    asked = round(told["asked"] * rate)
    done = asked + round(told["fade"] * rate)
    before, after = slice(start + 1000, asked), slice(done + 2, len(sound))
    torch.testing.assert_close(sound[before], 0.8 * tone[before], atol=2e-4, rtol=0)
    torch.testing.assert_close(sound[after], 0.2 * tone[after], atol=2e-4, rtol=0)
    share = ((torch.arange(len(sound)) - asked) / (told["fade"] * rate)).clamp(0, 1).double()
    torch.testing.assert_close(sound[start + 1000 :], ((0.8 - 0.6 * share) * tone)[start + 1000 :], atol=2e-3, rtol=0)
    steepest = 0.8 * 2 * torch.pi * pitch / rate + 0.6 / (told["fade"] * rate)
    assert float(sound[start + 1000 :].diff().abs().max()) < 1.01 * steepest
    assert told["lead"] + told["fade"] < 0.030


def test_a_mix_that_changes_while_it_plays_goes_on_where_it_was(browser: Any, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.open()
        samples = visit.page.evaluate(
            """async () => {
              const { Player } = await import("/static/player.js");
              const rate = 48000;
              const context = new OfflineAudioContext(1, rate, rate);
              const player = new Player(context);
              const ramp = (sign) => {
                const buffer = context.createBuffer(1, 2 * rate, rate);
                const samples = buffer.getChannelData(0);
                for (let n = 0; n < samples.length; n += 1) samples[n] = sign * n / samples.length;
                return buffer;
              };
              player.setMix("a", ramp(1), 1);
              player.choose("a");
              player.play();
              context.suspend(0.5).then(() => { player.setMix("a", ramp(-1), 1); context.resume(); });
              return Array.from((await context.startRendering()).getChannelData(0));
            }"""
        )
    sound = torch.tensor(samples, dtype=torch.float64)
    place = (torch.arange(48000).double() - 960) / 96000
    torch.testing.assert_close(sound[2000:23000], place[2000:23000], atol=1e-4, rtol=0)
    torch.testing.assert_close(sound[27000:], -place[27000:], atol=1e-4, rtol=0)


def test_loudness_can_be_as_the_console_left_it(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        gains = "genMix.slots.map((slot) => genMix.player.voices.get(slot.id).level)"
        assert visit.page.evaluate(gains) == visit.page.evaluate("genMix.slots.map((slot) => slot.matched_gain)")
        visit.page.keyboard.press("e")
        assert visit.page.evaluate(gains) == visit.page.evaluate("genMix.slots.map((slot) => slot.natural_gain)")
        assert visit.page.get_by_role("button", name="Equal loudness").get_attribute("aria-pressed") == "false"


def test_blind_means_no_names_and_another_order(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        visit.page.keyboard.press("b")
        visit.until("document.querySelector('.card .name').textContent === 'A'")
        text = visit.page.locator("#main").inner_text()
        assert "Mix 1" not in text
        assert "seed" not in text
        assert visit.page.locator(".card .stage").count() == 0
        visit.page.keyboard.press("b")
        visit.until("document.querySelector('.card .name').textContent === 'Mix 1'")


def test_everything_can_be_done_by_keyboard(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        page = visit.page
        page.keyboard.press("2")
        moments = page.evaluate("genMix.view.history.moments.length")
        reached = set()
        for _ in range(200):
            page.keyboard.press("Tab")
            key = page.evaluate("document.activeElement.getAttribute('data-key') ?? ''")
            reached.add(key)
            if key == "track.0:fader_db:strip":
                break
        assert {"undo", "play", "loop", "sample", "vary", "range-share", "track.0:pan", key} <= reached | {"undo"}
        before = float(page.evaluate("document.activeElement.getAttribute('aria-valuenow')"))
        page.keyboard.press("ArrowDown")
        page.keyboard.press("PageDown")
        visit.until(f"genMix.view.history.moments.length === {moments + 2} && !genMix.draft")
        focused = page.evaluate("document.activeElement.getAttribute('data-key')")
        assert focused == "track.0:fader_db:strip"
        now = float(page.evaluate("document.activeElement.getAttribute('aria-valuenow')"))
        assert now == pytest.approx(before - 0.11 * 78, abs=0.2)
        page.keyboard.press("f")
        visit.until("genMix.slot(genMix.current).verdict === 'favourite'")
        page.keyboard.press("Control+z")
        visit.until("genMix.slot(genMix.current).verdict === ''")
        page.keyboard.press("Control+Shift+z")
        visit.until("genMix.slot(genMix.current).verdict === 'favourite'")
        page.keyboard.press("f")
        page.keyboard.press("?")
        assert page.get_by_role("dialog", name="Keys").is_visible()
        page.keyboard.press("Escape")


def test_a_fader_that_moves_is_soon_heard(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        fader = visit.page.locator("[data-key='track.1:fader_db:strip']")
        fader.scroll_into_view_if_needed()
        box = fader.bounding_box()
        buffer = "genMix.player.voices.get(genMix.current).buffer"
        visit.page.evaluate(f"globalThis.before = {buffer}")
        visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        visit.page.mouse.down()
        visit.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2 + 20, steps=4)
        started = time.monotonic()
        visit.until(f"{buffer} !== globalThis.before")
        assert time.monotonic() - started < 10  # of a session of two seconds; how long it takes is measured elsewhere
        moments = visit.page.evaluate("genMix.view.history.moments.length")
        visit.page.mouse.up()
        visit.until(f"genMix.view.history.moments.length === {moments + 1}")
        label = visit.page.evaluate("genMix.view.history.moments.at(-1).label")
        assert re.fullmatch(r"Mix \d: Kick level [−\d.]+ dB", label), label


def test_between_mixes_one_can_wander_and_stay(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        count = visit.page.evaluate("genMix.slots.length")
        box = visit.page.locator(".map").bounding_box()
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        visit.page.mouse.move(*middle)
        visit.page.mouse.down()
        visit.page.mouse.move(middle[0] + 30, middle[1] + 20, steps=5)
        visit.page.mouse.up()
        visit.until("genMix.player.current === 'between'")
        visit.page.get_by_role("button", name="Keep this").click()
        visit.until(f"genMix.slots.length === {count + 1}")
        assert "between" in visit.page.evaluate("genMix.slots.at(-1).origin")
        visit.until("genMix.current === genMix.slots.at(-1).id && genMix.player.current === genMix.current")
        visit.page.get_by_label("How far on the way").fill("0.25")
        visit.until("genMix.player.current === 'between'")
        buffer = "genMix.player.voices.get('between').buffer"
        for way in ("straight", "latent"):
            visit.until("!genMix.busy")
            visit.page.evaluate(f"globalThis.before = {buffer}")
            visit.page.get_by_label("Half-way is").select_option(way)
            visit.until(f"{buffer} !== globalThis.before")
            assert visit.page.evaluate("genMix.spot().way") == way
        visit.page.get_by_role("button", name="Leave").click()
        visit.until("genMix.player.current === genMix.current")


def test_a_name_is_only_ever_text(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.page.on("dialog", lambda dialog: visit.errors.append("a script of a file name ran"))
        visit.open(session)
        assert visit.page.locator(".strip .name").get_by_text("<img src=x onerror=alert(1)>").is_visible()
        assert visit.page.locator("main img").count() == 0
        blocked = visit.page.evaluate(
            """() => new Promise((resolve) => {
              document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective));
              const script = document.createElement("script");
              script.textContent = "globalThis.pwned = true";
              document.body.append(script);
              setTimeout(() => resolve("it ran"), 1000);
            })"""
        )
        assert blocked.startswith("script-src")
        visit.errors.clear()  # the browser said that it stopped the script


@pytest.mark.parametrize("width", [375, 1280])
def test_the_page_fits(browser: Any, address: str, session: str, width: int) -> None:
    with visiting(browser, address, width=width, height=740) as visit:
        visit.open(session)
        visit.page.evaluate("genMix.rename(genMix.slots[3].id, 'Wide and wet, with a louder voice')")
        visit.until("document.querySelector('[data-key=between-to]').textContent.includes('louder voice')")
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        outside = visit.page.evaluate(
            """() => [...document.querySelectorAll("button, select, input, [role=slider]")]
              .filter((element) => !element.closest(".strips, dialog") && element.offsetParent)
              .filter((element) => {
                const box = element.getBoundingClientRect();
                return box.left < -1 || box.right > innerWidth + 1;
              }).map((element) => element.outerHTML.slice(0, 120))"""
        )
        assert outside == []
        visit.page.evaluate("genMix.rename(genMix.slots[3].id, 'Mix 4')")
        visit.until("genMix.slots[3].name === 'Mix 4'")


def test_the_console_stays_where_it_was_scrolled_to(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address, width=700) as visit:
        visit.open(session)
        strips = "document.querySelector('.strips')"
        fades = f"['--left', '--right'].map((side) => {strips}.style.getPropertyValue(side))"
        visit.until(f"{strips}.scrollWidth > {strips}.clientWidth + 200 && {fades}.join() === '0px,32px'")
        visit.page.evaluate(f"{strips}.scrollLeft = 120; globalThis.before = {strips}")
        visit.page.keyboard.press("2")
        visit.until(f"{strips} !== globalThis.before && {fades}.join() === '32px,32px'")
        assert visit.page.evaluate(f"{strips}.scrollLeft") == 120


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(browser: Any, address: str, session: str, scheme: str) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe-core is not installed (pip install 'gen-mix[dev]')")
    with visiting(browser, address, scheme=scheme) as visit:
        for where in (None, session):
            visit.open(where)
            visit.page.wait_for_timeout(300)
            for panel in [None] if where is None else [None, "history", "take", "help"]:
                if panel is not None:
                    visit.page.locator(f"header [data-key={panel}], header [aria-label=Keys]").first.click() if (
                        panel != "help"
                    ) else visit.page.keyboard.press("?")
                    visit.page.wait_for_timeout(150)
                assert visit.barriers() == [], f"{scheme}, {where and 'session'}, {panel}"
                visit.page.keyboard.press("Escape")


def test_a_reload_shows_what_was_there(browser: Any, address: str, session: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(session)
        before = visit.page.locator(".card").all_inner_texts()
        visit.page.reload()
        visit.until("globalThis.genMix?.slots.length >= 4")
        visit.until("document.querySelectorAll('.card').length >= 4")
        visit.until("document.querySelectorAll('.card .stage').length >= 4")
        assert visit.page.locator(".card").all_inner_texts() == before


def test_without_the_token_the_page_says_so(browser: Any, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.page.goto(f"{address}/")
        visit.page.get_by_role("heading", name="This page is closed").wait_for()
        assert TOKEN not in visit.page.content()
        visit.errors.clear()  # the browser tells of the 403


def test_curves_on_the_page_are_those_of_the_console(browser: Any, address: str, session: str) -> None:
    generator = torch.Generator().manual_seed(3)
    is_track = torch.ones(1, 4, dtype=torch.bool)
    mask = LAYOUT.mask(is_track, torch.zeros_like(is_track))
    parameters = LAYOUT.canonical(MixParameters(torch.rand(mask.shape, generator=generator), mask))
    names = [str(place) for place in range(4)]
    settings = settings_of(parameters, names, names, [0.0] * 4)
    parameters = parameters_of(settings, [False] * 4)
    freqs = torch.logspace(1.31, 4.3, 50, dtype=torch.float64)
    expected = eq_response_db(parameters, "track", freqs, 44100)[0]
    with visiting(browser, address) as visit:
        visit.open(session)
        drawn = visit.page.evaluate(
            """async ([tracks, freqs]) => {
              const { response } = await import("/static/curves.js");
              return tracks.map((track) => response(track, 44100, freqs));
            }""",
            [settings["tracks"], freqs.tolist()],
        )
    torch.testing.assert_close(torch.tensor(drawn, dtype=torch.float64), expected, atol=1e-4, rtol=0)
