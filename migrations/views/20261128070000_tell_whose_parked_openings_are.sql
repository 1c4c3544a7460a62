-- A list of one owner's accounts lacks an account whose opening is parked. The parked event names the owner since this build,
-- as its second key; where no event of a key names one, the account may be anybody's.
create or replace view registry.missing as
    select g.view, k.key, e.position, coalesce(e.recorded_at, k.parked_at) as since,
        coalesce(e.touches, '{}') || k.key as touches,
        e.position is not null and e.touches is null and g.view = 'transactions' as anything,
        exists (
            select from registry.parked_events as o
            where o.view = k.view and o.generation = k.generation and o.key = k.key and cardinality(o.touches) > 1
        ) as names_owner
    from registry.generations as g
    join registry.parked_keys as k on k.view = g.view and k.generation = g.generation
    left join registry.parked_events as e on e.view = k.view and e.generation = k.generation and e.key = k.key
    where g.state = 'live';
comment on view registry.missing is 'Position is null for a key behind which nothing waits yet; anything: it is not known which rows are concerned; names_owner: in the view accounts, an event of the key touches its owner by name.';
