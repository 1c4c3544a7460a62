-- What operators do to views stands in the audit with who, in which session and from where. Rows of before, and those of whoever works on the command
-- line, have a name alone.

alter table registry.audit add column operator_id uuid, add column session_id uuid, add column address text;
comment on column registry.audit.operator_id is 'the operator who asked over HTTP; null for whoever works on the command line';
comment on column registry.audit.session_id is 'in which session; null on the command line and with a token made with the signing key';
comment on column registry.audit.address is 'from where, of IPv6 the network; null on the command line and for what was carried out once it was approved';

-- A rebuild that goes on after a restart still names whoever asked for it.
alter table registry.rebuild_requests add column operator_id uuid, add column session_id uuid, add column address text;
comment on column registry.rebuild_requests.operator_id is 'the operator who asked; null in rows of before';
comment on column registry.rebuild_requests.session_id is 'in which session; null with a token made with the signing key';
comment on column registry.rebuild_requests.address is 'from where, of IPv6 the network';

alter table registry.promotion_requests add column session_id uuid;
comment on column registry.promotion_requests.session_id is 'in which session it was asked for; null in rows of before';
