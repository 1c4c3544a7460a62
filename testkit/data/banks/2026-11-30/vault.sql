--
-- PostgreSQL database dump
--

\restrict vjHJGv6l2uAYPq17xQzKJ5ZQtswf97WiYVrJb4bPwE8r9dEPHUNT0QNPmwWqJkL

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

--
-- Name: vault; Type: SCHEMA; Schema: -; Owner: jangbu_owner
--

CREATE SCHEMA vault;


ALTER SCHEMA vault OWNER TO jangbu_owner;

--
-- Name: SCHEMA vault; Type: COMMENT; Schema: -; Owner: jangbu_owner
--

COMMENT ON SCHEMA vault IS 'whatever must be forgotten one day: nothing of it is in the log';


--
-- Name: begin_key_epoch(text, boolean); Type: FUNCTION; Schema: vault; Owner: jangbu_owner
--

CREATE FUNCTION vault.begin_key_epoch(new_kek text, leftover boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    used boolean;
begin
    -- Two epochs never get one number.
    perform pg_catalog.pg_advisory_xact_lock(118083337678959);
    if exists (select from vault.key_epochs e where e.kek = new_kek) then
        return;
    end if;
    used := exists (select from vault.secret s where s.kek = new_kek)
        or exists (select from vault.data_keys k where k.kek = new_kek);
    insert into vault.key_epochs (epoch, kek, inherited, retired_at)
    select coalesce(max(epoch), 0) + 1, new_kek, used or leftover,
           case when leftover and not used then pg_catalog.clock_timestamp() end
    from vault.key_epochs;
end $$;


ALTER FUNCTION vault.begin_key_epoch(new_kek text, leftover boolean) OWNER TO jangbu_owner;

--
-- Name: check_key_epoch(); Type: FUNCTION; Schema: vault; Owner: jangbu_owner
--

CREATE FUNCTION vault.check_key_epoch() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    retired timestamptz;
begin
    select e.retired_at into retired from vault.key_epochs e where e.kek = new.kek for share;
    if not found then
        perform vault.begin_key_epoch(new.kek);
        select e.retired_at into retired from vault.key_epochs e where e.kek = new.kek for share;
    end if;
    if retired is not null then
        raise exception 'the key-encryption key % is retired', new.kek using errcode = 'JB001';
    end if;
    return new;
end $$;


ALTER FUNCTION vault.check_key_epoch() OWNER TO jangbu_owner;

--
-- Name: rewrap_secret(text, text, text); Type: FUNCTION; Schema: vault; Owner: jangbu_owner
--

CREATE FUNCTION vault.rewrap_secret(old_wrapped text, new_kek text, new_wrapped text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
    changed bigint;
begin
    update vault.secret set kek = new_kek, wrapped = new_wrapped where wrapped = old_wrapped;
    get diagnostics changed = row_count;
    return changed;
end $$;


ALTER FUNCTION vault.rewrap_secret(old_wrapped text, new_kek text, new_wrapped text) OWNER TO jangbu_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: vault; Type: TABLE; Schema: migrations; Owner: jangbu_owner
--

CREATE TABLE migrations.vault (
    version bigint NOT NULL,
    description text NOT NULL,
    checksum bytea NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE migrations.vault OWNER TO jangbu_owner;

--
-- Name: certificates; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.certificates (
    erasure_id uuid NOT NULL,
    member_id uuid NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    erased_at timestamp with time zone NOT NULL,
    destroyed json NOT NULL,
    key_epochs bigint[]
);


ALTER TABLE vault.certificates OWNER TO jangbu_owner;

--
-- Name: TABLE certificates; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON TABLE vault.certificates IS 'append-only: no role may change one';


--
-- Name: COLUMN certificates.key_epochs; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.certificates.key_epochs IS 'null for erasures before epochs were counted';


--
-- Name: contact_messages; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.contact_messages (
    "position" bigint NOT NULL,
    contact uuid NOT NULL,
    origin uuid,
    subject uuid,
    serial bigint,
    queued_at timestamp with time zone NOT NULL,
    bound boolean DEFAULT false NOT NULL
);


ALTER TABLE vault.contact_messages OWNER TO jangbu_owner;

--
-- Name: COLUMN contact_messages."position"; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.contact_messages."position" IS 'of the event that asked for it';


--
-- Name: COLUMN contact_messages.contact; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.contact_messages.contact IS 'the reservation stream of the contact: a keyed hash';


--
-- Name: COLUMN contact_messages.origin; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.contact_messages.origin IS 'who caused it: a keyed hash of an address, or a member';


--
-- Name: COLUMN contact_messages.subject; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.contact_messages.subject IS 'the sign-up or member whose code it was; null for a notice';


--
-- Name: COLUMN contact_messages.bound; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.contact_messages.bound IS 'whether the code is bound to the contact';


--
-- Name: credentials; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.credentials (
    member_id uuid NOT NULL,
    login uuid NOT NULL,
    hash text NOT NULL,
    since_log uuid,
    since_position bigint
);


ALTER TABLE vault.credentials OWNER TO jangbu_owner;

--
-- Name: COLUMN credentials.since_log; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.credentials.since_log IS 'the log whose position since_position is';


--
-- Name: COLUMN credentials.since_position; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.credentials.since_position IS 'the position of the change of password in the log';


--
-- Name: data_keys; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.data_keys (
    member_id uuid NOT NULL,
    kek text NOT NULL,
    wrapped text NOT NULL,
    settled boolean DEFAULT false NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE vault.data_keys OWNER TO jangbu_owner;

--
-- Name: COLUMN data_keys.kek; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.data_keys.kek IS 'which key-encryption key wrapped it';


--
-- Name: COLUMN data_keys.settled; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.data_keys.settled IS 'false while its owner is only signing up';


--
-- Name: key_epochs; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.key_epochs (
    epoch bigint NOT NULL,
    kek text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    inherited boolean DEFAULT false NOT NULL,
    retired_at timestamp with time zone,
    destroying_at timestamp with time zone,
    destroyed_at timestamp with time zone,
    CONSTRAINT key_epochs_epoch_check CHECK ((epoch > 0)),
    CONSTRAINT key_epochs_order CHECK ((((destroying_at IS NULL) OR (retired_at IS NOT NULL)) AND ((destroyed_at IS NULL) OR (destroying_at IS NOT NULL))))
);


ALTER TABLE vault.key_epochs OWNER TO jangbu_owner;

--
-- Name: COLUMN key_epochs.kek; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.key_epochs.kek IS 'the id under which its holder knows the key';


--
-- Name: COLUMN key_epochs.made_at; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.key_epochs.made_at IS 'when the vault first saw it';


--
-- Name: COLUMN key_epochs.inherited; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.key_epochs.inherited IS 'it was there before epochs were counted, or was found with its holder: what it wrapped is not known';


--
-- Name: COLUMN key_epochs.retired_at; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.key_epochs.retired_at IS 'from when on nothing is wrapped with it; kept for backups until it is destroyed';


--
-- Name: COLUMN key_epochs.destroying_at; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.key_epochs.destroying_at IS 'from when on its holder was asked to destroy it';


--
-- Name: COLUMN key_epochs.destroyed_at; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.key_epochs.destroyed_at IS 'when its holder no longer had it';


--
-- Name: known_networks; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.known_networks (
    member_id uuid NOT NULL,
    network uuid NOT NULL,
    seen_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE vault.known_networks OWNER TO jangbu_owner;

--
-- Name: COLUMN known_networks.network; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.known_networks.network IS 'a keyed hash of login id and network';


--
-- Name: message_cursor; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.message_cursor (
    singleton boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    noted_position bigint,
    command_id uuid,
    recorded_at timestamp with time zone,
    CONSTRAINT message_cursor_commit_check CHECK ((((noted_position IS NULL) = (command_id IS NULL)) AND ((command_id IS NULL) = (recorded_at IS NULL)))),
    CONSTRAINT message_cursor_position_check CHECK (("position" >= 0)),
    CONSTRAINT message_cursor_singleton_check CHECK (singleton)
)
WITH (fillfactor='50');


ALTER TABLE vault.message_cursor OWNER TO jangbu_owner;

--
-- Name: COLUMN message_cursor.noted_position; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.message_cursor.noted_position IS 'where the commit of command_id ends; null until a server that notes it has run';


--
-- Name: messages; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.messages (
    "position" bigint NOT NULL,
    member_id uuid NOT NULL,
    channel text NOT NULL,
    contact text NOT NULL,
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    field text NOT NULL,
    notice text NOT NULL,
    subject uuid,
    serial bigint,
    until timestamp with time zone,
    due_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    reason text,
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    code_contact uuid
);


ALTER TABLE vault.messages OWNER TO jangbu_owner;

--
-- Name: COLUMN messages.contact; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.messages.contact IS 'sealed, as it stands in the event';


--
-- Name: COLUMN messages.due_at; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.messages.due_at IS 'not before; while a message is being sent, the end of the lease';


--
-- Name: COLUMN messages.reason; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.messages.reason IS 'why it could not be sent the last time';


--
-- Name: COLUMN messages.code_contact; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.messages.code_contact IS 'the reservation stream of the contact that the code is bound to; null: to none';


--
-- Name: password_resets; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.password_resets (
    reset uuid NOT NULL,
    origin uuid,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE vault.password_resets OWNER TO jangbu_owner;

--
-- Name: COLUMN password_resets.origin; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.password_resets.origin IS 'a keyed hash of the address it came from; null if that is not known';


--
-- Name: pending_passwords; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.pending_passwords (
    sign_up uuid NOT NULL,
    member_id uuid NOT NULL,
    hash text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    origin uuid,
    ended boolean DEFAULT false NOT NULL,
    characters text
);


ALTER TABLE vault.pending_passwords OWNER TO jangbu_owner;

--
-- Name: COLUMN pending_passwords.characters; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.pending_passwords.characters IS 'sealed under the member''s data key; null for sign-ups of earlier builds, and for password resets';


--
-- Name: refresh_answers; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.refresh_answers (
    digest bytea NOT NULL,
    key bytea NOT NULL,
    answer text NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT refresh_answers_key_check CHECK ((length(key) = 32))
);


ALTER TABLE vault.refresh_answers OWNER TO jangbu_owner;

--
-- Name: COLUMN refresh_answers.digest; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.refresh_answers.digest IS 'of the refresh token that was presented';


--
-- Name: COLUMN refresh_answers.key; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.refresh_answers.key IS 'digest of that token and the Idempotency-Key';


--
-- Name: COLUMN refresh_answers.answer; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.refresh_answers.answer IS 'the next refresh token, sealed';


--
-- Name: refresh_tokens; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.refresh_tokens (
    digest bytea NOT NULL,
    session_id uuid NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT refresh_tokens_digest_check CHECK ((length(digest) = 32))
);


ALTER TABLE vault.refresh_tokens OWNER TO jangbu_owner;

--
-- Name: revocations; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.revocations (
    serial bigint NOT NULL,
    subject uuid NOT NULL,
    until timestamp with time zone
);


ALTER TABLE vault.revocations OWNER TO jangbu_owner;

--
-- Name: COLUMN revocations.until; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON COLUMN vault.revocations.until IS 'when every access token of the session has expired; null: for ever';


--
-- Name: revocations_serial_seq; Type: SEQUENCE; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE vault.revocations ALTER COLUMN serial ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME vault.revocations_serial_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: secret; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.secret (
    singleton boolean DEFAULT true NOT NULL,
    kek text NOT NULL,
    wrapped text NOT NULL,
    CONSTRAINT secret_singleton_check CHECK (singleton)
);


ALTER TABLE vault.secret OWNER TO jangbu_owner;

--
-- Name: sessions; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.sessions (
    session_id uuid NOT NULL,
    member_id uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone
);


ALTER TABLE vault.sessions OWNER TO jangbu_owner;

--
-- Data for Name: vault; Type: TABLE DATA; Schema: migrations; Owner: jangbu_owner
--

COPY migrations.vault (version, description, checksum, applied_at) FROM stdin;
20261122030000	create roles	\\x1ee3a7fd99dce41181695f586b4062e0c338141f2079e44d8bb63550b82ac5c4924491fef4eeb494571f0408c0c59745	2026-11-30 15:57:46.937044+00
20261122030100	limit roles	\\xa2ef12c60f1a6c66056e9332cd368905d31347da72b026d371cde977ab36cd3c861cc920f933ffe7d69ac120ff8212d9	2026-11-30 15:57:46.938324+00
20261122030200	create keys	\\x576bb0865d75c2b5edec4766f0cb7ce4653010918ad48bb10ba5181d64355b32fc1297044a955c6c8de7b8a56c180e04	2026-11-30 15:57:46.942178+00
20261122030300	create passwords	\\x38e03549d95a407aeb2517912a0f18cbd4a5cc85b150fe4ac5399d20b0d3451fb4ca02420f231ff2b542eabb89055604	2026-11-30 15:57:46.947082+00
20261122030400	create sessions	\\xabec4cda72ac9e13d3381a7e4a0e5555b0a1bcbac3778f12e203d649a6f971eab7a62ce23242557de6583c8abd55cb8a	2026-11-30 15:57:46.953085+00
20261122030500	create messages	\\x4ac2fc578291e7a1f96e7360afbf91a011a9b92886d429db2113f2c333cc0465a15950acc27d59bd4e8917fb516800f0	2026-11-30 15:57:46.956757+00
20261122030600	create certificates	\\xc07bfb9e3db637ea0b12d91ada2e8acda57f66e6297806baabc7209fff6f78b8ec1bc60d00863ed7df442c4e926787d3	2026-11-30 15:57:46.958872+00
20261122030700	grant vault	\\xe02617a4d5ea0dfc16747f907014db7f9f2539608214ae541c3e4862572374d779651e1dcef98b048a4e9764a6993b6a	2026-11-30 15:57:46.959797+00
20261126220000	add when messages were queued	\\xe2d6b4194f604b20df48e46217b402ca983add44be476707b13feba229f0877a55ae6de1d079799b698f3dad4f2b3824	2026-11-30 15:57:46.962775+00
20261128020000	keep refresh answers	\\xd674513276f3270413698fdb111d3f68d9dae5105893aa13c0656f54ab0d4f4e15a8b301e6e3325b241dd8e527beef3a	2026-11-30 15:57:46.966404+00
20261128020100	limit messages to a contact	\\x68e26c1be14db5954e23d8c674182aced5dfe311e98f80d972b93fc9b2414a7d36df0c0be1b6a6c2ee6c20e893bd4bb2	2026-11-30 15:57:46.968665+00
20261128050300	name the commit of the message cursor	\\xdcbb12702650182f452a5e29236d744278e97e52eec1a841a6d67de4a51b51ca0ff1c8098087e4571907fd63c1a8229c	2026-11-30 15:57:46.969742+00
20261128070200	let counted messages be replaced	\\x43ffb6c7c9f99db0f0a6d0766d4f834a84b0e9bc4c633ff05d15208e153ce62c1dec7eba1b2bc1a77ab4f60cfe02d5be	2026-11-30 15:57:46.970249+00
20261128070300	bind codes to their contact	\\x4511e8b423e7062fc22089eefc9a105c8b8847587dbbecf0d4b2a5c70b1b914a043086ec725ff5da20a0f2f75245bab1	2026-11-30 15:57:46.970943+00
20261129000400	create password resets	\\xf8b5c42ddc1515ad797e70d42e9cd5b824148b3c6d0385be8378039c2695f812c6a1880ff109c7a24a7a6c59cfb8505e	2026-11-30 15:57:46.973512+00
20261129000500	forget used refresh tokens	\\x05f32fb693939abfb11ab4d7bbaa35e4639408be21eb672f5ab3557ee962b12cba7f382ebcab04fa2484c5ee94eabab5	2026-11-30 15:57:46.974945+00
20261129000600	keep characters of pending passwords	\\x253414cc8c7e6c6374e8aca37249bbc0335c4c15d5afb02a7921126552e7bb360daec2be8f611fa1744595c4dafbd39b	2026-11-30 15:57:46.97561+00
20261129001000	order passwords by the log	\\x2bca36cc2d2b7c8edd4cafde37da793834e012345613a6eca046d536395242c98fc6e6c40ad3bdda9c720b3f905af718	2026-11-30 15:57:46.976141+00
20261129040000	count key epochs	\\x6827a2b48719b43371de41ed145a24488136a171fc49adf4ef6901e9c1b854242bfc660fe8c8310065035c5f8c5d4b98	2026-11-30 15:57:46.979723+00
20261129130000	index key encryption keys	\\x33dd46eec5797fdf00b6b2ff21e6c5180e4994f219e5921eb7505099177b579e3edf4b65b50e8786954c079ee01d87ff	2026-11-30 15:57:46.980864+00
\.


--
-- Data for Name: certificates; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.certificates (erasure_id, member_id, requested_by, requested_at, erased_at, destroyed, key_epochs) FROM stdin;
01a22d2d-4325-7002-9a83-5d86609798e9	01a22d2d-3d33-7754-be62-d79b791e9f9c	member:01a22d2d-3d33-7754-be62-d79b791e9f9c	2026-11-30 15:57:50.763317+00	2026-11-30 15:57:53.802827+00	[["data key", 1], ["credential", 1], ["sessions", 1], ["messages", 0]]	{1}
\.


--
-- Data for Name: contact_messages; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.contact_messages ("position", contact, origin, subject, serial, queued_at, bound) FROM stdin;
1	19848d9e-e583-8d74-835d-340a3d807f4c	\N	01a22d2d-38be-71fd-88a1-15a83c1b4ac3	1	2026-11-30 15:57:48.132714+00	f
6	6824a5dd-aa63-8c87-90a2-15594a89cc15	\N	01a22d2d-3bc0-75e1-a7da-3b1ae9994db2	1	2026-11-30 15:57:48.884447+00	f
11	d3fb7d75-3c54-856a-be25-fc08ac3b8514	\N	01a22d2d-3d33-7754-be62-d79a8e907a7f	1	2026-11-30 15:57:49.247958+00	f
159	7093abc2-8eca-8544-941c-d88bdc53cb4f	\N	01a22d2d-4f83-767e-b5de-0d6c3d314720	1	2026-11-30 15:57:53.935549+00	f
160	a6ee5cf7-20bd-8bf9-9910-f11bf78d04c3	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	1	2026-11-30 15:57:54.344999+00	t
\.


--
-- Data for Name: credentials; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.credentials (member_id, login, hash, since_log, since_position) FROM stdin;
01a22d2d-38be-71fd-88a1-15a946b160e4	ee5299d6-d2d0-81ef-a3ff-3d3eeb5aedcd	$argon2id$v=19$m=19456,t=2,p=1$Ik5cr2kPufGADOToxHYCog$klc8coVRQkFHZdppkbeVADf3wjVwCqsmb/m38nOgdeg	\N	\N
01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	35e062cb-c21a-8fcc-b2d7-354634ff3328	$argon2id$v=19$m=19456,t=2,p=1$35NrM97cQG44Hjq0Ds/d/Q$AyM7GS7KCK/2N+/JWqKR45jLzM7KZkyQRPcoJ+3M3z8	\N	\N
\.


--
-- Data for Name: data_keys; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.data_keys (member_id, kek, wrapped, settled, made_at) FROM stdin;
01a22d2d-38be-71fd-88a1-15a946b160e4	CFNVbwQSde_3brCcHDDC79dUCOUlbrWr	AR3gfMarRlCbDHAZNzYchySZB9XHw4BFkvZ/2tlWa0PY7LpaieH3zmIXsrUp8LzgiCfO0HCt4pZrqZrH+aKT3n/KrV5qNW/G2Q	t	2026-11-30 15:57:48.098346+00
01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	CFNVbwQSde_3brCcHDDC79dUCOUlbrWr	AXIF+mX73ul3rnw2Nhu8wFHiWNGvEP/tFy4H6iTIhnZmeZHaVJQ8VUrgfm4qi/1n427m5KG+9TDRMP2aJSR7vI/7gsL0TcIjbQ	t	2026-11-30 15:57:48.867048+00
01a22d2d-4f83-767e-b5de-0d6da199d59b	CFNVbwQSde_3brCcHDDC79dUCOUlbrWr	AT1/7gtXwwiQniXCuisUL71ZU+W+j+2jWnZwlzjqmV5Uhn80N0UNr+2olYi1uiHFD0djGHKhcpwdtkT+uECMMJjt/lR2QYZnvg	f	2026-11-30 15:57:53.923905+00
\.


--
-- Data for Name: key_epochs; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.key_epochs (epoch, kek, made_at, inherited, retired_at, destroying_at, destroyed_at) FROM stdin;
1	CFNVbwQSde_3brCcHDDC79dUCOUlbrWr	2026-11-30 15:57:47.580712+00	f	\N	\N	\N
\.


--
-- Data for Name: known_networks; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.known_networks (member_id, network, seen_at) FROM stdin;
01a22d2d-38be-71fd-88a1-15a946b160e4	d0b0c8ba-86a3-58d3-8ce1-74fa99f7caed	2026-11-30 15:57:49.793009+00
01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	2f905443-a85d-5418-a893-20adaed5a492	2026-11-30 15:57:49.856171+00
\.


--
-- Data for Name: message_cursor; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.message_cursor (singleton, "position", noted_position, command_id, recorded_at) FROM stdin;
t	160	160	24e7eb6c-e1e0-8841-9d4c-8751d65a5cca	2026-11-30 15:57:54.33876+00
\.


--
-- Data for Name: messages; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.messages ("position", member_id, channel, contact, stream_id, version, field, notice, subject, serial, until, due_at, attempts, reason, queued_at, code_contact) FROM stdin;
\.


--
-- Data for Name: password_resets; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.password_resets (reset, origin, made_at) FROM stdin;
\.


--
-- Data for Name: pending_passwords; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.pending_passwords (sign_up, member_id, hash, made_at, origin, ended, characters) FROM stdin;
01a22d2d-4f83-767e-b5de-0d6c3d314720	01a22d2d-4f83-767e-b5de-0d6da199d59b	$argon2id$v=19$m=19456,t=2,p=1$3yNzOU0QdaYF/EcvFFILBA$ZggvgIWpKur2Yku5C6ZjJZCYsacQoeB9eQBIti2tlHc	2026-11-30 15:57:53.924983+00	\N	f	AY/TFJGssjyZhqtfDFZAuJAvcdPBD+APrTuNm+wBIio2dbj5AZJRaj629DdXWIOP6rwKWc32
\.


--
-- Data for Name: refresh_answers; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.refresh_answers (digest, key, answer, until) FROM stdin;
\.


--
-- Data for Name: refresh_tokens; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.refresh_tokens (digest, session_id, used_at) FROM stdin;
\\x0e943e338f87bfc544da27afeef724813261a4c2eeb7499209ef7196e81a6dd2	01a22d2d-3f5e-74a1-b08f-72ae590a8181	\N
\\x160b2795f6a2a7b12482cf0e1d45b033db083f84b72545862a7879b4eea23070	01a22d2d-3f9e-74bd-8a74-5adbfa238264	\N
\.


--
-- Data for Name: revocations; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.revocations (serial, subject, until) FROM stdin;
1	01a22d2d-3d33-7754-be62-d79b791e9f9c	\N
\.


--
-- Data for Name: secret; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.secret (singleton, kek, wrapped) FROM stdin;
t	CFNVbwQSde_3brCcHDDC79dUCOUlbrWr	AQ5waxjtYsSaJIH6DEn1ivqpgQE0CfFmeevDZwa+yKD+7FFN3fTAI6ctsnemrAFO6vqK//oqho+qGLbLcQ8alLYKk7tHTvD0ig
\.


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.sessions (session_id, member_id, expires_at, ended_at) FROM stdin;
01a22d2d-3f5e-74a1-b08f-72ae590a8181	01a22d2d-38be-71fd-88a1-15a946b160e4	2026-12-30 15:57:49.790069+00	\N
01a22d2d-3f9e-74bd-8a74-5adbfa238264	01a22d2d-3bc0-75e1-a7da-3b1bbee243ed	2026-12-30 15:57:49.854385+00	\N
\.


--
-- Name: revocations_serial_seq; Type: SEQUENCE SET; Schema: vault; Owner: jangbu_owner
--

SELECT pg_catalog.setval('vault.revocations_serial_seq', 1, true);


--
-- Name: vault vault_pkey; Type: CONSTRAINT; Schema: migrations; Owner: jangbu_owner
--

ALTER TABLE ONLY migrations.vault
    ADD CONSTRAINT vault_pkey PRIMARY KEY (version);


--
-- Name: certificates certificates_member_id_key; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.certificates
    ADD CONSTRAINT certificates_member_id_key UNIQUE (member_id);


--
-- Name: certificates certificates_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.certificates
    ADD CONSTRAINT certificates_pkey PRIMARY KEY (erasure_id);


--
-- Name: contact_messages contact_messages_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.contact_messages
    ADD CONSTRAINT contact_messages_pkey PRIMARY KEY ("position");


--
-- Name: credentials credentials_login_key; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.credentials
    ADD CONSTRAINT credentials_login_key UNIQUE (login);


--
-- Name: credentials credentials_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (member_id);


--
-- Name: data_keys data_keys_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.data_keys
    ADD CONSTRAINT data_keys_pkey PRIMARY KEY (member_id);


--
-- Name: key_epochs key_epochs_kek_key; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.key_epochs
    ADD CONSTRAINT key_epochs_kek_key UNIQUE (kek);


--
-- Name: key_epochs key_epochs_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.key_epochs
    ADD CONSTRAINT key_epochs_pkey PRIMARY KEY (epoch);


--
-- Name: known_networks known_networks_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.known_networks
    ADD CONSTRAINT known_networks_pkey PRIMARY KEY (member_id, network);


--
-- Name: message_cursor message_cursor_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.message_cursor
    ADD CONSTRAINT message_cursor_pkey PRIMARY KEY (singleton);


--
-- Name: messages messages_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY ("position");


--
-- Name: password_resets password_resets_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.password_resets
    ADD CONSTRAINT password_resets_pkey PRIMARY KEY (reset);


--
-- Name: pending_passwords pending_passwords_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.pending_passwords
    ADD CONSTRAINT pending_passwords_pkey PRIMARY KEY (sign_up);


--
-- Name: refresh_answers refresh_answers_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.refresh_answers
    ADD CONSTRAINT refresh_answers_pkey PRIMARY KEY (digest);


--
-- Name: refresh_tokens refresh_tokens_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (digest);


--
-- Name: revocations revocations_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.revocations
    ADD CONSTRAINT revocations_pkey PRIMARY KEY (serial);


--
-- Name: revocations revocations_subject_key; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.revocations
    ADD CONSTRAINT revocations_subject_key UNIQUE (subject);


--
-- Name: secret secret_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.secret
    ADD CONSTRAINT secret_pkey PRIMARY KEY (singleton);


--
-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (session_id);


--
-- Name: contact_messages_age; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX contact_messages_age ON vault.contact_messages USING btree (queued_at);


--
-- Name: contact_messages_contact; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX contact_messages_contact ON vault.contact_messages USING btree (contact, queued_at);


--
-- Name: contact_messages_subject; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX contact_messages_subject ON vault.contact_messages USING btree (subject) WHERE (subject IS NOT NULL);


--
-- Name: data_keys_kek; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX data_keys_kek ON vault.data_keys USING btree (kek);


--
-- Name: data_keys_provisional; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX data_keys_provisional ON vault.data_keys USING btree (made_at) WHERE (NOT settled);


--
-- Name: known_networks_age; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX known_networks_age ON vault.known_networks USING btree (seen_at);


--
-- Name: messages_due; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX messages_due ON vault.messages USING btree (due_at);


--
-- Name: messages_member; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX messages_member ON vault.messages USING btree (member_id);


--
-- Name: password_resets_age; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX password_resets_age ON vault.password_resets USING btree (made_at);


--
-- Name: pending_passwords_age; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX pending_passwords_age ON vault.pending_passwords USING btree (made_at);


--
-- Name: pending_passwords_member; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX pending_passwords_member ON vault.pending_passwords USING btree (member_id);


--
-- Name: refresh_answers_until; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX refresh_answers_until ON vault.refresh_answers USING btree (until);


--
-- Name: refresh_tokens_current; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE UNIQUE INDEX refresh_tokens_current ON vault.refresh_tokens USING btree (session_id) WHERE (used_at IS NULL);


--
-- Name: refresh_tokens_session; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX refresh_tokens_session ON vault.refresh_tokens USING btree (session_id);


--
-- Name: refresh_tokens_used; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX refresh_tokens_used ON vault.refresh_tokens USING btree (used_at) WHERE (used_at IS NOT NULL);


--
-- Name: revocations_until; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX revocations_until ON vault.revocations USING btree (until) WHERE (until IS NOT NULL);


--
-- Name: sessions_ended; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX sessions_ended ON vault.sessions USING btree (ended_at) WHERE (ended_at IS NOT NULL);


--
-- Name: sessions_expiry; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX sessions_expiry ON vault.sessions USING btree (expires_at);


--
-- Name: sessions_member; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX sessions_member ON vault.sessions USING btree (member_id);


--
-- Name: data_keys check_key_epoch; Type: TRIGGER; Schema: vault; Owner: jangbu_owner
--

CREATE TRIGGER check_key_epoch BEFORE INSERT OR UPDATE OF kek ON vault.data_keys FOR EACH ROW EXECUTE FUNCTION vault.check_key_epoch();


--
-- Name: secret check_key_epoch; Type: TRIGGER; Schema: vault; Owner: jangbu_owner
--

CREATE TRIGGER check_key_epoch BEFORE INSERT OR UPDATE OF kek ON vault.secret FOR EACH ROW EXECUTE FUNCTION vault.check_key_epoch();


--
-- Name: credentials credentials_member_id_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.credentials
    ADD CONSTRAINT credentials_member_id_fkey FOREIGN KEY (member_id) REFERENCES vault.data_keys(member_id) ON DELETE CASCADE;


--
-- Name: known_networks known_networks_member_id_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.known_networks
    ADD CONSTRAINT known_networks_member_id_fkey FOREIGN KEY (member_id) REFERENCES vault.data_keys(member_id) ON DELETE CASCADE;


--
-- Name: messages messages_member_id_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.messages
    ADD CONSTRAINT messages_member_id_fkey FOREIGN KEY (member_id) REFERENCES vault.data_keys(member_id) ON DELETE CASCADE;


--
-- Name: refresh_answers refresh_answers_digest_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.refresh_answers
    ADD CONSTRAINT refresh_answers_digest_fkey FOREIGN KEY (digest) REFERENCES vault.refresh_tokens(digest) ON DELETE CASCADE;


--
-- Name: refresh_tokens refresh_tokens_session_id_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.refresh_tokens
    ADD CONSTRAINT refresh_tokens_session_id_fkey FOREIGN KEY (session_id) REFERENCES vault.sessions(session_id) ON DELETE CASCADE;


--
-- Name: sessions sessions_member_id_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.sessions
    ADD CONSTRAINT sessions_member_id_fkey FOREIGN KEY (member_id) REFERENCES vault.data_keys(member_id) ON DELETE CASCADE;


--
-- Name: SCHEMA vault; Type: ACL; Schema: -; Owner: jangbu_owner
--

GRANT USAGE ON SCHEMA vault TO jangbu_vault;
GRANT USAGE ON SCHEMA vault TO jangbu_vault_reader;


--
-- Name: FUNCTION begin_key_epoch(new_kek text, leftover boolean); Type: ACL; Schema: vault; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION vault.begin_key_epoch(new_kek text, leftover boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION vault.begin_key_epoch(new_kek text, leftover boolean) TO jangbu_vault;


--
-- Name: FUNCTION check_key_epoch(); Type: ACL; Schema: vault; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION vault.check_key_epoch() FROM PUBLIC;


--
-- Name: FUNCTION rewrap_secret(old_wrapped text, new_kek text, new_wrapped text); Type: ACL; Schema: vault; Owner: jangbu_owner
--

REVOKE ALL ON FUNCTION vault.rewrap_secret(old_wrapped text, new_kek text, new_wrapped text) FROM PUBLIC;
GRANT ALL ON FUNCTION vault.rewrap_secret(old_wrapped text, new_kek text, new_wrapped text) TO jangbu_vault;


--
-- Name: TABLE certificates; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE vault.certificates TO jangbu_vault;


--
-- Name: TABLE contact_messages; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.contact_messages TO jangbu_vault;


--
-- Name: TABLE credentials; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.credentials TO jangbu_vault;


--
-- Name: TABLE data_keys; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT ON TABLE vault.data_keys TO jangbu_vault_reader;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.data_keys TO jangbu_vault;


--
-- Name: TABLE key_epochs; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT ON TABLE vault.key_epochs TO jangbu_vault;


--
-- Name: COLUMN key_epochs.retired_at; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT UPDATE(retired_at) ON TABLE vault.key_epochs TO jangbu_vault;


--
-- Name: COLUMN key_epochs.destroying_at; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT UPDATE(destroying_at) ON TABLE vault.key_epochs TO jangbu_vault;


--
-- Name: COLUMN key_epochs.destroyed_at; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT UPDATE(destroyed_at) ON TABLE vault.key_epochs TO jangbu_vault;


--
-- Name: TABLE known_networks; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.known_networks TO jangbu_vault;


--
-- Name: TABLE message_cursor; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE vault.message_cursor TO jangbu_vault;


--
-- Name: TABLE messages; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.messages TO jangbu_vault;


--
-- Name: TABLE password_resets; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE ON TABLE vault.password_resets TO jangbu_vault;


--
-- Name: TABLE pending_passwords; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.pending_passwords TO jangbu_vault;


--
-- Name: TABLE refresh_answers; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE ON TABLE vault.refresh_answers TO jangbu_vault;


--
-- Name: TABLE refresh_tokens; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.refresh_tokens TO jangbu_vault;


--
-- Name: TABLE revocations; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT ON TABLE vault.revocations TO jangbu_vault_reader;
GRANT SELECT,INSERT,DELETE ON TABLE vault.revocations TO jangbu_vault;


--
-- Name: TABLE secret; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE vault.secret TO jangbu_vault;


--
-- Name: TABLE sessions; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.sessions TO jangbu_vault;


--
-- PostgreSQL database dump complete
--

\unrestrict vjHJGv6l2uAYPq17xQzKJ5ZQtswf97WiYVrJb4bPwE8r9dEPHUNT0QNPmwWqJkL

