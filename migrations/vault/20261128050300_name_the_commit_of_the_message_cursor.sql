-- The last commit of the log that the vault was brought after. A log that does not hold it is another history.
alter table vault.message_cursor
    add column noted_position bigint,
    add column command_id uuid,
    add column recorded_at timestamptz,
    add constraint message_cursor_commit_check check (
        (noted_position is null) = (command_id is null) and (command_id is null) = (recorded_at is null)
    );

comment on column vault.message_cursor.noted_position is 'where the commit of command_id ends; null until a server that notes it has run';
