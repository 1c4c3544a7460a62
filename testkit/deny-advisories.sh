#!/usr/bin/env bash
# Known vulnerabilities, where the advisory database can be reached. Where it cannot, that is said loudly and kept in target/, so that
# `just ci` ends with it too; with JANGBU_REQUIRE_ADVISORIES=1, as in continuous integration, it is a failure.
set -uo pipefail
mark=target/advisories-not-checked
mkdir -p target
rm -f "$mark"
output=$(timeout 120 cargo deny --all-features check advisories 2>&1)
code=$?
if [ $code -ne 0 ] && { [ $code -eq 124 ] || grep -q 'failed to fetch advisory database' <<<"$output"; }; then
    message='advisories: NOT CHECKED, the advisory database cannot be reached from here: known vulnerabilities would not be seen'
    line=$(printf '%*s' ${#message} '' | tr ' ' '!')
    printf '%s\n%s\n%s\n' "$line" "$message" "$line" | tee "$mark" >&2
    if [ -n "${GITHUB_ACTIONS:-}" ]; then printf '::error::%s\n' "$message"; fi
    if [ "${JANGBU_REQUIRE_ADVISORIES:-0}" = 1 ]; then exit 1; fi
    exit 0
fi
printf '%s\n' "$output"
exit $code
