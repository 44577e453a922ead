"""What every processor of the console keeps to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gen_mix.console.knobs import Knobs
from gen_mix.console.layout import LAYOUT
from tests.console.desk import knobs, signals


@dataclass(frozen=True)
class Case:
    """A processor under contract.

    Attributes:
        process: From audio (channels, samples), knobs and a rate to audio.
        kind: The token that holds its knobs.
        prefixes: How the names of its knobs begin.
        channels: Of its input.
        neutral: Values with which it returns its input; None if there are none.
        rate: Sample rate at which it is quick to differentiate.
    """

    process: Callable[[Tensor, Knobs, int], Tensor]
    kind: str
    prefixes: tuple[str, ...]
    channels: int = 2
    neutral: Mapping[str, float] | None = field(default_factory=dict)
    rate: int = 44100

    def places(self) -> list[int]:
        specs = LAYOUT.specs(self.kind)
        return [i for i, spec in enumerate(specs) if spec.name.startswith(self.prefixes) and not spec.is_gate]

    def turned(self, place: float) -> Tensor:
        """Return a row with the switches of this processor on and its knobs at `place`, 0 to 1."""
        row = knobs(self.kind, {}).normalized.clone()
        for index, spec in enumerate(LAYOUT.specs(self.kind)):
            if spec.name.startswith(self.prefixes):
                row[index] = 1.0 if spec.is_gate else place
        return row


def check_neutral(case: Case, generator: torch.Generator) -> None:
    audio = torch.randn(case.channels, 500, generator=generator)
    if case.neutral is not None:
        heard = case.process(audio, knobs(case.kind, case.neutral), 44100)
        torch.testing.assert_close(heard, audio, rtol=1e-5, atol=1e-6)


def check_finite(case: Case, generator: torch.Generator) -> None:
    """Sound and gradient are finite with every knob at each end, alone and with all others, for every signal."""
    single = [case.turned(0.5).index_fill(0, torch.tensor(place), end) for place in case.places() for end in (0.0, 1.0)]
    for name, signal in signals(200, generator).items():
        for row in [case.turned(0.0), case.turned(1.0), *(single if name == "noise" else [])]:
            row.requires_grad_()
            audio = signal[: case.channels].clone().requires_grad_()
            heard = case.process(audio, Knobs(case.kind, row), case.rate)
            heard.square().sum().backward()
            assert heard.isfinite().all(), (name, row)
            assert audio.grad is not None
            assert audio.grad.isfinite().all(), (name, row)
            assert row.grad is None or row.grad.isfinite().all(), (name, row)


def check_gradient(case: Case, place: float, generator: torch.Generator) -> None:
    """The gradient of audio and of every knob is the slope, with the knobs around `place`."""
    audio = torch.randn(case.channels, 16, generator=generator, dtype=torch.float64).requires_grad_()
    chosen = torch.tensor(case.places())
    row = case.turned(place)
    turned = row[chosen].clone().requires_grad_()

    def process(audio: Tensor, turned: Tensor) -> Tensor:
        return case.process(audio, Knobs(case.kind, row.index_copy(0, chosen, turned)), case.rate)

    assert torch.autograd.gradcheck(process, (audio, turned), eps=1e-6, atol=1e-6, rtol=1e-4)


def check_repeatable(case: Case, generator: torch.Generator) -> None:
    audio = torch.randn(case.channels, 500, generator=generator)
    row = Knobs(case.kind, case.turned(0.4))
    assert torch.equal(case.process(audio, row, case.rate), case.process(audio, row, case.rate))


def check_silence(case: Case) -> None:
    for place in (0.0, 0.3, 1.0):
        heard = case.process(torch.zeros(case.channels, 500), Knobs(case.kind, case.turned(place)), case.rate)
        assert not heard.any()


def check_input_is_kept(case: Case, generator: torch.Generator) -> None:
    audio = torch.randn(case.channels, 500, generator=generator)
    before = audio.clone()
    case.process(audio, Knobs(case.kind, case.turned(0.7)), case.rate)
    assert torch.equal(audio, before)
