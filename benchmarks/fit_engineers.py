"""Fit the table of the virtual engineers to what people did, and write it.

    python benchmarks/fit_engineers.py HUMAN.json [--leave-out SONG ...] [--out prior.json]

Numbers that can be read off the human settings (frequencies, gains, ratios, times, shares of tracks panned to centre,
half and hard) are taken over, each shrunk towards the present table as if that had been seen on some tracks. Numbers
that act through the whole engineer (levels, their spread, rates of use, weights of the pan mixture) are found by
drawing engineers for the same songs and moving the table by what is left between them and people. Classes that
nobody mixed move with a relative.
"""

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import gen_mix.sessions.engineers as engineers
from gen_mix.console.layout import EQ_BANDS, LAYOUT, TRACK
from gen_mix.evaluation.engineers import spread_on_one_track
from gen_mix.evaluation.practice import Practice, facts_of_people, practice_of_people, practice_of_virtual_engineers
from gen_mix.sessions.engineers.human import HumanMix, HumanTrack, read_human_mixes
from gen_mix.sessions.engineers.prior import stack_prior
from gen_mix.sessions.instruments import INSTRUMENTS

Table = dict[str, Any]

SEEN_BEFORE = 8
"""Tracks that the present table counts for."""

ROUNDS, PANELS = 12, 16

RELATIVES = {
    "piano": "keys_epiano",
    "organ": "keys_epiano",
    "synth_lead": "keys_epiano",
    "synth_pad": "keys_epiano",
    "strings": "keys_epiano",
    "brass": "keys_epiano",
    "sax_woodwind": "keys_epiano",
    "egtr_lead": "egtr_rhythm",
    "synth_bass": "bass",
    "drum_loop": "overheads",
    "fx": "percussion",
}

RATES = {"high_pass": 0, "eq_use": 1, "compressor": 2, "reverb": 3}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("human", type=Path)
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="SONG")
    home = Path(engineers.__file__).with_name("prior.json")
    parser.add_argument("--start", type=Path, default=home)
    parser.add_argument("--out", type=Path, default=home)
    options = parser.parse_args()
    mixes = [mix for mix in read_human_mixes(options.human) if mix.song not in options.leave_out]
    table = fit(json.loads(options.start.read_text(encoding="utf-8")), mixes)
    options.out.write_text(write_table(table), encoding="utf-8")


def fit(start: Table, mixes: Sequence[HumanMix]) -> Table:
    """Return the table `start` fitted to `mixes`."""
    table = json.loads(json.dumps(start))
    by_class: dict[str, list[HumanTrack]] = {}
    for mix in mixes:
        for track in mix.tracks:
            by_class.setdefault(track.instrument, []).append(track)
    measured = {name: tracks for name, tracks in by_class.items() if name not in RELATIVES}
    for name, tracks in measured.items():
        read_off(table["instruments"][name], tracks)
    people = practice_of_people(mixes)
    facts = facts_of_people(mixes, stack_prior(table))
    is_lead = facts.is_lead[facts.is_track].numpy()
    for turn in range(ROUNDS):
        virtual = practice_of_virtual_engineers(mixes, PANELS, turn, stack_prior(table))
        step = 0.9 / (1 + turn / 3)  # later rounds only average out the chance of the draws
        for name in measured:
            adjust(table["instruments"][name], INSTRUMENTS.index(name), people, virtual, is_lead, step)
        gap = _median_gap(people.level_db, virtual.level_db, is_lead, np.tile(is_lead, PANELS))
        for style in table["styles"].values():
            style["lead_to_rest_db"][0] = _round(style["lead_to_rest_db"][0] + step * gap)
    for name, relative in RELATIVES.items():
        follow(
            table["instruments"][name],
            start["instruments"][name],
            *(t["instruments"][relative] for t in (table, start)),
        )
    return table


def read_off(entry: Table, tracks: Sequence[HumanTrack]) -> None:
    """Move what can be read off settings, in place."""
    corners = [track.high_pass_hz for track in tracks if track.high_pass_hz is not None]
    entry["high_pass"][1:3] = _log2_fit(corners, *entry["high_pass"][1:3])
    eqs = [track for track in tracks if track.has_eq]
    for band in EQ_BANDS:
        _read_off_band(entry["eq"][band], band, eqs, entry["eq_use"])
    chains = [track.compressor for track in tracks if track.compressor is not None]
    compressor = entry["compressor"]
    found = {name: [c[name] for c in chains if c.get(name, 0) > 0] for name in ("ratio", "attack_ms", "release_ms")}
    compressor[1] = _shrunk(np.clip(found["ratio"], 1.2, 12), compressor[1])
    compressor[2] = _shrunk_value(
        _robust_sd(np.log(np.clip(found["ratio"], 1.2, 12))), compressor[2], len(found["ratio"])
    )
    compressor[5] = _shrunk(found["attack_ms"], compressor[5])
    compressor[6] = _shrunk(found["release_ms"], compressor[6])
    delays = [track.has_delay for track in tracks]
    entry["delay"][0] = max(0.02, _shrunk_value(float(np.mean(delays)), entry["delay"][0], len(delays)))
    widths = [track.width for track in tracks if track.is_stereo]
    entry["width"][0] = _shrunk_value(float(np.mean(widths)) if widths else 1.0, entry["width"][0], len(widths))
    sizes = np.abs([track.pan for track in tracks if not track.is_stereo])
    _read_off_pan(entry, sizes)


def _read_off_band(entry: list[float], band: str, tracks: Sequence[HumanTrack], use: float) -> None:
    spec = LAYOUT.spec(TRACK, f"eq.{band}.freq_hz")
    kind = "bell" if band.startswith("bell") else band
    chosen = [
        [b for b in track.bands if b.kind == kind and (kind != "bell" or spec.low <= b.freq_hz < spec.high)]
        for track in tracks
    ]
    share = float(np.mean([bool(bands) for bands in chosen])) if chosen else 0.0
    entry[0] = _round(use * _shrunk_value(share, entry[0] / use, len(chosen)))
    bands = [b for some in chosen for b in some]
    entry[1:3] = _log2_fit([min(max(b.freq_hz, spec.low), spec.high) for b in bands], *entry[1:3])
    gains = np.clip([b.gain_db for b in bands], -15, 15)
    entry[3] = _shrunk_value(float(np.mean(gains)) if bands else 0.0, entry[3], len(bands))
    entry[4] = _shrunk_value(min(float(np.std(gains)), 6.5) if bands else 0.0, entry[4], len(bands))
    entry[5] = _shrunk([b.q for b in bands], entry[5])


def _read_off_pan(entry: Table, sizes: np.ndarray) -> None:
    """Make the mixture centre, half, hard; its weights are adjusted later."""
    half = sizes[(sizes >= 0.08) & (sizes <= 0.92)]
    usual = entry["pan"][1] if len(entry["pan"]) == 3 and entry["pan"][0][1] == 0 else [1, 0.45, 0.18]
    mean = _shrunk_value(float(half.mean()) if len(half) else 0.45, usual[1], len(half))
    sd = _shrunk_value(float(half.std()) if len(half) else 0.18, usual[2], len(half))
    shares = _pan_shares(sizes)
    entry["pan"] = [[shares[0], 0, 0.01], [shares[1], mean, sd], [shares[2], 0.99, 0.02]]


def _pan_shares(sizes: np.ndarray) -> list[float]:
    count = np.histogram(sizes, [0, 0.08, 0.92, 1.001])[0] + 0.5
    return [_round(share) for share in count / count.sum()]


def adjust(entry: Table, number: int, people: Practice, virtual: Practice, is_lead: np.ndarray, step: float) -> None:
    """Move what acts through the whole engineer by what is left between the two, in place."""
    panels = len(virtual.panel) // len(people.panel)
    rows, drawn = people.instrument == number, virtual.instrument == number
    others, others_drawn = rows & ~is_lead, drawn & ~np.tile(is_lead, panels)
    gap = _median_gap(people.level_db, virtual.level_db, others, others_drawn)
    entry["level_db"][0] = _round(entry["level_db"][0] + step * gap)
    spreads = [
        np.median(spread_on_one_track(side.level_db[keep], side.where(keep)))
        for side, keep in ((people, rows), (virtual, drawn))
    ]
    if np.isfinite(spreads).all():
        entry["level_db"][1] = _round(min(max(entry["level_db"][1] * (spreads[0] / spreads[1]) ** step, 0.8), 7.0))
    for name, column in RATES.items():
        human = people.uses[rows, column].mean() * 0.98 + 0.01
        found = virtual.uses[drawn, column].mean() * 0.98 + 0.01
        _shift_rate(entry, name, step * (_logit(human) - _logit(found)))
    mono, mono_drawn = others & people.is_mono, others_drawn & virtual.is_mono
    if mono.any():
        wanted, got = (_pan_shares(np.abs(s.pan[k])) for s, k in ((people, mono), (virtual, mono_drawn)))
        weights = np.array([part[0] for part in entry["pan"]]) * (np.array(wanted) / np.array(got)) ** step
        middle = np.median(np.abs(people.pan[rows]))
        if middle > 0.08:  # a median between two modes is only as steady as the share beyond it
            beyond = [np.mean(np.abs(side.pan[keep]) >= middle) for side, keep in ((people, rows), (virtual, drawn))]
            weights[1:] *= ((beyond[0] + 0.02) / beyond[1]) ** (2 * step)
        for part, weight in zip(entry["pan"], weights / weights.sum(), strict=True):
            part[0] = _round(max(weight, 0.002))
        medians = [np.median(np.abs(side.pan[keep])) for side, keep in ((people, mono), (virtual, mono_drawn))]
        if min(medians) > 0.08 and max(medians) < 0.92:
            entry["pan"][1][1] = _round(min(max(entry["pan"][1][1] + 0.5 * step * (medians[0] - medians[1]), 0.2), 0.7))


def _shift_rate(entry: Table, name: str, shift: float) -> None:
    old = entry[name] if name == "eq_use" else entry[name][0]
    new = _round(min(max(1 / (1 + math.exp(-_logit(old) - shift)), 0.01), 0.98))
    if name == "eq_use":
        for band in entry["eq"].values():
            band[0] = _round(band[0] * new / old)
        entry[name] = new
    else:
        entry[name][0] = new


def follow(entry: Table, before: Table, relative: Table, relative_before: Table) -> None:
    """Move a class that nobody mixed as its relative moved, in place."""
    entry["level_db"][0] = _round(before["level_db"][0] + relative["level_db"][0] - relative_before["level_db"][0])
    entry["level_db"][1] = _round(before["level_db"][1] * relative["level_db"][1] / relative_before["level_db"][1])
    for band, values in entry["eq"].items():
        values[4] = _round(values[4] * min(max(relative["eq"][band][4] / relative_before["eq"][band][4], 0.5), 2.0))
    for name in RATES:
        old, new = (side[name] if name == "eq_use" else side[name][0] for side in (relative_before, relative))
        _shift_rate(entry, name, _logit(new) - _logit(old))


def _median_gap(people: np.ndarray, virtual: np.ndarray, rows: np.ndarray, drawn: np.ndarray) -> float:
    return float(np.median(people[rows]) - np.median(virtual[drawn])) if rows.any() else 0.0


def _log2_fit(values: Sequence[float], usual: float, sd: float) -> list[float]:
    if not len(values):
        return [usual, sd]
    logs = np.log2(values)
    middle = _shrunk_value(float(np.median(logs)), math.log2(usual), len(values))
    return [_round(2**middle), _shrunk_value(_robust_sd(logs), sd, len(values))]


def _shrunk(values: Sequence[float] | np.ndarray, usual: float) -> float:
    """Return the median of positive `values` drawn towards `usual`, on a scale of ratios."""
    if not len(values):
        return usual
    middle = _shrunk_value(float(np.median(np.log(np.maximum(values, 1e-2)))), math.log(usual), len(values))
    return _round(math.exp(middle))


def _shrunk_value(found: float, usual: float, count: int) -> float:
    return _round((count * found + SEEN_BEFORE * usual) / (count + SEEN_BEFORE))


def _robust_sd(values: np.ndarray) -> float:
    low, high = np.percentile(values, [25, 75]) if len(values) else (0.0, 0.0)
    return float(high - low) / 1.35


def _logit(probability: float) -> float:
    probability = min(max(probability, 0.005), 0.995)
    return math.log(probability / (1 - probability))


def _round(value: float) -> float:
    return float(f"{value:.3g}")


def write_table(table: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table as JSON with one entry a line."""
    classes = [f'  "{name}": {{\n{_lines(entry)}\n  }}' for name, entry in table["instruments"].items()]
    styles = [f'  "{name}": {json.dumps(style)}' for name, style in table["styles"].items()]
    return '{\n "instruments": {\n' + ",\n".join(classes) + '\n },\n "styles": {\n' + ",\n".join(styles) + "\n }\n}\n"


def _lines(entry: Mapping[str, Any]) -> str:
    write: Callable[[str], str] = lambda name: json.dumps(entry[name])  # noqa: E731
    lines = []
    for name in entry:
        if name == "eq":
            bands = ",\n".join(f'    "{band}": {json.dumps(values)}' for band, values in entry["eq"].items())
            lines.append(f'   "eq": {{\n{bands}\n   }}')
        else:
            lines.append(f'   "{name}": {write(name)}')
    return ",\n".join(lines)


if __name__ == "__main__":
    main()
