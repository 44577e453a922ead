"""GRAFX rendering equalizer, compressor and pan on every track and a reverb on the bus, mix by mix."""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch

from peers.work import RATE, Contender, Work


def _stand_in_for_torchaudio() -> None:
    """Let GRAFX be imported without torchaudio, which it asks for at import and only for a filter not used here."""
    if "torchaudio" not in sys.modules and find_spec("torchaudio") is None:
        audio, functional = ModuleType("torchaudio"), ModuleType("torchaudio.functional")
        vars(audio).update(__version__="2.9.0", __spec__=ModuleSpec("torchaudio", None), functional=functional)
        vars(functional).update(lfilter=None)
        sys.modules.update({"torchaudio": audio, "torchaudio.functional": functional})


def _graph(tracks: int) -> tuple[Any, dict[str, Any]]:
    """Return what renders the console for so many tracks, and its processors."""
    _stand_in_for_torchaudio()
    from grafx import processors
    from grafx.data import GRAFX, NodeConfigs, convert_to_tensor
    from grafx.render import prepare_render, reorder_for_fast_render

    used = {
        "eq": processors.ParametricEqualizer(num_filters=7, flashfftconv=False),
        "compressor": processors.Compressor(energy_smoother=None, gain_smoother="ballistics", flashfftconv=False),
        "pan": processors.StereoGain(),
        "reverb": processors.FilteredNoiseShapingReverb(sr=RATE, flashfftconv=False),
    }
    graph = GRAFX(config=NodeConfigs(list(used)))
    bus, reverb, out = graph.add("mix"), graph.add("reverb"), graph.add("out")
    for _ in range(tracks):
        _, last = graph.add_serial_chain(["in", "eq", "compressor", "pan"])
        graph.connect(last, bus)
    for source, target in ((bus, reverb), (reverb, out), (bus, out)):
        graph.connect(source, target)
    return prepare_render(reorder_for_fast_render(convert_to_tensor(graph), method="beam")), used


def _parameters(used: dict[str, Any], tracks: int, generator: torch.Generator) -> dict[str, dict[str, torch.Tensor]]:
    found: dict[str, dict[str, torch.Tensor]] = {}
    for name, processor in used.items():
        rows = 1 if name == "reverb" else tracks
        found[name] = {
            knob: (0.1 * torch.randn(rows, *((size,) if isinstance(size, int) else size), generator=generator))
            for knob, size in processor.parameter_size().items()
        }
    return found


def _prepare(given: Work) -> Callable[[], object]:
    plan, used = _graph(len(given.tracks))
    from grafx.render import render_grafx

    sources = given.tracks[:, None].repeat(1, 2, 1)  # its graph is stereo throughout

    def run() -> object:
        generator = torch.Generator().manual_seed(3)
        for _ in range(given.mixes):
            knobs = _parameters(used, len(given.tracks), generator)
            for values in knobs.values():
                for value in values.values():
                    value.requires_grad_()
            mix, _, _ = render_grafx(used, sources, knobs, plan)
            mix.square().mean().backward()
        return mix

    return run


GRAFX = Contender("GRAFX, stereo tracks, forward + backward", _prepare, "grafx", is_mix_by_mix=True)
