--
-- PostgreSQL database dump
--

\restrict AOvLHYribyI1vPJlrVeky9YsNMvBcBZkeCSyBCLNnO0BbNqi6okj7GhHPBqTZmO

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
    destroyed json NOT NULL
);


ALTER TABLE vault.certificates OWNER TO jangbu_owner;

--
-- Name: TABLE certificates; Type: COMMENT; Schema: vault; Owner: jangbu_owner
--

COMMENT ON TABLE vault.certificates IS 'append-only: no role may change one';


--
-- Name: credentials; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.credentials (
    member_id uuid NOT NULL,
    login uuid NOT NULL,
    hash text NOT NULL
);


ALTER TABLE vault.credentials OWNER TO jangbu_owner;

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
-- Name: message_cursor; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.message_cursor (
    singleton boolean DEFAULT true NOT NULL,
    "position" bigint NOT NULL,
    CONSTRAINT message_cursor_position_check CHECK (("position" >= 0)),
    CONSTRAINT message_cursor_singleton_check CHECK (singleton)
)
WITH (fillfactor='50');


ALTER TABLE vault.message_cursor OWNER TO jangbu_owner;

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
    queued_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
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
-- Name: pending_passwords; Type: TABLE; Schema: vault; Owner: jangbu_owner
--

CREATE TABLE vault.pending_passwords (
    sign_up uuid NOT NULL,
    member_id uuid NOT NULL,
    hash text NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);


ALTER TABLE vault.pending_passwords OWNER TO jangbu_owner;

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
20261122030000	create roles	\\x1ee3a7fd99dce41181695f586b4062e0c338141f2079e44d8bb63550b82ac5c4924491fef4eeb494571f0408c0c59745	2026-11-28 13:27:18.636446+00
20261122030100	limit roles	\\xa2ef12c60f1a6c66056e9332cd368905d31347da72b026d371cde977ab36cd3c861cc920f933ffe7d69ac120ff8212d9	2026-11-28 13:27:18.665775+00
20261122030200	create keys	\\x576bb0865d75c2b5edec4766f0cb7ce4653010918ad48bb10ba5181d64355b32fc1297044a955c6c8de7b8a56c180e04	2026-11-28 13:27:18.761874+00
20261122030300	create passwords	\\x38e03549d95a407aeb2517912a0f18cbd4a5cc85b150fe4ac5399d20b0d3451fb4ca02420f231ff2b542eabb89055604	2026-11-28 13:27:18.871703+00
20261122030400	create sessions	\\xabec4cda72ac9e13d3381a7e4a0e5555b0a1bcbac3778f12e203d649a6f971eab7a62ce23242557de6583c8abd55cb8a	2026-11-28 13:27:18.965793+00
20261122030500	create messages	\\x4ac2fc578291e7a1f96e7360afbf91a011a9b92886d429db2113f2c333cc0465a15950acc27d59bd4e8917fb516800f0	2026-11-28 13:27:19.065737+00
20261122030600	create certificates	\\xc07bfb9e3db637ea0b12d91ada2e8acda57f66e6297806baabc7209fff6f78b8ec1bc60d00863ed7df442c4e926787d3	2026-11-28 13:27:19.177817+00
20261122030700	grant vault	\\xe02617a4d5ea0dfc16747f907014db7f9f2539608214ae541c3e4862572374d779651e1dcef98b048a4e9764a6993b6a	2026-11-28 13:27:19.234516+00
20261126220000	add when messages were queued	\\xe2d6b4194f604b20df48e46217b402ca983add44be476707b13feba229f0877a55ae6de1d079799b698f3dad4f2b3824	2026-11-28 13:27:19.265826+00
\.


--
-- Data for Name: certificates; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.certificates (erasure_id, member_id, requested_by, requested_at, erased_at, destroyed) FROM stdin;
01a22256-eaef-76a2-933a-ba95f6aa22e9	01a22256-d47a-764b-992e-0ed43ed555bb	member:01a22256-d47a-764b-992e-0ed43ed555bb	2026-11-28 13:27:31.312017+00	2026-11-28 13:27:34.434676+00	[["data key", 1], ["credential", 1], ["sessions", 1], ["messages", 0]]
\.


--
-- Data for Name: credentials; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.credentials (member_id, login, hash) FROM stdin;
01a22256-cbb6-759b-b159-cb9039febc35	1915670d-6c65-85d3-8798-10dc1c181c43	$argon2id$v=19$m=19456,t=2,p=1$iyjteZmvRaOZeNYg4e1cfw$YWfCcv13an8HD7X1axbjJh3mLlNaS2n1w3U4PVu2eVs
01a22256-d11c-7052-ada2-86204abe28f5	6da91a97-3b52-8c09-9ed7-0fd16e6de8a8	$argon2id$v=19$m=19456,t=2,p=1$tuITsJDi/Y8tU1zyN4Y6aQ$LDL6O/fiWi2im81AEzGHKbten+/Wd6EdWTZANKZWjbg
\.


--
-- Data for Name: data_keys; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.data_keys (member_id, kek, wrapped, settled, made_at) FROM stdin;
01a22256-cbb6-759b-b159-cb9039febc35	ZHqjGCUb4LX0n807BFHNWITp3aMR3Nbt	ARXzrdXh5AuwfwOEyjMCJCMv9S8PfaGmC2FdoxJPqvPUqzhGIjNJbvCCrCWrMn2BUJztqVwJDr8ideZyoczTL8tJUHkjp50V+A	t	2026-11-28 13:27:23.371978+00
01a22256-d11c-7052-ada2-86204abe28f5	ZHqjGCUb4LX0n807BFHNWITp3aMR3Nbt	AaIeZg/u9CGXh0/LPkjiJ3VLKpevN8HqypZb5jiqTgxQley5NFbPXj5KSggVDpUcxEK1o+whj+s7bXSW9QzlmGid9tbTiXurBw	t	2026-11-28 13:27:24.714404+00
01a22256-f94e-7235-9af0-22e8d2ced5f3	ZHqjGCUb4LX0n807BFHNWITp3aMR3Nbt	ARjkxbte+4P76T8tZZ34wOG+taaszVvMLKxh+gaMUTExVasjgMj0aMWFVTQ0DfTronrKoUGApQsyWETleMjKgxatGG1eRVkjRQ	f	2026-11-28 13:27:34.993832+00
\.


--
-- Data for Name: message_cursor; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.message_cursor (singleton, "position") FROM stdin;
t	80
\.


--
-- Data for Name: messages; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.messages ("position", member_id, channel, contact, stream_id, version, field, notice, subject, serial, until, due_at, attempts, reason, queued_at) FROM stdin;
\.


--
-- Data for Name: pending_passwords; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.pending_passwords (sign_up, member_id, hash, made_at) FROM stdin;
01a22256-f94e-7235-9af0-22e77af26c5a	01a22256-f94e-7235-9af0-22e8d2ced5f3	$argon2id$v=19$m=19456,t=2,p=1$WxUcpSYBiA5+KUaJekIqhg$idMkVIneYEIV6eU/qrVb2n5EkkxXsapzVRQfiSNKwkI	2026-11-28 13:27:35.006374+00
\.


--
-- Data for Name: refresh_tokens; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.refresh_tokens (digest, session_id, used_at) FROM stdin;
\\xeb77afea191ae62fb0fbdf51579ee7cdd11bc2dee26e3de2f32d97b0867b5c47	01a22256-d7cd-7363-86f4-fae881f2b5e2	\N
\\xafd3fc1fbca5f6dcdb399d9d1a3f24ed274f78ce8f23892e53b2a71de7c798c7	01a22256-d999-7788-9c88-975da2ba2115	\N
\.


--
-- Data for Name: revocations; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.revocations (serial, subject, until) FROM stdin;
1	01a22256-d47a-764b-992e-0ed43ed555bb	\N
\.


--
-- Data for Name: secret; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.secret (singleton, kek, wrapped) FROM stdin;
t	ZHqjGCUb4LX0n807BFHNWITp3aMR3Nbt	AVWVVC8+DPqksmMa3TqKgdmU/W365lr1X0yV6/q0QC+KAGH0++ppKAuN539sIJviiNnSjkJVkV97snKsvuOjjIGS7x4s/2IE9g
\.


--
-- Data for Name: sessions; Type: TABLE DATA; Schema: vault; Owner: jangbu_owner
--

COPY vault.sessions (session_id, member_id, expires_at, ended_at) FROM stdin;
01a22256-d7cd-7363-86f4-fae881f2b5e2	01a22256-cbb6-759b-b159-cb9039febc35	2026-12-28 13:27:26.413693+00	\N
01a22256-d999-7788-9c88-975da2ba2115	01a22256-d11c-7052-ada2-86204abe28f5	2026-12-28 13:27:26.87329+00	\N
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
-- Name: pending_passwords pending_passwords_pkey; Type: CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.pending_passwords
    ADD CONSTRAINT pending_passwords_pkey PRIMARY KEY (sign_up);


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
-- Name: data_keys_provisional; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX data_keys_provisional ON vault.data_keys USING btree (made_at) WHERE (NOT settled);


--
-- Name: messages_due; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX messages_due ON vault.messages USING btree (due_at);


--
-- Name: messages_member; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX messages_member ON vault.messages USING btree (member_id);


--
-- Name: pending_passwords_age; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX pending_passwords_age ON vault.pending_passwords USING btree (made_at);


--
-- Name: pending_passwords_member; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX pending_passwords_member ON vault.pending_passwords USING btree (member_id);


--
-- Name: refresh_tokens_current; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE UNIQUE INDEX refresh_tokens_current ON vault.refresh_tokens USING btree (session_id) WHERE (used_at IS NULL);


--
-- Name: refresh_tokens_session; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX refresh_tokens_session ON vault.refresh_tokens USING btree (session_id);


--
-- Name: revocations_until; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX revocations_until ON vault.revocations USING btree (until) WHERE (until IS NOT NULL);


--
-- Name: sessions_expiry; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX sessions_expiry ON vault.sessions USING btree (expires_at);


--
-- Name: sessions_member; Type: INDEX; Schema: vault; Owner: jangbu_owner
--

CREATE INDEX sessions_member ON vault.sessions USING btree (member_id);


--
-- Name: credentials credentials_member_id_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.credentials
    ADD CONSTRAINT credentials_member_id_fkey FOREIGN KEY (member_id) REFERENCES vault.data_keys(member_id) ON DELETE CASCADE;


--
-- Name: messages messages_member_id_fkey; Type: FK CONSTRAINT; Schema: vault; Owner: jangbu_owner
--

ALTER TABLE ONLY vault.messages
    ADD CONSTRAINT messages_member_id_fkey FOREIGN KEY (member_id) REFERENCES vault.data_keys(member_id) ON DELETE CASCADE;


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
-- Name: TABLE certificates; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE vault.certificates TO jangbu_vault;


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
-- Name: TABLE message_cursor; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE vault.message_cursor TO jangbu_vault;


--
-- Name: TABLE messages; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.messages TO jangbu_vault;


--
-- Name: TABLE pending_passwords; Type: ACL; Schema: vault; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vault.pending_passwords TO jangbu_vault;


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

\unrestrict AOvLHYribyI1vPJlrVeky9YsNMvBcBZkeCSyBCLNnO0BbNqi6okj7GhHPBqTZmO

