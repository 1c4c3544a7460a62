//! Members and sessions: the form of every answer, and what the authentication service received.

use application::{
    AuthError, Certificate, CodeSent, Copies, ErasureProof, ExecuteError, MemberCommand, MemberError, MemberOutcome,
    PersonalData, Receipt, ResetStarted, VaultError,
};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::member::Channel;
use kernel::{ConsistencyToken, LogId, MemberId, Position, Role};
use platform::problem::Code;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

use crate::support::{ALICE, Api, FakeAuth, NOW, Reply, Said, bearer, bearer_of};

const SIGN_UP: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0051);

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).expect("a time")
}

fn receipt(answer: MemberOutcome) -> Receipt<MemberOutcome> {
    let token = ConsistencyToken::untagged(LogId::new(Uuid::from_u128(0x10c)), Position::new(42));
    Receipt { answer, replayed: false, token }
}

fn token() -> ConsistencyToken {
    receipt(MemberOutcome::Done).token
}

fn granted(command: &MemberCommand) -> MemberOutcome {
    let code = CodeSent { id: SIGN_UP, expires_at: time(600), resend_after: time(30) };
    match command {
        MemberCommand::SignUp { .. } | MemberCommand::Resend { .. } => MemberOutcome::SignUpCode(code),
        MemberCommand::Verify { .. } => MemberOutcome::Joined(MemberId::new(ALICE)),
        MemberCommand::StartReset { .. } => {
            MemberOutcome::ResetStarted(ResetStarted { id: SIGN_UP, expires_at: time(600) })
        }
        MemberCommand::ChangeContact { .. } => MemberOutcome::ContactCode(code),
        MemberCommand::VerifyContact { .. }
        | MemberCommand::ChangePassword { .. }
        | MemberCommand::KeepDevice { .. }
        | MemberCommand::RemoveDevice { .. }
        | MemberCommand::CompleteReset { .. } => MemberOutcome::Done,
        MemberCommand::SetNotifications { preferences, .. } => MemberOutcome::Notifications(preferences.clone()),
        MemberCommand::Leave { .. }
        | MemberCommand::LeftBefore { .. }
        | MemberCommand::Erase { .. }
        | MemberCommand::ApproveErasure { .. } => MemberOutcome::Erasing(SIGN_UP),
        MemberCommand::Disclose { member, .. } => MemberOutcome::Disclosed(
            *member,
            PersonalData {
                login_id: "minji_kim".into(),
                real_name: "김민지".into(),
                contact: "minji@example.com".into(),
                channel: Channel::Email,
                joined_at: time(0),
            },
        ),
    }
}

fn proof() -> ErasureProof {
    let certificate = Certificate {
        erasure_id: SIGN_UP,
        member_id: MemberId::new(ALICE),
        requested_by: format!("member:{ALICE}"),
        requested_at: time(0),
        erased_at: time(4),
        destroyed: vec![("data key".to_owned(), 1), ("sessions".to_owned(), 2)],
        key_epochs: Some(vec![1, 2]),
    };
    ErasureProof { certificate, digest: "ab".repeat(32), copies: Copies::Readable { until: Some(time(60)) } }
}

/// An authentication service that grants everything.
fn granting() -> Api {
    Api::receiving(FakeAuth::new(|command| Ok(receipt(granted(command))), |_| Ok(Some(proof()))))
}

fn failing(error: impl Fn() -> AuthError + Clone + Send + Sync + 'static) -> Api {
    let other = error.clone();
    Api::receiving(FakeAuth::new(move |_| Err(error()), move |_| Err(other())))
}

fn sign_up() -> Value {
    json!({
        "login_id": "minji_kim",
        "password": "correct horse 7 battery!",
        "contact": {"channel": "email", "value": "Minji@Example.com"},
        "real_name": "김민지",
        "consents": [{"document": "terms", "version": "2026-11", "agreed": true}],
    })
}

fn device() -> Value {
    json!({"platform": "android", "token": "fKx9:APA91bH-secret-c0de", "locale": "ko-KR", "zone": "Asia/Seoul"})
}

fn notifications() -> Value {
    json!({
        "push": ["login.new_device", "money.received"], "email": ["charge.posted"],
        "quiet": {"from": "22:00", "until": "07:00"},
    })
}

const KEY: (&str, &str) = ("idempotency-key", "key-1");

/// Method, path, a good body, and who may send it; nobody's token for those that ask for none.
fn commands() -> Vec<(&'static str, String, Value, Option<Role>)> {
    let (member, operator) = (Some(Role::Member), Some(Role::Operator));
    vec![
        ("POST", "/v1/signups".into(), sign_up(), None),
        ("POST", format!("/v1/signups/{SIGN_UP}/resend"), json!({}), None),
        ("POST", format!("/v1/signups/{SIGN_UP}/verify"), json!({"code": "123456"}), None),
        ("POST", "/v1/members/me/contact".into(), json!({"channel": "phone", "value": "+821012345678"}), member),
        ("POST", "/v1/members/me/contact/verify".into(), json!({"code": "123456"}), member),
        ("POST", "/v1/members/me/password".into(), json!({"current": "old", "new": "new"}), member),
        ("DELETE", "/v1/members/me".into(), json!({"password": "old"}), member),
        ("POST", format!("/v1/members/{ALICE}/erase"), json!({"reason": "court order"}), operator),
        ("POST", format!("/v1/members/{ALICE}/disclosures"), json!({"reason": "support call"}), operator),
        ("PUT", format!("/v1/members/me/devices/{SIGN_UP}"), device(), member),
        ("DELETE", format!("/v1/members/me/devices/{SIGN_UP}"), json!({}), member),
        ("PUT", "/v1/members/me/notifications".into(), notifications(), member),
    ]
}

async fn send(api: &Api, command: &(&str, String, Value, Option<Role>)) -> Reply {
    let (method, path, body, role) = command;
    let bearer = role.map(|role| bearer(role, ALICE)).unwrap_or_default();
    let headers = [KEY, ("authorization", bearer.as_str())];
    let headers = if role.is_some() { &headers[..] } else { &headers[..1] };
    api.ask(method, path, headers, body.to_string()).await
}

#[tokio::test]
async fn every_command_is_answered_in_its_form_with_a_token() {
    let mut shown = String::new();
    for command in commands() {
        let reply = send(&granting(), &command).await;
        assert!(reply.header("consistency-token").is_some(), "{}", command.1);
        shown += &format!("{} {} -> {}\n\n", command.0, command.1, reply.shown());
    }
    insta::assert_snapshot!(shown);
}

#[tokio::test]
async fn a_replay_is_the_same_answer_and_says_so() {
    for command in commands() {
        let again = FakeAuth::new(|c| Ok(Receipt { replayed: true, ..receipt(granted(c)) }), |_| Ok(None));
        let (first, again) = (send(&granting(), &command).await, send(&Api::receiving(again), &command).await);
        assert_eq!((first.status, first.text), (again.status, again.text.clone()), "{}", command.1);
        assert_eq!(first.headers.get("idempotency-replayed"), None);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
}

#[tokio::test]
async fn the_auth_service_receives_what_was_asked_and_under_one_id_for_each_principal_and_key() {
    let mut ids = Vec::new();
    for command in commands() {
        let (one, two) = (granting(), granting());
        send(&one, &command).await;
        send(&two, &command).await;
        let (received, again) = (one.received(), two.received());
        assert_eq!((received.len(), received[0].1.command_id), (1, again[0].1.command_id));
        assert_eq!(received[0].1.fingerprint, again[0].1.fingerprint, "the same request is the same");
        ids.push((command.3, received[0].1.command_id, received[0].1.fingerprint));
    }
    for (index, (role, id, print)) in ids.iter().enumerate() {
        for (other, other_id, other_print) in &ids[..index] {
            assert_eq!(role == other, id == other_id, "the scope of a key is its principal");
            assert_ne!(print, other_print, "another route or body is another request");
        }
    }
    let api = granting();
    send(&api, &commands()[0]).await;
    match &api.received()[0].0 {
        MemberCommand::SignUp { new_member, from } => {
            assert!(from.is_unspecified());
            assert_eq!((new_member.login_id.expose(), new_member.contact.expose()), ("minji_kim", "minji@example.com"));
            assert_eq!(new_member.password.expose().expose_secret(), "correct horse 7 battery!");
            assert_eq!(new_member.real_name.expose(), "김민지");
        }
        other => panic!("{other:?}"),
    }
    let shown = format!("{:?}", api.received());
    for secret in ["horse", "minji", "김민지"] {
        assert!(!shown.contains(secret), "{secret} stands in {shown}");
    }
}

#[tokio::test]
async fn a_contact_is_written_alone_or_in_its_field_and_is_the_same_request() {
    let contact = json!({"channel": "phone", "value": "+821012345678"});
    let mut prints = Vec::new();
    for body in [contact.clone(), json!({ "contact": contact })] {
        let api = granting();
        let reply = send(&api, &("POST", "/v1/members/me/contact".into(), body, Some(Role::Member))).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
        match &api.received()[0] {
            (MemberCommand::ChangeContact { member, contact }, meta) => {
                assert_eq!((member.uuid(), contact.expose()), (ALICE, "+821012345678"));
                prints.push(meta.fingerprint);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(prints[0], prints[1]);
}

#[tokio::test]
async fn sessions_begin_go_on_and_end_without_a_key() {
    let api = granting();
    let begun = api.ask("POST", "/v1/sessions", &[], r#"{"login_id":"no such-login!","password":"p\u0000"}"#).await;
    insta::assert_snapshot!(begun.shown());
    assert_eq!(begun.header("cache-control"), Some("no-store"));
    let refreshed = api.ask("POST", "/v1/sessions/refresh", &[], r#"{"refresh_token":"abc"}"#).await;
    assert_eq!((refreshed.status, &refreshed.text), (StatusCode::CREATED, &begun.text));
    let keyed =
        api.ask("POST", "/v1/sessions/refresh", &[("idempotency-key", "k")], r#"{"refresh_token":"abc"}"#).await;
    assert_eq!(keyed.status, StatusCode::CREATED, "a key does no harm");
    let session = Uuid::from_u128(17);
    let bearer = bearer_of(&json!({"sub": ALICE, "role": "member", "sid": session, "exp": NOW + 60}));
    let ended = api.ask("DELETE", "/v1/sessions/current", &[("authorization", &bearer)], "").await;
    assert_eq!((ended.status, ended.text.as_str()), (StatusCode::NO_CONTENT, ""));
    let other = Uuid::from_u128(18);
    let named = api.ask("DELETE", &format!("/v1/sessions/{other}"), &[("authorization", &bearer)], "").await;
    assert_eq!((named.status, named.text.as_str()), (StatusCode::NO_CONTENT, ""));
    for answer in [&begun, &refreshed, &ended, &named] {
        assert_eq!(answer.header("consistency-token"), Some(&*crate::support::seen().to_string()));
    }
    let from = "0.0.0.0".parse().expect("an address");
    let (login_id, password) = ("no such-login!".to_owned(), "p\0".to_owned());
    let expected = [
        Said::LogIn { from, login_id, password },
        Said::Refresh { from, token: "abc".to_owned() },
        Said::Refresh { from, token: "abc".to_owned() },
        Said::LogOut { member: MemberId::new(ALICE), session: Some(session) },
        Said::EndSession { member: MemberId::new(ALICE), session: other },
    ];
    assert_eq!(api.said(), expected);
}

#[tokio::test]
async fn the_address_is_the_one_a_trusted_proxy_sends() {
    for (trusted, expected) in [(true, "192.0.2.7"), (false, "0.0.0.0")] {
        let auth = FakeAuth::new(|_| Err(AuthError::SessionEnded), |_| Ok(None));
        let api = Api::with(|_| Err(ExecuteError::Internal), auth, platform::http::TrustForwarded(trusted));
        api.ask(
            "POST",
            "/v1/sessions/refresh",
            &[("x-forwarded-for", "6.6.6.6, 192.0.2.7")],
            r#"{"refresh_token":"x"}"#,
        )
        .await;
        let from = expected.parse().expect("an address");
        assert_eq!(api.said(), [Said::Refresh { from, token: "x".to_owned() }]);
    }
}

#[tokio::test]
async fn the_certificate_is_for_operators_and_for_whoever_has_the_id() {
    let path = format!("/v1/erasures/{SIGN_UP}");
    let (operator, member) = (bearer(Role::Operator, ALICE), bearer(Role::Member, ALICE));
    let api = granting();
    let reply = api.ask("GET", &path, &[("authorization", &operator)], "").await;
    insta::assert_snapshot!(reply.shown());
    // A token that holds no more is the one that a member who left still has.
    let nowhere = std::net::IpAddr::from([0, 0, 0, 0]);
    for headers in [vec![], vec![("authorization", member.as_str())], vec![("authorization", "Bearer revoked")]] {
        let anonymous = api.ask("GET", &path, &headers, "").await;
        assert_eq!((anonymous.status.as_u16(), &anonymous.text), (200, &reply.text));
    }
    let counted = [None, Some(nowhere), Some(nowhere), Some(nowhere)];
    assert_eq!(api.said(), counted.map(|from| Said::Certificate(from, SIGN_UP)));
    let none = Api::receiving(FakeAuth::new(|_| Err(AuthError::SessionEnded), |_| Ok(None)));
    let reply = none.ask("GET", &path, &[], "").await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "erasure-unknown"));
    assert_eq!(api.ask("GET", "/v1/erasures/x", &[], "").await.code(), "validation-failed");
}

#[tokio::test]
async fn a_member_is_found_by_login_id_and_nothing_else_is_said() {
    let api = granting();
    let path = "/v1/members/find";
    let ask = async |role: Role, body: Value| {
        let (bearer, body) = (bearer(role, ALICE), body.to_string());
        api.ask("POST", path, &[("authorization", &bearer)], body).await
    };
    let found = ask(Role::Operator, json!({"login_id": "minji_kim"})).await;
    let said: Value = serde_json::from_str(&found.text).expect("JSON");
    assert_eq!((found.status.as_u16(), said), (200, json!({"member_id": ALICE})));
    let nobody = ask(Role::Operator, json!({"login_id": "nobody_here"})).await;
    assert_eq!((nobody.status.as_u16(), nobody.code().as_str()), (404, "member-unknown"));
    for login_id in ["Minji", "abc", "minji kim", ""] {
        let wrong = ask(Role::Operator, json!({"login_id": login_id})).await;
        assert_eq!((wrong.status.as_u16(), wrong.code().as_str()), (400, "validation-failed"), "{login_id}");
        assert!(wrong.text.contains("\"login_id\""), "{}", wrong.text);
    }
    for role in [Role::Member, Role::Service, Role::Partner] {
        assert_eq!(ask(role, json!({"login_id": "minji_kim"})).await.status.as_u16(), 403, "{role:?}");
    }
    assert_eq!(api.said(), ["minji_kim", "nobody_here"].map(|login_id| Said::Find(login_id.to_owned())));
    let away = Api::new(|_| Err(ExecuteError::Internal));
    let reply = away
        .ask("POST", path, &[("authorization", &bearer(Role::Operator, ALICE))], r#"{"login_id":"minji_kim"}"#)
        .await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (503, "vault-unavailable"));
}

#[tokio::test]
async fn refusals_are_422_with_their_code_a_token_and_one_body() {
    for code in [
        "signup-ended",
        "code-wrong",
        "code-expired",
        "code-exhausted",
        "contact-change-missing",
        "password-wrong",
        "accounts-open",
        "too-many-devices",
    ] {
        let refused = move |replayed| {
            let tries_left = (code == "code-wrong").then_some(4);
            failing(move || AuthError::Refused { code, tries_left, replayed, token: token() })
        };
        let command = &commands()[6];
        let (first, again) = (send(&refused(false), command).await, send(&refused(true), command).await);
        assert_eq!((first.status.as_u16(), first.code().as_str()), (422, code));
        assert_eq!(first.json()["tries_left"], if code == "code-wrong" { json!(4) } else { Value::Null });
        assert_eq!(first.text, again.text, "the request id is the command's");
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (None, Some("true")));
        assert!(first.header("consistency-token").is_some());
        assert_ne!(first.json()["detail"], first.json()["title"], "{code} has no words of its own");
    }
}

type Failure = fn() -> AuthError;

#[tokio::test]
async fn failures_have_their_codes_and_say_when_to_come_back() {
    let cases: [(Failure, Code, u16, Option<&str>); 17] = [
        (|| AuthError::CredentialsWrong, Code::CredentialsWrong, 401, None),
        (|| AuthError::SessionEnded, Code::SessionEnded, 401, None),
        (|| AuthError::NoSession, Code::NotFound, 404, None),
        (
            || AuthError::TooMany { retry_after: Duration::from_millis(1500), tries: 5, window: None },
            Code::TooManyRequests,
            429,
            Some("2"),
        ),
        (|| AuthError::Token("no key".into()), Code::Internal, 500, None),
        (|| AuthError::NoSigningKey, Code::SigningKeyWithdrawn, 503, Some("5")),
        (|| MemberError::LoginIdTaken.into(), Code::LoginIdTaken, 409, None),
        (|| MemberError::SignUpUnknown.into(), Code::SignUpUnknown, 404, None),
        (|| MemberError::MemberUnknown.into(), Code::MemberUnknown, 404, None),
        (
            || MemberError::ResendTooEarly { retry_after: Duration::from_secs(21) }.into(),
            Code::ResendTooEarly,
            429,
            Some("21"),
        ),
        (|| VaultError::Unavailable("refused".into()).into(), Code::VaultUnavailable, 503, Some("1")),
        (|| VaultError::Kek("refused".into()).into(), Code::VaultUnavailable, 503, Some("1")),
        (|| VaultError::Unwrap.into(), Code::Internal, 500, None),
        (
            || MemberError::from(ExecuteError::Overloaded { retry_after: Duration::from_secs(1) }).into(),
            Code::Overloaded,
            503,
            Some("1"),
        ),
        (|| MemberError::from(ExecuteError::InFlight).into(), Code::IdempotencyKeyInFlight, 409, Some("1")),
        (|| MemberError::from(ExecuteError::KeyReused).into(), Code::IdempotencyKeyReused, 422, None),
        (|| MemberError::from(ExecuteError::Contended).into(), Code::Contended, 503, Some("1")),
    ];
    for (error, code, status, retry_after) in cases {
        let api = failing(error);
        let replies = [
            send(&api, &commands()[0]).await,
            api.ask("POST", "/v1/sessions", &[], r#"{"login_id":"a","password":"b"}"#).await,
        ];
        for reply in replies {
            assert_eq!((reply.status.as_u16(), reply.code().as_str()), (status, code.as_str()));
            assert_eq!(reply.header("retry-after"), retry_after, "{code:?}");
            assert_eq!(reply.header("consistency-token"), None, "{code:?}: nothing was recorded");
            assert!(
                !reply.text.contains("refused") && !reply.text.contains("no key"),
                "an inner message: {}",
                reply.text
            );
        }
    }
    // A database that answers is not called away.
    for (error, says) in [
        ((|| VaultError::Unavailable("refused".into()).into()) as Failure, "the vault cannot be reached"),
        (|| VaultError::Kek("refused".into()).into(), "key-encryption key cannot be used"),
    ] {
        let reply = send(&failing(error), &commands()[0]).await;
        let detail = reply.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert!(detail.contains(says), "{detail}");
        assert_eq!(detail.contains("cannot be reached"), says.contains("cannot be reached"), "{detail}");
    }
    let weak = failing(|| AuthError::NewPassword(domain::member::PasswordError::Common));
    let reply = send(&weak, &commands()[5]).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["errors"][0]["field"]), (400, &json!("new")));
}
