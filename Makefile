# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test lint types fast bench lock clean

demo: $(READY)  ## set up, train on the embedded digits, check the gradient at the trained weights
	@rm -f demo.surefoot
	@$(BIN)/surefoot train digits --run demo.surefoot
	@echo; echo "Is the gradient right? Every derivative at the trained weights, on 5 samples:"; echo
	@$(BIN)/surefoot check demo.surefoot

test: $(READY) lint types  ## set up, lint, check types, run the whole suite
	$(BIN)/python -m pytest

fast: $(READY)  ## the suite without the slow tests
	$(BIN)/python -m pytest -m "not slow and not mnist"

bench: $(READY)  ## speed beside other libraries, those that are installed; writes benchmarks/results.md
	$(BIN)/python benchmarks/bench.py

lint: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

lock:  ## renew requirements.lock: versions and hashes, no addresses
	$(BIN)/uv pip compile pyproject.toml --extra all --group dev --universal --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links -o requirements.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $(READY)

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
