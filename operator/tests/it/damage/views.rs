//! Damages of views.

use super::{Damage, Harm};

const fn views(name: &'static str, sql: &'static str, words: &'static [&'static str]) -> Damage {
    Damage { name, harm: Harm::Views(sql), words }
}

pub const VIEWS: &[Damage] = &[
    views(
        "a wrong balance",
        "update accounts_g1.accounts set balance = balance + 1
         where account_id = 'acc00000-0000-7000-8000-000000000001'",
        &["accounts of view accounts", "acc00000-0000-7000-8000-000000000001: balance is"],
    ),
    views(
        "an account is missing",
        "delete from accounts_g1.accounts where account_id = 'acc00000-0000-7000-8000-000000000002'",
        &["acc00000-0000-7000-8000-000000000002: missing from the view"],
    ),
    views(
        "an account too many",
        r#"insert into accounts_g1.accounts select version, position, opened_at, gen_random_uuid(), owner, balance, kind,
             asset, status, null, name, held, "freeze" from accounts_g1.accounts limit 1"#,
        &["in the view, but not in the log"],
    ),
    views(
        "a wrong status and owner",
        "update accounts_g1.accounts set status = 'open', owner = null where status = 'closed'",
        &["status is open but should be closed", "owner is null but should be"],
    ),
    views(
        "held funds that are not held, and a freeze of another scope",
        r#"update accounts_g1.accounts set held = 0 where held > 0;
           update accounts_g1.accounts set "freeze" = 'all' where "freeze" = 'debits'"#,
        &["held is 0 but should be 52", "freeze is all but should be debits"],
    ),
    views(
        "a hold that is over and is shown as active",
        "update holds_g1.holds set status = 'active' where status = 'expired'",
        &["holds of view holds", "status is active but should be expired"],
    ),
    views(
        "a hold is missing, and another has more to pay",
        "delete from holds_g1.holds where status = 'released'; update holds_g1.holds set captured = 0 where captured = 5",
        &["401d0000-0000-7000-8000-000000000002: missing from the view", "captured is 0 but should be 5"],
    ),
    views(
        "a capture of another hold, and a freeze that was not passed",
        "update transfers_g1.transfers set hold_id = gen_random_uuid() where hold_id is not null;
         update transfers_g1.transfers set despite_freeze = not despite_freeze where kind = 'reversal'",
        &["hold_id is", "despite_freeze is true but should be false", "despite_freeze is false but should be true"],
    ),
    views(
        "a wrong entry",
        "update transactions_g1.entries set memo = 'gift', amount = -amount where position = 22",
        &["entries of view transactions", "at position 22: amount is", "memo is gift but should be memo 4"],
    ),
    views(
        "an entry is missing",
        "delete from transactions_g1.entries where position = 23",
        &["at position 23: missing"],
    ),
    views(
        "an entry too many",
        "insert into transactions_g1.entries select 7, version, recorded_at, account_id, transfer_id, counterparty,
             amount, balance_after, kind, memo, reference from transactions_g1.entries where position = 23",
        &["at position 7: in the view, but not in the log"],
    ),
    views(
        "the time of another position",
        "update transactions_g1.ticks set position = position - 1 where position = 14",
        &["ticks of view transactions", "position is 13 but should be 14"],
    ),
    views(
        "a reversal that is not shown",
        "update transfers_g1.transfers set reversed_by = null where reversed_by is not null",
        &["transfers of view transfers", "reversed_by is null but should be 7fe00000-0000-7000-8000-000000000009"],
    ),
    views(
        "a refusal with another code",
        "update transfers_g1.transfers set code = 'account-frozen' where code is not null",
        &["code is account-frozen but should be insufficient-funds"],
    ),
    views(
        "a transfer is missing",
        "delete from transfers_g1.transfers where kind = 'withdrawal'",
        &["missing from the view"],
    ),
    views(
        "a wrong leg",
        r#"update transfers_g1.transfers set postings = jsonb_set(postings, '{1,balance_after}', '"1"')
           where postings is not null"#,
        &["transfers of view transfers", "postings is [{"],
    ),
    views(
        "wrong totals",
        "update overview_g1.asset_totals set member_sum = member_sum + 1, members_frozen = 0 where asset = 'KRW'",
        &["asset_totals of view overview", "KRW: member_sum is", "members_frozen is 0 but should be 2"],
    ),
    views(
        "wrong activity",
        "update overview_g1.activity set posted_count = posted_count + 1 where bucket = 'day' and kind = 'transfer'",
        &[
            "activity of view overview",
            "day 2026-02-28T15:00:00.000000Z KRW transfer: posted_count is 5 but should be 4",
        ],
    ),
    views(
        "another number of holds, and more held than is",
        "update overview_g1.asset_totals set held = held + 1, open_holds = 0 where asset = 'KRW'",
        &["asset_totals of view overview", "KRW: held is", "open_holds is 0 but should be"],
    ),
    views(
        "orders that nobody placed, and no items",
        "update overview_g1.bank_counts set number = number + 7 where what = 'orders_paused';
         delete from overview_g1.bank_counts where what = 'items'",
        &["bank_counts of view overview", "orders_paused: number is 8 but should be 1", "items: missing from the view"],
    ),
    views(
        "a refusal too many, and one of another code",
        "update overview_g1.refusals set count = count + 1 where kind = 'command' and code = 'account-not-empty';
         update overview_g1.refusals set code = 'account-closed' where code = 'insufficient-funds'",
        &[
            "refusals of view overview",
            "account-not-empty command: count is 2 but should be 1",
            "missing from the view",
        ],
    ),
    views(
        "a wrong memory of an order",
        "update overview_g1.record_states set counted_as = 'orders_active' where counted_as = 'orders_paused'",
        &["record_states of view overview", "counted_as is orders_active but should be orders_paused"],
    ),
    views(
        "a wrong memory of an account",
        "update overview_g1.account_states set status = 'open' where status = 'frozen'",
        &["account_states of view overview", "status is open but should be frozen"],
    ),
    views(
        "a member who has left and is still shown",
        "update members_g1.members set status = 'active', channel = 'email', login_id = 'x', login_id_version = 1,
             contact = 'x', contact_version = 1, real_name = 'x', real_name_version = 1 where status = 'erasing'",
        &["members of view members", "status is active but should be erasing", "but should be null"],
    ),
    views(
        "a name of another event",
        "update members_g1.members set contact_version = 1 where channel = 'phone'",
        &["members of view members", "contact_version is 1 but should be 2"],
    ),
    views(
        "a member is missing, and is not counted",
        "delete from members_g1.members where status = 'erased';
         update members_g1.member_counts set members = 0 where status = 'erased'",
        &["missing from the view", "member_counts of view members", "erased: members is 0 but should be"],
    ),
    views(
        "a position beyond the log",
        "update registry.generations set position = position + 5 where view = 'accounts'",
        &["view accounts", "beyond the end of the log"],
    ),
    views(
        "a position within a commit",
        "update registry.generations set position = 22 where view = 'transfers'",
        &["it is at 22, within a commit: the last whole one ends at 20"],
    ),
    views(
        "another log",
        "update registry.generations set log_id = gen_random_uuid() where view = 'overview'",
        &["view overview", "it follows another log"],
    ),
    views(
        "the time of another commit",
        "update registry.generations set recorded_at = 'epoch' where view = 'overview'",
        &["view overview", "its time is"],
    ),
    views(
        "no live generation",
        "update registry.generations set state = 'retired' where view = 'accounts'",
        &["view accounts", "it has no live generation"],
    ),
    views(
        "tables that cannot be read",
        "drop table accounts_g1.accounts cascade",
        &["view accounts", "reading its rows failed", "does not exist"],
    ),
    views(
        "readers see other tables",
        "create or replace view live.accounts as select * from accounts_g1.accounts where status = 'open'",
        &["accounts of view accounts", "missing from the view"],
    ),
];
