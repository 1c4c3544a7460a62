--
-- PostgreSQL database dump
--

\restrict W0EhZ4LxcvxXkwrHzm9Zhy4pZLrhB0F2gFmNUOyzATxrkDejbLobTzZyd6YCu1m

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
-- Name: accounts_g1; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA accounts_g1;


ALTER SCHEMA accounts_g1 OWNER TO jangbu_projector;

--
-- Name: accounts_g2; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA accounts_g2;


ALTER SCHEMA accounts_g2 OWNER TO jangbu_projector;

--
-- Name: live; Type: SCHEMA; Schema: -; Owner: jangbu_owner
--

CREATE SCHEMA live;


ALTER SCHEMA live OWNER TO jangbu_owner;

--
-- Name: members_g1; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA members_g1;


ALTER SCHEMA members_g1 OWNER TO jangbu_projector;

--
-- Name: migrations; Type: SCHEMA; Schema: -; Owner: jangbu_owner
--

CREATE SCHEMA migrations;


ALTER SCHEMA migrations OWNER TO jangbu_owner;

--
-- Name: overview_g1; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA overview_g1;


ALTER SCHEMA overview_g1 OWNER TO jangbu_projector;

--
-- Name: registry; Type: SCHEMA; Schema: -; Owner: jangbu_owner
--

CREATE SCHEMA registry;


ALTER SCHEMA registry OWNER TO jangbu_owner;

--
-- Name: top_movers_g1; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA top_movers_g1;


ALTER SCHEMA top_movers_g1 OWNER TO jangbu_projector;

--
-- Name: transactions_g1; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA transactions_g1;


ALTER SCHEMA transactions_g1 OWNER TO jangbu_projector;

--
-- Name: transfers_g1; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA transfers_g1;


ALTER SCHEMA transfers_g1 OWNER TO jangbu_projector;

--
-- Name: refuse_backwards(); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.refuse_backwards() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception 'generation % of view % cannot go back from position % to %',
        old.generation, old.view, old.position, new.position using errcode = 'restrict_violation';
end
$$;


ALTER FUNCTION registry.refuse_backwards() OWNER TO jangbu_owner;

--
-- Name: refuse_rewriting(); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.refuse_rewriting() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception '% on registry.audit is refused: what was done stays written down', tg_op
        using errcode = 'restrict_violation';
end
$$;


ALTER FUNCTION registry.refuse_rewriting() OWNER TO jangbu_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: accounts; Type: TABLE; Schema: accounts_g1; Owner: jangbu_projector
--

CREATE TABLE accounts_g1.accounts (
    version bigint NOT NULL,
    "position" bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    account_id uuid NOT NULL,
    owner uuid,
    balance numeric(38,0) NOT NULL,
    kind text NOT NULL,
    asset text NOT NULL,
    status text NOT NULL,
    account_number text,
    name text,
    CONSTRAINT accounts_kind_check CHECK ((kind = ANY (ARRAY['member'::text, 'system'::text]))),
    CONSTRAINT accounts_status_check CHECK ((status = ANY (ARRAY['open'::text, 'frozen'::text, 'closed'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');


ALTER TABLE accounts_g1.accounts OWNER TO jangbu_projector;

--
-- Name: accounts; Type: TABLE; Schema: accounts_g2; Owner: jangbu_projector
--

CREATE TABLE accounts_g2.accounts (
    version bigint NOT NULL,
    "position" bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    account_id uuid NOT NULL,
    owner uuid,
    balance numeric(38,0) NOT NULL,
    kind text NOT NULL,
    asset text NOT NULL,
    status text NOT NULL,
    account_number text,
    name text,
    CONSTRAINT accounts_kind_check CHECK ((kind = ANY (ARRAY['member'::text, 'system'::text]))),
    CONSTRAINT accounts_status_check CHECK ((status = ANY (ARRAY['open'::text, 'frozen'::text, 'closed'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');


ALTER TABLE accounts_g2.accounts OWNER TO jangbu_projector;

--
-- Name: accounts; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.accounts AS
 SELECT accounts.version,
    accounts."position",
    accounts.opened_at,
    accounts.account_id,
    accounts.owner,
    accounts.balance,
    accounts.kind,
    accounts.asset,
    accounts.status,
    accounts.account_number,
    accounts.name
   FROM accounts_g2.accounts;


ALTER TABLE live.accounts OWNER TO jangbu_projector;

--
-- Name: activity; Type: TABLE; Schema: overview_g1; Owner: jangbu_projector
--

CREATE TABLE overview_g1.activity (
    bucket_start timestamp with time zone NOT NULL,
    posted_count bigint NOT NULL,
    rejected_count bigint NOT NULL,
    posted_volume numeric NOT NULL,
    bucket text NOT NULL,
    asset text NOT NULL,
    kind text NOT NULL,
    CONSTRAINT activity_bucket_check CHECK ((bucket = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text])))
)
WITH (fillfactor='50');


ALTER TABLE overview_g1.activity OWNER TO jangbu_projector;

--
-- Name: activity; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.activity AS
 SELECT activity.bucket_start,
    activity.posted_count,
    activity.rejected_count,
    activity.posted_volume,
    activity.bucket,
    activity.asset,
    activity.kind
   FROM overview_g1.activity;


ALTER TABLE live.activity OWNER TO jangbu_projector;

--
-- Name: asset_totals; Type: TABLE; Schema: overview_g1; Owner: jangbu_projector
--

CREATE TABLE overview_g1.asset_totals (
    asset text NOT NULL,
    member_sum numeric NOT NULL,
    system_sum numeric NOT NULL,
    members_open bigint NOT NULL,
    members_frozen bigint NOT NULL,
    members_closed bigint NOT NULL,
    system_accounts bigint NOT NULL
)
WITH (fillfactor='20');


ALTER TABLE overview_g1.asset_totals OWNER TO jangbu_projector;

--
-- Name: asset_totals; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.asset_totals AS
 SELECT asset_totals.asset,
    asset_totals.member_sum,
    asset_totals.system_sum,
    asset_totals.members_open,
    asset_totals.members_frozen,
    asset_totals.members_closed,
    asset_totals.system_accounts
   FROM overview_g1.asset_totals;


ALTER TABLE live.asset_totals OWNER TO jangbu_projector;

--
-- Name: entries; Type: TABLE; Schema: transactions_g1; Owner: jangbu_projector
--

CREATE TABLE transactions_g1.entries (
    "position" bigint NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    account_id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    counterparty uuid NOT NULL,
    amount numeric(38,0) NOT NULL,
    balance_after numeric(38,0) NOT NULL,
    kind text NOT NULL,
    memo text,
    reference text,
    reverses uuid
);


ALTER TABLE transactions_g1.entries OWNER TO jangbu_projector;

--
-- Name: entries; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.entries AS
 SELECT entries."position",
    entries.version,
    entries.recorded_at,
    entries.account_id,
    entries.transfer_id,
    entries.counterparty,
    entries.amount,
    entries.balance_after,
    entries.kind,
    entries.memo,
    entries.reference,
    entries.reverses
   FROM transactions_g1.entries;


ALTER TABLE live.entries OWNER TO jangbu_projector;

--
-- Name: member_counts; Type: TABLE; Schema: members_g1; Owner: jangbu_projector
--

CREATE TABLE members_g1.member_counts (
    status text NOT NULL,
    members bigint NOT NULL
)
WITH (fillfactor='20');


ALTER TABLE members_g1.member_counts OWNER TO jangbu_projector;

--
-- Name: member_counts; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.member_counts AS
 SELECT member_counts.status,
    member_counts.members
   FROM members_g1.member_counts;


ALTER TABLE live.member_counts OWNER TO jangbu_projector;

--
-- Name: members; Type: TABLE; Schema: members_g1; Owner: jangbu_projector
--

CREATE TABLE members_g1.members (
    "position" bigint NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone,
    login_id_version bigint,
    contact_version bigint,
    real_name_version bigint,
    member_id uuid NOT NULL,
    status text NOT NULL,
    channel text,
    login_id text,
    contact text,
    real_name text,
    CONSTRAINT members_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'phone'::text]))),
    CONSTRAINT members_check CHECK (
CASE status
    WHEN 'active'::text THEN (num_nulls(channel, login_id, contact, real_name, login_id_version, contact_version, real_name_version) = 0)
    ELSE (num_nonnulls(channel, login_id, contact, real_name, login_id_version, contact_version, real_name_version) = 0)
END),
    CONSTRAINT members_check1 CHECK (((status = 'erased'::text) = (erased_at IS NOT NULL))),
    CONSTRAINT members_status_check CHECK ((status = ANY (ARRAY['active'::text, 'erasing'::text, 'erased'::text])))
)
WITH (fillfactor='90');


ALTER TABLE members_g1.members OWNER TO jangbu_projector;

--
-- Name: members; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.members AS
 SELECT members."position",
    members.joined_at,
    members.erased_at,
    members.login_id_version,
    members.contact_version,
    members.real_name_version,
    members.member_id,
    members.status,
    members.channel,
    members.login_id,
    members.contact,
    members.real_name
   FROM members_g1.members;


ALTER TABLE live.members OWNER TO jangbu_projector;

--
-- Name: movers; Type: TABLE; Schema: top_movers_g1; Owner: jangbu_projector
--

CREATE TABLE top_movers_g1.movers (
    day date NOT NULL,
    account_id uuid NOT NULL,
    transfers bigint NOT NULL,
    volume numeric NOT NULL,
    asset text NOT NULL,
    CONSTRAINT movers_transfers_check CHECK ((transfers > 0))
)
WITH (fillfactor='70');


ALTER TABLE top_movers_g1.movers OWNER TO jangbu_projector;

--
-- Name: movers; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.movers AS
 SELECT movers.day,
    movers.account_id,
    movers.transfers,
    movers.volume,
    movers.asset
   FROM top_movers_g1.movers;


ALTER TABLE live.movers OWNER TO jangbu_projector;

--
-- Name: ticks; Type: TABLE; Schema: transactions_g1; Owner: jangbu_projector
--

CREATE TABLE transactions_g1.ticks (
    recorded_at timestamp with time zone NOT NULL,
    "position" bigint NOT NULL
)
WITH (fillfactor='90');


ALTER TABLE transactions_g1.ticks OWNER TO jangbu_projector;

--
-- Name: ticks; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.ticks AS
 SELECT ticks.recorded_at,
    ticks."position"
   FROM transactions_g1.ticks;


ALTER TABLE live.ticks OWNER TO jangbu_projector;

--
-- Name: transfers; Type: TABLE; Schema: transfers_g1; Owner: jangbu_projector
--

CREATE TABLE transfers_g1.transfers (
    "position" bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    source_version bigint,
    destination_version bigint,
    transfer_id uuid NOT NULL,
    source uuid,
    destination uuid,
    reverses uuid,
    reversed_by uuid,
    amount numeric(38,0) NOT NULL,
    source_balance_after numeric(38,0),
    destination_balance_after numeric(38,0),
    available numeric(38,0),
    kind text NOT NULL,
    status text NOT NULL,
    asset text NOT NULL,
    code text,
    memo text,
    reference text,
    CONSTRAINT transfers_status_check CHECK ((status = ANY (ARRAY['posted'::text, 'rejected'::text])))
)
WITH (fillfactor='95');


ALTER TABLE transfers_g1.transfers OWNER TO jangbu_projector;

--
-- Name: transfers; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.transfers AS
 SELECT transfers."position",
    transfers.recorded_at,
    transfers.source_version,
    transfers.destination_version,
    transfers.transfer_id,
    transfers.source,
    transfers.destination,
    transfers.reverses,
    transfers.reversed_by,
    transfers.amount,
    transfers.source_balance_after,
    transfers.destination_balance_after,
    transfers.available,
    transfers.kind,
    transfers.status,
    transfers.asset,
    transfers.code,
    transfers.memo,
    transfers.reference
   FROM transfers_g1.transfers;


ALTER TABLE live.transfers OWNER TO jangbu_projector;

--
-- Name: views; Type: TABLE; Schema: migrations; Owner: jangbu_owner
--

CREATE TABLE migrations.views (
    version bigint NOT NULL,
    description text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE migrations.views OWNER TO jangbu_owner;

--
-- Name: account_states; Type: TABLE; Schema: overview_g1; Owner: jangbu_projector
--

CREATE TABLE overview_g1.account_states (
    account_id uuid NOT NULL,
    asset text NOT NULL,
    status text NOT NULL,
    system boolean NOT NULL
)
WITH (fillfactor='90');


ALTER TABLE overview_g1.account_states OWNER TO jangbu_projector;

--
-- Name: audit; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.audit (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    who text NOT NULL,
    what text NOT NULL,
    view text,
    generation integer,
    reason text NOT NULL,
    details jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT audit_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT audit_who_check CHECK ((who <> ''::text))
);


ALTER TABLE registry.audit OWNER TO jangbu_owner;

--
-- Name: TABLE audit; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON TABLE registry.audit IS 'append-only';


--
-- Name: audit_id_seq; Type: SEQUENCE; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE registry.audit ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME registry.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: generations; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.generations (
    view text NOT NULL,
    generation integer NOT NULL,
    version integer NOT NULL,
    schema_name text NOT NULL,
    tables text[] NOT NULL,
    state text NOT NULL,
    log_id uuid,
    "position" bigint DEFAULT 0 NOT NULL,
    recorded_at timestamp with time zone,
    stuck_since timestamp with time zone,
    error text,
    error_position bigint,
    error_type text,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    promoted_at timestamp with time zone,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kind text DEFAULT 'main'::text NOT NULL,
    fence bigint,
    started_by text,
    deferred text[] DEFAULT '{}'::text[] NOT NULL,
    compared_position bigint,
    failure text,
    heartbeat_at timestamp with time zone,
    parking bigint DEFAULT 0 NOT NULL,
    CONSTRAINT generations_check CHECK (((log_id IS NOT NULL) OR ("position" = 0))),
    CONSTRAINT generations_check1 CHECK (((stuck_since IS NULL) = (error IS NULL))),
    CONSTRAINT generations_fence_check CHECK ((fence >= 0)),
    CONSTRAINT generations_generation_check CHECK ((generation > 0)),
    CONSTRAINT generations_kind_check CHECK ((kind = ANY (ARRAY['main'::text, 'side'::text]))),
    CONSTRAINT generations_position_check CHECK (("position" >= 0)),
    CONSTRAINT generations_state_check CHECK ((state = ANY (ARRAY['building'::text, 'indexing'::text, 'tailing'::text, 'comparing'::text, 'ready'::text, 'live'::text, 'retired'::text, 'failed'::text]))),
    CONSTRAINT generations_version_check CHECK ((version > 0)),
    CONSTRAINT side_generations_are_never_live CHECK (((kind = 'main'::text) OR (state <> ALL (ARRAY['live'::text, 'retired'::text]))))
)
WITH (fillfactor='20', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0');


ALTER TABLE registry.generations OWNER TO jangbu_owner;

--
-- Name: COLUMN generations.tables; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.tables IS 'The tables that readers see through schema live while this generation is live.';


--
-- Name: COLUMN generations.log_id; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.log_id IS 'The log that position counts in; null until the first projector binds it.';


--
-- Name: COLUMN generations.recorded_at; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.recorded_at IS 'When the last applied commit was recorded, by the log''s clock.';


--
-- Name: COLUMN generations.stuck_since; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.stuck_since IS 'Since when an event cannot be applied; error, error_position and error_type tell which.';


--
-- Name: COLUMN generations.kind; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.kind IS 'main: may become live; side: a view as it was, for operators to look at.';


--
-- Name: COLUMN generations.fence; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.fence IS 'Where the bulk load ends; a side generation ends there for good.';


--
-- Name: COLUMN generations.deferred; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.deferred IS 'The indexes and constraints that are still to be made, in this order.';


--
-- Name: COLUMN generations.compared_position; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.compared_position IS 'Where it was last found equal to the live generation.';


--
-- Name: COLUMN generations.failure; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.failure IS 'Why its making ended.';


--
-- Name: COLUMN generations.heartbeat_at; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.heartbeat_at IS 'When whoever makes it was last heard of.';


--
-- Name: COLUMN generations.parking; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.parking IS 'Raised whenever keys are parked or lifted: a writer that knows another number reads them again.';


--
-- Name: parked_events; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.parked_events (
    view text NOT NULL,
    generation integer NOT NULL,
    key text NOT NULL,
    "position" bigint NOT NULL,
    commit_position bigint NOT NULL
);


ALTER TABLE registry.parked_events OWNER TO jangbu_owner;

--
-- Name: COLUMN parked_events.commit_position; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.parked_events.commit_position IS 'The first position of its commit: the log is read there.';


--
-- Name: parked_keys; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.parked_keys (
    view text NOT NULL,
    generation integer NOT NULL,
    key text NOT NULL,
    "position" bigint NOT NULL,
    reason text NOT NULL,
    parked_by text NOT NULL,
    parked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    error text,
    tried_at timestamp with time zone
);


ALTER TABLE registry.parked_keys OWNER TO jangbu_owner;

--
-- Name: COLUMN parked_keys.error; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.parked_keys.error IS 'Why the last try to apply its events failed.';


--
-- Name: views; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.views (
    view text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    paused_at timestamp with time zone,
    paused_by text,
    pause_reason text,
    CONSTRAINT views_view_check CHECK ((view ~ '^[a-z][a-z0-9_]{0,40}$'::text))
);


ALTER TABLE registry.views OWNER TO jangbu_owner;

--
-- Name: TABLE views; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON TABLE registry.views IS 'Every view that ever had a generation. Its row is locked to change which generation is live.';


--
-- Name: live_positions; Type: VIEW; Schema: registry; Owner: jangbu_owner
--

CREATE VIEW registry.live_positions AS
 SELECT g.view,
    g.generation,
    g.version,
    g.log_id,
    g."position",
    g.recorded_at,
        CASE
            WHEN (g.stuck_since IS NULL) THEN 'live'::text
            ELSE 'stuck'::text
        END AS state,
    g.error,
    g.error_position,
    g.error_type,
    g.stuck_since,
    g.updated_at,
    ( SELECT v.paused_at
           FROM registry.views v
          WHERE (v.view = g.view)) AS paused_at,
    ( SELECT count(*) AS count
           FROM registry.parked_keys k
          WHERE ((k.view = g.view) AND (k.generation = g.generation))) AS parked_keys,
    ( SELECT count(*) AS count
           FROM registry.parked_events e
          WHERE ((e.view = g.view) AND (e.generation = g.generation))) AS parked_events
   FROM registry.generations g
  WHERE (g.state = 'live'::text);


ALTER TABLE registry.live_positions OWNER TO jangbu_owner;

--
-- Name: ranges; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.ranges (
    view text NOT NULL,
    generation integer NOT NULL,
    after_position bigint NOT NULL,
    to_position bigint NOT NULL,
    recorded_at timestamp with time zone,
    done_at timestamp with time zone,
    CONSTRAINT ranges_check CHECK ((to_position > after_position))
);


ALTER TABLE registry.ranges OWNER TO jangbu_owner;

--
-- Name: COLUMN ranges.recorded_at; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.ranges.recorded_at IS 'When the last commit of the range was recorded; known when it is done.';


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: accounts_g1; Owner: jangbu_projector
--

COPY accounts_g1.accounts (version, "position", opened_at, account_id, owner, balance, kind, asset, status, account_number, name) FROM stdin;
2	40	2026-11-28 13:27:28.338518+00	18e582b9-58af-586a-8433-8d5e10ba1371	\N	-2500	system	USD	open	\N	cash/server-0
2	41	2026-11-28 13:27:28.191474+00	01a22256-debe-7756-a08d-196df7e46e53	01a22256-cbb6-759b-b159-cb9039febc35	2500	member	USD	open	794237723497	\N
4	47	2026-11-28 13:27:28.306398+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	\N	-90700	system	KRW	open	\N	cash/server-0
3	60	2026-11-28 13:27:28.249411+00	01a22256-def6-702f-810d-9b3f05505391	01a22256-d11c-7052-ada2-86204abe28f5	700	member	KRW	frozen	029714013396	\N
2	61	2026-11-28 13:27:28.236683+00	01a22256-deec-7769-8944-0e58cc8bc006	01a22256-d11c-7052-ada2-86204abe28f5	0	member	KRW	closed	105294038351	\N
8	67	2026-11-28 13:27:28.134791+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-cbb6-759b-b159-cb9039febc35	59970	member	KRW	open	728519269017	\N
4	68	2026-11-28 13:27:28.175787+00	01a22256-deaf-74af-a480-4683a20866ab	01a22256-d11c-7052-ada2-86204abe28f5	30030	member	KRW	open	917519657381	\N
4	71	2026-11-28 13:27:28.216099+00	01a22256-ded7-747b-a0e5-7365b8af4d1f	01a22256-d47a-764b-992e-0ed43ed555bb	0	member	KRW	closed	552076290066	\N
\.


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: accounts_g2; Owner: jangbu_projector
--

COPY accounts_g2.accounts (version, "position", opened_at, account_id, owner, balance, kind, asset, status, account_number, name) FROM stdin;
2	40	2026-11-28 13:27:28.338518+00	18e582b9-58af-586a-8433-8d5e10ba1371	\N	-2500	system	USD	open	\N	cash/server-0
4	68	2026-11-28 13:27:28.175787+00	01a22256-deaf-74af-a480-4683a20866ab	01a22256-d11c-7052-ada2-86204abe28f5	30030	member	KRW	open	917519657381	\N
2	41	2026-11-28 13:27:28.191474+00	01a22256-debe-7756-a08d-196df7e46e53	01a22256-cbb6-759b-b159-cb9039febc35	2500	member	USD	open	794237723497	\N
4	71	2026-11-28 13:27:28.216099+00	01a22256-ded7-747b-a0e5-7365b8af4d1f	01a22256-d47a-764b-992e-0ed43ed555bb	0	member	KRW	closed	552076290066	\N
2	61	2026-11-28 13:27:28.236683+00	01a22256-deec-7769-8944-0e58cc8bc006	01a22256-d11c-7052-ada2-86204abe28f5	0	member	KRW	closed	105294038351	\N
3	60	2026-11-28 13:27:28.249411+00	01a22256-def6-702f-810d-9b3f05505391	01a22256-d11c-7052-ada2-86204abe28f5	700	member	KRW	frozen	029714013396	\N
4	47	2026-11-28 13:27:28.306398+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	\N	-90700	system	KRW	open	\N	cash/server-0
8	67	2026-11-28 13:27:28.134791+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-cbb6-759b-b159-cb9039febc35	59970	member	KRW	open	728519269017	\N
\.


--
-- Data for Name: member_counts; Type: TABLE DATA; Schema: members_g1; Owner: jangbu_projector
--

COPY members_g1.member_counts (status, members) FROM stdin;
active	2
erased	1
\.


--
-- Data for Name: members; Type: TABLE DATA; Schema: members_g1; Owner: jangbu_projector
--

COPY members_g1.members ("position", joined_at, erased_at, login_id_version, contact_version, real_name_version, member_id, status, channel, login_id, contact, real_name) FROM stdin;
7	2026-11-28 13:27:23.953616+00	\N	1	1	1	01a22256-cbb6-759b-b159-cb9039febc35	active	email	AbTSv+Y7FfAnI7UGMOmkIC8G7HqqOIFWv3eQ4YLjRRmqPW9uEQNIrZw0TW8Ve3d0ZA	ASsbN/LwZ7pwK1fpDpxyYdRP1RM+X7BZUCh7QM9O+cddo8ZErPtdDSyvXbowINsX18EJ50x2ahZkRAXhlw	ARCpURJ/fFfOakcHLHkDcNIrjiSI4EkYS3rKulxXjM0byQYByovFu8pnVTRkpMjbT1Wp/ev3bp0/gFUPx9U
14	2026-11-28 13:27:25.057774+00	\N	1	1	1	01a22256-d11c-7052-ada2-86204abe28f5	active	phone	AY/psorNQDyiX+wNqG/hb1SaBrcnUM3kE+31jCwxqCNOoej4bctTnGGN71T2HvAJesk	AVE/ZaTlk2f8JIcZVFjNHrNflUfHvA12MnCAiSptwAjfyve1VM83TW4bjrBbdlS1Lrv27aQ8	ARUnif/F78CfKIbJoTb2JP8bAfnM3LHYe0WHIgjgxDbhfG/uXl99RcaeSlG+fVckjl+AT8OfBQWoiXoqq7I0
73	2026-11-28 13:27:26.096886+00	2026-11-28 13:27:34.492218+00	\N	\N	\N	01a22256-d47a-764b-992e-0ed43ed555bb	erased	\N	\N	\N	\N
\.


--
-- Data for Name: views; Type: TABLE DATA; Schema: migrations; Owner: jangbu_owner
--

COPY migrations.views (version, description, checksum, applied_at) FROM stdin;
20261121000100	roles	\\x303ff917223b43bc22c2f628ea4ef299c32249ca30285cf52fa9c1e7164ab1a62f96d679b7ad1c783f0a5acb818ed9b2	2026-11-28 13:27:17.626162+00
20261121000200	registry	\\x190b22ca27c2cbf9c621d7a81983e79101c8bf02bfc15eca0314208e84a20c95777dbdccae2a04025f95360c1e8a9377	2026-11-28 13:27:17.714917+00
20261122000200	rebuild generations	\\xd26272f5240b9d842a60dd5d77a8ee1265efe568e69c723507b793ebcefbc1796350d3e6aa5ac7b241e1f4c5904b53bc	2026-11-28 13:27:17.813546+00
\.


--
-- Data for Name: account_states; Type: TABLE DATA; Schema: overview_g1; Owner: jangbu_projector
--

COPY overview_g1.account_states (account_id, asset, status, system) FROM stdin;
01a22256-de3f-73cd-8bd4-5c3178576429	KRW	open	f
01a22256-deaf-74af-a480-4683a20866ab	KRW	open	f
01a22256-debe-7756-a08d-196df7e46e53	USD	open	f
7ac04d90-bf25-5575-afdf-62e20c8352d0	KRW	open	t
18e582b9-58af-586a-8433-8d5e10ba1371	USD	open	t
01a22256-def6-702f-810d-9b3f05505391	KRW	frozen	f
01a22256-deec-7769-8944-0e58cc8bc006	KRW	closed	f
01a22256-ded7-747b-a0e5-7365b8af4d1f	KRW	closed	f
\.


--
-- Data for Name: activity; Type: TABLE DATA; Schema: overview_g1; Owner: jangbu_projector
--

COPY overview_g1.activity (bucket_start, posted_count, rejected_count, posted_volume, bucket, asset, kind) FROM stdin;
2026-11-28 00:00:00+00	1	0	2500	day	USD	deposit
2026-11-28 13:00:00+00	1	0	2500	hour	USD	deposit
2026-11-28 13:27:00+00	1	0	2500	minute	USD	deposit
2026-11-28 00:00:00+00	2	0	100700	day	KRW	deposit
2026-11-28 13:00:00+00	2	0	100700	hour	KRW	deposit
2026-11-28 13:27:00+00	2	0	100700	minute	KRW	deposit
2026-11-28 00:00:00+00	1	0	10000	day	KRW	withdrawal
2026-11-28 13:00:00+00	1	0	10000	hour	KRW	withdrawal
2026-11-28 13:27:00+00	1	0	10000	minute	KRW	withdrawal
2026-11-28 00:00:00+00	1	0	5000	day	KRW	reversal
2026-11-28 13:00:00+00	1	0	5000	hour	KRW	reversal
2026-11-28 13:27:00+00	1	0	5000	minute	KRW	reversal
2026-11-28 00:00:00+00	4	4	35030	day	KRW	transfer
2026-11-28 13:00:00+00	4	4	35030	hour	KRW	transfer
2026-11-28 13:27:00+00	4	4	35030	minute	KRW	transfer
\.


--
-- Data for Name: asset_totals; Type: TABLE DATA; Schema: overview_g1; Owner: jangbu_projector
--

COPY overview_g1.asset_totals (asset, member_sum, system_sum, members_open, members_frozen, members_closed, system_accounts) FROM stdin;
USD	2500	-2500	1	0	0	1
KRW	90700	-90700	2	1	2	1
\.


--
-- Data for Name: audit; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.audit (id, at, who, what, view, generation, reason, details) FROM stdin;
1	2026-11-28 13:27:36.327814+00	uid 0	rebuild	accounts	2	a generation to roll back to	{"side": false, "fence": 80}
2	2026-11-28 13:27:36.789494+00	uid 0	promote	accounts	2	a generation to roll back to	{"instead_of": 1, "abandon_live": false}
\.


--
-- Data for Name: generations; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.generations (view, generation, version, schema_name, tables, state, log_id, "position", recorded_at, stuck_since, error, error_position, error_type, created_at, promoted_at, updated_at, kind, fence, started_by, deferred, compared_position, failure, heartbeat_at, parking) FROM stdin;
overview	1	1	overview_g1	{asset_totals,activity}	live	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00	\N	\N	\N	\N	2026-11-28 13:27:18.389872+00	2026-11-28 13:27:18.389872+00	2026-11-28 13:27:35.480533+00	main	\N	\N	{}	\N	\N	\N	0
members	1	1	members_g1	{members,member_counts}	live	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00	\N	\N	\N	\N	2026-11-28 13:27:18.502211+00	2026-11-28 13:27:18.502211+00	2026-11-28 13:27:35.479634+00	main	\N	\N	{}	\N	\N	\N	0
top_movers	1	1	top_movers_g1	{movers}	live	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00	\N	\N	\N	\N	2026-11-28 13:27:18.530129+00	2026-11-28 13:27:18.530129+00	2026-11-28 13:27:35.49058+00	main	\N	\N	{}	\N	\N	\N	0
transactions	1	2	transactions_g1	{entries,ticks}	live	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00	\N	\N	\N	\N	2026-11-28 13:27:18.213829+00	2026-11-28 13:27:18.213829+00	2026-11-28 13:27:35.490296+00	main	\N	\N	{}	\N	\N	\N	0
transfers	1	1	transfers_g1	{transfers}	live	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00	\N	\N	\N	\N	2026-11-28 13:27:18.267115+00	2026-11-28 13:27:18.267115+00	2026-11-28 13:27:35.480294+00	main	\N	\N	{}	\N	\N	\N	0
accounts	1	1	accounts_g1	{accounts}	retired	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00	\N	\N	\N	\N	2026-11-28 13:27:18.114032+00	2026-11-28 13:27:18.114032+00	2026-11-28 13:27:35.481005+00	main	\N	\N	{}	\N	\N	\N	0
accounts	2	1	accounts_g2	{accounts}	live	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00	\N	\N	\N	\N	2026-11-28 13:27:36.189847+00	2026-11-28 13:27:36.789293+00	2026-11-28 13:27:36.582287+00	main	80	uid 0	{}	80	\N	2026-11-28 13:27:36.760418+00	0
\.


--
-- Data for Name: parked_events; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.parked_events (view, generation, key, "position", commit_position) FROM stdin;
\.


--
-- Data for Name: parked_keys; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.parked_keys (view, generation, key, "position", reason, parked_by, parked_at, error, tried_at) FROM stdin;
\.


--
-- Data for Name: ranges; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.ranges (view, generation, after_position, to_position, recorded_at, done_at) FROM stdin;
accounts	2	0	17	2026-11-28 13:27:25.637866+00	2026-11-28 13:27:36.48514+00
accounts	2	37	60	2026-11-28 13:27:28.941838+00	2026-11-28 13:27:36.539158+00
accounts	2	60	80	2026-11-28 13:27:35.475126+00	2026-11-28 13:27:36.558129+00
accounts	2	17	37	2026-11-28 13:27:28.306398+00	2026-11-28 13:27:36.570648+00
\.


--
-- Data for Name: views; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.views (view, created_at, paused_at, paused_by, pause_reason) FROM stdin;
accounts	2026-11-28 13:27:18.09386+00	\N	\N	\N
transactions	2026-11-28 13:27:18.209836+00	\N	\N	\N
transfers	2026-11-28 13:27:18.266937+00	\N	\N	\N
overview	2026-11-28 13:27:18.377839+00	\N	\N	\N
members	2026-11-28 13:27:18.501983+00	\N	\N	\N
top_movers	2026-11-28 13:27:18.52991+00	\N	\N	\N
\.


--
-- Data for Name: movers; Type: TABLE DATA; Schema: top_movers_g1; Owner: jangbu_projector
--

COPY top_movers_g1.movers (day, account_id, transfers, volume, asset) FROM stdin;
2026-11-28	01a22256-ded7-747b-a0e5-7365b8af4d1f	1	5000	KRW
2026-11-28	01a22256-de3f-73cd-8bd4-5c3178576429	4	35030	KRW
2026-11-28	01a22256-deaf-74af-a480-4683a20866ab	3	30030	KRW
\.


--
-- Data for Name: entries; Type: TABLE DATA; Schema: transactions_g1; Owner: jangbu_projector
--

COPY transactions_g1.entries ("position", version, recorded_at, account_id, transfer_id, counterparty, amount, balance_after, kind, memo, reference, reverses) FROM stdin;
37	2	2026-11-28 13:27:28.306398+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-df31-75fa-82f0-223c1301e872	7ac04d90-bf25-5575-afdf-62e20c8352d0	100000	100000	deposit	\N	pay day	\N
36	2	2026-11-28 13:27:28.306398+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22256-df31-75fa-82f0-223c1301e872	01a22256-de3f-73cd-8bd4-5c3178576429	-100000	-100000	deposit	\N	pay day	\N
41	2	2026-11-28 13:27:28.338518+00	01a22256-debe-7756-a08d-196df7e46e53	01a22256-df52-7434-b511-a4e7f12491a7	18e582b9-58af-586a-8433-8d5e10ba1371	2500	2500	deposit	\N	gift	\N
40	2	2026-11-28 13:27:28.338518+00	18e582b9-58af-586a-8433-8d5e10ba1371	01a22256-df52-7434-b511-a4e7f12491a7	01a22256-debe-7756-a08d-196df7e46e53	-2500	-2500	deposit	\N	gift	\N
44	2	2026-11-28 13:27:28.378312+00	01a22256-def6-702f-810d-9b3f05505391	01a22256-df78-778d-a68f-6307c6cd1ff9	7ac04d90-bf25-5575-afdf-62e20c8352d0	700	700	deposit	\N	coins	\N
43	3	2026-11-28 13:27:28.378312+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22256-df78-778d-a68f-6307c6cd1ff9	01a22256-def6-702f-810d-9b3f05505391	-700	-100700	deposit	\N	coins	\N
46	3	2026-11-28 13:27:28.410853+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-df9a-7474-9b94-8121f50a7327	7ac04d90-bf25-5575-afdf-62e20c8352d0	-10000	90000	withdrawal	\N	cash	\N
47	4	2026-11-28 13:27:28.410853+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22256-df9a-7474-9b94-8121f50a7327	01a22256-de3f-73cd-8bd4-5c3178576429	10000	-90700	withdrawal	\N	cash	\N
49	4	2026-11-28 13:27:28.437867+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-dfb1-740a-a558-fc7982060c48	01a22256-deaf-74af-a480-4683a20866ab	-30000	60000	transfer	rent 월세	\N	\N
50	2	2026-11-28 13:27:28.437867+00	01a22256-deaf-74af-a480-4683a20866ab	01a22256-dfb1-740a-a558-fc7982060c48	01a22256-de3f-73cd-8bd4-5c3178576429	30000	30000	transfer	rent 월세	\N	\N
52	5	2026-11-28 13:27:28.65798+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-e08a-72b1-9adf-58980ac6ae69	01a22256-ded7-747b-a0e5-7365b8af4d1f	-5000	55000	transfer	\N	\N	\N
53	2	2026-11-28 13:27:28.65798+00	01a22256-ded7-747b-a0e5-7365b8af4d1f	01a22256-e08a-72b1-9adf-58980ac6ae69	01a22256-de3f-73cd-8bd4-5c3178576429	5000	5000	transfer	\N	\N	\N
58	6	2026-11-28 13:27:28.829824+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-e137-75a5-a718-fd3941ee64b7	01a22256-ded7-747b-a0e5-7365b8af4d1f	5000	60000	reversal	wrong person	\N	01a22256-e08a-72b1-9adf-58980ac6ae69
57	3	2026-11-28 13:27:28.829824+00	01a22256-ded7-747b-a0e5-7365b8af4d1f	01a22256-e137-75a5-a718-fd3941ee64b7	01a22256-de3f-73cd-8bd4-5c3178576429	-5000	0	reversal	wrong person	\N	01a22256-e08a-72b1-9adf-58980ac6ae69
63	7	2026-11-28 13:27:29.141861+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-e272-7198-bd61-a45b4f2fa15d	01a22256-deaf-74af-a480-4683a20866ab	-10	59990	transfer	\N	\N	\N
67	8	2026-11-28 13:27:29.141861+00	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-e272-7198-bd61-a45e8d18ce07	01a22256-deaf-74af-a480-4683a20866ab	-20	59970	transfer	\N	\N	\N
64	3	2026-11-28 13:27:29.141861+00	01a22256-deaf-74af-a480-4683a20866ab	01a22256-e272-7198-bd61-a45b4f2fa15d	01a22256-de3f-73cd-8bd4-5c3178576429	10	30010	transfer	\N	\N	\N
68	4	2026-11-28 13:27:29.141861+00	01a22256-deaf-74af-a480-4683a20866ab	01a22256-e272-7198-bd61-a45e8d18ce07	01a22256-de3f-73cd-8bd4-5c3178576429	20	30030	transfer	\N	\N	\N
\.


--
-- Data for Name: ticks; Type: TABLE DATA; Schema: transactions_g1; Owner: jangbu_projector
--

COPY transactions_g1.ticks (recorded_at, "position") FROM stdin;
2026-11-28 13:27:23.398894+00	3
2026-11-28 13:27:23.953616+00	7
2026-11-28 13:27:24.742175+00	10
2026-11-28 13:27:25.057774+00	14
2026-11-28 13:27:25.637866+00	17
2026-11-28 13:27:26.096886+00	21
2026-11-28 13:27:28.134791+00	23
2026-11-28 13:27:28.175787+00	25
2026-11-28 13:27:28.191474+00	27
2026-11-28 13:27:28.216099+00	29
2026-11-28 13:27:28.236683+00	31
2026-11-28 13:27:28.249411+00	33
2026-11-28 13:27:28.306398+00	37
2026-11-28 13:27:28.338518+00	41
2026-11-28 13:27:28.378312+00	44
2026-11-28 13:27:28.410853+00	47
2026-11-28 13:27:28.437867+00	50
2026-11-28 13:27:28.65798+00	53
2026-11-28 13:27:28.741982+00	54
2026-11-28 13:27:28.829824+00	58
2026-11-28 13:27:28.895355+00	59
2026-11-28 13:27:28.941838+00	60
2026-11-28 13:27:29.065829+00	61
2026-11-28 13:27:29.141861+00	68
2026-11-28 13:27:29.233941+00	70
2026-11-28 13:27:29.327814+00	71
2026-11-28 13:27:31.312017+00	72
2026-11-28 13:27:34.492218+00	75
2026-11-28 13:27:35.027079+00	78
2026-11-28 13:27:35.475126+00	80
\.


--
-- Data for Name: transfers; Type: TABLE DATA; Schema: transfers_g1; Owner: jangbu_projector
--

COPY transfers_g1.transfers ("position", recorded_at, source_version, destination_version, transfer_id, source, destination, reverses, reversed_by, amount, source_balance_after, destination_balance_after, available, kind, status, asset, code, memo, reference) FROM stdin;
37	2026-11-28 13:27:28.306398+00	2	2	01a22256-df31-75fa-82f0-223c1301e872	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22256-de3f-73cd-8bd4-5c3178576429	\N	\N	100000	-100000	100000	\N	deposit	posted	KRW	\N	\N	pay day
41	2026-11-28 13:27:28.338518+00	2	2	01a22256-df52-7434-b511-a4e7f12491a7	18e582b9-58af-586a-8433-8d5e10ba1371	01a22256-debe-7756-a08d-196df7e46e53	\N	\N	2500	-2500	2500	\N	deposit	posted	USD	\N	\N	gift
44	2026-11-28 13:27:28.378312+00	3	2	01a22256-df78-778d-a68f-6307c6cd1ff9	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22256-def6-702f-810d-9b3f05505391	\N	\N	700	-100700	700	\N	deposit	posted	KRW	\N	\N	coins
47	2026-11-28 13:27:28.410853+00	3	4	01a22256-df9a-7474-9b94-8121f50a7327	01a22256-de3f-73cd-8bd4-5c3178576429	7ac04d90-bf25-5575-afdf-62e20c8352d0	\N	\N	10000	90000	-90700	\N	withdrawal	posted	KRW	\N	\N	cash
50	2026-11-28 13:27:28.437867+00	4	2	01a22256-dfb1-740a-a558-fc7982060c48	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-deaf-74af-a480-4683a20866ab	\N	\N	30000	60000	30000	\N	transfer	posted	KRW	\N	rent 월세	\N
54	2026-11-28 13:27:28.741982+00	\N	\N	01a22256-e0e2-721d-a6cf-b46be4b5d0dd	01a22256-deaf-74af-a480-4683a20866ab	01a22256-de3f-73cd-8bd4-5c3178576429	\N	\N	9000000	\N	\N	30000	transfer	rejected	KRW	insufficient-funds	too much	\N
58	2026-11-28 13:27:28.829824+00	3	6	01a22256-e137-75a5-a718-fd3941ee64b7	01a22256-ded7-747b-a0e5-7365b8af4d1f	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-e08a-72b1-9adf-58980ac6ae69	\N	5000	0	60000	\N	reversal	posted	KRW	\N	wrong person	\N
53	2026-11-28 13:27:28.65798+00	5	2	01a22256-e08a-72b1-9adf-58980ac6ae69	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-ded7-747b-a0e5-7365b8af4d1f	\N	01a22256-e137-75a5-a718-fd3941ee64b7	5000	55000	5000	\N	transfer	posted	KRW	\N	\N	\N
64	2026-11-28 13:27:29.141861+00	7	3	01a22256-e272-7198-bd61-a45b4f2fa15d	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-deaf-74af-a480-4683a20866ab	\N	\N	10	59990	30010	\N	transfer	posted	KRW	\N	\N	\N
65	2026-11-28 13:27:29.141861+00	\N	\N	01a22256-e272-7198-bd61-a45d447353de	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-deaf-74af-a480-4683a20866ab	\N	\N	99999999	\N	\N	59990	transfer	rejected	KRW	insufficient-funds	\N	\N
68	2026-11-28 13:27:29.141861+00	8	4	01a22256-e272-7198-bd61-a45e8d18ce07	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-deaf-74af-a480-4683a20866ab	\N	\N	20	59970	30030	\N	transfer	posted	KRW	\N	\N	\N
69	2026-11-28 13:27:29.233941+00	\N	\N	01a22256-e2cf-741a-a3c7-685c5b16edfe	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-deaf-74af-a480-4683a20866ab	\N	\N	10	\N	\N	\N	transfer	rejected	KRW	batch-aborted	\N	\N
70	2026-11-28 13:27:29.233941+00	\N	\N	01a22256-e2cf-741a-a3c7-685d02b5513e	01a22256-de3f-73cd-8bd4-5c3178576429	01a22256-deaf-74af-a480-4683a20866ab	\N	\N	99999999	\N	\N	59960	transfer	rejected	KRW	insufficient-funds	\N	\N
\.


--
-- Name: audit_id_seq; Type: SEQUENCE SET; Schema: registry; Owner: jangbu_owner
--

SELECT pg_catalog.setval('registry.audit_id_seq', 2, true);


--
-- Name: accounts accounts_account_number_key; Type: CONSTRAINT; Schema: accounts_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY accounts_g1.accounts
    ADD CONSTRAINT accounts_account_number_key UNIQUE (account_number);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: accounts_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY accounts_g1.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account_id);


--
-- Name: accounts accounts_account_number_key; Type: CONSTRAINT; Schema: accounts_g2; Owner: jangbu_projector
--

ALTER TABLE ONLY accounts_g2.accounts
    ADD CONSTRAINT accounts_account_number_key UNIQUE (account_number);


--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: accounts_g2; Owner: jangbu_projector
--

ALTER TABLE ONLY accounts_g2.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account_id);


--
-- Name: member_counts member_counts_pkey; Type: CONSTRAINT; Schema: members_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY members_g1.member_counts
    ADD CONSTRAINT member_counts_pkey PRIMARY KEY (status);


--
-- Name: members members_pkey; Type: CONSTRAINT; Schema: members_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY members_g1.members
    ADD CONSTRAINT members_pkey PRIMARY KEY (member_id);


--
-- Name: views views_pkey; Type: CONSTRAINT; Schema: migrations; Owner: jangbu_owner
--

ALTER TABLE ONLY migrations.views
    ADD CONSTRAINT views_pkey PRIMARY KEY (version);


--
-- Name: account_states account_states_pkey; Type: CONSTRAINT; Schema: overview_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY overview_g1.account_states
    ADD CONSTRAINT account_states_pkey PRIMARY KEY (account_id);


--
-- Name: activity activity_pkey; Type: CONSTRAINT; Schema: overview_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY overview_g1.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (bucket, bucket_start, asset, kind);


--
-- Name: asset_totals asset_totals_pkey; Type: CONSTRAINT; Schema: overview_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY overview_g1.asset_totals
    ADD CONSTRAINT asset_totals_pkey PRIMARY KEY (asset);


--
-- Name: audit audit_pkey; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (id);


--
-- Name: generations generations_pkey; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.generations
    ADD CONSTRAINT generations_pkey PRIMARY KEY (view, generation);


--
-- Name: generations generations_schema_name_key; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.generations
    ADD CONSTRAINT generations_schema_name_key UNIQUE (schema_name);


--
-- Name: parked_events parked_events_pkey; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.parked_events
    ADD CONSTRAINT parked_events_pkey PRIMARY KEY (view, generation, key, "position");


--
-- Name: parked_keys parked_keys_pkey; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.parked_keys
    ADD CONSTRAINT parked_keys_pkey PRIMARY KEY (view, generation, key);


--
-- Name: ranges ranges_pkey; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.ranges
    ADD CONSTRAINT ranges_pkey PRIMARY KEY (view, generation, after_position);


--
-- Name: views views_pkey; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.views
    ADD CONSTRAINT views_pkey PRIMARY KEY (view);


--
-- Name: movers movers_pkey; Type: CONSTRAINT; Schema: top_movers_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY top_movers_g1.movers
    ADD CONSTRAINT movers_pkey PRIMARY KEY (asset, day, account_id);


--
-- Name: entries entries_pkey; Type: CONSTRAINT; Schema: transactions_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY transactions_g1.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (account_id, "position");


--
-- Name: ticks ticks_pkey; Type: CONSTRAINT; Schema: transactions_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY transactions_g1.ticks
    ADD CONSTRAINT ticks_pkey PRIMARY KEY (recorded_at);


--
-- Name: transfers transfers_pkey; Type: CONSTRAINT; Schema: transfers_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY transfers_g1.transfers
    ADD CONSTRAINT transfers_pkey PRIMARY KEY (transfer_id);


--
-- Name: accounts_by_owner; Type: INDEX; Schema: accounts_g1; Owner: jangbu_projector
--

CREATE INDEX accounts_by_owner ON accounts_g1.accounts USING btree (owner, account_id) WHERE (owner IS NOT NULL);


--
-- Name: accounts_by_owner; Type: INDEX; Schema: accounts_g2; Owner: jangbu_projector
--

CREATE INDEX accounts_by_owner ON accounts_g2.accounts USING btree (owner, account_id) WHERE (owner IS NOT NULL);


--
-- Name: account_states_system; Type: INDEX; Schema: overview_g1; Owner: jangbu_projector
--

CREATE INDEX account_states_system ON overview_g1.account_states USING btree (account_id) WHERE system;


--
-- Name: one_generation_in_the_making; Type: INDEX; Schema: registry; Owner: jangbu_owner
--

CREATE UNIQUE INDEX one_generation_in_the_making ON registry.generations USING btree (view) WHERE (state = ANY (ARRAY['building'::text, 'indexing'::text, 'tailing'::text, 'comparing'::text]));


--
-- Name: one_live_generation; Type: INDEX; Schema: registry; Owner: jangbu_owner
--

CREATE UNIQUE INDEX one_live_generation ON registry.generations USING btree (view) WHERE (state = 'live'::text);


--
-- Name: audit append_only; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.audit FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_rewriting();


--
-- Name: generations never_backwards; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER never_backwards BEFORE UPDATE ON registry.generations FOR EACH ROW WHEN (((new."position" < old."position") OR ((old.log_id IS NOT NULL) AND (new.log_id IS DISTINCT FROM old.log_id)))) EXECUTE FUNCTION registry.refuse_backwards();


--
-- Name: generations generations_view_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.generations
    ADD CONSTRAINT generations_view_fkey FOREIGN KEY (view) REFERENCES registry.views(view);


--
-- Name: parked_events parked_events_view_generation_key_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.parked_events
    ADD CONSTRAINT parked_events_view_generation_key_fkey FOREIGN KEY (view, generation, key) REFERENCES registry.parked_keys(view, generation, key) ON DELETE CASCADE;


--
-- Name: parked_keys parked_keys_view_generation_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.parked_keys
    ADD CONSTRAINT parked_keys_view_generation_fkey FOREIGN KEY (view, generation) REFERENCES registry.generations(view, generation) ON DELETE CASCADE;


--
-- Name: ranges ranges_view_generation_fkey; Type: FK CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.ranges
    ADD CONSTRAINT ranges_view_generation_fkey FOREIGN KEY (view, generation) REFERENCES registry.generations(view, generation) ON DELETE CASCADE;


--
-- Name: SCHEMA live; Type: ACL; Schema: -; Owner: jangbu_owner
--

GRANT USAGE ON SCHEMA live TO jangbu_reader;
GRANT ALL ON SCHEMA live TO jangbu_projector;


--
-- Name: SCHEMA registry; Type: ACL; Schema: -; Owner: jangbu_owner
--

GRANT USAGE ON SCHEMA registry TO jangbu_reader;
GRANT USAGE ON SCHEMA registry TO jangbu_projector;


--
-- Name: TABLE accounts; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.accounts TO jangbu_reader;


--
-- Name: TABLE activity; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.activity TO jangbu_reader;


--
-- Name: TABLE asset_totals; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.asset_totals TO jangbu_reader;


--
-- Name: TABLE entries; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.entries TO jangbu_reader;


--
-- Name: TABLE member_counts; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.member_counts TO jangbu_reader;


--
-- Name: TABLE members; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.members TO jangbu_reader;


--
-- Name: TABLE movers; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.movers TO jangbu_reader;


--
-- Name: TABLE ticks; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.ticks TO jangbu_reader;


--
-- Name: TABLE transfers; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.transfers TO jangbu_reader;


--
-- Name: TABLE audit; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE registry.audit TO jangbu_projector;


--
-- Name: TABLE generations; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.generations TO jangbu_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE registry.generations TO jangbu_projector;


--
-- Name: TABLE parked_events; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.parked_events TO jangbu_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE registry.parked_events TO jangbu_projector;


--
-- Name: TABLE parked_keys; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.parked_keys TO jangbu_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE registry.parked_keys TO jangbu_projector;


--
-- Name: TABLE views; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.views TO jangbu_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE registry.views TO jangbu_projector;


--
-- Name: TABLE live_positions; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.live_positions TO jangbu_reader;
GRANT SELECT ON TABLE registry.live_positions TO jangbu_projector;


--
-- Name: TABLE ranges; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.ranges TO jangbu_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE registry.ranges TO jangbu_projector;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: live; Owner: jangbu_projector
--

ALTER DEFAULT PRIVILEGES FOR ROLE jangbu_projector IN SCHEMA live GRANT SELECT ON TABLES  TO jangbu_reader;


--
-- PostgreSQL database dump complete
--

\unrestrict W0EhZ4LxcvxXkwrHzm9Zhy4pZLrhB0F2gFmNUOyzATxrkDejbLobTzZyd6YCu1m

