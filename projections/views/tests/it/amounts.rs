//! Amounts at the edges, and whether the histories of the other tests are worth anything.

use std::collections::HashSet;

use events::recorded::Event;
use kernel::{Minor, Zone};

use crate::{bank::Bank, fixture::ViewsFixture, oracle};

#[tokio::test]
async fn every_form_of_an_amount_arrives_as_it_was() {
    let mut bank = Bank::new(1);
    let powers = (0..38).map(|power| 10_i128.pow(power));
    let edges = powers.flat_map(|power| [power, power + 1, 2 * power - 1]).chain([Minor::MAX.units(); 3]);
    for amount in edges {
        bank.deposit(amount.min(Minor::MAX.units()));
    }
    let fixture = ViewsFixture::new(&bank).await;
    for worker in &mut fixture.start_all() {
        worker.reach(bank.end());
        worker.at(bank.end()).await;
    }
    fixture.check(&bank, bank.end()).await;
    fixture.scratch.close().await;
}

#[test]
fn the_histories_have_everything_in_them() {
    let mut bank = Bank::busy(0, 2500);
    // Those that were placed before may be over by now, or resumed.
    (0..5).for_each(|_| bank.place_hold());
    bank.paused_order();
    bank.operator_enabled_again();
    bank.commit();
    let found: HashSet<_> = bank.commits.iter().flat_map(|c| &c.events).map(|e| e.event_type.as_str()).collect();
    let missing: Vec<_> = Event::TYPES.iter().filter(|known| !found.contains(known.name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let tables = oracle::tables(&bank.commits, bank.end(), Zone::SEOUL);
    let lines = |name: &str| &tables.iter().find(|table| table.name == name).expect("a table").lines;
    let digits = |line: &String| line.split('|').map(str::len).max().unwrap_or(0);
    assert!(
        lines("asset_totals").iter().any(|line| digits(line) > 39),
        "no sum exceeds an amount: {:?}",
        lines("asset_totals")
    );
    assert!(bank.commits.iter().any(|commit| commit.events.len() > 9), "no batches");
    let posted = bank.commits.iter().flat_map(|c| &c.events).filter(|e| e.event_type == "TransferPosted");
    let versions: HashSet<_> = posted.map(|event| event.schema_version).collect();
    assert_eq!(versions, HashSet::from([1, 2, 3, 4]), "transfers of all versions");
    let legs = |line: &String| line.rsplit('|').next().map_or(0, |legs| legs.matches(", ").count());
    let compound = lines("transfers").iter().filter(|line| legs(line) > 1);
    assert!(compound.clone().count() > 10, "no transfers of several legs");
    let two_assets = |line: &&String| line.contains(" KRW ") && line.contains(" BUP ");
    assert!(compound.clone().any(|line| two_assets(&line)), "no transfer of two assets");
    assert!(lines("member_counts").len() == 3, "no member in every state: {:?}", lines("member_counts"));
    assert!(lines("members").iter().any(|line| line.contains("phone:")), "no contact ever changed its channel");
    let with = |table: &str, part: &str| lines(table).iter().filter(|line| line.contains(part)).count();
    for status in ["active", "captured", "released", "expired"] {
        assert!(with("holds", &format!("|{status}|")) > 2, "no holds that are {status}: {:#?}", lines("holds"));
    }
    for status in ["open", "accepted", "cancelled", "expired"] {
        assert!(with("offers", &format!("|{status}|")) > 1, "no offers that are {status}: {:#?}", lines("offers"));
    }
    for status in ["active", "paused", "finished", "stopped", "cancelled"] {
        let found = with("standing_orders", &format!("|{status}|"));
        assert!(found > 0, "no orders that are {status}: {:#?}", lines("standing_orders"));
    }
    for status in ["finished", "cancelled"] {
        let found = with("payout_runs", &format!("|{status}|"));
        assert!(found > 0, "no payout runs that are {status}: {:#?}", lines("payout_runs"));
    }
    assert!(with("payout_results", "|account-unknown|") > 2 && with("payout_results", "|-|") > 2);
    assert!(with("standing_order_runs", "|account-frozen|") > 2 && with("standing_order_runs", "|-|") > 2);
    assert!(
        with("transfers", "|charge|") > 5 && with("transfers", "|trade|") > 1,
        "{} charges, {} trades",
        with("transfers", "|charge|"),
        with("transfers", "|trade|")
    );
    assert!(with("webhooks", "|true|") > 0 && with("webhooks", "|false|") > 0, "{:#?}", lines("webhooks"));
    for table in ["limits", "limit_assignments", "limit_uses", "item_owners"] {
        assert!(lines(table).len() > 3, "hardly any {table}: {:#?}", lines(table));
    }
    assert_eq!(lines("bank_counts").len(), 4, "not everything is counted: {:?}", lines("bank_counts"));
    assert!(with("refusals", "|command|") > 2 && with("refusals", "|transfer|") > 2, "hardly any refusals");
    let captures = bank.commits.iter().flat_map(|c| &c.events).filter(|e| e.event_type == "HoldCaptured");
    let captured: HashSet<_> = captures.clone().map(|event| event.stream).collect();
    assert!(captured.len() > 5 && captures.count() > captured.len(), "no hold is captured in parts");
    assert!(with("transfers", "|capture|") > 5, "no captures");
    assert!(with("transfers", "|true|") > 0, "no reversal passes a freeze");
    for freeze in ["|frozen|all|", "|frozen|debits|"] {
        assert!(with("accounts", freeze) > 0, "no account is {freeze}");
    }
    assert!(lines("ticks").len() < bank.commits.len(), "no commits share a time");
    assert!(lines("activity").iter().filter(|line| line.starts_with("day")).count() > 10, "one day only");
}
