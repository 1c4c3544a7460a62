//! Who may read what.

platform::allowed! {
    /// Everybody with a token, for what they may see.
    pub struct Everybody = Member | Operator | Service | Partner with AccountsRead;
    /// Whoever owns an account, and staff.
    pub struct Owners = Member | Operator | Partner with AccountsRead;
    /// Whoever finds transfers by what they called them, and staff.
    pub struct Senders = Operator | Service | Partner with AccountsRead;
    /// Whoever owns items.
    pub struct ItemOwners = Member | Partner with AccountsRead;
    /// Whoever follows events: of what is theirs, and staff all.
    pub struct EventReaders = Member | Operator | Service | Partner with EventsRead;
    /// Whoever has events sent to them.
    pub struct WebhookOwners = Operator | Service | Partner with WebhooksWrite;
}
