# `make demo` and `make test` set everything up by themselves; the environment in .venv is made once and used again.

PYTHON ?= python3
BIN := .venv/bin
# Also holds where pip builds a package from source, which constraints.txt alone does not reach.
export PIP_BUILD_CONSTRAINT := .ci/build-constraints.txt
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt torch==2.13.0
# All but those that fit tables which are shipped, to data that is not.
BENCHMARKS := $(filter-out benchmarks/fit_engineers.py benchmarks/measure_classes.py benchmarks/words.py,$(wildcard benchmarks/*.py))

.PHONY: setup setup-dev demo test test-slow bench lint pictures clean

setup: .venv/.ready
setup-dev: .venv/.ready-dev

.venv/.ready: pyproject.toml constraints.txt .ci/build-constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("gen_mix needs Python 3.11 or newer, got " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "Setting up .venv (once, about two minutes and 1.8 GB) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP_INSTALL) --upgrade pip setuptools
	@$(PIP_INSTALL) --editable .
	@touch $@

# encodec asks for torchaudio, whose wheels do not load beside a CPU build of torch and then break others' imports;
# what gen_mix uses of encodec needs only einops and torch.
.venv/.ready-dev: .venv/.ready
	@echo "Adding what tests and training need ..."
	@$(PIP_INSTALL) --editable '.[dev,train,synth]'
	@$(PIP_INSTALL) --no-deps encodec==0.1.1 einops
	@touch $@

demo: .venv/.ready
	$(BIN)/python sample.py examples/session --out out/demo --mixes 4 --seed 0 --overwrite

# A test is single-threaded at heart: one process a core, of one thread each, is nearly twice as quick.
test: .venv/.ready-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not gpu" -n logical --maxprocesses 4 --dist loadfile \
	  --durations=8

test-slow: .venv/.ready-dev
	$(BIN)/python -m pytest -m "slow and not gpu" --durations=8

bench: .venv/.ready-dev
	@status=0; for file in $(BENCHMARKS); do \
		echo "== $$file"; $(BIN)/python $$file || status=1; echo; \
	done; exit $$status

lint: .venv/.ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Pictures of README and model card; need Chromium, and for the page playwright.
pictures: demo .venv/.ready-dev
	@mkdir -p docs/images
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1140,1220 --screenshot=docs/images/demo.png \
	  "file://$(CURDIR)/out/demo/index.html"
	$(BIN)/python benchmarks/page.py --picture docs/images/explore.png
	$(BIN)/python benchmarks/spread.py --out docs/images/spread.svg

clean:
	rm -rf .venv out build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
