"""Facts about the pictures of a run: the map of its mixes, and how far they agree."""

import re
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
import torch

from gen_mix.console.layout import LAYOUT
from gen_mix.console.settings import settings_of
from gen_mix.evaluation.atlas import atlas_from_json, atlas_to_json, draw_atlas
from gen_mix.evaluation.heard import HEARD
from gen_mix.export.drawing import draw_spread, draw_strip, relative_levels_db, strips_of
from gen_mix.export.map_drawing import broken, draw_map
from gen_mix.export.spread_drawing import draw_sets
from gen_mix.mix import MixParameters

NAMES = ["<script>", 'Kick "in"', "A & B"]


def heard(mixes: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(mixes, len(NAMES), len(HEARD), generator=torch.Generator().manual_seed(seed))


def document(seed: int) -> dict[str, Any]:
    is_track = torch.ones(1, len(NAMES), dtype=torch.bool)
    mask = LAYOUT.mask(is_track, ~is_track)
    places = torch.rand(mask.shape, generator=torch.Generator().manual_seed(seed))
    settings = settings_of(LAYOUT.canonical(MixParameters(places, mask)), NAMES, NAMES, [0.0] * 3)
    return {**settings, "sample_rate": 44100}


def test_names_in_pictures_are_text() -> None:
    drawn = draw_map(heard(12), range(12), NAMES) + draw_spread(strips_of(document(0))[:1], [0.0])
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_few_mixes_span_no_map() -> None:
    assert draw_map(heard(2), range(2), NAMES) == ""
    assert draw_map(heard(3), range(3), NAMES).count('class="mix"') == 3


def test_mixes_that_agree_leave_no_band() -> None:
    strips, level = strips_of(document(1)), relative_levels_db(document(1))
    alone = draw_spread([strips[0]] * 4, [level[0]] * 4)
    widths = re.findall(r'class="band" x="[\d.]+" y="[\d.]+" width="([\d.]+)" height="([\d.]+)"', alone)
    assert widths == [("0.0", "8"), ("12", "0.0")]
    assert "±0" in alone


def test_the_band_reaches_from_the_lowest_to_the_highest() -> None:
    strips = [strips_of(document(seed))[0] for seed in range(5)]
    drawn = draw_spread(strips, [-6.0, 0.0, 3.0, -1.0, 2.0])
    ticks = [float(x) for x in re.findall(r'class="tick" x1="([\d.]+)" y1="5"', drawn)]
    x, width = (float(text) for text in re.findall(r'class="band" x="([\d.]+)" y="6" width="([\d.]+)"', drawn)[0])
    assert abs(x - min(ticks)) < 0.11
    assert abs(x + width - max(ticks)) < 0.21
    assert "−6.0" in drawn or "-6.0" in drawn


def test_the_map_keeps_the_largest_distances_and_no_axis_turns_by_chance() -> None:
    samples = heard(40)
    samples[..., 0] += 30 * torch.linspace(-1, 1, 40)[:, None]  # one thing sets the mixes apart
    atlas = draw_atlas(samples, range(40), NAMES)
    order = atlas.background[:, 0]
    assert abs(torch.corrcoef(torch.stack([torch.tensor(order), torch.linspace(-1, 1, 40).double()]))[0, 1]) > 0.99
    again = draw_atlas(samples.flip(0), range(40), NAMES)
    torch.testing.assert_close(torch.tensor(again.background), torch.tensor(atlas.background).flip(0))


def test_a_mix_has_one_place_whoever_else_is_on_the_map() -> None:
    atlas = draw_atlas(heard(30), range(30), NAMES)
    more = heard(8, seed=1)
    together = atlas.place(more)
    alone = torch.cat([torch.tensor(atlas.place(more[one : one + 1])) for one in range(8)])
    torch.testing.assert_close(torch.tensor(together), alone)
    torch.testing.assert_close(torch.tensor(atlas.place(heard(30))), torch.tensor(atlas.background))
    kept = atlas_from_json(atlas_to_json(atlas))
    torch.testing.assert_close(torch.tensor(kept.place(more)), torch.tensor(together))


def test_left_and_right_exchanged_is_near_on_the_map() -> None:
    samples = heard(30)
    pan = HEARD.index("pan")
    samples[..., pan] = samples[..., pan].clamp(-1, 1)
    mirrored, other = samples.clone(), samples.clone()
    mirrored[..., pan] *= -1
    other[..., pan] = 0
    atlas = draw_atlas(torch.cat([samples, mirrored, other]), range(90), NAMES)
    here, there, centred = (torch.tensor(atlas.place(one)) for one in (samples, mirrored, other))
    assert (here - there).norm(dim=1).mean() < (here - centred).norm(dim=1).mean()


def test_a_word_points_to_where_there_is_more_of_it() -> None:
    samples = heard(60)
    samples[:, 1, 0] += 40 * torch.linspace(-1, 1, 60)
    atlas = draw_atlas(samples, range(60), NAMES)
    first = atlas.directions[0]
    assert (first.word, first.opposite) == ('Kick "in" up', 'Kick "in" down')
    loudest = atlas.background[-1]
    assert loudest @ [first.x, first.y] > 0


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("wider", ["wider"]),
        ("03_distorted-electric-guitar-1 up", ["distorted-", "electric-", "guitar-1 up"]),
        ("more compressed", ["more", "compressed"]),
        ("02_drum-set down", ["drum-set", "down"]),
        ("x" * 60 + " up", ["x" * 12 + "…", "up"]),
        ("first second third fourth fifth sixth down", ["first second", "third fourth…", "down"]),
    ],
)
def test_words_on_a_map_are_broken_into_short_lines(words: str, lines: list[str]) -> None:
    assert broken(words, 12) == lines


def test_sets_of_mixes_are_one_picture_in_the_strips_of_all_others() -> None:
    sets = {"engineers & friends": [document(seed) for seed in range(4)], "one": [document(9)]}
    drawn = draw_sets(sets)
    root = fromstring(drawn)
    assert "<script>" not in drawn
    rows = root.findall("{http://www.w3.org/2000/svg}g")
    assert ["".join(row[0].itertext()) for row in rows] == ["engineers & friends", "one"]
    inner = re.sub(r"\s+", "", drawn)
    spread = draw_spread(
        [strips_of(mix)[1] for mix in sets["engineers & friends"]],
        [relative_levels_db(mix)[1] for mix in sets["engineers & friends"]],
    )
    alone = draw_strip(strips_of(sets["one"][0])[2], relative_levels_db(sets["one"][0])[2])
    for strip in (spread, alone):
        assert inner.count(re.sub(r"\s+", "", strip)) == 1


def test_more_tracks_than_fit_side_by_side_stand_below_each_once() -> None:
    made = [document(seed) for seed in range(2)]
    many = [
        {**one, "tracks": [{**track, "name": f"{track['name']} {n}"} for n in range(4) for track in one["tracks"]]}
        for one in made
    ]
    few, root = fromstring(draw_sets({"a": made})), fromstring(draw_sets({"a": many}))
    heads = root.findall("{http://www.w3.org/2000/svg}text")
    assert [head.text for head in heads] == [track["name"] for track in many[0]["tracks"]]
    assert len({(head.get("x"), head.get("y")) for head in heads}) == 12
    assert len(root.findall(".//{http://www.w3.org/2000/svg}svg")) >= 12
    assert float(root.get("width", 0)) < 2 * float(few.get("width", 0))
    assert float(root.get("height", 0)) == 3 * float(few.get("height", 0))
