-- The accounts that were opened for an owner, in the order of their commits.
select stream_id from log_streams where owner = $1::uuid order by first_position, stream_id
