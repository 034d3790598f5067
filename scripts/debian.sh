#!/usr/bin/env bash
# Tries the last commit on a bare Debian: its base system with Go, git and make, and nothing else. There it runs
#
#   make demo, make test    without a C compiler, Node.js, Redis or PostgreSQL
#   .ci/run                 with CI set, so that a test fails when .ci/run did not install what it needs
#
# or the commands given as arguments. It takes about 5 GB below TMPDIR (default /var/tmp) and half an hour, needs root
# and debootstrap, and leaves nothing behind. SUITE (default bookworm) and MIRROR choose the Debian. Registries are
# reached as this machine reaches them: settings of Go, npm, apt, certificates and proxies are taken over.
set -euo pipefail
cd "$(dirname "$0")/.."
for program in debootstrap git go unshare; do
  command -v "$program" >/dev/null || { echo "$0 needs $program" >&2; exit 2; }
done
[ "$(id -u)" -eq 0 ] || { echo "$0 needs root, for debootstrap and chroot" >&2; exit 2; }
[ $# -gt 0 ] || set -- 'make demo' 'make test' 'CI=true .ci/run'
suite=${SUITE:-bookworm}
# The mirror that apt uses, if this is a Debian.
mirror=${MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
  sed -n '/debian-security/!s/^Debian //p' | head -n 1 || true)}
mirror=${mirror:-http://deb.debian.org/debian}
[ -z "$(git status --porcelain)" ] || echo "what is not committed is not tried" >&2

root=$(TMPDIR=${TMPDIR:-/var/tmp} mktemp -d -t partner-debian-XXXXXX)
# Servers do not run as root, and have to get in.
chmod 755 "$root"
child=
clean() {
  trap - EXIT
  [ -z "$child" ] || { kill "$child" 2>/dev/null && wait "$child" || true; }
  rm -rf --one-file-system "$root" "$root.log"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# apart runs a command whose mounts and processes are gone when it has ended, however that comes.
apart() {
  unshare --mount --pid --fork --kill-child "$@" &
  child=$!
  local status=0
  wait "$child" || status=$?
  child=
  return "$status"
}

echo "== Debian $suite" >&2
# debootstrap knows the environment's proxy, but not the one that apt is configured with.
proxy=$(apt-config dump 2>/dev/null | sed -n 's/^Acquire::http::Proxy "\(http.*\)";/\1/p' || true)
apart env ${proxy:+"http_proxy=$proxy"} debootstrap --variant=minbase --include=git,make "$suite" "$root" "$mirror" \
  >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; exit 1; }
cp -rL "$(go env GOROOT)" "$root/usr/local/go"
git clone -q --depth 1 "file://$PWD" "$root/partner-go"

# How this machine reaches the network.
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
apt-config dump 2>/dev/null | grep -E '^Acquire::(https?|Check-|ForceIPv|Retries)' >"$root/etc/apt/apt.conf.d/99host" ||
  true
settings=(HOME=/root LANG=C.UTF-8 PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
for name in GOPROXY GOSUMDB GONOSUMDB GOPRIVATE GONOPROXY GOINSECURE GOFLAGS; do
  settings+=("$name=$(go env "$name")")
done
while IFS= read -r name; do
  settings+=("$name=${!name}")
done < <(compgen -e | grep -iE '^(https?_proxy|no_proxy|all_proxy|npm_config_[a-z_]+)$')
if command -v npm >/dev/null; then settings+=("npm_config_registry=$(npm config get registry)"); fi
certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
if [ -r "$certificates" ]; then
  cp -L "$certificates" "$root/etc/host-certificates.crt"
  for name in SSL_CERT_FILE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS npm_config_cafile; do
    settings+=("$name=/etc/host-certificates.crt")
  done
fi
# Packages that bring a service do not start it.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"

for command in "$@"; do
  echo "== $command" >&2
  SECONDS=0
  apart --mount-proc="$root/proc" sh -c '
    mount -t tmpfs -o mode=1777 shm "$1/dev/shm" && root=$1 command=$2 && shift 2 &&
    exec chroot "$root" env -i "$@" bash -c "cd /partner-go && $command"
  ' sh "$root" "$command" "${settings[@]}" || { echo "== $command FAILED" >&2; exit 1; }
  echo "== $command: ok, $SECONDS s" >&2
done
