#!/usr/bin/env bash
#
# Builds program and tests (debug), refuses imports that Package.swift does not declare, and keeps what the build said
# for warnings.sh.
#
#   Deploy/checks/build.sh LOG

set -euo pipefail
log=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

swift build --build-tests --explicit-target-dependency-import-check error 2>&1 | tee "$log"
