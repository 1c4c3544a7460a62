# Jangbu's recipes. `./justw up` and `./justw test` are all a newcomer needs; `./justw --list` tells the rest.

set shell := ["bash", "-euo", "pipefail", "-c"]

export SQLX_OFFLINE := env("SQLX_OFFLINE", "true")
export PATH := justfile_directory() / ".tools/bin:" + env("PATH")

tools := justfile_directory() / ".tools"
target := env("CARGO_TARGET_DIR", justfile_directory() / "target")
queries := target / "queries"
configured := "command-server query-server outbox-relay projector auditor event-publisher webhook-sender console"
programs := "--bin command-server --bin outbox-relay --bin projector --bin query-server --bin auditor --bin event-publisher --bin webhook-sender --bin console --bin jangbu --bin dev --bin demo --bin mail --bin providers"

[private]
default:
    @just --list --unsorted

# Build, start everything under .jangbu/, and show the main job on real input
[group('run')]
up *args: packages
    cargo build --release {{ programs }}
    @{{ target }}/release/dev up {{ args }}

# Stop everything that `up` started; the data stay
[group('run')]
down: (_program "dev")
    @{{ target }}/release/dev down

# Tell what runs, where, and whether it is ready
[group('run')]
status: (_program "dev")
    @{{ target }}/release/dev status

# Show the logs of all processes or one: `logs -f command-server`
[group('run')]
logs *args: (_program "dev")
    @{{ target }}/release/dev logs {{ args }}

# Show the mail and the text messages that were caught: `mail --to ADDRESS`
[group('run')]
mail *args: (_program "dev")
    @{{ target }}/release/dev mail {{ args }}

# A token for local use: `token --role operator`, `token --member ID`
[group('run')]
token *args: (_program "jangbu")
    @{{ target }}/release/jangbu token {{ args }}

# The one-time code that an operator of `up` logs in with now: `operator-code`, `operator-code second`
[group('run')]
operator-code name="admin": (_program "dev")
    @{{ target }}/release/dev operator-code {{ name }}

# All tests, on servers of their own: `test -p views`, `test some_name`
[group('check')]
[positional-arguments]
test *args: packages browser (_tool "cargo-nextest" "cargo-nextest" "0.9.143")
    cargo build --workspace --all-targets
    # Tests wait for servers much of their time: half as many more than there are cores.
    NEXTEST_TEST_THREADS="${NEXTEST_TEST_THREADS:-$(( ($(nproc) * 3 + 1) / 2 ))}" \
        {{ target }}/debug/dev servers -- cargo nextest run --workspace "$@"

# What continuous integration runs: every check, every test
[group('check')]
ci: fmt-check queries-check lint-files doc deny generated-check rooms test doctest demo-check contract-check
    @if [ -e target/advisories-not-checked ]; then cat target/advisories-not-checked; echo 'ci: all else is well'; else echo 'ci: all is well'; fi

# Format
[group('check')]
fmt:
    cargo fmt --all

[private]
fmt-check:
    cargo fmt --all --check

# Clippy, warnings refused
[group('check')]
lint: packages
    cargo clippy --workspace --all-targets -- --deny warnings

# The OpenAPI and AsyncAPI documents (openapi-spec-validator, jsonschema, the rules of the house), the migrations (squawk), the alerts and the dashboard (promtool)
[group('check')]
lint-files:
    testkit/ensure-packages.sh python promtool
    testkit/lint-files.sh

# The documentation of all crates, warnings refused
[group('check')]
doc: packages
    RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --quiet

# The examples in the documentation
[group('check')]
doctest: packages
    cargo test --workspace --doc --quiet

# The dependency rule, the size rule, the room READMEs; `rooms --write` renews docs/rooms.md
[group('check')]
rooms *args:
    cargo build --quiet --workspace --all-targets
    {{ target }}/debug/rooms {{ args }}

# Licences, sources, bans, known vulnerabilities: from their database, or from the copy in testkit/advisories
[group('check')]
deny: packages (_tool "cargo-deny" "cargo-deny" "0.20.2")
    cargo deny --all-features check bans licenses sources
    @testkit/deny-advisories.sh

# Fuzz the parsers at the door: `fuzz`, `fuzz contact 600`; on the stable compiler, so without the address sanitizer
[group('measure')]
fuzz target="" seconds="120": packages (_tool "cargo-fuzz" "cargo-fuzz" "0.13.2")
    for target in {{ if target == "" { "contact login_id real_name consistency_token cursor access_token payout_table payment_code token_form" } else { target } }}; do \
        mkdir -p fuzz/corpus/$target; \
        RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $target fuzz/corpus/$target fuzz/seeds/$target -- \
            -max_total_time={{ seconds }} -timeout=5 -print_final_stats=1; \
    done

# Transfers per second against pgbench in the same run: `bench --quick`; parts of it: `bench help`
[group('measure')]
bench *args: packages
    cargo build --release {{ programs }} --bin bench
    {{ if args =~ '(^| )umadb( |$)' { "just umadb-peer" } else { "true" } }}
    {{ target }}/release/bench {{ args }}

# UmaDB, for `bench umadb` and then for each full run: a workspace of its own, so nothing of Jangbu depends on it
[private]
umadb-peer: packages
    testkit/ensure-packages.sh protobuf
    cargo build --release --locked --manifest-path bench/umadb/Cargo.toml --target-dir {{ target }}/umadb

# The auditor under load with restarts: nothing may be found; an hour by default, as fast as it goes unless clients rest between transfers
[group('measure')]
soak-audit seconds="3600" pause_ms="0": packages (_tool "cargo-nextest" "cargo-nextest" "0.9.143")
    cargo build --workspace --all-targets
    JANGBU_TEST_AUDIT_SECONDS={{ seconds }} JANGBU_TEST_AUDIT_PAUSE_MS={{ pause_ms }} {{ target }}/debug/dev servers -- \
        cargo nextest run --workspace --profile soak --no-capture -E 'test(nothing_is_found_under_load_with_restarts_of_auditor_and_servers)'

# Rounds of faults under load with a history checker: nothing may be lost or doubled; fifty by default
[group('measure')]
soak-faults rounds="50" seed="1": packages (_tool "cargo-nextest" "cargo-nextest" "0.9.143")
    cargo build --workspace --all-targets
    JANGBU_TEST_FAULT_ROUNDS={{ rounds }} JANGBU_TEST_FAULT_SEED={{ seed }} {{ target }}/debug/dev servers -- \
        cargo nextest run --workspace --profile soak --no-capture -E 'test(nothing_is_lost_or_doubled_whatever_fails)'

# Rounds of kill -9 and of races while holds and offers expire, orders are due and runs pay: each of it happens once; 20 by default
[group('measure')]
soak-kills rounds="20": packages (_tool "cargo-nextest" "cargo-nextest" "0.9.143")
    cargo build --workspace --all-targets
    JANGBU_TEST_ROUNDS={{ rounds }} {{ target }}/debug/dev servers -- \
        cargo nextest run --workspace --profile soak --no-capture -E 'package(testkit) & test(/^(kill_money|money_races)::/)'

# A client of the live stream that comes back at random instants: nothing may be lost or told twice; ten thousand times by default
[group('measure')]
soak-streams rounds="10000": packages (_tool "cargo-nextest" "cargo-nextest" "0.9.143")
    cargo build --workspace --all-targets
    JANGBU_TEST_ROUNDS={{ rounds }} {{ target }}/debug/dev servers -- \
        cargo nextest run --workspace --profile soak --no-capture -E 'test(a_client_that_comes_back_at_any_moment_loses_nothing_and_gets_nothing_twice)'

# Rounds of kill -9 of the webhook sender while events go to receivers that fail at random: each arrives, in order; 20 by default
[group('measure')]
soak-webhooks rounds="20": packages (_tool "cargo-nextest" "cargo-nextest" "0.9.143")
    cargo build --workspace --all-targets
    JANGBU_TEST_ROUNDS={{ rounds }} {{ target }}/debug/dev servers -- \
        cargo nextest run --workspace --profile soak --no-capture -E 'package(testkit) & test(/^webhook_delivery::/)'

# Random schedules of top-ups, bank payouts and gift cards with failing providers: the books of both sides agree; 500 by default
[group('measure')]
soak-processes rounds="500" seed="3927": packages (_tool "cargo-nextest" "cargo-nextest" "0.9.143")
    cargo build --workspace --all-targets
    JANGBU_TEST_ROUNDS={{ rounds }} JANGBU_TEST_SEED={{ seed }} {{ target }}/debug/dev servers -- \
        cargo nextest run --workspace --profile soak --no-capture -E 'test(at_the_end_of_any_schedule_the_books_of_both_sides_agree)'

# Write again what is generated: .sqlx/, migrations/expected/, OpenAPI, AsyncAPI, the schemas of public events, docs/rooms.md, docs/commands.md, docs/settings/
[group('make')]
generate: packages
    cargo build -p testkit --no-default-features --bin dev
    just _queries check
    rm -f .sqlx/*
    cp {{ queries }}/* .sqlx/
    cargo build --workspace --all-targets
    {{ target }}/debug/dev describe migrations/expected
    cargo build --workspace --all-targets
    {{ target }}/debug/command-server --openapi > docs/openapi/command.json
    {{ target }}/debug/query-server --openapi > docs/openapi/query.json
    {{ target }}/debug/projector --openapi > docs/openapi/projector.json
    {{ target }}/debug/event-publisher --asyncapi > docs/asyncapi.json
    JANGBU_TEST_WRITE_SCHEMAS=1 cargo test -p public-events --test it --quiet schemas::
    {{ target }}/debug/jangbu commands > docs/commands.md
    for program in {{ configured }}; do env -i {{ target }}/debug/$program --help > docs/settings/$program.txt; done
    {{ target }}/debug/rooms --write

[private]
generated-check: packages
    cargo build --workspace --all-targets
    {{ target }}/debug/command-server --openapi | diff - docs/openapi/command.json
    {{ target }}/debug/query-server --openapi | diff - docs/openapi/query.json
    {{ target }}/debug/projector --openapi | diff - docs/openapi/projector.json
    {{ target }}/debug/event-publisher --asyncapi | diff - docs/asyncapi.json
    {{ target }}/debug/jangbu commands | diff - docs/commands.md
    for program in {{ configured }}; do env -i {{ target }}/debug/$program --help | diff - docs/settings/$program.txt; done

# Clippy, warnings refused, with the queries checked by a database made a moment ago: what their macros write must be .sqlx/
[private]
queries-check: packages
    cargo build --workspace --all-targets
    just _queries clippy -- --deny warnings
    diff -r {{ queries }} .sqlx

# The macros of sqlx write a file for each query they check, but only in crates that are compiled again: sources are as old as they were
# when that is done, so that nothing else is
[private]
_queries command *args:
    rm -rf {{ queries }}
    mkdir -p {{ queries }}
    grep -rlE --include='*.rs' --exclude-dir=target --exclude-dir=.tools '\bquery(_file)?(_as|_scalar)?!' . \
        | xargs stat --format '%.9Y %n' > {{ queries }}.times
    cut -d ' ' -f 2- {{ queries }}.times | xargs touch
    SQLX_OFFLINE_DIR={{ queries }} {{ target }}/debug/dev prepare-db -- \
        cargo {{ command }} --workspace --all-targets {{ args }}
    while read -r time file; do touch --date "@$time" "$file"; done < {{ queries }}.times

# Both OpenAPI documents against the running servers (schemathesis, bounded in time)
[group('check')]
contract-check: packages
    testkit/ensure-packages.sh python
    cargo build --workspace --all-targets
    testkit/schemathesis.sh {{ target }}/debug

# The demonstration on a bank of its own, and the proof of what it wrote
[private]
demo-check: packages
    cargo build --workspace --all-targets
    {{ target }}/debug/dev bank -- bash -c '{{ target }}/debug/demo --destroy-keys && {{ target }}/debug/jangbu log verify'

# The packages of the machine that building and running need
[private]
packages:
    @testkit/ensure-packages.sh compiler servers

# The browser that tests open the console in, and letters for it
[private]
browser:
    @testkit/ensure-packages.sh browser

# A release program, built if it is not there
[private]
_program name:
    @test -x {{ target }}/release/{{ name }} || cargo build --release {{ programs }}

# A tool of the build: the one installed, else this version under .tools/
[private]
_tool program package version features="":
    @command -v {{ program }} >/dev/null || just _install {{ package }} {{ version }} {{ features }}

[private]
_install package version *features:
    @echo "installing {{ package }} {{ version }} under .tools/ (a few minutes, once)"
    @CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --force --root {{ tools }} \
        --target-dir {{ tools }}/target {{ package }} --version {{ version }} {{ features }}
    @rm -rf {{ tools }}/target
