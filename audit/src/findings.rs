//! What is proved of the log itself, and what was found against it.

use serde::Serialize;

/// How many findings of a rule are kept word for word; the rest are counted.
const SHOWN: usize = 20;
/// How many findings are kept for who asks what is new.
const NEWS: usize = 20;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What must be true of a log.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Rule { $($(#[$doc])* $name,)* }

        impl Rule {
            const ALL: &[(Self, &'static str)] = &[$((Self::$name, $text),)*];

            /// The rule in words.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

rules! {
    /// Positions.
    Positions = "positions are gapless from 1";
    /// Commits over events.
    Commits = "commits cover all events, each once and whole";
    /// The clock.
    Clock = "recorded_at never goes back";
    /// The head.
    Head = "the head is the end of the log";
    /// Versions.
    Versions = "versions are gapless in every stream, in the order of positions";
    /// Kinds of streams.
    Kinds = "every stream is of one kind";
    /// Opening events.
    Openings = "events that open a stream stand at version 1 only";
    /// Decoding.
    Decoding = "every event can be read";
    /// Lives of accounts.
    Accounts = "accounts open once, each with its number, move only until they close, and close empty";
    /// Freezes.
    Freezes = "a freeze stops what is in its scope, and only a reversal passes it, or what was paid outside from a hold";
    /// Owners.
    Owners = "no account is open after its owner was erased, or opened after its owner left";
    /// Legs.
    Balanced = "every transfer has a debit or a credit for each of its legs";
    /// Reversals.
    Reversals = "a reversal mirrors what it reverses, once";
    /// References that are to be unique.
    References = "a reference that is unique is used once, by a transfer of its commit";
    /// Balances in events.
    Balances = "balances in events equal the running sums";
    /// No debts.
    Funds = "no member's available balance is ever below zero";
    /// Held funds.
    Holds = "held funds are those of active holds, each used within its amount and its time";
    /// Limits.
    Limits = "what counts for a limit is counted in its window, within the limit, and given back once";
    /// Payment codes.
    PaymentCodes = "a payment code is used once, in time, for its account and at most for its amount";
    /// Items and offers.
    Items = "an item has one owner, and is sold once, in time and for the price of its offer";
    /// Standing orders.
    Orders = "each due run of a standing order happens once, as it was ordered";
    /// Payout runs.
    Payouts = "a payout run pays each of its rows once, in its turn, as it was added";
    /// Processes with the outside world.
    Processes = "a process with the outside moves its money once, and its hold is for nothing else";
    /// Partners.
    Partners = "whatever a partner does names one key that was issued to it";
    /// Operators with accounts.
    Operators = "whatever an operator with an account does says who and why, once";
    /// What a second operator has to approve.
    Approvals = "what needs a second operator is done once, by the approval of another one, in time";
    /// The exchange.
    Exchange = "a quote follows from the rate that counts, and is carried out once, in time and as it was made";
    /// Zero sums.
    Sums = "each asset sums to zero at every commit";
    /// Where streams stand, in a log of commit rows.
    Standings = "where a stream is said to stand, its events say so too";
    /// The chain of digests, in a log of commit rows.
    Chain = "the chain of digests ends as the head says";
    /// The states of accounts, in a log of commit rows.
    States = "a state that is kept of an account is what its events add up to";
    /// Command ids. The first of the rules that only who follows the log holds it against.
    Commands = "every command is recorded once";
    /// What was audited.
    Lasting = "what was audited stays as it was";
    /// The log.
    Identity = "the log keeps its id, but for adoptions";
}

impl Rule {
    /// How many of the rules a single reading of the log checks.
    const OF_ONE_READING: usize = Self::Commands as usize;
}

/// One rule, how much of the log it was held against, and what was found.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What must be true.
    pub rule: &'static str,
    /// How many things it was held against.
    pub checked: u64,
    /// How many broke it.
    pub found: u64,
    /// The first of them.
    pub findings: Vec<String>,
}

/// All rules and their findings.
#[derive(Debug)]
pub struct Findings {
    checks: Vec<Check>,
    news: Vec<(Rule, String)>,
}

impl Findings {
    /// Nothing checked yet.
    pub fn new() -> Self {
        let check = |&(_, rule): &(Rule, &'static str)| Check { rule, checked: 0, found: 0, findings: Vec::new() };
        Self { checks: Rule::ALL.iter().map(check).collect(), news: Vec::new() }
    }

    /// Counts one thing that a rule is held against.
    pub fn checked(&mut self, rule: Rule) {
        self.checks[rule as usize].checked += 1;
    }

    /// Notes something that breaks a rule.
    pub fn found(&mut self, rule: Rule, what: impl FnOnce() -> String) {
        let check = &mut self.checks[rule as usize];
        check.found += 1;
        let (shown, news) = (check.findings.len() < SHOWN, self.news.len() < NEWS);
        if shown || news {
            let what = what();
            if news {
                self.news.push((rule, what.clone()));
            }
            if shown {
                check.findings.push(what);
            }
        }
    }

    /// Counts one thing, and notes it if it breaks the rule.
    pub fn require(&mut self, rule: Rule, holds: bool, what: impl FnOnce() -> String) {
        self.checked(rule);
        if !holds {
            self.found(rule, what);
        }
    }

    /// The rules that one reading of the log checks, in their order.
    pub fn into_checks(mut self) -> Vec<Check> {
        self.checks.truncate(Rule::OF_ONE_READING);
        self.checks
    }

    /// All rules in their order.
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The first of what was found since the last call, oldest first.
    pub fn take_news(&mut self) -> Vec<(Rule, String)> {
        std::mem::take(&mut self.news)
    }

    /// Goes on from earlier counts, of rules by their words.
    pub fn go_on_from(&mut self, counts: impl IntoIterator<Item = (String, u64, u64)>) {
        for (rule, checked, found) in counts {
            if let Some(check) = self.checks.iter_mut().find(|check| check.rule == rule) {
                (check.checked, check.found) = (checked, found);
            }
        }
    }
}
