# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
NODE := .venv/node

.PHONY: demo test lint types fast bench study screenshots lock clean

demo: $(READY)  ## set up, train on the embedded digits, check the gradient at the trained weights
	@rm -f demo.surefoot
	@$(BIN)/surefoot train digits --run demo.surefoot
	@echo; echo "Is the gradient right? Every derivative at the trained weights, on 5 samples:"; echo
	@$(BIN)/surefoot check demo.surefoot

test: $(READY) lint types  ## set up, lint, check types, run the whole suite
	$(BIN)/python -m pytest

fast: $(READY)  ## the suite without the slow tests and the browser
	$(BIN)/python -m pytest -m "not slow and not mnist and not browser"

bench: $(READY)  ## speed beside other libraries, those that are installed; writes benchmarks/results.md
	$(BIN)/python benchmarks/bench.py

lint: $(READY)
	$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: $(READY) $(NODE)/.ready
	$(BIN)/mypy
	@if [ -x $(NODE)/node_modules/.bin/tsc ]; then \
	  echo "tsc src/surefoot/views/static" && $(NODE)/node_modules/.bin/tsc -p src/surefoot/views/static; \
	else echo "The types of the viewer are not checked: npm is not here, or has no network."; fi

study: $(READY)  ## the estimators beside scikit-learn's on twelve data sets; writes docs/study.md
	$(BIN)/python benchmarks/study.py

screenshots: $(READY)  ## pictures of every panel of the lab, and the GIF of the README, into docs/images
	$(BIN)/python tests/browser/screenshots.py

lock:  ## renew requirements.lock: versions and hashes, no addresses
	$(BIN)/uv pip compile pyproject.toml --extra all --group dev --universal --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links -o requirements.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	touch $(READY)

# TypeScript checks the viewer's types, axe-core its accessibility; whoever only uses surefoot needs neither.
$(NODE)/.ready: tests/browser/package.json $(READY)
	@mkdir -p $(NODE) && cp $< $(NODE)/package.json
	-@cd $(NODE) && npm install --no-package-lock --no-audit --no-fund --silent 2>/dev/null
	@touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
