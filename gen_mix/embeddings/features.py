"""What a track sounds like, in numbers that do not depend on its gain: log-mel statistics, attacks, pitch, modulation.

They are made to tell instruments apart whatever their timbre: where the energy lies, how it moves, how a note begins
and ends, and how much of it is a tone. All levels are relative to the track's own.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from gen_mix.audio import resample
from gen_mix.embeddings.mel import WIDE_BANDS, mel_bands, wide_bands
from gen_mix.embeddings.notes import NOTE_FEATURES, PITCH_FEATURES, note_features, pitch_features
from gen_mix.loudness import NOISE_FLOOR_DBFS
from gen_mix.measurements import active_blocks, block_power, blocks_of


@dataclass(frozen=True)
class FeatureGroup:
    """A run of features with one meaning.

    Attributes:
        name: Of the group.
        size: Number of features, at least 1.
    """

    name: str
    size: int


MEL_BANDS = 64

GROUPS = (
    FeatureGroup("spectrum_db", MEL_BANDS),  # of the mean power, mean over bands taken away
    FeatureGroup("log_mean_db", MEL_BANDS),  # mean level over active frames, mean over bands taken away
    FeatureGroup("log_deviation_db", MEL_BANDS),  # standard deviation of the level over active frames
    FeatureGroup("flux_db", MEL_BANDS // 2),  # mean rise from frame to frame
    FeatureGroup("tonality_db", 2 * len(WIDE_BANDS)),  # highest bin over mean bin: mean and deviation
    FeatureGroup("modulation", 6 * len(WIDE_BANDS)),  # share of the envelope's movement in octaves from 0.6 Hz
    FeatureGroup("centre", 4),  # of the spectrum, over frames: deviation, and 10, 50, 90 % points
    FeatureGroup("levels_db", 7),  # percentiles of the frame's level below the loudest, all frames
    FeatureGroup("width_db", 4),  # side over mid in wide bands
    FeatureGroup("notes", NOTE_FEATURES),
    FeatureGroup("pitch", PITCH_FEATURES),
)

FEATURES = sum(group.size for group in GROUPS)
"""Number of features of a track."""

FRAME_SECONDS = 2048 / 44100
_EXCERPT_SECONDS = 2.5
_EXCERPTS = 8
_HIGHEST_RATE_HZ = 48000
_FLOOR_DB = -70.0


def group_slice(name: str) -> slice:
    """Return where a group of features lies.

    Raises:
        ValueError: There is no such group.
    """
    names = [group.name for group in GROUPS]
    if name not in names:
        raise ValueError(f"expected a group of {', '.join(names)}, got {name}")
    start = sum(group.size for group in GROUPS[: names.index(name)])
    return slice(start, start + GROUPS[names.index(name)].size)


def track_features(audio: Tensor, sample_rate: int) -> Tensor:
    """Return the features of a track, the same at any gain.

    Args:
        audio: (1 or 2, samples), of any length. Two channels are taken together by power.
        sample_rate: In Hz.

    Returns:
        (FEATURES,) float32, finite; zeros for a track that is silent.

    Raises:
        ValueError: The audio is not (1 or 2, samples).
    """
    if audio.ndim != 2 or audio.shape[0] not in (1, 2):
        raise ValueError(f"expected audio (1 or 2, samples), got {tuple(audio.shape)}")
    peak = audio.abs().max() if audio.shape[1] else audio.new_zeros(())
    if peak < 10 ** (NOISE_FLOOR_DBFS / 20):
        return torch.zeros(FEATURES)
    excerpts = _heard(audio.float() / peak, sample_rate)
    if sample_rate > _HIGHEST_RATE_HZ:
        channels, count = excerpts.shape[1], len(excerpts)
        excerpts = resample(excerpts.flatten(0, 1), sample_rate, _HIGHEST_RATE_HZ).unflatten(0, (count, channels))
        sample_rate = _HIGHEST_RATE_HZ
    power, side_db = _power(excerpts, sample_rate)
    filters = torch.cat(
        [mel_bands(MEL_BANDS, 2 * power.shape[-1] - 2, sample_rate), wide_bands(power.shape[-1], sample_rate)]
    )
    mel, wide = (power @ filters.T).split([MEL_BANDS, len(WIDE_BANDS)], dim=-1)
    level = mel.sum(-1)
    is_active = level >= level.square().sum() / level.sum() * 10**-2.5
    groups = [
        *_spectral_features(mel, is_active),
        _tonality(power[is_active], sample_rate),
        _modulation(wide),
        _centre(mel[is_active]),
        _levels(level),
        side_db,
        note_features(wide, FRAME_SECONDS / 4),
        pitch_features(power, sample_rate),
    ]
    assert [len(group) for group in groups] == [group.size for group in GROUPS]
    features = torch.cat(groups)
    return features.nan_to_num(0.0, 0.0, 0.0)


def typical_excerpts(audio: Tensor, sample_rate: int, seconds: float, excerpts: int) -> Tensor:
    """Return excerpts of a track where it plays (excerpts, channels, samples).

    Their middles divide the active time evenly, so a track that plays in two choruses is heard there.

    Args:
        audio: (channels, samples), at least as long as one excerpt.
        sample_rate: In Hz.
        seconds: Of an excerpt, at least 0.01.
        excerpts: How many, at least 1.
    """
    length = round(seconds * sample_rate)
    active = active_blocks(block_power(blocks_of(audio, sample_rate))).nonzero()[:, 0]
    middles = active[((torch.arange(excerpts) + 0.5) / excerpts * len(active)).long()] * (sample_rate // 100)
    starts = (middles - length // 2).clamp(0, audio.shape[1] - length)
    return torch.stack([audio[:, start : start + length] for start in starts.tolist()])


def _heard(audio: Tensor, sample_rate: int) -> Tensor:
    """Return excerpts of a long track; a track of 20 s or less is one, a very short one is lengthened with silence."""
    if audio.shape[1] > _EXCERPTS * _EXCERPT_SECONDS * sample_rate:
        return typical_excerpts(audio, sample_rate, _EXCERPT_SECONDS, _EXCERPTS)
    shortest = round(4 * FRAME_SECONDS * sample_rate)
    return functional.pad(audio, (0, max(0, shortest - audio.shape[1])))[None]


def _power(excerpts: Tensor, sample_rate: int) -> tuple[Tensor, Tensor]:
    """Return the power of each bin (excerpts, frames, bins), channels added, and side over mid in dB (4,)."""
    length = 2 * round(FRAME_SECONDS * sample_rate / 2)
    window = torch.hann_window(length)
    frames = functional.pad(excerpts, (length // 2, length // 2)).unfold(-1, length, length // 4)
    spectra = [torch.fft.rfft(channel * window) for channel in frames.unbind(1)]
    if len(spectra) == 1:
        return _squared(spectra[0]), torch.full((4,), -40.0)
    power = _squared(spectra[0]) + _squared(spectra[1])
    side = _squared(spectra[0] - spectra[1]).mean(dim=(0, 1))
    bands = mel_bands(4, length, sample_rate)
    side_power, both = bands @ side, bands @ power.mean(dim=(0, 1))
    mid_power = (2 * both - side_power).clamp_min(1e-20)
    return power, 10 * torch.log10((side_power / mid_power).clamp(1e-4, 1e1))


def _squared(spectrum: Tensor) -> Tensor:
    """Return the square of the modulus."""
    return spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)


def _spectral_features(mel: Tensor, is_active: Tensor) -> list[Tensor]:
    """Return spectrum, mean and deviation of the level, and its rises, of mel power (excerpts, frames, bands)."""
    floor = 10 ** (_FLOOR_DB / 10)
    typical = mel[is_active].sum(-1).mean()
    mel_db = 10 * torch.log10((mel / typical).clamp_min(floor))
    spectrum_db = 10 * torch.log10((mel[is_active].mean(0) / typical).clamp_min(floor))
    log_mean_db = mel_db[is_active].mean(0)
    return [
        spectrum_db - spectrum_db.mean(),
        log_mean_db - log_mean_db.mean(),
        mel_db[is_active].std(0, correction=0),
        mel_db.diff(dim=1).clamp_min(0).mean(dim=(0, 1)).unflatten(0, (-1, 2)).mean(-1),
    ]


def _tonality(power: Tensor, sample_rate: int) -> Tensor:
    """Return mean and deviation over frames of the highest bin over the mean bin, in dB (2 * bands,)."""
    freq_hz = torch.linspace(0, sample_rate / 2, power.shape[-1])
    floor = power.mean() * 10 ** (_FLOOR_DB / 10)
    values = []
    for low_hz, high_hz in WIDE_BANDS:
        bins = power[:, (freq_hz >= low_hz) & (freq_hz < high_hz)]
        if bins.shape[1] == 0:
            values.append(power.new_zeros(2))
            continue
        crest_db = 10 * torch.log10((bins.amax(-1) + floor) / (bins.mean(-1) + floor))
        values.append(torch.stack([crest_db.mean(), crest_db.std(correction=0)]))
    return torch.cat(values)


def _modulation(wide: Tensor) -> Tensor:
    """Return how each wide band (excerpts, frames, bands) moves at 0.6 to 40 Hz, by octaves (6 * bands,)."""
    envelope = wide.clamp_min(wide.mean() * 10 ** (_FLOOR_DB / 20)).sqrt()
    envelope = envelope / envelope.mean(dim=1, keepdim=True)
    count = envelope.shape[1]
    movement = torch.fft.rfft(envelope - 1, dim=1).abs().square() / count**2
    octave = torch.floor(torch.log2(torch.fft.rfftfreq(count, FRAME_SECONDS / 4).clamp_min(1e-3) / 0.625)).long()
    shares = [movement[:, octave == number].sum(dim=1).mean(0) for number in range(6)]
    return torch.log10(1e-4 + torch.cat(shares))


def _centre(mel: Tensor) -> Tensor:
    """Return how the centre of the spectrum moves, of mel power (frames, bands): in eights of bands (4,)."""
    place = torch.arange(mel.shape[1], dtype=mel.dtype) / 8
    centre = (mel * place).sum(-1) / mel.sum(-1)
    return torch.cat([centre.std(correction=0)[None], torch.quantile(centre, torch.tensor([0.1, 0.5, 0.9]))])


def _levels(level: Tensor) -> Tensor:
    """Return percentiles of the level of all frames below the highest, in dB (7,)."""
    below_db = 10 * torch.log10((level / level.max()).clamp_min(10 ** (_FLOOR_DB / 10)))
    return torch.quantile(below_db.flatten(), torch.tensor([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]))
