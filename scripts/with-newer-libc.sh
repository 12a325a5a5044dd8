#!/bin/bash
# scripts/with-newer-libc.sh SUITE COMMAND...
# Runs COMMAND with the C and C++ libraries of another Debian suite, in a mount namespace of its own: the system stays as
# it is. For binaries that need a newer glibc than this Debian has. As root; `trixie` has glibc 2.41.
#   WHISPER_NODE_ADDON=FOLDER scripts/with-newer-libc.sh trixie npx vitest run test/live/node-addon.test.ts
set -euo pipefail
suite=$1
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
mkdir -p "$folder"/{sources,lists/partial,cache/archives/partial,root}
sed "/^$/q; s/^Suites:.*/Suites: $suite/" /etc/apt/sources.list.d/debian.sources > "$folder/sources/suite.sources"
apt() {
  apt-get -qq -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$folder/sources" \
    -o Dir::State::lists="$folder/lists" -o Dir::Cache="$folder/cache" "$@"
}
apt update
(cd "$folder" && apt download libc6 libgcc-s1 libgomp1 libstdc++6)
for package in "$folder"/*.deb; do dpkg -x "$package" "$folder/root"; done
libraries=/usr/lib/$(uname -m)-linux-gnu
# All at once: the loader and the C library of two releases do not work together.
unshare --mount sh -c 'mount -t overlay overlay -o "lowerdir=$0:$1" "$1"; shift; exec "$@"' \
  "$folder/root$libraries" "$libraries" "$@"
