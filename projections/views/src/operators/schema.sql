-- One row for each operator with an account.
create table operators (
    added_position bigint not null, -- of the event that added them
    added_at timestamptz not null,
    changed_at timestamptz not null, -- when role or status last changed
    operator_id uuid primary key,
    name text not null,
    role text not null, -- viewer, support, operator or admin
    status text not null -- enabled or disabled
);

create index operators_by_addition on operators (added_position);

-- One row for each command that an operator with an account sent.
create table operator_actions (
    position bigint primary key, -- of the event that says who and why: the last one of its commit
    acted_at timestamptz not null,
    operator_id uuid not null,
    session_id uuid not null,
    command_id uuid not null,
    subject uuid not null, -- the stream of the commit's first event
    approval_id uuid, -- null: it needed no approval
    approver_id uuid,
    name text not null, -- of the operator
    reason text not null,
    action text not null, -- the type of the commit's first event
    approver_name text,
    sent_from text -- the address that the command came from; of IPv6 the network; null: not known
);

create index operator_actions_of_operator on operator_actions (operator_id, position);
create index operator_actions_on_subject on operator_actions (subject, position);
create index operator_actions_by_time on operator_actions (acted_at, position);
