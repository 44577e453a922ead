"""pedalboard with the nearest chain that it has: its tracks in one thread, and in two.

High-pass, low shelf, four bells, high shelf, compressor and gain on every track; constant-power pan and sends by numpy;
its Reverb (an algorithm of combs and all-passes, not a convolution) and Delay; shelves, bells and compressor on the
master. Its high-pass is of first order.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers.work import RATE, Contender, Work

_BANDS_HZ = (70.0, 300.0, 1200.0, 4000.0)


def _strip(gain_db: float) -> Any:
    import pedalboard as pb

    return pb.Pedalboard([
        pb.HighpassFilter(80.0), pb.LowShelfFilter(100.0, gain_db, 0.7),
        *(pb.PeakFilter(freq_hz, gain_db, 1.0) for freq_hz in _BANDS_HZ), pb.HighShelfFilter(8000.0, -gain_db, 0.7),
        pb.Compressor(-30.0, 3.0, 10.0, 150.0), pb.Gain(gain_db),
    ])  # fmt: skip


def _master() -> Any:
    import pedalboard as pb

    return pb.Pedalboard([
        pb.LowShelfFilter(100.0, 1.0, 0.7), *(pb.PeakFilter(freq_hz, 1.0, 1.0) for freq_hz in _BANDS_HZ),
        pb.HighShelfFilter(8000.0, 1.0, 0.7), pb.Compressor(-20.0, 2.0, 30.0, 200.0),
    ])  # fmt: skip


def _effects() -> tuple[Any, Any]:
    import pedalboard as pb

    reverb = pb.Pedalboard([pb.Reverb(room_size=0.6, wet_level=1.0, dry_level=0.0)])
    return reverb, pb.Pedalboard([pb.Delay(0.35, 0.3, 1.0)])


def _prepare(threads: int) -> Callable[[Work], Callable[[], object]]:
    def prepare(given: Work) -> Callable[[], object]:
        tracks = given.tracks.numpy()

        def strip(place: int) -> NDArray[np.float32]:
            return _strip(float(place % 7) - 3.0)(tracks[place % len(tracks)][None], RATE, reset=True)[0]

        def finish(sums: NDArray[np.float32]) -> NDArray[np.float32]:
            reverb, delay = _effects()
            return _master()(sums + reverb(0.1 * sums, RATE) + delay(0.05 * sums, RATE), RATE)

        def run() -> list[NDArray[np.float32]]:
            with ThreadPoolExecutor(threads) as pool:
                sums = []
                for mix in range(given.mixes):
                    heard = np.zeros((2, tracks.shape[1]), np.float32)
                    for place, out in enumerate(pool.map(strip, range(mix * len(tracks), (mix + 1) * len(tracks)))):
                        angle = np.pi / 2 * (place + 0.5) / len(tracks)
                        heard[0] += np.float32(np.cos(angle)) * out
                        heard[1] += np.float32(np.sin(angle)) * out
                    sums.append(heard)
                return list(pool.map(finish, sums))

        return run

    return prepare


PEDALBOARD_ONE = Contender("pedalboard, one thread, whole console", _prepare(1), "pedalboard")
PEDALBOARD_TWO = Contender("pedalboard, two threads, whole console", _prepare(2), "pedalboard")
