# Compiles the server.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc LICENSE ./
# No install scripts: better-sqlite3 brings its binaries and need not be compiled, and Node is here already.
RUN npm ci --ignore-scripts --no-audit
COPY tsconfig.json ./
COPY scripts/build.js scripts/client-package.ts scripts/pages.ts scripts/
COPY src src
RUN npm run build
# What is left is for production: no development dependencies, no sources and headers, only this platform's binary.
RUN npm prune --omit=dev --ignore-scripts --no-audit \
 && find node_modules src -regextype egrep -regex '.*\.([cm]?ts|[ch](pp)?)' -delete \
 && find node_modules/better-sqlite3/prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production WZ_HOST=0.0.0.0 WZ_DATA_DIR=/data
# npm, its kin and headers are not needed to run, and what is not there cannot be attacked.
RUN rm -rf /usr/local/include /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn* /opt/yarn* \
 && install -d -o node -g node -m 0700 /data /backup
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/src/docs src/docs
COPY --from=build /app/src/web src/web
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "dist/health.js"]
# No shell and no npm in between, so that SIGTERM reaches the server.
CMD ["node", "dist/main.js"]
