# The same steps as `make setup`, and `make wheel`: hashes checked, nothing fetched that is not in a lock.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /tools && python -m venv /venv
COPY requirements-build.lock requirements.lock ./
RUN /tools/bin/python -m pip install --quiet --no-input --disable-pip-version-check --no-cache-dir --require-hashes -r requirements-build.lock
RUN /venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY checklists checklists
COPY sync sync
COPY inspect_api inspect_api
RUN /tools/bin/python -m hatchling build -t wheel -d /wheels
RUN /venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --no-deps --no-index /wheels/*.whl

FROM python:3.13-slim
COPY --from=build /venv /venv
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin inspect \
    && install -d -o inspect -g inspect -m 0750 /data
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    INSPECT_DATA_DIR=/data \
    INSPECT_HOST=0.0.0.0 \
    INSPECT_PORT=8000
USER inspect
WORKDIR /data
VOLUME /data
EXPOSE 8000
# Longer than the 20 s that the service takes to let running requests finish is for whoever stops it: stop_grace_period.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['INSPECT_PORT'] + '/health', timeout=8)"]
CMD ["inspect-api", "serve", "--migrate"]
