//! Who may read what.

platform::allowed! {
    /// Everybody with a token, for what they may see.
    pub struct Everybody = Member | Operator(Viewer) | Service | Partner with AccountsRead;
    /// Whoever owns an account, and staff.
    pub struct Owners = Member | Operator(Viewer) | Partner with AccountsRead;
    /// Whoever finds transfers by what they called them, and staff.
    pub struct Senders = Operator(Viewer) | Service | Partner with AccountsRead;
    /// Whoever owns items.
    pub struct ItemOwners = Member | Partner with AccountsRead;
    /// Whoever follows events: of what is theirs, and staff all.
    pub struct EventReaders = Member | Operator(Viewer) | Service | Partner with EventsRead;
    /// Whoever has events sent to them.
    pub struct WebhookOwners = Operator(Viewer) | Service | Partner with WebhooksWrite;
    /// Members, for what is theirs.
    pub struct Members = Member;
    /// Members for what is theirs, and staff.
    pub struct MembersAndStaff = Member | Operator(Viewer);
    /// The bank's own people and programs.
    pub struct BankOnly = Operator(Viewer) | Service;
    /// The bank's own people.
    pub struct Staff = Operator(Viewer);
    /// Whoever finds a thing by any of its names.
    pub struct Finders = Operator(Viewer);
    /// Whoever reads the log itself.
    pub struct LogReaders = Operator(Viewer);
    /// Whoever sees the balance of any account over time.
    pub struct HistoryReaders = Operator(Viewer);
    /// Whoever sees what was refused.
    pub struct RefusalReaders = Operator(Viewer);
    /// Whoever sees who is a member, without anything personal.
    pub struct MemberReaders = Operator(Viewer);
}
