#!/usr/bin/env bash
# An OpenID Connect provider for tests: Canaille (PyPI), in a folder of its own under .tools/. It keeps to the protocol over HTTP, checks
# the challenge of PKCE, and has people who log in with a password; what it knows is in memory.
#   provider.sh install          install it if it is not there; exit code 3 if it cannot be had here
#   provider.sh run PORT FILE    serve on 127.0.0.1:PORT what FILE says (provider.py) until killed
# requirements.txt names each package with its version and its hashes. To renew it:
#   uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate requirements.in -o requirements.txt
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd -- "$here/../.." && pwd -P)
venv=$root/.tools/oidc-provider
wanted=$(sha256sum "$here/requirements.txt" | cut -d ' ' -f 1)

is_there() { [ "$(cat "$venv/installed" 2>/dev/null)" = "$wanted" ]; }

case ${1:-} in
    install)
        is_there && exit 0
        mkdir -p "$root/.tools"
        # Tests that run side by side install it once.
        exec 9>"$root/.tools/oidc-provider.lock"
        flock 9
        is_there && exit 0
        echo "installing $(grep -m 1 '^canaille==' "$here/requirements.txt" | tr -d ' \\') under .tools/ (once)" >&2
        rm -rf "$venv"
        if ! python3 -m venv "$venv"; then
            echo "python3 (3.11 or later) with venv is needed: testkit/ensure-packages.sh python" >&2
            exit 3
        fi
        if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 20 \
            --require-hashes --only-binary :all: -r "$here/requirements.txt"; then
            echo "the packages of $here/requirements.txt cannot be installed from PyPI" >&2
            exit 3
        fi
        echo "$wanted" > "$venv/installed"
        ;;
    run)
        exec "$venv/bin/python" "$here/provider.py" "${2:?a port}" "${3:?a file}"
        ;;
    *)
        sed -n '2,6s/^# //p' "$0" >&2
        exit 2
        ;;
esac
