//! The exchange of the synthetic bank.

use chrono::TimeDelta;
use events::recorded::{
    AccountCredited, AccountDebited, AccountNumberAssigned, AccountOpened, Holder, Leg, Legs, QuoteMade, QuoteUsed,
    RateSet, TransferKind,
};
use kernel::{AccountId, AccountNumber, AssetCode, MemberId, Minor, Money, TransferId};

use super::{
    Bank, Events,
    ids::{account, member, quote, transfer, units},
    stored::posted,
};

/// A member's won, and the same member's dollars.
const WON: u128 = 41;
const DOLLARS: u128 = 42;
/// Where dollars come from outside.
const CASH_DOLLARS: u128 = 1001;
/// What the bank exchanges from.
pub const BANKS_DOLLARS: u128 = 1002;
const BANKS_WON: u128 = 1003;

fn asset(code: &str) -> AssetCode {
    code.parse().expect("an asset")
}

fn money(amount: i128, code: &str) -> Money {
    Money { asset: asset(code), amount: units(amount) }
}

impl Bank {
    /// Dollars become won as quoted, and some of the won dollars again; one quote is not used.
    pub(super) fn exchange(&mut self) {
        self.open_system(CASH_DOLLARS, "USD", "cash/test");
        self.open_system(BANKS_DOLLARS, "USD", "exchange/test");
        self.open_system(BANKS_WON, "KRW", "exchange/test");
        self.open(WON, "KRW");
        let number = AccountNumber::from_digits(DOLLARS as u64);
        let holder = Holder::Member { owner: MemberId::new(member(WON)), number };
        let assigned = AccountNumberAssigned { account: AccountId::new(account(DOLLARS)) };
        self.commit(vec![
            (account(DOLLARS), AccountOpened { holder, asset: asset("USD") }.into()),
            (number.stream().uuid(), assigned.into()),
        ]);
        self.transfer(160, TransferKind::Deposit, CASH_DOLLARS, DOLLARS, 20_000, "USD", None);
        self.set_rate(("USD", "KRW"), "1350.25", 50);
        self.set_rate(("KRW", "USD"), "0.00074", 0);
        let (dollars, won) = (money(10_000, "USD"), money(134_349, "KRW"));
        self.make_quote(1, (DOLLARS, dollars), (WON, won), "1343.49875");
        self.make_quote(2, (DOLLARS, money(10_001, "USD")), (WON, money(134_350, "KRW")), "1343.49875");
        self.use_quote((1, 161), [DOLLARS, BANKS_DOLLARS], dollars, [BANKS_WON, WON], won);
        let (won, dollars) = (money(100_000, "KRW"), money(7_400, "USD"));
        self.make_quote(3, (WON, won), (DOLLARS, dollars), "0.00074");
        self.use_quote((3, 162), [WON, BANKS_WON], won, [BANKS_DOLLARS, DOLLARS], dollars);
    }

    fn set_rate(&mut self, (from, to): (&str, &str), rate: &str, spread_bps: u32) {
        let (from, to, expires_at) = (asset(from), asset(to), self.now + TimeDelta::hours(1));
        let set = RateSet { from, to, rate: rate.into(), spread_bps, expires_at };
        self.commit(vec![(from.rate_stream(to).uuid(), set.into())]);
    }

    fn make_quote(&mut self, n: u128, (source, pay): (u128, Money), (destination, receive): (u128, Money), rate: &str) {
        let made = QuoteMade {
            owner: MemberId::new(member(WON)),
            source: AccountId::new(account(source)),
            destination: AccountId::new(account(destination)),
            pay,
            receive,
            rate: rate.into(),
            expires_at: self.now + TimeDelta::seconds(30),
        };
        self.commit(vec![(quote(n), made.into())]);
    }

    /// A quote is used for the transfer of a number: the member pays the bank, and the bank pays the member.
    fn use_quote(&mut self, (n, by): (u128, u128), paid: [u128; 2], pay: Money, received: [u128; 2], receive: Money) {
        let id = TransferId::new(transfer(by));
        let moved = |[from, to]: [u128; 2], Money { asset, amount }: Money| {
            [(from, asset, amount.negated()), (to, asset, amount)]
        };
        let sides = [moved(paid, pay), moved(received, receive)].concat();
        let leg =
            |&(n, asset, amount): &(u128, AssetCode, Minor)| Leg { account: AccountId::new(account(n)), asset, amount };
        let legs = Legs::new(sides.iter().map(leg).collect()).expect("legs");
        let mut events: Events = vec![
            (quote(n), QuoteUsed { transfer: id }.into()),
            (transfer(by), posted(TransferKind::Exchange, legs).into()),
        ];
        for (n, _, amount) in sides {
            *self.balances.entry(account(n)).or_default() += amount.units();
            let (transfer, balance, used) = (id, self.balance(n), Vec::new());
            let event = match amount.is_negative() {
                true => AccountDebited { transfer, amount: amount.negated(), balance, used }.into(),
                false => AccountCredited { transfer, amount, balance, used }.into(),
            };
            events.push((account(n), event));
        }
        self.commit(events);
    }
}
