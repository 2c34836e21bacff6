PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PARTS := bball_tag train sample_videos tests docs

.PHONY: install test check demo format clean

# One folder with everything; made again only when the dependencies change.
install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet torch torchvision
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
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

clean:
	rm -rf demo build dist .mypy_cache .ruff_cache
