lock: ## Pin every dependency with its hash; the files hold no address
	$(UV_LOCK) --group dev -o requirements-dev.lock
	$(UV_LOCK) -c requirements-dev.lock -o requirements.lock
UV_LOCK = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header pyproject.toml
