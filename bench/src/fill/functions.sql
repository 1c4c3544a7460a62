-- What fills a log. Everything about the n-th account and the t-th transfer follows from its number, so that ranges of them can be made
-- at once, on several connections, without one asking the other. The schema is dropped when the log is full.
create schema if not exists bench_fill;
create extension if not exists pgcrypto schema bench_fill;

-- As random as the ids of accounts are: neighbours by number stand far from each other in an index.
create or replace function bench_fill.account(n bigint) returns text language sql immutable parallel safe as
    $$ select lpad(to_hex(n * 2654435761 % 4294967296), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(n), 12, '0') $$;

create or replace function bench_fill.member(n bigint, members bigint) returns text language sql immutable parallel safe as
    $$ select '00000000-0000-0007-0000-' || lpad(to_hex((n - 1) % members + 1), 12, '0') $$;

create or replace function bench_fill.number(n bigint) returns text language sql immutable parallel safe as
    $$ select lpad((n * 100 + 98 - n * 100 % 97)::text, 12, '0') $$;

-- UUID version 5 of an account number.
create or replace function bench_fill.number_stream(n bigint) returns text language sql immutable parallel safe as $$
    select encode(set_byte(set_byte(hash, 6, get_byte(hash, 6) & 15 | 80), 8, get_byte(hash, 8) & 63 | 128), 'hex')::uuid::text
    from (
        select substr(
            bench_fill.digest('\x6a616e6762755f6e756d626572730001'::bytea || convert_to(bench_fill.number(n), 'UTF8'), 'sha1'), 1, 16
        ) as hash
    ) as hashed
$$;

-- Begins with the time, as the id of a command does whose key is a UUID of version 7.
create or replace function bench_fill.command(at timestamptz, kind text, n bigint) returns text language sql stable parallel safe as $$
    select substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-8000-8' || kind || '-' || lpad(to_hex(n), 12, '0')
    from (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as h) as hexed
$$;

-- Four commits share an append, and with it a time.
create or replace function bench_fill.time_of(start timestamptz, i bigint) returns timestamptz language sql stable parallel safe as
    $$ select start + (i / 4) * interval '1 microsecond' $$;

create or replace function bench_fill.commit_digest(command uuid, role text, actor uuid, correlation uuid, fingerprint bytea, events text)
returns bytea language sql immutable parallel safe as $$
    select sha256(
        uuid_send(command) || convert_to(role, 'UTF8') || uuid_send(actor) || uuid_send(correlation) || fingerprint
        || convert_to(events, 'UTF8')
    )
$$;

-- The accounts number n with from_n <= n <= to_n, each opened and funded by one commit of five events, of which the first is at
-- base + 5 * (n - first_n) + 1. The cash account is debited for each in turn; before first_n it was last at cash_at. Gives the digests
-- of the commits.
create or replace function bench_fill.accounts(
    from_n bigint, to_n bigint, first_n bigint, base bigint, cash uuid, cash_at bigint, members bigint, funds bigint, start timestamptz
) returns bytea language sql as $$
    with named as materialized (
        select n, base + 5 * (n - first_n) + 1 as first_position, bench_fill.time_of(start, n - first_n) as at,
            bench_fill.account(n) as account, bench_fill.member(n, members) as member,
            bench_fill.command(bench_fill.time_of(start, n - first_n), '00a', n) as command
        from generate_series(from_n, to_n) as n
    ),
    made as materialized (
        select n, first_position, at, command::uuid as command, member::uuid as member, gen_random_uuid() as correlation,
            decode(md5(command), 'hex') as fingerprint,
            format(
                '[["%1$s",1,0,"AccountOpened",1,{"holder":{"kind":"member","owner":"%2$s","number":"%3$s"},"asset":"KRW"}],'
                '["%4$s",1,0,"AccountNumberAssigned",1,{"account":"%1$s"}],'
                '["%5$s",1,0,"TransferPosted",2,{"kind":"deposit","legs":[{"account":"%6$s","asset":"KRW","amount":"-%7$s"},{"account":"%1$s","asset":"KRW","amount":"%7$s"}]}],'
                '["%6$s",%8$s,%9$s,"AccountDebited",1,{"transfer":"%5$s","amount":"%7$s","balance":"%10$s"}],'
                '["%1$s",2,0,"AccountCredited",1,{"transfer":"%5$s","amount":"%7$s","balance":"%7$s"}]]',
                account, member, bench_fill.number(n), bench_fill.number_stream(n), command, cash, funds, n + 1,
                case when n = first_n then cash_at else first_position - 5 end, -n::numeric * funds
            ) as events
        from named
    ),
    commits as (
        insert into log_commits
            select first_position, first_position + 4, at, command, member, correlation, fingerprint, 's', false, events::json
            from made order by n
    ),
    commands as (
        insert into log_commands select command, first_position from made order by n
    )
    select string_agg(bench_fill.commit_digest(command, 's', member, correlation, fingerprint, events), '' order by n) from made
$$;

-- The transfers number t with from_t <= t <= to_t among a block of accounts, from first_n on. In each round every account of the block
-- pays or receives once, and the next round turns that round: in round r the payer of pair i is the account 2 * i + r of the block, the
-- payee the next one. So an account has version r + 3 after round r, stood in the round before in the same pair or in the one beside it,
-- and ends where it began after every second round. The accounts of the block were opened from opened_at on. Gives the digests.
create or replace function bench_fill.transfers(
    from_t bigint, to_t bigint, base bigint, opened_at bigint, first_n bigint, block bigint, members bigint, funds bigint, start timestamptz
) returns bytea language sql as $$
    with paired as (
        select t, t / (block / 2) as r, t % (block / 2) as i, base + 3 * t + 1 as first_position, bench_fill.time_of(start, t) as at
        from generate_series(from_t, to_t) as t
    ),
    placed as (
        select paired.*, (2 * i + r) % block as payer, (2 * i + 1 + r) % block as payee,
            base + 3 * ((r - 1) * (block / 2) + i) + 1 as before_payer,
            base + 3 * ((r - 1) * (block / 2) + (i + 1) % (block / 2)) + 1 as before_payee
        from paired
    ),
    named as materialized (
        select t, r, first_position, at, bench_fill.account(first_n + payer) as payer, bench_fill.account(first_n + payee) as payee,
            bench_fill.member(first_n + payer, members) as member, bench_fill.command(at, '00b', base + t) as command,
            case when r = 0 then opened_at + 5 * payer + 1 else before_payer end as before_payer,
            case when r = 0 then opened_at + 5 * payee + 1 else before_payee end as before_payee
        from placed
    ),
    made as materialized (
        select t, first_position, at, command::uuid as command, member::uuid as member, gen_random_uuid() as correlation,
            decode(md5(command), 'hex') as fingerprint,
            format(
                '[["%1$s",1,0,"TransferPosted",2,{"kind":"transfer","legs":[{"account":"%2$s","asset":"KRW","amount":"-407"},{"account":"%3$s","asset":"KRW","amount":"407"}]}],'
                '["%2$s",%4$s,%5$s,"AccountDebited",1,{"transfer":"%1$s","amount":"407","balance":"%7$s"}],'
                '["%3$s",%4$s,%6$s,"AccountCredited",1,{"transfer":"%1$s","amount":"407","balance":"%8$s"}]]',
                command, payer, payee, r + 3, before_payer, before_payee,
                case when r % 2 = 0 then funds - 407 else funds end, case when r % 2 = 0 then funds + 407 else funds end
            ) as events
        from named
    ),
    commits as (
        insert into log_commits
            select first_position, first_position + 2, at, command, member, correlation, fingerprint, 'm', false, events::json
            from made order by t
    ),
    commands as (
        insert into log_commands select command, first_position from made order by t
    )
    select string_agg(bench_fill.commit_digest(command, 'm', member, correlation, fingerprint, events), '' order by t) from made
$$;

-- Where the accounts number n with from_n <= n <= to_n stand after so many rounds of transfers, the first of which is at base + 1.
create or replace function bench_fill.streams(
    from_n bigint, to_n bigint, base bigint, opened_at bigint, first_n bigint, block bigint, members bigint, funds bigint, rounds bigint
) returns void language sql as $$
    insert into log_streams
        (stream_id, version, first_position, newest_position, state_version, state_schema, owner, kind, state)
    select bench_fill.account(n)::uuid, rounds + 2, opened_at + 5 * (n - first_n) + 1,
        case
            when rounds = 0 then opened_at + 5 * (n - first_n) + 1
            else base + 3 * ((rounds - 1) * (block / 2) + ((n - first_n - rounds + 1) % block + block) % block / 2) + 1
        end,
        rounds + 2, 1, bench_fill.member(n, members)::uuid, 'account',
        format(
            '{"holder":{"kind":"member","owner":"%s","number":"%s"},"asset":"KRW","balance":"%s","status":"open"}',
            bench_fill.member(n, members), bench_fill.number(n),
            case when rounds % 2 = 0 then funds when (n - first_n) % 2 = 0 then funds - 407 else funds + 407 end
        )
    from generate_series(from_n, to_n) as n;
    insert into log_streams (stream_id, version, first_position, newest_position, kind)
    select bench_fill.number_stream(n)::uuid, 1, opened_at + 5 * (n - first_n) + 1, opened_at + 5 * (n - first_n) + 1, 'account number'
    from generate_series(from_n, to_n) as n;
$$;
