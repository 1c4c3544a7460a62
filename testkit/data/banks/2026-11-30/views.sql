--
-- PostgreSQL database dump
--

\restrict tmAxVAJr8NUf0qJVSeDhVdehDAA3TIu32nh9cSacqTFkpLLGBBJHafKet4tjx4v

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
-- Name: holds_g1; Type: SCHEMA; Schema: -; Owner: jangbu_projector
--

CREATE SCHEMA holds_g1;


ALTER SCHEMA holds_g1 OWNER TO jangbu_projector;

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
-- Name: audit_log_id(); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.audit_log_id() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    insert into registry.audit (who, what, view, generation, reason, details)
    values (session_user, 'follow adopted log', new.view, new.generation,
        'the log goes on under a new id and holds the commit of this checkpoint',
        jsonb_build_object('from', old.log_id, 'to', new.log_id, 'position', new.position));
    return null;
end
$$;


ALTER FUNCTION registry.audit_log_id() OWNER TO jangbu_owner;

--
-- Name: check_promotion(); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.check_promotion() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    refusal record;
begin
    -- Both rows stand still from here to the end of the transaction.
    perform from registry.generations
    where view = new.view and (generation in (new.generation, new.instead_of) or state = 'live')
    order by generation for update;
    if not exists (select from registry.generations
            where view = new.view and generation = new.instead_of and state = 'live') then
        raise exception 'generation % is no longer the live one', new.instead_of
            using errcode = 'JG002', hint = 'the same command looks again';
    end if;
    select * into refusal from registry.why_not_live(
        new.view, new.generation, new.log_id, new.head, new.version, new.abandon_live);
    if found then
        raise exception '%', refusal.why
            using errcode = case refusal.code when 'behind' then 'JG002' else 'JG001' end, hint = refusal.advice;
    end if;
    new.transaction_id := pg_current_xact_id();
    new.position := (select position from registry.generations
        where view = new.view and generation = new.generation);
    return new;
end
$$;


ALTER FUNCTION registry.check_promotion() OWNER TO jangbu_owner;

--
-- Name: follow_log(text, integer, bigint, uuid); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.follow_log(of_view text, of_generation integer, at_position bigint, new_log_id uuid) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
declare
    done boolean;
begin
    perform set_config('registry.follow_log', 'on', true);
    update registry.generations set log_id = new_log_id, other_history = null, other_history_since = null
    where view = of_view and generation = of_generation and position = at_position;
    done := found;
    perform set_config('registry.follow_log', 'off', true);
    return done;
end
$$;


ALTER FUNCTION registry.follow_log(of_view text, of_generation integer, at_position bigint, new_log_id uuid) OWNER TO jangbu_owner;

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

--
-- Name: refuse_rewriting_promotions(); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.refuse_rewriting_promotions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    raise exception '% on registry.promotions is refused: what was done stays written down', tg_op
        using errcode = 'restrict_violation';
end
$$;


ALTER FUNCTION registry.refuse_rewriting_promotions() OWNER TO jangbu_owner;

--
-- Name: refuse_ungated(); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.refuse_ungated() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if tg_op = 'INSERT' then
        -- The first generation of a view replaces none.
        if not exists (select from registry.generations where view = new.view) then
            return new;
        end if;
    elsif exists (select from registry.promotions as p
            where p.transaction_id = pg_current_xact_id() and p.view = new.view and p.generation = new.generation
                and p.position = new.position) then
        return new;
    end if;
    raise exception 'generation % of view % cannot become live past the gate', new.generation, new.view
        using errcode = 'JG001', hint = format('use `jangbu views promote %s` of the build that these tables are of', new.view);
end
$$;


ALTER FUNCTION registry.refuse_ungated() OWNER TO jangbu_owner;

--
-- Name: why_not_live(text, integer, uuid, bigint, integer, boolean); Type: FUNCTION; Schema: registry; Owner: jangbu_owner
--

CREATE FUNCTION registry.why_not_live(of_view text, of_generation integer, of_log uuid, of_head bigint, known_version integer, give_up_live boolean) RETURNS TABLE(code text, why text, advice text)
    LANGUAGE plpgsql STABLE
    AS $$
declare
    g registry.generations;
    l registry.generations;
    sound boolean;
    found_key text;
    found_position bigint;
begin
    select * into g from registry.generations where view = of_view and generation = of_generation;
    if not found or g.kind <> 'main' or g.state not in ('ready', 'retired') then
        return query select 'state', format('it is %s', coalesce(g.state, 'absent')),
            format('`jangbu views show %s` lists the generations; one that is ready or retired can become live', of_view);
        return;
    end if;
    if g.version <> known_version then
        return query select 'version',
            format('it was made by version %s of the view, this program has version %s', g.version, known_version),
            format('use the `jangbu` of version %s, or rebuild: `jangbu views rebuild %s`', g.version, of_view);
        return;
    end if;
    if g.log_id is distinct from of_log then
        return query select 'history', format('it was made from log %s, the log here is %s', g.log_id, of_log),
            format('check both database URLs; if the log is the right one: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    if g.position > of_head then
        return query select 'ahead',
            format('it is at position %s, ahead of the log, which ends at %s', g.position, of_head),
            format('it shows what the log does not hold; rebuild: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    if to_jsonb(g) ->> 'other_history' is not null then
        return query select 'history', format('it is of another history: %s', to_jsonb(g) ->> 'other_history'),
            format('rebuild it from the log: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    select * into l from registry.generations where view = of_view and state = 'live';
    if not found then
        return;
    end if;
    -- One that nobody has moved yet is of no log.
    sound := coalesce(l.log_id, of_log) = of_log and l.position <= of_head and to_jsonb(l) ->> 'other_history' is null;
    if not sound and not give_up_live then
        return query select 'live',
            format('the live generation %s is of another history, or ahead of the log', l.generation),
            format('check both database URLs; if the log is the right one: `jangbu views rebuild %s --abandon-live`', of_view);
        return;
    end if;
    select k.key into found_key from registry.parked_keys as k
    where k.view = of_view and k.generation = g.generation
        and not exists (select from registry.parked_keys as o
            where o.view = of_view and o.generation = l.generation and o.key = k.key)
    order by k.key limit 1;
    if found then
        return query select 'parked', format('its key %s is parked, and in the live generation it is not', found_key),
            format('what it shows of that key is older; rebuild: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    select e.position into found_position from registry.parked_events as e
    where e.view = of_view and e.generation = g.generation
        and not exists (select from registry.parked_events as o
            where o.view = of_view and o.generation = l.generation and o.position = e.position)
    order by e.position limit 1;
    if found then
        return query select 'parked',
            format('it has not applied the event at position %s, the live generation has', found_position),
            format('what it shows of that key is older; rebuild: `jangbu views rebuild %s`', of_view);
        return;
    end if;
    if sound and g.position < l.position then
        return query select 'behind',
            format('it is at position %s, the live generation at %s', g.position, l.position),
            format('`jangbu views promote %s --generation %s` brings it level first', of_view, g.generation);
    end if;
end
$$;


ALTER FUNCTION registry.why_not_live(of_view text, of_generation integer, of_log uuid, of_head bigint, known_version integer, give_up_live boolean) OWNER TO jangbu_owner;

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
    held numeric(38,0) NOT NULL,
    "freeze" text,
    CONSTRAINT accounts_check CHECK ((("freeze" IS NOT NULL) = (status = 'frozen'::text))),
    CONSTRAINT accounts_freeze_check CHECK (("freeze" = ANY (ARRAY['all'::text, 'debits'::text]))),
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
    held numeric(38,0) NOT NULL,
    "freeze" text,
    CONSTRAINT accounts_check CHECK ((("freeze" IS NOT NULL) = (status = 'frozen'::text))),
    CONSTRAINT accounts_freeze_check CHECK (("freeze" = ANY (ARRAY['all'::text, 'debits'::text]))),
    CONSTRAINT accounts_kind_check CHECK ((kind = ANY (ARRAY['member'::text, 'system'::text]))),
    CONSTRAINT accounts_status_check CHECK ((status = ANY (ARRAY['open'::text, 'frozen'::text, 'closed'::text])))
)
WITH (fillfactor='70', autovacuum_vacuum_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');


ALTER TABLE accounts_g2.accounts OWNER TO jangbu_projector;

--
-- Name: holds; Type: TABLE; Schema: holds_g1; Owner: jangbu_projector
--

CREATE TABLE holds_g1.holds (
    placed_position bigint NOT NULL,
    "position" bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    hold_id uuid NOT NULL,
    source uuid NOT NULL,
    destination uuid,
    placed_by uuid NOT NULL,
    amount numeric(38,0) NOT NULL,
    captured numeric(38,0) NOT NULL,
    released numeric(38,0) NOT NULL,
    status text NOT NULL,
    asset text NOT NULL,
    memo text,
    reference text,
    CONSTRAINT holds_status_check CHECK ((status = ANY (ARRAY['active'::text, 'captured'::text, 'released'::text, 'expired'::text])))
)
WITH (fillfactor='80');


ALTER TABLE holds_g1.holds OWNER TO jangbu_projector;

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
    accounts.name,
    accounts.held,
    accounts."freeze"
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
    counterparty uuid,
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
-- Name: holds; Type: VIEW; Schema: live; Owner: jangbu_projector
--

CREATE VIEW live.holds AS
 SELECT holds.placed_position,
    holds."position",
    holds.recorded_at,
    holds.expires_at,
    holds.hold_id,
    holds.source,
    holds.destination,
    holds.placed_by,
    holds.amount,
    holds.captured,
    holds.released,
    holds.status,
    holds.asset,
    holds.memo,
    holds.reference
   FROM holds_g1.holds;


ALTER TABLE live.holds OWNER TO jangbu_projector;

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
    amount numeric(38,0),
    source_balance_after numeric(38,0),
    destination_balance_after numeric(38,0),
    available numeric(38,0),
    kind text NOT NULL,
    status text NOT NULL,
    asset text,
    code text,
    memo text,
    reference text,
    postings jsonb,
    asked_by uuid,
    service uuid,
    hold_id uuid,
    despite_freeze boolean NOT NULL,
    CONSTRAINT transfers_check CHECK (((asked_by IS NULL) OR (status = 'rejected'::text))),
    CONSTRAINT transfers_check1 CHECK (((service IS NULL) OR (reference IS NOT NULL))),
    CONSTRAINT transfers_check2 CHECK (((hold_id IS NULL) OR (kind = 'capture'::text))),
    CONSTRAINT transfers_check3 CHECK (((status = 'posted'::text) OR ((asset IS NOT NULL) AND (amount IS NOT NULL) AND (postings IS NULL)))),
    CONSTRAINT transfers_check4 CHECK (((postings IS NULL) = (asset IS NOT NULL))),
    CONSTRAINT transfers_check5 CHECK (((asset IS NULL) = (amount IS NULL))),
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
    transfers.reference,
    transfers.postings,
    transfers.asked_by,
    transfers.service,
    transfers.hold_id,
    transfers.despite_freeze
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
    command_id uuid,
    other_history text,
    other_history_since timestamp with time zone,
    CONSTRAINT generations_check CHECK (((log_id IS NOT NULL) OR ("position" = 0))),
    CONSTRAINT generations_check1 CHECK (((stuck_since IS NULL) = (error IS NULL))),
    CONSTRAINT generations_fence_check CHECK ((fence >= 0)),
    CONSTRAINT generations_generation_check CHECK ((generation > 0)),
    CONSTRAINT generations_kind_check CHECK ((kind = ANY (ARRAY['main'::text, 'side'::text]))),
    CONSTRAINT generations_position_check CHECK (("position" >= 0)),
    CONSTRAINT generations_state_check CHECK ((state = ANY (ARRAY['building'::text, 'indexing'::text, 'tailing'::text, 'comparing'::text, 'ready'::text, 'live'::text, 'retired'::text, 'failed'::text]))),
    CONSTRAINT generations_version_check CHECK ((version > 0)),
    CONSTRAINT other_history_has_a_time CHECK (((other_history IS NULL) = (other_history_since IS NULL))),
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
-- Name: COLUMN generations.command_id; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.command_id IS 'Which command wrote the commit that ends at position; null until a projector of this build has opened the generation.';


--
-- Name: COLUMN generations.other_history; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.generations.other_history IS 'Why its tables are not of the log that is followed: they show what that log does not hold.';


--
-- Name: parked_events; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.parked_events (
    view text NOT NULL,
    generation integer NOT NULL,
    key text NOT NULL,
    "position" bigint NOT NULL,
    commit_position bigint NOT NULL,
    touches text[],
    recorded_at timestamp with time zone
);


ALTER TABLE registry.parked_events OWNER TO jangbu_owner;

--
-- Name: COLUMN parked_events.commit_position; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.parked_events.commit_position IS 'The first position of its commit: the log is read there.';


--
-- Name: COLUMN parked_events.touches; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.parked_events.touches IS 'All keys of the event: what it would have changed, or what waits for it. Null in a row of an earlier build, which did not tell.';


--
-- Name: COLUMN parked_events.recorded_at; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.parked_events.recorded_at IS 'When its commit was recorded, by the log''s clock.';


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
            WHEN (g.other_history IS NOT NULL) THEN 'other-history'::text
            WHEN (g.stuck_since IS NULL) THEN 'live'::text
            ELSE 'stuck'::text
        END AS state,
    COALESCE(g.other_history, g.error) AS error,
        CASE
            WHEN (g.other_history IS NULL) THEN g.error_position
            ELSE NULL::bigint
        END AS error_position,
        CASE
            WHEN (g.other_history IS NULL) THEN g.error_type
            ELSE NULL::text
        END AS error_type,
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
          WHERE ((e.view = g.view) AND (e.generation = g.generation))) AS parked_events,
    g.command_id,
    g.other_history_since
   FROM registry.generations g
  WHERE (g.state = 'live'::text);


ALTER TABLE registry.live_positions OWNER TO jangbu_owner;

--
-- Name: missing; Type: VIEW; Schema: registry; Owner: jangbu_owner
--

CREATE VIEW registry.missing AS
 SELECT g.view,
    k.key,
    e."position",
    COALESCE(e.recorded_at, k.parked_at) AS since,
    (COALESCE(e.touches, '{}'::text[]) || k.key) AS touches,
    ((e."position" IS NOT NULL) AND (e.touches IS NULL) AND (g.view = 'transactions'::text)) AS anything,
    (EXISTS ( SELECT
           FROM registry.parked_events o
          WHERE ((o.view = k.view) AND (o.generation = k.generation) AND (o.key = k.key) AND (cardinality(o.touches) > 1)))) AS names_owner
   FROM ((registry.generations g
     JOIN registry.parked_keys k ON (((k.view = g.view) AND (k.generation = g.generation))))
     LEFT JOIN registry.parked_events e ON (((e.view = k.view) AND (e.generation = k.generation) AND (e.key = k.key))))
  WHERE (g.state = 'live'::text);


ALTER TABLE registry.missing OWNER TO jangbu_owner;

--
-- Name: VIEW missing; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON VIEW registry.missing IS 'Position is null for a key behind which nothing waits yet; anything: it is not known which rows are concerned; names_owner: in the view accounts, an event of the key touches its owner by name.';


--
-- Name: promotions; Type: TABLE; Schema: registry; Owner: jangbu_owner
--

CREATE TABLE registry.promotions (
    id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    transaction_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    view text NOT NULL,
    generation integer NOT NULL,
    instead_of integer NOT NULL,
    log_id uuid NOT NULL,
    head bigint NOT NULL,
    version integer NOT NULL,
    abandon_live boolean DEFAULT false NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    what text NOT NULL,
    who text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT promotions_head_check CHECK ((head >= 0)),
    CONSTRAINT promotions_reason_check CHECK ((reason <> ''::text)),
    CONSTRAINT promotions_what_check CHECK ((what <> ''::text)),
    CONSTRAINT promotions_who_check CHECK ((who <> ''::text))
);


ALTER TABLE registry.promotions OWNER TO jangbu_owner;

--
-- Name: TABLE promotions; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON TABLE registry.promotions IS 'Which generation became live instead of which, and what was known then. Append-only.';


--
-- Name: COLUMN promotions.log_id; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.promotions.log_id IS 'The log, as the promoting program read it in this attempt; head is where it ended.';


--
-- Name: COLUMN promotions.version; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.promotions.version IS 'The version of the view that the promoting program knows.';


--
-- Name: COLUMN promotions.abandon_live; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.promotions.abandon_live IS 'That the operator gave up a live generation of another history.';


--
-- Name: COLUMN promotions."position"; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.promotions."position" IS 'Where the generation stood; set by the gate.';


--
-- Name: promotions_id_seq; Type: SEQUENCE; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE registry.promotions ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME registry.promotions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


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
    command_id uuid,
    CONSTRAINT ranges_check CHECK ((to_position > after_position))
);


ALTER TABLE registry.ranges OWNER TO jangbu_owner;

--
-- Name: COLUMN ranges.recorded_at; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.ranges.recorded_at IS 'When the last commit of the range was recorded; known when it is done.';


--
-- Name: COLUMN ranges.command_id; Type: COMMENT; Schema: registry; Owner: jangbu_owner
--

COMMENT ON COLUMN registry.ranges.command_id IS 'Which command wrote the last commit of the range; known when it is done.';


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: accounts_g1; Owner: jangbu_projector
--

COPY accounts_g1.accounts (version, "position", opened_at, account_id, owner, balance, kind, asset, status, account_number, name, held, "freeze") FROM stdin;
2	40	2026-11-30 15:57:50.126035+00	18e582b9-58af-586a-8433-8d5e10ba1371	\N	-2500	system	USD	open	\N	cash/server-0	0	\N
10	112	2026-11-30 15:57:49.99959+00	01a22d2d-402f-70f7-8d69-98699ed9662e	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	33330	member	KRW	open	378822330548	\N	0	\N
2	129	2026-11-30 15:57:50.599704+00	5de6b426-e792-5379-9d50-6235f3b20697	\N	1000	system	USD	open	\N	exchange/server-0	0	\N
2	130	2026-11-30 15:57:50.599704+00	61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc	\N	-13434	system	KRW	open	\N	exchange/server-0	0	\N
24	131	2026-11-30 15:57:49.978157+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-38be-71fd-88a1-15a946b160e4	70104	member	KRW	open	896150088095	\N	3500	\N
6	128	2026-11-30 15:57:50.01702+00	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	01a22d2d-38be-71fd-88a1-15a946b160e4	1250	member	USD	open	305247014972	\N	0	\N
3	60	2026-11-30 15:57:50.095431+00	01a22d2d-408e-7501-aedf-cc6da2ff6a86	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	700	member	KRW	frozen	455492105980	\N	0	all
2	61	2026-11-30 15:57:50.065528+00	01a22d2d-4071-7571-b4f2-061cbb63478a	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	0	member	KRW	closed	754871171523	\N	0	\N
6	151	2026-11-30 15:57:50.637684+00	01a22d2d-42ad-77dd-ab6d-44991de410a4	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	950	member	KRW	frozen	497507973946	\N	0	debits
8	152	2026-11-30 15:57:50.109676+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	\N	-91650	system	KRW	open	\N	cash/server-0	0	\N
4	153	2026-11-30 15:57:50.05096+00	01a22d2d-4062-7254-ab52-90e4cfe8dacc	01a22d2d-3d33-7754-be62-d79b791e9f9c	0	member	KRW	closed	660845167758	\N	0	\N
4	86	2026-11-30 15:57:50.310333+00	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	250	member	USD	open	521090765557	\N	0	\N
\.


--
-- Data for Name: accounts; Type: TABLE DATA; Schema: accounts_g2; Owner: jangbu_projector
--

COPY accounts_g2.accounts (version, "position", opened_at, account_id, owner, balance, kind, asset, status, account_number, name, held, "freeze") FROM stdin;
10	112	2026-11-30 15:57:49.99959+00	01a22d2d-402f-70f7-8d69-98699ed9662e	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	33330	member	KRW	open	378822330548	\N	0	\N
3	60	2026-11-30 15:57:50.095431+00	01a22d2d-408e-7501-aedf-cc6da2ff6a86	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	700	member	KRW	frozen	455492105980	\N	0	all
24	131	2026-11-30 15:57:49.978157+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-38be-71fd-88a1-15a946b160e4	70104	member	KRW	open	896150088095	\N	3500	\N
2	61	2026-11-30 15:57:50.065528+00	01a22d2d-4071-7571-b4f2-061cbb63478a	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	0	member	KRW	closed	754871171523	\N	0	\N
8	152	2026-11-30 15:57:50.109676+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	\N	-91650	system	KRW	open	\N	cash/server-0	0	\N
6	128	2026-11-30 15:57:50.01702+00	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	01a22d2d-38be-71fd-88a1-15a946b160e4	1250	member	USD	open	305247014972	\N	0	\N
4	153	2026-11-30 15:57:50.05096+00	01a22d2d-4062-7254-ab52-90e4cfe8dacc	01a22d2d-3d33-7754-be62-d79b791e9f9c	0	member	KRW	closed	660845167758	\N	0	\N
4	86	2026-11-30 15:57:50.310333+00	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	250	member	USD	open	521090765557	\N	0	\N
2	40	2026-11-30 15:57:50.126035+00	18e582b9-58af-586a-8433-8d5e10ba1371	\N	-2500	system	USD	open	\N	cash/server-0	0	\N
6	151	2026-11-30 15:57:50.637684+00	01a22d2d-42ad-77dd-ab6d-44991de410a4	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	950	member	KRW	frozen	497507973946	\N	0	debits
2	129	2026-11-30 15:57:50.599704+00	5de6b426-e792-5379-9d50-6235f3b20697	\N	1000	system	USD	open	\N	exchange/server-0	0	\N
2	130	2026-11-30 15:57:50.599704+00	61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc	\N	-13434	system	KRW	open	\N	exchange/server-0	0	\N
\.


--
-- Data for Name: holds; Type: TABLE DATA; Schema: holds_g1; Owner: jangbu_projector
--

COPY holds_g1.holds (placed_position, "position", recorded_at, expires_at, hold_id, source, destination, placed_by, amount, captured, released, status, asset, memo, reference) FROM stdin;
91	104	2026-11-30 15:57:50.423922+00	2026-12-30 15:57:50.380658+00	cadd30f7-1828-8c68-89bf-7142dd0718cf	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	01a22d2d-38be-71fd-88a1-15a946b160e4	5500	2000	0	active	KRW	hotel	booking 118
106	112	2026-11-30 15:57:50.467373+00	2026-12-30 15:57:50.451565+00	9b4bc34c-d5cd-8cf2-b287-797ed69c390e	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	01a22d2d-38be-71fd-88a1-15a946b160e4	300	300	0	captured	KRW	\N	\N
113	118	2026-11-30 15:57:50.509225+00	2026-12-07 15:57:50.478039+00	4a407fa3-7d04-85e5-955b-f4fe54151da3	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	bacf4432-d9d4-5c5b-a129-a664f2a30e67	700	0	700	released	KRW	\N	order 7
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
5	2026-11-30 15:57:48.735277+00	\N	1	1	1	01a22d2d-38be-71fd-88a1-15a946b160e4	active	email	AdR7VuzeW0qaDeZXHradNA2lV95JZ2mS9gaRvlZ6P0i3ofJXz4+COtY75LmDpQqPkA	AW+edg1I0S/iRXzVyGylhQOtEoiHoHFmgbTwWWvYMW2QWuOH0eqpPtbKj2jE0OECllLYhUgJJi/szE2OOQ	Adu0puVhLaGiFSLXdeciyGcaLSTh7pSAnBzBNlmhdmJoDJgLq2MbDpbNdrchM7D+cx+/DlIUwN7/VObUpLo
10	2026-11-30 15:57:49.189205+00	\N	1	1	1	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	active	phone	AU5oHDfQgU1VH3S/DjspSDuKzehkl/gYvKz+uJyHDQ21gTTvRcshLhmm/GyJMMzGnHM	AdGVAb1ZI0VXxUajPJ2TxFYynzOSc/5Q/lA4ecTwyXbuesvoK0vSYllx07Gm2rV/cu3ib87O	AWYjS6HSOIiQ+bNTdM9SShXnJ+hWDp/tqL9LoFboLcTZsgKiTb8SkBehzs0SDwsRqr6KyZY8D2OZrHkso7CF
156	2026-11-30 15:57:49.759727+00	2026-11-30 15:57:53.807602+00	\N	\N	\N	01a22d2d-3d33-7754-be62-d79b791e9f9c	erased	\N	\N	\N	\N
\.


--
-- Data for Name: views; Type: TABLE DATA; Schema: migrations; Owner: jangbu_owner
--

COPY migrations.views (version, description, checksum, applied_at) FROM stdin;
20261121000100	roles	\\x303ff917223b43bc22c2f628ea4ef299c32249ca30285cf52fa9c1e7164ab1a62f96d679b7ad1c783f0a5acb818ed9b2	2026-11-30 15:57:46.853313+00
20261121000200	registry	\\x190b22ca27c2cbf9c621d7a81983e79101c8bf02bfc15eca0314208e84a20c95777dbdccae2a04025f95360c1e8a9377	2026-11-30 15:57:46.860337+00
20261122000200	rebuild generations	\\xd26272f5240b9d842a60dd5d77a8ee1265efe568e69c723507b793ebcefbc1796350d3e6aa5ac7b241e1f4c5904b53bc	2026-11-30 15:57:46.868879+00
20261128040000	shorten idle transactions	\\x588daeed30537ba2d088ef05b8ef3887a62dfcf1dfa3c43a325a6b6cf796d0467bff677617cc14e8a849714f05776ac6	2026-11-30 15:57:46.870433+00
20261128050200	name the commit of a checkpoint	\\xb80b3fe452dab36c3455820c63ed4933df48ed75456e99b5c9648aad645365acc4c5eedaaa97fa3378f0e4b7e8832ec6	2026-11-30 15:57:46.872484+00
20261128060000	gate what becomes live	\\x80bdb702b28b97be038d4dfb3011f4c0aa164673685468ab4f63c174723a215b7315341f89da801a9979084999782eec	2026-11-30 15:57:46.876082+00
20261128060100	tell what parked events touch	\\x9834399b45fb0e7ce5a7f5e45a43bcd8b4714f619177b70e21472ceae1e0264d6173933850a942e03dce7f0ab113ff52	2026-11-30 15:57:46.877795+00
20261128070000	tell whose parked openings are	\\x6071f80d1b0c4a42a7097945749a03dbc41c56be1064ef743662041f3e837ef0ecf24cb464498f4209a6a2e27652c6a3	2026-11-30 15:57:46.879084+00
\.


--
-- Data for Name: account_states; Type: TABLE DATA; Schema: overview_g1; Owner: jangbu_projector
--

COPY overview_g1.account_states (account_id, asset, status, system) FROM stdin;
01a22d2d-4017-727f-8513-513fb8e3cb8a	KRW	open	f
01a22d2d-402f-70f7-8d69-98699ed9662e	KRW	open	f
01a22d2d-4040-74c7-9408-f4a14a6b9e5a	USD	open	f
7ac04d90-bf25-5575-afdf-62e20c8352d0	KRW	open	t
18e582b9-58af-586a-8433-8d5e10ba1371	USD	open	t
01a22d2d-408e-7501-aedf-cc6da2ff6a86	KRW	frozen	f
01a22d2d-4071-7571-b4f2-061cbb63478a	KRW	closed	f
01a22d2d-4165-7551-8c3a-2e008f3ae6fd	USD	open	f
5de6b426-e792-5379-9d50-6235f3b20697	USD	open	t
61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc	KRW	open	t
01a22d2d-42ad-77dd-ab6d-44991de410a4	KRW	frozen	f
01a22d2d-4062-7254-ab52-90e4cfe8dacc	KRW	closed	f
\.


--
-- Data for Name: activity; Type: TABLE DATA; Schema: overview_g1; Owner: jangbu_projector
--

COPY overview_g1.activity (bucket_start, posted_count, rejected_count, posted_volume, bucket, asset, kind) FROM stdin;
2026-11-30 00:00:00+00	1	0	2500	day	USD	deposit
2026-11-30 15:00:00+00	1	0	2500	hour	USD	deposit
2026-11-30 15:57:00+00	1	0	2500	minute	USD	deposit
2026-11-30 00:00:00+00	1	0	10000	day	KRW	withdrawal
2026-11-30 15:00:00+00	1	0	10000	hour	KRW	withdrawal
2026-11-30 15:57:00+00	1	0	10000	minute	KRW	withdrawal
2026-11-30 15:00:00+00	4	5	35030	hour	KRW	transfer
2026-11-30 15:57:00+00	4	5	35030	minute	KRW	transfer
2026-11-30 00:00:00+00	3	0	2300	day	KRW	capture
2026-11-30 15:00:00+00	3	0	2300	hour	KRW	capture
2026-11-30 15:57:00+00	3	0	2300	minute	KRW	capture
2026-11-30 00:00:00+00	1	0	13434	day	KRW	exchange
2026-11-30 00:00:00+00	1	0	1000	day	USD	exchange
2026-11-30 15:00:00+00	1	0	13434	hour	KRW	exchange
2026-11-30 15:00:00+00	1	0	1000	hour	USD	exchange
2026-11-30 00:00:00+00	2	0	2000	day	KRW	compound
2026-11-30 00:00:00+00	2	0	500	day	USD	compound
2026-11-30 15:00:00+00	2	0	2000	hour	KRW	compound
2026-11-30 15:00:00+00	2	0	500	hour	USD	compound
2026-11-30 15:57:00+00	2	0	2000	minute	KRW	compound
2026-11-30 15:57:00+00	2	0	500	minute	USD	compound
2026-11-30 00:00:00+00	1	0	250	day	USD	reversal
2026-11-30 15:00:00+00	1	0	250	hour	USD	reversal
2026-11-30 15:57:00+00	1	0	250	minute	USD	reversal
2026-11-30 00:00:00+00	3	0	6100	day	KRW	reversal
2026-11-30 15:57:00+00	1	0	13434	minute	KRW	exchange
2026-11-30 15:57:00+00	1	0	1000	minute	USD	exchange
2026-11-30 00:00:00+00	5	0	101750	day	KRW	deposit
2026-11-30 15:00:00+00	5	0	101750	hour	KRW	deposit
2026-11-30 15:57:00+00	5	0	101750	minute	KRW	deposit
2026-11-30 00:00:00+00	4	5	35030	day	KRW	transfer
2026-11-30 15:00:00+00	3	0	6100	hour	KRW	reversal
2026-11-30 15:57:00+00	3	0	6100	minute	KRW	reversal
\.


--
-- Data for Name: asset_totals; Type: TABLE DATA; Schema: overview_g1; Owner: jangbu_projector
--

COPY overview_g1.asset_totals (asset, member_sum, system_sum, members_open, members_frozen, members_closed, system_accounts) FROM stdin;
KRW	105084	-105084	2	2	2	2
USD	1500	-1500	2	0	0	2
\.


--
-- Data for Name: audit; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.audit (id, at, who, what, view, generation, reason, details) FROM stdin;
1	2026-11-30 15:57:54.91633+00	uid 0	rebuild	accounts	2	a generation to roll back to	{"side": false, "fence": 160}
2	2026-11-30 15:57:55.056998+00	uid 0	promote	accounts	2	a generation to roll back to	{"instead_of": 1, "abandon_live": false}
\.


--
-- Data for Name: generations; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.generations (view, generation, version, schema_name, tables, state, log_id, "position", recorded_at, stuck_since, error, error_position, error_type, created_at, promoted_at, updated_at, kind, fence, started_by, deferred, compared_position, failure, heartbeat_at, parking, command_id, other_history, other_history_since) FROM stdin;
holds	1	1	holds_g1	{holds}	live	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:46.92368+00	2026-11-30 15:57:46.92368+00	2026-11-30 15:57:54.343439+00	main	\N	\N	{}	\N	\N	\N	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
transactions	1	3	transactions_g1	{entries,ticks}	live	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:46.899952+00	2026-11-30 15:57:46.899952+00	2026-11-30 15:57:54.345312+00	main	\N	\N	{}	\N	\N	\N	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
transfers	1	5	transfers_g1	{transfers}	live	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:46.904478+00	2026-11-30 15:57:46.904478+00	2026-11-30 15:57:54.345513+00	main	\N	\N	{}	\N	\N	\N	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
top_movers	1	1	top_movers_g1	{movers}	live	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:46.919251+00	2026-11-30 15:57:46.919251+00	2026-11-30 15:57:54.343803+00	main	\N	\N	{}	\N	\N	\N	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
accounts	1	2	accounts_g1	{accounts}	retired	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:46.894664+00	2026-11-30 15:57:46.894664+00	2026-11-30 15:57:54.344788+00	main	\N	\N	{}	\N	\N	\N	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
members	1	1	members_g1	{members,member_counts}	live	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:46.915862+00	2026-11-30 15:57:46.915862+00	2026-11-30 15:57:54.344098+00	main	\N	\N	{}	\N	\N	\N	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
overview	1	1	overview_g1	{asset_totals,activity}	live	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:46.910544+00	2026-11-30 15:57:46.910544+00	2026-11-30 15:57:54.345271+00	main	\N	\N	{}	\N	\N	\N	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
accounts	2	2	accounts_g2	{accounts}	live	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2026-11-30 15:57:54.33876+00	\N	\N	\N	\N	2026-11-30 15:57:54.907355+00	2026-11-30 15:57:55.056558+00	2026-11-30 15:57:54.996998+00	main	160	uid 0	{}	160	\N	2026-11-30 15:57:55.040951+00	0	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	\N	\N
\.


--
-- Data for Name: parked_events; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.parked_events (view, generation, key, "position", commit_position, touches, recorded_at) FROM stdin;
\.


--
-- Data for Name: parked_keys; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.parked_keys (view, generation, key, "position", reason, parked_by, parked_at, error, tried_at) FROM stdin;
\.


--
-- Data for Name: promotions; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.promotions (id, at, transaction_id, view, generation, instead_of, log_id, head, version, abandon_live, "position", what, who, reason) FROM stdin;
1	2026-11-30 15:57:55.052678+00	1381	accounts	2	1	01a22d2d-34e0-71ff-bc95-1f149741a80c	160	2	f	160	promote	uid 0	a generation to roll back to
\.


--
-- Data for Name: ranges; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.ranges (view, generation, after_position, to_position, recorded_at, done_at, command_id) FROM stdin;
accounts	2	0	37	2026-11-30 15:57:50.109676+00	2026-11-30 15:57:54.971445+00	daf59877-322c-8d47-be4f-8966ccbe1a7c
accounts	2	78	120	2026-11-30 15:57:50.538583+00	2026-11-30 15:57:54.979056+00	315e218e-9a25-8738-9f48-858f3dc7fd70
accounts	2	37	78	2026-11-30 15:57:50.325534+00	2026-11-30 15:57:54.979446+00	e7b9ce3a-be26-888d-a9d9-36a4420f5321
accounts	2	120	160	2026-11-30 15:57:54.33876+00	2026-11-30 15:57:54.986961+00	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca
\.


--
-- Data for Name: views; Type: TABLE DATA; Schema: registry; Owner: jangbu_owner
--

COPY registry.views (view, created_at, paused_at, paused_by, pause_reason) FROM stdin;
accounts	2026-11-30 15:57:46.894059+00	\N	\N	\N
transactions	2026-11-30 15:57:46.899815+00	\N	\N	\N
transfers	2026-11-30 15:57:46.904194+00	\N	\N	\N
overview	2026-11-30 15:57:46.910409+00	\N	\N	\N
members	2026-11-30 15:57:46.915749+00	\N	\N	\N
top_movers	2026-11-30 15:57:46.919056+00	\N	\N	\N
holds	2026-11-30 15:57:46.923494+00	\N	\N	\N
\.


--
-- Data for Name: movers; Type: TABLE DATA; Schema: top_movers_g1; Owner: jangbu_projector
--

COPY top_movers_g1.movers (day, account_id, transfers, volume, asset) FROM stdin;
2026-11-30	01a22d2d-4062-7254-ab52-90e4cfe8dacc	1	5000	KRW
2026-11-30	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	2	500	USD
2026-11-30	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	2	500	USD
2026-11-30	01a22d2d-4017-727f-8513-513fb8e3cb8a	9	39330	KRW
2026-11-30	01a22d2d-402f-70f7-8d69-98699ed9662e	8	34330	KRW
\.


--
-- Data for Name: entries; Type: TABLE DATA; Schema: transactions_g1; Owner: jangbu_projector
--

COPY transactions_g1.entries ("position", version, recorded_at, account_id, transfer_id, counterparty, amount, balance_after, kind, memo, reference, reverses) FROM stdin;
37	2	2026-11-30 15:57:50.109676+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	daf59877-322c-8d47-be4f-8966ccbe1a7c	7ac04d90-bf25-5575-afdf-62e20c8352d0	100000	100000	deposit	\N	pay day	\N
36	2	2026-11-30 15:57:50.109676+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	daf59877-322c-8d47-be4f-8966ccbe1a7c	01a22d2d-4017-727f-8513-513fb8e3cb8a	-100000	-100000	deposit	\N	pay day	\N
46	3	2026-11-30 15:57:50.153937+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	b8cd5a2e-f786-8ac8-9653-b14304ad9422	7ac04d90-bf25-5575-afdf-62e20c8352d0	-10000	90000	withdrawal	\N	cash	\N
41	2	2026-11-30 15:57:50.126035+00	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	3f7b7719-55de-832c-8a58-4eb8724f8045	18e582b9-58af-586a-8433-8d5e10ba1371	2500	2500	deposit	\N	gift	\N
44	2	2026-11-30 15:57:50.139513+00	01a22d2d-408e-7501-aedf-cc6da2ff6a86	14eb08a0-7458-8f00-bc37-5666db3c97ff	7ac04d90-bf25-5575-afdf-62e20c8352d0	700	700	deposit	\N	coins	\N
40	2	2026-11-30 15:57:50.126035+00	18e582b9-58af-586a-8433-8d5e10ba1371	3f7b7719-55de-832c-8a58-4eb8724f8045	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	-2500	-2500	deposit	\N	gift	\N
43	3	2026-11-30 15:57:50.139513+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	14eb08a0-7458-8f00-bc37-5666db3c97ff	01a22d2d-408e-7501-aedf-cc6da2ff6a86	-700	-100700	deposit	\N	coins	\N
47	4	2026-11-30 15:57:50.153937+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	b8cd5a2e-f786-8ac8-9653-b14304ad9422	01a22d2d-4017-727f-8513-513fb8e3cb8a	10000	-90700	withdrawal	\N	cash	\N
49	4	2026-11-30 15:57:50.169495+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	851fe034-8409-8adb-9f87-0baa94683274	01a22d2d-402f-70f7-8d69-98699ed9662e	-30000	60000	transfer	rent 월세	\N	\N
52	5	2026-11-30 15:57:50.184901+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	360aa318-d822-8a89-8a3d-b40ede43964f	01a22d2d-4062-7254-ab52-90e4cfe8dacc	-5000	55000	transfer	\N	\N	\N
50	2	2026-11-30 15:57:50.169495+00	01a22d2d-402f-70f7-8d69-98699ed9662e	851fe034-8409-8adb-9f87-0baa94683274	01a22d2d-4017-727f-8513-513fb8e3cb8a	30000	30000	transfer	rent 월세	\N	\N
53	2	2026-11-30 15:57:50.184901+00	01a22d2d-4062-7254-ab52-90e4cfe8dacc	360aa318-d822-8a89-8a3d-b40ede43964f	01a22d2d-4017-727f-8513-513fb8e3cb8a	5000	5000	transfer	\N	\N	\N
58	6	2026-11-30 15:57:50.215264+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	5aac77c0-2702-8d5f-a6e1-6db4599abf92	01a22d2d-4062-7254-ab52-90e4cfe8dacc	5000	60000	reversal	wrong person	\N	360aa318-d822-8a89-8a3d-b40ede43964f
57	3	2026-11-30 15:57:50.215264+00	01a22d2d-4062-7254-ab52-90e4cfe8dacc	5aac77c0-2702-8d5f-a6e1-6db4599abf92	01a22d2d-4017-727f-8513-513fb8e3cb8a	-5000	0	reversal	wrong person	\N	360aa318-d822-8a89-8a3d-b40ede43964f
63	7	2026-11-30 15:57:50.271982+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed	01a22d2d-402f-70f7-8d69-98699ed9662e	-10	59990	transfer	\N	\N	\N
67	8	2026-11-30 15:57:50.271982+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-413f-778c-9b71-ea684c79880e	01a22d2d-402f-70f7-8d69-98699ed9662e	-20	59970	transfer	\N	\N	\N
64	3	2026-11-30 15:57:50.271982+00	01a22d2d-402f-70f7-8d69-98699ed9662e	4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed	01a22d2d-4017-727f-8513-513fb8e3cb8a	10	30010	transfer	\N	\N	\N
68	4	2026-11-30 15:57:50.271982+00	01a22d2d-402f-70f7-8d69-98699ed9662e	01a22d2d-413f-778c-9b71-ea684c79880e	01a22d2d-4017-727f-8513-513fb8e3cb8a	20	30030	transfer	\N	\N	\N
75	9	2026-11-30 15:57:50.325534+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	e7b9ce3a-be26-888d-a9d9-36a4420f5321	01a22d2d-402f-70f7-8d69-98699ed9662e	-1000	58970	compound	trip 여행	trip 1	\N
80	10	2026-11-30 15:57:50.338701+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	20651c2a-23ec-84d8-a039-846aed98b7cc	01a22d2d-402f-70f7-8d69-98699ed9662e	-1000	57970	compound	trip 여행	trip 2	\N
76	5	2026-11-30 15:57:50.325534+00	01a22d2d-402f-70f7-8d69-98699ed9662e	e7b9ce3a-be26-888d-a9d9-36a4420f5321	01a22d2d-4017-727f-8513-513fb8e3cb8a	1000	31030	compound	trip 여행	trip 1	\N
81	6	2026-11-30 15:57:50.338701+00	01a22d2d-402f-70f7-8d69-98699ed9662e	20651c2a-23ec-84d8-a039-846aed98b7cc	01a22d2d-4017-727f-8513-513fb8e3cb8a	1000	32030	compound	trip 여행	trip 2	\N
77	3	2026-11-30 15:57:50.325534+00	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	e7b9ce3a-be26-888d-a9d9-36a4420f5321	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	-250	2250	compound	trip 여행	trip 1	\N
82	4	2026-11-30 15:57:50.338701+00	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	20651c2a-23ec-84d8-a039-846aed98b7cc	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	-250	2000	compound	trip 여행	trip 2	\N
78	2	2026-11-30 15:57:50.325534+00	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	e7b9ce3a-be26-888d-a9d9-36a4420f5321	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	250	250	compound	trip 여행	trip 1	\N
83	3	2026-11-30 15:57:50.338701+00	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	20651c2a-23ec-84d8-a039-846aed98b7cc	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	250	500	compound	trip 여행	trip 2	\N
89	11	2026-11-30 15:57:50.354596+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	ce45cf7b-baa8-826e-b020-1b9e6cc3181e	01a22d2d-402f-70f7-8d69-98699ed9662e	1000	58970	reversal	booked twice	\N	20651c2a-23ec-84d8-a039-846aed98b7cc
88	7	2026-11-30 15:57:50.354596+00	01a22d2d-402f-70f7-8d69-98699ed9662e	ce45cf7b-baa8-826e-b020-1b9e6cc3181e	01a22d2d-4017-727f-8513-513fb8e3cb8a	-1000	31030	reversal	booked twice	\N	20651c2a-23ec-84d8-a039-846aed98b7cc
87	5	2026-11-30 15:57:50.354596+00	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	ce45cf7b-baa8-826e-b020-1b9e6cc3181e	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	250	2250	reversal	booked twice	\N	20651c2a-23ec-84d8-a039-846aed98b7cc
86	4	2026-11-30 15:57:50.354596+00	01a22d2d-4165-7551-8c3a-2e008f3ae6fd	ce45cf7b-baa8-826e-b020-1b9e6cc3181e	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	-250	250	reversal	booked twice	\N	20651c2a-23ec-84d8-a039-846aed98b7cc
98	15	2026-11-30 15:57:50.410391+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	4a407ec9-df44-8b2d-af85-9ccdf0757f50	01a22d2d-402f-70f7-8d69-98699ed9662e	-1200	57770	capture	hotel	night 1	\N
103	17	2026-11-30 15:57:50.423922+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	8f45f598-3a24-8d19-973a-2e01009b782f	01a22d2d-402f-70f7-8d69-98699ed9662e	-800	56970	capture	hotel	night 2	\N
99	8	2026-11-30 15:57:50.410391+00	01a22d2d-402f-70f7-8d69-98699ed9662e	4a407ec9-df44-8b2d-af85-9ccdf0757f50	01a22d2d-4017-727f-8513-513fb8e3cb8a	1200	32230	capture	hotel	night 1	\N
104	9	2026-11-30 15:57:50.423922+00	01a22d2d-402f-70f7-8d69-98699ed9662e	8f45f598-3a24-8d19-973a-2e01009b782f	01a22d2d-4017-727f-8513-513fb8e3cb8a	800	33030	capture	hotel	night 2	\N
111	20	2026-11-30 15:57:50.467373+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd	01a22d2d-402f-70f7-8d69-98699ed9662e	-300	56670	capture	\N	\N	\N
112	10	2026-11-30 15:57:50.467373+00	01a22d2d-402f-70f7-8d69-98699ed9662e	0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd	01a22d2d-4017-727f-8513-513fb8e3cb8a	300	33330	capture	\N	\N	\N
131	24	2026-11-30 15:57:50.599704+00	01a22d2d-4017-727f-8513-513fb8e3cb8a	e00ea0b6-d705-8cfb-84ce-c391b9bad6b4	61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc	13434	70104	exchange	\N	\N	\N
128	6	2026-11-30 15:57:50.599704+00	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	e00ea0b6-d705-8cfb-84ce-c391b9bad6b4	5de6b426-e792-5379-9d50-6235f3b20697	-1000	1250	exchange	\N	\N	\N
129	2	2026-11-30 15:57:50.599704+00	5de6b426-e792-5379-9d50-6235f3b20697	e00ea0b6-d705-8cfb-84ce-c391b9bad6b4	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	1000	1000	exchange	\N	\N	\N
130	2	2026-11-30 15:57:50.599704+00	61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc	e00ea0b6-d705-8cfb-84ce-c391b9bad6b4	01a22d2d-4017-727f-8513-513fb8e3cb8a	-13434	-13434	exchange	\N	\N	\N
139	2	2026-11-30 15:57:50.651176+00	01a22d2d-42ad-77dd-ab6d-44991de410a4	90ec5f18-1279-8e94-ad54-9babba1af258	7ac04d90-bf25-5575-afdf-62e20c8352d0	900	900	deposit	\N	wages	\N
138	5	2026-11-30 15:57:50.651176+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	90ec5f18-1279-8e94-ad54-9babba1af258	01a22d2d-42ad-77dd-ab6d-44991de410a4	-900	-91600	deposit	\N	wages	\N
143	3	2026-11-30 15:57:50.664173+00	01a22d2d-42ad-77dd-ab6d-44991de410a4	aac488bc-1527-8a67-9b60-1504cb298eb8	7ac04d90-bf25-5575-afdf-62e20c8352d0	100	1000	deposit	\N	a mistake	\N
147	5	2026-11-30 15:57:50.688114+00	01a22d2d-42ad-77dd-ab6d-44991de410a4	d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09	7ac04d90-bf25-5575-afdf-62e20c8352d0	50	1050	deposit	\N	still goes in	\N
142	6	2026-11-30 15:57:50.664173+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	aac488bc-1527-8a67-9b60-1504cb298eb8	01a22d2d-42ad-77dd-ab6d-44991de410a4	-100	-91700	deposit	\N	a mistake	\N
146	7	2026-11-30 15:57:50.688114+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09	01a22d2d-42ad-77dd-ab6d-44991de410a4	-50	-91750	deposit	\N	still goes in	\N
151	6	2026-11-30 15:57:50.712956+00	01a22d2d-42ad-77dd-ab6d-44991de410a4	cf5ff2af-fe67-8a87-979d-dc1201230cd7	7ac04d90-bf25-5575-afdf-62e20c8352d0	-100	950	reversal	a mistake	\N	aac488bc-1527-8a67-9b60-1504cb298eb8
152	8	2026-11-30 15:57:50.712956+00	7ac04d90-bf25-5575-afdf-62e20c8352d0	cf5ff2af-fe67-8a87-979d-dc1201230cd7	01a22d2d-42ad-77dd-ab6d-44991de410a4	100	-91650	reversal	a mistake	\N	aac488bc-1527-8a67-9b60-1504cb298eb8
\.


--
-- Data for Name: ticks; Type: TABLE DATA; Schema: transactions_g1; Owner: jangbu_projector
--

COPY transactions_g1.ticks (recorded_at, "position") FROM stdin;
2026-11-30 15:57:48.104775+00	1
2026-11-30 15:57:48.735277+00	5
2026-11-30 15:57:48.870763+00	6
2026-11-30 15:57:49.189205+00	10
2026-11-30 15:57:49.239751+00	11
2026-11-30 15:57:49.759727+00	15
2026-11-30 15:57:49.978157+00	18
2026-11-30 15:57:49.99959+00	21
2026-11-30 15:57:50.01702+00	24
2026-11-30 15:57:50.05096+00	27
2026-11-30 15:57:50.065528+00	30
2026-11-30 15:57:50.095431+00	33
2026-11-30 15:57:50.109676+00	37
2026-11-30 15:57:50.126035+00	41
2026-11-30 15:57:50.139513+00	44
2026-11-30 15:57:50.153937+00	47
2026-11-30 15:57:50.169495+00	50
2026-11-30 15:57:50.184901+00	53
2026-11-30 15:57:50.200034+00	54
2026-11-30 15:57:50.215264+00	58
2026-11-30 15:57:50.230468+00	59
2026-11-30 15:57:50.244198+00	60
2026-11-30 15:57:50.258161+00	61
2026-11-30 15:57:50.271982+00	68
2026-11-30 15:57:50.288961+00	70
2026-11-30 15:57:50.310333+00	73
2026-11-30 15:57:50.325534+00	78
2026-11-30 15:57:50.338701+00	83
2026-11-30 15:57:50.354596+00	89
2026-11-30 15:57:50.369288+00	90
2026-11-30 15:57:50.382545+00	92
2026-11-30 15:57:50.39687+00	94
2026-11-30 15:57:50.410391+00	99
2026-11-30 15:57:50.423922+00	104
2026-11-30 15:57:50.440019+00	105
2026-11-30 15:57:50.453495+00	107
2026-11-30 15:57:50.467373+00	112
2026-11-30 15:57:50.479946+00	114
2026-11-30 15:57:50.495331+00	116
2026-11-30 15:57:50.509225+00	118
2026-11-30 15:57:50.52371+00	119
2026-11-30 15:57:50.538583+00	120
2026-11-30 15:57:50.554432+00	121
2026-11-30 15:57:50.569844+00	122
2026-11-30 15:57:50.584957+00	123
2026-11-30 15:57:50.599704+00	131
2026-11-30 15:57:50.613084+00	132
2026-11-30 15:57:50.624502+00	133
2026-11-30 15:57:50.637684+00	136
2026-11-30 15:57:50.651176+00	140
2026-11-30 15:57:50.664173+00	143
2026-11-30 15:57:50.676661+00	144
2026-11-30 15:57:50.688114+00	147
2026-11-30 15:57:50.700192+00	148
2026-11-30 15:57:50.712956+00	152
2026-11-30 15:57:50.7252+00	153
2026-11-30 15:57:50.763317+00	155
2026-11-30 15:57:53.807602+00	158
2026-11-30 15:57:53.927126+00	159
2026-11-30 15:57:54.33876+00	160
\.


--
-- Data for Name: transfers; Type: TABLE DATA; Schema: transfers_g1; Owner: jangbu_projector
--

COPY transfers_g1.transfers ("position", recorded_at, source_version, destination_version, transfer_id, source, destination, reverses, reversed_by, amount, source_balance_after, destination_balance_after, available, kind, status, asset, code, memo, reference, postings, asked_by, service, hold_id, despite_freeze) FROM stdin;
37	2026-11-30 15:57:50.109676+00	2	2	daf59877-322c-8d47-be4f-8966ccbe1a7c	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22d2d-4017-727f-8513-513fb8e3cb8a	\N	\N	100000	-100000	100000	\N	deposit	posted	KRW	\N	\N	pay day	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	\N	f
41	2026-11-30 15:57:50.126035+00	2	2	3f7b7719-55de-832c-8a58-4eb8724f8045	18e582b9-58af-586a-8433-8d5e10ba1371	01a22d2d-4040-74c7-9408-f4a14a6b9e5a	\N	\N	2500	-2500	2500	\N	deposit	posted	USD	\N	\N	gift	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	\N	f
44	2026-11-30 15:57:50.139513+00	3	2	14eb08a0-7458-8f00-bc37-5666db3c97ff	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22d2d-408e-7501-aedf-cc6da2ff6a86	\N	\N	700	-100700	700	\N	deposit	posted	KRW	\N	\N	coins	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	\N	f
47	2026-11-30 15:57:50.153937+00	3	4	b8cd5a2e-f786-8ac8-9653-b14304ad9422	01a22d2d-4017-727f-8513-513fb8e3cb8a	7ac04d90-bf25-5575-afdf-62e20c8352d0	\N	\N	10000	90000	-90700	\N	withdrawal	posted	KRW	\N	\N	cash	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	\N	f
50	2026-11-30 15:57:50.169495+00	4	2	851fe034-8409-8adb-9f87-0baa94683274	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	30000	60000	30000	\N	transfer	posted	KRW	\N	rent 월세	\N	\N	\N	\N	\N	f
54	2026-11-30 15:57:50.200034+00	\N	\N	861129a4-1d12-8abd-be7e-188e19203200	01a22d2d-402f-70f7-8d69-98699ed9662e	01a22d2d-4017-727f-8513-513fb8e3cb8a	\N	\N	9000000	\N	\N	30000	transfer	rejected	KRW	insufficient-funds	too much	\N	\N	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	\N	\N	f
58	2026-11-30 15:57:50.215264+00	3	6	5aac77c0-2702-8d5f-a6e1-6db4599abf92	01a22d2d-4062-7254-ab52-90e4cfe8dacc	01a22d2d-4017-727f-8513-513fb8e3cb8a	360aa318-d822-8a89-8a3d-b40ede43964f	\N	5000	0	60000	\N	reversal	posted	KRW	\N	wrong person	\N	\N	\N	\N	\N	f
53	2026-11-30 15:57:50.184901+00	5	2	360aa318-d822-8a89-8a3d-b40ede43964f	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-4062-7254-ab52-90e4cfe8dacc	\N	5aac77c0-2702-8d5f-a6e1-6db4599abf92	5000	55000	5000	\N	transfer	posted	KRW	\N	\N	\N	\N	\N	\N	\N	f
64	2026-11-30 15:57:50.271982+00	7	3	4f073d1a-ab7d-8e1d-ad2d-4518f6da7bed	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	10	59990	30010	\N	transfer	posted	KRW	\N	\N	\N	\N	\N	\N	\N	f
65	2026-11-30 15:57:50.271982+00	\N	\N	01a22d2d-413f-778c-9b71-ea67ddd62d5f	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	99999999	\N	\N	59990	transfer	rejected	KRW	insufficient-funds	\N	\N	\N	\N	\N	\N	f
68	2026-11-30 15:57:50.271982+00	8	4	01a22d2d-413f-778c-9b71-ea684c79880e	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	20	59970	30030	\N	transfer	posted	KRW	\N	\N	\N	\N	\N	\N	\N	f
69	2026-11-30 15:57:50.288961+00	\N	\N	11389708-6f24-8238-b847-561f0c63ece0	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	10	\N	\N	\N	transfer	rejected	KRW	batch-aborted	\N	\N	\N	\N	\N	\N	f
70	2026-11-30 15:57:50.288961+00	\N	\N	01a22d2d-4150-743d-9918-21153ebf833f	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	99999999	\N	\N	59960	transfer	rejected	KRW	insufficient-funds	\N	\N	\N	\N	\N	\N	f
78	2026-11-30 15:57:50.325534+00	\N	\N	e7b9ce3a-be26-888d-a9d9-36a4420f5321	\N	\N	\N	\N	\N	\N	\N	\N	compound	posted	\N	\N	trip 여행	trip 1	[{"asset": "KRW", "amount": "-1000", "version": 9, "account_id": "01a22d2d-4017-727f-8513-513fb8e3cb8a", "balance_after": "58970"}, {"asset": "KRW", "amount": "1000", "version": 5, "account_id": "01a22d2d-402f-70f7-8d69-98699ed9662e", "balance_after": "31030"}, {"asset": "USD", "amount": "-250", "version": 3, "account_id": "01a22d2d-4040-74c7-9408-f4a14a6b9e5a", "balance_after": "2250"}, {"asset": "USD", "amount": "250", "version": 2, "account_id": "01a22d2d-4165-7551-8c3a-2e008f3ae6fd", "balance_after": "250"}]	\N	\N	\N	f
89	2026-11-30 15:57:50.354596+00	\N	\N	ce45cf7b-baa8-826e-b020-1b9e6cc3181e	\N	\N	20651c2a-23ec-84d8-a039-846aed98b7cc	\N	\N	\N	\N	\N	reversal	posted	\N	\N	booked twice	\N	[{"asset": "USD", "amount": "-250", "version": 4, "account_id": "01a22d2d-4165-7551-8c3a-2e008f3ae6fd", "balance_after": "250"}, {"asset": "USD", "amount": "250", "version": 5, "account_id": "01a22d2d-4040-74c7-9408-f4a14a6b9e5a", "balance_after": "2250"}, {"asset": "KRW", "amount": "-1000", "version": 7, "account_id": "01a22d2d-402f-70f7-8d69-98699ed9662e", "balance_after": "31030"}, {"asset": "KRW", "amount": "1000", "version": 11, "account_id": "01a22d2d-4017-727f-8513-513fb8e3cb8a", "balance_after": "58970"}]	\N	\N	\N	f
83	2026-11-30 15:57:50.338701+00	\N	\N	20651c2a-23ec-84d8-a039-846aed98b7cc	\N	\N	\N	ce45cf7b-baa8-826e-b020-1b9e6cc3181e	\N	\N	\N	\N	compound	posted	\N	\N	trip 여행	trip 2	[{"asset": "KRW", "amount": "-1000", "version": 10, "account_id": "01a22d2d-4017-727f-8513-513fb8e3cb8a", "balance_after": "57970"}, {"asset": "KRW", "amount": "1000", "version": 6, "account_id": "01a22d2d-402f-70f7-8d69-98699ed9662e", "balance_after": "32030"}, {"asset": "USD", "amount": "-250", "version": 4, "account_id": "01a22d2d-4040-74c7-9408-f4a14a6b9e5a", "balance_after": "2000"}, {"asset": "USD", "amount": "250", "version": 3, "account_id": "01a22d2d-4165-7551-8c3a-2e008f3ae6fd", "balance_after": "500"}]	\N	\N	\N	f
99	2026-11-30 15:57:50.410391+00	15	8	4a407ec9-df44-8b2d-af85-9ccdf0757f50	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	1200	57770	32230	\N	capture	posted	KRW	\N	hotel	night 1	\N	\N	\N	cadd30f7-1828-8c68-89bf-7142dd0718cf	f
104	2026-11-30 15:57:50.423922+00	17	9	8f45f598-3a24-8d19-973a-2e01009b782f	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	800	56970	33030	\N	capture	posted	KRW	\N	hotel	night 2	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	cadd30f7-1828-8c68-89bf-7142dd0718cf	f
112	2026-11-30 15:57:50.467373+00	20	10	0338c33a-1aa9-8cb0-8a9e-95fa46c3cebd	01a22d2d-4017-727f-8513-513fb8e3cb8a	01a22d2d-402f-70f7-8d69-98699ed9662e	\N	\N	300	56670	33330	\N	capture	posted	KRW	\N	\N	\N	\N	\N	\N	9b4bc34c-d5cd-8cf2-b287-797ed69c390e	f
131	2026-11-30 15:57:50.599704+00	\N	\N	e00ea0b6-d705-8cfb-84ce-c391b9bad6b4	\N	\N	\N	\N	\N	\N	\N	\N	exchange	posted	\N	\N	\N	\N	[{"asset": "USD", "amount": "-1000", "version": 6, "account_id": "01a22d2d-4040-74c7-9408-f4a14a6b9e5a", "balance_after": "1250"}, {"asset": "USD", "amount": "1000", "version": 2, "account_id": "5de6b426-e792-5379-9d50-6235f3b20697", "balance_after": "1000"}, {"asset": "KRW", "amount": "-13434", "version": 2, "account_id": "61119b17-5f9b-5c7a-bf5a-b4f17b17e9cc", "balance_after": "-13434"}, {"asset": "KRW", "amount": "13434", "version": 24, "account_id": "01a22d2d-4017-727f-8513-513fb8e3cb8a", "balance_after": "70104"}]	\N	\N	\N	f
139	2026-11-30 15:57:50.651176+00	5	2	90ec5f18-1279-8e94-ad54-9babba1af258	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22d2d-42ad-77dd-ab6d-44991de410a4	\N	\N	900	-91600	900	\N	deposit	posted	KRW	\N	\N	wages	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	\N	f
147	2026-11-30 15:57:50.688114+00	7	5	d11c7c7c-5a2f-8d69-9b6e-f40e4422bd09	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22d2d-42ad-77dd-ab6d-44991de410a4	\N	\N	50	-91750	1050	\N	deposit	posted	KRW	\N	\N	still goes in	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	\N	f
148	2026-11-30 15:57:50.700192+00	\N	\N	934ddeba-b9ad-8614-a7dd-03b16da8bf92	01a22d2d-42ad-77dd-ab6d-44991de410a4	01a22d2d-4017-727f-8513-513fb8e3cb8a	\N	\N	1	\N	\N	\N	transfer	rejected	KRW	account-frozen	\N	\N	\N	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	\N	\N	f
152	2026-11-30 15:57:50.712956+00	6	8	cf5ff2af-fe67-8a87-979d-dc1201230cd7	01a22d2d-42ad-77dd-ab6d-44991de410a4	7ac04d90-bf25-5575-afdf-62e20c8352d0	aac488bc-1527-8a67-9b60-1504cb298eb8	\N	100	950	-91650	\N	reversal	posted	KRW	\N	a mistake	\N	\N	\N	\N	\N	t
143	2026-11-30 15:57:50.664173+00	6	3	aac488bc-1527-8a67-9b60-1504cb298eb8	7ac04d90-bf25-5575-afdf-62e20c8352d0	01a22d2d-42ad-77dd-ab6d-44991de410a4	\N	cf5ff2af-fe67-8a87-979d-dc1201230cd7	100	-91700	1000	\N	deposit	posted	KRW	\N	\N	a mistake	\N	\N	bacf4432-d9d4-5c5b-a129-a664f2a30e67	\N	f
\.


--
-- Name: audit_id_seq; Type: SEQUENCE SET; Schema: registry; Owner: jangbu_owner
--

SELECT pg_catalog.setval('registry.audit_id_seq', 2, true);


--
-- Name: promotions_id_seq; Type: SEQUENCE SET; Schema: registry; Owner: jangbu_owner
--

SELECT pg_catalog.setval('registry.promotions_id_seq', 1, true);


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
-- Name: holds holds_pkey; Type: CONSTRAINT; Schema: holds_g1; Owner: jangbu_projector
--

ALTER TABLE ONLY holds_g1.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (hold_id);


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
-- Name: promotions promotions_pkey; Type: CONSTRAINT; Schema: registry; Owner: jangbu_owner
--

ALTER TABLE ONLY registry.promotions
    ADD CONSTRAINT promotions_pkey PRIMARY KEY (id);


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
-- Name: holds_by_destination; Type: INDEX; Schema: holds_g1; Owner: jangbu_projector
--

CREATE INDEX holds_by_destination ON holds_g1.holds USING btree (destination, status, placed_position) WHERE (destination IS NOT NULL);


--
-- Name: holds_by_source; Type: INDEX; Schema: holds_g1; Owner: jangbu_projector
--

CREATE INDEX holds_by_source ON holds_g1.holds USING btree (source, status, placed_position);


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
-- Name: parked_events_by_touched; Type: INDEX; Schema: registry; Owner: jangbu_owner
--

CREATE INDEX parked_events_by_touched ON registry.parked_events USING gin (touches);


--
-- Name: promotions_of_transactions; Type: INDEX; Schema: registry; Owner: jangbu_owner
--

CREATE INDEX promotions_of_transactions ON registry.promotions USING btree (transaction_id);


--
-- Name: transfers_by_reference; Type: INDEX; Schema: transfers_g1; Owner: jangbu_projector
--

CREATE INDEX transfers_by_reference ON transfers_g1.transfers USING btree (reference, "position") WHERE (reference IS NOT NULL);


--
-- Name: audit append_only; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.audit FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_rewriting();


--
-- Name: promotions append_only; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON registry.promotions FOR EACH STATEMENT EXECUTE FUNCTION registry.refuse_rewriting_promotions();


--
-- Name: promotions gate; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER gate BEFORE INSERT ON registry.promotions FOR EACH ROW EXECUTE FUNCTION registry.check_promotion();


--
-- Name: generations live_at_first; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER live_at_first BEFORE INSERT ON registry.generations FOR EACH ROW WHEN ((new.state = 'live'::text)) EXECUTE FUNCTION registry.refuse_ungated();


--
-- Name: generations live_by_the_gate; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER live_by_the_gate BEFORE UPDATE ON registry.generations FOR EACH ROW WHEN (((new.state = 'live'::text) AND (old.state <> 'live'::text))) EXECUTE FUNCTION registry.refuse_ungated();


--
-- Name: generations log_id_is_audited; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER log_id_is_audited AFTER UPDATE OF log_id ON registry.generations FOR EACH ROW WHEN (((old.log_id IS NOT NULL) AND (new.log_id IS DISTINCT FROM old.log_id))) EXECUTE FUNCTION registry.audit_log_id();


--
-- Name: generations never_backwards; Type: TRIGGER; Schema: registry; Owner: jangbu_owner
--

CREATE TRIGGER never_backwards BEFORE UPDATE ON registry.generations FOR EACH ROW WHEN (((new."position" < old."position") OR ((old.log_id IS NOT NULL) AND (new.log_id IS DISTINCT FROM old.log_id) AND ((current_setting('registry.follow_log'::text, true) IS DISTINCT FROM 'on'::text) OR (new.log_id IS NULL) OR (new."position" <> old."position") OR (new.command_id IS DISTINCT FROM old.command_id) OR ((old."position" > 0) AND (old.command_id IS NULL)))))) EXECUTE FUNCTION registry.refuse_backwards();


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
-- Name: TABLE holds; Type: ACL; Schema: live; Owner: jangbu_projector
--

GRANT SELECT ON TABLE live.holds TO jangbu_reader;


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
-- Name: TABLE missing; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.missing TO jangbu_reader;
GRANT SELECT ON TABLE registry.missing TO jangbu_projector;


--
-- Name: TABLE promotions; Type: ACL; Schema: registry; Owner: jangbu_owner
--

GRANT SELECT ON TABLE registry.promotions TO jangbu_reader;
GRANT SELECT,INSERT ON TABLE registry.promotions TO jangbu_projector;


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

\unrestrict tmAxVAJr8NUf0qJVSeDhVdehDAA3TIu32nh9cSacqTFkpLLGBBJHafKet4tjx4v

