#!/usr/bin/env bash
# An S3-compatible server for tests: moto (PyPI), in a folder of its own under .tools/. It keeps to the S3 protocol over HTTP,
# conditional writes and signatures included, and keeps its objects in memory.
#   s3-server.sh install     install it if it is not there; exit code 3 if it cannot be had here
#   s3-server.sh run PORT    serve on 127.0.0.1:PORT until killed
set -euo pipefail
version=5.2.5
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.tools/moto-$version

case ${1:-} in
    install)
        [ -e "$venv/installed" ] && exit 0
        mkdir -p "$root/.tools"
        # Tests that run side by side install it once.
        exec 9>"$root/.tools/moto.lock"
        flock 9
        [ -e "$venv/installed" ] && exit 0
        echo "installing moto $version under .tools/ (once)" >&2
        rm -rf "$venv"
        if ! python3 -m venv "$venv"; then
            echo "python3 with venv is needed: testkit/ensure-packages.sh python" >&2
            exit 3
        fi
        # What its server needs for S3, without what its hundred other services would bring.
        if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --retries 2 --timeout 20 \
            "moto[s3]==$version" 'flask!=2.2.0,!=2.2.1' 'flask-cors>=4'; then
            echo "moto $version cannot be installed from PyPI" >&2
            exit 3
        fi
        touch "$venv/installed"
        ;;
    run)
        # Not its script: that names the folder in which it was installed.
        exec "$venv/bin/python" -m moto.server --host 127.0.0.1 --port "${2:?a port}"
        ;;
    *)
        sed -n '2,5s/^# //p' "$0" >&2
        exit 2
        ;;
esac
