#!/usr/bin/env bash
# What others bring: their linters, generators, bundlers and browsers, each from npm or Debian, against our documents, our
# package and our server. Needs root, firefox-esr, python3-aiortc and python3-websockets; the network only to install.
set -euo pipefail
cd "$(dirname "$0")/../.."

FOREIGN=$(mktemp -d)
export FOREIGN
trap 'rm -rf "$FOREIGN"' EXIT
npm install --silent --prefix "$FOREIGN" \
  @asyncapi/modelina@5.10.1 @redocly/cli@2.77.0 @stoplight/spectral-cli@6.16.3 kubernetes-models@4.5.1 openapi-typescript@7.13.0 \
  vite@8.3.8 werift@0.25.2 yaml@2.9.1

# Not every WebRTC stack looks for its way on loopback, so there is a second interface, which leads nowhere.
unshare --net sh -ec '
  ip link set lo up
  ip link add out type veth peer name nowhere
  ip address add 10.77.0.1/24 dev out
  ip link set out up
  ip link set nowhere up
  node --import tsx test/run.ts test/foreign
  # In Firefox, who allows it no camera is reached by the address of the default route only.
  ip route add default dev out
  exec env ENGINE=firefox node --import tsx test/run.ts test/browser/call.test.ts test/browser/dial-in.test.ts test/browser/pages.test.ts
'
