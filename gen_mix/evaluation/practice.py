"""What engineers do with tracks, people and virtual ones in the same words."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray

from gen_mix.console.layout import EQ_BANDS, LAYOUT, TRACK
from gen_mix.loudness import REFERENCE_LUFS
from gen_mix.measurements import MEASUREMENTS, OCTAVES
from gen_mix.mix import MixParameters
from gen_mix.sessions.engineers.draw import draw_engineers
from gen_mix.sessions.engineers.human import HumanMix, HumanTrack, doubles
from gen_mix.sessions.engineers.prior import Prior, packaged_prior
from gen_mix.sessions.engineers.response import bell_power, shelf_power
from gen_mix.sessions.facts import TrackFacts
from gen_mix.sessions.instruments import INSTRUMENTS

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

USES = ("high_pass", "eq", "compressor", "reverb")
"""Processors whose use is counted."""

SETTINGS = ("high_pass_hz", "threshold_re_lufs_db", "ratio", "attack_ms", "release_ms")
"""Settings that are compared where the processor is on."""


@dataclass(frozen=True)
class Practice:
    """What engineers did, one row per track of a mix.

    Attributes:
        instrument: Place in `INSTRUMENTS`.
        recording: Number of the recorded track: the same in all mixes of it.
        panel: Number of the panel of engineers; people are one panel.
        level_db: Loudness of the recording plus fader, less the power sum of that over the mix.
        gain_db: Fader on the recording as it came.
        pan: -1 to 1.
        is_mono: Whether the recording is mono.
        uses: (rows, len(USES)).
        settings: (rows, len(SETTINGS)), NaN where the processor is off or nobody wrote it down.
        eq_db: Response of shelves and bells at the octaves (rows, 10), NaN where the equalizer is off.
    """

    instrument: NDArray[np.int64]
    recording: NDArray[np.int64]
    panel: NDArray[np.int64]
    level_db: Floats
    gain_db: Floats
    pan: Floats
    is_mono: Flags
    uses: Flags
    settings: Floats
    eq_db: Floats

    def where(self, rows: Flags) -> "Practice":
        """Return some rows."""
        return Practice(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def practice_of_people(mixes: Sequence[HumanMix]) -> Practice:
    """Return what people did."""
    tracks = [track for mix in mixes for track in mix.tracks]
    levels = [_level_db(np.array([t.loudness_lufs + t.fader_db for t in mix.tracks])) for mix in mixes]
    return Practice(
        instrument=np.array([INSTRUMENTS.index(track.instrument) for track in tracks]),
        recording=_recordings(mixes),
        panel=np.zeros(len(tracks), dtype=np.int64),
        level_db=np.concatenate(levels),
        gain_db=np.array([track.fader_db for track in tracks]),
        pan=np.array([track.pan for track in tracks]),
        is_mono=np.array([not track.is_stereo for track in tracks]),
        uses=np.array([[t.high_pass_hz is not None, t.has_eq, t.compressor is not None, t.has_reverb] for t in tracks]),
        settings=np.array([_settings(track) for track in tracks]),
        eq_db=np.array([_human_eq_db(track) for track in tracks]),
    )


def practice_of_virtual_engineers(
    mixes: Sequence[HumanMix], panels: int, seed: int, prior: Prior | None = None
) -> Practice:
    """Return what `panels` panels of virtual engineers do; in each, one of them mixes what one of the people mixed.

    Args:
        mixes: By people.
        panels: How often each mix is done again.
        seed: Of the engineers.
        prior: What is usual; the packaged one if None.
    """
    prior = packaged_prior() if prior is None else prior
    facts = facts_of_people(mixes, prior)
    generator = torch.Generator().manual_seed(seed)
    parts = [_one_panel(mixes, facts, panel, prior, generator) for panel in range(panels)]
    return Practice(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Practice)})


def facts_of_people(mixes: Sequence[HumanMix], prior: Prior) -> TrackFacts:
    """Return labels and measurements of the tracks that people mixed.

    Their audio is not at hand: a track measures what its class typically does, apart from its own loudness, give or
    take what recordings of one class differ by; every recording has its own deviation, the same in all mixes. The lead
    is the loudest recording among the tracks that are called lead vocal.
    """
    most = max(len(mix.tracks) for mix in mixes)
    shape = (len(mixes), most)
    instrument = torch.zeros(shape, dtype=torch.int64)
    is_track, is_stereo, is_lead = (torch.zeros(shape, dtype=torch.bool) for _ in range(3))
    double_of = torch.full(shape, -1)
    loudness = torch.full(shape, REFERENCE_LUFS)
    for row, mix in enumerate(mixes):
        count = len(mix.tracks)
        is_track[row, :count] = True
        instrument[row, :count] = torch.tensor([INSTRUMENTS.index(track.instrument) for track in mix.tracks])
        is_stereo[row, :count] = torch.tensor([track.is_stereo for track in mix.tracks])
        double_of[row, :count] = torch.tensor(doubles(mix.tracks))
        loudness[row, :count] = torch.tensor([track.loudness_lufs for track in mix.tracks])
        leads = [place for place, track in enumerate(mix.tracks) if track.instrument == "lead_vocal"]
        if leads:
            is_lead[row, max(leads, key=lambda place: mix.tracks[place].loudness_lufs)] = True
    measurements = prior.typical[instrument] + _deviations(mixes, most)
    measurements[..., MEASUREMENTS.index("loudness_lufs")] = loudness
    return TrackFacts(
        instrument, is_track, is_stereo, is_lead, double_of, measurements.masked_fill(~is_track[..., None], 0)
    )


def _deviations(mixes: Sequence[HumanMix], most: int) -> torch.Tensor:
    """Return by how much recordings differ from their class (mixes, most, measurements); their names are the seeds."""
    sizes = torch.tensor([_deviation_of(name) for name in MEASUREMENTS])
    deviations = torch.zeros(len(mixes), most, len(MEASUREMENTS))
    for row, mix in enumerate(mixes):
        for place, track in enumerate(mix.tracks):
            seed = zlib.crc32(f"{track.song}/{track.file}".encode())
            generator = torch.Generator().manual_seed(seed)
            deviations[row, place] = sizes * torch.randn(len(MEASUREMENTS), generator=generator)
    return deviations


def _deviation_of(name: str) -> float:
    """Return the standard deviation of a measurement between recordings of one class."""
    sizes = {"octave": 4.0, "crest": 2.0, "low_end": 0.5, "centroid": 0.6}
    return next((size for prefix, size in sizes.items() if name.startswith(prefix)), 0.0)


def _one_panel(
    mixes: Sequence[HumanMix], facts: TrackFacts, panel: int, prior: Prior, generator: torch.Generator
) -> Practice:
    parameters = draw_engineers(facts, generator, prior).parameters
    is_track = facts.is_track
    loudness = np.array([track.loudness_lufs for mix in mixes for track in mix.tracks])

    def knob(name: str) -> Floats:
        return LAYOUT.value(parameters, TRACK, name)[is_track].double().numpy()

    def switch(name: str) -> Flags:
        return knob(name) >= 0.5

    bands_on = np.stack([switch(f"eq.{band}.on") for band in EQ_BANDS], axis=-1)
    has_eq = np.asarray(bands_on.any(-1))
    uses = [switch("high_pass.on"), has_eq, switch("compressor.on"), switch("reverb_send.on")]
    levels = REFERENCE_LUFS + LAYOUT.value(parameters, TRACK, "fader_db").double().numpy()
    settings = np.stack(
        [
            np.where(uses[0], knob("high_pass.freq_hz"), np.nan),
            knob("compressor.threshold_db") - REFERENCE_LUFS,
            *(knob(f"compressor.{name}") for name in ("ratio", "attack_ms", "release_ms")),
        ],
        axis=-1,
    )
    settings[~uses[2], 1:] = np.nan
    return Practice(
        instrument=facts.instrument[is_track].numpy(),
        recording=_recordings(mixes),
        panel=np.full(len(loudness), panel),
        level_db=np.concatenate([_level_db(levels[row, : len(mix.tracks)]) for row, mix in enumerate(mixes)]),
        gain_db=knob("fader_db") + REFERENCE_LUFS - loudness,
        pan=knob("pan"),
        is_mono=~facts.is_stereo[is_track].numpy(),
        uses=np.stack(uses, axis=-1),
        settings=settings,
        eq_db=np.where(has_eq[:, None], np.asarray(_virtual_eq_db(parameters))[is_track.numpy()], np.nan),
    )


def _level_db(loudness: Floats) -> Floats:
    """Return loudnesses (tracks,) re their power sum, dB."""
    return np.asarray(loudness - 10 * np.log10(np.sum(10 ** (loudness / 10))))


def _recordings(mixes: Sequence[HumanMix]) -> NDArray[np.int64]:
    names = [(track.song, track.file) for mix in mixes for track in mix.tracks]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names])


def _settings(track: HumanTrack) -> list[float]:
    found = dict(track.compressor or {})
    return [
        track.high_pass_hz or np.nan,
        found.get("threshold_db", np.nan) - track.loudness_lufs,
        *(found.get(name, np.nan) for name in ("ratio", "attack_ms", "release_ms")),
    ]


def _octaves_hz() -> torch.Tensor:
    return 1000 * torch.exp2(torch.arange(len(OCTAVES)) - 5.0)


def _human_eq_db(track: HumanTrack) -> Floats:
    if not track.has_eq:
        return np.full(len(OCTAVES), np.nan)
    total = torch.zeros(len(OCTAVES))
    for band in track.bands:
        ratio, root_gain = _octaves_hz() / band.freq_hz, torch.tensor(10 ** (band.gain_db / 40))
        total += 10 * torch.log10(_power(band.kind, ratio, root_gain, torch.tensor(band.q)))
    return total.double().numpy()


def _virtual_eq_db(parameters: MixParameters) -> Floats:
    """Return the response of all bands that are on, at the octaves (batch, tracks, 10)."""
    total = torch.zeros(())
    for band in EQ_BANDS:
        freq, gain, q, is_on = (
            LAYOUT.value(parameters, TRACK, f"eq.{band}.{name}")[..., None]
            for name in ("freq_hz", "gain_db", "q", "on")
        )
        root_gain = 10 ** (torch.where(is_on >= 0.5, gain, 0.0) / 40)
        total = total + 10 * torch.log10(_power(band, _octaves_hz() / freq, root_gain, q))
    return total.double().numpy()


def _power(kind: str, ratio: torch.Tensor, root_gain: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    if kind.startswith("bell"):
        return bell_power(ratio, root_gain, q)
    return shelf_power(ratio, root_gain, q, int(kind == "high_shelf"))
