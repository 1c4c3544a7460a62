-- An event that opens a stream has version 1. Names are left out: they are reserved again after they were released.
-- Not valid: every row from now on is checked, and the log is not held up for as long as a scan of all of it takes. What
-- older versions wrote is checked by `jangbu log verify`.
alter table events add constraint events_opening_version_check check (
    version = 1
    or type not in (
        'AccountOpened', 'AccountNumberAssigned', 'TransferPosted', 'TransferRejected', 'CommandRefused', 'SignUpStarted',
        'MemberJoined'
    )
) not valid;
