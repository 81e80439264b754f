# Compiles the server, and better-sqlite3 where no prebuilt binary can be had.
FROM node:24-bookworm-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 make g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit
COPY tsconfig.json ./
COPY src src
RUN npm run build

# The same lockfile, without what only building and testing needs.
FROM build AS production
RUN npm prune --omit=dev --no-audit

FROM node:24-bookworm-slim
ENV NODE_ENV=production WZ_HOST=0.0.0.0 WZ_DATA_DIR=/data
# npm and its kin are not needed to run, and what is not there cannot be attacked.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
 && install -d -o node -g node -m 0700 /data
WORKDIR /app
COPY --from=production /app/package.json ./
COPY --from=production /app/node_modules node_modules
COPY --from=production /app/dist dist
COPY --from=production /app/src/docs src/docs
COPY --from=production /app/src/web src/web
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "dist/health.js"]
# No shell and no npm in between, so that SIGTERM reaches the server.
CMD ["node", "dist/main.js"]
