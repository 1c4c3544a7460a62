#!/usr/bin/env bash
# Installs what the machine lacks, and only that: `ensure-packages.sh compiler servers browser python protobuf promtool`.
# Uses apt-get as root or through sudo; elsewhere it says what to install by hand.
set -euo pipefail

missing=()
need() { missing+=("$@"); }

for what in "$@"; do
    case $what in
        compiler)
            command -v cc >/dev/null || need gcc libc6-dev
            ;;
        servers)
            compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || need postgresql
            command -v nats-server >/dev/null || [ -x /usr/sbin/nats-server ] || need nats-server
            ;;
        browser)
            command -v chromedriver >/dev/null || need chromium chromium-driver
            # Korean letters, in pages and on the pictures of them.
            fc-list :lang=ko 2>/dev/null | grep -q . || compgen -G '/usr/share/fonts/truetype/nanum/*' >/dev/null || need fonts-nanum
            ;;
        python)
            python3 -c 'import venv, ensurepip' 2>/dev/null || need python3 python3-venv
            ;;
        protobuf)
            command -v protoc >/dev/null || need protobuf-compiler
            ;;
        promtool)
            command -v promtool >/dev/null || need prometheus
            ;;
        *)
            echo "unknown kind of package: $what" >&2
            exit 2
            ;;
    esac
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}. There is no apt-get here: install them by hand, then run this again." >&2
    exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Missing: ${missing[*]}. Run 'apt-get install ${missing[*]}' as root, then this again." >&2; exit 1; }
    as_root=(sudo)
fi
in_root() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@"; }

# The packages are wanted for their programs. Their services are not to be started: no cluster is made, and no daemon
# takes the usual ports. Both switches are put back afterwards.
policy=/usr/sbin/policy-rc.d
cluster_conf=/etc/postgresql-common/createcluster.conf
mark='# jangbu: programs only, no cluster'
policy_made=
put_back() {
    [ -z "$policy_made" ] || in_root rm -f "$policy"
    [ ! -f "$cluster_conf" ] || in_root sed -i "/^$mark\$/,+1d" "$cluster_conf"
}
trap put_back EXIT

echo "installing ${missing[*]}" >&2
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | in_root tee "$policy" >/dev/null
    policy_made=1
    in_root chmod 755 "$policy"
fi
in_root apt-get update -qq
install() { in_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
case " ${missing[*]} " in
    *' postgresql '*)
        install postgresql-common
        printf '%s\ncreate_main_cluster = false\n' "$mark" | in_root tee -a "$cluster_conf" >/dev/null
        ;;
esac
install "${missing[@]}"
