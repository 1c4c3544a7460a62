-- Whether the log could take a large append: it is written, and taken back by the error at the end, whoever runs this. It runs only
-- after an append has failed, until one is possible.
do $$
declare
    below bigint := -(random() * 9e17)::bigint - 1000000;
begin
    insert into commits
        (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role)
    values (below, below + 999, clock_timestamp(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '', 's');
    insert into events (position, version, stream_id, schema_version, type, payload)
    select below + n, 1, gen_random_uuid(), 1, 'Probe', json_build_object('probe', repeat('x', 800))
    from generate_series(0, 999) as n;
    raise exception using errcode = 'JG011', message = 'the log takes appends; this one is taken back';
end $$;
