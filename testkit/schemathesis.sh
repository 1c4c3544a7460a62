#!/usr/bin/env bash
# Both OpenAPI documents against a bank of its own: generated requests, right and wrong, as an operator and as a member.
# Nothing may answer 5xx, and every answer must be one the document describes. `schemathesis.sh target/debug`
set -euo pipefail
version=4.32.5
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
programs=$(cd -- "${1:?the folder of the built programs}" && pwd -P)
venv=$root/.tools/schemathesis

if [ -z "${JANGBU_COMMAND_URL:-}" ] || [ "${INSIDE_BANK:-}" != yes ]; then
    if ! "$venv/bin/st" --version 2>/dev/null | grep -qF "$version"; then
        echo "installing schemathesis $version under .tools/"
        rm -rf "$venv"
        python3 -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet "schemathesis==$version"
    fi
    export INSIDE_BANK=yes
    exec "$programs/dev" bank -- "$root/testkit/schemathesis.sh" "$programs"
fi

# One worker: CPython's parser, which the generator calls, is not safe in threads before 3.12.
# A seed makes a failure of today fail again tomorrow; `timeout` bounds what a fuzzer would do for ever.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
run() {
    local name=$1 url=$2
    shift 2
    echo "== $name: $url"
    timeout 240 "$venv/bin/st" run "$url/openapi.json" --url "$url" --phases examples,coverage,fuzzing --max-examples 40 \
        --seed 1993 --workers 1 --request-timeout 10 --warnings off --generation-database none \
        --checks not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,ignored_auth,unsupported_method \
        --header "$@"
}
operator="Authorization: Bearer $("$programs/jangbu" token --role operator)"
member="Authorization: Bearer $("$programs/jangbu" token --member 018f0000-0000-7000-8000-000000000001)"
run 'commands as an operator' "$JANGBU_COMMAND_URL" "$operator"
run 'commands as a member' "$JANGBU_COMMAND_URL" "$member"
# A stream has no end to wait for; testkit/tests/it/live_stream.rs has its requests, right and wrong.
run 'reads as an operator' "$JANGBU_QUERY_URL" "$operator" --exclude-path /v1/events/stream
run 'reads as a member' "$JANGBU_QUERY_URL" "$member" --exclude-path /v1/events/stream
# Whatever was sent, what was written holds together.
"$programs/jangbu" log verify
