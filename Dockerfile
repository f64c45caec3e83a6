# docker build -t coles .                       CPU
# docker build -t coles --build-arg TORCH=cuda . NVIDIA GPU
FROM python:3.12-slim AS build
ARG TORCH=cpu
WORKDIR /app
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
COPY constraints.txt pyproject.toml README.md LICENSE prefect.yaml ./
RUN if [ "$TORCH" = cpu ]; then \
      pip install --no-cache-dir --no-deps --index-url https://download.pytorch.org/whl/cpu -c constraints.txt torch; \
    fi
COPY coles_ops coles_ops
COPY configs configs
COPY deployments deployments
COPY expectations expectations
COPY flows flows
COPY tasks tasks
RUN pip install --no-cache-dir -c constraints.txt -e '.[lightgbm]'

FROM python:3.12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends default-jre-headless procps \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home coles \
 && mkdir /data && chown coles /data
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH COLES_HOME=/data DO_NOT_TRACK=1
WORKDIR /app
USER coles
VOLUME /data
ENTRYPOINT ["coles"]
CMD ["--help"]
