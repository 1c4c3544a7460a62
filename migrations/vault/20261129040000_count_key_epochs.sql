-- Key-encryption keys have epochs: when each was made, from when on nothing that lives is wrapped with it, and from when on the
-- bank has no copy of it. A copy of a wrapped data key (in the write-ahead log, in a backup) opens as long as the key-encryption
-- key that wrapped it is there, so an erasure reaches old copies when the epochs that wrapped the data key are destroyed.
create table vault.key_epochs (
    epoch bigint primary key check (epoch > 0),
    kek text not null unique,
    made_at timestamptz not null default clock_timestamp(),
    inherited boolean not null default false,
    retired_at timestamptz,
    destroying_at timestamptz,
    destroyed_at timestamptz,
    constraint key_epochs_order check (
        (destroying_at is null or retired_at is not null) and (destroyed_at is null or destroying_at is not null)
    )
);

comment on column vault.key_epochs.kek is 'the id under which its holder knows the key';
comment on column vault.key_epochs.made_at is 'when the vault first saw it';
comment on column vault.key_epochs.inherited is 'it was there before epochs were counted, or was found with its holder: what it wrapped is not known';
comment on column vault.key_epochs.retired_at is 'from when on nothing is wrapped with it; kept for backups until it is destroyed';
comment on column vault.key_epochs.destroying_at is 'from when on its holder was asked to destroy it';
comment on column vault.key_epochs.destroyed_at is 'when its holder no longer had it';

-- Nothing is wrapped with a key that was retired, whatever build the server is of. One that is retired at this moment waits for
-- the row here, or is waited for. A key that the vault has not seen yet begins the next epoch.
create function vault.check_key_epoch() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
    retired timestamptz;
begin
    select e.retired_at into retired from vault.key_epochs e where e.kek = new.kek for share;
    if not found then
        perform vault.begin_key_epoch(new.kek);
        select e.retired_at into retired from vault.key_epochs e where e.kek = new.kek for share;
    end if;
    if retired is not null then
        raise exception 'the key-encryption key % is retired', new.kek using errcode = 'JB001';
    end if;
    return new;
end $$;

-- What is wrapped already was wrapped before epochs were counted. A leftover is a key that its holder has and that is not the
-- current one: if nothing is wrapped with it, it is retired at once.
create function vault.begin_key_epoch(new_kek text, leftover boolean default false) returns void
language plpgsql security definer set search_path = ''
as $$
declare
    used boolean;
begin
    -- Two epochs never get one number.
    perform pg_catalog.pg_advisory_xact_lock(118083337678959);
    if exists (select from vault.key_epochs e where e.kek = new_kek) then
        return;
    end if;
    used := exists (select from vault.secret s where s.kek = new_kek)
        or exists (select from vault.data_keys k where k.kek = new_kek);
    insert into vault.key_epochs (epoch, kek, inherited, retired_at)
    select coalesce(max(epoch), 0) + 1, new_kek, used or leftover,
           case when leftover and not used then pg_catalog.clock_timestamp() end
    from vault.key_epochs;
end $$;

create trigger check_key_epoch before insert or update of kek on vault.data_keys
    for each row execute function vault.check_key_epoch();
create trigger check_key_epoch before insert or update of kek on vault.secret
    for each row execute function vault.check_key_epoch();

-- The command server wraps the secret again in a rotation. It changes how the secret is wrapped, and only if it has not been
-- wrapped again meanwhile; the role still may not write the table.
create function vault.rewrap_secret(old_wrapped text, new_kek text, new_wrapped text) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
    changed bigint;
begin
    update vault.secret set kek = new_kek, wrapped = new_wrapped where wrapped = old_wrapped;
    get diagnostics changed = row_count;
    return changed;
end $$;

revoke all on function vault.check_key_epoch(), vault.begin_key_epoch(text, boolean), vault.rewrap_secret(text, text, text) from public;
grant execute on function vault.begin_key_epoch(text, boolean), vault.rewrap_secret(text, text, text) to jangbu_vault;

grant select on vault.key_epochs to jangbu_vault;
grant update (retired_at, destroying_at, destroyed_at) on vault.key_epochs to jangbu_vault;

-- Which epochs may have wrapped the key of an erased member: with them a copy of it could still be opened.
alter table vault.certificates add column key_epochs bigint[];

comment on column vault.certificates.key_epochs is 'null for erasures before epochs were counted';
