-- The deliveries of one status, newest first: the few that failed are found among all that were taken.
create index deliveries_of_status on webhooks.deliveries (webhook_id, status, created_at, delivery_id);
