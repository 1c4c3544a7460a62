-- $1 views, $2 minutes, $3 hours, $4 days: since when each kind of bucket is told.
select min(position) as position, (array_agg(recorded_at order by position))[1] as recorded_at, count(*) as live,
    (select coalesce(jsonb_agg(to_jsonb(totals)), '[]')
     from (select asset, member_sum::text as member_sum, system_sum::text as system_sum,
               (member_sum + system_sum)::text as total, members_open, members_frozen, members_closed, system_accounts
           from live.asset_totals
           order by asset) as totals
    ) as "totals!: Json<Vec<TotalsRow>>",
    (select coalesce(jsonb_object_agg(status, members), '{}') from live.member_counts) as "members!: Json<MemberCounts>",
    (select coalesce(jsonb_agg(to_jsonb(recent)), '[]')
     from (select bucket, bucket_start, asset, kind, posted_count, rejected_count, posted_volume::text as posted_volume
           from live.activity
           where (bucket = 'minute' and bucket_start > $2)
              or (bucket = 'hour' and bucket_start > $3)
              or (bucket = 'day' and bucket_start > $4)
           order by bucket_start desc, asset, kind) as recent
    ) as "activity!: Json<Vec<ActivityRow>>",
    (select jsonb_build_object('keys', count(*), 'events', count(m.position), 'first', min(m.position), 'since', min(m.since))
     from registry.missing as m
     where m.view = any($1)) as "missing?: Json<MissingRow>"
from registry.live_positions
where view = any($1)
