-- One row for each member. Personal data stand here as in the events, sealed; each with the version of the event on the
-- member's own stream that it stands in, for it opens there only. After the member asked to leave there are none.
create table members (
    position bigint not null, -- of the last change
    joined_at timestamptz not null,
    erased_at timestamptz,
    login_id_version bigint,
    contact_version bigint,
    real_name_version bigint,
    member_id uuid primary key,
    status text not null check (status in ('active', 'erasing', 'erased')),
    channel text check (channel in ('email', 'phone')),
    login_id text,
    contact text,
    real_name text,
    check (case status
        when 'active' then num_nulls(channel, login_id, contact, real_name, login_id_version, contact_version,
            real_name_version) = 0
        else num_nonnulls(channel, login_id, contact, real_name, login_id_version, contact_version,
            real_name_version) = 0 end),
    check ((status = 'erased') = (erased_at is not null))
) with (fillfactor = 90);

-- How many members are in each state, so that nobody has to count them.
create table member_counts (
    status text primary key,
    members bigint not null
) with (fillfactor = 20);
