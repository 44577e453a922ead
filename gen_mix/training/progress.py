"""What a run shows while it goes on: a line, and TensorBoard where it is installed."""

import importlib.util
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure


class ProgressLine:
    """Prints the mean loss, the speed and the time left, every so many steps.

    On a terminal the line is written over; elsewhere each is a line of its own.

    Args:
        step: Where the run begins.
        steps: Where it ends.
        every: Steps between two lines.
    """

    def __init__(self, step: int, steps: int, every: int) -> None:
        self._steps, self._every = steps, every
        self._losses: list[float] = []
        self._began = time.monotonic()
        self._began_step = step
        self._last = (self._began, step)

    def after(self, step: int, loss: float) -> Mapping[str, float]:
        """Count a step; return the scalars of the line if one was printed, else nothing."""
        self._losses.append(loss)
        if step % self._every and step != self._steps:
            return {}
        now = time.monotonic()
        speed = (step - self._last[1]) / max(now - self._last[0], 1e-9)
        overall = (step - self._began_step) / max(now - self._began, 1e-9)
        mean = sum(self._losses) / len(self._losses)
        left = (self._steps - step) / overall
        text = f"step {step}/{self._steps}  loss {mean:.4f}  {speed:.1f} steps/s  {_clock(left)} left"
        sys.stdout.write(f"\r\x1b[K{text}" if sys.stdout.isatty() else f"{text}\n")
        sys.stdout.flush()
        self._losses, self._last = [], (now, step)
        return {"loss": mean, "steps_per_second": speed}

    def note(self, text: str) -> None:
        """Print a line that stays."""
        sys.stdout.write(f"\r\x1b[K{text}\n" if sys.stdout.isatty() else f"{text}\n")
        sys.stdout.flush()


class Board:
    """Scalars and figures in TensorBoard's files under `folder`; does nothing where TensorBoard is not installed.

    Args:
        folder: Of the files.
    """

    def __init__(self, folder: Path) -> None:
        self._writer: Any = None
        if importlib.util.find_spec("tensorboard") is not None:
            from torch.utils.tensorboard import SummaryWriter  # optional, and slow to import

            self._writer = SummaryWriter(str(folder))

    def scalars(self, values: Mapping[str, float], step: int) -> None:
        """Add `values` by name."""
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)

    def figure(self, name: str, figure: Figure, step: int) -> None:
        """Add `figure` under `name`."""
        if self._writer is not None:
            self._writer.add_figure(name, figure, step, close=False)

    def close(self) -> None:
        """Write what is left."""
        if self._writer is not None:
            self._writer.close()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
