#!/usr/bin/env bash
#
# Writes the generated parts of the manual anew: Deploy/docs/reference, the list in Deploy/docs/licences.md and
# Deploy/systemd/twinmill.env.example. Needs what the tests need (Deploy/packages.sh --tests): it starts a private
# PostgreSQL for the pages about SQL.
#
#   Deploy/docs/renew.sh

set -euo pipefail
export LC_ALL=C.UTF-8
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

# The database and the settings of the caller must not show in the manual.
unset DATABASE_URL
for name in $(compgen -e TWINMILL_); do unset "$name"; done

swift build --product twinmill
program=$(swift build --show-bin-path)/twinmill
"$program" internal docs Deploy/docs/reference --environment-folder Deploy/systemd
Deploy/checks/targets.sh --write
Deploy/checks/licences.sh --write
