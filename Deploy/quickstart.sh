#!/usr/bin/env bash
#
# From a bare Debian 12 with Swift to a running demo: packages, release build, `twinmill demo`.
#
#   Deploy/quickstart.sh [options of `twinmill demo`]
#
# May be run from any folder, as root or not, as often as you like.

set -euo pipefail

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd -P)

"$root/Deploy/packages.sh"

# --package-path rather than cd: relative paths among the options stay relative to the caller's folder.
# The Swift runtime is linked in, so that the program can be copied to machines without Swift.
build=(swift build --package-path "$root" -c release --static-swift-stdlib)
echo "Building (the first time takes some minutes)"
"${build[@]}" --product twinmill
binary=$("${build[@]}" --show-bin-path)/twinmill
echo "The program is $binary"
echo

exec "$binary" demo "$@"
