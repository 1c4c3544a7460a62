-- The index that processes follow members by has the events of password resets too. The one before stays until the new one is
-- there; statements of the build before, which name fewer types, use the new one.
alter index events_of_members rename to events_of_members_before;

create index events_of_members on events (position) where type in (
    'SignUpStarted', 'SignUpCodeIssued', 'SignUpCodeRefused', 'SignUpCompleted', 'SignUpEnded', 'NameReserved',
    'NameReleased', 'MemberJoined', 'ContactChangeStarted', 'ContactCodeRefused', 'ContactChanged',
    'PasswordChanged', 'PersonalDataDisclosed', 'ErasureRequested', 'MemberErased', 'PasswordResetStarted',
    'PasswordResetCodeRefused', 'PasswordResetCompleted'
);

drop index events_of_members_before;
