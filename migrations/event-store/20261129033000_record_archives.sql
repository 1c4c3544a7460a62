-- Where each archive of the log ended when it was last written. The chain of an archive shows what is missing inside it, and not
-- that its end is missing: the manifests before a lost one are a whole chain.
create table log_archives (
    log_id uuid not null,
    place text not null check (place <> ''),
    manifest bigint not null check (manifest > 0),
    sha256 text not null check (length(sha256) = 64),
    position bigint not null check (position > 0),
    written_at timestamptz not null default clock_timestamp(),
    primary key (log_id, place)
);

comment on table log_archives is 'where each archive ended when `jangbu archive run` last wrote to it';
comment on column log_archives.place is 'the URL of the archive, without secrets';
comment on column log_archives.manifest is 'the number of the last manifest; sha256 is its digest';
