-- What happens to members is a small part of the log, and is followed by itself, in the order of positions.
create index events_of_members on events (position) where type in (
    'SignUpStarted', 'SignUpCodeIssued', 'SignUpCodeRefused', 'SignUpCompleted', 'SignUpEnded', 'NameReserved',
    'NameReleased', 'MemberJoined', 'ContactChangeStarted', 'ContactCodeRefused', 'ContactChanged',
    'PasswordChanged', 'PersonalDataDisclosed', 'ErasureRequested', 'MemberErased'
);
