-- A request that changes a view and is sent again under its key is the same request: it is answered, and not carried out once more. Requests without a
-- key, those of the command line and rows of before have none.

alter table registry.rebuild_requests add column idempotency_key text check (idempotency_key <> '');
comment on column registry.rebuild_requests.idempotency_key is 'under which key of the operator it was asked for; null if under none';
create unique index one_rebuild_request_of_a_key on registry.rebuild_requests (operator_id, idempotency_key) where idempotency_key is not null;

-- One act may leave several rows, such as one for each parked key.
alter table registry.audit add column idempotency_key text check (idempotency_key <> '');
comment on column registry.audit.idempotency_key is 'under which key of the operator it was asked for; null if under none';
create index audit_of_a_key on registry.audit (operator_id, idempotency_key) where idempotency_key is not null;
