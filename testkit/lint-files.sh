#!/usr/bin/env bash
# The OpenAPI and AsyncAPI documents against their specifications and the rules of the house, the migrations against squawk's rules, and the
# alerts and the dashboard against promtool. The tools are installed under .tools/, once, but for promtool.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
venv=$PWD/.tools/lint-files
packages=(openapi-spec-validator==0.9.0 'jsonschema[format]==4.26.0' squawk-cli==2.70.0)

if [ "$(cat "$venv/installed" 2>/dev/null)" != "${packages[*]}" ]; then
    echo "installing ${packages[*]} under .tools/"
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet "${packages[@]}"
    echo "${packages[*]}" > "$venv/installed"
fi

"$venv/bin/python" testkit/openapi-lint.py docs/openapi/command.json docs/openapi/query.json docs/openapi/projector.json
"$venv/bin/python" testkit/asyncapi-lint.py docs/asyncapi.json public-events/schemas

# What squawk says, as `file rule`, must be what is excepted in migrations/squawk-exceptions.txt: no more, and no less.
found=$(
    "$venv/bin/squawk" --config migrations/squawk.toml --reporter gcc migrations/*/*.sql |
        sed -nE 's#^migrations/([^:]+):[0-9]+:[0-9]+: [a-z]+: ([a-z-]+) .*#\1 \2#p' | sort -u
) || true
excepted=$(sed -nE 's/^([^# ]+ [a-z-]+) *#.*/\1/p' migrations/squawk-exceptions.txt | sort -u)
if ! diff <(echo "$excepted") <(echo "$found") >&2; then
    echo "migrations: < is excepted and not there, > is there and not excepted. Fix the new migration, or write the exception and its reason" \
        "into migrations/squawk-exceptions.txt" >&2
    exit 1
fi
echo "$(ls migrations/*/*.sql | wc -l) migrations are in order"

# The tests of the alerts say when each is given and when not. Names of metrics are checked by a test of `platform`.
promtool check config deploy/prometheus/prometheus.yml
promtool test rules deploy/prometheus/rules-test.yaml
rules=$(mktemp --suffix .yaml)
trap 'rm -f "$rules"' EXIT
"$venv/bin/python" testkit/dashboard-rules.py deploy/grafana/jangbu.json > "$rules"
promtool check rules "$rules"
