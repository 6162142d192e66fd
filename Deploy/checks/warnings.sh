#!/usr/bin/env bash
#
# Fails on any warning of a build about our own sources or package description.
#
#   Deploy/checks/warnings.sh LOG    the log of build.sh

set -euo pipefail
log=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$(pwd -P)

# SwiftPM's own warnings name the package, which for a root package is its folder. Each warning once: the compiler
# repeats those of a shared file per module.
package=$(basename "$root" | tr '[:upper:]' '[:lower:]')
warnings=$(awk -v root="$root/" -v package="warning: '$package'" '
  index($0, package) == 1 { print; next }
  index($0, root) == 1 && /: warning:/ && substr($0, length(root) + 1) ~ /^(Sources|Jobs|Tests|Package\.swift)/
' "$log" | sort -u)
[ -n "$warnings" ] || exit 0

# The next build would not compile these files again and so not repeat the warnings; touched, they are compiled.
sed -n 's/^\(\/[^:]*\):.*/\1/p' <<< "$warnings" | sort -u | while read -r file; do
  touch -c "$file"
done

printf 'Warnings in our own sources:\n%s\n' "$warnings" >&2
exit 1
