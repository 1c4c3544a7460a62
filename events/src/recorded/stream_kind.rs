//! The kinds of streams. All streams share one space of ids, and many ids are public or can be computed, so an id alone
//! says nothing: the events of a stream do.

use std::fmt;

// Every kind, with the events that stand on its streams (file and enum) and its name in messages.
macro_rules! with_stream_kinds {
    ($make:ident) => {
        $make! {
            /// An account, of a member or of the system.
            Account(account::AccountEvent) = "account";
            /// An account number: which account bears it.
            AccountNumber(account::AccountNumberEvent) = "account number";
            /// A transfer, posted or rejected.
            Transfer(transfer::TransferEvent) = "transfer";
            /// A hold.
            Hold(hold::HoldEvent) = "hold";
            /// The rate at which the bank gives one asset for another.
            Rate(exchange::RateEvent) = "rate";
            /// A quote of the exchange.
            Quote(exchange::QuoteEvent) = "quote";
            /// All limits of the bank.
            Limits(limit::LimitsEvent) = "limits";
            /// A payment code.
            PaymentCode(payment_code::PaymentCodeEvent) = "payment code";
            /// An item.
            Item(item::ItemEvent) = "item";
            /// An offer of an item.
            Offer(item::OfferEvent) = "offer";
            /// A standing order.
            StandingOrder(standing_order::StandingOrderEvent) = "standing order";
            /// A payout run.
            PayoutRun(payout::PayoutRunEvent) = "payout run";
            /// A chunk of the rows of a payout run.
            PayoutRows(payout::PayoutRowsEvent) = "payout rows";
            /// A webhook.
            Webhook(webhook::WebhookEvent) = "webhook";
            /// The webhooks of one principal.
            WebhookList(webhook::WebhookListEvent) = "webhook list";
            /// A process with the outside world.
            Process(process::ProcessEvent) = "process";
            /// What the outside calls a transfer, if that is to be unique.
            Reference(reference::ReferenceEvent) = "reference";
            /// A command that is no transfer and was refused.
            RefusedCommand(refusal::RefusedCommandEvent) = "refused command";
            /// A sign-up.
            SignUp(member::SignUpEvent) = "sign-up";
            /// A password reset.
            PasswordReset(password_reset::PasswordResetEvent) = "password reset";
            /// A reserved login id or contact.
            Reservation(member::ReservationEvent) = "name";
            /// A member.
            Member(member::MemberEvent) = "member";
            /// What a member owns: the stream on which opening an account and leaving meet.
            Owner(owner::OwnerEvent) = "owner";
            /// A partner.
            Partner(partner::PartnerEvent) = "partner";
            /// A key of a partner.
            PartnerKey(partner::PartnerKeyEvent) = "partner key";
            /// With which key a partner sent a command.
            KeyUse(partner::KeyUseEvent) = "key use";
            /// An operator with an account.
            Operator(operator::OperatorEvent) = "operator";
            /// The names of all operators.
            OperatorList(operator::OperatorListEvent) = "operator list";
            /// Which operator sent a command, and why.
            OperatorAct(operator::OperatorActEvent) = "operator act";
            /// What an operator asked for that a second one has to approve.
            Approval(approval::ApprovalEvent) = "approval";
        }
    };
}

macro_rules! stream_kinds {
    ($($(#[$doc:meta])* $kind:ident($file:ident::$events:ident) = $name:literal;)*) => {
        /// What a stream is the history of. The first event decides, and every later event is of the same kind.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum StreamKind {
            $($(#[$doc])* $kind,)*
        }

        impl StreamKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The kind in words, for messages.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

with_stream_kinds!(stream_kinds);

pub(super) use with_stream_kinds;

impl fmt::Display for StreamKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
