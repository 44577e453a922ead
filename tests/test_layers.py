"""Imports run one way, and every file keeps the habits that the rest relies on."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

LAYERS = (
    ("samplers",),
    (
        "gen_mix.errors",
        "gen_mix.version",
        "gen_mix.files",
        "gen_mix.threads",
        "gen_mix.config",
        "gen_mix.mix",
        "gen_mix.wishes",
    ),
    ("gen_mix.words",),
    ("gen_mix.console",),
    (
        "gen_mix.audio",
        "gen_mix.takes",
        "gen_mix.power_meter",
        "gen_mix.loudness",
        "gen_mix.true_peak",
        "gen_mix.limiter",
        "gen_mix.measurements",
    ),
    ("gen_mix.sessions",),
    ("gen_mix.rendering",),
    ("gen_mix.evaluation.heard", "gen_mix.evaluation.strips"),
    ("gen_mix.embeddings",),
    ("gen_mix.model",),
    ("gen_mix.steering",),
    ("gen_mix.pipeline",),
    ("gen_mix.training", "gen_mix.evaluation", "gen_mix.baselines"),
    ("gen_mix.export", "gen_mix.listening", "gen_mix.explore"),
    ("gen_mix.commands",),
    ("gen_mix.cli", "train", "sample", "gen_mix"),
)
"""From left to right; a module imports only from its own layer and those to its left. `gen_mix` is the public face."""

MOST_LINES = 300


def files() -> list[Path]:
    """Return the source files of the packages and the scripts at the top."""
    packages = [path for package in ("gen_mix", "samplers") for path in (ROOT / package).rglob("*.py")]
    return sorted(packages) + [path for path in (ROOT / "train.py", ROOT / "sample.py") if path.exists()]


def module_name(path: Path) -> str:
    """Return the dotted name of a source file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax of a source file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def modules() -> dict[str, Path]:
    """Return the source file of each module."""
    return {module_name(path): path for path in files()}


def imports(path: Path) -> Iterator[str]:
    """Yield the modules of the project that a file imports, inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] in ("gen_mix", "samplers"):
                yield name if name in modules() else name.rpartition(".")[0]


def layer(module: str) -> int:
    """Return the place of a module in `LAYERS`: that of its longest room."""
    rooms = {room: place for place, row in enumerate(LAYERS) for room in row}
    candidates = [room for room in rooms if module == room or (room != "gen_mix" and module.startswith(room + "."))]
    assert candidates, f"{module} has no place in LAYERS: give it one, and say so in docs/architecture.md"
    return rooms[max(candidates, key=len)]


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_imports_only_from_its_left(module: str) -> None:
    wrong = [name for name in imports(modules()[module]) if layer(name) > layer(module)]
    assert not wrong, f"{module} imports {wrong} from its right"


def test_samplers_know_nothing_of_music() -> None:
    for module, path in modules().items():
        if module.startswith("samplers"):
            assert not [name for name in imports(path) if not name.startswith("samplers")], module


def test_no_module_imports_itself_by_way_of_others() -> None:
    graph = {module: {name for name in imports(path) if name != module} for module, path in modules().items()}
    graph["gen_mix"] = set()  # imports the pipeline when asked for it, and never while it is loaded itself
    order = list(TopologicalSorter(graph).static_order())
    assert set(modules()) <= set(order)


def test_importing_the_package_loads_no_diffusion_model() -> None:
    at_the_top = [node for node in tree(ROOT / "gen_mix" / "__init__.py").body if isinstance(node, ast.ImportFrom)]
    assert {node.module for node in at_the_top} <= {"typing", "gen_mix.version"}


@pytest.mark.parametrize("path", files(), ids=module_name)
def test_a_file_has_one_subject_and_says_which(path: Path) -> None:
    assert len((ast.get_docstring(tree(path)) or "").strip()) > 10, f"{path} has no docstring"
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES, f"{path} has {lines} lines"


@pytest.mark.parametrize("path", files(), ids=module_name)
def test_functions_name_all_they_take_and_change_nothing_global(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.arguments):
            unnamed = node.vararg is not None and (node.vararg.arg == "args" or node.vararg.annotation is None)
            assert not unnamed, f"{path}: *args"
            assert node.kwarg is None, f"{path}: **{node.kwarg and node.kwarg.arg}"
            defaults = [*node.defaults, *(default for default in node.kw_defaults if default is not None)]
            assert not [d for d in defaults if isinstance(d, ast.List | ast.Dict | ast.Set)], f"{path}: mutable default"
        assert not isinstance(node, ast.Global), f"{path}: global"
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), f"{path}: bare except"


@pytest.mark.parametrize("path", files(), ids=module_name)
def test_only_training_seeds_the_process(path: Path) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)}
    seeds = calls & {"torch.manual_seed", "np.random.seed", "numpy.random.seed", "random.seed"}
    is_put_back = "torch.random.fork_rng" in calls  # for packages that draw from the process's generator alone
    assert not seeds or is_put_back or module_name(path) in ("train", "gen_mix.training.run")
