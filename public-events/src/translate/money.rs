//! Accounts, and what moves or holds money on them.

use events::recorded::{
    AccountEvent, AccountFundsHeld, AccountFundsReleased, AccountOpened, HoldAmounts, HoldEvent, Holder, TransferEvent,
    TransferKind, TransferRejected,
};
use kernel::{AccountId, HoldId, Minor, TransferId};

use super::{error::TranslateError, index::Recorded, tell::Teller, writer::Audience};
use crate::{EventType, data};

impl<'e> Teller<'e, '_> {
    pub(super) fn account(&mut self, recorded: &Recorded, event: &AccountEvent) -> Result<(), TranslateError> {
        let account_id = AccountId::new(recorded.stream.uuid());
        let audience = Audience::changed(account_id, recorded.version);
        match event {
            AccountEvent::Opened(opened) => self.opened(account_id, audience, opened),
            AccountEvent::Debited(debited) => {
                self.moved(recorded, debited.transfer, debited.amount.negated(), debited.balance)
            }
            AccountEvent::Credited(credited) => {
                self.moved(recorded, credited.transfer, credited.amount, credited.balance)
            }
            AccountEvent::FundsHeld(held) => self.held(recorded, held),
            AccountEvent::FundsReleased(released) => self.released(recorded, released),
            AccountEvent::Frozen(frozen) => {
                let frozen = data::AccountFrozen { account_id, scope: frozen.scope.as_str() };
                self.writer.tell(EventType::AccountFrozen, account_id.uuid(), audience, &frozen)
            }
            AccountEvent::Unfrozen(_) => {
                let unfrozen = data::AccountUnfrozen { account_id };
                self.writer.tell(EventType::AccountUnfrozen, account_id.uuid(), audience, &unfrozen)
            }
            AccountEvent::Closed(_) => self.writer.tell(
                EventType::AccountClosed,
                account_id.uuid(),
                audience,
                &data::AccountClosed { account_id },
            ),
            // How the bank is set.
            AccountEvent::LimitsAssigned(_) => Ok(()),
        }
    }

    fn opened(
        &mut self,
        account_id: AccountId,
        audience: Audience,
        opened: &AccountOpened,
    ) -> Result<(), TranslateError> {
        let owner = match &opened.holder {
            Holder::Member { owner, .. } => Some(*owner),
            Holder::System { .. } => None,
        };
        // The owner is named: nobody can know yet whose the account is.
        let (audience, opened) =
            (audience.and_owner(owner), data::AccountOpened { account_id, owner, asset: opened.asset });
        self.writer.tell(EventType::AccountOpened, account_id.uuid(), audience, &opened)
    }

    /// One leg of a transfer.
    fn moved(
        &mut self,
        recorded: &Recorded,
        transfer_id: TransferId,
        amount: Minor,
        balance: Minor,
    ) -> Result<(), TranslateError> {
        let account_id = AccountId::new(recorded.stream.uuid());
        let told = self.legs.entry((transfer_id, account_id)).or_default();
        let turn = *told;
        *told += 1;
        let incomplete = |what| TranslateError::Incomplete { position: recorded.position, what };
        let posted = self.index.posted(transfer_id).ok_or_else(|| incomplete("which transfer moved the money"))?;
        let mut legs = posted.legs.iter().enumerate().filter(|(_, leg)| leg.account == account_id);
        let (index, leg) = legs.nth(turn).ok_or_else(|| incomplete("which leg of the transfer it is"))?;
        let (event_type, subject) = match posted.kind {
            TransferKind::Reversal => (EventType::TransferReversed, posted.reverses.unwrap_or(transfer_id)),
            TransferKind::Charge => (EventType::ChargePosted, transfer_id),
            TransferKind::Exchange => (EventType::ExchangePosted, transfer_id),
            TransferKind::Transfer
            | TransferKind::Deposit
            | TransferKind::Withdrawal
            | TransferKind::Compound
            | TransferKind::Capture
            | TransferKind::Trade
            | TransferKind::Payout => (EventType::TransferPosted, transfer_id),
        };
        let posting = data::Posting {
            transfer_id,
            kind: posted.kind.as_str(),
            account_id,
            asset: leg.asset,
            amount,
            balance,
            counterparty: posted.legs.counterparty(index),
            hold_id: posted.hold,
            reverses: posted.reverses,
            order_id: posted.order,
            item_id: posted.trade.map(|trade| trade.item),
            offer_id: posted.trade.map(|trade| trade.offer),
        };
        self.writer.tell(event_type, subject.uuid(), Audience::changed(account_id, recorded.version), &posting)
    }

    fn held(&mut self, recorded: &Recorded, funds: &AccountFundsHeld) -> Result<(), TranslateError> {
        let account_id = AccountId::new(recorded.stream.uuid());
        match self.hold_event(recorded, funds.hold)? {
            HoldEvent::Placed(placed) => {
                let placed = data::HoldPlaced {
                    hold_id: funds.hold,
                    account_id,
                    asset: placed.asset,
                    amount: placed.amount,
                    destination: placed.destination,
                    expires_at: placed.expires_at,
                    held: funds.held,
                };
                let audience = Audience::changed(account_id, recorded.version);
                self.writer.tell(EventType::HoldPlaced, funds.hold.uuid(), audience, &placed)
            }
            // Not public: `amount` of what follows says it.
            HoldEvent::Increased(_) => Ok(()),
            HoldEvent::Captured(_) | HoldEvent::Released(_) | HoldEvent::Expired(_) => {
                Err(TranslateError::Incomplete { position: recorded.position, what: "why the funds are held" })
            }
        }
    }

    fn released(&mut self, recorded: &Recorded, funds: &AccountFundsReleased) -> Result<(), TranslateError> {
        let (account_id, hold_id) = (AccountId::new(recorded.stream.uuid()), funds.hold);
        let audience = Audience::changed(account_id, recorded.version);
        let given_back = |given_back, left: HoldAmounts| data::HoldReleased {
            hold_id,
            account_id,
            given_back,
            amount: left.amount,
            captured: left.captured,
            released: left.released,
            held: funds.held,
        };
        match self.hold_event(recorded, hold_id)? {
            HoldEvent::Captured(captured) => {
                let captured = data::HoldCaptured {
                    hold_id,
                    account_id,
                    transfer_id: captured.transfer,
                    paid: captured.paid,
                    is_final: captured.is_final,
                    amount: captured.left.amount,
                    captured: captured.left.captured,
                    released: captured.left.released,
                    held: funds.held,
                };
                self.writer.tell(EventType::HoldCaptured, hold_id.uuid(), audience, &captured)
            }
            HoldEvent::Released(released) => {
                let released = given_back(released.given_back, released.left);
                self.writer.tell(EventType::HoldReleased, hold_id.uuid(), audience, &released)
            }
            HoldEvent::Expired(expired) => {
                let expired = given_back(expired.given_back, expired.left);
                self.writer.tell(EventType::HoldExpired, hold_id.uuid(), audience, &expired)
            }
            HoldEvent::Placed(_) | HoldEvent::Increased(_) => {
                Err(TranslateError::Incomplete { position: recorded.position, what: "why the funds are free" })
            }
        }
    }

    /// The event of the hold that belongs to this change of the account.
    fn hold_event(&mut self, recorded: &Recorded, hold: HoldId) -> Result<&'e HoldEvent, TranslateError> {
        let told = self.holds.entry(hold).or_default();
        let turn = *told;
        *told += 1;
        let position = recorded.position;
        self.index.hold(hold, turn).ok_or(TranslateError::Incomplete { position, what: "what became of the hold" })
    }

    pub(super) fn transfer(&mut self, recorded: &Recorded, event: &TransferEvent) -> Result<(), TranslateError> {
        match event {
            // Told with each account that it moves money on, so that the order of an account's events is that of its versions.
            TransferEvent::Posted(_) => Ok(()),
            // Told with the accounts that the reversal moves money on.
            TransferEvent::Reversed(_) => Ok(()),
            TransferEvent::Rejected(rejected) => self.rejected(recorded, rejected),
        }
    }

    /// Only the owner of the account that would have paid is told: whoever asked has the answer.
    fn rejected(&mut self, recorded: &Recorded, rejected: &TransferRejected) -> Result<(), TranslateError> {
        let transfer_id = TransferId::new(recorded.stream.uuid());
        let TransferRejected { facts, refusal, .. } = rejected;
        let told = data::TransferRejected {
            transfer_id,
            kind: facts.kind.as_str(),
            code: refusal.code.clone(),
            account_id: facts.source,
            destination: facts.destination,
            asset: facts.asset,
            amount: facts.amount,
        };
        let audience = Audience::of_account(facts.source);
        self.writer.tell(EventType::TransferRejected, transfer_id.uuid(), audience, &told)?;
        self.limit_exceeded(recorded, (facts.source, Some(transfer_id)), refusal)
    }
}
