# Inferdeck. `make run` starts it, `make test` checks it; both set up everything they need.
#
#   make run ARGS="--source pattern --model faces"
#   make test PYTHON=python3.12
PYTHON ?= python3
ARGS ?=
TESTS ?= tests
RUNS ?=
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test test-bare soak lint format texts lock check-platforms clean

run:
	@$(PYTHON) .ci/setup run
	@$(BIN)/python .ci/start.py $(ARGS)

test: lint
	$(BIN)/python -m pytest $(TESTS)

# As root: both ways of `make run`, and `make test`, each on a bare Debian made for it (needs
# debootstrap and Xvfb). RUNS="display plain" leaves the tests out.
test-bare:
	@$(PYTHON) .ci/bare.py --tests "$(TESTS)" $(RUNS)

# A million damaged inputs, ten thousand broken calls, kills and restarts: some ten minutes.
soak:
	@$(PYTHON) .ci/setup test
	$(BIN)/python -m tests.soak

lint:
	@$(PYTHON) .ci/setup test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format:
	@$(PYTHON) .ci/setup test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Brings the languages up to date with the texts; `make texts LANGUAGE=fr` begins another one.
texts:
	@$(PYTHON) .ci/setup run
	@$(BIN)/python .ci/texts.py $(LANGUAGE)

# Needs uv (https://docs.astral.sh/uv/). Each pin keeps its version until it is asked to move:
# `make lock LOCK=--upgrade`.
lock:
	uv pip compile $(LOCK) --quiet --universal --generate-hashes --no-build --python-version 3.11 \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	uv pip compile $(LOCK) --quiet --universal --generate-hashes --no-build --python-version 3.11 \
	  --custom-compile-command "make lock" -c requirements.txt pyproject.toml --group dev \
	  -o requirements-dev.txt

# Downloads the wheel of every pin for every platform we name: some gigabytes, so by hand only.
check-platforms:
	@$(PYTHON) .ci/setup test
	$(BIN)/python .ci/check_platforms.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
