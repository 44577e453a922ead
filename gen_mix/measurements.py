"""What a track measures: the numbers that an engineer, human or virtual, reacts to.

Only the loudness of the file depends on how loud the track came in; everything else is the same for any gain, and
is taken over the active parts, so that a track that plays in the chorus alone measures like one that plays throughout.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from gen_mix.loudness import NOISE_FLOOR_DBFS, REFERENCE_LUFS, staging_gain_db

OCTAVES = (31, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000)
"""Nominal centres of the octave bands in Hz; the exact ones are 1000 Hz times powers of two."""

LEVELS = (50, 75, 90, 97)
"""Percentiles of the level of 10-ms peaks."""

MEASUREMENTS = (
    "loudness_lufs",
    *(f"octave_{octave}_db" for octave in OCTAVES),
    "crest_db",
    *(f"level_{level}_db" for level in LEVELS),
    "percussivity",
    "low_end_octave",
    "centroid_octave",
    "side_db",
    "active_share",
)
"""Names of the values of `measure`, in order."""

SILENT_LUFS = -70.0
"""Loudness that stands for silence: the absolute gate of BS.1770."""

_CENTRES_HZ = tuple(1000.0 * 2.0**power for power in range(-5, 5))
_LOWEST_HZ = _CENTRES_HZ[0] / math.sqrt(2)
_OCTAVE_FLOOR_DB = -80.0
_SIDE_LIMIT_DB = 60.0
_WINDOW_SECONDS = 0.186
_MOST_WINDOWS = 160
_NEUTRAL = (SILENT_LUFS, *[-10.0] * 10, 12.0, *[-24.0] * 4, 0.0, math.log2(100.0), math.log2(1000.0), -60.0, 0.0)


def measure(audio: Tensor, sample_rate: int) -> Tensor:
    """Return what a track measures, in the order of `MEASUREMENTS`.

    * ``loudness_lufs``: BS.1770, gated, of the file as it came in, at least -70; a mono file counts as one channel.
    * ``octave_*_db``: power in the octave over the power above 22 Hz, from -80 to 0 dB.
    * ``crest_db``: highest sample over root mean square.
    * ``level_*_db``: percentiles of the peaks of 10 ms, in dBFS once the track is staged at `REFERENCE_LUFS`.
    * ``percussivity``: one less the flatness in time (geometric over arithmetic mean) of the power in 30 ms.
    * ``low_end_octave``: log2 of the frequency in Hz below which 5 % of the power lies.
    * ``centroid_octave``: mean of log2 of the frequency in Hz, weighted by power.
    * ``side_db``: power of (left - right) over power of (left + right), -60 to 60 dB; -60 for a mono file.
    * ``active_share``: share of the time in which the track plays.

    Args:
        audio: (1 or 2, samples), at least 10 ms.
        sample_rate: In Hz.

    Returns:
        (len(MEASUREMENTS),) float32, finite. A silent track has a loudness of -70 and neutral values.

    Raises:
        ValueError: The audio is not (1 or 2, samples) or too short.
    """
    if audio.ndim != 2 or audio.shape[0] not in (1, 2) or audio.shape[1] < sample_rate // 100:
        raise ValueError(f"expected audio (1 or 2, at least {sample_rate // 100} samples), got {tuple(audio.shape)}")
    if audio.abs().max() < 10 ** (NOISE_FLOOR_DBFS / 20):
        return torch.tensor(_NEUTRAL, dtype=torch.float32)
    staging_db = staging_gain_db(audio, sample_rate)
    audio = audio.float() - audio.float().mean(dim=-1, keepdim=True)
    blocks = blocks_of(audio, sample_rate)
    is_active = active_blocks(block_power(blocks))
    spectrum = _power_spectrum(audio, is_active, sample_rate)
    values = [
        torch.tensor([max(REFERENCE_LUFS - staging_db, SILENT_LUFS)]),
        _octaves_db(spectrum),
        _dynamics(blocks[:, is_active], staging_db),
        _register(spectrum),
        _side_db(blocks[:, is_active]),
        is_active.float().mean()[None],
    ]
    return torch.cat(values).float()


def blocks_of(audio: Tensor, sample_rate: int) -> Tensor:
    """Return the audio in blocks of 10 ms (channels, blocks, samples); an incomplete last one is left out."""
    length = sample_rate // 100
    count = audio.shape[1] // length
    return audio[:, : count * length].unflatten(1, (count, length))


def block_power(blocks: Tensor) -> Tensor:
    """Return the mean power of each block (blocks,) of (channels, blocks, samples)."""
    return torch.linalg.vector_norm(blocks, dim=-1).square().mean(dim=0) / blocks.shape[-1]


def active_blocks(power: Tensor) -> Tensor:
    """Return where a track plays, as booleans (blocks,), of its power in each block of 10 ms.

    The power, smoothed over 190 ms, is held against its mean weighted by itself: the level at which the energy is.
    That mean does not change when silence is added, so what is active does not depend on how sparsely the track plays.
    """
    smooth = functional.avg_pool1d(power[None, None], 19, stride=1, padding=9, count_include_pad=False)[0, 0]
    typical = smooth.square().sum() / smooth.sum().clamp_min(torch.finfo(power.dtype).tiny)
    return smooth >= typical * 10**-2.5


def _power_spectrum(audio: Tensor, is_active: Tensor, sample_rate: int) -> Tensor:
    """Return the mean power per bin, (2, bins): bin frequencies in Hz and power, over at most 160 active windows.

    Windows are a half sine and overlap by half: their squares add to one, so that every sample counts once.
    """
    length = 2 ** round(math.log2(_WINDOW_SECONDS * sample_rate))
    windows = functional.pad(audio, (length // 2, length)).unfold(1, length, length // 2)
    rows = torch.arange(windows.shape[1])
    centre = (rows * (length // 2) // (sample_rate // 100)).clamp(max=len(is_active) - 1)
    rows = rows[is_active[centre]] if is_active[centre].any() else rows
    if len(rows) > _MOST_WINDOWS:
        rows = rows[torch.linspace(0, len(rows) - 1, _MOST_WINDOWS).long()]
    window = torch.sin(math.pi * (torch.arange(length) + 0.5) / length)
    power = torch.zeros(length // 2 + 1)
    for some in rows.split(32):
        spectra = torch.view_as_real(torch.fft.rfft(windows[:, some] * window))
        power += spectra.flatten(0, 1).square().sum(dim=0).sum(dim=-1)
    freq_hz = torch.fft.rfftfreq(length, 1 / sample_rate)
    return torch.stack([freq_hz, power])[:, freq_hz >= _LOWEST_HZ]


def _octaves_db(spectrum: Tensor) -> Tensor:
    """Return the power of each octave over the whole in dB (octaves,)."""
    freq_hz, power = spectrum
    place = torch.round(torch.log2(freq_hz / _CENTRES_HZ[0])).long().clamp(max=len(OCTAVES))
    octaves = torch.zeros(len(OCTAVES) + 1).index_add(0, place, power)
    share = octaves[:-1] / octaves.sum().clamp_min(1e-30)
    return 10 * torch.log10(share.clamp_min(10 ** (_OCTAVE_FLOOR_DB / 10)))


def _dynamics(blocks: Tensor, staging_gain_db: float) -> Tensor:
    """Return crest, percentiles of the level and percussivity (6,) of active blocks (channels, blocks, samples)."""
    peak = blocks.abs().amax(dim=-1).amax(dim=0)
    power = block_power(blocks)
    crest_db = 20 * torch.log10(peak.max()) - 10 * torch.log10(power.mean())
    quantiles = torch.tensor([level / 100 for level in LEVELS])
    levels_db = 20 * torch.log10(_quantile(peak, quantiles).clamp_min(peak.max() * 1e-4)) + staging_gain_db
    smooth = functional.avg_pool1d(power[None, None], 3, stride=1, padding=1, count_include_pad=False)[0, 0]
    smooth = smooth.clamp_min(smooth.max() * 1e-6)
    percussivity = 1 - smooth.log().mean().exp() / smooth.mean()
    return torch.cat([crest_db[None], levels_db, percussivity.clamp(0, 1)[None]])


def _quantile(values: Tensor, quantiles: Tensor) -> Tensor:
    """Return quantiles of a vector of any length, by the nearest rank (torch.quantile refuses long ones)."""
    ordered = values.sort().values
    return ordered[(quantiles * (len(values) - 1)).round().long()]


def _register(spectrum: Tensor) -> Tensor:
    """Return low end and centroid in octaves (2,)."""
    freq_hz, power = spectrum
    octave = torch.log2(freq_hz)
    cumulative = power.cumsum(0) / power.sum().clamp_min(1e-30)
    low_end = octave[torch.searchsorted(cumulative, cumulative.new_tensor([0.05])).clamp(max=len(octave) - 1)]
    centroid = (octave * power).sum() / power.sum().clamp_min(1e-30)
    return torch.cat([low_end, centroid[None]])


def _side_db(blocks: Tensor) -> Tensor:
    """Return the power of the difference of left and right over that of their sum, in dB (1,)."""
    if blocks.shape[0] == 1:
        return torch.tensor([-_SIDE_LIMIT_DB])
    left, right = blocks.flatten(1)
    side, mid = (left - right).square().mean(), (left + right).square().mean()
    floor = 10 ** (-_SIDE_LIMIT_DB / 10)
    return 10 * torch.log10((side / mid.clamp_min(1e-30)).clamp(floor, 1 / floor))[None]
