"""Ending a run on request, at a step's end."""

import signal
from types import FrameType, TracebackType


class StopSignals:
    """Remembers SIGTERM and SIGINT while it is entered; the second one ends the process at once.

    Attributes:
        received: Number of the first signal that came, 0 if none did.
    """

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[int, object] = {}

    def __enter__(self) -> "StopSignals":
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._remember)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @property
    def status(self) -> int:
        """Exit status of a process that ended because of the signal, as shells give it."""
        return 128 + self.received

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.received = number
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_DFL)
