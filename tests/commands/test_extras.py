"""Facts about what can be done where only gen_mix and what it always needs are installed."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
MODULES = {
    "types-PyYAML": "",
    "httpx2": "",
    "pyfluidsynth": "fluidsynth",
    "axe-playwright-python": "axe_playwright_python",
}
"""Where a module is not called as its package; nothing where diffusers needs it anyway, or it has none."""

WITHOUT = """
import sys
for name in {names!r}:
    sys.modules[name] = None
from gen_mix.cli import main
raise SystemExit(main({arguments!r}))
"""


def without_extras(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line where nothing of the extras can be imported."""
    packages = {wanted.split("=")[0].split(">")[0] for group in EXTRAS.values() for wanted in group}
    names = sorted({MODULES.get(package, package) for package in packages} - {""})
    code = WITHOUT.format(names=names, arguments=list(arguments))
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_every_command_is_there_without_extras() -> None:
    done = without_extras("--help")
    assert done.returncode == 0, done.stderr
    assert "listening-test" in done.stdout


@pytest.mark.parametrize("package", ["mido", "fluidsynth"])
def test_what_an_extra_is_needed_for_says_so(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from gen_mix.errors import InputError
    from gen_mix.sessions.synthetic.libraries import library

    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf"expected {package} \(pip install 'gen-mix\[synth\]'"):
        library(package)
