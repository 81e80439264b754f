#!/usr/bin/env bash
# Builds the image from the Dockerfile as it is, without Docker, and runs the tests beside this file on it. Needs root,
# buildah, debootstrap, podman, podman-compose and runc, Caddy, coturn and Chromium; the network only for building: what is
# tested has nothing but loopback.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ $# = 0 ]; then
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  # In mount and process namespaces of its own, so that neither can be left over.
  unshare --mount --pid --fork --kill-child --mount-proc "$0" "$folder"
  exit
fi
folder=$1
phase() { printf '%4d s  %s\n' "$SECONDS" "$1"; }

export CONTAINERS_STORAGE_CONF=$folder/storage.conf CONTAINERS_CONF=$folder/containers.conf
cat >"$CONTAINERS_STORAGE_CONF" <<CONF
[storage]
driver = "overlay"
graphroot = "$folder/storage"
runroot = "$folder/run"
CONF
cat >"$CONTAINERS_CONF" <<CONF
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
tmp_dir = "$folder/tmp"
CONF
# The health check is run by the test, and not by a timer outside these namespaces.
export DISABLE_HC_SYSTEMD=true

# There is no registry of images here, so what the Dockerfile builds upon is made of the same parts under its name:
# Debian, Node's binary and npm in /usr/local, a user.
image=$(sed -n 's/^FROM \(node:\S*\) AS .*/\1/p' Dockerfile)
node=node-linux-$(node -p process.arch)@$(sed 's/node:\([0-9.]*\).*/\1/' <<<"$image")
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
container=$(buildah from scratch)
root=$(buildah mount "$container")
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$folder/log" || { tail "$folder/log"; exit 1; }
rm -f "$root"/var/cache/apt/archives/*.deb
phase 'Debian'
unpack() {
  local archive
  archive=$(npm pack --loglevel error --pack-destination "$folder" "$1")
  mkdir -p "$2"
  tar -xzf "$folder/$archive" -C "$2" --strip-components 1
}
unpack "$node" "$root/usr/local"
unpack npm@11 "$root/usr/local/lib/node_modules/npm"
for name in npm npx; do ln -s "../lib/node_modules/npm/bin/$name-cli.js" "$root/usr/local/bin/$name"; done
chroot "$root" useradd --create-home --uid 1000 node
buildah commit --quiet --rm "$container" "$image" >/dev/null
phase "$image"
base=$SECONDS

# The machine's way to the npm registry is lent to the build, and does not get into the image.
npmrc=$folder/npmrc
cat "$(npm config get userconfig)" >"$npmrc" 2>/dev/null || true
printf '\nregistry=%s\n' "$(npm config get registry)" >>"$npmrc"
lent=(--volume "$npmrc:/root/.npmrc:ro")
cafile=$(npm config get cafile)
# Another Node than npm's own, first on the PATH, has another configuration of the whole machine.
[ "$cafile" != null ] || cafile=${NODE_EXTRA_CA_CERTS:-null}
if [ "$cafile" != null ]; then
  echo "cafile=$cafile" >>"$npmrc"
  lent+=(--volume "$cafile:$cafile:ro")
fi
buildah build --quiet --format docker --isolation chroot --pull=never "${lent[@]}" --tag wartezimmer . >"$folder/log" 2>&1 ||
  { cat "$folder/log"; exit 1; }
phase 'the image'
export BUILT_WITHIN=$((SECONDS - base))

# Nor are there those that the README's Compose file names beside it: Debian's programs, with their commands and rights.
for program in caddy turnserver; do
  container=$(buildah from scratch)
  root=$(buildah mount "$container")
  path=/usr/bin/$program
  # shellcheck disable=SC2046
  cp --parents --dereference "$path" $(ldd "$path" | grep -o '/[^ ]*') "$root"
  setcap cap_net_bind_service=+ep "$root$path"
  case $program in
  caddy)
    buildah config --env XDG_CONFIG_HOME=/config --env XDG_DATA_HOME=/data \
      --cmd '["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]' "$container"
    buildah commit --quiet --rm "$container" docker.io/library/caddy:2 >/dev/null
    ;;
  turnserver)
    mkdir -p "$root/var/lib/turn" "$root/var/run"
    buildah config --entrypoint '["turnserver"]' "$container"
    buildah commit --quiet --rm "$container" docker.io/coturn/coturn:4 >/dev/null
    ;;
  esac
done
phase 'Caddy and coturn'

unshare --net sh -c 'ip link set lo up && exec node --import tsx test/run.ts test/container'
