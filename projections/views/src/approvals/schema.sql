-- One row for each thing that an operator asked for and that a second one has to approve.
create table approvals (
    requested_position bigint not null, -- of the event that asked
    requested_at timestamptz not null,
    expires_at timestamptz not null, -- from then on nobody can approve it
    decided_at timestamptz, -- null: nobody decided
    approval_id uuid primary key,
    requested_by uuid not null,
    session_id uuid not null, -- in which it was asked for
    decided_by uuid, -- null: nobody decided, or who asked withdrew it
    kind text not null, -- reversal, freeze-many, erasure, limits, rates, partner-keys or promotion
    status text not null, -- pending, approved, refused, rejected or withdrawn; that the time is over is not recorded
    requested_by_name text not null,
    reason text not null, -- of who asked
    decided_by_name text,
    decision_reason text, -- of who approved, rejected or withdrew it
    refusal text, -- the code of the rule that refused it after it was approved
    action text not null -- what is asked for, as JSON
);

create index approvals_by_request on approvals (requested_position);
create index approvals_by_status on approvals (status, requested_position);
