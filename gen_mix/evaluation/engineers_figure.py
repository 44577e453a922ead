"""The figure of virtual engineers against people."""

from pathlib import Path

from matplotlib.figure import Figure


def draw_figure(report: dict[str, object], path: Path) -> None:
    """Write a picture of a report of `evaluate_engineers` to `path`."""
    figure = Figure()
    figure.savefig(path)
