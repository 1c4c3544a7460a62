--
-- PostgreSQL database dump
--

\restrict TIou4PVTiDkp1Ndqax5Oa9VpH0zMuZcptiR99D6fbie5v9m3kbMCsIjWUkJxdRX

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: migrations; Type: SCHEMA; Schema: -; Owner: jangbu_owner
--

CREATE SCHEMA migrations;


ALTER SCHEMA migrations OWNER TO jangbu_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: audit_alarms; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.audit_alarms (
    id bigint NOT NULL,
    log_id uuid NOT NULL,
    "position" bigint NOT NULL,
    rule text NOT NULL,
    what text NOT NULL,
    raised_by text NOT NULL,
    raised_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    acknowledged_at timestamp with time zone,
    acknowledged_by text,
    reason text,
    CONSTRAINT audit_alarms_acknowledged_by_check CHECK ((acknowledged_by <> ''::text)),
    CONSTRAINT audit_alarms_check CHECK ((((acknowledged_at IS NULL) = (acknowledged_by IS NULL)) AND ((acknowledged_at IS NULL) = (reason IS NULL)))),
    CONSTRAINT audit_alarms_position_check CHECK (("position" >= 0)),
    CONSTRAINT audit_alarms_raised_by_check CHECK ((raised_by <> ''::text)),
    CONSTRAINT audit_alarms_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT audit_alarms_rule_check CHECK ((rule <> ''::text)),
    CONSTRAINT audit_alarms_what_check CHECK ((what <> ''::text))
);


ALTER TABLE public.audit_alarms OWNER TO jangbu_owner;

--
-- Name: TABLE audit_alarms; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.audit_alarms IS 'what broke a rule of the log, and who let appends go on after it, and why';


--
-- Name: acknowledge_alarm(bigint, text, text); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.acknowledge_alarm(alarm bigint, acknowledged text, because text) RETURNS SETOF public.audit_alarms
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
declare
    written audit_alarms;
begin
    -- Before the alarm, as raise_alarm ends with it: an alarm that is raised meanwhile is seen below, or stops the log itself.
    perform from log_head for update;
    update audit_alarms
    set acknowledged_at = clock_timestamp(), acknowledged_by = acknowledged, reason = because
    where id = alarm and acknowledged_at is null
    returning * into written;
    if written.id is null then
        return;
    end if;
    update log_head set stopped_by = (select min(id) from audit_alarms where acknowledged_at is null);
    return next written;
end $$;


ALTER FUNCTION public.acknowledge_alarm(alarm bigint, acknowledged text, because text) OWNER TO jangbu_owner;

--
-- Name: add_commit_partitions(integer); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.add_commit_partitions(ahead integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
declare
    size constant bigint := 20000000;
    current_number constant bigint := (select (position + 1) / size from log_head);
    partition text;
begin
    perform pg_advisory_xact_lock(hashtext('add_commit_partitions'));
    for number in current_number .. current_number + ahead loop
        partition := 'log_commits_' || to_char(number, 'FM00000');
        if to_regclass(partition) is null then
            execute format('create table %I (like log_commits including all)', partition);
            execute format(
                'create trigger append_only before update or delete or truncate on %I for each statement execute function refuse_rewriting()',
                partition
            );
            execute format(
                'alter table log_commits attach partition %I for values from (%s) to (%s)',
                partition, number * size, (number + 1) * size
            );
        end if;
    end loop;
    return (current_number + ahead + 1) * size;
end $$;


ALTER FUNCTION public.add_commit_partitions(ahead integer) OWNER TO jangbu_owner;

--
-- Name: add_earlier_commit_partitions(); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.add_earlier_commit_partitions() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
declare
    size constant bigint := 20000000;
    partition text;
begin
    perform pg_advisory_xact_lock(hashtext('add_commit_partitions'));
    for number in 0 .. (select (position + 1) / size from log_head) loop
        partition := 'log_commits_' || to_char(number, 'FM00000');
        if to_regclass(partition) is null then
            execute format('create table %I (like log_commits including all)', partition);
            execute format(
                'create trigger append_only before update or delete or truncate on %I for each statement execute function refuse_rewriting()',
                partition
            );
            execute format(
                'alter table log_commits attach partition %I for values from (%s) to (%s)',
                partition, number * size, (number + 1) * size
            );
        end if;
    end loop;
end $$;


ALTER FUNCTION public.add_earlier_commit_partitions() OWNER TO jangbu_owner;

--
-- Name: log_adoptions; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_adoptions (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    who text NOT NULL,
    reason text NOT NULL,
    old_log_id uuid NOT NULL,
    new_log_id uuid NOT NULL,
    "position" bigint NOT NULL,
    command_id uuid,
    recorded_at timestamp with time zone,
    CONSTRAINT log_adoptions_check CHECK ((old_log_id <> new_log_id)),
    CONSTRAINT log_adoptions_check1 CHECK (((("position" = 0) = (command_id IS NULL)) AND ((command_id IS NULL) = (recorded_at IS NULL)))),
    CONSTRAINT log_adoptions_position_check CHECK (("position" >= 0)),
    CONSTRAINT log_adoptions_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT log_adoptions_who_check CHECK ((who <> ''::text))
);


ALTER TABLE public.log_adoptions OWNER TO jangbu_owner;

--
-- Name: TABLE log_adoptions; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_adoptions IS 'when a restored log was given a new id, by whom and why: append-only';


--
-- Name: COLUMN log_adoptions."position"; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_adoptions."position" IS 'the end of the log at that moment; later commits of the old id are not of this log';


--
-- Name: COLUMN log_adoptions.command_id; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_adoptions.command_id IS 'the commit that ends there, with recorded_at; null in an empty log';


--
-- Name: adopt_log(text, text); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.adopt_log(adopted_by text, adopted_because text) RETURNS public.log_adoptions
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
declare
    head log_head;
    last commits;
    written log_adoptions;
begin
    select * into strict head from log_head for update;
    select * into last from commits order by first_position desc limit 1;
    if coalesce(last.last_position, 0) <> head.position then
        raise exception using
            errcode = 'data_corrupted',
            message = format('the head of the log is at %s, but its last commit ends at %s', head.position,
                coalesce(last.last_position, 0)),
            hint = 'prove the log with `jangbu log verify --no-views`, and restore a sound backup';
    end if;
    insert into log_adoptions (who, reason, old_log_id, new_log_id, position, command_id, recorded_at)
    values (adopted_by, adopted_because, head.log_id, gen_random_uuid(), head.position, last.command_id, last.recorded_at)
    returning * into written;
    update log_head set log_id = written.new_log_id;
    perform pg_notify('log_appended', head.position::text);
    return written;
end $$;


ALTER FUNCTION public.adopt_log(adopted_by text, adopted_because text) OWNER TO jangbu_owner;

--
-- Name: chain_digests(bytea, bytea, bigint[], bigint, timestamp with time zone); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.chain_digests(before bytea, digests bytea, firsts bigint[], base bigint, at timestamp with time zone) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
    chained bytea := before;
    recorded constant bytea := timestamptz_send(at);
begin
    for i in 1 .. cardinality(firsts) loop
        chained := sha256(chained || substr(digests, 32 * i - 31, 32) || int8send(base + firsts[i]) || recorded);
    end loop;
    return chained;
end $$;


ALTER FUNCTION public.chain_digests(before bytea, digests bytea, firsts bigint[], base bigint, at timestamp with time zone) OWNER TO jangbu_owner;

--
-- Name: discard_copy(); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.discard_copy() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
declare
    partition regclass;
begin
    if (select relkind from pg_class where oid = 'events'::regclass) <> 'r' then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = 'the log stands in the tables of commit rows: they are no copy';
    end if;
    for partition in
        select inhrelid::regclass from pg_inherits where inhparent = 'log_commits'::regclass and inhrelid <> 'log_commits_probe'::regclass
    loop
        execute format('drop table %s', partition);
    end loop;
    alter table log_commands disable trigger append_only;
    alter table log_streams disable trigger never_deleted;
    truncate log_commands, log_streams, log_conversion;
    alter table log_commands enable trigger append_only;
    alter table log_streams enable trigger never_deleted;
    perform add_commit_partitions(2);
end $$;


ALTER FUNCTION public.discard_copy() OWNER TO jangbu_owner;

--
-- Name: guard_log_id(); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.guard_log_id() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.position <> old.position or not exists (
        select from log_adoptions as a
        where a.old_log_id = old.log_id and a.new_log_id = new.log_id and a.position = old.position
    ) then
        raise exception using
            errcode = 'restrict_violation',
            message = 'the id of a log that holds events is changed by `jangbu log adopt` alone';
    end if;
    return new;
end $$;


ALTER FUNCTION public.guard_log_id() OWNER TO jangbu_owner;

--
-- Name: make_views_of_commit_rows(); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.make_views_of_commit_rows() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
begin
    create view commits as
        select first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role
        from log_commits;
    comment on view commits is 'what one command wrote, as before: the rows are those of log_commits';

    create view events as
        select
            c.first_position + e.ordinal - 1 as position, (e.event ->> 1)::bigint as version, (e.event ->> 0)::uuid as stream_id,
            (e.event ->> 4)::smallint as schema_version, e.event ->> 3 as type, e.event -> 5 as payload
        from log_commits as c
        cross join lateral json_array_elements(c.events) with ordinality as e (event, ordinal);
    comment on view events is 'the events, as before. A condition on position reads all commits: ask log_commits for a range';

    grant insert on log_commits, log_commands to jangbu_writer;
    grant insert, update on log_streams to jangbu_writer;
    grant select on commits to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader, jangbu_auditor;
    grant select on events to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_auditor;
end $$;


ALTER FUNCTION public.make_views_of_commit_rows() OWNER TO jangbu_owner;

--
-- Name: raise_alarm(text, uuid, bigint, text, text); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.raise_alarm(auditor text, audited_log uuid, found_at bigint, broken text, finding text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO '$user', 'public'
    AS $$
declare
    raised bigint;
begin
    if not exists (select from log_head where log_id = audited_log) then
        return null;
    end if;
    insert into audit_alarms (log_id, position, rule, what, raised_by)
    values (audited_log, found_at, broken, left(finding, 4000), auditor)
    on conflict do nothing
    returning id into raised;
    if raised is not null then
        update log_head set stopped_by = raised where stopped_by is null;
    end if;
    return raised;
end $$;


ALTER FUNCTION public.raise_alarm(auditor text, audited_log uuid, found_at bigint, broken text, finding text) OWNER TO jangbu_owner;

--
-- Name: refuse_rewriting(); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.refuse_rewriting() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception using
        errcode = 'restrict_violation',
        message = format('%s on %I is refused: the log is append-only and only moves forward', tg_op, tg_table_name);
end $$;


ALTER FUNCTION public.refuse_rewriting() OWNER TO jangbu_owner;

--
-- Name: require_all_streams(bigint, bigint); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.require_all_streams(changed bigint, expected bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    if changed <> expected then
        raise exception using
            errcode = 'serialization_failure',
            message = format('%s of %s streams are not as the append expects them', expected - changed, expected);
    end if;
    return true;
end $$;


ALTER FUNCTION public.require_all_streams(changed bigint, expected bigint) OWNER TO jangbu_owner;

--
-- Name: take_over(); Type: FUNCTION; Schema: public; Owner: jangbu_owner
--

CREATE FUNCTION public.take_over() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO '$user', 'public'
    AS $$
begin
    alter table events rename to events_before;
    alter table commits rename to commits_before;
    alter table snapshots rename to snapshots_before;
    revoke all on events_before, commits_before, snapshots_before from jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader,
        jangbu_auditor;
    perform make_views_of_commit_rows();
end $$;


ALTER FUNCTION public.take_over() OWNER TO jangbu_owner;

--
-- Name: event_store; Type: TABLE; Schema: migrations; Owner: jangbu_owner
--

CREATE TABLE migrations.event_store (
    version bigint NOT NULL,
    description text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE migrations.event_store OWNER TO jangbu_owner;

--
-- Name: audit_alarms_id_seq; Type: SEQUENCE; Schema: public; Owner: jangbu_owner
--

ALTER TABLE public.audit_alarms ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.audit_alarms_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: audit_progress; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.audit_progress (
    auditor text NOT NULL,
    log_id uuid NOT NULL,
    "position" bigint NOT NULL,
    recorded_at timestamp with time zone,
    audited_at timestamp with time zone NOT NULL,
    rechecked_position bigint,
    rechecked_at timestamp with time zone,
    invariants jsonb NOT NULL,
    CONSTRAINT audit_progress_auditor_check CHECK ((auditor <> ''::text)),
    CONSTRAINT audit_progress_check CHECK (((rechecked_position IS NULL) = (rechecked_at IS NULL))),
    CONSTRAINT audit_progress_position_check CHECK (("position" >= 0)),
    CONSTRAINT audit_progress_rechecked_position_check CHECK ((rechecked_position >= 0))
)
WITH (fillfactor='50');


ALTER TABLE public.audit_progress OWNER TO jangbu_owner;

--
-- Name: TABLE audit_progress; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.audit_progress IS 'how far each auditor has proven the log';


--
-- Name: COLUMN audit_progress.recorded_at; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.audit_progress.recorded_at IS 'when the commit that ends at position was recorded';


--
-- Name: COLUMN audit_progress.rechecked_at; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.audit_progress.rechecked_at IS 'when all commits up to rechecked_position had been read again';


--
-- Name: COLUMN audit_progress.invariants; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.audit_progress.invariants IS 'each rule, how much it was held against, and how often it was broken';


--
-- Name: log_commits; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_commits (
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    command_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    correlation uuid NOT NULL,
    fingerprint bytea NOT NULL,
    actor_role "char" NOT NULL,
    is_followed boolean NOT NULL,
    events json NOT NULL,
    CONSTRAINT log_commits_positions_check CHECK ((last_position >= first_position))
)
PARTITION BY RANGE (first_position);


ALTER TABLE public.log_commits OWNER TO jangbu_owner;

--
-- Name: TABLE log_commits; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_commits IS 'what one command wrote: append-only';


--
-- Name: COLUMN log_commits.recorded_at; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits.recorded_at IS 'the clock of the log: never goes back from one commit to the next';


--
-- Name: COLUMN log_commits.actor_role; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits.actor_role IS 'm(ember), o(perator) or s(ervice)';


--
-- Name: COLUMN log_commits.is_followed; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits.is_followed IS 'whether it holds an event of a type that processes follow';


--
-- Name: COLUMN log_commits.events; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits.events IS 'one array for each event: stream, version, where the version before is, type, schema version, payload';


--
-- Name: commits; Type: VIEW; Schema: public; Owner: jangbu_owner
--

CREATE VIEW public.commits AS
 SELECT log_commits.first_position,
    log_commits.last_position,
    log_commits.recorded_at,
    log_commits.command_id,
    log_commits.actor_id,
    log_commits.correlation,
    log_commits.fingerprint,
    log_commits.actor_role
   FROM public.log_commits;


ALTER TABLE public.commits OWNER TO jangbu_owner;

--
-- Name: VIEW commits; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON VIEW public.commits IS 'what one command wrote, as before: the rows are those of log_commits';


--
-- Name: events; Type: VIEW; Schema: public; Owner: jangbu_owner
--

CREATE VIEW public.events AS
 SELECT ((c.first_position + e.ordinal) - 1) AS "position",
    ((e.event ->> 1))::bigint AS version,
    ((e.event ->> 0))::uuid AS stream_id,
    ((e.event ->> 4))::smallint AS schema_version,
    (e.event ->> 3) AS type,
    (e.event -> 5) AS payload
   FROM (public.log_commits c
     CROSS JOIN LATERAL json_array_elements(c.events) WITH ORDINALITY e(event, ordinal));


ALTER TABLE public.events OWNER TO jangbu_owner;

--
-- Name: VIEW events; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON VIEW public.events IS 'the events, as before. A condition on position reads all commits: ask log_commits for a range';


--
-- Name: log_adoptions_id_seq; Type: SEQUENCE; Schema: public; Owner: jangbu_owner
--

ALTER TABLE public.log_adoptions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.log_adoptions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: log_archives; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_archives (
    log_id uuid NOT NULL,
    place text NOT NULL,
    manifest bigint NOT NULL,
    sha256 text NOT NULL,
    "position" bigint NOT NULL,
    written_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT log_archives_manifest_check CHECK ((manifest > 0)),
    CONSTRAINT log_archives_place_check CHECK ((place <> ''::text)),
    CONSTRAINT log_archives_position_check CHECK (("position" > 0)),
    CONSTRAINT log_archives_sha256_check CHECK ((length(sha256) = 64))
);


ALTER TABLE public.log_archives OWNER TO jangbu_owner;

--
-- Name: TABLE log_archives; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_archives IS 'where each archive ended when `jangbu archive run` last wrote to it';


--
-- Name: COLUMN log_archives.place; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_archives.place IS 'the URL of the archive, without secrets';


--
-- Name: COLUMN log_archives.manifest; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_archives.manifest IS 'the number of the last manifest; sha256 is its digest';


--
-- Name: log_commands; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_commands (
    command_id uuid NOT NULL,
    first_position bigint NOT NULL
);


ALTER TABLE public.log_commands OWNER TO jangbu_owner;

--
-- Name: TABLE log_commands; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_commands IS 'the idempotency record, for ever: which commit a command wrote';


--
-- Name: log_commits_00000; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_commits_00000 (
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    command_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    correlation uuid NOT NULL,
    fingerprint bytea NOT NULL,
    actor_role "char" NOT NULL,
    is_followed boolean NOT NULL,
    events json NOT NULL,
    CONSTRAINT log_commits_positions_check CHECK ((last_position >= first_position))
);


ALTER TABLE public.log_commits_00000 OWNER TO jangbu_owner;

--
-- Name: COLUMN log_commits_00000.recorded_at; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00000.recorded_at IS 'the clock of the log: never goes back from one commit to the next';


--
-- Name: COLUMN log_commits_00000.actor_role; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00000.actor_role IS 'm(ember), o(perator) or s(ervice)';


--
-- Name: COLUMN log_commits_00000.is_followed; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00000.is_followed IS 'whether it holds an event of a type that processes follow';


--
-- Name: COLUMN log_commits_00000.events; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00000.events IS 'one array for each event: stream, version, where the version before is, type, schema version, payload';


--
-- Name: log_commits_00001; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_commits_00001 (
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    command_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    correlation uuid NOT NULL,
    fingerprint bytea NOT NULL,
    actor_role "char" NOT NULL,
    is_followed boolean NOT NULL,
    events json NOT NULL,
    CONSTRAINT log_commits_positions_check CHECK ((last_position >= first_position))
);


ALTER TABLE public.log_commits_00001 OWNER TO jangbu_owner;

--
-- Name: COLUMN log_commits_00001.recorded_at; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00001.recorded_at IS 'the clock of the log: never goes back from one commit to the next';


--
-- Name: COLUMN log_commits_00001.actor_role; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00001.actor_role IS 'm(ember), o(perator) or s(ervice)';


--
-- Name: COLUMN log_commits_00001.is_followed; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00001.is_followed IS 'whether it holds an event of a type that processes follow';


--
-- Name: COLUMN log_commits_00001.events; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00001.events IS 'one array for each event: stream, version, where the version before is, type, schema version, payload';


--
-- Name: log_commits_00002; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_commits_00002 (
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    command_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    correlation uuid NOT NULL,
    fingerprint bytea NOT NULL,
    actor_role "char" NOT NULL,
    is_followed boolean NOT NULL,
    events json NOT NULL,
    CONSTRAINT log_commits_positions_check CHECK ((last_position >= first_position))
);


ALTER TABLE public.log_commits_00002 OWNER TO jangbu_owner;

--
-- Name: COLUMN log_commits_00002.recorded_at; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00002.recorded_at IS 'the clock of the log: never goes back from one commit to the next';


--
-- Name: COLUMN log_commits_00002.actor_role; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00002.actor_role IS 'm(ember), o(perator) or s(ervice)';


--
-- Name: COLUMN log_commits_00002.is_followed; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00002.is_followed IS 'whether it holds an event of a type that processes follow';


--
-- Name: COLUMN log_commits_00002.events; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_commits_00002.events IS 'one array for each event: stream, version, where the version before is, type, schema version, payload';


--
-- Name: log_commits_probe; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_commits_probe (
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    command_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    correlation uuid NOT NULL,
    fingerprint bytea NOT NULL,
    actor_role "char" NOT NULL,
    is_followed boolean NOT NULL,
    events json NOT NULL,
    CONSTRAINT log_commits_positions_check CHECK ((last_position >= first_position))
);


ALTER TABLE public.log_commits_probe OWNER TO jangbu_owner;

--
-- Name: log_conversion; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_conversion (
    singleton boolean DEFAULT true NOT NULL,
    log_id uuid NOT NULL,
    began_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    digest bytea DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea NOT NULL,
    proven_position bigint DEFAULT 0 NOT NULL,
    proven_digest bytea DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea NOT NULL,
    taken_over_at timestamp with time zone,
    CONSTRAINT log_conversion_check CHECK ((("position" >= 0) AND ((proven_position >= 0) AND (proven_position <= "position")))),
    CONSTRAINT log_conversion_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT log_conversion_proven_digest_check CHECK ((length(proven_digest) = 32)),
    CONSTRAINT log_conversion_singleton_check CHECK (singleton)
);


ALTER TABLE public.log_conversion OWNER TO jangbu_owner;

--
-- Name: TABLE log_conversion; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_conversion IS 'how far the copy of a log of the format before is; no row: none was begun';


--
-- Name: COLUMN log_conversion."position"; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_conversion."position" IS 'up to where commits are copied';


--
-- Name: COLUMN log_conversion.digest; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_conversion.digest IS 'the digests of the copied commits, chained, as log_head has them';


--
-- Name: COLUMN log_conversion.proven_position; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_conversion.proven_position IS 'up to where the copy was read back and found equal';


--
-- Name: log_head; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_head (
    singleton boolean DEFAULT true NOT NULL,
    log_id uuid DEFAULT gen_random_uuid() NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    command_ids_ordered_from timestamp with time zone DEFAULT '1970-01-01 00:00:00+00'::timestamp with time zone NOT NULL,
    stopped_by bigint,
    epoch bigint DEFAULT 0 NOT NULL,
    digest bytea DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea NOT NULL,
    CONSTRAINT log_head_digest_check CHECK ((length(digest) = 32)),
    CONSTRAINT log_head_epoch_check CHECK ((epoch >= 0)),
    CONSTRAINT log_head_position_check CHECK (("position" >= 0)),
    CONSTRAINT log_head_singleton_check CHECK (singleton)
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='500', autovacuum_vacuum_scale_factor='0');


ALTER TABLE public.log_head OWNER TO jangbu_owner;

--
-- Name: TABLE log_head; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_head IS 'the end of the log: one row, moved by every append, forward only';


--
-- Name: COLUMN log_head.command_ids_ordered_from; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_head.command_ids_ordered_from IS 'keys of this time and later give their time to the command id; never changed';


--
-- Name: COLUMN log_head.stopped_by; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_head.stopped_by IS 'the alarm of the auditor that stops all appends; null while nothing does';


--
-- Name: COLUMN log_head.epoch; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_head.epoch IS 'of the server that leads; an append under an older one writes nothing';


--
-- Name: COLUMN log_head.digest; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_head.digest IS 'SHA-256 of the digest before, the digest of the last commit, its first position and its time; of no commit: zeros';


--
-- Name: log_leader; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_leader (
    singleton boolean DEFAULT true NOT NULL,
    epoch bigint NOT NULL,
    server text NOT NULL,
    address text,
    since timestamp with time zone NOT NULL,
    step_down_from bigint,
    CONSTRAINT log_leader_address_check CHECK ((address <> ''::text)),
    CONSTRAINT log_leader_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT log_leader_server_check CHECK ((server <> ''::text)),
    CONSTRAINT log_leader_singleton_check CHECK (singleton)
);


ALTER TABLE public.log_leader OWNER TO jangbu_owner;

--
-- Name: TABLE log_leader; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_leader IS 'which server leads: the newest of them, alive or not';


--
-- Name: COLUMN log_leader.address; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_leader.address IS 'where it takes commands of other servers; null if it takes none';


--
-- Name: COLUMN log_leader.step_down_from; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_leader.step_down_from IS 'the epoch whose leader an operator asks to hand over';


--
-- Name: log_streams; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_streams (
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    first_position bigint NOT NULL,
    newest_position bigint NOT NULL,
    state_version bigint,
    state_schema integer,
    owner uuid,
    kind text NOT NULL,
    state text,
    CONSTRAINT log_streams_version_check CHECK ((version > 0))
)
WITH (fillfactor='90', autovacuum_vacuum_scale_factor='0.05', autovacuum_vacuum_insert_scale_factor='0.2');


ALTER TABLE public.log_streams OWNER TO jangbu_owner;

--
-- Name: TABLE log_streams; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.log_streams IS 'where each stream stands: the lock of the append, and the state of accounts';


--
-- Name: COLUMN log_streams.first_position; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_streams.first_position IS 'where the commit begins that opened it';


--
-- Name: COLUMN log_streams.newest_position; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_streams.newest_position IS 'where the commit begins that holds its newest event';


--
-- Name: COLUMN log_streams.owner; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_streams.owner IS 'of an account that was opened for a member';


--
-- Name: COLUMN log_streams.state; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.log_streams.state IS 'a cache of what the events up to state_version add up to: never the truth';


--
-- Name: process_cursors; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.process_cursors (
    process text NOT NULL,
    "position" bigint NOT NULL,
    CONSTRAINT process_cursors_position_check CHECK (("position" >= 0)),
    CONSTRAINT process_cursors_process_check CHECK ((process <> ''::text))
);


ALTER TABLE public.process_cursors OWNER TO jangbu_owner;

--
-- Name: TABLE process_cursors; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.process_cursors IS 'up to which position each process has taken in the events that it follows';


--
-- Name: process_instances; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.process_instances (
    process text NOT NULL,
    instance uuid NOT NULL,
    state text NOT NULL,
    due timestamp with time zone,
    data jsonb NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    error text,
    note text,
    started_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT process_instances_check CHECK (((state = ANY (ARRAY['running'::text, 'waiting'::text])) OR (due IS NULL))),
    CONSTRAINT process_instances_check1 CHECK (((state <> 'running'::text) OR (due IS NOT NULL))),
    CONSTRAINT process_instances_check2 CHECK (((state <> 'stuck'::text) OR (error IS NOT NULL))),
    CONSTRAINT process_instances_process_check CHECK ((process <> ''::text)),
    CONSTRAINT process_instances_state_check CHECK ((state = ANY (ARRAY['running'::text, 'waiting'::text, 'stuck'::text, 'done'::text]))),
    CONSTRAINT process_instances_tries_check CHECK ((tries >= 0))
);


ALTER TABLE public.process_instances OWNER TO jangbu_owner;

--
-- Name: TABLE process_instances; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.process_instances IS 'one row for each thing that a process sees through; the log says the same, but for tries and error';


--
-- Name: COLUMN process_instances.due; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.process_instances.due IS 'when its next step is to be tried; a waiting instance without it waits for an event';


--
-- Name: COLUMN process_instances.tries; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.process_instances.tries IS 'how often the step failed since it last succeeded';


--
-- Name: COLUMN process_instances.error; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.process_instances.error IS 'why the step failed last; an instance that is stuck waits for an operator';


--
-- Name: COLUMN process_instances.note; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.process_instances.note IS 'who last had it try again, when, and why';


--
-- Name: process_leader; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.process_leader (
    singleton boolean DEFAULT true NOT NULL,
    epoch bigint NOT NULL,
    holder text NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    CONSTRAINT process_leader_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT process_leader_holder_check CHECK ((holder <> ''::text)),
    CONSTRAINT process_leader_singleton_check CHECK (singleton)
);


ALTER TABLE public.process_leader OWNER TO jangbu_owner;

--
-- Name: TABLE process_leader; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.process_leader IS 'which server runs the processes; a write of an older epoch changes nothing';


--
-- Name: relay_cursor; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.relay_cursor (
    singleton boolean DEFAULT true NOT NULL,
    epoch bigint NOT NULL,
    "position" bigint NOT NULL,
    holder text NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    command_id uuid,
    recorded_at timestamp with time zone,
    CONSTRAINT relay_cursor_commit_check CHECK (((command_id IS NULL) = (recorded_at IS NULL))),
    CONSTRAINT relay_cursor_singleton_check CHECK (singleton)
)
WITH (fillfactor='50');


ALTER TABLE public.relay_cursor OWNER TO jangbu_owner;

--
-- Name: TABLE relay_cursor; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.relay_cursor IS 'how far the relay has published; the tail of the stream is the truth when it starts';


--
-- Name: COLUMN relay_cursor.command_id; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.relay_cursor.command_id IS 'the commit that ends at position; null until a relay that knows it has written';


--
-- Name: log_commits_00000; Type: TABLE ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits ATTACH PARTITION public.log_commits_00000 FOR VALUES FROM ('0') TO ('20000000');


--
-- Name: log_commits_00001; Type: TABLE ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits ATTACH PARTITION public.log_commits_00001 FOR VALUES FROM ('20000000') TO ('40000000');


--
-- Name: log_commits_00002; Type: TABLE ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits ATTACH PARTITION public.log_commits_00002 FOR VALUES FROM ('40000000') TO ('60000000');


--
-- Name: log_commits_probe; Type: TABLE ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits ATTACH PARTITION public.log_commits_probe FOR VALUES FROM (MINVALUE) TO ('0');


--
-- Data for Name: event_store; Type: TABLE DATA; Schema: migrations; Owner: jangbu_owner
--

COPY migrations.event_store (version, description, checksum, applied_at) FROM stdin;
20261120090000	create roles	\\x0faa11ac851398c2d91903b3f27189cea50992aab9054fa1f68ae84e0a7e3f36d9085c746f9b187b5d581b8f09a2766d	2026-11-30 15:57:46.76399+00
20261120090100	limit roles	\\x3efcbbb1b576aa7e8dae9346d7572c95111c8e6bde3cde8c97080cf87ba214942ef9fd37cf8b14d52a2d94e86bd696ea	2026-11-30 15:57:46.76637+00
20261120090200	create log head	\\x910f63d0951222399c2923c4735e70fedf8dada8b4641c59d4aeaf45b133d659624768897a687fc29a3b103d29e92c83	2026-11-30 15:57:46.768478+00
20261120090300	create commits	\\xd9b2bf7d76d0fd58c8529843859bb74ffdd0db8272faa7cee1b4fb0aab388896d2b600e99eb7c15d42cf166d453029cc	2026-11-30 15:57:46.770681+00
20261120090400	create events	\\x251ea11909b870b326b4924c0695517a996c34397dfbbe4cf9c868bd500a552ac81ebc2ec724aed19a4e848a8265e812	2026-11-30 15:57:46.773051+00
20261120090500	forbid rewriting	\\x67174c63fc0a360ad2f00d0fe67d65016dcd632df4f01ae86d9cab045b9f1b49528c3795ef638e2036f6415cdddfd2f4	2026-11-30 15:57:46.774438+00
20261120090600	create snapshots	\\x6f97c010c02fa177850f2803fe192f48f70cd13c66434f07aadd514a77f75cb5f50524779c6f2ea1caec15667217b82f	2026-11-30 15:57:46.776256+00
20261120090700	create relay cursor	\\x16c27cfed3fbe9660be63e50694f0ffcfa72f50af137bf6ba24d57f9c8ee56f2d96035eca5c89b8b343bb452e2266a86	2026-11-30 15:57:46.778005+00
20261120090800	grant log	\\xed72e7934635d22456ec2c170754239dd373ea09b827cc0ebcb15d0eee5a8edc95661ea2e1f2497ac0ac905c2c3bfe10	2026-11-30 15:57:46.778879+00
20261122000400	let an empty log take its clock	\\x23077a15213ddb9f81a7613c1b6a3bddfe49a65dfa9f2bc6a0c173f735106b656b44a2cd99299a9cae8397f46077df3c	2026-11-30 15:57:46.779691+00
20261122010000	index member events	\\xfa6761806ff7bfe48b214cf0e5f4c6999c0bff419fef13248a37221d4fe8d064b9bbd7b5bae735850599c2ed17a7b2b1	2026-11-30 15:57:46.781274+00
20261122010100	index account owners	\\xbd3afed5a0f59f81c81f60872278d167c58beb508e725c34b73453206ea1e93b35a2f42df1da0525b105a72a62b5718c	2026-11-30 15:57:46.782656+00
20261128010000	refuse second openings	\\x4da245bf1d8a25879816310272496d85d9d9345b62db7b6225bc1dafb9357473616a53f020f0cce3a6e4aeab63ee64b4	2026-11-30 15:57:46.783502+00
20261128010100	check openings so far	\\x7325672aa4e2328d031072fc75f6862fbbc94361d5d34fa44ab75c3872c6571179a5e365d04321589cd8cca6909cc446	2026-11-30 15:57:46.784126+00
20261128040100	shorten idle transactions	\\x6f984c092f00ffd30854556cc230ebbf38282abdee8c3b7b28cfcd062fe6d1cc273b05bb8907f2b2d70466926afb75db	2026-11-30 15:57:46.785177+00
20261128050000	adopt restored logs	\\xfcc219d4c7ddaedb4c8c6fe2ea89c50cae3a7f78da2cf136d026b391598de9a1792f68f7dc00cc9b2a5d277ce0742321	2026-11-30 15:57:46.789444+00
20261128050100	name the commit of the relay	\\x94e197443fb94102d579409b9f2d7392f3efcc6b42d3bea4a7e998531e2a7ab83b4506d4646f6cd44a142a07531b9ece	2026-11-30 15:57:46.790235+00
20261128080000	create processes	\\xd877f7dc87b1ef797427bd5d98e2effd1dd78cbda3e5bb96981649b226914594956772352c506e5dd627dd48d2847957	2026-11-30 15:57:46.801157+00
20261129000100	index password resets	\\x05c413ecfe615fa8158be6451a21b64bb5bbdca42bd1855e2b1663afa938a65adf8273f744f1fa6a5dcf5d7aaf89099d	2026-11-30 15:57:46.802578+00
20261129000200	open password resets once	\\x00eb23bca581c4d116e8a66025cb0ae54a130974c41a973908e084204c3f13be18f9d118e18ce36fa371bd9069736d99	2026-11-30 15:57:46.804249+00
20261129000300	check openings again	\\x500215eff4babaea29f658ef1adb18b82711ee2a4d24ca91bb843049038a5f5cd1ed5fd875d107c719cc7bf6d8c25584	2026-11-30 15:57:46.804931+00
20261129033000	record archives	\\x673030f2d1f6320c9d295a3ff38488fdde0882f000020c3f64daf2b5a88a63a97365a6b8a84abdc7c728cb1098ef8caf	2026-11-30 15:57:46.807001+00
20261129120000	find commits by correlation	\\xadc5c2f0bf2aabe140d2ae915b669f7df375179cc5ecae0cedd16778ad7e8b33b40ce98447abecc32306bfa504ecdcfb	2026-11-30 15:57:46.807826+00
20261129125000	order command ids	\\x0c7caa30d9f2f64ab8ef33802d5c25ee83cc7d57dc29b412474a78658983104ab3ba45eec91132a62b7fbb87e8678a6c	2026-11-30 15:57:46.809231+00
20261129130000	create auditor role	\\x9adc91d06aac8780fff2089bda8f75fe50f6269ce1a1c8be4d906017efb4c049a602dd2f049ce7622a25873e1fe00082	2026-11-30 15:57:46.810374+00
20261129130100	create audit	\\x5b3098751c579ec049b86cab6e0018cbe3a181b78e37bede814c19dbe1bf5351e2f098d5ff20ae259a49c3deea2439e5	2026-11-30 15:57:46.814924+00
20261129140000	elect a leader	\\xe35fe9c942d3f3d4e0e8a50a044d694e8f74e75ad7714294b1a127a4e31e906f4f8a21149b796134d1514fd2c80a0180	2026-11-30 15:57:46.81715+00
20261129160000	create commit rows	\\x7e352e15b52155f165f9c98e8746361eab2250aabb185b85f4f50e4ffb524832152cdc20025a19465d30b416187201d4	2026-11-30 15:57:46.831683+00
20261129170000	convert logs	\\x381e7b0de480247c7b2b3180f8c055ad82cecf728a8495d3c7099009f9abc66f9e3f097e7984ebc721bad894c829fb30	2026-11-30 15:57:46.83439+00
20261129180000	take over empty logs	\\x32e02debcb8afab3b18eec468c310286adb80e67117efc809530765886e2a9b7b9c79566c2ed360517b3c6da6f4f468e	2026-11-30 15:57:46.83721+00
\.


--
-- Data for Name: audit_alarms; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.audit_alarms (id, log_id, "position", rule, what, raised_by, raised_at, acknowledged_at, acknowledged_by, reason) FROM stdin;
\.


--
-- Data for Name: audit_progress; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.audit_progress (auditor, log_id, "position", recorded_at, audited_at, rechecked_position, rechecked_at, invariants) FROM stdin;
auditor	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	2026-11-30 15:57:54.342571+00	159	2026-11-30 15:57:54.137187+00	[{"rule": "positions are gapless from 1", "found": 0, "checked": 60, "skipped": 0}, {"rule": "commits cover all events, each once and whole", "found": 0, "checked": 60, "skipped": 0}, {"rule": "recorded_at never goes back", "found": 0, "checked": 60, "skipped": 0}, {"rule": "the head is the end of the log", "found": 0, "checked": 87, "skipped": 0}, {"rule": "versions are gapless in every stream, in the order of positions", "found": 0, "checked": 160, "skipped": 0}, {"rule": "every stream is of one kind", "found": 0, "checked": 160, "skipped": 0}, {"rule": "events that open a stream stand at version 1 only", "found": 0, "checked": 64, "skipped": 0}, {"rule": "every event can be read", "found": 0, "checked": 160, "skipped": 0}, {"rule": "accounts open once, each with its number, move only until they close, and close empty", "found": 0, "checked": 145, "skipped": 0}, {"rule": "a freeze stops what is in its scope, and only a reversal passes it", "found": 0, "checked": 53, "skipped": 0}, {"rule": "no account is open after its owner was erased, or opened after its owner left", "found": 0, "checked": 9, "skipped": 0}, {"rule": "every transfer has a debit or a credit for each of its legs", "found": 0, "checked": 68, "skipped": 0}, {"rule": "a reversal mirrors what it reverses, once", "found": 0, "checked": 9, "skipped": 0}, {"rule": "a reference that is unique is used once, by a transfer of its commit", "found": 0, "checked": 1, "skipped": 0}, {"rule": "balances in events equal the running sums", "found": 0, "checked": 52, "skipped": 0}, {"rule": "no member's available balance is ever below zero", "found": 0, "checked": 42, "skipped": 0}, {"rule": "held funds are those of active holds, each used within its amount and its time", "found": 0, "checked": 34, "skipped": 0}, {"rule": "each asset sums to zero at every commit", "found": 0, "checked": 23, "skipped": 0}, {"rule": "where a stream is said to stand, its events say so too", "found": 0, "checked": 658, "skipped": 0}, {"rule": "the chain of digests ends as the head says", "found": 0, "checked": 39, "skipped": 0}, {"rule": "a state that is kept of an account is what its events add up to", "found": 0, "checked": 167, "skipped": 0}, {"rule": "every command is recorded once", "found": 0, "checked": 87, "skipped": 0}, {"rule": "what was audited stays as it was", "found": 0, "checked": 17, "skipped": 0}, {"rule": "the log keeps its id, but for adoptions", "found": 0, "checked": 0, "skipped": 0}]
\.


--
-- Data for Name: log_adoptions; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_adoptions (id, at, who, reason, old_log_id, new_log_id, "position", command_id, recorded_at) FROM stdin;
\.


--
-- Data for Name: log_archives; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_archives (log_id, place, manifest, sha256, "position", written_at) FROM stdin;
\.


--
-- Data for Name: log_commands; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_commands (command_id, first_position) FROM stdin;
a8f1663b-2747-8ac8-a0ea-9d8562c00df9	1
6b75d701-6ab0-8c8e-a2d3-e34b331905a9	2
be742875-d511-8f68-ad0c-c6ea405f24de	6
0f2f88df-4bca-8b7c-ba0d-c5bb0218fac7	7
07852247-77df-8217-ab67-b1b7e4ea059b	11
b6415b97-a60f-872f-8295-6dfa01f60a0c	12
ac8091bf-a35c-8460-8199-c8e29147273d	16
128a538f-462c-8936-8650-c0952699dad4	19
8173cfd1-1df5-84e6-b935-541007dd77d7	22
4859c092-1ce6-805c-b3da-1eb20bf684a9	25
920ce77f-1601-8422-843f-3368e6dd10f6	28
c971efff-457d-848e-a4ed-12a0c82c3c28	31
daf59877-322c-8d47-be4f-8966ccbe1a7c	34
3f7b7719-55de-832c-8a58-4eb8724f8045	38
14eb08a0-7458-8f00-bc37-5666db3c97ff	42
b8cd5a2e-f786-8ac8-9653-b14304ad9422	45
851fe034-8409-8adb-9f87-0baa94683274	48
360aa318-d822-8a89-8a3d-b40ede43964f	51
861129a4-1d12-8abd-be7e-188e19203200	54
5aac77c0-2702-8d5f-a6e1-6db4599abf92	55
af4ffde8-0273-8dd0-9f35-484fb5524baf	59
46a44917-d41a-8d6c-9c50-3151e9268624	60
d8d57c85-19b7-8cf7-984e-ccec767d6af0	61
4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed	62
11389708-6f24-8238-b847-561f0c63ece0	69
3cf1427b-0eef-8a99-a456-edfe98ddde63	71
e7b9ce3a-be26-888d-a9d9-36a4420f5321	74
20651c2a-23ec-84d8-a039-846aed98b7cc	79
ce45cf7b-baa8-826e-b020-1b9e6cc3181e	84
94494ba6-205e-8dc4-9b49-c8066044f178	90
cadd30f7-1828-8c68-89bf-7142dd0718cf	91
9e2112a7-72b6-8517-97b3-de9eee4763d9	93
4a407ec9-df44-8b2d-af85-9ccdf0757f50	95
8f45f598-3a24-8d19-973a-2e01009b782f	100
1a5ee3aa-2c9b-8bdb-bff6-879a51eda2f2	105
9b4bc34c-d5cd-8cf2-b287-797ed69c390e	106
0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd	108
4a407fa3-7d04-85e5-955b-f4fe54151da3	113
a3be8ee8-6080-8356-9bc2-c506eeaff2c8	115
0f26b8e1-3466-8497-9718-464a0fa6f975	117
c10bc946-e333-80b8-9b85-d9bf6b4c8944	119
315e218e-9a25-8738-9f48-858f3dc7fd70	120
42ac3109-8e0a-8ce6-bae4-50f8103a9309	121
58bd4ca0-1764-840c-8257-3781c9721b1d	122
e0e0abe6-6ff0-8599-b84e-ace2792cc0cd	123
e00ea0b6-d705-8cfb-84ce-c391b9bad6b4	124
a31715ef-04b2-81ba-aaf0-3f6cf7eab439	132
ac192a1a-4d73-82b0-b602-793d1826959b	133
2f1b3ed9-f07a-8017-9dfa-971e30135167	134
90ec5f18-1279-8e94-ad54-9babba1af258	137
aac488bc-1527-8a67-9b60-1504cb298eb8	141
b8f29f4f-dc5c-8367-b158-9713350f3f16	144
d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09	145
934ddeba-b9ad-8614-a7dd-03b16da8bf92	148
cf5ff2af-fe67-8a87-979d-dc1201230cd7	149
868a4c63-9704-8b57-8500-01f49583a430	153
c52f8ff0-7949-8258-bda3-5a96307f918f	154
2c2b86c9-f78b-5179-aca3-3da127ef17e1	156
e9d49e6f-362b-80a6-aceb-d356d5f651bc	159
24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	160
\.


--
-- Data for Name: log_commits_00000; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_commits_00000 (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed, events) FROM stdin;
1	1	2026-11-30 15:57:48.104775+00	a8f1663b-2747-8ac8-a0ea-9d8562c00df9	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-3881-7739-98e7-6a325201cb38	\\x3cf4872cbd57ea69cfcc3a8c60f65f96	m	t	[["01a22d2d-38be-71fd-88a1-15a83c1b4ac3",1,0,"SignUpStarted",1,{"member":"01a22d2d-38be-71fd-88a1-15a946b160e4","channel":"email","login_id":"AQ6uxS9e81zoA5v1NLUI6N6kIi8a0VLQOFq+N/ou9MTeRJSpQSSlDHfdAGs17PNvtA","contact":"Ad2+NsJmv4395ziRzr5FCgxWhjD2EdH72bkW8+dvTdWPg+utIq3/vY+RNq4SXDisoxSPuSZvFb+kJB8NLA","real_name":"Ae3I+4d+TpXphl+AElafEGRHhcgxcr3oTXv9X0FA3UUzSxVFaEPDpS963ojkPFsp23kjQJ+Y1G9HG6Sch5U","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"ee5299d6-d2d0-81ef-a3ff-3d3eeb5aedcd","contact_key":"19848d9e-e583-8d74-835d-340a3d807f4c","expires_at":"2026-11-30T16:57:48.102200Z","code_expires_at":"2026-11-30T16:07:48.102200Z","resend_after":"2026-11-30T15:58:18.102200Z"}]]
2	5	2026-11-30 15:57:48.735277+00	6b75d701-6ab0-8c8e-a2d3-e34b331905a9	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-3b34-75e0-ab3c-ee73dd8a32c1	\\xad1e8c18ca3dec473d14e37ec43397ce	m	t	[["01a22d2d-38be-71fd-88a1-15a83c1b4ac3",2,1,"SignUpCompleted",1,{"member":"01a22d2d-38be-71fd-88a1-15a946b160e4"}],["ee5299d6-d2d0-81ef-a3ff-3d3eeb5aedcd",1,0,"NameReserved",1,{"name":"login_id","holder":{"kind":"member","member":"01a22d2d-38be-71fd-88a1-15a946b160e4"}}],["19848d9e-e583-8d74-835d-340a3d807f4c",1,0,"NameReserved",1,{"name":"contact","holder":{"kind":"member","member":"01a22d2d-38be-71fd-88a1-15a946b160e4"}}],["01a22d2d-38be-71fd-88a1-15a946b160e4",1,0,"MemberJoined",1,{"sign_up":"01a22d2d-38be-71fd-88a1-15a83c1b4ac3","channel":"email","login_id":"AdR7VuzeW0qaDeZXHradNA2lV95JZ2mS9gaRvlZ6P0i3ofJXz4+COtY75LmDpQqPkA","contact":"AW+edg1I0S/iRXzVyGylhQOtEoiHoHFmgbTwWWvYMW2QWuOH0eqpPtbKj2jE0OECllLYhUgJJi/szE2OOQ","real_name":"Adu0puVhLaGiFSLXdeciyGcaLSTh7pSAnBzBNlmhdmJoDJgLq2MbDpbNdrchM7D+cx+/DlIUwN7/VObUpLo","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"ee5299d6-d2d0-81ef-a3ff-3d3eeb5aedcd","contact_key":"19848d9e-e583-8d74-835d-340a3d807f4c"}]]
6	6	2026-11-30 15:57:48.870763+00	be742875-d511-8f68-ad0c-c6ea405f24de	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-3b4d-70d3-a479-b051c100067e	\\x7c492a9d626774e38ada2b35bca92525	m	t	[["01a22d2d-3bc0-75e1-a7da-3b1ae9994db2",1,0,"SignUpStarted",1,{"member":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","channel":"phone","login_id":"AU3i3RZhix4yjooZK0FeLKINA/8lWlaiTTr/D0U11lwvfc4CUCXfK3+Wr+03RfRRUGk","contact":"AbSbMqvPm4iIBZX6VTfaEy+EwqtR1FBRqa4P3m5YOLcihMMUazVKb5l7BdcHj2HOOwKNeIk+","real_name":"AVP4zX4Tb4LcUJfW+kgP/X0oJ+8FA9W5H43W2bBRxybiyFMGsxrFpcsLYzSvatj//DRLXeHQrniDzuuYXCxA","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"35e062cb-c21a-8fcc-b2d7-354634ff3328","contact_key":"6824a5dd-aa63-8c87-90a2-15594a89cc15","expires_at":"2026-11-30T16:57:48.870075Z","code_expires_at":"2026-11-30T16:07:48.870075Z","resend_after":"2026-11-30T15:58:18.870075Z"}]]
7	10	2026-11-30 15:57:49.189205+00	0f2f88df-4bca-8b7c-ba0d-c5bb0218fac7	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-3cfe-71c5-953e-df388ff2a094	\\x7ab3fe096f70334a69e7e39f520846d8	m	t	[["01a22d2d-3bc0-75e1-a7da-3b1ae9994db2",2,6,"SignUpCompleted",1,{"member":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed"}],["35e062cb-c21a-8fcc-b2d7-354634ff3328",1,0,"NameReserved",1,{"name":"login_id","holder":{"kind":"member","member":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed"}}],["6824a5dd-aa63-8c87-90a2-15594a89cc15",1,0,"NameReserved",1,{"name":"contact","holder":{"kind":"member","member":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed"}}],["01a22d2d-3bc0-75e1-a7da-3b1bbee243ed",1,0,"MemberJoined",1,{"sign_up":"01a22d2d-3bc0-75e1-a7da-3b1ae9994db2","channel":"phone","login_id":"AU5oHDfQgU1VH3S/DjspSDuKzehkl/gYvKz+uJyHDQ21gTTvRcshLhmm/GyJMMzGnHM","contact":"AdGVAb1ZI0VXxUajPJ2TxFYynzOSc/5Q/lA4ecTwyXbuesvoK0vSYllx07Gm2rV/cu3ib87O","real_name":"AWYjS6HSOIiQ+bNTdM9SShXnJ+hWDp/tqL9LoFboLcTZsgKiTb8SkBehzs0SDwsRqr6KyZY8D2OZrHkso7CF","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"35e062cb-c21a-8fcc-b2d7-354634ff3328","contact_key":"6824a5dd-aa63-8c87-90a2-15594a89cc15"}]]
11	11	2026-11-30 15:57:49.239751+00	07852247-77df-8217-ab67-b1b7e4ea059b	01a22d2d-3d33-7754-be62-d79b791e9f9c	01a22d2d-3d0f-7322-a327-5f51dd330de8	\\x2b1843768cc79bd2d2a79c21039973de	m	t	[["01a22d2d-3d33-7754-be62-d79a8e907a7f",1,0,"SignUpStarted",1,{"member":"01a22d2d-3d33-7754-be62-d79b791e9f9c","channel":"email","login_id":"AbQ92QjrE2qniVpxcPLkG+NAmtG0wvssPWte3FI6YoAo52etwAoQgQ3HQDjW7QKECgI","contact":"AcH9qjxk5FPGh2YI6/73hYL+0GZrMmMPN9Z92XqzTg0kNLr0nBePeSB3IyIFK1PLZsBig/9jr5zJF2CIdqM","real_name":"AUXNJ+Tqt3KMZNgFerUdv6dTkNdQl/IMDAINJLVF4Vgv+cImg15DiHjHdpph+3YlYQNwjM8nnGAKz2CUyUxa","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"8883ce8e-0e9c-8ddb-9cd7-5a21d26548d1","contact_key":"d3fb7d75-3c54-856a-be25-fc08ac3b8514","expires_at":"2026-11-30T16:57:49.239087Z","code_expires_at":"2026-11-30T16:07:49.239087Z","resend_after":"2026-11-30T15:58:19.239087Z"}]]
12	15	2026-11-30 15:57:49.759727+00	b6415b97-a60f-872f-8295-6dfa01f60a0c	01a22d2d-3d33-7754-be62-d79b791e9f9c	01a22d2d-3f3c-73f5-bb97-4d293909855d	\\x6f4de1ca5b371167899a28ae28718b34	m	t	[["01a22d2d-3d33-7754-be62-d79a8e907a7f",2,11,"SignUpCompleted",1,{"member":"01a22d2d-3d33-7754-be62-d79b791e9f9c"}],["8883ce8e-0e9c-8ddb-9cd7-5a21d26548d1",1,0,"NameReserved",1,{"name":"login_id","holder":{"kind":"member","member":"01a22d2d-3d33-7754-be62-d79b791e9f9c"}}],["d3fb7d75-3c54-856a-be25-fc08ac3b8514",1,0,"NameReserved",1,{"name":"contact","holder":{"kind":"member","member":"01a22d2d-3d33-7754-be62-d79b791e9f9c"}}],["01a22d2d-3d33-7754-be62-d79b791e9f9c",1,0,"MemberJoined",1,{"sign_up":"01a22d2d-3d33-7754-be62-d79a8e907a7f","channel":"email","login_id":"AexjtQaT2JJi8XsIVKr3c7mEUBjyIpBZIgAogAz9AsmkujJJptriBGuBHFN61liMGOc","contact":"Aaa8d5waj4e3Mc9c0m1hBualoGEvsZ4FCLGHWPkM8WbqIgqUrhSLu1AAZzTuLsrSgYewbITlDJahrppf+9Q","real_name":"AWS5eLKMyslXw/2qM42VAl4zY5sH3tqhhccgUgSQch3kvCh4aszuiPOTkEeB8rWxjKGPITCBYnQbVBOnfg3v","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"8883ce8e-0e9c-8ddb-9cd7-5a21d26548d1","contact_key":"d3fb7d75-3c54-856a-be25-fc08ac3b8514"}]]
16	18	2026-11-30 15:57:49.978157+00	ac8091bf-a35c-8460-8199-c8e29147273d	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-3ffe-7517-9f82-ba9efc3f2c0b	\\x8252e5474f3823c054dcbd351a59bed7	m	f	[["01a22d2d-4017-727f-8513-513fb8e3cb8a",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","number":"896150088095"},"asset":"KRW"}],["c38705c3-5da7-5053-a5bb-8a75902f5dfb",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a"}],["cfc6e883-550e-5b98-b312-626453155344",1,0,"OwnerAccountAdded",1,{"owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","account":"01a22d2d-4017-727f-8513-513fb8e3cb8a"}]]
19	21	2026-11-30 15:57:49.99959+00	128a538f-462c-8936-8650-c0952699dad4	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-402d-7236-8710-5896721f6faf	\\x8252e5474f3823c054dcbd351a59bed7	m	f	[["01a22d2d-402f-70f7-8d69-98699ed9662e",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"378822330548"},"asset":"KRW"}],["9b75252f-87e8-5500-bebe-ea8a72cc1e1f",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e"}],["594cca76-c238-5c82-be97-d43c15dbd67a",1,0,"OwnerAccountAdded",1,{"owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","account":"01a22d2d-402f-70f7-8d69-98699ed9662e"}]]
22	24	2026-11-30 15:57:50.01702+00	8173cfd1-1df5-84e6-b935-541007dd77d7	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-403e-74f6-bed8-06b710c9bbd3	\\x2ef99e49b1c66483234dab2763d54e7a	m	f	[["01a22d2d-4040-74c7-9408-f4a14a6b9e5a",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","number":"305247014972"},"asset":"USD"}],["7a1981f9-2659-5b96-b963-e7c546b00683",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a"}],["cfc6e883-550e-5b98-b312-626453155344",2,16,"OwnerAccountAdded",1,{"owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","account":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a"}]]
25	27	2026-11-30 15:57:50.05096+00	4859c092-1ce6-805c-b3da-1eb20bf684a9	01a22d2d-3d33-7754-be62-d79b791e9f9c	01a22d2d-4060-7636-8334-dc4d1882b2f7	\\x8252e5474f3823c054dcbd351a59bed7	m	f	[["01a22d2d-4062-7254-ab52-90e4cfe8dacc",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-3d33-7754-be62-d79b791e9f9c","number":"660845167758"},"asset":"KRW"}],["b9335673-1e59-5534-bcb2-3decc8d38e5e",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-4062-7254-ab52-90e4cfe8dacc"}],["4ecea867-13af-5a8b-bde6-d2fd9c2b17c8",1,0,"OwnerAccountAdded",1,{"owner":"01a22d2d-3d33-7754-be62-d79b791e9f9c","account":"01a22d2d-4062-7254-ab52-90e4cfe8dacc"}]]
28	30	2026-11-30 15:57:50.065528+00	920ce77f-1601-8422-843f-3368e6dd10f6	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-406f-7729-9405-b1dbe29a84f2	\\x8252e5474f3823c054dcbd351a59bed7	m	f	[["01a22d2d-4071-7571-b4f2-061cbb63478a",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"754871171523"},"asset":"KRW"}],["0b975d7a-6ed1-57df-8d54-635f1e264731",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-4071-7571-b4f2-061cbb63478a"}],["594cca76-c238-5c82-be97-d43c15dbd67a",2,19,"OwnerAccountAdded",1,{"owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","account":"01a22d2d-4071-7571-b4f2-061cbb63478a"}]]
31	33	2026-11-30 15:57:50.095431+00	c971efff-457d-848e-a4ed-12a0c82c3c28	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-408c-7638-a8f7-89c76798967e	\\x8252e5474f3823c054dcbd351a59bed7	m	f	[["01a22d2d-408e-7501-aedf-cc6da2ff6a86",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"455492105980"},"asset":"KRW"}],["825f278d-b873-52bb-9949-3ceea2baa112",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-408e-7501-aedf-cc6da2ff6a86"}],["594cca76-c238-5c82-be97-d43c15dbd67a",3,28,"OwnerAccountAdded",1,{"owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","account":"01a22d2d-408e-7501-aedf-cc6da2ff6a86"}]]
34	37	2026-11-30 15:57:50.109676+00	daf59877-322c-8d47-be4f-8966ccbe1a7c	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-409b-7615-9725-bdbd640a75f0	\\x783ee9f26fd7ae2c31f2866c75487872	s	f	[["7ac04d90-bf25-5575-afdf-62e20c8352d0",1,0,"AccountOpened",1,{"holder":{"kind":"system","name":"cash/server-0"},"asset":"KRW"}],["daf59877-322c-8d47-be4f-8966ccbe1a7c",1,0,"TransferPosted",3,{"kind":"deposit","legs":[{"account":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"-100000"},{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"100000"}],"reference":"pay day"}],["7ac04d90-bf25-5575-afdf-62e20c8352d0",2,0,"AccountDebited",1,{"transfer":"daf59877-322c-8d47-be4f-8966ccbe1a7c","amount":"100000","balance":"-100000"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",2,16,"AccountCredited",1,{"transfer":"daf59877-322c-8d47-be4f-8966ccbe1a7c","amount":"100000","balance":"100000"}]]
38	41	2026-11-30 15:57:50.126035+00	3f7b7719-55de-832c-8a58-4eb8724f8045	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-40ab-75c7-9dcd-2da82443c94e	\\x92375e323c0b1b7f8509672a78662255	s	f	[["18e582b9-58af-586a-8433-8d5e10ba1371",1,0,"AccountOpened",1,{"holder":{"kind":"system","name":"cash/server-0"},"asset":"USD"}],["3f7b7719-55de-832c-8a58-4eb8724f8045",1,0,"TransferPosted",3,{"kind":"deposit","legs":[{"account":"18e582b9-58af-586a-8433-8d5e10ba1371","asset":"USD","amount":"-2500"},{"account":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a","asset":"USD","amount":"2500"}],"reference":"gift"}],["18e582b9-58af-586a-8433-8d5e10ba1371",2,0,"AccountDebited",1,{"transfer":"3f7b7719-55de-832c-8a58-4eb8724f8045","amount":"2500","balance":"-2500"}],["01a22d2d-4040-74c7-9408-f4a14a6b9e5a",2,22,"AccountCredited",1,{"transfer":"3f7b7719-55de-832c-8a58-4eb8724f8045","amount":"2500","balance":"2500"}]]
42	44	2026-11-30 15:57:50.139513+00	14eb08a0-7458-8f00-bc37-5666db3c97ff	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-40ba-718d-affa-3249917b4401	\\xbce7f4d7c2a61f8827fe20ab877ef3c0	s	f	[["14eb08a0-7458-8f00-bc37-5666db3c97ff",1,0,"TransferPosted",3,{"kind":"deposit","legs":[{"account":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"-700"},{"account":"01a22d2d-408e-7501-aedf-cc6da2ff6a86","asset":"KRW","amount":"700"}],"reference":"coins"}],["7ac04d90-bf25-5575-afdf-62e20c8352d0",3,34,"AccountDebited",1,{"transfer":"14eb08a0-7458-8f00-bc37-5666db3c97ff","amount":"700","balance":"-100700"}],["01a22d2d-408e-7501-aedf-cc6da2ff6a86",2,31,"AccountCredited",1,{"transfer":"14eb08a0-7458-8f00-bc37-5666db3c97ff","amount":"700","balance":"700"}]]
45	47	2026-11-30 15:57:50.153937+00	b8cd5a2e-f786-8ac8-9653-b14304ad9422	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-40c8-77c6-aeaf-8aa18d4b1f0f	\\xc8e2931666dc3b9fea133abaaa2d9193	s	f	[["b8cd5a2e-f786-8ac8-9653-b14304ad9422",1,0,"TransferPosted",3,{"kind":"withdrawal","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-10000"},{"account":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"10000"}],"reference":"cash"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",3,34,"AccountDebited",1,{"transfer":"b8cd5a2e-f786-8ac8-9653-b14304ad9422","amount":"10000","balance":"90000"}],["7ac04d90-bf25-5575-afdf-62e20c8352d0",4,42,"AccountCredited",1,{"transfer":"b8cd5a2e-f786-8ac8-9653-b14304ad9422","amount":"10000","balance":"-90700"}]]
48	50	2026-11-30 15:57:50.169495+00	851fe034-8409-8adb-9f87-0baa94683274	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-40d8-77d7-b057-fd0033af293f	\\x0bb4bc87da6909f93e4f9ccd7a6798fc	m	f	[["851fe034-8409-8adb-9f87-0baa94683274",1,0,"TransferPosted",3,{"kind":"transfer","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-30000"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"30000"}],"memo":"rent 월세"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",4,45,"AccountDebited",1,{"transfer":"851fe034-8409-8adb-9f87-0baa94683274","amount":"30000","balance":"60000"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",2,19,"AccountCredited",1,{"transfer":"851fe034-8409-8adb-9f87-0baa94683274","amount":"30000","balance":"30000"}]]
51	53	2026-11-30 15:57:50.184901+00	360aa318-d822-8a89-8a3d-b40ede43964f	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-40e7-72b2-b2c7-3740a44e1ee8	\\xf952f7f4f36f02983900b98d1ae827c4	m	f	[["360aa318-d822-8a89-8a3d-b40ede43964f",1,0,"TransferPosted",3,{"kind":"transfer","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-5000"},{"account":"01a22d2d-4062-7254-ab52-90e4cfe8dacc","asset":"KRW","amount":"5000"}]}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",5,48,"AccountDebited",1,{"transfer":"360aa318-d822-8a89-8a3d-b40ede43964f","amount":"5000","balance":"55000"}],["01a22d2d-4062-7254-ab52-90e4cfe8dacc",2,25,"AccountCredited",1,{"transfer":"360aa318-d822-8a89-8a3d-b40ede43964f","amount":"5000","balance":"5000"}]]
54	54	2026-11-30 15:57:50.200034+00	861129a4-1d12-8abd-be7e-188e19203200	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-40f5-71ce-b6e1-dcc759854d2b	\\xae165f4ceca90fd2eb2ca8acd4c50e7d	m	f	[["861129a4-1d12-8abd-be7e-188e19203200",1,0,"TransferRejected",2,{"kind":"transfer","source":"01a22d2d-402f-70f7-8d69-98699ed9662e","destination":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"9000000","memo":"too much","refusal":{"code":"insufficient-funds","available":"30000"}}]]
55	58	2026-11-30 15:57:50.215264+00	5aac77c0-2702-8d5f-a6e1-6db4599abf92	89eef012-2054-54f5-a397-04ae16c7f927	01a22d2d-4104-7220-92c3-83a634b88550	\\x38f42d6ea06fc303ed6ca683f4739cac	o	f	[["360aa318-d822-8a89-8a3d-b40ede43964f",2,51,"TransferReversed",1,{"by":"5aac77c0-2702-8d5f-a6e1-6db4599abf92"}],["5aac77c0-2702-8d5f-a6e1-6db4599abf92",1,0,"TransferPosted",3,{"kind":"reversal","legs":[{"account":"01a22d2d-4062-7254-ab52-90e4cfe8dacc","asset":"KRW","amount":"-5000"},{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"5000"}],"memo":"wrong person","reverses":"360aa318-d822-8a89-8a3d-b40ede43964f"}],["01a22d2d-4062-7254-ab52-90e4cfe8dacc",3,51,"AccountDebited",1,{"transfer":"5aac77c0-2702-8d5f-a6e1-6db4599abf92","amount":"5000","balance":"0"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",6,51,"AccountCredited",1,{"transfer":"5aac77c0-2702-8d5f-a6e1-6db4599abf92","amount":"5000","balance":"60000"}]]
59	59	2026-11-30 15:57:50.230468+00	af4ffde8-0273-8dd0-9f35-484fb5524baf	89eef012-2054-54f5-a397-04ae16c7f927	01a22d2d-4114-7485-84b6-5092c0dd9673	\\xeae93008c7d2976da44447eca28aeda8	o	f	[["af4ffde8-0273-8dd0-9f35-484fb5524baf",1,0,"CommandRefused",2,{"refusal":{"code":"already-reversed"}}]]
60	60	2026-11-30 15:57:50.244198+00	46a44917-d41a-8d6c-9c50-3151e9268624	89eef012-2054-54f5-a397-04ae16c7f927	01a22d2d-4122-70db-9c1b-214509ce9c4e	\\xa8584293b324a32606df730e77964c6d	o	f	[["01a22d2d-408e-7501-aedf-cc6da2ff6a86",3,42,"AccountFrozen",2,{"reason":"a report","balance":"700","held":"0","scope":"all"}]]
61	61	2026-11-30 15:57:50.258161+00	d8d57c85-19b7-8cf7-984e-ccec767d6af0	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-4130-775e-b69b-31b4f657339e	\\x24dcaf31d1db95f2b6e34aa95a1738bf	m	f	[["01a22d2d-4071-7571-b4f2-061cbb63478a",2,28,"AccountClosed",1,{"reason":"not needed"}]]
62	68	2026-11-30 15:57:50.271982+00	4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-413d-75b2-a327-8b454d05b72a	\\x740b66701d7ccdf0a1d505e1a3e18252	s	f	[["4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed",1,0,"TransferPosted",3,{"kind":"transfer","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-10"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"10"}]}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",7,55,"AccountDebited",1,{"transfer":"4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed","amount":"10","balance":"59990"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",3,48,"AccountCredited",1,{"transfer":"4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed","amount":"10","balance":"30010"}],["01a22d2d-413f-778c-9b71-ea67ddd62d5f",1,0,"TransferRejected",2,{"kind":"transfer","source":"01a22d2d-4017-727f-8513-513fb8e3cb8a","destination":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"99999999","refusal":{"code":"insufficient-funds","available":"59990"}}],["01a22d2d-413f-778c-9b71-ea684c79880e",1,0,"TransferPosted",3,{"kind":"transfer","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-20"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"20"}]}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",8,0,"AccountDebited",1,{"transfer":"01a22d2d-413f-778c-9b71-ea684c79880e","amount":"20","balance":"59970"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",4,0,"AccountCredited",1,{"transfer":"01a22d2d-413f-778c-9b71-ea684c79880e","amount":"20","balance":"30030"}]]
69	70	2026-11-30 15:57:50.288961+00	11389708-6f24-8238-b847-561f0c63ece0	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-414f-71a7-b36a-4f1685dee238	\\xf62639c339e6c7eab2d9461cc7dce69f	s	f	[["11389708-6f24-8238-b847-561f0c63ece0",1,0,"TransferRejected",2,{"kind":"transfer","source":"01a22d2d-4017-727f-8513-513fb8e3cb8a","destination":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"10","refusal":{"code":"batch-aborted"}}],["01a22d2d-4150-743d-9918-21153ebf833f",1,0,"TransferRejected",2,{"kind":"transfer","source":"01a22d2d-4017-727f-8513-513fb8e3cb8a","destination":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"99999999","refusal":{"code":"insufficient-funds","available":"59960"}}]]
71	73	2026-11-30 15:57:50.310333+00	3cf1427b-0eef-8a99-a456-edfe98ddde63	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-4163-70d6-aa2a-753794efa673	\\x2ef99e49b1c66483234dab2763d54e7a	m	f	[["01a22d2d-4165-7551-8c3a-2e008f3ae6fd",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"521090765557"},"asset":"USD"}],["fa4c9346-fee9-523d-af5c-9c362ce74ee5",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-4165-7551-8c3a-2e008f3ae6fd"}],["594cca76-c238-5c82-be97-d43c15dbd67a",4,31,"OwnerAccountAdded",1,{"owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","account":"01a22d2d-4165-7551-8c3a-2e008f3ae6fd"}]]
74	78	2026-11-30 15:57:50.325534+00	e7b9ce3a-be26-888d-a9d9-36a4420f5321	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-4174-7707-9519-4ff052fa3a01	\\x5efbe5834ea04506267a7e6d5f556b35	m	f	[["e7b9ce3a-be26-888d-a9d9-36a4420f5321",1,0,"TransferPosted",3,{"kind":"compound","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-1000"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"1000"},{"account":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a","asset":"USD","amount":"-250"},{"account":"01a22d2d-4165-7551-8c3a-2e008f3ae6fd","asset":"USD","amount":"250"}],"memo":"trip 여행","reference":"trip 1"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",9,62,"AccountDebited",1,{"transfer":"e7b9ce3a-be26-888d-a9d9-36a4420f5321","amount":"1000","balance":"58970"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",5,62,"AccountCredited",1,{"transfer":"e7b9ce3a-be26-888d-a9d9-36a4420f5321","amount":"1000","balance":"31030"}],["01a22d2d-4040-74c7-9408-f4a14a6b9e5a",3,38,"AccountDebited",1,{"transfer":"e7b9ce3a-be26-888d-a9d9-36a4420f5321","amount":"250","balance":"2250"}],["01a22d2d-4165-7551-8c3a-2e008f3ae6fd",2,71,"AccountCredited",1,{"transfer":"e7b9ce3a-be26-888d-a9d9-36a4420f5321","amount":"250","balance":"250"}]]
79	83	2026-11-30 15:57:50.338701+00	20651c2a-23ec-84d8-a039-846aed98b7cc	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-4181-7752-bfb4-6bc9190c7277	\\x498fc0a0bbce6e07299e68c2d561ecf0	m	f	[["20651c2a-23ec-84d8-a039-846aed98b7cc",1,0,"TransferPosted",3,{"kind":"compound","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-1000"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"1000"},{"account":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a","asset":"USD","amount":"-250"},{"account":"01a22d2d-4165-7551-8c3a-2e008f3ae6fd","asset":"USD","amount":"250"}],"memo":"trip 여행","reference":"trip 2"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",10,74,"AccountDebited",1,{"transfer":"20651c2a-23ec-84d8-a039-846aed98b7cc","amount":"1000","balance":"57970"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",6,74,"AccountCredited",1,{"transfer":"20651c2a-23ec-84d8-a039-846aed98b7cc","amount":"1000","balance":"32030"}],["01a22d2d-4040-74c7-9408-f4a14a6b9e5a",4,74,"AccountDebited",1,{"transfer":"20651c2a-23ec-84d8-a039-846aed98b7cc","amount":"250","balance":"2000"}],["01a22d2d-4165-7551-8c3a-2e008f3ae6fd",3,74,"AccountCredited",1,{"transfer":"20651c2a-23ec-84d8-a039-846aed98b7cc","amount":"250","balance":"500"}]]
84	89	2026-11-30 15:57:50.354596+00	ce45cf7b-baa8-826e-b020-1b9e6cc3181e	89eef012-2054-54f5-a397-04ae16c7f927	01a22d2d-4190-72df-b409-b92d4a67dfa3	\\x0eaed3543c394d30aec43c34163fa9a7	o	f	[["20651c2a-23ec-84d8-a039-846aed98b7cc",2,79,"TransferReversed",1,{"by":"ce45cf7b-baa8-826e-b020-1b9e6cc3181e"}],["ce45cf7b-baa8-826e-b020-1b9e6cc3181e",1,0,"TransferPosted",3,{"kind":"reversal","legs":[{"account":"01a22d2d-4165-7551-8c3a-2e008f3ae6fd","asset":"USD","amount":"-250"},{"account":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a","asset":"USD","amount":"250"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"-1000"},{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"1000"}],"memo":"booked twice","reverses":"20651c2a-23ec-84d8-a039-846aed98b7cc"}],["01a22d2d-4165-7551-8c3a-2e008f3ae6fd",4,79,"AccountDebited",1,{"transfer":"ce45cf7b-baa8-826e-b020-1b9e6cc3181e","amount":"250","balance":"250"}],["01a22d2d-4040-74c7-9408-f4a14a6b9e5a",5,79,"AccountCredited",1,{"transfer":"ce45cf7b-baa8-826e-b020-1b9e6cc3181e","amount":"250","balance":"2250"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",7,79,"AccountDebited",1,{"transfer":"ce45cf7b-baa8-826e-b020-1b9e6cc3181e","amount":"1000","balance":"31030"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",11,79,"AccountCredited",1,{"transfer":"ce45cf7b-baa8-826e-b020-1b9e6cc3181e","amount":"1000","balance":"58970"}]]
90	90	2026-11-30 15:57:50.369288+00	94494ba6-205e-8dc4-9b49-c8066044f178	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-419e-711a-a064-b6bbd657d532	\\x2444acd9084c071463aeebc165516168	m	f	[["94494ba6-205e-8dc4-9b49-c8066044f178",1,0,"CommandRefused",2,{"refusal":{"code":"insufficient-funds","available":"2250"}}]]
91	92	2026-11-30 15:57:50.382545+00	cadd30f7-1828-8c68-89bf-7142dd0718cf	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-41ad-71cb-a35e-342c0a839e91	\\x0fb54b44e63982aba61cdf0e750f5f75	m	t	[["cadd30f7-1828-8c68-89bf-7142dd0718cf",1,0,"HoldPlaced",1,{"source":"01a22d2d-4017-727f-8513-513fb8e3cb8a","destination":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"5000","expires_at":"2026-12-30T15:57:50.380658Z","memo":"hotel","reference":"booking 118","placed_by":{"role":"member","id":"01a22d2d-38be-71fd-88a1-15a946b160e4"}}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",12,84,"AccountFundsHeld",1,{"hold":"cadd30f7-1828-8c68-89bf-7142dd0718cf","amount":"5000","held":"5000"}]]
93	94	2026-11-30 15:57:50.39687+00	9e2112a7-72b6-8517-97b3-de9eee4763d9	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-41bb-722e-b002-1a5dd52e25be	\\xfeb11743e5a741ed651b122466469f3d	m	f	[["cadd30f7-1828-8c68-89bf-7142dd0718cf",2,91,"HoldIncreased",1,{"by":"500","left":{"amount":"5500","captured":"0","released":"0"}}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",13,91,"AccountFundsHeld",1,{"hold":"cadd30f7-1828-8c68-89bf-7142dd0718cf","amount":"500","held":"5500"}]]
95	99	2026-11-30 15:57:50.410391+00	4a407ec9-df44-8b2d-af85-9ccdf0757f50	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-41c8-73c5-bd8f-3da1b99c51e2	\\x92a7099c1bbe7082d8b633593ac4d092	m	t	[["01a22d2d-4017-727f-8513-513fb8e3cb8a",14,93,"AccountFundsReleased",1,{"hold":"cadd30f7-1828-8c68-89bf-7142dd0718cf","amount":"1200","held":"4300"}],["cadd30f7-1828-8c68-89bf-7142dd0718cf",3,93,"HoldCaptured",1,{"transfer":"4a407ec9-df44-8b2d-af85-9ccdf0757f50","paid":"1200","is_final":false,"left":{"amount":"5500","captured":"1200","released":"0"}}],["4a407ec9-df44-8b2d-af85-9ccdf0757f50",1,0,"TransferPosted",3,{"kind":"capture","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-1200"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"1200"}],"memo":"hotel","reference":"night 1","hold":"cadd30f7-1828-8c68-89bf-7142dd0718cf"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",15,0,"AccountDebited",1,{"transfer":"4a407ec9-df44-8b2d-af85-9ccdf0757f50","amount":"1200","balance":"57770"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",8,84,"AccountCredited",1,{"transfer":"4a407ec9-df44-8b2d-af85-9ccdf0757f50","amount":"1200","balance":"32230"}]]
100	104	2026-11-30 15:57:50.423922+00	8f45f598-3a24-8d19-973a-2e01009b782f	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-41d6-764a-8121-a94a0bf3f897	\\x8d25a8c232ee39738afbab2dbc025289	s	t	[["01a22d2d-4017-727f-8513-513fb8e3cb8a",16,95,"AccountFundsReleased",1,{"hold":"cadd30f7-1828-8c68-89bf-7142dd0718cf","amount":"800","held":"3500"}],["cadd30f7-1828-8c68-89bf-7142dd0718cf",4,95,"HoldCaptured",1,{"transfer":"8f45f598-3a24-8d19-973a-2e01009b782f","paid":"800","is_final":false,"left":{"amount":"5500","captured":"2000","released":"0"}}],["8f45f598-3a24-8d19-973a-2e01009b782f",1,0,"TransferPosted",3,{"kind":"capture","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-800"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"800"}],"memo":"hotel","reference":"night 2","hold":"cadd30f7-1828-8c68-89bf-7142dd0718cf"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",17,0,"AccountDebited",1,{"transfer":"8f45f598-3a24-8d19-973a-2e01009b782f","amount":"800","balance":"56970"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",9,95,"AccountCredited",1,{"transfer":"8f45f598-3a24-8d19-973a-2e01009b782f","amount":"800","balance":"33030"}]]
105	105	2026-11-30 15:57:50.440019+00	1a5ee3aa-2c9b-8bdb-bff6-879a51eda2f2	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-41e5-72bd-8005-18eb1712f160	\\xfcb7ba65f86932e6c6d11428dffea969	m	f	[["1a5ee3aa-2c9b-8bdb-bff6-879a51eda2f2",1,0,"CommandRefused",2,{"refusal":{"code":"hold-exceeded","remaining":"3500"}}]]
106	107	2026-11-30 15:57:50.453495+00	9b4bc34c-d5cd-8cf2-b287-797ed69c390e	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-41f4-76dc-afb7-1d21e80e5f2c	\\x5de3ca3c2e009b47c88d8f18710a3bff	m	t	[["9b4bc34c-d5cd-8cf2-b287-797ed69c390e",1,0,"HoldPlaced",1,{"source":"01a22d2d-4017-727f-8513-513fb8e3cb8a","destination":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"300","expires_at":"2026-12-30T15:57:50.451565Z","placed_by":{"role":"member","id":"01a22d2d-38be-71fd-88a1-15a946b160e4"}}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",18,100,"AccountFundsHeld",1,{"hold":"9b4bc34c-d5cd-8cf2-b287-797ed69c390e","amount":"300","held":"3800"}]]
108	112	2026-11-30 15:57:50.467373+00	0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-4201-7552-bd37-b581ef78ae59	\\xc46e0b0ed707e623b950e4dd9a4ef1b9	m	t	[["01a22d2d-4017-727f-8513-513fb8e3cb8a",19,106,"AccountFundsReleased",1,{"hold":"9b4bc34c-d5cd-8cf2-b287-797ed69c390e","amount":"300","held":"3500"}],["9b4bc34c-d5cd-8cf2-b287-797ed69c390e",2,106,"HoldCaptured",1,{"transfer":"0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd","paid":"300","is_final":true,"left":{"amount":"300","captured":"300","released":"0"}}],["0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd",1,0,"TransferPosted",3,{"kind":"capture","legs":[{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"-300"},{"account":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"300"}],"hold":"9b4bc34c-d5cd-8cf2-b287-797ed69c390e"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",20,0,"AccountDebited",1,{"transfer":"0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd","amount":"300","balance":"56670"}],["01a22d2d-402f-70f7-8d69-98699ed9662e",10,100,"AccountCredited",1,{"transfer":"0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd","amount":"300","balance":"33330"}]]
113	114	2026-11-30 15:57:50.479946+00	4a407fa3-7d04-85e5-955b-f4fe54151da3	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-420e-7039-ad02-4123afde4519	\\x78b53000b9f998fb25e470ac21f48600	s	t	[["4a407fa3-7d04-85e5-955b-f4fe54151da3",1,0,"HoldPlaced",1,{"source":"01a22d2d-4017-727f-8513-513fb8e3cb8a","destination":"01a22d2d-402f-70f7-8d69-98699ed9662e","asset":"KRW","amount":"700","expires_at":"2026-12-07T15:57:50.478039Z","reference":"order 7","placed_by":{"role":"service","id":"bacf4432-d9d4-5c5b-a129-a664f2a30e67"}}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",21,108,"AccountFundsHeld",1,{"hold":"4a407fa3-7d04-85e5-955b-f4fe54151da3","amount":"700","held":"4200"}]]
115	116	2026-11-30 15:57:50.495331+00	a3be8ee8-6080-8356-9bc2-c506eeaff2c8	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-421d-726e-a52a-d6c50e237c6c	\\x5af06aaf91eaf611368f17d4fc6b41d9	s	t	[["4a407fa3-7d04-85e5-955b-f4fe54151da3",2,113,"HoldReleased",1,{"given_back":"200","reason":"one is missing","left":{"amount":"700","captured":"0","released":"200"}}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",22,113,"AccountFundsReleased",1,{"hold":"4a407fa3-7d04-85e5-955b-f4fe54151da3","amount":"200","held":"4000"}]]
117	118	2026-11-30 15:57:50.509225+00	0f26b8e1-3466-8497-9718-464a0fa6f975	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-422b-7373-8aa5-ad31323ea19d	\\x2299052e62faef88fa4892745316f14b	s	t	[["4a407fa3-7d04-85e5-955b-f4fe54151da3",3,115,"HoldReleased",1,{"given_back":"500","reason":"sold out","left":{"amount":"700","captured":"0","released":"700"}}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",23,115,"AccountFundsReleased",1,{"hold":"4a407fa3-7d04-85e5-955b-f4fe54151da3","amount":"500","held":"3500"}]]
119	119	2026-11-30 15:57:50.52371+00	c10bc946-e333-80b8-9b85-d9bf6b4c8944	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-4239-74aa-b349-7d1984fcc430	\\x27cf7fc4832a51f16a8f137e096837d7	s	f	[["c10bc946-e333-80b8-9b85-d9bf6b4c8944",1,0,"CommandRefused",2,{"refusal":{"code":"hold-not-active"}}]]
120	120	2026-11-30 15:57:50.538583+00	315e218e-9a25-8738-9f48-858f3dc7fd70	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-4248-773d-a3af-14c46f102e5d	\\xea2ec6a40e1833be2fff3c7634f6023f	m	f	[["315e218e-9a25-8738-9f48-858f3dc7fd70",1,0,"CommandRefused",2,{"refusal":{"code":"insufficient-funds","available":"53170"}}]]
121	121	2026-11-30 15:57:50.554432+00	42ac3109-8e0a-8ce6-bae4-50f8103a9309	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-4258-7333-a3bd-64357338dab7	\\x4513c1fb74eb665528b3e99407e05575	s	f	[["40194d6a-1e41-5c2d-a12d-699fbef8c914",1,0,"RateSet",1,{"from":"USD","to":"KRW","rate":"1350.25","spread_bps":50,"expires_at":"2026-12-30T15:57:50.553839Z"}]]
122	122	2026-11-30 15:57:50.569844+00	58bd4ca0-1764-840c-8257-3781c9721b1d	89eef012-2054-54f5-a397-04ae16c7f927	01a22d2d-4267-72e1-a94d-12142712f9bf	\\xd0fa4760c96e4c581c5588d4212c163e	o	f	[["813fff11-2826-5919-b637-7ba3e7e127ef",1,0,"RateSet",1,{"from":"KRW","to":"USD","rate":"0.00074","spread_bps":0,"expires_at":"2026-11-30T15:58:50.569330Z"}]]
123	123	2026-11-30 15:57:50.584957+00	e0e0abe6-6ff0-8599-b84e-ace2792cc0cd	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-4277-745b-854d-f7a6118e3714	\\xd27f01d58122ff224ac7ba4bfe5896d3	m	f	[["e0e0abe6-6ff0-8599-b84e-ace2792cc0cd",1,0,"QuoteMade",1,{"owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","source":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a","destination":"01a22d2d-4017-727f-8513-513fb8e3cb8a","pay":{"asset":"USD","amount":"1000"},"receive":{"asset":"KRW","amount":"13434"},"rate":"1343.49875","expires_at":"2026-11-30T15:58:20.582641Z"}]]
154	155	2026-11-30 15:57:50.763317+00	c52f8ff0-7949-8258-bda3-5a96307f918f	01a22d2d-3d33-7754-be62-d79b791e9f9c	01a22d2d-4307-7630-886f-e50c36ec1a87	\\x20def3d82fe15682e93246620ff66c18	m	t	[["01a22d2d-3d33-7754-be62-d79b791e9f9c",2,12,"ErasureRequested",1,{"erasure":"01a22d2d-4325-7002-9a83-5d86609798e9"}],["4ecea867-13af-5a8b-bde6-d2fd9c2b17c8",2,25,"OwnerLeft",1,{"owner":"01a22d2d-3d33-7754-be62-d79b791e9f9c","erasure":"01a22d2d-4325-7002-9a83-5d86609798e9"}]]
156	158	2026-11-30 15:57:53.807602+00	2c2b86c9-f78b-5179-aca3-3da127ef17e1	6a616e67-6275-5f62-8061-636b6f666664	01a22d2d-4f0d-7455-80bb-ce104f2c7939	\\x2c2b86c9f78b5179aca33da127ef17e1	s	t	[["01a22d2d-3d33-7754-be62-d79b791e9f9c",3,154,"MemberErased",1,{"erasure":"01a22d2d-4325-7002-9a83-5d86609798e9","digest":"ba5d732f855fbe6e689b965f8e98ae1c544f7f35aa632b925e2f1a1ca0bc1519"}],["8883ce8e-0e9c-8ddb-9cd7-5a21d26548d1",2,12,"NameReleased",1,{}],["d3fb7d75-3c54-856a-be25-fc08ac3b8514",2,12,"NameReleased",1,{}]]
124	131	2026-11-30 15:57:50.599704+00	e00ea0b6-d705-8cfb-84ce-c391b9bad6b4	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-4285-72d9-b1e7-ec5be2773f7f	\\x5c3c77c2f09acea32b77805fe4dc8be8	m	f	[["5de6b426-e792-5379-9d50-6235f3b20697",1,0,"AccountOpened",1,{"holder":{"kind":"system","name":"exchange/server-0"},"asset":"USD"}],["61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc",1,0,"AccountOpened",1,{"holder":{"kind":"system","name":"exchange/server-0"},"asset":"KRW"}],["e0e0abe6-6ff0-8599-b84e-ace2792cc0cd",2,123,"QuoteUsed",1,{"transfer":"e00ea0b6-d705-8cfb-84ce-c391b9bad6b4"}],["e00ea0b6-d705-8cfb-84ce-c391b9bad6b4",1,0,"TransferPosted",3,{"kind":"exchange","legs":[{"account":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a","asset":"USD","amount":"-1000"},{"account":"5de6b426-e792-5379-9d50-6235f3b20697","asset":"USD","amount":"1000"},{"account":"61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc","asset":"KRW","amount":"-13434"},{"account":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"13434"}]}],["01a22d2d-4040-74c7-9408-f4a14a6b9e5a",6,84,"AccountDebited",1,{"transfer":"e00ea0b6-d705-8cfb-84ce-c391b9bad6b4","amount":"1000","balance":"1250"}],["5de6b426-e792-5379-9d50-6235f3b20697",2,0,"AccountCredited",1,{"transfer":"e00ea0b6-d705-8cfb-84ce-c391b9bad6b4","amount":"1000","balance":"1000"}],["61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc",2,0,"AccountDebited",1,{"transfer":"e00ea0b6-d705-8cfb-84ce-c391b9bad6b4","amount":"13434","balance":"-13434"}],["01a22d2d-4017-727f-8513-513fb8e3cb8a",24,117,"AccountCredited",1,{"transfer":"e00ea0b6-d705-8cfb-84ce-c391b9bad6b4","amount":"13434","balance":"70104"}]]
132	132	2026-11-30 15:57:50.613084+00	a31715ef-04b2-81ba-aaf0-3f6cf7eab439	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-4293-74f5-aae3-6d365253618e	\\x5c3c77c2f09acea32b77805fe4dc8be8	m	f	[["a31715ef-04b2-81ba-aaf0-3f6cf7eab439",1,0,"CommandRefused",2,{"refusal":{"code":"quote-used"}}]]
133	133	2026-11-30 15:57:50.624502+00	ac192a1a-4d73-82b0-b602-793d1826959b	01a22d2d-38be-71fd-88a1-15a946b160e4	01a22d2d-429f-7100-ae61-84c6d0a6cf7c	\\xa7001461bc5326a49fff380dfe46eb2b	m	f	[["ac192a1a-4d73-82b0-b602-793d1826959b",1,0,"QuoteMade",1,{"owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","source":"01a22d2d-4040-74c7-9408-f4a14a6b9e5a","destination":"01a22d2d-4017-727f-8513-513fb8e3cb8a","pay":{"asset":"USD","amount":"745"},"receive":{"asset":"KRW","amount":"10000"},"rate":"1343.49875","expires_at":"2026-11-30T15:58:20.623832Z"}]]
134	136	2026-11-30 15:57:50.637684+00	2f1b3ed9-f07a-8017-9dfa-971e30135167	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-42ab-723d-899f-9fbd742fdb79	\\x8252e5474f3823c054dcbd351a59bed7	m	f	[["01a22d2d-42ad-77dd-ab6d-44991de410a4",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"497507973946"},"asset":"KRW"}],["0b3db922-ff64-5988-b43c-67edd2d23282",1,0,"AccountNumberAssigned",1,{"account":"01a22d2d-42ad-77dd-ab6d-44991de410a4"}],["594cca76-c238-5c82-be97-d43c15dbd67a",5,71,"OwnerAccountAdded",1,{"owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","account":"01a22d2d-42ad-77dd-ab6d-44991de410a4"}]]
137	140	2026-11-30 15:57:50.651176+00	90ec5f18-1279-8e94-ad54-9babba1af258	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-42b9-74d4-a49e-42791a5d5538	\\x748c19b90e28b0d73432e984abeb3293	s	f	[["90ec5f18-1279-8e94-ad54-9babba1af258",1,0,"TransferPosted",3,{"kind":"deposit","legs":[{"account":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"-900"},{"account":"01a22d2d-42ad-77dd-ab6d-44991de410a4","asset":"KRW","amount":"900"}],"reference":"wages"}],["7ac04d90-bf25-5575-afdf-62e20c8352d0",5,45,"AccountDebited",1,{"transfer":"90ec5f18-1279-8e94-ad54-9babba1af258","amount":"900","balance":"-91600"}],["01a22d2d-42ad-77dd-ab6d-44991de410a4",2,134,"AccountCredited",1,{"transfer":"90ec5f18-1279-8e94-ad54-9babba1af258","amount":"900","balance":"900"}],["469752e7-6b97-5281-b298-8b517c088e94",1,0,"ReferenceUsed",1,{"transfer":"90ec5f18-1279-8e94-ad54-9babba1af258"}]]
141	143	2026-11-30 15:57:50.664173+00	aac488bc-1527-8a67-9b60-1504cb298eb8	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-42c6-75d5-bb4a-d8b4a6099e2c	\\xf70f51574226551fb5cc9f12ecd6dbd6	s	f	[["aac488bc-1527-8a67-9b60-1504cb298eb8",1,0,"TransferPosted",3,{"kind":"deposit","legs":[{"account":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"-100"},{"account":"01a22d2d-42ad-77dd-ab6d-44991de410a4","asset":"KRW","amount":"100"}],"reference":"a mistake"}],["7ac04d90-bf25-5575-afdf-62e20c8352d0",6,137,"AccountDebited",1,{"transfer":"aac488bc-1527-8a67-9b60-1504cb298eb8","amount":"100","balance":"-91700"}],["01a22d2d-42ad-77dd-ab6d-44991de410a4",3,137,"AccountCredited",1,{"transfer":"aac488bc-1527-8a67-9b60-1504cb298eb8","amount":"100","balance":"1000"}]]
144	144	2026-11-30 15:57:50.676661+00	b8f29f4f-dc5c-8367-b158-9713350f3f16	89eef012-2054-54f5-a397-04ae16c7f927	01a22d2d-42d3-7003-afb6-7121a606b045	\\x6a7367eca0b863d6ae5bf626530885a7	o	f	[["01a22d2d-42ad-77dd-ab6d-44991de410a4",4,141,"AccountFrozen",2,{"reason":"a dispute","balance":"1000","held":"0","scope":"debits"}]]
145	147	2026-11-30 15:57:50.688114+00	d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22d2d-42de-77c3-91da-54842a5c0357	\\x6c2056969af840b0222803a31e1be8f7	s	f	[["d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09",1,0,"TransferPosted",3,{"kind":"deposit","legs":[{"account":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"-50"},{"account":"01a22d2d-42ad-77dd-ab6d-44991de410a4","asset":"KRW","amount":"50"}],"reference":"still goes in"}],["7ac04d90-bf25-5575-afdf-62e20c8352d0",7,141,"AccountDebited",1,{"transfer":"d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09","amount":"50","balance":"-91750"}],["01a22d2d-42ad-77dd-ab6d-44991de410a4",5,144,"AccountCredited",1,{"transfer":"d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09","amount":"50","balance":"1050"}]]
148	148	2026-11-30 15:57:50.700192+00	934ddeba-b9ad-8614-a7dd-03b16da8bf92	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-42e9-75e2-b400-f33c43fffd6d	\\x11da2ed8dc9a344b8a53a279a38b5bb8	m	f	[["934ddeba-b9ad-8614-a7dd-03b16da8bf92",1,0,"TransferRejected",2,{"kind":"transfer","source":"01a22d2d-42ad-77dd-ab6d-44991de410a4","destination":"01a22d2d-4017-727f-8513-513fb8e3cb8a","asset":"KRW","amount":"1","refusal":{"code":"account-frozen"}}]]
149	152	2026-11-30 15:57:50.712956+00	cf5ff2af-fe67-8a87-979d-dc1201230cd7	89eef012-2054-54f5-a397-04ae16c7f927	01a22d2d-42f6-729b-ae0b-7e71b7eb9671	\\xf133d3db809969d54f6668ba39a502df	o	f	[["aac488bc-1527-8a67-9b60-1504cb298eb8",2,141,"TransferReversed",1,{"by":"cf5ff2af-fe67-8a87-979d-dc1201230cd7"}],["cf5ff2af-fe67-8a87-979d-dc1201230cd7",1,0,"TransferPosted",3,{"kind":"reversal","legs":[{"account":"01a22d2d-42ad-77dd-ab6d-44991de410a4","asset":"KRW","amount":"-100"},{"account":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"100"}],"memo":"a mistake","reverses":"aac488bc-1527-8a67-9b60-1504cb298eb8","despite_freeze":true}],["01a22d2d-42ad-77dd-ab6d-44991de410a4",6,145,"AccountDebited",1,{"transfer":"cf5ff2af-fe67-8a87-979d-dc1201230cd7","amount":"100","balance":"950"}],["7ac04d90-bf25-5575-afdf-62e20c8352d0",8,145,"AccountCredited",1,{"transfer":"cf5ff2af-fe67-8a87-979d-dc1201230cd7","amount":"100","balance":"-91650"}]]
153	153	2026-11-30 15:57:50.7252+00	868a4c63-9704-8b57-8500-01f49583a430	01a22d2d-3d33-7754-be62-d79b791e9f9c	01a22d2d-4304-75ee-9f67-729b7c35fa0d	\\xacd4fe8b950e7cce61c6ab1c3c990dfe	m	f	[["01a22d2d-4062-7254-ab52-90e4cfe8dacc",4,55,"AccountClosed",1,{}]]
159	159	2026-11-30 15:57:53.927126+00	e9d49e6f-362b-80a6-aceb-d356d5f651bc	01a22d2d-4f83-767e-b5de-0d6da199d59b	01a22d2d-4f6c-74f7-a288-33b607cff9d9	\\xd4883ab58c519a9ecba92441fcaede6b	m	t	[["01a22d2d-4f83-767e-b5de-0d6c3d314720",1,0,"SignUpStarted",1,{"member":"01a22d2d-4f83-767e-b5de-0d6da199d59b","channel":"email","login_id":"ASiCkxsCiawJfq2aCRjXwde/LWRz2WzmlSss+QACQJ/ZkFUm/Lo6bPzIHoJJJNgppw","contact":"AaQ+W8dOLoX+dQvAX4Sotf0uVPohDUc/YEKfD4GurNTzEPEK2uPN/L5EuMkPBed5v7Y0Jdnx5xZH3+dpjw","real_name":"AQ9pSN6hNHxz+2mn11BwL/RkDTcPOHFjLWAR2yy65hc5HO4TxUBoFY2D+S9QDn1fjdUHP3IdQ7TpubByrIU","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"ac15597c-9ee4-8967-95bc-8b52ecbc78fe","contact_key":"7093abc2-8eca-8544-941c-d88bdc53cb4f","expires_at":"2026-11-30T16:57:53.926343Z","code_expires_at":"2026-11-30T16:07:53.926343Z","resend_after":"2026-11-30T15:58:23.926343Z"}]]
160	160	2026-11-30 15:57:54.33876+00	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-511f-7672-8fd2-cf4a3f7e10b0	\\x0a2460f0fc98a9872d03ee763ba9ca9e	m	t	[["01a22d2d-3bc0-75e1-a7da-3b1bbee243ed",2,7,"ContactChangeStarted",1,{"channel":"email","contact":"AW6Lt5uMjDOR7z8qJGaIVI7+dTmFOhfQCV0k1K/BLlLs+Q29pCEWp1UIIaC80z2CybFlgIIecKxPvbcn1iY","contact_key":"a6ee5cf7-20bd-8bf9-9910-f11bf78d04c3","serial":1,"expires_at":"2026-11-30T16:07:54.338279Z","resend_after":"2026-11-30T15:58:24.338279Z"}]]
\.


--
-- Data for Name: log_commits_00001; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_commits_00001 (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed, events) FROM stdin;
\.


--
-- Data for Name: log_commits_00002; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_commits_00002 (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed, events) FROM stdin;
\.


--
-- Data for Name: log_commits_probe; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_commits_probe (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed, events) FROM stdin;
\.


--
-- Data for Name: log_conversion; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_conversion (singleton, log_id, began_at, "position", digest, proven_position, proven_digest, taken_over_at) FROM stdin;
\.


--
-- Data for Name: log_head; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_head (singleton, log_id, "position", recorded_at, command_ids_ordered_from, stopped_by, epoch, digest) FROM stdin;
t	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	1970-01-01 00:00:00+00	\N	1	\\x44877b15912e85dfcae18fbc8a84df448041674d2c66c6c66cb4c4fd71c41f7d
\.


--
-- Data for Name: log_leader; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_leader (singleton, epoch, server, address, since, step_down_from) FROM stdin;
t	1	server-0	127.0.0.1:40007	2026-11-30 15:57:47.63328+00	\N
\.


--
-- Data for Name: log_streams; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_streams (stream_id, version, first_position, newest_position, state_version, state_schema, owner, kind, state) FROM stdin;
01a22d2d-38be-71fd-88a1-15a83c1b4ac3	2	1	2	\N	\N	\N	sign-up	\N
ee5299d6-d2d0-81ef-a3ff-3d3eeb5aedcd	1	2	2	\N	\N	\N	name	\N
19848d9e-e583-8d74-835d-340a3d807f4c	1	2	2	\N	\N	\N	name	\N
01a22d2d-38be-71fd-88a1-15a946b160e4	1	2	2	\N	\N	\N	member	\N
01a22d2d-3bc0-75e1-a7da-3b1ae9994db2	2	6	7	\N	\N	\N	sign-up	\N
35e062cb-c21a-8fcc-b2d7-354634ff3328	1	7	7	\N	\N	\N	name	\N
6824a5dd-aa63-8c87-90a2-15594a89cc15	1	7	7	\N	\N	\N	name	\N
01a22d2d-3d33-7754-be62-d79a8e907a7f	2	11	12	\N	\N	\N	sign-up	\N
c38705c3-5da7-5053-a5bb-8a75902f5dfb	1	16	16	\N	\N	\N	account number	\N
9b75252f-87e8-5500-bebe-ea8a72cc1e1f	1	19	19	\N	\N	\N	account number	\N
cfc6e883-550e-5b98-b312-626453155344	2	16	22	\N	\N	\N	owner	\N
7a1981f9-2659-5b96-b963-e7c546b00683	1	22	22	\N	\N	\N	account number	\N
b9335673-1e59-5534-bcb2-3decc8d38e5e	1	25	25	\N	\N	\N	account number	\N
01a22d2d-4071-7571-b4f2-061cbb63478a	2	28	61	2	1	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	account	{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"754871171523"},"asset":"KRW","balance":"0","status":"closed"}
0b975d7a-6ed1-57df-8d54-635f1e264731	1	28	28	\N	\N	\N	account number	\N
01a22d2d-4165-7551-8c3a-2e008f3ae6fd	4	71	84	4	1	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	account	{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"521090765557"},"asset":"USD","balance":"250","status":"open"}
825f278d-b873-52bb-9949-3ceea2baa112	1	31	31	\N	\N	\N	account number	\N
18e582b9-58af-586a-8433-8d5e10ba1371	2	38	38	2	1	\N	account	{"holder":{"kind":"system","name":"cash/server-0"},"asset":"USD","balance":"-2500","status":"open"}
7ac04d90-bf25-5575-afdf-62e20c8352d0	8	34	149	8	1	\N	account	{"holder":{"kind":"system","name":"cash/server-0"},"asset":"KRW","balance":"-91650","status":"open"}
01a22d2d-413f-778c-9b71-ea67ddd62d5f	1	62	62	\N	\N	\N	transfer	\N
01a22d2d-413f-778c-9b71-ea684c79880e	1	62	62	\N	\N	\N	transfer	\N
01a22d2d-4062-7254-ab52-90e4cfe8dacc	4	25	153	4	1	01a22d2d-3d33-7754-be62-d79b791e9f9c	account	{"holder":{"kind":"member","owner":"01a22d2d-3d33-7754-be62-d79b791e9f9c","number":"660845167758"},"asset":"KRW","balance":"0","status":"closed"}
01a22d2d-4150-743d-9918-21153ebf833f	1	69	69	\N	\N	\N	transfer	\N
20651c2a-23ec-84d8-a039-846aed98b7cc	2	79	84	\N	\N	\N	transfer	\N
360aa318-d822-8a89-8a3d-b40ede43964f	2	51	55	\N	\N	\N	transfer	\N
01a22d2d-408e-7501-aedf-cc6da2ff6a86	3	31	60	3	1	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	account	{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"455492105980"},"asset":"KRW","balance":"700","status":"frozen"}
fa4c9346-fee9-523d-af5c-9c362ce74ee5	1	71	71	\N	\N	\N	account number	\N
4a407fa3-7d04-85e5-955b-f4fe54151da3	3	113	117	\N	\N	\N	hold	\N
4ecea867-13af-5a8b-bde6-d2fd9c2b17c8	2	25	154	\N	\N	\N	owner	\N
40194d6a-1e41-5c2d-a12d-699fbef8c914	1	121	121	\N	\N	\N	rate	\N
01a22d2d-3d33-7754-be62-d79b791e9f9c	3	12	156	\N	\N	\N	member	\N
01a22d2d-402f-70f7-8d69-98699ed9662e	10	19	108	10	1	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	account	{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"378822330548"},"asset":"KRW","balance":"33330","status":"open"}
9b4bc34c-d5cd-8cf2-b287-797ed69c390e	2	106	108	\N	\N	\N	hold	\N
8883ce8e-0e9c-8ddb-9cd7-5a21d26548d1	2	12	156	\N	\N	\N	name	\N
813fff11-2826-5919-b637-7ba3e7e127ef	1	122	122	\N	\N	\N	rate	\N
01a22d2d-4040-74c7-9408-f4a14a6b9e5a	6	22	124	6	1	01a22d2d-38be-71fd-88a1-15a946b160e4	account	{"holder":{"kind":"member","owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","number":"305247014972"},"asset":"USD","balance":"1250","status":"open"}
cadd30f7-1828-8c68-89bf-7142dd0718cf	4	91	100	\N	\N	\N	hold	\N
d3fb7d75-3c54-856a-be25-fc08ac3b8514	2	12	156	\N	\N	\N	name	\N
01a22d2d-4017-727f-8513-513fb8e3cb8a	24	16	124	24	2	01a22d2d-38be-71fd-88a1-15a946b160e4	account	{"holder":{"kind":"member","owner":"01a22d2d-38be-71fd-88a1-15a946b160e4","number":"896150088095"},"asset":"KRW","balance":"70104","status":"open","held":"3500"}
5de6b426-e792-5379-9d50-6235f3b20697	2	124	124	2	1	\N	account	{"holder":{"kind":"system","name":"exchange/server-0"},"asset":"USD","balance":"1000","status":"open"}
594cca76-c238-5c82-be97-d43c15dbd67a	5	19	134	\N	\N	\N	owner	\N
01a22d2d-4f83-767e-b5de-0d6c3d314720	1	159	159	\N	\N	\N	sign-up	\N
01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	2	7	160	\N	\N	\N	member	\N
61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc	2	124	124	2	1	\N	account	{"holder":{"kind":"system","name":"exchange/server-0"},"asset":"KRW","balance":"-13434","status":"open"}
e0e0abe6-6ff0-8599-b84e-ace2792cc0cd	2	123	124	\N	\N	\N	quote	\N
0b3db922-ff64-5988-b43c-67edd2d23282	1	134	134	\N	\N	\N	account number	\N
469752e7-6b97-5281-b298-8b517c088e94	1	137	137	\N	\N	\N	reference	\N
01a22d2d-42ad-77dd-ab6d-44991de410a4	6	134	149	6	2	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	account	{"holder":{"kind":"member","owner":"01a22d2d-3bc0-75e1-a7da-3b1bbee243ed","number":"497507973946"},"asset":"KRW","balance":"950","status":"frozen","scope":"debits"}
aac488bc-1527-8a67-9b60-1504cb298eb8	2	141	149	\N	\N	\N	transfer	\N
\.


--
-- Data for Name: process_cursors; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.process_cursors (process, "position") FROM stdin;
sign-up-expiry	160
erasure	160
hold-expiry	160
messages	160
\.


--
-- Data for Name: process_instances; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.process_instances (process, instance, state, due, data, tries, error, note, started_at, changed_at) FROM stdin;
sign-up-expiry	01a22d2d-38be-71fd-88a1-15a83c1b4ac3	done	\N	{"contact": "19848d9e-e583-8d74-835d-340a3d807f4c"}	0	\N	\N	2026-11-30 15:57:48.104775+00	2026-11-30 15:57:48.735277+00
sign-up-expiry	01a22d2d-3bc0-75e1-a7da-3b1ae9994db2	done	\N	{"contact": "6824a5dd-aa63-8c87-90a2-15594a89cc15"}	0	\N	\N	2026-11-30 15:57:48.870763+00	2026-11-30 15:57:49.189205+00
sign-up-expiry	01a22d2d-3d33-7754-be62-d79a8e907a7f	done	\N	{"contact": "d3fb7d75-3c54-856a-be25-fc08ac3b8514"}	0	\N	\N	2026-11-30 15:57:49.239751+00	2026-11-30 15:57:49.759727+00
hold-expiry	9b4bc34c-d5cd-8cf2-b287-797ed69c390e	done	\N	{}	0	\N	\N	2026-11-30 15:57:50.453495+00	2026-11-30 15:57:50.467373+00
hold-expiry	cadd30f7-1828-8c68-89bf-7142dd0718cf	waiting	2026-12-30 15:57:50.380658+00	{}	0	\N	\N	2026-11-30 15:57:50.382545+00	2026-11-30 15:57:50.382545+00
hold-expiry	4a407fa3-7d04-85e5-955b-f4fe54151da3	done	\N	{}	0	\N	\N	2026-11-30 15:57:50.479946+00	2026-11-30 15:57:50.509225+00
erasure	01a22d2d-4325-7002-9a83-5d86609798e9	done	\N	{"at": "2026-11-30T15:57:50.763317Z", "by": "member:01a22d2d-3d33-7754-be62-d79b791e9f9c", "member": "01a22d2d-3d33-7754-be62-d79b791e9f9c", "waits_for": "every server to know that the member's tokens count no more"}	0	\N	\N	2026-11-30 15:57:50.763317+00	2026-11-30 15:57:53.808607+00
sign-up-expiry	01a22d2d-4f83-767e-b5de-0d6c3d314720	waiting	2026-11-30 16:57:53.926343+00	{"contact": "7093abc2-8eca-8544-941c-d88bdc53cb4f"}	0	\N	\N	2026-11-30 15:57:53.927126+00	2026-11-30 15:57:53.927126+00
\.


--
-- Data for Name: process_leader; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.process_leader (singleton, epoch, holder, renewed_at) FROM stdin;
t	1	command-server/9073	2026-11-30 15:57:54.342667+00
\.


--
-- Data for Name: relay_cursor; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.relay_cursor (singleton, epoch, "position", holder, renewed_at, command_id, recorded_at) FROM stdin;
t	1	160	relay (process 9074)	2026-11-30 15:57:54.431362+00	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	2026-11-30 15:57:54.33876+00
\.


--
-- Name: audit_alarms_id_seq; Type: SEQUENCE SET; Schema: public; Owner: jangbu_owner
--

SELECT pg_catalog.setval('public.audit_alarms_id_seq', 1, false);


--
-- Name: log_adoptions_id_seq; Type: SEQUENCE SET; Schema: public; Owner: jangbu_owner
--

SELECT pg_catalog.setval('public.log_adoptions_id_seq', 1, false);


--
-- Name: event_store event_store_pkey; Type: CONSTRAINT; Schema: migrations; Owner: jangbu_owner
--

ALTER TABLE ONLY migrations.event_store
    ADD CONSTRAINT event_store_pkey PRIMARY KEY (version);


--
-- Name: audit_alarms audit_alarms_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.audit_alarms
    ADD CONSTRAINT audit_alarms_pkey PRIMARY KEY (id);


--
-- Name: audit_progress audit_progress_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.audit_progress
    ADD CONSTRAINT audit_progress_pkey PRIMARY KEY (auditor);


--
-- Name: log_adoptions log_adoptions_new_log_id_key; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_adoptions
    ADD CONSTRAINT log_adoptions_new_log_id_key UNIQUE (new_log_id);


--
-- Name: log_adoptions log_adoptions_old_log_id_key; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_adoptions
    ADD CONSTRAINT log_adoptions_old_log_id_key UNIQUE (old_log_id);


--
-- Name: log_adoptions log_adoptions_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_adoptions
    ADD CONSTRAINT log_adoptions_pkey PRIMARY KEY (id);


--
-- Name: log_archives log_archives_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_archives
    ADD CONSTRAINT log_archives_pkey PRIMARY KEY (log_id, place);


--
-- Name: log_commands log_commands_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commands
    ADD CONSTRAINT log_commands_pkey PRIMARY KEY (command_id);


--
-- Name: log_commits log_commits_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits
    ADD CONSTRAINT log_commits_pkey PRIMARY KEY (first_position) WITH (fillfactor='100');


--
-- Name: log_commits_00000 log_commits_00000_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits_00000
    ADD CONSTRAINT log_commits_00000_pkey PRIMARY KEY (first_position) WITH (fillfactor='100');


--
-- Name: log_commits_00001 log_commits_00001_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits_00001
    ADD CONSTRAINT log_commits_00001_pkey PRIMARY KEY (first_position) WITH (fillfactor='100');


--
-- Name: log_commits_00002 log_commits_00002_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits_00002
    ADD CONSTRAINT log_commits_00002_pkey PRIMARY KEY (first_position) WITH (fillfactor='100');


--
-- Name: log_commits_probe log_commits_probe_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_commits_probe
    ADD CONSTRAINT log_commits_probe_pkey PRIMARY KEY (first_position) WITH (fillfactor='100');


--
-- Name: log_conversion log_conversion_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_conversion
    ADD CONSTRAINT log_conversion_pkey PRIMARY KEY (singleton);


--
-- Name: log_head log_head_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_head
    ADD CONSTRAINT log_head_pkey PRIMARY KEY (singleton);


--
-- Name: log_leader log_leader_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_leader
    ADD CONSTRAINT log_leader_pkey PRIMARY KEY (singleton);


--
-- Name: log_streams log_streams_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_streams
    ADD CONSTRAINT log_streams_pkey PRIMARY KEY (stream_id);


--
-- Name: process_cursors process_cursors_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.process_cursors
    ADD CONSTRAINT process_cursors_pkey PRIMARY KEY (process);


--
-- Name: process_instances process_instances_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.process_instances
    ADD CONSTRAINT process_instances_pkey PRIMARY KEY (process, instance);


--
-- Name: process_leader process_leader_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.process_leader
    ADD CONSTRAINT process_leader_pkey PRIMARY KEY (singleton);


--
-- Name: relay_cursor relay_cursor_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.relay_cursor
    ADD CONSTRAINT relay_cursor_pkey PRIMARY KEY (singleton);


--
-- Name: audit_alarms_once; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE UNIQUE INDEX audit_alarms_once ON public.audit_alarms USING btree (log_id, "position", rule, md5(what));


--
-- Name: audit_alarms_open; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX audit_alarms_open ON public.audit_alarms USING btree ("position") WHERE (acknowledged_at IS NULL);


--
-- Name: log_commits_by_correlation; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_by_correlation ON ONLY public.log_commits USING brin (correlation uuid_bloom_ops (n_distinct_per_range='1600', false_positive_rate='0.002')) WITH (pages_per_range='128', autosummarize='on');


--
-- Name: log_commits_00000_correlation_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_00000_correlation_idx ON public.log_commits_00000 USING brin (correlation uuid_bloom_ops (n_distinct_per_range='1600', false_positive_rate='0.002')) WITH (pages_per_range='128', autosummarize='on');


--
-- Name: log_commits_followed; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_followed ON ONLY public.log_commits USING btree (first_position) WHERE is_followed;


--
-- Name: log_commits_00000_first_position_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_00000_first_position_idx ON public.log_commits_00000 USING btree (first_position) WHERE is_followed;


--
-- Name: log_commits_00001_correlation_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_00001_correlation_idx ON public.log_commits_00001 USING brin (correlation uuid_bloom_ops (n_distinct_per_range='1600', false_positive_rate='0.002')) WITH (pages_per_range='128', autosummarize='on');


--
-- Name: log_commits_00001_first_position_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_00001_first_position_idx ON public.log_commits_00001 USING btree (first_position) WHERE is_followed;


--
-- Name: log_commits_00002_correlation_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_00002_correlation_idx ON public.log_commits_00002 USING brin (correlation uuid_bloom_ops (n_distinct_per_range='1600', false_positive_rate='0.002')) WITH (pages_per_range='128', autosummarize='on');


--
-- Name: log_commits_00002_first_position_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_00002_first_position_idx ON public.log_commits_00002 USING btree (first_position) WHERE is_followed;


--
-- Name: log_commits_probe_correlation_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_probe_correlation_idx ON public.log_commits_probe USING brin (correlation uuid_bloom_ops (n_distinct_per_range='1600', false_positive_rate='0.002')) WITH (pages_per_range='128', autosummarize='on');


--
-- Name: log_commits_probe_first_position_idx; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_commits_probe_first_position_idx ON public.log_commits_probe USING btree (first_position) WHERE is_followed;


--
-- Name: log_streams_owned; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX log_streams_owned ON public.log_streams USING btree (owner, first_position) WHERE (owner IS NOT NULL);


--
-- Name: process_instances_due; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX process_instances_due ON public.process_instances USING btree (process, due) WHERE (due IS NOT NULL);


--
-- Name: process_instances_id; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX process_instances_id ON public.process_instances USING btree (instance);


--
-- Name: process_instances_state; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX process_instances_state ON public.process_instances USING btree (state, process, changed_at);


--
-- Name: log_commits_00000_correlation_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_by_correlation ATTACH PARTITION public.log_commits_00000_correlation_idx;


--
-- Name: log_commits_00000_first_position_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_followed ATTACH PARTITION public.log_commits_00000_first_position_idx;


--
-- Name: log_commits_00000_pkey; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_pkey ATTACH PARTITION public.log_commits_00000_pkey;


--
-- Name: log_commits_00001_correlation_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_by_correlation ATTACH PARTITION public.log_commits_00001_correlation_idx;


--
-- Name: log_commits_00001_first_position_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_followed ATTACH PARTITION public.log_commits_00001_first_position_idx;


--
-- Name: log_commits_00001_pkey; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_pkey ATTACH PARTITION public.log_commits_00001_pkey;


--
-- Name: log_commits_00002_correlation_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_by_correlation ATTACH PARTITION public.log_commits_00002_correlation_idx;


--
-- Name: log_commits_00002_first_position_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_followed ATTACH PARTITION public.log_commits_00002_first_position_idx;


--
-- Name: log_commits_00002_pkey; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_pkey ATTACH PARTITION public.log_commits_00002_pkey;


--
-- Name: log_commits_probe_correlation_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_by_correlation ATTACH PARTITION public.log_commits_probe_correlation_idx;


--
-- Name: log_commits_probe_first_position_idx; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_followed ATTACH PARTITION public.log_commits_probe_first_position_idx;


--
-- Name: log_commits_probe_pkey; Type: INDEX ATTACH; Schema: public; Owner: jangbu_owner
--

ALTER INDEX public.log_commits_pkey ATTACH PARTITION public.log_commits_probe_pkey;


--
-- Name: log_head adopted_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER adopted_only BEFORE UPDATE ON public.log_head FOR EACH ROW WHEN (((old."position" > 0) AND (new.log_id <> old.log_id))) EXECUTE FUNCTION public.guard_log_id();


--
-- Name: log_adoptions append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_adoptions FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_commands append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_commands FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_commits append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_commits FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_commits_00000 append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_commits_00000 FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_commits_00001 append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_commits_00001 FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_commits_00002 append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_commits_00002 FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_commits_probe append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.log_commits_probe FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_head command_ids_stay; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER command_ids_stay BEFORE UPDATE ON public.log_head FOR EACH ROW WHEN (((old."position" > 0) AND (new.command_ids_ordered_from <> old.command_ids_ordered_from))) EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_head epoch_stays; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER epoch_stays BEFORE UPDATE ON public.log_head FOR EACH ROW WHEN ((new.epoch < old.epoch)) EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_head forward_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER forward_only BEFORE UPDATE ON public.log_head FOR EACH ROW WHEN (((new."position" < old."position") OR ((old."position" > 0) AND (new.recorded_at < old.recorded_at)))) EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_streams forward_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER forward_only AFTER UPDATE ON public.log_streams FOR EACH ROW WHEN (((new.version < old.version) OR (new.newest_position < old.newest_position) OR (new.stream_id <> old.stream_id) OR (new.kind <> old.kind) OR (new.first_position <> old.first_position) OR (new.owner IS DISTINCT FROM old.owner))) EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: audit_alarms never_deleted; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.audit_alarms FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_head never_deleted; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.log_head FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_streams never_deleted; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.log_streams FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner
--

GRANT USAGE ON SCHEMA public TO jangbu_writer;
GRANT USAGE ON SCHEMA public TO jangbu_relay;
GRANT USAGE ON SCHEMA public TO jangbu_projector;
GRANT USAGE ON SCHEMA public TO jangbu_reader;
GRANT USAGE ON SCHEMA public TO jangbu_auditor;


--
-- Name: TABLE audit_alarms; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT ON TABLE public.audit_alarms TO jangbu_auditor;
GRANT SELECT ON TABLE public.audit_alarms TO jangbu_writer;
GRANT SELECT ON TABLE public.audit_alarms TO jangbu_reader;


--
-- Name: FUNCTION acknowledge_alarm(alarm bigint, acknowledged text, because text); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.acknowledge_alarm(alarm bigint, acknowledged text, because text) FROM PUBLIC;


--
-- Name: FUNCTION add_commit_partitions(ahead integer); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.add_commit_partitions(ahead integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_commit_partitions(ahead integer) TO jangbu_writer;


--
-- Name: FUNCTION add_earlier_commit_partitions(); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.add_earlier_commit_partitions() FROM PUBLIC;


--
-- Name: TABLE log_adoptions; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT ON TABLE public.log_adoptions TO jangbu_writer;
GRANT SELECT ON TABLE public.log_adoptions TO jangbu_relay;
GRANT SELECT ON TABLE public.log_adoptions TO jangbu_projector;
GRANT SELECT ON TABLE public.log_adoptions TO jangbu_reader;
GRANT SELECT ON TABLE public.log_adoptions TO jangbu_auditor;


--
-- Name: FUNCTION adopt_log(adopted_by text, adopted_because text); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.adopt_log(adopted_by text, adopted_because text) FROM PUBLIC;


--
-- Name: FUNCTION discard_copy(); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.discard_copy() FROM PUBLIC;


--
-- Name: FUNCTION guard_log_id(); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.guard_log_id() FROM PUBLIC;


--
-- Name: FUNCTION make_views_of_commit_rows(); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.make_views_of_commit_rows() FROM PUBLIC;


--
-- Name: FUNCTION raise_alarm(auditor text, audited_log uuid, found_at bigint, broken text, finding text); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.raise_alarm(auditor text, audited_log uuid, found_at bigint, broken text, finding text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.raise_alarm(auditor text, audited_log uuid, found_at bigint, broken text, finding text) TO jangbu_auditor;


--
-- Name: FUNCTION take_over(); Type: ACL; Schema: public; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION public.take_over() FROM PUBLIC;


--
-- Name: TABLE audit_progress; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE public.audit_progress TO jangbu_auditor;
GRANT SELECT ON TABLE public.audit_progress TO jangbu_writer;
GRANT SELECT ON TABLE public.audit_progress TO jangbu_reader;


--
-- Name: TABLE log_commits; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE public.log_commits TO jangbu_writer;
GRANT SELECT ON TABLE public.log_commits TO jangbu_relay;
GRANT SELECT ON TABLE public.log_commits TO jangbu_projector;
GRANT SELECT ON TABLE public.log_commits TO jangbu_auditor;


--
-- Name: COLUMN log_commits.first_position; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(first_position) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.last_position; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(last_position) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.recorded_at; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(recorded_at) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.command_id; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(command_id) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.actor_id; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(actor_id) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.correlation; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(correlation) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.fingerprint; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(fingerprint) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.actor_role; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(actor_role) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: COLUMN log_commits.is_followed; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT(is_followed) ON TABLE public.log_commits TO jangbu_reader;


--
-- Name: TABLE commits; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT ON TABLE public.commits TO jangbu_writer;
GRANT SELECT ON TABLE public.commits TO jangbu_relay;
GRANT SELECT ON TABLE public.commits TO jangbu_projector;
GRANT SELECT ON TABLE public.commits TO jangbu_reader;
GRANT SELECT ON TABLE public.commits TO jangbu_auditor;


--
-- Name: TABLE events; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT ON TABLE public.events TO jangbu_writer;
GRANT SELECT ON TABLE public.events TO jangbu_relay;
GRANT SELECT ON TABLE public.events TO jangbu_projector;
GRANT SELECT ON TABLE public.events TO jangbu_auditor;


--
-- Name: TABLE log_commands; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE public.log_commands TO jangbu_writer;
GRANT SELECT ON TABLE public.log_commands TO jangbu_relay;
GRANT SELECT ON TABLE public.log_commands TO jangbu_projector;
GRANT SELECT ON TABLE public.log_commands TO jangbu_reader;
GRANT SELECT ON TABLE public.log_commands TO jangbu_auditor;


--
-- Name: TABLE log_head; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT ON TABLE public.log_head TO jangbu_writer;
GRANT SELECT ON TABLE public.log_head TO jangbu_relay;
GRANT SELECT ON TABLE public.log_head TO jangbu_projector;
GRANT SELECT ON TABLE public.log_head TO jangbu_reader;
GRANT SELECT ON TABLE public.log_head TO jangbu_auditor;


--
-- Name: COLUMN log_head."position"; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT UPDATE("position") ON TABLE public.log_head TO jangbu_writer;


--
-- Name: COLUMN log_head.recorded_at; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT UPDATE(recorded_at) ON TABLE public.log_head TO jangbu_writer;


--
-- Name: COLUMN log_head.epoch; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT UPDATE(epoch) ON TABLE public.log_head TO jangbu_writer;


--
-- Name: COLUMN log_head.digest; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT UPDATE(digest) ON TABLE public.log_head TO jangbu_writer;


--
-- Name: TABLE log_leader; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE public.log_leader TO jangbu_writer;
GRANT SELECT ON TABLE public.log_leader TO jangbu_reader;


--
-- Name: TABLE log_streams; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE public.log_streams TO jangbu_writer;
GRANT SELECT ON TABLE public.log_streams TO jangbu_auditor;


--
-- Name: TABLE process_cursors; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE public.process_cursors TO jangbu_writer;
GRANT SELECT ON TABLE public.process_cursors TO jangbu_reader;


--
-- Name: TABLE process_instances; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.process_instances TO jangbu_writer;
GRANT SELECT ON TABLE public.process_instances TO jangbu_reader;


--
-- Name: TABLE process_leader; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE public.process_leader TO jangbu_writer;
GRANT SELECT ON TABLE public.process_leader TO jangbu_reader;


--
-- Name: TABLE relay_cursor; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE public.relay_cursor TO jangbu_relay;
GRANT SELECT ON TABLE public.relay_cursor TO jangbu_projector;
GRANT SELECT ON TABLE public.relay_cursor TO jangbu_reader;


--
-- PostgreSQL database dump complete
--

\unrestrict TIou4PVTiDkp1Ndqax5Oa9VpH0zMuZcptiR99D6fbie5v9m3kbMCsIjWUkJxdRX

