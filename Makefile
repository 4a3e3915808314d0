# Grand Deal. `make run` computes all shipped scenarios, `make test` proves the program; `make help` lists the rest.
# Everything installs itself into .venv, with the versions of constraints.txt. PYTHON=... picks the interpreter (3.11 or newer).

VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
OUT ?= results
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# the second is what newer pips read for the build of the package itself
LOCKED := PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run pictures test fast lint format types contracts docs check convince peers mutants bench bench-peers bench-dashboard proof wheel clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-16s %s\n", $$1, $$2}'

run: $(VENV)/.installed ## forecast all shipped scenarios into results/ and compare them
	@$(BIN)/grand-deal batch --out $(OUT)

pictures: $(VENV)/.installed-dev run ## the README's pictures, from the report of `make run` and the dashboard (needs chromium)
	$(BIN)/python -m tests.report.pictures $(OUT)/report.html dashboard/gallery
	$(BIN)/python -m tests.dashboard.pictures dashboard/gallery

test: $(VENV)/.installed-dev ## all tests, on all cores
	$(BIN)/python -m pytest -n auto --dist worksteal

fast: $(VENV)/.installed-dev ## the quick tests of scenarios, model, game, solver and laws: under a minute
	HYPOTHESIS_PROFILE=fast $(BIN)/python -m pytest -n auto --dist worksteal -m "not slow and not browser" \
		tests/game tests/solver tests/laws tests/published tests/scenario tests/model

lint: $(VENV)/.installed-dev ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev ## put formatting right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.installed-dev ## strict types
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev ## who may import whom
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev ## the model's document against the schema
	$(BIN)/python -m sim.model.document --check

check: lint types contracts docs ## everything but the tests

convince: $(VENV)/.installed-dev ## for a sceptic: published figures, independent solvers live and on record, laws and broken laws
	$(BIN)/python -m pytest -n auto --dist worksteal tests/published tests/peers tests/interop tests/solver tests/laws

peers: $(VENV)/.installed-dev ## ask Gambit, NegMAS and sgamesolver anew and rewrite the records (first time: some ten minutes)
	$(BIN)/python -m tests.peers

mutants: $(VENV)/.installed-dev ## break the program on purpose, one place at a time: which test notices? (known verdicts are kept)
	$(BIN)/python -m tests.mutants

bench: $(VENV)/.installed-dev ## ours against the hardware and against other programs, and how cost grows (some minutes)
	$(BIN)/python -m tests.bench

bench-peers: $(VENV)/.installed-dev ## install the other programs that `make bench` compares with, into .venv-peers/
	$(BIN)/python -m tests.bench.environments

bench-dashboard: $(VENV)/.installed-dev ## how fast the dashboard answers, in a real browser and with 20 sessions (needs chromium)
	$(BIN)/python -m tests.bench.dashboard

proof: $(VENV)/.installed-dev ## a large ensemble on a local cluster, a worker killed half-way (hours)
	$(BIN)/python -m tests.bench.proof

wheel: $(VENV)/.installed-dev ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean: ## remove the environment, builds and caches (results stay)
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find sim tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Grand Deal needs Python 3.11 or newer; found: $$($(or $(PYTHON),python3) --version 2>&1 || echo none)."; \
	  echo "Name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; } >&2
	$(PYTHON) -m venv $(VENV)

# stamps: a second call installs nothing, a change of what is to be installed does
$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(LOCKED) $(PIP) -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(LOCKED) $(PIP) -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/.installed
