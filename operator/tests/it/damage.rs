//! `jangbu log verify` on logs and views that were damaged: each kind of damage is found, and its place is reported.

use crate::databases::TestDatabases;

/// Where the damage is done.
enum At {
    Log,
    Views,
}

/// A damage, and words that the report must have under WRONG.
struct Damage {
    name: &'static str,
    at: At,
    sql: &'static str,
    words: &'static [&'static str],
}

const fn log(name: &'static str, sql: &'static str, words: &'static [&'static str]) -> Damage {
    Damage { name, at: At::Log, sql, words }
}

const fn views(name: &'static str, sql: &'static str, words: &'static [&'static str]) -> Damage {
    Damage { name, at: At::Views, sql, words }
}

const LOG: &[Damage] = &[
    log(
        "an event is gone",
        "delete from events where position = 20",
        &["positions are gapless from 1", "positions 20..20 are missing", "commits cover all events", "holds 2 events"],
    ),
    log(
        "a whole commit is gone",
        "with gone as (delete from commits where first_position = 18 returning *)
         delete from events using gone where position between first_position and last_position",
        &["positions 18..20 are missing", "versions are gapless"],
    ),
    log(
        "the first commit is gone",
        "delete from events where position = 1; delete from commits where first_position = 1",
        &["positions 1..1 are missing", "was never opened"],
    ),
    log(
        "a commit's row is gone",
        "delete from commits where first_position = 18",
        &["the event at position 18 belongs to no commit"],
    ),
    log(
        "a commit claims too much",
        "update commits set last_position = last_position + 1 where first_position = 18",
        &["commit 18..21 holds 3 events"],
    ),
    log(
        "a commit without events",
        "insert into commits select 9000, 9001, recorded_at, gen_random_uuid(), actor_id, correlation, fingerprint,
             actor_role from commits order by first_position desc limit 1",
        &["commit 9000..9001 has no events"],
    ),
    log(
        "two commits overlap",
        "insert into commits select 19, 19, recorded_at, gen_random_uuid(), actor_id, correlation, fingerprint,
             actor_role from commits where first_position = 18",
        &["commit 18..20 holds 1 events"],
    ),
    log(
        "the clock goes back",
        "update commits set recorded_at = recorded_at - interval '1 day' where first_position = 18",
        &["recorded_at never goes back"],
    ),
    log(
        "the head is elsewhere",
        "update log_head set position = position - 1",
        &["the head is the end of the log", "log_head is at"],
    ),
    log("the head's clock is behind", "update log_head set recorded_at = 'epoch'", &["the clock of log_head"]),
    log(
        "a version is skipped",
        "update events set version = version + 1 where position = (select max(position) from events)",
        &["versions are gapless in every stream", "follows"],
    ),
    log(
        "two events of a stream stand in the wrong order",
        "alter table events drop constraint events_stream_id_version_key;
         update events set version = 5 - version
             where stream_id = 'acc00000-0000-7000-8000-000000000001' and version in (2, 3)",
        &["versions are gapless in every stream"],
    ),
    log(
        "an event of an unknown kind",
        "update events set type = 'AccountBlessed' where type = 'CommandRefused'",
        &["every event can be read", "AccountBlessed"],
    ),
    log(
        "an event of a later schema",
        "update events set schema_version = 9 where type = 'CommandRefused'",
        &["every event can be read", "schema version 9"],
    ),
    log(
        "a payload of another shape",
        r#"update events set payload = '{"amount": 5}' where position = 19"#,
        &["every event can be read", "position 19"],
    ),
    log(
        "a debit of another amount",
        r#"update events set payload = (payload::jsonb || '{"amount": "999"}')::json where position = 19"#,
        &[
            "every transfer has a debit or a credit for each of its legs",
            "999 is debited",
            "balances in events",
            "each asset sums to zero",
        ],
    ),
    log(
        "a debit and a credit of another amount than posted",
        r#"update events set payload = (payload::jsonb || '{"amount": "299"}')::json where position = 21"#,
        &["299 is to be moved"],
    ),
    log(
        "a credit that names another transfer",
        r#"update events set payload = (payload::jsonb || '{"transfer": "7fe00000-0000-7000-8000-00000000ffff"}')::json
           where position = 20"#,
        &["1 debits and 0 credits", "the transfer is not there"],
    ),
    log(
        "a credit to another account than named",
        r#"update events set
               payload = (payload::jsonb || '{"destination": "acc00000-0000-7000-8000-000000000003"}')::json
           where position = 21"#,
        &["not those it names"],
    ),
    log(
        "another asset",
        r#"update events set payload = (payload::jsonb || '{"asset": "USD"}')::json where position = 21"#,
        &["an account does not hold USD"],
    ),
    log(
        "legs that do not sum to zero",
        r#"update events set payload = replace(payload::text, '"amount":"20"', '"amount":"21"')::json
           where type = 'TransferPosted' and schema_version = 2"#,
        &[
            "every event can be read",
            "is no transfer",
            "the legs of KRW do not sum to zero",
            "the transfer is not there",
        ],
    ),
    log(
        "a single leg",
        r#"update events set payload = (payload::jsonb || '{"legs": []}')::json
           where type = 'TransferPosted' and schema_version = 2"#,
        &["every event can be read", "a transfer has at least two legs", "the transfer is not there"],
    ),
    log(
        "legs of another order than their postings",
        r#"update events set payload = (payload::jsonb || jsonb_build_object('legs', (
               select jsonb_agg(leg order by place desc)
               from jsonb_array_elements(payload::jsonb -> 'legs') with ordinality as legs (leg, place))))::json
           where type = 'TransferPosted' and schema_version = 2"#,
        &["10 is to be moved, 30 is debited"],
    ),
    log(
        "a leg without its credit",
        r#"update events set payload = (payload::jsonb || '{"transfer": "7fe00000-0000-7000-8000-00000000ffff"}')::json
           where position = (select position + 3 from events where type = 'TransferPosted' and schema_version = 2)"#,
        &["1 debits and 1 credits for 3 legs", "the transfer is not there"],
    ),
    log(
        "a balance that does not follow",
        r#"update events set payload = (payload::jsonb || '{"balance": "1"}')::json where position = 23"#,
        &["balances in events equal the running sums", "position 23"],
    ),
    log(
        "a member below zero",
        r#"update events set payload = (payload::jsonb || '{"balance": "-700"}')::json where position = 22"#,
        &["no member's account is ever below zero", "is at -700"],
    ),
    log(
        "a freeze with another balance",
        r#"update events set payload = (payload::jsonb || '{"balance": "1"}')::json where type = 'AccountFrozen'"#,
        &["balances in events", "when it became frozen"],
    ),
    log(
        "a closed account that lives on",
        r#"update events set type = 'AccountClosed', payload = '{}' where type = 'AccountUnfrozen'"#,
        &["closed account acc00000-0000-7000-8000-000000000003 is posted to"],
    ),
    log(
        "a frozen account that is posted to",
        "update events set type = 'AccountFrozen' where type = 'AccountUnfrozen'",
        &["was frozen and became frozen", "frozen account acc00000-0000-7000-8000-000000000003 is posted to"],
    ),
    log(
        "a number that is not reserved",
        "update events set stream_id = gen_random_uuid() where position = 3",
        &["each with its number", "is not reserved"],
    ),
    log(
        "a reversal of another transfer",
        r#"update events set payload = (payload::jsonb || '{"reverses": "7fe00000-0000-7000-8000-000000000006"}')::json
           where payload->>'kind' = 'reversal'"#,
        &["a reversal mirrors what it reverses", "does not mark", "is not the mirror"],
    ),
    log(
        "a reversal that is not marked",
        "alter table events drop constraint events_opening_version_check;
         update events set type = 'CommandRefused', payload = '{\"refusal\": {\"code\": \"x\"}}'
         where type = 'TransferReversed'",
        &["does not mark what it reverses"],
    ),
    log(
        "an account that is opened a second time",
        "alter table events drop constraint events_opening_version_check;
         update events set type = 'AccountOpened',
             payload = '{\"holder\": {\"kind\": \"system\", \"name\": \"cash/test\"}, \"asset\": \"KRW\"}'
         where type = 'AccountUnfrozen'",
        &[
            "events that open a stream stand at version 1 only",
            "opens a stream, and stands at version",
            "is opened as version",
        ],
    ),
    log(
        "an account that is reversed like a transfer",
        "update events set type = 'TransferReversed',
             payload = '{\"by\": \"7fe00000-0000-7000-8000-000000000001\"}'
         where type = 'AccountUnfrozen'",
        &[
            "every stream is of one kind",
            "stream acc00000-0000-7000-8000-000000000003 of two kinds: it is of kind account, but version",
            "TransferReversed) is of kind transfer",
        ],
    ),
    log(
        "a refused command on the stream of an account number",
        "alter table events drop constraint events_opening_version_check;
         update events set version = 2,
             stream_id = (select stream_id from events where type = 'AccountNumberAssigned' order by position limit 1)
         where type = 'CommandRefused'",
        &["it is of kind account number, but version 2", "is of kind refused command", "CommandRefused at position"],
    ),
    log(
        "an open account of one who was erased",
        "update events set payload = (payload::jsonb || jsonb_build_object('holder',
             (payload::jsonb -> 'holder') || '{\"owner\": \"3e3b0000-0000-7000-8000-000000000004\"}'))::json
         where stream_id = 'acc00000-0000-7000-8000-000000000001' and version = 1",
        &[
            "no account is open after its owner was erased",
            "account acc00000-0000-7000-8000-000000000001 is open, but its owner 3e3b0000-0000-7000-8000-000000000004",
        ],
    ),
    log(
        "an account that is opened for one who left",
        "insert into events select position + 1, 1, gen_random_uuid(), 1, 'OwnerLeft',
             '{\"owner\": \"3e3b0000-0000-7000-8000-000000000001\",
               \"erasure\": \"3e3b0000-0000-7000-8000-000000000001\"}' from log_head;
         insert into events select head.position + 2, 1, gen_random_uuid(), 1, 'AccountOpened', opened.payload
             from log_head as head, events as opened
             where opened.stream_id = 'acc00000-0000-7000-8000-000000000001' and opened.version = 1;
         insert into commits select position + 1, position + 2, recorded_at, gen_random_uuid(), gen_random_uuid(),
             gen_random_uuid(), decode(repeat('00', 16), 'hex'), 's' from log_head;
         update log_head set position = position + 2",
        &["or opened after its owner left", "is opened for 3e3b0000-0000-7000-8000-000000000001, who has left"],
    ),
];

const VIEWS: &[Damage] = &[
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
        "insert into accounts_g1.accounts select version, position, opened_at, gen_random_uuid(), owner, balance, kind,
             asset, status, null, name from accounts_g1.accounts limit 1",
        &["in the view, but not in the log"],
    ),
    views(
        "a wrong status and owner",
        "update accounts_g1.accounts set status = 'open', owner = null where status = 'closed'",
        &["status is open but should be closed", "owner is null but should be"],
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
        &["asset_totals of view overview", "KRW: member_sum is", "members_frozen is 0 but should be 1"],
    ),
    views(
        "wrong activity",
        "update overview_g1.activity set posted_count = posted_count + 1 where bucket = 'day' and kind = 'transfer'",
        &[
            "activity of view overview",
            "day 2026-03-01T00:00:00.000000Z KRW transfer: posted_count is 5 but should be 4",
        ],
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

#[tokio::test]
async fn every_damage_of_the_log_is_found() {
    each(LOG).await;
}

#[tokio::test]
async fn every_damage_of_the_views_is_found() {
    each(VIEWS).await;
}

async fn each(damages: &[Damage]) {
    let sound = TestDatabases::with_bank().await;
    sound.run(&["log", "verify"]).expect(0);
    for damage in damages {
        let (databases, arguments): (TestDatabases, &[&str]) = match damage.at {
            // The views are as they were, and not of interest here.
            At::Log => (sound.with_copied_log().await, &["log", "verify", "--no-views"]),
            At::Views => (sound.with_copied_views().await, &["log", "verify"]),
        };
        match damage.at {
            At::Log => databases.on_log(damage.sql).await,
            At::Views => databases.on_views(damage.sql).await,
        }
        let run = databases.run(arguments);
        assert_eq!(run.code, 1, "{}: {}", damage.name, run.all());
        let wrong = run.stdout.split("WRONG:").skip(1).collect::<String>();
        for word in damage.words {
            assert!(wrong.contains(word), "{}: `{word}` is missing: {}", damage.name, run.all());
        }
        databases.drop().await;
    }
    sound.drop().await;
}
