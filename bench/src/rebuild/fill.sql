-- A log as the command servers would have written it. A transfer is one commit of three events; four transfers share an append,
-- and with it a time.
begin;
set local work_mem = '256MB';
select add_commit_partitions(1 + ((2 * $ACCOUNTS + 3 * $TRANSFERS) / 20000000)::integer);
create temp table made on commit drop as
    select n, ('01980000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as transfer,
        1 + (n * 7919) % $ACCOUNTS as source, 1 + (n * 7919 + 1 + n % 97) % $ACCOUNTS as destination,
        2 * $ACCOUNTS + 3 * (n - 1) as base
    from generate_series(1::bigint, $TRANSFERS) as n;
create temp table moved on commit drop as
    select n, side, account, md5('account' || account)::uuid as account_id, base, position,
        1 + row_number() over (partition by account order by position) as version,
        lag(base + 1, 1, 2 * account - 1) over (partition by account order by position) as previous
    from (
        select n, 'debit' as side, source as account, base, base + 2 as position from made
        union all
        select n, 'credit', destination, base, base + 3 from made
    ) as sides;
insert into log_commits
    select 2 * n - 1, 2 * n, '2026-01-01'::timestamptz + n * interval '1 ms', md5('command' || n)::uuid, gen_random_uuid(),
        gen_random_uuid(), decode(md5(n::text), 'hex'), 'm', false,
        format(
            '[["%s",1,0,"AccountOpened",1,%s],["%s",1,0,"AccountNumberAssigned",1,%s]]',
            md5('account' || n)::uuid,
            json_build_object('holder', json_build_object('kind', 'member', 'owner', md5('owner' || n)::uuid,
                'number', lpad((n * 100 + 98 - (n * 100) % 97)::text, 12, '0')), 'asset', 'KRW'),
            md5('number' || n)::uuid, json_build_object('account', md5('account' || n)::uuid)
        )::json
    from generate_series(1::bigint, $ACCOUNTS) as n order by n;
insert into log_commits
    select made.base + 1, made.base + 3, '2026-01-02'::timestamptz + (n / 4) * interval '1 ms', transfer, gen_random_uuid(),
        gen_random_uuid(), decode(md5(n::text), 'hex'), 'm', false,
        format(
            '[["%s",1,0,"TransferPosted",2,%s],["%s",%s,%s,"AccountDebited",1,%s],["%s",%s,%s,"AccountCredited",1,%s]]',
            transfer,
            json_build_object('kind', 'transfer', 'legs', json_build_array(
                json_build_object('account', debit.account_id, 'asset', 'KRW', 'amount', (-(n % 900 + 100))::text),
                json_build_object('account', credit.account_id, 'asset', 'KRW', 'amount', (n % 900 + 100)::text))),
            debit.account_id, debit.version, debit.previous, posting, credit.account_id, credit.version, credit.previous, posting
        )::json
    from made
    join (select * from moved where side = 'debit') as debit using (n)
    join (select * from moved where side = 'credit') as credit using (n)
    cross join lateral (
        select json_build_object('transfer', transfer, 'amount', (n % 900 + 100)::text, 'balance', (1000000 + n % 5000)::text) as posting
    ) as posting
    order by n;
insert into log_commands select command_id, first_position from log_commits;
insert into log_streams (stream_id, version, first_position, newest_position, owner, kind)
    select md5('account' || n)::uuid, 1 + count(moved.position), 2 * n - 1, coalesce(max(moved.base) + 1, 2 * n - 1),
        md5('owner' || n)::uuid, 'account'
    from generate_series(1::bigint, $ACCOUNTS) as n
    left join moved on moved.account = n
    group by n;
insert into log_streams (stream_id, version, first_position, newest_position, kind)
    select md5('number' || n)::uuid, 1, 2 * n - 1, 2 * n - 1, 'account number' from generate_series(1::bigint, $ACCOUNTS) as n;
update log_head set position = 2 * $ACCOUNTS + 3 * $TRANSFERS, recorded_at = clock_timestamp();
do $$
declare
    chained bytea := decode(repeat('00', 32), 'hex');
    c record;
begin
    for c in select * from log_commits where first_position > 0 order by first_position loop
        chained := chain_digests(
            chained,
            sha256(
                uuid_send(c.command_id) || convert_to(c.actor_role::text, 'UTF8') || uuid_send(c.actor_id)
                || uuid_send(c.correlation) || c.fingerprint || convert_to(c.events::text, 'UTF8')
            ),
            array[c.first_position], 0, c.recorded_at
        );
    end loop;
    update log_head set digest = chained;
end $$;
commit;
analyze log_commits;
analyze log_streams;
