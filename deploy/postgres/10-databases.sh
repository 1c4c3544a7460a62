#!/usr/bin/env bash
# Runs once, as superuser, when the Postgres container makes its cluster: the three databases, their owner, and a login for
# each process. Tables and rights come from the migrations. For a Postgres that exists already, run the same by hand.
set -euo pipefail

: "${JANGBU_OWNER_PASSWORD:?}" "${JANGBU_WRITER_PASSWORD:?}" "${JANGBU_RELAY_PASSWORD:?}"
: "${JANGBU_AUDITOR_PASSWORD:?}" "${JANGBU_PUBLISHER_PASSWORD:?}" "${JANGBU_PROJECTOR_PASSWORD:?}" "${JANGBU_READER_PASSWORD:?}"
: "${JANGBU_VAULT_PASSWORD:?}" "${JANGBU_VAULT_READER_PASSWORD:?}" "${JANGBU_WEBHOOKS_PASSWORD:?}" "${JANGBU_INSPECTOR_PASSWORD:?}"

psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set owner="$JANGBU_OWNER_PASSWORD" --set writer="$JANGBU_WRITER_PASSWORD" --set relay="$JANGBU_RELAY_PASSWORD" \
    --set projector="$JANGBU_PROJECTOR_PASSWORD" --set reader="$JANGBU_READER_PASSWORD" \
    --set auditor="$JANGBU_AUDITOR_PASSWORD" --set publisher="$JANGBU_PUBLISHER_PASSWORD" \
    --set webhooks="$JANGBU_WEBHOOKS_PASSWORD" --set inspector="$JANGBU_INSPECTOR_PASSWORD" \
    --set vault="$JANGBU_VAULT_PASSWORD" --set vault_reader="$JANGBU_VAULT_READER_PASSWORD" <<'SQL'
-- The owner runs migrations. It may make and set roles, which the migrations do where these are missing.
create role jangbu_owner login createrole password :'owner';
create role jangbu_writer login password :'writer';
create role jangbu_relay login password :'relay';
create role jangbu_projector login password :'projector';
create role jangbu_reader login password :'reader';
create role jangbu_auditor login password :'auditor';
create role jangbu_publisher login password :'publisher';
create role jangbu_vault login password :'vault';
create role jangbu_vault_reader login password :'vault_reader';
grant jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader, jangbu_auditor, jangbu_publisher, jangbu_vault, jangbu_vault_reader to jangbu_owner with admin option;
create role jangbu_webhooks login password :'webhooks';
create role jangbu_inspector login password :'inspector';
grant jangbu_webhooks, jangbu_inspector to jangbu_owner with admin option;

create database jangbu_log owner jangbu_owner encoding 'UTF8' template template0;
create database jangbu_views owner jangbu_owner encoding 'UTF8' template template0;
create database jangbu_vault owner jangbu_owner encoding 'UTF8' template template0;
revoke all on database jangbu_log, jangbu_views, jangbu_vault from public;
grant connect on database jangbu_log to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader, jangbu_auditor, jangbu_publisher, jangbu_inspector;
grant connect on database jangbu_views to jangbu_projector, jangbu_reader;
grant connect on database jangbu_vault to jangbu_vault, jangbu_vault_reader, jangbu_projector;
grant connect on database jangbu_log, jangbu_views, jangbu_vault to jangbu_webhooks;
SQL
