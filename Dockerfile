# The server and the worker. docs/container.md says how to run it; compose.yaml does.
# So far these steps were run in a debootstrap root (scripts/container-in-debootstrap.mjs), not yet by Docker itself.
FROM node:20-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends cmake g++ make
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY native native
COPY scripts scripts
# The image runs elsewhere: x86-64-v3 (every server CPU since 2015), and what the architecture guarantees on arm64.
# For one kind of machine, name more: --build-arg WHISPERPOOL_CMAKE_ARGS="… -DGGML_AVX512=ON -DGGML_AVX512_VNNI=ON".
ARG WHISPERPOOL_CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON"
RUN node scripts/setup.mjs --native && strip --strip-unneeded build/native/whisperpool.node
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN node scripts/setup.mjs --typescript
RUN node scripts/container/keep-for-serving.mjs \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && find dist node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.md' \) -delete \
 && find node_modules -type d -empty -delete

# Node alone: no npm, no headers, no compiler.
FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends libgomp1 libstdc++6 tini \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt
COPY --from=build /usr/local/bin/node /usr/local/bin/node
# What is written: models that are fetched, hashes of keys, results, and audio while it is transcribed.
RUN groupadd --gid 10001 whisperpool \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /cache whisperpool \
 && install -d -o whisperpool -m 700 /cache /keys /results /scratch
WORKDIR /app
ARG MODEL=base
COPY models/ggml-${MODEL}-q8_0.bin models/ggml-silero-v6.2.0.bin models/
COPY assets assets
COPY LICENSE ./
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/build/native/whisperpool.node build/native/
COPY --from=build /app/dist dist
ENV NODE_ENV=production WHISPERPOOL_CACHE=/cache TMPDIR=/scratch
VOLUME ["/cache", "/keys", "/results", "/scratch"]
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# tini passes signals on and buries the children that nobody waits for.
ENTRYPOINT ["tini", "--", "node", "/app/dist/cli/main.js"]
CMD ["serve", "--host", "0.0.0.0"]
