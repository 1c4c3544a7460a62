//! The public problem codes: what clients branch on, so they are added to and never renamed.

use axum::http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// A public problem code. Each has a page under `/problems/<code>`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it stands in bodies and addresses.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The status it is answered with, unless the problem says another.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// One line for people, the same in every answer.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The path of its page, which is also the problem's `type`.
            pub const fn page(self) -> &'static str {
                match self { $(Self::$name => concat!("/problems/", $code),)* }
            }

            /// The code written that way.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    MalformedJson = "malformed-json", BAD_REQUEST, "The body is not JSON";
    /// The body, path or query has another shape than documented.
    ValidationFailed = "validation-failed", BAD_REQUEST, "The request has invalid fields";
    /// An asset that is not configured.
    AssetUnknown = "asset-unknown", BAD_REQUEST, "The asset is not known here";
    /// A command without a key that can be used.
    IdempotencyKeyMissing = "idempotency-key-missing", BAD_REQUEST, "The Idempotency-Key header is missing";
    /// An operator who does not say why.
    ReasonRequired = "reason-required", BAD_REQUEST, "The reason is missing";
    /// Not a token.
    ConsistencyTokenInvalid = "consistency-token-invalid", BAD_REQUEST, "The Consistency-Token cannot be read";
    /// A token of another log.
    ConsistencyTokenForeign = "consistency-token-foreign", BAD_REQUEST, "The Consistency-Token belongs to another log";
    /// A token the log has not reached.
    ConsistencyTokenFuture = "consistency-token-future", BAD_REQUEST, "The Consistency-Token is ahead of the log";
    /// Not a cursor of this list.
    CursorInvalid = "cursor-invalid", BAD_REQUEST, "The cursor cannot be used";
    /// No or bad credentials.
    Unauthorized = "unauthorized", UNAUTHORIZED, "Credentials are missing or not valid";
    /// Login id or password is wrong; which of them, is not said.
    CredentialsWrong = "credentials-wrong", UNAUTHORIZED, "The login id or the password is wrong";
    /// A refresh token that is unknown, used or over.
    SessionEnded = "session-ended", UNAUTHORIZED, "The session has ended";
    /// The role may not.
    Forbidden = "forbidden", FORBIDDEN, "The role of the token does not allow this";
    /// A partner's token without the scope of the route.
    ScopeMissing = "scope-missing", FORBIDDEN, "The token lacks the scope that this needs";
    /// An operator whose role is too low for the route.
    OperatorRoleMissing = "operator-role-missing", FORBIDDEN, "The role of the operator does not allow this";
    /// One's own.
    ApprovalOwn = "approval-own", FORBIDDEN, "The approval is your own";
    /// One may be the other.
    ApprovalNotIndependent = "approval-not-independent", FORBIDDEN, "You and who asked for it are not independent";
    /// Somebody else's account.
    AccountNotYours = "account-not-yours", FORBIDDEN, "The account belongs to someone else";
    /// A part in the hold, and not the one that may do this.
    HoldNotYours = "hold-not-yours", FORBIDDEN, "The hold is not yours to change in this way";
    /// Somebody else's item.
    ItemNotYours = "item-not-yours", FORBIDDEN, "The item belongs to someone else";
    /// Somebody else's offer.
    OfferNotYours = "offer-not-yours", FORBIDDEN, "The offer was made by someone else";
    /// No such address.
    NotFound = "not-found", NOT_FOUND, "There is nothing at this address";
    /// No such account; answered with 404 when the path names it.
    AccountUnknown = "account-unknown", UNPROCESSABLE_ENTITY, "There is no such account";
    /// No such transfer.
    TransferUnknown = "transfer-unknown", NOT_FOUND, "There is no such transfer";
    /// No such hold.
    HoldUnknown = "hold-unknown", NOT_FOUND, "There is no such hold";
    /// No such limit; answered with 404 when the path names it.
    LimitUnknown = "limit-unknown", UNPROCESSABLE_ENTITY, "There is no such limit";
    /// No such item.
    ItemUnknown = "item-unknown", NOT_FOUND, "There is no such item";
    /// No such offer.
    OfferUnknown = "offer-unknown", NOT_FOUND, "There is no such offer";
    /// No such standing order.
    OrderUnknown = "order-unknown", NOT_FOUND, "There is no such standing order";
    /// No such payout run, or another principal's.
    PayoutUnknown = "payout-unknown", NOT_FOUND, "There is no such payout run";
    /// No such webhook, or another principal's.
    WebhookUnknown = "webhook-unknown", NOT_FOUND, "There is no such webhook";
    /// No such process, or another member's.
    ProcessUnknown = "process-unknown", NOT_FOUND, "There is no such process";
    /// No such gift card, or another member's.
    GiftCardUnknown = "gift-card-unknown", NOT_FOUND, "There is no such gift card";
    /// No account has that number.
    PayeeUnknown = "payee-unknown", NOT_FOUND, "Nobody has this account number";
    /// No such partner.
    PartnerUnknown = "partner-unknown", NOT_FOUND, "There is no such partner";
    /// The partner has no such key.
    KeyUnknown = "key-unknown", NOT_FOUND, "The partner has no such key";
    /// No such operator.
    OperatorUnknown = "operator-unknown", NOT_FOUND, "There is no such operator";
    /// No such approval.
    ApprovalUnknown = "approval-unknown", NOT_FOUND, "There is no such approval";
    /// No such sign-up.
    SignUpUnknown = "signup-unknown", NOT_FOUND, "There is no such sign-up";
    /// No such password reset.
    ResetUnknown = "reset-unknown", NOT_FOUND, "There is no such password reset";
    /// No such member.
    MemberUnknown = "member-unknown", NOT_FOUND, "There is no such member";
    /// No such device of the member.
    DeviceUnknown = "device-unknown", NOT_FOUND, "There is no such device";
    /// No such erasure.
    ErasureUnknown = "erasure-unknown", NOT_FOUND, "There is no such erasure";
    /// No such view.
    ViewUnknown = "view-unknown", NOT_FOUND, "There is no such view";
    /// The address is there, the method is not.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The address does not take this method";
    /// The request did not arrive in time.
    RequestTimeout = "request-timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// The first request with the key has no answer yet.
    IdempotencyKeyInFlight = "idempotency-key-in-flight", CONFLICT, "A request with this key is being carried out";
    /// Somebody has it.
    LoginIdTaken = "login-id-taken", CONFLICT, "The login id is taken";
    /// An operator has it, or had it.
    OperatorNameTaken = "operator-name-taken", CONFLICT, "The name of the operator is taken";
    /// A top-up was started with it.
    PaymentKeyUsed = "payment-key-used", CONFLICT, "A top-up was started with this payment";
    /// Somebody else is changing it.
    ViewBusy = "view-busy", CONFLICT, "The view is being rebuilt or promoted";
    /// More bytes than allowed.
    PayloadTooLarge = "payload-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// Not declared as what the address takes, which is `application/json` mostly.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The media type of the body is wrong";
    /// The key belongs to another request.
    IdempotencyKeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The key was used for another request";
    /// Nobody set where it is.
    ProviderUnknown = "provider-unknown", UNPROCESSABLE_ENTITY, "There is no connection to this provider";
    /// A process that is done or compensated.
    ProcessOver = "process-over", UNPROCESSABLE_ENTITY, "The process is over";
    /// A step that cannot be directed in this way.
    ProcessStepFixed = "process-step-fixed", UNPROCESSABLE_ENTITY, "The step of the process does not allow that";
    /// A member whose top-up is under way stays.
    ProcessRunning = "process-running", UNPROCESSABLE_ENTITY, "A top-up of the member is under way";
    /// Not enough money.
    InsufficientFunds = "insufficient-funds", UNPROCESSABLE_ENTITY, "The account does not hold enough";
    /// Frozen.
    AccountFrozen = "account-frozen", UNPROCESSABLE_ENTITY, "The account is frozen";
    /// Open, so there is no freeze to lift.
    AccountNotFrozen = "account-not-frozen", UNPROCESSABLE_ENTITY, "The account is not frozen";
    /// Closed.
    AccountClosed = "account-closed", UNPROCESSABLE_ENTITY, "The account is closed";
    /// Cannot be closed yet.
    AccountNotEmpty = "account-not-empty", UNPROCESSABLE_ENTITY, "The account still holds money";
    /// Different assets.
    AssetMismatch = "asset-mismatch", UNPROCESSABLE_ENTITY, "The accounts and the money do not hold the same asset";
    /// Zero or less.
    AmountNotPositive = "amount-not-positive", UNPROCESSABLE_ENTITY, "The amount is not more than zero";
    /// To itself.
    SameAccount = "same-account", UNPROCESSABLE_ENTITY, "Source and destination are the same account";
    /// Over a limit.
    LimitExceeded = "limit-exceeded", UNPROCESSABLE_ENTITY, "The amount is over a limit";
    /// As many as a decision can look at.
    TooManyLimits = "too-many-limits", UNPROCESSABLE_ENTITY, "There are as many limits as can be set";
    /// As many as limits can be set on at once.
    TooManyAccounts = "too-many-accounts", UNPROCESSABLE_ENTITY, "The partner has as many accounts as it can have";
    /// Once only.
    AlreadyReversed = "already-reversed", UNPROCESSABLE_ENTITY, "The transfer is already reversed";
    /// More than 38 digits.
    AmountOverflow = "amount-overflow", UNPROCESSABLE_ENTITY, "The balance would have more than 38 digits";
    /// A refused transfer cannot be reversed.
    TransferNotPosted = "transfer-not-posted", UNPROCESSABLE_ENTITY, "The transfer moved no money";
    /// Captured or released to the end.
    HoldNotActive = "hold-not-active", UNPROCESSABLE_ENTITY, "Nothing remains of the hold";
    /// Its time is over.
    HoldExpired = "hold-expired", UNPROCESSABLE_ENTITY, "The hold has expired";
    /// More than what is left of it.
    HoldExceeded = "hold-exceeded", UNPROCESSABLE_ENTITY, "The amount is more than remains of the hold";
    /// Named neither when it was placed nor now.
    HoldDestinationMissing = "hold-destination-missing", UNPROCESSABLE_ENTITY, "The capture has no destination";
    /// Placed for another one.
    HoldDestinationDiffers = "hold-destination-differs", UNPROCESSABLE_ENTITY, "The hold is for another destination";
    /// Nobody set one, or it has expired.
    RateUnknown = "rate-unknown", UNPROCESSABLE_ENTITY, "There is no such rate at present";
    /// No such quote, or another member's.
    QuoteUnknown = "quote-unknown", UNPROCESSABLE_ENTITY, "There is no such quote";
    /// A quote holds for a while.
    QuoteExpired = "quote-expired", UNPROCESSABLE_ENTITY, "The quote has expired";
    /// A quote is used once.
    QuoteUsed = "quote-used", UNPROCESSABLE_ENTITY, "The quote has been used";
    /// It comes to less than one minor unit.
    AmountTooSmall = "amount-too-small", UNPROCESSABLE_ENTITY, "The amount is too small to exchange";
    /// Unknown, used or expired; which of them, is not said.
    PaymentCodeInvalid = "payment-code-invalid", UNPROCESSABLE_ENTITY, "The payment code cannot be used";
    /// More than the member allowed.
    PaymentCodeExceeded = "payment-code-exceeded", UNPROCESSABLE_ENTITY, "The amount is more than the code pays";
    /// Offered: it cannot be given away or offered once more.
    ItemLocked = "item-locked", UNPROCESSABLE_ENTITY, "The item is offered";
    /// The collection has one of this serial.
    SerialTaken = "serial-taken", CONFLICT, "The collection has an item with this serial";
    /// Accepted or taken back.
    OfferNotOpen = "offer-not-open", UNPROCESSABLE_ENTITY, "The offer is not open any more";
    /// Its time is over.
    OfferExpired = "offer-expired", UNPROCESSABLE_ENTITY, "The offer has expired";
    /// Nobody buys from themselves.
    OwnOffer = "own-offer", UNPROCESSABLE_ENTITY, "The offer is your own";
    /// No run is due in the future.
    ScheduleEmpty = "schedule-empty", UNPROCESSABLE_ENTITY, "The schedule has no run in the future";
    /// Over, or paused.
    OrderNotActive = "order-not-active", UNPROCESSABLE_ENTITY, "The standing order is not active";
    /// Only a paused one is resumed.
    OrderNotPaused = "order-not-paused", UNPROCESSABLE_ENTITY, "The standing order is not paused";
    /// The run has other rows than whoever starts it says.
    ControlTotalMismatch = "control-total-mismatch", UNPROCESSABLE_ENTITY, "The control totals are not the run's";
    /// Started, or over: no rows are added.
    PayoutNotOpen = "payout-not-open", UNPROCESSABLE_ENTITY, "The payout run is not open any more";
    /// As many rows as it can have.
    PayoutFull = "payout-full", UNPROCESSABLE_ENTITY, "The payout run has no room for so many rows";
    /// It is not being paid.
    PayoutNotRunning = "payout-not-running", UNPROCESSABLE_ENTITY, "The payout run is not running";
    /// Only a paused one is resumed.
    PayoutNotPaused = "payout-not-paused", UNPROCESSABLE_ENTITY, "The payout run is not paused";
    /// Finished or cancelled.
    PayoutOver = "payout-over", UNPROCESSABLE_ENTITY, "The payout run is over";
    /// Row numbers go up.
    PayoutRowOutOfOrder = "payout-row-out-of-order", UNPROCESSABLE_ENTITY, "The numbers of the rows do not go up";
    /// As many as one principal can have.
    TooManyWebhooks = "too-many-webhooks", UNPROCESSABLE_ENTITY, "There are as many webhooks as you can have";
    /// Not of the outside, or not encrypted.
    UrlNotAllowed = "url-not-allowed", UNPROCESSABLE_ENTITY, "No event may be sent to this address";
    /// The same principal used it before.
    ReferenceTaken = "reference-taken", CONFLICT, "The reference has been used for another transfer";
    /// All or none, and another one could not be.
    BatchAborted = "batch-aborted", UNPROCESSABLE_ENTITY, "Another transfer of the atomic batch was refused";
    /// Not in the state that it is in.
    ViewChangeRefused = "view-change-refused", UNPROCESSABLE_ENTITY, "The view cannot be changed in this way";
    /// Older than what is kept.
    EventsGone = "events-gone", GONE, "The events asked for are not kept any more";
    /// Somebody has to be able to set how the bank is run.
    LastAdmin = "last-admin", UNPROCESSABLE_ENTITY, "The operator is the last admin";
    /// Decided, expired, or whoever asked may not ask any more.
    ApprovalOver = "approval-over", UNPROCESSABLE_ENTITY, "The approval is over";
    /// Approved after another change.
    ChangedSince = "changed-since", UNPROCESSABLE_ENTITY, "It was changed since it was asked for";
    /// Expired, superseded or completed.
    SignUpEnded = "signup-ended", UNPROCESSABLE_ENTITY, "The sign-up has ended";
    /// Not the code.
    CodeWrong = "code-wrong", UNPROCESSABLE_ENTITY, "The code is wrong";
    /// Its time is over.
    CodeExpired = "code-expired", UNPROCESSABLE_ENTITY, "The code has expired";
    /// Wrong too often.
    CodeExhausted = "code-exhausted", UNPROCESSABLE_ENTITY, "Too many wrong codes were given";
    /// Nothing to verify.
    ContactChangeMissing = "contact-change-missing", UNPROCESSABLE_ENTITY, "No change of contact is under way";
    /// The member's own password, asked for again.
    PasswordWrong = "password-wrong", UNPROCESSABLE_ENTITY, "The password is wrong";
    /// As many devices as a member may have.
    TooManyDevices = "too-many-devices", UNPROCESSABLE_ENTITY, "There are as many devices as a member may have";
    /// Close them first.
    AccountsOpen = "accounts-open", UNPROCESSABLE_ENTITY, "The member still has accounts that are not closed";
    /// Another code so soon.
    ResendTooEarly = "resend-too-early", TOO_MANY_REQUESTS, "It is too early for another code";
    /// Too often.
    TooManyRequests = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests";
    /// A defect.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// The queue is full.
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "Too many commands are waiting";
    /// Not decided in time.
    DeadlinePassed = "deadline-passed", SERVICE_UNAVAILABLE, "The command waited too long";
    /// Other servers kept winning.
    Contended = "contended", SERVICE_UNAVAILABLE, "The accounts are too contended";
    /// The log's store is away.
    LogUnavailable = "log-unavailable", SERVICE_UNAVAILABLE, "The log cannot be reached";
    /// Nothing is written until an operator has looked.
    AuditAlarm = "audit-alarm", SERVICE_UNAVAILABLE, "An alarm of the auditor stops all commands";
    /// The vault's store is away.
    VaultUnavailable = "vault-unavailable", SERVICE_UNAVAILABLE, "The vault cannot be reached";
    /// It does not answer, or not as it should.
    IdentityProviderUnavailable = "identity-provider-unavailable", SERVICE_UNAVAILABLE, "The identity provider cannot be reached";
    /// The servers do not take tokens of the key that would sign them.
    SigningKeyWithdrawn = "signing-key-withdrawn", SERVICE_UNAVAILABLE, "Tokens cannot be signed at present";
    /// A retry under the same key reports it.
    OutcomeUnknown = "outcome-unknown", SERVICE_UNAVAILABLE, "It is not known whether the command was carried out";
    /// Not as fresh as the token asks.
    ViewBehind = "view-behind", SERVICE_UNAVAILABLE, "The view has not reached the token's position";
    /// The views' store is away.
    ViewUnavailable = "view-unavailable", SERVICE_UNAVAILABLE, "The view cannot be read";
    /// They cannot be read, or nobody else can listen.
    EventsUnavailable = "events-unavailable", SERVICE_UNAVAILABLE, "The public events cannot be followed now";
    /// On its way out.
    ShuttingDown = "shutting-down", SERVICE_UNAVAILABLE, "The server is shutting down";
}

impl Code {
    /// The code for a bare error status, such as one a library answered with.
    pub(crate) fn for_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyRequests,
            other if other.is_client_error() => Self::ValidationFailed,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_kebab_case_unique_and_read_back() {
        let mut seen = HashSet::new();
        for &code in Code::ALL {
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code:?}");
            assert!(seen.insert(code.as_str()), "{code:?} twice");
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert!(code.status().is_client_error() || code.status().is_server_error());
        }
        assert_eq!(Code::parse("no-such-code"), None);
    }
}
