#!/usr/bin/env bash
# What others bring: their linters, generators, bundlers and browsers, each from npm or Debian, against our documents, our
# package and our server. Needs root, firefox-esr, python3-aiortc and python3-websockets; the network only to install.
set -euo pipefail
cd "$(dirname "$0")/../.."

FOREIGN=$(mktemp -d)
export FOREIGN
trap 'rm -rf "$FOREIGN"' EXIT
npm install --silent --prefix "$FOREIGN" \
  @asyncapi/modelina@5.10.1 @redocly/cli@2.77.0 @stoplight/spectral-cli@6.16.3 openapi-typescript@7.13.0 \
  puppeteer-core@25.16.0 vite@8.3.8

unshare --net sh -c 'ip link set lo up && exec node --import tsx test/run.ts test/foreign'
