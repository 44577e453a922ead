"""What happens beside the training on the main process: validation, pictures, TensorBoard."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from gen_mix.files import write_whole
from gen_mix.model.denoiser import Denoiser
from gen_mix.training.figures import settings_grid
from gen_mix.training.progress import Board
from gen_mix.training.settings import DIFFUSION, WatchSettings
from gen_mix.training.state import TrainingState
from gen_mix.training.validation import HeldOut, sample, validate

_SHOWN = 4


@dataclass(frozen=True)
class Watcher:
    """Looks at the averaged weights at intervals; changes nothing but `TrainingState.history`.

    Attributes:
        network: A network of the run's shape; its weights are overwritten at each look.
        held: Sessions to look at.
        objective: ``diffusion`` or ``regression``.
        folder: Of the run.
        settings: Intervals.
        steps: Where the run ends.
        board: TensorBoard.
        device: Where the network is.
    """

    network: Denoiser
    held: HeldOut
    objective: str
    folder: Path
    settings: WatchSettings
    steps: int
    board: Board
    device: torch.device

    def __call__(self, state: TrainingState, scalars: Mapping[str, float]) -> None:
        """Do what is due after a step."""
        self.board.scalars(scalars, state.step)
        is_last = state.step == self.steps
        if state.step % self.settings.validation_steps == 0 or is_last:
            self._validate(state)
        every = self.settings.figure_steps
        if every and self.objective == DIFFUSION and (state.step % every == 0 or is_last):
            self._draw(state)

    def _validate(self, state: TrainingState) -> None:
        put_average(self.network, state)
        figures = validate(self.network, self.held, self.objective, self.device)
        state.history.append({"step": state.step, **figures})
        self.board.scalars({f"validation/{name}": value for name, value in figures.items()}, state.step)
        write_whole(self.folder / "validation.json", (json.dumps(state.history, indent=1) + "\n").encode())
        told = "  ".join(f"{name} {value:.3f}" for name, value in figures.items())
        print(f"validation at step {state.step}: {told}", flush=True)

    def _draw(self, state: TrainingState) -> None:
        put_average(self.network, state)
        one = self.held.first()
        engineers = one.decode(one.engineers[:, :_SHOWN]).parameters
        sampled = sample(self.network, one, _SHOWN, self.device).parameters
        figure = settings_grid(engineers, sampled, f"One held-out session, step {state.step}")
        (self.folder / "figures").mkdir(exist_ok=True)
        figure.savefig(self.folder / "figures" / f"settings_{state.step:08d}.png", dpi=70)
        self.board.figure("settings", figure, state.step)


def put_average(network: Denoiser, state: TrainingState) -> None:
    """Give `network` the averaged weights of `state`."""
    network.load_state_dict(state.average, strict=True)
