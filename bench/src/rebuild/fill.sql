-- A log as the command servers would have written it. A transfer is one commit of three events; four transfers share an append,
-- and with it a time.
begin;
set local work_mem = '256MB';
create temp table made on commit drop as
    select n, ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as transfer,
        1 + (n * 7919) % $ACCOUNTS as source, 1 + (n * 7919 + 1 + n % 97) % $ACCOUNTS as destination,
        2 * $ACCOUNTS + 3 * (n - 1) as base
    from generate_series(1::bigint, $TRANSFERS) as n;
create temp table moved on commit drop as
    select n, side, account, md5('account' || account)::uuid as account_id, position,
        1 + row_number() over (partition by account order by position) as version
    from (
        select n, 'debit' as side, source as account, base + 2 as position from made
        union all
        select n, 'credit', destination, base + 3 from made
    ) as sides;
insert into commits
    select 2 * n - 1, 2 * n, '2026-01-01'::timestamptz + n * interval '1 ms', gen_random_uuid(), gen_random_uuid(),
        gen_random_uuid(), decode(md5(n::text), 'hex'), 'm'
    from generate_series(1::bigint, $ACCOUNTS) as n;
insert into commits
    select base + 1, base + 3, '2026-01-02'::timestamptz + (n / 4) * interval '1 ms', gen_random_uuid(),
        gen_random_uuid(), gen_random_uuid(), decode(md5(n::text), 'hex'), 'm'
    from made order by n;
insert into events (position, version, stream_id, schema_version, type, payload)
    select 2 * n - 1, 1, md5('account' || n)::uuid, 1, 'AccountOpened',
        json_build_object('holder', json_build_object('kind', 'member', 'owner', md5('owner' || n)::uuid,
            'number', lpad((n * 100 + 98 - (n * 100) % 97)::text, 12, '0')), 'asset', 'KRW')
    from generate_series(1::bigint, $ACCOUNTS) as n order by n;
insert into events (position, version, stream_id, schema_version, type, payload)
    select 2 * n, 1, md5('number' || n)::uuid, 1, 'AccountNumberAssigned',
        json_build_object('account', md5('account' || n)::uuid)
    from generate_series(1::bigint, $ACCOUNTS) as n order by n;
insert into events (position, version, stream_id, schema_version, type, payload)
    select * from (
        select base + 1 as position, 1, transfer, 2, 'TransferPosted',
            json_build_object('kind', 'transfer', 'legs', json_build_array(
                json_build_object('account', md5('account' || source)::uuid, 'asset', 'KRW',
                    'amount', (-(n % 900 + 100))::text),
                json_build_object('account', md5('account' || destination)::uuid, 'asset', 'KRW',
                    'amount', (n % 900 + 100)::text)))
        from made
        union all
        select position, version, account_id, 1, case side when 'debit' then 'AccountDebited' else 'AccountCredited' end,
            json_build_object('transfer', ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                'amount', (n % 900 + 100)::text, 'balance', (1000000 + n % 5000)::text)
        from moved
    ) as events order by position;
update log_head set position = 2 * $ACCOUNTS + 3 * $TRANSFERS, recorded_at = clock_timestamp();
commit;
analyze commits;
analyze events;
