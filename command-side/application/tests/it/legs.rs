//! Transfers of any legs: no command asks for one whose legs are no payments, but what stands in the log is answered and reversed.

use application::{Command, Deposit, OpenAccount, Outcome, Reverse, TransferAnswer};
use events::recorded::Leg;
use kernel::{AccountId, AssetCode, Minor, TransferId};
use testkit::compound::{Request, post};

use crate::client::{TestClient, krw, member, operator, posted, refused, submission, transfer};

fn leg(account: AccountId, asset: AssetCode, units: i128) -> Leg {
    Leg { account, asset, amount: Minor::new(units).expect("an amount") }
}

/// Writes a transfer of these legs under the id of the command that pays 1 from the first account to the second.
async fn compound(client: &TestClient, key: &str, legs: Vec<Leg>) -> (TransferId, Command) {
    let command = transfer(legs[0].account, legs[1].account, 1);
    let submission = submission(member(1), key, command.clone());
    let (command_id, fingerprint) = (submission.meta.command_id, submission.meta.fingerprint);
    (post(client.log.as_ref(), Request { actor: member(1), command_id, fingerprint }, legs).await, command)
}

fn lines(answer: &TransferAnswer) -> Vec<(AccountId, String, i128, i128, i64)> {
    let line = |p: &application::Posting| {
        (p.account_id, p.asset.to_string(), p.amount.units(), p.balance_after.units(), p.version.number())
    };
    answer.postings.iter().map(line).collect()
}

#[tokio::test]
async fn a_commit_of_three_legs_is_told_again_by_whoever_has_only_the_log() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let c = client.open(member(3), "c").await;
    let legs = vec![leg(a, krw(), -30), leg(b, krw(), 20), leg(c, krw(), 10)];
    let (id, command) = compound(&client, "t", legs.clone()).await;
    let other = TestClient::on(client.log.clone(), "server-1", |_| {});
    for client in [&client, &other] {
        let answer = client.ask(member(1), "t", command.clone()).await.expect("an answer");
        let Outcome::Posted(posted) = &*answer.answer else { panic!("{:?}", answer.answer) };
        assert!(answer.replayed);
        assert_eq!((posted.transfer_id, &*posted.posted.legs), (id, &legs[..]));
        let krw = || "KRW".to_owned();
        assert_eq!(lines(posted), [(a, krw(), -30, 70, 3), (b, krw(), 20, 20, 2), (c, krw(), 10, 10, 2)]);
        let owners: Vec<_> = posted.postings.iter().map(|p| p.owner).collect();
        assert_eq!(owners, [1, 2, 3].map(|n| Some(member(n).id)));
        assert_eq!(posted.position, client.log.commits().last().expect("a commit").last());
    }
}

#[tokio::test]
async fn a_transfer_of_two_assets_and_an_account_in_two_legs_are_answered() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let eur: AssetCode = "EUR".parse().expect("an asset");
    let open = async |owner, key: &str| match client
        .outcome(owner, key, Command::OpenAccount(OpenAccount { asset: eur }))
        .await
    {
        Outcome::Opened(account) => account.account_id,
        other => panic!("{other:?}"),
    };
    let (c, d) = (open(member(2), "c").await, open(member(1), "d").await);
    let money = kernel::Money { asset: eur, amount: Minor::new(5).expect("an amount") };
    posted(
        &client
            .outcome(
                operator(),
                "fund",
                Command::Deposit(Deposit { account: c, money, reference: "r".into(), unique_reference: false }),
            )
            .await,
    );
    let legs = vec![leg(a, krw(), -30), leg(b, krw(), 30), leg(c, eur, -5), leg(d, eur, 4), leg(d, eur, 1)];
    let (_, command) = compound(&client, "t", legs).await;
    let Outcome::Posted(answer) = client.outcome(member(1), "t", command).await else { panic!() };
    let versions: Vec<_> = lines(&answer).into_iter().map(|line| (line.1, line.3, line.4)).collect();
    let line = |asset: &str, balance, version| (asset.to_owned(), balance, version);
    let ought = [("KRW", 70, 3), ("KRW", 30, 2), ("EUR", 0, 3), ("EUR", 4, 2), ("EUR", 5, 3)];
    assert_eq!(versions, ought.map(|(asset, balance, version)| line(asset, balance, version)));
}

#[tokio::test]
async fn a_transfer_of_three_legs_is_reversed_leg_by_leg() {
    let client = TestClient::new();
    let (a, b) = (client.funded("a", 100).await, client.open(member(2), "b").await);
    let c = client.open(member(3), "c").await;
    let legs = vec![leg(a, krw(), -30), leg(b, krw(), 20), leg(c, krw(), 10)];
    let (id, _) = compound(&client, "t", legs).await;
    posted(&client.outcome(member(3), "spent", transfer(c, a, 4)).await);
    let reverse = || Command::Reverse(Reverse { transfer: id, reason: "mistake".into() });
    // One account lacks what it got: nothing is reversed, and that answer stays.
    let no = client.outcome(operator(), "r", reverse()).await;
    assert_eq!(refused(&no), "insufficient-funds");
    let Outcome::Refused(refusal) = &no else { panic!() };
    assert_eq!(refusal.refusal.available, Some(Minor::new(6).expect("an amount")));
    posted(&client.outcome(member(1), "back", transfer(a, c, 4)).await);
    let Outcome::Posted(reversal) = client.outcome(operator(), "s", reverse()).await else { panic!() };
    let krw = || "KRW".to_owned();
    assert_eq!(lines(&reversal), [(c, krw(), -10, 0, 5), (b, krw(), -20, 0, 3), (a, krw(), 30, 100, 6)]);
    assert_eq!(reversal.posted.reverses, Some(id));
    assert_eq!(refused(&client.outcome(operator(), "u", reverse()).await), "already-reversed");
    let restarted = TestClient::on(client.log.clone(), "server-1", |_| {});
    assert_eq!(restarted.outcome(operator(), "s", reverse()).await, Outcome::Posted(reversal));
    assert_eq!(restarted.outcome(operator(), "r", reverse()).await, no);
}
