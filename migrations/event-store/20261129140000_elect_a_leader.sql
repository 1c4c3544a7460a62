-- One server executes the commands that move money (docs/decisions/0039). Each new leader raises the epoch before its first append,
-- and an append of an older epoch writes nothing: a leader that stood still cannot write when it goes on.
alter table log_head add column epoch bigint not null default 0 check (epoch >= 0);

comment on column log_head.epoch is 'of the server that leads; an append under an older one writes nothing';

create trigger epoch_stays before update on log_head
    for each row
    when (new.epoch < old.epoch)
    execute function refuse_rewriting();

create table log_leader (
    singleton boolean primary key default true check (singleton),
    epoch bigint not null check (epoch > 0),
    server text not null check (server <> ''),
    address text check (address <> ''),
    since timestamptz not null,
    step_down_from bigint
);

comment on table log_leader is 'which server leads: the newest of them, alive or not';
comment on column log_leader.address is 'where it takes commands of other servers; null if it takes none';
comment on column log_leader.step_down_from is 'the epoch whose leader an operator asks to hand over';

grant update (epoch) on log_head to jangbu_writer;
grant select, insert, update on log_leader to jangbu_writer;
grant select on log_leader to jangbu_reader;
