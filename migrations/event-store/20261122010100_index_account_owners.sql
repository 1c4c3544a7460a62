-- Which accounts a member has: asked when one leaves. Opening an account pays for it, moving money does not.
create index events_opened_by_owner on events ((payload -> 'holder' ->> 'owner')) where type = 'AccountOpened';
