-- Each role gets what its process does, and no more.
revoke create on schema public from public;

grant usage on schema public to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader;

grant select on log_head, commits to jangbu_writer, jangbu_relay, jangbu_projector, jangbu_reader;
grant select on events to jangbu_writer, jangbu_relay, jangbu_projector;

grant update (position, recorded_at) on log_head to jangbu_writer;
grant insert on events, commits to jangbu_writer;
grant select, insert, update, delete on snapshots to jangbu_writer;

grant select, insert, update on relay_cursor to jangbu_relay;
grant select on relay_cursor to jangbu_projector, jangbu_reader;
