//! Webhooks: whose they are, how many there may be, and that every answer is given again the same.

use application::{
    AskWebhook, ChangeWebhook, Command, CreateWebhook, DeleteWebhook, ExecuteError, Outcome, RotateWebhook,
    WebhookAnswer, WebhookRequest,
};
use chrono::DateTime;
use kernel::{Actor, DeliveryId, Role, WebhookId};
use uuid::Uuid;

use crate::{
    client::{TestClient, operator, refused},
    payouts::service,
};

const URL: &str = "https://shop.example/jangbu";

fn create(url: &str) -> Command {
    let events = vec!["transfer.posted".to_owned(), "account.opened".to_owned()];
    Command::CreateWebhook(CreateWebhook { url: url.to_owned(), events, description: Some("the shop".to_owned()) })
}

fn change(webhook: WebhookId, url: Option<&str>, enabled: Option<bool>) -> Command {
    Command::ChangeWebhook(ChangeWebhook { webhook, url: url.map(str::to_owned), events: None, enabled })
}

fn ask(webhook: WebhookId, request: WebhookRequest) -> Command {
    Command::AskWebhook(AskWebhook { webhook, request })
}

fn rotate(webhook: WebhookId) -> Command {
    Command::RotateWebhook(RotateWebhook { webhook, overlap: 60 })
}

fn delete(webhook: WebhookId) -> Command {
    Command::DeleteWebhook(DeleteWebhook { webhook })
}

/// All that can be done with one.
fn everything(webhook: WebhookId) -> [Command; 7] {
    let since = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
    [
        change(webhook, Some("https://other.example/"), None),
        change(webhook, None, Some(false)),
        rotate(webhook),
        ask(webhook, WebhookRequest::Example("transfer.posted".to_owned())),
        ask(webhook, WebhookRequest::Resend(DeliveryId::new(Uuid::from_u128(7)))),
        ask(webhook, WebhookRequest::Recover(since)),
        delete(webhook),
    ]
}

fn of(outcome: &Outcome) -> &WebhookAnswer {
    match outcome {
        Outcome::WebhookCreated(webhook) | Outcome::WebhookChanged(webhook) => webhook,
        other => panic!("no webhook: {other:?}"),
    }
}

#[tokio::test]
async fn a_webhook_is_nobody_elses() {
    let client = TestClient::new();
    let created = client.outcome(service(7), "create", create(URL)).await;
    let webhook = of(&created);
    assert_eq!((webhook.owner, webhook.settings.enabled), (service(7), true));
    let id = webhook.webhook_id;
    for (index, command) in everything(id).into_iter().enumerate() {
        for other in [service(8), Actor { role: Role::Member, ..service(7) }] {
            let answer = client.ask(other, &format!("{index}"), command.clone()).await;
            assert_eq!(answer.map(drop), Err(ExecuteError::WebhookUnknown), "{command:?}");
        }
    }
    let unknown = client.ask(operator(), "unknown", delete(WebhookId::new(Uuid::from_u128(1)))).await;
    assert_eq!(unknown.map(drop), Err(ExecuteError::WebhookUnknown));
    // An operator may do all of it; the webhook is of the list of its owner.
    for (index, command) in everything(id).into_iter().enumerate() {
        client.outcome(operator(), &format!("{index}"), command).await;
    }
    // What was deleted is not there.
    for (index, command) in everything(id).into_iter().enumerate() {
        let answer = client.ask(service(7), &format!("late {index}"), command).await;
        assert_eq!(answer.map(drop), Err(ExecuteError::WebhookUnknown));
    }
}

#[tokio::test]
async fn each_answer_is_given_again_the_same_by_a_server_that_knows_only_the_log() {
    let client = TestClient::new();
    let created = client.outcome(service(7), "create", create(URL)).await;
    let id = of(&created).webhook_id;
    let mut answers = vec![created];
    for (index, command) in everything(id).into_iter().enumerate() {
        answers.push(client.outcome(service(7), &format!("{index}"), command).await);
    }
    assert_eq!(of(&answers[1]).settings.url, "https://other.example/");
    assert!(!of(&answers[2]).settings.enabled);
    let Outcome::WebhookRotated(rotated) = &answers[3] else { panic!("{:?}", answers[3]) };
    assert_eq!((rotated.webhook_id, rotated.secret), (id, 2));
    assert_eq!(answers[7], Outcome::WebhookDeleted);
    let written = client.log.commits().len();
    let restarted = TestClient::on(client.log.clone(), "server-1", |_| {});
    assert_eq!(restarted.outcome(service(7), "create", create(URL)).await, answers[0]);
    for (index, command) in everything(id).into_iter().enumerate() {
        let again = restarted.outcome(service(7), &format!("{index}"), command).await;
        assert_eq!(again, answers[index + 1]);
    }
    assert_eq!(client.log.commits().len(), written);
}

#[tokio::test]
async fn twenty_webhooks_are_enough_for_one_principal() {
    let client = TestClient::new();
    let mut last = None;
    for number in 0..20 {
        last = Some(of(&client.outcome(service(7), &format!("{number}"), create(URL)).await).webhook_id);
    }
    assert_eq!(refused(&client.outcome(service(7), "more", create(URL)).await), "too-many-webhooks");
    of(&client.outcome(service(8), "another's", create(URL)).await);
    client.outcome(operator(), "delete", delete(last.expect("twenty"))).await;
    of(&client.outcome(service(7), "room", create(URL)).await);
    assert_eq!(refused(&client.outcome(service(7), "full", create(URL)).await), "too-many-webhooks");
}

#[tokio::test]
async fn nothing_is_sent_to_an_address_of_the_inside() {
    let client = TestClient::new();
    let inside = "http://127.0.0.1:9000/hook";
    assert_eq!(refused(&client.outcome(service(7), "create", create(inside)).await), "url-not-allowed");
    let id = of(&client.outcome(service(7), "good", create(URL)).await).webhook_id;
    let moved = client.outcome(service(7), "move", change(id, Some(inside), None)).await;
    assert_eq!(refused(&moved), "url-not-allowed");
    assert_eq!(of(&client.outcome(service(7), "enable", change(id, None, Some(true))).await).settings.url, URL);
    // A setting allows it.
    let networks = "127.0.0.0/8".parse().expect("networks");
    let allowing = TestClient::on(client.log.clone(), "server-1", |options| options.webhook_networks = networks);
    assert_eq!(of(&allowing.outcome(service(7), "now", create(inside)).await).settings.url, inside);
}
