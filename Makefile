# Inferdeck. `make run` starts it, `make test` checks it; both set up everything they need, and
# `make help` lists the rest from the comments after `##`.
#
#   make run ARGS="--source pattern --model faces"
#   make test PYTHON=python3.12
PYTHON ?= python3
ARGS ?=
TESTS ?= tests
RUNS ?=
# The whole suite runs in two processes and is measured; a part of it is neither.
SPREAD := $(if $(filter-out tests,$(TESTS)),,-n 3 --dist worksteal --cov --cov-report=)
VENV := .venv
BIN := $(VENV)/bin
# Together some 40 s of one core; CONTRIBUTING.md says what that leaves out.
QUICK := $(addprefix tests/,core profiles targets clients/codecs clients/dialects/test_rules.py models/config \
  models/repository session/lanes session/sinks inspector/forms gui/workspace gui/views wire/json wire/media \
  wire/oip wire/protobuf wire/tensors)

.PHONY: help run test quick test-bare test-cluster soak profile lint format texts train-digits lock check-platforms clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run:  ## open the window; options in ARGS
	@$(PYTHON) .ci/setup run
	@$(BIN)/python .ci/start.py $(ARGS)

test: lint  ## lint and all tests, with what they cover, or those in TESTS
	$(BIN)/python -m pytest $(SPREAD) $(TESTS)

quick:  ## the tests that take under a minute
	@$(PYTHON) .ci/setup test
	$(BIN)/python -m pytest -q $(QUICK)

# As root: both ways of `make run`, and `make test`, each on a bare Debian made for it (needs
# debootstrap and Xvfb). RUNS="display plain" leaves the tests out.
test-bare:  ## run and test on a bare Debian made for it, as root
	@$(PYTHON) .ci/bare.py --tests "$(TESTS)" $(RUNS)

# A million damaged inputs, ten thousand broken calls, kills and restarts: some ten minutes.
soak:  ## ten minutes of damaged inputs, broken calls, kills and restarts
	@$(PYTHON) .ci/setup test
	$(BIN)/python -m tests.soak

# Opens the window for half a minute on the display there is (Xvfb will do).
profile:  ## what the window's thread does while it streams, and what a start costs
	@$(PYTHON) .ci/setup test
	$(BIN)/python -m tests.benchmarks.window_profile $(ARGS)
	$(BIN)/python -m tests.benchmarks.window_start

# As root on Linux: namespaces of this machine are the nodes. Some five minutes, most of it starting.
test-cluster:  ## the tests of Ray Serve on two real nodes, as root, with Ray in .venv-ray
	@$(PYTHON) .ci/setup cluster
	.venv-ray/bin/python -m pytest -s -m cluster tests/engines/ray

lint:  ## ruff, mypy and the contracts of import-linter
	@$(PYTHON) .ci/setup test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format:  ## mend what ruff can mend
	@$(PYTHON) .ci/setup test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

texts:  ## bring the languages up to date with the texts; LANGUAGE=fr begins another one
	@$(PYTHON) .ci/setup run
	@$(BIN)/python .ci/texts.py $(LANGUAGE)

# An environment of its own, with PyTorch: the application's has none. Needs espeak-ng.
#   make train-digits ARGS="--recordings DIR --conversation FILE"
train-digits:  ## train, measure and write the network of spoken_digits
	$(PYTHON) -m venv .venv-training
	.venv-training/bin/pip install --quiet -r requirements.txt -r training/requirements.txt
	.venv-training/bin/python -m training.spoken_digits $(ARGS)

# Needs uv (https://docs.astral.sh/uv/). Each pin keeps its version until it is asked to move:
# `make lock LOCK=--upgrade`. Extras are kept: pip takes a package that another wants with an extra for
# unpinned without it.
lock:  ## write the lock files, with uv; LOCK=--upgrade moves every pin
	uv pip compile $(LOCK) --quiet --universal --no-strip-extras --generate-hashes --no-build --python-version 3.11 \
	  --custom-compile-command "make lock" pyproject.toml -o requirements.txt
	uv pip compile $(LOCK) --quiet --universal --no-strip-extras --generate-hashes --no-build --python-version 3.11 \
	  --custom-compile-command "make lock" -c requirements.txt pyproject.toml --group dev \
	  -o requirements-dev.txt
	uv pip compile $(LOCK) --quiet --universal --no-strip-extras --generate-hashes --no-build --python-version 3.11 \
	  --custom-compile-command "make lock" -c requirements-dev.txt pyproject.toml --extra ray -o requirements-ray.txt

# Downloads the wheel of every pin for every platform we name: some gigabytes, so by hand only.
check-platforms:  ## find a wheel of every pin for every platform
	@$(PYTHON) .ci/setup test
	$(BIN)/python .ci/check_platforms.py

clean:  ## delete the environment and all caches
	rm -rf $(VENV) .venv-ray .venv-training .training .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
