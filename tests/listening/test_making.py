"""Facts about listening tests before anybody listens: fair material, balanced orders, nothing given away."""

import json
import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import soundfile
import torch
import yaml

from gen_mix.audio import write_audio
from gen_mix.cli import main
from gen_mix.listening.configurations import Question, waet_xml, webmushra_yaml
from gen_mix.listening.design import plan, stimuli_of, williams_orders
from gen_mix.listening.material import Excerpt, read_material
from gen_mix.listening.page import page_html
from gen_mix.listening.results import read_key, read_results
from gen_mix.loudness import loudness_lufs
from gen_mix.true_peak import true_peak_dbtp
from tests.listening.mixes import RATE, write_mixes

SYSTEMS = ["system 0", "system 1", "system 2"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("test")
    write_mixes(folder / "mixes", songs=2, systems=3, seconds=1.0)
    out = ["--out", str(folder / "made"), "--listeners", "12", "--repeats", "1", "--question", "Liking?=low..high"]
    assert main(["listening-test", "make", str(folder / "mixes"), *out, "--loudness", "-14"]) == 0
    return folder / "made"


@pytest.mark.parametrize("items", range(1, 10))
def test_every_item_is_as_often_at_every_place_and_behind_every_other(items: int) -> None:
    orders = williams_orders(items)
    assert all(sorted(order) == list(range(items)) for order in orders)
    places = Counter((place, item) for order in orders for place, item in enumerate(order))
    assert set(places.values()) == {len(orders) // items}
    assert len(places) == items**2
    followers = Counter(pair for order in orders for pair in pairwise(order))
    assert len(followers) == items * (items - 1)
    assert len(set(followers.values())) <= 1


def test_a_plan_is_balanced_over_listeners_and_shows_all_to_each() -> None:
    stimuli = stimuli_of(["a", "b", "c"], ["x", "y", "z"], repeats=1, seed=0)
    turns = plan(stimuli, 12)
    for turn in turns:
        assert sorted(page.song for page in turn) == ["a", "b", "c"]
        assert {token for page in turn for token in page.tokens} == {stimulus.token for stimulus in stimuli}
    firsts = Counter(page.tokens[0] for turn in turns for page in turn)
    assert set(firsts.values()) == {3}


def test_repeats_go_round_the_systems_and_names_tell_nothing() -> None:
    stimuli = stimuli_of(["a", "b", "c"], SYSTEMS, repeats=1, seed=3)
    assert sorted(stimulus.system for stimulus in stimuli if stimulus.is_repeat) == SYSTEMS
    tokens = [stimulus.token for stimulus in stimuli]
    assert len(set(tokens)) == len(tokens) == 12
    assert all(token.isalnum() and token[0].isalpha() and len(token) == 8 for token in tokens)
    assert tokens != [stimulus.token for stimulus in stimuli_of(["a", "b", "c"], SYSTEMS, repeats=1, seed=4)]


def test_stimuli_are_equally_long_and_loud_and_below_the_ceiling(made: Path) -> None:
    infos, loudness = [], []
    manifest = json.loads((made / "manifest.json").read_text())
    for token, entry in manifest["stimuli"].items():
        path = made / "test" / "stimuli" / f"{token}.wav"
        infos.append(soundfile.info(path))
        audio = torch.from_numpy(soundfile.read(path, dtype="float32")[0].T.copy())
        loudness.append(loudness_lufs(audio, RATE))
        assert true_peak_dbtp(audio, RATE) <= -0.99
        assert entry["loudness_lufs"] == pytest.approx(loudness[-1], abs=0.01)
        assert audio[:, 0].abs().max() < 1e-4
    assert max(loudness) - min(loudness) <= 0.02
    assert {(info.frames, info.samplerate, info.channels, info.subtype) for info in infos} == {
        (RATE, RATE, 2, "PCM_24")
    }


def test_the_loudness_is_as_asked_or_the_most_that_peaks_allow(tmp_path: Path) -> None:
    write_mixes(tmp_path / "mixes", songs=1, systems=2, seconds=1.0)
    quiet = read_material(tmp_path / "mixes", Excerpt(), -40.0)
    assert {sound.loudness_lufs for sound in quiet.sounds["song 0"].values()} == {-40.0}
    loud = read_material(tmp_path / "mixes", Excerpt(), -5.0).sounds["song 0"].values()
    assert max(sound.true_peak_dbtp for sound in loud) == pytest.approx(-1.0)
    assert len({sound.loudness_lufs for sound in loud}) == 1


def test_what_listeners_get_tells_no_system(made: Path) -> None:
    for path in (made / "test").rglob("*"):
        assert "system" not in path.name
        if path.suffix in (".html", ".yaml", ".xml"):
            assert "system 0" not in path.read_text(encoding="utf-8")
            assert "song 0" not in path.read_text(encoding="utf-8")
    key = read_key(made / "key.json")
    assert {stimulus.system for stimulus in key.stimuli.values()} == set(SYSTEMS)
    assert len(key.stimuli) == 8


def test_configurations_name_every_stimulus_and_every_question() -> None:
    stimuli = stimuli_of(["a", "b"], SYSTEMS, repeats=1, seed=0)
    questions = [Question("How: #1 <good>?", "no", "yes"), Question("Clear?")]
    tokens = {stimulus.token for stimulus in stimuli}
    for reference in (None, "system 1"):
        document = yaml.safe_load(webmushra_yaml("T: #x", questions, stimuli, reference))
        assert document["testname"] == "T: #x"
        kind, *pages = document["pages"][0]
        assert kind == "random"
        assert len(pages) == 2 * 3
        assert document["pages"][-1]["type"] == "finish"
        paths = {path for page in pages for path in (*page["stimuli"].values(), page.get("reference")) if path}
        assert paths == {f"configs/stimuli/{token}.wav" for token in tokens}
        assert all(page["strict"] is False for page in pages if page["type"] == "mushra")
    root = fromstring(waet_xml(questions, stimuli))
    assert [page.get("id") for page in root.findall("page")] == ["song_1", "song_2"]
    assert {element.get("url") for element in root.iter("audioelement")} == {f"{token}.wav" for token in tokens}
    assert [title.text for title in root.findall("page/interface/title")] == ["How: #1 <good>?", "Clear?"] * 2
    assert [child.tag for child in root.find("setup")] == ["survey", "metric", "interface"]


def test_the_page_holds_names_that_would_end_its_script() -> None:
    stimuli = stimuli_of(["a"], SYSTEMS, repeats=0, seed=0)
    html = page_html("</script><img>", [Question("</script>")], plan(stimuli, 2))
    assert html.count("</script>") == 2
    assert "<img>" not in html


def test_answers_are_read_with_what_they_are_about_and_the_last_counts(made: Path, tmp_path: Path) -> None:
    key = read_key(made / "key.json")
    token = next(token for token, stimulus in key.stimuli.items() if stimulus.is_repeat)
    head = "listener,name,song,stimulus,question,value\n"
    (tmp_path / "a.csv").write_text(f"{head}1,Ada,1,{token},Liking?,40\n1,Ada,2,,different,70\n")
    (tmp_path / "b.csv").write_text(f"{head}1,Ada,1,{token},Liking?,60\n")
    ratings = read_results([tmp_path / "a.csv", tmp_path / "b.csv"], key)
    assert [(rating.value, rating.is_repeat, rating.system != "") for rating in ratings] == [
        (60, True, True),
        (70, False, False),
    ]
    assert ratings[1].song == "song 1"


def test_answers_of_webmushra_are_read_too(made: Path, tmp_path: Path) -> None:
    key = read_key(made / "key.json")
    token = next(iter(key.stimuli))
    head = "session_test_id,listener,session_uuid,trial_id"
    (tmp_path / "mushra.csv").write_text(
        f"{head},rating_stimulus,rating_score,rating_time,rating_comment\n"
        f"t,Ada,u1,song_1_question_1,{token},77,1,\nt,Ada,u1,song_1_question_1,reference,100,1,\n"
    )
    (tmp_path / "lms.csv").write_text(
        f"{head},stimuli_rating,stimuli,rating_time\nt,Ada,u1,song_1_accept,1,{token},2\n"
    )
    ratings = read_results([tmp_path / "mushra.csv", tmp_path / "lms.csv"], key)
    assert [(rating.question, rating.value) for rating in ratings] == [("Liking?", 77), ("accept", 1)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "got none"),
        ("a,b\n1,2\n", "expected columns"),
        ("listener,name,song,stimulus,question,value\n1,x,1,zz,q,1\n", "line 2"),
    ],
)
def test_results_that_do_not_belong_are_refused(made: Path, tmp_path: Path, capsys, content: str, said: str) -> None:
    (tmp_path / "r.csv").write_text(content)
    key, out = made / "key.json", tmp_path / "out"
    assert main(["listening-test", "analyse", str(tmp_path / "r.csv"), "--key", str(key), "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not out.exists()


def test_mixes_that_cannot_be_compared_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_mixes(tmp_path / "mixes", songs=2, systems=2, seconds=1.0)
    make = ["listening-test", "make", str(tmp_path / "mixes"), "--out", str(tmp_path / "out")]
    assert main([*make, "--start", "0.9"]) == 2
    assert main([*make, "--reference", "nobody"]) == 2
    (tmp_path / "mixes" / "song 1" / "system 1.wav").unlink()
    assert main(make) == 2
    write_audio(tmp_path / "mixes" / "song 1" / "system 1.wav", torch.zeros(2, 2 * RATE), RATE)
    assert main(make) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 4
    for error, said in zip(errors, ("excerpt", "--reference nobody", "same systems", "silence"), strict=True):
        assert said in error
    assert not (tmp_path / "out").exists()


def test_a_whole_test_is_analysed_and_finds_the_better_system(made: Path, tmp_path: Path) -> None:
    key = read_key(made / "key.json")
    generator = torch.Generator().manual_seed(0)
    rows = ["listener,name,song,stimulus,question,value"]
    for listener in range(12):
        for token, stimulus in key.stimuli.items():
            quality = 40 + 15 * SYSTEMS.index(stimulus.system) + 5 * float(torch.randn((), generator=generator))
            rows.append(f"{listener},L,1,{token},Liking?,{quality:.1f}")
            rows.append(f"{listener},L,1,{token},accept,{int(quality > 55)}")
        rows += [f"{listener},L,{song},,different,30" for song in (1, 2)]
    (tmp_path / "r.csv").write_text("\n".join(rows))
    out = tmp_path / "out"
    files = ["--key", str(made / "key.json"), "--out", str(out)]
    assert main(["listening-test", "analyse", str(tmp_path / "r.csv"), *files]) == 0
    report = json.loads((out / "report.json").read_text())
    answer = report["questions"]["Liking?"]
    values = [answer["means"][system]["value"] for system in SYSTEMS]
    assert values == pytest.approx([40, 55, 70], abs=3)
    assert all(pair["p_holm"] < 0.01 and pair["rank_biserial"] == -1 for pair in answer["comparisons"])
    assert answer["repeats"]["correlation"] > 0.5
    assert report["accepted"]["system 2"]["value"] > 0.9 > 0.1 > report["accepted"]["system 0"]["value"]
    assert report["difference"]["mean"] == 30
    assert (out / "question_1.png").stat().st_size > 5000
    assert "Friedman" in (out / "report.md").read_text()
    assert not math.isnan(answer["mixed_model"]["p"])
