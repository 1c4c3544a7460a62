-- What overview.sql reads, from version 1 of the view: without what came with version 2 (docs/decisions/0018).
-- $1 views, $2 minutes, $3 hours, $4 days: since when each kind of bucket is told; $5 the stream of the limits.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(jsonb_build_object(
                'asset', asset, 'member_sum', member_sum::text, 'system_sum', system_sum::text,
                'sum', (member_sum + system_sum)::text,
                'accounts', jsonb_build_object('open', members_open, 'frozen', members_frozen, 'closed', members_closed,
                    'system', system_accounts)) order by asset), '[]')
     from live.asset_totals
    ) as "totals!: Json<Vec<AssetTotals>>",
    (select jsonb_build_object(
            'active', coalesce(sum(members) filter (where status = 'active'), 0),
            'erasing', coalesce(sum(members) filter (where status = 'erasing'), 0),
            'erased', coalesce(sum(members) filter (where status = 'erased'), 0))
     from live.member_counts) as "members!: Json<MemberCounts>",
    null::jsonb as "bank?: Json<BankRow>",
    (select jsonb_build_object(
            'open', count(*) filter (where status = 'open'), 'running', count(*) filter (where status = 'running'),
            'paused', count(*) filter (where status = 'paused'),
            'finished', count(*) filter (where status = 'finished'),
            'cancelled', count(*) filter (where status = 'cancelled'))
     from live.payout_runs) as "payout_runs!: Json<PayoutRunCounts>",
    (select count(*) from live.limits) as "limits!",
    (select jsonb_build_object(
            'zone', coalesce((select zone from registry.live_positions where view = 'overview'), 'UTC'),
            'minute', coalesce(jsonb_agg(counts) filter (where bucket = 'minute'), '[]'),
            'hour', coalesce(jsonb_agg(counts) filter (where bucket = 'hour'), '[]'),
            'day', coalesce(jsonb_agg(counts) filter (where bucket = 'day'), '[]'))
     from (select bucket,
               jsonb_build_object('start', bucket_start, 'asset', asset, 'kind', kind, 'transfers', posted_count,
                   'volume', posted_volume::text, 'rejected', rejected_count) as counts
           from live.activity
           where (bucket = 'minute' and bucket_start > $2)
              or (bucket = 'hour' and bucket_start > $3)
              or (bucket = 'day' and bucket_start > $4)
           order by bucket_start desc, asset, kind) as recent
    ) as "activity!: Json<Activity>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1) and (m.view <> 'limits' or m.touches && array[$5::text])) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
