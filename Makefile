PYTHON ?= python3.11
VENV := .venv
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(SCRIPTS)
ORACLES := $(VENV)/oracles
PARTS := bball_tag train sample_videos tests docs benchmarks

.PHONY: install oracles test check demo docs dist format clean

# One folder with everything; made again only when the dependencies change.
install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch torchvision
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

# Readers of our formats that cannot live beside our own libraries; without them their tests are skipped.
oracles: install $(ORACLES)/.installed

$(ORACLES)/.installed: tests/oracles.txt
	$(BIN)/python -m venv --clear $(ORACLES)
	$(ORACLES)/$(SCRIPTS)/python -m pip install --quiet --no-compile -r tests/oracles.txt
	$(ORACLES)/$(SCRIPTS)/python -m pip install --quiet --no-compile --no-deps soccernet==0.2.0 boris-behav-obs==8.27.4
	touch $@

test: install
	$(BIN)/python -m pytest

check: install
	$(BIN)/ruff check $(PARTS)
	$(BIN)/ruff format --check $(PARTS)
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not slow" -q

format: install
	$(BIN)/ruff check --fix $(PARTS)
	$(BIN)/ruff format $(PARTS)

demo: install
	$(BIN)/python sample_videos/demo.py $(if $(VIDEO),VIDEO="$(VIDEO)") $(if $(CHECKPOINT),CHECKPOINT="$(CHECKPOINT)")

# Pages of the Python API, from the docstrings: open build/docs/index.html.
docs: install
	$(BIN)/python docs/make_api_pages.py build/docs

# The wheel and the source distribution of a release.
dist: install
	rm -rf dist
	$(BIN)/python -m build --no-isolation

clean:
	rm -rf demo build dist .mypy_cache .ruff_cache
