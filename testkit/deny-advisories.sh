#!/usr/bin/env bash
# Known vulnerabilities: from the advisory database where it can be reached, else from the copy in testkit/advisories. Which of them it
# was is said loudly if it was the copy, and kept in target/, so that `just ci` ends with it too. With JANGBU_REQUIRE_ADVISORIES=1, as in
# continuous integration, the database itself must be reached.
set -uo pipefail
mark=target/advisories-not-checked
copy=testkit/advisories
mkdir -p target
rm -f "$mark"

loudly() {
    local line
    line=$(printf '%*s' ${#1} '' | tr ' ' '!')
    printf '%s\n%s\n%s\n' "$line" "$1" "$line" | tee "$mark" >&2
    if [ -n "${GITHUB_ACTIONS:-}" ]; then printf '::error::%s\n' "$1"; fi
}

if [ "${JANGBU_ADVISORIES:-}" != copy ]; then
    output=$(timeout 120 cargo deny --all-features check advisories 2>&1)
    code=$?
    if [ $code -eq 0 ] || { [ $code -ne 124 ] && ! grep -q 'failed to fetch advisory database' <<<"$output"; }; then
        printf '%s\n' "$output"
        exit $code
    fi
    if [ "${JANGBU_REQUIRE_ADVISORIES:-0}" = 1 ]; then
        loudly 'advisories: NOT CHECKED, the advisory database cannot be reached'
        exit 1
    fi
fi

# A package that nobody looked up would pass unseen.
unknown=$(comm -13 "$copy/packages.txt" <("$copy/registry-packages.sh"))
if [ -n "$unknown" ]; then
    printf 'advisories: nobody has looked up these packages; %s says how:\n%s\n' "$copy/README.md" "$unknown" >&2
    exit 1
fi

# The checker wants a git repository, in a folder that it names after the address of the database. It takes it as it is: --offline.
databases=$PWD/target/advisory-dbs
database=$databases/advisory-db-3157b0e258782691
as_of=$(cat "$copy/as-of")
rm -rf "$databases"
mkdir -p "$database"
cp -r "$copy/crates" "$database/"
export GIT_AUTHOR_DATE="${as_of}T00:00:00Z" GIT_COMMITTER_DATE="${as_of}T00:00:00Z"
git -C "$database" init --quiet &&
    git -C "$database" add --all &&
    git -C "$database" -c user.name=jangbu -c user.email=jangbu@localhost commit --quiet --message "as of $as_of" || exit 1
# How old it is, is said below.
sed "s|^\[advisories\]|&\ndb-path = \"$databases\"\nmaximum-db-staleness = \"P10Y\"|" deny.toml >target/deny-copy.toml
for manifest in Cargo.toml fuzz/Cargo.toml bench/umadb/Cargo.toml; do
    cargo fetch --locked --quiet --manifest-path "$manifest" || exit 1
    cargo deny --offline --all-features --manifest-path "$manifest" --config "$PWD/target/deny-copy.toml" check advisories || exit 1
done
days=$((($(date +%s) - $(date +%s -d "$as_of")) / 86400))
loudly "advisories: checked against our copy of $as_of, $days days old: the database itself cannot be reached from here"
