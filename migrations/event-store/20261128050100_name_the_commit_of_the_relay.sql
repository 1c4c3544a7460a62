-- The commit up to which the relay has published. The position alone would fit another history as well.
alter table relay_cursor
    add column command_id uuid,
    add column recorded_at timestamptz,
    add constraint relay_cursor_commit_check check ((command_id is null) = (recorded_at is null));

comment on column relay_cursor.command_id is 'the commit that ends at position; null until a relay that knows it has written';
