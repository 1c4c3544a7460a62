#!/usr/bin/env bash
# The packages of a registry that the lock files name, one on each line.
set -euo pipefail
cd "$(dirname "$0")/../.."
awk '
    /^\[\[package\]\]/ { name = "" }
    /^name = / { gsub(/"/, "", $3); name = $3 }
    /^source = "registry\+/ { print name }
' Cargo.lock fuzz/Cargo.lock bench/umadb/Cargo.lock | LC_ALL=C sort -u
