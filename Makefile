# Landscape: `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
DOCS_STAMP := $(VENV)/.installed-docs
RELEASE_STAMP := $(VENV)/.installed-release
# Where pip also looks for torch: PyTorch's index of CPU builds, or of those for a version of CUDA (see docs/install.md).
TORCH_INDEX ?=
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
  $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# The release of torch in constraints.txt: raised by hand, once the tests have passed with its CPU build.
TORCH ?= 2.13.0
# What the CUDA build of torch alone requires; it pins each of them itself.
ONLY_CUDA := ^(nvidia|cuda|triton)

# Extra arguments for the program or for pytest: make test ARGS="-k digits"
ARGS ?=
# Processes that run the tests side by side; 0 runs them in one, as a debugger needs.
WORKERS ?= auto
# Ways to compute of test-portable, one or both; tests/portable.py says what they are.
ARITHMETIC ?= default avx2

.DEFAULT_GOAL := help
# Compiled modules are kept: many tests start processes of their own.
TEST_ENVIRONMENT := QT_QPA_PLATFORM=$${QT_QPA_PLATFORM:-offscreen} PYTHONDONTWRITEBYTECODE=

.DELETE_ON_ERROR:
.PHONY: help run test coverage test-portable check format docs pictures wheel release-check app install constraints clean

help:  ## list the targets
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 24
	@echo "Variables: PYTHON (3.11 or newer, now '$(PYTHON)'), ARGS (passed on by run and test), WORKERS (test processes), TORCH_INDEX (see docs/install.md), ARITHMETIC (default, avx2)"

run: $(RUN_STAMP)  ## install if needed, then open the window
	$(BIN)/landscape $(ARGS)

test: $(DEV_STAMP)  ## install if needed, then run the tests without a display
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

coverage: $(DEV_STAMP)  ## run the tests and list the lines that none of them reaches
	$(TEST_ENVIRONMENT) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal \
	  -m "" --cov=landscape_app --cov-report=term-missing:skip-covered $(ARGS)

test-portable: $(DEV_STAMP)  ## the numeric tests once more, as other processors compute
	$(TEST_ENVIRONMENT) $(BIN)/python tests/portable.py $(ARITHMETIC) $(ARGS)

check: $(DEV_STAMP)  ## lint, formatting and type hints, also as on Windows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy landscape_app app tools --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/windows

format: $(DEV_STAMP)  ## format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(DOCS_STAMP)  ## build the documentation into site/, strict, and check its links
	$(TEST_ENVIRONMENT) $(BIN)/python -m tools.docs $(ARGS)

pictures: $(RUN_STAMP)  ## take the pictures of the documentation anew, light and dark
	$(TEST_ENVIRONMENT) $(BIN)/python -m tools.pictures $(ARGS)

wheel: $(DEV_STAMP)  ## build the wheel into dist/
	$(BIN)/python -m build --wheel

release-check: $(RELEASE_STAMP)  ## build the wheel and the sdist into dist/ and say what is wrong with them
	$(BIN)/python -m tools.release

app: $(RELEASE_STAMP)  ## build the stand-alone application into dist/Landscape, with the torch that is installed
	$(BIN)/python -m PyInstaller --noconfirm --workpath build/app app/landscape.spec

install: $(DEV_STAMP)  ## install everything needed to develop

constraints: | $(BIN)/pip  ## pin the newest versions anew in constraints.txt; then run the tests
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	echo 'torch==$(TORCH)' > $(VENV)/torch.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --all-extras \
	  --constraints $(VENV)/torch.txt --no-header --no-annotate pyproject.toml --output-file $(VENV)/pins.txt --upgrade
	grep '^#' constraints.txt > $(VENV)/constraints.txt
	grep -vE '$(ONLY_CUDA)' $(VENV)/pins.txt >> $(VENV)/constraints.txt
	cp $(VENV)/constraints.txt constraints.txt

clean:  ## remove the environment, builds and caches
	rm -rf $(VENV) build dist site .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip is the last thing a new environment receives, so its presence says that the environment is whole.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Landscape needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo 'not a working Python')." \
	       "Name another one: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' lacks what makes environments; on Debian or Ubuntu: apt-get install python3-venv;" \
	       "on Fedora: dnf install python3. Or name another one: make run PYTHON=python3.12" >&2; \
	  $(PYTHON) landscape_app/libraries.py; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

$(RUN_STAMP): pyproject.toml constraints.txt | $(BIN)/pip
	@$(BIN)/python landscape_app/libraries.py
	@echo "Installing Landscape into $(VENV); the first time takes some minutes."
	$(PIP_INSTALL) --editable .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing Landscape and its development tools into $(VENV); the first time takes some minutes."
	$(PIP_INSTALL) --editable '.[dev]'
	@touch $(RUN_STAMP) $@

$(DOCS_STAMP): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing Landscape and the tools of its documentation into $(VENV); the first time takes some minutes."
	$(PIP_INSTALL) --editable '.[docs]'
	@touch $(RUN_STAMP) $@

$(RELEASE_STAMP): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "Installing Landscape and the tools of its release into $(VENV); the first time takes some minutes."
	$(PIP_INSTALL) --editable '.[cluster,release]'
	@touch $(RUN_STAMP) $@
