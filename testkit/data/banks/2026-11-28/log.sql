--
-- PostgreSQL database dump
--

\restrict U2Ex3geUx010sQ3yWM59owLMkYrvNcJI9yp0iJik0jQMhz412dmEr5SFiYVcsac

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

SET default_tablespace = '';

SET default_table_access_method = heap;

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
-- Name: commits; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.commits (
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    command_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    correlation uuid NOT NULL,
    fingerprint bytea NOT NULL,
    actor_role "char" NOT NULL,
    CONSTRAINT commits_positions_check CHECK ((last_position >= first_position))
);


ALTER TABLE public.commits OWNER TO jangbu_owner;

--
-- Name: TABLE commits; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.commits IS 'what one command wrote: append-only';


--
-- Name: COLUMN commits.recorded_at; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.commits.recorded_at IS 'the clock of the log: never goes back from one commit to the next';


--
-- Name: COLUMN commits.actor_role; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON COLUMN public.commits.actor_role IS 'm(ember), o(perator) or s(ervice)';


--
-- Name: events; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.events (
    "position" bigint NOT NULL,
    version bigint NOT NULL,
    stream_id uuid NOT NULL,
    schema_version smallint NOT NULL,
    type text NOT NULL,
    payload json NOT NULL,
    CONSTRAINT events_version_check CHECK ((version > 0))
);


ALTER TABLE public.events OWNER TO jangbu_owner;

--
-- Name: TABLE events; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.events IS 'the log: append-only, gapless by position, gapless by version within a stream';


--
-- Name: log_head; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.log_head (
    singleton boolean DEFAULT true NOT NULL,
    log_id uuid DEFAULT gen_random_uuid() NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
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
-- Name: relay_cursor; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.relay_cursor (
    singleton boolean DEFAULT true NOT NULL,
    epoch bigint NOT NULL,
    "position" bigint NOT NULL,
    holder text NOT NULL,
    renewed_at timestamp with time zone NOT NULL,
    CONSTRAINT relay_cursor_singleton_check CHECK (singleton)
)
WITH (fillfactor='50');


ALTER TABLE public.relay_cursor OWNER TO jangbu_owner;

--
-- Name: TABLE relay_cursor; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.relay_cursor IS 'how far the relay has published; the tail of the stream is the truth when it starts';


--
-- Name: snapshots; Type: TABLE; Schema: public; Owner: jangbu_owner
--

CREATE TABLE public.snapshots (
    stream_id uuid NOT NULL,
    version bigint NOT NULL,
    state_schema integer NOT NULL,
    state json NOT NULL,
    CONSTRAINT snapshots_version_check CHECK ((version > 0))
);


ALTER TABLE public.snapshots OWNER TO jangbu_owner;

--
-- Name: TABLE snapshots; Type: COMMENT; Schema: public; Owner: jangbu_owner
--

COMMENT ON TABLE public.snapshots IS 'a cache of states of streams: may be dropped at any time';


--
-- Data for Name: event_store; Type: TABLE DATA; Schema: migrations; Owner: jangbu_owner
--

COPY migrations.event_store (version, description, checksum, applied_at) FROM stdin;
20261120090000	create roles	\\x0faa11ac851398c2d91903b3f27189cea50992aab9054fa1f68ae84e0a7e3f36d9085c746f9b187b5d581b8f09a2766d	2026-11-28 13:27:17.253837+00
20261120090100	limit roles	\\x3efcbbb1b576aa7e8dae9346d7572c95111c8e6bde3cde8c97080cf87ba214942ef9fd37cf8b14d52a2d94e86bd696ea	2026-11-28 13:27:17.301841+00
20261120090200	create log head	\\x910f63d0951222399c2923c4735e70fedf8dada8b4641c59d4aeaf45b133d659624768897a687fc29a3b103d29e92c83	2026-11-28 13:27:17.337762+00
20261120090300	create commits	\\xd9b2bf7d76d0fd58c8529843859bb74ffdd0db8272faa7cee1b4fb0aab388896d2b600e99eb7c15d42cf166d453029cc	2026-11-28 13:27:17.354244+00
20261120090400	create events	\\x251ea11909b870b326b4924c0695517a996c34397dfbbe4cf9c868bd500a552ac81ebc2ec724aed19a4e848a8265e812	2026-11-28 13:27:17.41003+00
20261120090500	forbid rewriting	\\x67174c63fc0a360ad2f00d0fe67d65016dcd632df4f01ae86d9cab045b9f1b49528c3795ef638e2036f6415cdddfd2f4	2026-11-28 13:27:17.440213+00
20261120090600	create snapshots	\\x6f97c010c02fa177850f2803fe192f48f70cd13c66434f07aadd514a77f75cb5f50524779c6f2ea1caec15667217b82f	2026-11-28 13:27:17.478438+00
20261120090700	create relay cursor	\\x16c27cfed3fbe9660be63e50694f0ffcfa72f50af137bf6ba24d57f9c8ee56f2d96035eca5c89b8b343bb452e2266a86	2026-11-28 13:27:17.490152+00
20261120090800	grant log	\\xed72e7934635d22456ec2c170754239dd373ea09b827cc0ebcb15d0eee5a8edc95661ea2e1f2497ac0ac905c2c3bfe10	2026-11-28 13:27:17.496431+00
20261122000400	let an empty log take its clock	\\x23077a15213ddb9f81a7613c1b6a3bddfe49a65dfa9f2bc6a0c173f735106b656b44a2cd99299a9cae8397f46077df3c	2026-11-28 13:27:17.502641+00
20261122010000	index member events	\\xfa6761806ff7bfe48b214cf0e5f4c6999c0bff419fef13248a37221d4fe8d064b9bbd7b5bae735850599c2ed17a7b2b1	2026-11-28 13:27:17.509981+00
20261122010100	index account owners	\\xbd3afed5a0f59f81c81f60872278d167c58beb508e725c34b73453206ea1e93b35a2f42df1da0525b105a72a62b5718c	2026-11-28 13:27:17.530331+00
\.


--
-- Data for Name: commits; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.commits (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role) FROM stdin;
1	3	2026-11-28 13:27:23.398894+00	dcb464af-6ad1-8694-983c-518c4616c5e9	01a22256-cbb6-759b-b159-cb9039febc35	01a22256-c8a6-7757-8aa9-d0735325c512	\\xf625ae0ed2bd3b02ee23c73a5044d142	m
4	7	2026-11-28 13:27:23.953616+00	7057603d-742d-89e9-b73e-b512e36d68c1	01a22256-cbb6-759b-b159-cb9039febc35	01a22256-ce2e-762c-99db-c1a2f5ec42c9	\\xce8c1a7b400a2d599d5434be7edbdfc1	m
8	10	2026-11-28 13:27:24.742175+00	fb12cd3d-d328-81f3-82be-b6e0d8bbb7f9	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-ce46-763b-97d5-d1668caf167e	\\xf0da7cfd5b58b78ae71ec8c27bdc1ab3	m
11	14	2026-11-28 13:27:25.057774+00	cf91cfe0-c21e-8ad7-8a83-a67717c8e05c	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-d27e-71ed-8470-823bbeb0db89	\\x41d176419011421b2cc2e2ed7becc2a9	m
15	17	2026-11-28 13:27:25.637866+00	dae26045-86b2-8ff7-9993-797b4f49985f	01a22256-d47a-764b-992e-0ed43ed555bb	01a22256-d29b-7065-99ab-48274f233da3	\\x4d1537f18869f1d8d0f2b8637a4ad670	m
18	21	2026-11-28 13:27:26.096886+00	acc90164-b42a-8486-b15d-9a57486e8a7d	01a22256-d47a-764b-992e-0ed43ed555bb	01a22256-d688-774d-80fc-13dce8bd240b	\\x1fba873cfbaef2ec5e8ec279eb50604c	m
22	23	2026-11-28 13:27:28.134791+00	99cbbe65-bea3-84f9-b9d5-0db77001a4bc	01a22256-cbb6-759b-b159-cb9039febc35	01a22256-de3e-74a5-adad-b529612f51dc	\\x8252e5474f3823c054dcbd351a59bed7	m
24	25	2026-11-28 13:27:28.175787+00	d59e20ee-ce71-8622-9bf8-351cf7d4da77	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-deae-75e5-bdbe-8b6db963d9e5	\\x8252e5474f3823c054dcbd351a59bed7	m
26	27	2026-11-28 13:27:28.191474+00	14fb1900-db10-800a-a1ae-ff8cf9e65aa6	01a22256-cbb6-759b-b159-cb9039febc35	01a22256-debe-7756-a08d-196cc1734aac	\\x2ef99e49b1c66483234dab2763d54e7a	m
28	29	2026-11-28 13:27:28.216099+00	3445e5d9-778b-80c3-be5b-4a580602e849	01a22256-d47a-764b-992e-0ed43ed555bb	01a22256-ded7-747b-a0e5-73649ae6a75b	\\x8252e5474f3823c054dcbd351a59bed7	m
30	31	2026-11-28 13:27:28.236683+00	e5f16d3a-b9ea-8169-8c17-83a2666c14e6	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-deeb-7282-a8c3-106611389276	\\x8252e5474f3823c054dcbd351a59bed7	m
32	33	2026-11-28 13:27:28.249411+00	efd72a2b-d9fe-8141-a012-b601314d66c3	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-def5-749a-bdf3-f9abe623d4f1	\\x8252e5474f3823c054dcbd351a59bed7	m
34	37	2026-11-28 13:27:28.306398+00	219728e4-e7b9-8738-97b1-af54c7913fee	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22256-df03-76b7-9f2b-bf453b50ba0b	\\x4d2484c20e91e1cab993f2dac18a544a	s
38	41	2026-11-28 13:27:28.338518+00	1db72ccf-40a6-8f4a-818d-d606af9796f6	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22256-df4b-7637-96eb-6dca78da76de	\\x6e7ad0db38a7bf3a0010c1db95820d02	s
42	44	2026-11-28 13:27:28.378312+00	09616041-b23a-8f76-b38e-5390f1163771	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22256-df77-75fe-9f38-ebb3c485bc90	\\x54f00c552e183f6a9c258401bd160d59	s
45	47	2026-11-28 13:27:28.410853+00	deaa8b48-3bad-8a44-af52-5ff3de46585d	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22256-df99-7034-b3ff-443461719c21	\\x92202cba03ea99c2fb013385268564ba	s
48	50	2026-11-28 13:27:28.437867+00	12b79317-d302-871f-90d3-9ce429cd27d6	01a22256-cbb6-759b-b159-cb9039febc35	01a22256-dfac-74af-a5cc-6843ee6a0c02	\\x04a15ebba69437c4b297f9eaceae4f29	m
51	53	2026-11-28 13:27:28.65798+00	4bba5a14-84d7-8d0d-ada9-501865359b77	01a22256-cbb6-759b-b159-cb9039febc35	01a22256-e08a-72b1-9adf-58973f32eb81	\\xf5affd453d0bd6bc789b8986b77710d8	m
54	54	2026-11-28 13:27:28.741982+00	ba381b51-661f-8cff-81b4-00d9033f4b23	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-e0ce-75f5-925f-7af7260db9ce	\\xc8be1afae6f57cbf2c38ca333ff016ab	m
55	58	2026-11-28 13:27:28.829824+00	e56a350b-a28c-8de0-865e-e698fdf4c76e	89eef012-2054-54f5-a397-04ae16c7f927	01a22256-e136-7729-9d8d-2b8c9ad7b685	\\x9ace450b0cbe5caee367ac02e0f2acc1	o
59	59	2026-11-28 13:27:28.895355+00	604f6184-4119-8ac4-8351-63c15c04bc6d	89eef012-2054-54f5-a397-04ae16c7f927	01a22256-e176-772a-bd9a-db580c304bc1	\\x3c0525be31a8335615aca4bcfa1e1657	o
60	60	2026-11-28 13:27:28.941838+00	95d13b7c-1e02-834b-a09e-4e8b54ec9be0	89eef012-2054-54f5-a397-04ae16c7f927	01a22256-e1aa-7603-b1ef-65415218a3c0	\\x58f12b5da71a4897bdc505eafdee6fce	o
61	61	2026-11-28 13:27:29.065829+00	095ce666-5491-8da5-b5fc-b7424763ffad	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-e228-757a-933b-e9cf97f35f6b	\\xa87357e2daec97e9d86cff94c6fd1a78	m
62	68	2026-11-28 13:27:29.141861+00	150571bd-319e-89c7-9712-c086cf97e3d1	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22256-e269-72f3-96fa-7e5f00c04013	\\x9d4b8a3f7333178348253251eb59a2d9	s
69	70	2026-11-28 13:27:29.233941+00	efc7b8ad-8ac4-8cea-af74-95068e90d342	bacf4432-d9d4-5c5b-a129-a664f2a30e67	01a22256-e2ce-75e9-ae49-0b707065607e	\\xa1e8bd214c1be410cd38d3e8df651837	s
71	71	2026-11-28 13:27:29.327814+00	3cd7f540-ebf5-8e89-a697-c1b5f6426898	01a22256-d47a-764b-992e-0ed43ed555bb	01a22256-e32d-7191-86db-b0dd35d4dfc3	\\xf4c90caa9055e89ff6aaadcfa6f1c0bc	m
72	72	2026-11-28 13:27:31.312017+00	20325083-d4c9-8d3f-b8b5-66e2953a229d	01a22256-d47a-764b-992e-0ed43ed555bb	01a22256-e349-75e5-9a1c-8a894ed7a808	\\x86aa46b46f0b32263cd147b68441a478	m
73	75	2026-11-28 13:27:34.492218+00	74392e07-8cac-5faf-bf9a-99162d096562	6a616e67-6275-5f62-8061-636b6f666664	01a22256-f751-7152-969c-5d7983416588	\\x74392e078cac5fafbf9a99162d096562	s
76	78	2026-11-28 13:27:35.027079+00	7cdbff31-3bed-8f63-ae58-a52ba0cce53b	01a22256-f94e-7235-9af0-22e8d2ced5f3	01a22256-f7de-76bb-85a6-aad2b3877bb7	\\xfc26a83f878ffd603189a6e402b89ca6	m
79	80	2026-11-28 13:27:35.475126+00	1aef3cd8-9e46-890d-ada9-1c34c95ce85d	01a22256-d11c-7052-ada2-86204abe28f5	01a22256-fb2a-720d-95d2-6efebaf04df4	\\xbe9693f52adde57297a116347c1c8b8a	m
\.


--
-- Data for Name: events; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.events ("position", version, stream_id, schema_version, type, payload) FROM stdin;
1	1	01a22256-cbb6-759b-b159-cb8ff212f834	1	SignUpStarted	{"member":"01a22256-cbb6-759b-b159-cb9039febc35","channel":"email","login_id":"AQTSU/BKeECOT7fuEJ/oeogbhZ+8ReedhQie5pdHzyYp2kRsTsy1mhVB/3IYCc1IKA","contact":"AZZUfoMCW2P07FouP8dLD7mVlxQEt9yl9NzaAK/AZ+pwsF89tTK+Ss/vjL3eW0rk475d7BYPtOXMFmOS9Q","real_name":"AYfLk05cht9rPYViFu/5a2wfNsRaPxZ5A75+rWIPZv3J2jh6RSFYRCU2I0a6N8blvqdMRTI0PsJ17n+CzlE","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"1915670d-6c65-85d3-8798-10dc1c181c43","contact_key":"349d558a-d388-832e-94e2-f47aeea6be45","expires_at":"2026-11-28T14:27:23.395609Z","code_expires_at":"2026-11-28T13:37:23.395609Z","resend_after":"2026-11-28T13:27:53.395609Z"}
2	1	1915670d-6c65-85d3-8798-10dc1c181c43	1	NameReserved	{"name":"login_id","holder":{"kind":"sign_up","sign_up":"01a22256-cbb6-759b-b159-cb8ff212f834","until":"2026-11-28T14:27:23.395609Z"}}
3	1	349d558a-d388-832e-94e2-f47aeea6be45	1	NameReserved	{"name":"contact","holder":{"kind":"sign_up","sign_up":"01a22256-cbb6-759b-b159-cb8ff212f834","until":"2026-11-28T14:27:23.395609Z"}}
4	2	01a22256-cbb6-759b-b159-cb8ff212f834	1	SignUpCompleted	{"member":"01a22256-cbb6-759b-b159-cb9039febc35"}
5	2	1915670d-6c65-85d3-8798-10dc1c181c43	1	NameReserved	{"name":"login_id","holder":{"kind":"member","member":"01a22256-cbb6-759b-b159-cb9039febc35"}}
6	2	349d558a-d388-832e-94e2-f47aeea6be45	1	NameReserved	{"name":"contact","holder":{"kind":"member","member":"01a22256-cbb6-759b-b159-cb9039febc35"}}
7	1	01a22256-cbb6-759b-b159-cb9039febc35	1	MemberJoined	{"sign_up":"01a22256-cbb6-759b-b159-cb8ff212f834","channel":"email","login_id":"AbTSv+Y7FfAnI7UGMOmkIC8G7HqqOIFWv3eQ4YLjRRmqPW9uEQNIrZw0TW8Ve3d0ZA","contact":"ASsbN/LwZ7pwK1fpDpxyYdRP1RM+X7BZUCh7QM9O+cddo8ZErPtdDSyvXbowINsX18EJ50x2ahZkRAXhlw","real_name":"ARCpURJ/fFfOakcHLHkDcNIrjiSI4EkYS3rKulxXjM0byQYByovFu8pnVTRkpMjbT1Wp/ev3bp0/gFUPx9U","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"1915670d-6c65-85d3-8798-10dc1c181c43","contact_key":"349d558a-d388-832e-94e2-f47aeea6be45"}
8	1	01a22256-d11c-7052-ada2-861fc5aaa252	1	SignUpStarted	{"member":"01a22256-d11c-7052-ada2-86204abe28f5","channel":"phone","login_id":"AYvZGXM1VE5tjtAgEB8pvhvj/eRSY/OXCELMRLztGgev9ixE8nmekpazyg5KEwTa7uU","contact":"ASs6hqxwPxgPMjBhAKuT/APLn+fTisbr+i4kLZcz+pluA0L9AWzG6MlJDjU7fP1agUy7BNtn","real_name":"AeCer8zXtYPWYRUDCzG0iJiC8g2Os50w+tIVEj8h1BMy3Sz7hH/kpOc5vh82AkVqLhoT+tc+zgMFSHrxoEZ1","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"6da91a97-3b52-8c09-9ed7-0fd16e6de8a8","contact_key":"efcc51b6-673b-845a-ad0c-4cf0c292015e","expires_at":"2026-11-28T14:27:24.738463Z","code_expires_at":"2026-11-28T13:37:24.738463Z","resend_after":"2026-11-28T13:27:54.738463Z"}
9	1	6da91a97-3b52-8c09-9ed7-0fd16e6de8a8	1	NameReserved	{"name":"login_id","holder":{"kind":"sign_up","sign_up":"01a22256-d11c-7052-ada2-861fc5aaa252","until":"2026-11-28T14:27:24.738463Z"}}
10	1	efcc51b6-673b-845a-ad0c-4cf0c292015e	1	NameReserved	{"name":"contact","holder":{"kind":"sign_up","sign_up":"01a22256-d11c-7052-ada2-861fc5aaa252","until":"2026-11-28T14:27:24.738463Z"}}
11	2	01a22256-d11c-7052-ada2-861fc5aaa252	1	SignUpCompleted	{"member":"01a22256-d11c-7052-ada2-86204abe28f5"}
12	2	6da91a97-3b52-8c09-9ed7-0fd16e6de8a8	1	NameReserved	{"name":"login_id","holder":{"kind":"member","member":"01a22256-d11c-7052-ada2-86204abe28f5"}}
13	2	efcc51b6-673b-845a-ad0c-4cf0c292015e	1	NameReserved	{"name":"contact","holder":{"kind":"member","member":"01a22256-d11c-7052-ada2-86204abe28f5"}}
14	1	01a22256-d11c-7052-ada2-86204abe28f5	1	MemberJoined	{"sign_up":"01a22256-d11c-7052-ada2-861fc5aaa252","channel":"phone","login_id":"AY/psorNQDyiX+wNqG/hb1SaBrcnUM3kE+31jCwxqCNOoej4bctTnGGN71T2HvAJesk","contact":"AVE/ZaTlk2f8JIcZVFjNHrNflUfHvA12MnCAiSptwAjfyve1VM83TW4bjrBbdlS1Lrv27aQ8","real_name":"ARUnif/F78CfKIbJoTb2JP8bAfnM3LHYe0WHIgjgxDbhfG/uXl99RcaeSlG+fVckjl+AT8OfBQWoiXoqq7I0","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"6da91a97-3b52-8c09-9ed7-0fd16e6de8a8","contact_key":"efcc51b6-673b-845a-ad0c-4cf0c292015e"}
15	1	01a22256-d47a-764b-992e-0ed3ebd59de5	1	SignUpStarted	{"member":"01a22256-d47a-764b-992e-0ed43ed555bb","channel":"email","login_id":"AWjByFqAPq48ktYWwkiG0P9ChUQiZKUI/TcjjGqcnGFSv9V4T9/A4Dr1KimGfwH6j1A","contact":"AWhwPSCIvItHfpsCiN+JiIVMj/5sVEujxwc8FGEd8KBjflkWeYLvS0uV+SGMSKKef1waKTrZlY2NIYudeKI","real_name":"AZEshN8AvUW7UTCszEfo/ailmP89B2LPuucKW4jM8KMVoYUrfjBIfRspo7FpON5ztXsglOke9HUmy3x7UtDV","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"46e01d17-a7f2-86e3-a42e-bf924188b833","contact_key":"8182a87b-ff74-811e-92a9-154b674d6383","expires_at":"2026-11-28T14:27:25.633853Z","code_expires_at":"2026-11-28T13:37:25.633853Z","resend_after":"2026-11-28T13:27:55.633853Z"}
16	1	46e01d17-a7f2-86e3-a42e-bf924188b833	1	NameReserved	{"name":"login_id","holder":{"kind":"sign_up","sign_up":"01a22256-d47a-764b-992e-0ed3ebd59de5","until":"2026-11-28T14:27:25.633853Z"}}
17	1	8182a87b-ff74-811e-92a9-154b674d6383	1	NameReserved	{"name":"contact","holder":{"kind":"sign_up","sign_up":"01a22256-d47a-764b-992e-0ed3ebd59de5","until":"2026-11-28T14:27:25.633853Z"}}
18	2	01a22256-d47a-764b-992e-0ed3ebd59de5	1	SignUpCompleted	{"member":"01a22256-d47a-764b-992e-0ed43ed555bb"}
19	2	46e01d17-a7f2-86e3-a42e-bf924188b833	1	NameReserved	{"name":"login_id","holder":{"kind":"member","member":"01a22256-d47a-764b-992e-0ed43ed555bb"}}
20	2	8182a87b-ff74-811e-92a9-154b674d6383	1	NameReserved	{"name":"contact","holder":{"kind":"member","member":"01a22256-d47a-764b-992e-0ed43ed555bb"}}
21	1	01a22256-d47a-764b-992e-0ed43ed555bb	1	MemberJoined	{"sign_up":"01a22256-d47a-764b-992e-0ed3ebd59de5","channel":"email","login_id":"AbK+l7m79dg05R/ZXS004wmY5tkWPv+oOktiy6n1qE/WaKBfHyuFFroj3j48i/ZfrGE","contact":"AbiCj/xRSaYcB0AO2S5d/AL/SV1aGNZwDEL+7kp+33RFDN8vKKLrcuSbvDLxdKxPAHBrUcXPyLI+kZqxk94","real_name":"ATK14ucu6BwzqUsWLh4HEbN2wNA4dIKjhqVGKrW9qUIW3kntp5IIWnXWTf/OrpT5w+Oc848nwMxhzsdUiT1A","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"46e01d17-a7f2-86e3-a42e-bf924188b833","contact_key":"8182a87b-ff74-811e-92a9-154b674d6383"}
22	1	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountOpened	{"holder":{"kind":"member","owner":"01a22256-cbb6-759b-b159-cb9039febc35","number":"728519269017"},"asset":"KRW"}
23	1	1ad8cf2a-c6e1-5e12-9f0f-7a403b20f124	1	AccountNumberAssigned	{"account":"01a22256-de3f-73cd-8bd4-5c3178576429"}
24	1	01a22256-deaf-74af-a480-4683a20866ab	1	AccountOpened	{"holder":{"kind":"member","owner":"01a22256-d11c-7052-ada2-86204abe28f5","number":"917519657381"},"asset":"KRW"}
25	1	1a03a30e-3ac1-5b93-b16f-66e695637a46	1	AccountNumberAssigned	{"account":"01a22256-deaf-74af-a480-4683a20866ab"}
26	1	01a22256-debe-7756-a08d-196df7e46e53	1	AccountOpened	{"holder":{"kind":"member","owner":"01a22256-cbb6-759b-b159-cb9039febc35","number":"794237723497"},"asset":"USD"}
27	1	f3880270-faae-5f78-9119-6a4064f31570	1	AccountNumberAssigned	{"account":"01a22256-debe-7756-a08d-196df7e46e53"}
72	2	01a22256-d47a-764b-992e-0ed43ed555bb	1	ErasureRequested	{"erasure":"01a22256-eaef-76a2-933a-ba95f6aa22e9"}
28	1	01a22256-ded7-747b-a0e5-7365b8af4d1f	1	AccountOpened	{"holder":{"kind":"member","owner":"01a22256-d47a-764b-992e-0ed43ed555bb","number":"552076290066"},"asset":"KRW"}
29	1	8ddaf537-27cb-5898-b3fb-6b8ab0b1e667	1	AccountNumberAssigned	{"account":"01a22256-ded7-747b-a0e5-7365b8af4d1f"}
30	1	01a22256-deec-7769-8944-0e58cc8bc006	1	AccountOpened	{"holder":{"kind":"member","owner":"01a22256-d11c-7052-ada2-86204abe28f5","number":"105294038351"},"asset":"KRW"}
31	1	3e7d8a62-68d3-5052-99da-1ba8920e329c	1	AccountNumberAssigned	{"account":"01a22256-deec-7769-8944-0e58cc8bc006"}
32	1	01a22256-def6-702f-810d-9b3f05505391	1	AccountOpened	{"holder":{"kind":"member","owner":"01a22256-d11c-7052-ada2-86204abe28f5","number":"029714013396"},"asset":"KRW"}
33	1	406e33cc-dd8d-5e5d-addb-86fa5442df81	1	AccountNumberAssigned	{"account":"01a22256-def6-702f-810d-9b3f05505391"}
34	1	7ac04d90-bf25-5575-afdf-62e20c8352d0	1	AccountOpened	{"holder":{"kind":"system","name":"cash/server-0"},"asset":"KRW"}
35	1	01a22256-df31-75fa-82f0-223c1301e872	1	TransferPosted	{"kind":"deposit","source":"7ac04d90-bf25-5575-afdf-62e20c8352d0","destination":"01a22256-de3f-73cd-8bd4-5c3178576429","asset":"KRW","amount":"100000","reference":"pay day"}
36	2	7ac04d90-bf25-5575-afdf-62e20c8352d0	1	AccountDebited	{"transfer":"01a22256-df31-75fa-82f0-223c1301e872","amount":"100000","balance":"-100000"}
37	2	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountCredited	{"transfer":"01a22256-df31-75fa-82f0-223c1301e872","amount":"100000","balance":"100000"}
38	1	18e582b9-58af-586a-8433-8d5e10ba1371	1	AccountOpened	{"holder":{"kind":"system","name":"cash/server-0"},"asset":"USD"}
39	1	01a22256-df52-7434-b511-a4e7f12491a7	1	TransferPosted	{"kind":"deposit","source":"18e582b9-58af-586a-8433-8d5e10ba1371","destination":"01a22256-debe-7756-a08d-196df7e46e53","asset":"USD","amount":"2500","reference":"gift"}
40	2	18e582b9-58af-586a-8433-8d5e10ba1371	1	AccountDebited	{"transfer":"01a22256-df52-7434-b511-a4e7f12491a7","amount":"2500","balance":"-2500"}
41	2	01a22256-debe-7756-a08d-196df7e46e53	1	AccountCredited	{"transfer":"01a22256-df52-7434-b511-a4e7f12491a7","amount":"2500","balance":"2500"}
42	1	01a22256-df78-778d-a68f-6307c6cd1ff9	1	TransferPosted	{"kind":"deposit","source":"7ac04d90-bf25-5575-afdf-62e20c8352d0","destination":"01a22256-def6-702f-810d-9b3f05505391","asset":"KRW","amount":"700","reference":"coins"}
43	3	7ac04d90-bf25-5575-afdf-62e20c8352d0	1	AccountDebited	{"transfer":"01a22256-df78-778d-a68f-6307c6cd1ff9","amount":"700","balance":"-100700"}
44	2	01a22256-def6-702f-810d-9b3f05505391	1	AccountCredited	{"transfer":"01a22256-df78-778d-a68f-6307c6cd1ff9","amount":"700","balance":"700"}
45	1	01a22256-df9a-7474-9b94-8121f50a7327	1	TransferPosted	{"kind":"withdrawal","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"7ac04d90-bf25-5575-afdf-62e20c8352d0","asset":"KRW","amount":"10000","reference":"cash"}
46	3	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountDebited	{"transfer":"01a22256-df9a-7474-9b94-8121f50a7327","amount":"10000","balance":"90000"}
47	4	7ac04d90-bf25-5575-afdf-62e20c8352d0	1	AccountCredited	{"transfer":"01a22256-df9a-7474-9b94-8121f50a7327","amount":"10000","balance":"-90700"}
48	1	01a22256-dfb1-740a-a558-fc7982060c48	1	TransferPosted	{"kind":"transfer","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"01a22256-deaf-74af-a480-4683a20866ab","asset":"KRW","amount":"30000","memo":"rent 월세"}
49	4	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountDebited	{"transfer":"01a22256-dfb1-740a-a558-fc7982060c48","amount":"30000","balance":"60000"}
50	2	01a22256-deaf-74af-a480-4683a20866ab	1	AccountCredited	{"transfer":"01a22256-dfb1-740a-a558-fc7982060c48","amount":"30000","balance":"30000"}
51	1	01a22256-e08a-72b1-9adf-58980ac6ae69	1	TransferPosted	{"kind":"transfer","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"01a22256-ded7-747b-a0e5-7365b8af4d1f","asset":"KRW","amount":"5000"}
52	5	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountDebited	{"transfer":"01a22256-e08a-72b1-9adf-58980ac6ae69","amount":"5000","balance":"55000"}
53	2	01a22256-ded7-747b-a0e5-7365b8af4d1f	1	AccountCredited	{"transfer":"01a22256-e08a-72b1-9adf-58980ac6ae69","amount":"5000","balance":"5000"}
54	1	01a22256-e0e2-721d-a6cf-b46be4b5d0dd	1	TransferRejected	{"kind":"transfer","source":"01a22256-deaf-74af-a480-4683a20866ab","destination":"01a22256-de3f-73cd-8bd4-5c3178576429","asset":"KRW","amount":"9000000","memo":"too much","refusal":{"code":"insufficient-funds","available":"30000"}}
55	2	01a22256-e08a-72b1-9adf-58980ac6ae69	1	TransferReversed	{"by":"01a22256-e137-75a5-a718-fd3941ee64b7"}
56	1	01a22256-e137-75a5-a718-fd3941ee64b7	1	TransferPosted	{"kind":"reversal","source":"01a22256-ded7-747b-a0e5-7365b8af4d1f","destination":"01a22256-de3f-73cd-8bd4-5c3178576429","asset":"KRW","amount":"5000","memo":"wrong person","reverses":"01a22256-e08a-72b1-9adf-58980ac6ae69"}
57	3	01a22256-ded7-747b-a0e5-7365b8af4d1f	1	AccountDebited	{"transfer":"01a22256-e137-75a5-a718-fd3941ee64b7","amount":"5000","balance":"0"}
58	6	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountCredited	{"transfer":"01a22256-e137-75a5-a718-fd3941ee64b7","amount":"5000","balance":"60000"}
59	1	604f6184-4119-8ac4-8351-63c15c04bc6d	1	CommandRefused	{"refusal":{"code":"already-reversed"}}
60	3	01a22256-def6-702f-810d-9b3f05505391	1	AccountFrozen	{"reason":"a report","balance":"700"}
61	2	01a22256-deec-7769-8944-0e58cc8bc006	1	AccountClosed	{"reason":"not needed"}
62	1	01a22256-e272-7198-bd61-a45b4f2fa15d	1	TransferPosted	{"kind":"transfer","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"01a22256-deaf-74af-a480-4683a20866ab","asset":"KRW","amount":"10"}
63	7	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountDebited	{"transfer":"01a22256-e272-7198-bd61-a45b4f2fa15d","amount":"10","balance":"59990"}
64	3	01a22256-deaf-74af-a480-4683a20866ab	1	AccountCredited	{"transfer":"01a22256-e272-7198-bd61-a45b4f2fa15d","amount":"10","balance":"30010"}
65	1	01a22256-e272-7198-bd61-a45d447353de	1	TransferRejected	{"kind":"transfer","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"01a22256-deaf-74af-a480-4683a20866ab","asset":"KRW","amount":"99999999","refusal":{"code":"insufficient-funds","available":"59990"}}
66	1	01a22256-e272-7198-bd61-a45e8d18ce07	1	TransferPosted	{"kind":"transfer","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"01a22256-deaf-74af-a480-4683a20866ab","asset":"KRW","amount":"20"}
67	8	01a22256-de3f-73cd-8bd4-5c3178576429	1	AccountDebited	{"transfer":"01a22256-e272-7198-bd61-a45e8d18ce07","amount":"20","balance":"59970"}
68	4	01a22256-deaf-74af-a480-4683a20866ab	1	AccountCredited	{"transfer":"01a22256-e272-7198-bd61-a45e8d18ce07","amount":"20","balance":"30030"}
69	1	01a22256-e2cf-741a-a3c7-685c5b16edfe	1	TransferRejected	{"kind":"transfer","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"01a22256-deaf-74af-a480-4683a20866ab","asset":"KRW","amount":"10","refusal":{"code":"batch-aborted"}}
71	4	01a22256-ded7-747b-a0e5-7365b8af4d1f	1	AccountClosed	{}
70	1	01a22256-e2cf-741a-a3c7-685d02b5513e	1	TransferRejected	{"kind":"transfer","source":"01a22256-de3f-73cd-8bd4-5c3178576429","destination":"01a22256-deaf-74af-a480-4683a20866ab","asset":"KRW","amount":"99999999","refusal":{"code":"insufficient-funds","available":"59960"}}
73	3	01a22256-d47a-764b-992e-0ed43ed555bb	1	MemberErased	{"erasure":"01a22256-eaef-76a2-933a-ba95f6aa22e9","digest":"47c6fdbe8a4d68076ed4a5b91d2e80bfa04c6a4f23621a1faa88bb52a4eb4cc1"}
74	3	46e01d17-a7f2-86e3-a42e-bf924188b833	1	NameReleased	{}
75	3	8182a87b-ff74-811e-92a9-154b674d6383	1	NameReleased	{}
79	2	01a22256-d11c-7052-ada2-86204abe28f5	1	ContactChangeStarted	{"channel":"email","contact":"AR4HApwfXSfgCdFX6Ctb4HER8O2YtpkPPh5BJUHaIErtaNhaSCawOT5KaPVfTOP9Rbe0WaVA3G1ng3Uoi8Q","contact_key":"9dd8a090-fd34-8b9f-bbf1-f57fceb20daf","serial":1,"expires_at":"2026-11-28T13:37:35.474767Z","resend_after":"2026-11-28T13:28:05.474767Z"}
80	1	9dd8a090-fd34-8b9f-bbf1-f57fceb20daf	1	NameReserved	{"name":"contact","holder":{"kind":"change","member":"01a22256-d11c-7052-ada2-86204abe28f5","until":"2026-11-28T13:37:35.474767Z"}}
76	1	01a22256-f94e-7235-9af0-22e77af26c5a	1	SignUpStarted	{"member":"01a22256-f94e-7235-9af0-22e8d2ced5f3","channel":"email","login_id":"ARIbnLplwLlLYrCV+IyVxmvVE256fANPu5Qt5TX5GVy2sF3tv7Vl2ljGJHNej8FS+Q","contact":"AUmWZVaI1Q15SZsSDWLnZu+ZL8KYoaqFCV+Bh6QmjmgJr5I/3FslWFx0fYE4rnc7/DPEidY2WHGObacemQ","real_name":"ATTQOPooxkClKkAk+SArTKuXTviO4qgmvs5cQEM6uQvT9jbs7REnh+69nUXZCAzxevZufYj3fgATRF2+b7g","consents":[{"document":"terms","version":"1","agreed":true},{"document":"privacy","version":"1","agreed":true}],"login_key":"4ab73b17-47ad-8c37-b9d2-52732ae73ebf","contact_key":"b1df47df-c03c-8ea1-a90c-2d36b402afbd","expires_at":"2026-11-28T14:27:35.026507Z","code_expires_at":"2026-11-28T13:37:35.026507Z","resend_after":"2026-11-28T13:28:05.026507Z"}
77	1	4ab73b17-47ad-8c37-b9d2-52732ae73ebf	1	NameReserved	{"name":"login_id","holder":{"kind":"sign_up","sign_up":"01a22256-f94e-7235-9af0-22e77af26c5a","until":"2026-11-28T14:27:35.026507Z"}}
78	1	b1df47df-c03c-8ea1-a90c-2d36b402afbd	1	NameReserved	{"name":"contact","holder":{"kind":"sign_up","sign_up":"01a22256-f94e-7235-9af0-22e77af26c5a","until":"2026-11-28T14:27:35.026507Z"}}
\.


--
-- Data for Name: log_head; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.log_head (singleton, log_id, "position", recorded_at) FROM stdin;
t	01a22256-bf81-7099-bddc-203184cf266f	80	2026-11-28 13:27:35.475126+00
\.


--
-- Data for Name: relay_cursor; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.relay_cursor (singleton, epoch, "position", holder, renewed_at) FROM stdin;
t	1	80	relay (process 4165)	2026-11-28 13:27:36.057873+00
\.


--
-- Data for Name: snapshots; Type: TABLE DATA; Schema: public; Owner: jangbu_owner
--

COPY public.snapshots (stream_id, version, state_schema, state) FROM stdin;
6a616e67-6275-5f62-8061-636b6f666663	3	1	{"position":3,"sign_ups":{"01a22256-cbb6-759b-b159-cb8ff212f834":"2026-11-28T14:27:23.395609Z"},"erasures":{}}
\.


--
-- Name: event_store event_store_pkey; Type: CONSTRAINT; Schema: migrations; Owner: jangbu_owner
--

ALTER TABLE ONLY migrations.event_store
    ADD CONSTRAINT event_store_pkey PRIMARY KEY (version);


--
-- Name: commits commits_command_id_key; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.commits
    ADD CONSTRAINT commits_command_id_key UNIQUE (command_id);


--
-- Name: commits commits_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.commits
    ADD CONSTRAINT commits_pkey PRIMARY KEY (first_position) WITH (fillfactor='100');


--
-- Name: events events_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_pkey PRIMARY KEY ("position") WITH (fillfactor='100');


--
-- Name: events events_stream_id_version_key; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.events
    ADD CONSTRAINT events_stream_id_version_key UNIQUE (stream_id, version);


--
-- Name: log_head log_head_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.log_head
    ADD CONSTRAINT log_head_pkey PRIMARY KEY (singleton);


--
-- Name: relay_cursor relay_cursor_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.relay_cursor
    ADD CONSTRAINT relay_cursor_pkey PRIMARY KEY (singleton);


--
-- Name: snapshots snapshots_pkey; Type: CONSTRAINT; Schema: public; Owner: jangbu_owner
--

ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (stream_id);


--
-- Name: events_of_members; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX events_of_members ON public.events USING btree ("position") WHERE (type = ANY (ARRAY['SignUpStarted'::text, 'SignUpCodeIssued'::text, 'SignUpCodeRefused'::text, 'SignUpCompleted'::text, 'SignUpEnded'::text, 'NameReserved'::text, 'NameReleased'::text, 'MemberJoined'::text, 'ContactChangeStarted'::text, 'ContactCodeRefused'::text, 'ContactChanged'::text, 'PasswordChanged'::text, 'PersonalDataDisclosed'::text, 'ErasureRequested'::text, 'MemberErased'::text]));


--
-- Name: events_opened_by_owner; Type: INDEX; Schema: public; Owner: jangbu_owner
--

CREATE INDEX events_opened_by_owner ON public.events USING btree ((((payload -> 'holder'::text) ->> 'owner'::text))) WHERE (type = 'AccountOpened'::text);


--
-- Name: commits append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.commits FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: events append_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.events FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_head forward_only; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER forward_only BEFORE UPDATE ON public.log_head FOR EACH ROW WHEN (((new."position" < old."position") OR ((old."position" > 0) AND ((new.recorded_at < old.recorded_at) OR (new.log_id <> old.log_id))))) EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: log_head never_deleted; Type: TRIGGER; Schema: public; Owner: jangbu_owner
--

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON public.log_head FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_rewriting();


--
-- Name: SCHEMA public; Type: ACL; Schema: -; Owner: pg_database_owner
--

GRANT USAGE ON SCHEMA public TO jangbu_writer;
GRANT USAGE ON SCHEMA public TO jangbu_relay;
GRANT USAGE ON SCHEMA public TO jangbu_projector;
GRANT USAGE ON SCHEMA public TO jangbu_reader;


--
-- Name: TABLE commits; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE public.commits TO jangbu_writer;
GRANT SELECT ON TABLE public.commits TO jangbu_relay;
GRANT SELECT ON TABLE public.commits TO jangbu_projector;
GRANT SELECT ON TABLE public.commits TO jangbu_reader;


--
-- Name: TABLE events; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT ON TABLE public.events TO jangbu_writer;
GRANT SELECT ON TABLE public.events TO jangbu_relay;
GRANT SELECT ON TABLE public.events TO jangbu_projector;


--
-- Name: TABLE log_head; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT ON TABLE public.log_head TO jangbu_writer;
GRANT SELECT ON TABLE public.log_head TO jangbu_relay;
GRANT SELECT ON TABLE public.log_head TO jangbu_projector;
GRANT SELECT ON TABLE public.log_head TO jangbu_reader;


--
-- Name: COLUMN log_head."position"; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT UPDATE("position") ON TABLE public.log_head TO jangbu_writer;


--
-- Name: COLUMN log_head.recorded_at; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT UPDATE(recorded_at) ON TABLE public.log_head TO jangbu_writer;


--
-- Name: TABLE relay_cursor; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,UPDATE ON TABLE public.relay_cursor TO jangbu_relay;
GRANT SELECT ON TABLE public.relay_cursor TO jangbu_projector;
GRANT SELECT ON TABLE public.relay_cursor TO jangbu_reader;


--
-- Name: TABLE snapshots; Type: ACL; Schema: public; Owner: jangbu_owner
--

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.snapshots TO jangbu_writer;


--
-- PostgreSQL database dump complete
--

\unrestrict U2Ex3geUx010sQ3yWM59owLMkYrvNcJI9yp0iJik0jQMhz412dmEr5SFiYVcsac

