#!/usr/bin/env bash
# Renews this copy from a checkout of the advisory database: `renew.sh CHECKOUT`.
set -euo pipefail
checkout=${1:?usage: renew.sh CHECKOUT}
cd "$(dirname "$0")"
test -d "$checkout/crates" || { echo "$checkout is no checkout of the advisory database: it has no folder crates" >&2; exit 1; }
./registry-packages.sh > packages.txt
rm -rf crates
while read -r package; do
    for file in "$checkout/crates/$package"/RUSTSEC-*.md; do
        if [ -e "$file" ] && ! grep -q '^withdrawn' "$file"; then
            mkdir -p "crates/$package"
            cp "$file" "crates/$package/"
        fi
    done
done < packages.txt
git -C "$checkout" log -1 --format=%cs > as-of
echo "$(find crates -name '*.md' | wc -l) advisories for $(wc -l < packages.txt) packages, as of $(cat as-of)"
