//! Two people sign up, pay each other, and one of them leaves and is erased.

use anyhow::{Context, Result, ensure};
use kernel::{Ids, RandomIds};
use serde_json::{Value, json};

use crate::{
    bank::DemoBank,
    copies::{Copied, KeyOptions},
    person::{Member, Person, certificate},
    show::{self, Asset},
    stores::{self, Stores},
};

/// What each of the two gets to begin with, in minor units.
const GIFT: i128 = 100_000;
/// What the one pays the other.
const DINNER: i128 = 24_900;

/// All of it; whether nothing of the one who left was found anywhere.
pub async fn come_and_go(
    bank: &DemoBank,
    stores: &Stores,
    keys: &KeyOptions,
    mail_url: &str,
    asset: &Asset,
) -> Result<bool> {
    show::heading("Two people sign up, and one leaves");
    let minji = join(bank, Person::new("Minji"), mail_url).await?;
    let jun = join(bank, Person::new("Jun"), mail_url).await?;
    let (from, to) = (open(bank, &minji, asset).await?, open(bank, &jun, asset).await?);
    pay(&minji, &from, &to, &jun, asset).await?;
    let token = leave(&minji, &from, &to, asset).await?;
    let clean = erase(bank, stores, keys, &minji).await?;
    remains(bank, &jun, &minji, &token, asset).await?;
    Ok(clean)
}

/// Somebody signs up with the code from their mail, and logs in.
pub async fn join(bank: &DemoBank, person: Person, mail_url: &str) -> Result<Member> {
    let sign_up = person.sign_up(bank).await?;
    show::line("Signs up", &format!("{} as {}, reached at {}", person.real_name, person.login_id, person.email));
    let mail = person.read_code(mail_url).await?;
    let took = mail.took.as_millis();
    show::line("Mail", &format!("\"{}\" caught after {took} ms, with the code {}", mail.subject, mail.code));
    let member = person.verify(bank, &sign_up, &mail.code).await?;
    let member = person.enter(bank, member).await?;
    show::line("Logs in", &format!("member {}", member.caller.actor.id));
    Ok(member)
}

/// An account at this bank.
struct Account {
    id: String,
    number: String,
    /// As fresh as its first deposit.
    token: String,
}

async fn open(bank: &DemoBank, member: &Member, asset: &Asset) -> Result<Account> {
    let reply = member.caller.post("/v1/accounts", &json!({ "asset": "CZK" })).await?.expect(201)?;
    let (id, number) = (reply.text("/account_id")?.to_owned(), reply.text("/account_number")?.to_owned());
    let body = json!({ "account_id": id, "money": money(GIFT), "reference": "a warm welcome" });
    let key = RandomIds.fresh().to_string();
    let deposit = bank.clerk.post_until_answered("/v1/deposits", &key, &body).await?.expect(201)?;
    let token = deposit.token().context("the answer has no Consistency-Token")?.to_owned();
    let first = member.person.real_name.split(' ').next().unwrap_or_default();
    show::line("Account", &format!("{first} has number {number} with {}", asset.show(GIFT)));
    Ok(Account { id, number, token })
}

/// The payer sees whom the number belongs to, pays, and reads their own write.
async fn pay(payer: &Member, from: &Account, to: &Account, payee: &Member, asset: &Asset) -> Result<()> {
    let found = payer.caller.get(&format!("/v1/payees?account_number={}", to.number), Some(&to.token)).await?;
    let masked = found.expect(200)?.text("/masked_name")?.to_owned();
    ensure!(masked != payee.person.real_name, "a payee's whole name was shown");
    show::line("Payee", &format!("number {} belongs to {masked}", to.number));
    let reply = transfer(payer, from, to, DINNER, "dinner").await?;
    let home = payer.caller.get("/v1/wallet/home", Some(&reply)).await?.expect(200)?;
    let name = home.body.pointer("/member/real_name").and_then(Value::as_str).unwrap_or_default();
    ensure!(name == payer.person.real_name, "the wallet greets {name:?} instead of {}", payer.person.real_name);
    let balance: i128 = home.number("/accounts/0/balance")?;
    ensure!(balance == GIFT - DINNER, "the wallet shows {} after the dinner", asset.show(balance));
    show::line(
        "Pays",
        &format!("{} for dinner; by the token her wallet shows {}", asset.show(DINNER), asset.show(balance)),
    );
    let me = payer.caller.get("/v1/members/me", Some(&reply)).await?.expect(200)?;
    ensure!(me.text("/login_id")? == payer.person.login_id, "she is shown under another name: {}", me.body);
    Ok(())
}

/// Gives away what is left and closes the account: without that nobody can leave.
async fn leave(member: &Member, from: &Account, to: &Account, asset: &Asset) -> Result<String> {
    let rest = GIFT - DINNER;
    let token = transfer(member, from, to, rest, "goodbye").await?;
    let path = format!("/v1/accounts/{}/close", from.id);
    member.caller.post(&path, &json!({ "reason": "leaving" })).await?.expect(200)?;
    show::line("Closes", &format!("gives {} away and closes the account", asset.show(rest)));
    Ok(token)
}

async fn erase(bank: &DemoBank, stores: &Stores, keys: &KeyOptions, member: &Member) -> Result<bool> {
    let copied = Copied::take(stores, member.caller.actor.id).await?;
    let erasure = member.leave().await?;
    let certificate_json = certificate(bank, &erasure).await?;
    show::line("Is erased", &format!("certificate {erasure}"));
    show::line("", &format!("destroyed: {}", destroyed(&certificate_json)));
    let refused = member.caller.get("/v1/members/me", None).await?;
    ensure!(refused.status == 401, "an erased member's token is still good: {}", refused.body);
    let again = member.person.log_in(bank).await?;
    ensure!(again.code() == Some("credentials-wrong"), "an erased member can still log in: {}", again.body);
    show::line("Afterwards", "her token is refused (401), and so is her password");
    show::line("Searched", "for her name, login id, address, password and refresh token, everywhere:");
    let clean = stores::search(bank, stores, &member.words()).await?;
    let Some(copied) = copied else { return Ok(clean) };
    Ok(copied.show(bank, stores, keys, &erasure).await? && clean)
}

/// What the one who stayed still sees, and that the books still add up.
async fn remains(bank: &DemoBank, stayed: &Member, left: &Member, token: &str, asset: &Asset) -> Result<()> {
    let home = stayed.caller.get("/v1/wallet/home", Some(token)).await?.expect(200)?;
    let balance: i128 = home.number("/accounts/0/balance")?;
    ensure!(balance == 2 * GIFT, "{} is left instead of {}", asset.show(balance), asset.show(2 * GIFT));
    ensure!(!home.body.to_string().contains(&left.person.real_name), "a name is left in a history");
    let overview = bank.operator.get("/v1/dashboard/overview", None).await?.expect(200)?;
    let sums = overview.body["totals"].as_array().context("an overview without totals")?;
    ensure!(sums.iter().all(|total| total["sum"] == "0"), "an asset does not sum to zero: {sums:?}");
    show::line("Remains", &format!("Jun has {} and his history; every asset still sums to zero", asset.show(balance)));
    Ok(())
}

/// Moves money between the two; a token as fresh as that.
async fn transfer(payer: &Member, from: &Account, to: &Account, amount: i128, memo: &str) -> Result<String> {
    let body = json!({ "source": from.id, "destination": to.number, "money": money(amount), "memo": memo });
    let reply = payer.caller.post("/v1/transfers", &body).await?.expect(201)?;
    Ok(reply.token().context("the answer has no Consistency-Token")?.to_owned())
}

fn money(amount: i128) -> Value {
    json!({ "asset": "CZK", "amount": amount.to_string() })
}

/// What a certificate says was destroyed.
fn destroyed(certificate: &Value) -> String {
    let entries = certificate["destroyed"].as_array().into_iter().flatten();
    let texts = entries.map(|entry| {
        let parts: Vec<_> = match entry {
            Value::Array(parts) => parts.iter().collect(),
            Value::Object(parts) => parts.values().collect(),
            other => vec![other],
        };
        let words = parts.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned));
        words.rev().collect::<Vec<_>>().join(" ")
    });
    texts.collect::<Vec<_>>().join(", ")
}
