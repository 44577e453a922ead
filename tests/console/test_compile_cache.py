"""What Numba compiles is compiled once, even where the package's own folder cannot be written to."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "gen_mix"

_RENDER = """
import torch
from gen_mix.console.fast import render_fast
from gen_mix.console.layout import LAYOUT
from gen_mix.console.rack_kernel import run_groups
stereo = torch.zeros(1, 1, dtype=torch.bool)
render_fast([torch.ones(1, 100)], LAYOUT.neutral(~stereo, stereo), 44100)
print(sum(run_groups.stats.cache_hits.values()), sum(run_groups.stats.cache_misses.values()))
"""


def _hits_and_misses(folder: Path, home: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    environment |= {"PYTHONPATH": str(folder), "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    command = [sys.executable, "-c", _RENDER]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.slow
@pytest.mark.parametrize("is_writable", [True, False])
def test_a_second_start_compiles_nothing(is_writable: bool, tmp_path: Path) -> None:
    copy = shutil.copytree(PACKAGE, tmp_path / "gen_mix", ignore=shutil.ignore_patterns("weights", "__pycache__"))
    home = tmp_path / "home"
    home.mkdir()
    if not is_writable:  # a file where the cache would be stops root, too, whom permissions do not
        for room in (copy, copy / "console"):
            (room / "__pycache__").touch()
    assert _hits_and_misses(tmp_path, home) == "0 1"
    assert _hits_and_misses(tmp_path, home) == "1 0"
    assert any(home.rglob("*.nbi")) != is_writable
