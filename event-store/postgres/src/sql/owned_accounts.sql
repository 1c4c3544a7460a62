-- The accounts that were opened for an owner, by the partial index events_opened_by_owner.
select stream_id
from events
where type = 'AccountOpened' and payload -> 'holder' ->> 'owner' = $1::text
order by position
