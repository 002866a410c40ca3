# syntax=docker/dockerfile:1
# The dependencies with their hashes in one layer, the bridge in the next; the final image has no build tools.
FROM python:3.11-slim AS build
WORKDIR /src
RUN python -m venv /opt/bridge
COPY requirements/run.txt requirements/build.txt requirements/
RUN /opt/bridge/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements/run.txt -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bridge bridge
RUN /opt/bridge/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
 && /opt/bridge/bin/pip uninstall --yes --quiet hatchling editables \
 && /opt/bridge/bin/python -m compileall -q /opt/bridge

FROM python:3.11-slim
COPY --from=build /opt/bridge /opt/bridge
COPY mappings /mappings
RUN install -d -m 0700 -o 10001 -g 10001 /data
ENV PATH=/opt/bridge/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BRIDGE_DATA=/data \
    BRIDGE_MAPPINGS=/mappings \
    BRIDGE_HOST=0.0.0.0 \
    BRIDGE_LOG=json
USER 10001:10001
VOLUME /data
EXPOSE 8080
# 25 seconds to finish what is on its way.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["bridge", "ready"]
CMD ["bridge", "serve"]
