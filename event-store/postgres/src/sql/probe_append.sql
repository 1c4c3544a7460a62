-- Whether the log could take a large append: it is written, and taken back by the error at the end, whoever runs this. It runs only
-- after an append has failed, until one is possible.
do $$
declare
    below bigint := -(random() * 9e17)::bigint - 1000000;
begin
    perform add_commit_partitions(1);
    insert into log_commits
        (first_position, last_position, recorded_at, command_id, actor_id, correlation, fingerprint, actor_role, is_followed, events)
    select below + 3 * n, below + 3 * n + 2, clock_timestamp(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), '', 's', false,
        json_build_array(json_build_array(repeat('x', 2400)))
    from generate_series(0, 332) as n;
    raise exception using errcode = 'JG011', message = 'the log takes appends; this one is taken back';
end $$;
