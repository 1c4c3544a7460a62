//! Operators: what the bank receives, what a role allows, that each command says why, and sessions.

use std::net::IpAddr;

use application::{
    AddOperator, AnsweredTransfer, Approval, AuthError, CodeGrant, Command, EndOperatorSession, OperatorAct,
    OperatorAnswer, OperatorLogIn, OperatorPassword, OperatorSecrets, OperatorSession, OperatorTokens, Outcome,
    ProviderFacts, ResetOperator, SessionPlace, SetOperatorRole, SwitchOperator,
};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use command_api::OperatorPort;
use kernel::{ApprovalId, ConsistencyToken, OperatorId, OperatorRole, Role, TransferId, Version};
use platform::http::TrustForwarded;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    approvals,
    bank::posted,
    commands::{OPERATORS, Sample, sample, samples as all_samples},
    support::{ALICE, Api, BOB, FakeAuth, HOLD, NOW, Reply, SOURCE, Said, bearer_of, seen},
    transfer_answers,
};

const SESSION: Uuid = Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_00bb);

/// One of each command.
pub fn samples() -> Vec<Sample> {
    let (operator, reason) = (OperatorId::new(HOLD), || Some("x".to_owned()));
    let name = "minji.kim".parse().expect("a name");
    vec![
        sample(
            "/v1/operators",
            Uuid::nil(),
            json!({"name": "minji.kim", "role": "support"}),
            OPERATORS,
            Command::AddOperator(AddOperator { name, role: OperatorRole::Support, reason: None }),
        ),
        sample(
            "/v1/operators/{id}/role",
            HOLD,
            json!({"role": "viewer", "reason": "x"}),
            OPERATORS,
            Command::SetOperatorRole(SetOperatorRole { operator, role: OperatorRole::Viewer, reason: reason() }),
        ),
        sample(
            "/v1/operators/{id}/disable",
            HOLD,
            json!({"reason": "x"}),
            OPERATORS,
            Command::SwitchOperator(SwitchOperator { operator, enable: false, reason: reason() }),
        ),
        sample(
            "/v1/operators/{id}/enable",
            HOLD,
            json!({}),
            OPERATORS,
            Command::SwitchOperator(SwitchOperator { operator, enable: true, reason: None }),
        ),
        sample(
            "/v1/operators/{id}/reset",
            HOLD,
            json!({"reason": "x"}),
            OPERATORS,
            Command::ResetOperator(ResetOperator { operator, reason: reason() }),
        ),
    ]
}

/// What the bank answers to a command on an operator.
pub fn outcome(command: &Command) -> Outcome {
    let answer = OperatorAnswer {
        operator_id: OperatorId::new(HOLD),
        name: "minji.kim".to_owned(),
        role: OperatorRole::Support,
        is_enabled: true,
        credentials: 1,
        version: Version::new(3),
    };
    match command {
        Command::SetOperatorRole(set) => Outcome::OperatorRoleSet(OperatorAnswer { role: set.role, ..answer }),
        Command::SwitchOperator(switch) => {
            Outcome::OperatorSwitched(OperatorAnswer { is_enabled: switch.enable, ..answer })
        }
        Command::ResetOperator(_) => Outcome::OperatorReset(OperatorAnswer { credentials: 2, ..answer }),
        Command::EndOperatorSession(_) => Outcome::OperatorSessionEnded(answer),
        _ => Outcome::OperatorAdded(answer),
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).expect("a time")
}

fn tokens() -> OperatorTokens {
    OperatorTokens {
        operator: OperatorId::new(ALICE),
        name: "minji.kim".to_owned(),
        role: OperatorRole::Support,
        session: SESSION,
        access: "an.operators.token".into(),
        expires_in: TimeDelta::minutes(5),
        refresh: "a-refresh-token".into(),
        ends_at: at(43_200),
        seen: Some(seen()),
    }
}

fn session(id: Uuid) -> OperatorSession {
    let place = SessionPlace { address: "192.0.2.7".to_owned(), agent: "test".to_owned() };
    OperatorSession {
        session: id,
        operator: OperatorId::new(ALICE),
        name: "minji.kim".to_owned(),
        role: OperatorRole::Support,
        began_at: at(-60),
        began: place.clone(),
        used_at: at(0),
        used: place,
        ends_at: at(43_140),
    }
}

#[async_trait]
impl OperatorPort for FakeAuth {
    /// No secrets: a test can see whose they are.
    fn operator_secrets(&self, operator: OperatorId, name: &str, number: u32) -> Result<OperatorSecrets, AuthError> {
        let shown = |what: &str| Zeroizing::new(format!("{what} {number} of {name} {operator}"));
        let (password, totp_secret, otpauth_url) = (shown("password"), shown("secret"), shown("url"));
        Ok(OperatorSecrets { password, totp_secret, otpauth_url })
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, AuthError> {
        Ok(approvals::known(id))
    }

    async fn answered_transfer(&self, transfer: TransferId) -> Result<AnsweredTransfer, AuthError> {
        transfer_answers::known(transfer)
    }

    async fn operator_changed(&self, operator: OperatorId, version: Version) -> Result<(), AuthError> {
        self.note(Said::Operator(format!("changed {operator} {version}")));
        Ok(())
    }

    async fn operator_log_in(
        &self,
        from: IpAddr,
        agent: &str,
        asked: OperatorLogIn,
    ) -> Result<OperatorTokens, AuthError> {
        let [name, password, code] = [&asked.name, &asked.password, &asked.code].map(|text| text.expose_secret());
        self.hear(Said::Operator(format!("{name} {password} {code} from {from} by {agent}"))).map(|_| tokens())
    }

    async fn identity_provider(&self) -> Result<Option<ProviderFacts>, AuthError> {
        Ok(None)
    }

    async fn operator_log_in_by_provider(
        &self,
        _: IpAddr,
        _: &str,
        grant: CodeGrant,
    ) -> Result<OperatorTokens, AuthError> {
        self.hear(Said::Operator(format!("{} to {}", grant.code.expose_secret(), grant.redirect_uri))).map(|_| tokens())
    }

    async fn operator_refresh(&self, _: IpAddr, _: &str, token: SecretString) -> Result<OperatorTokens, AuthError> {
        self.hear(Said::Operator(format!("refresh {}", token.expose_secret()))).map(|_| tokens())
    }

    async fn operator_sessions(&self, operator: OperatorId) -> Result<Vec<OperatorSession>, AuthError> {
        let heard = self.hear(Said::Operator(format!("sessions of {operator}")));
        heard.map(|_| vec![session(SESSION), session(HOLD)])
    }

    async fn end_operator_session(
        &self,
        operator: OperatorId,
        session: Uuid,
    ) -> Result<Option<ConsistencyToken>, AuthError> {
        self.hear(Said::Operator(format!("end {session} of {operator}"))).map(|_| Some(seen()))
    }

    async fn change_operator_password(
        &self,
        operator: OperatorId,
        session: Uuid,
        change: OperatorPassword,
    ) -> Result<(), AuthError> {
        let [current, new] = [&change.current, &change.new].map(|text| text.expose_secret());
        self.hear(Said::Operator(format!("{operator} in {session}: {current} to {new}"))).map(drop)
    }
}

/// An authentication service that takes everything.
fn willing() -> Api {
    Api::receiving(FakeAuth::new(|_| Err(AuthError::SessionEnded), |_| Ok(None)))
}

fn said(api: &Api) -> Vec<String> {
    let words = api.said().into_iter().map(|said| match said {
        Said::Operator(words) => words,
        other => panic!("{other:?}"),
    });
    words.collect()
}

fn logged_in(role: OperatorRole) -> String {
    bearer_of(&json!({"sub": ALICE, "role": "operator", "op": role, "sid": SESSION, "exp": NOW + 60}))
}

async fn ask(api: &Api, role: OperatorRole, (method, path): (&str, &str), reason: Option<&str>, body: &Value) -> Reply {
    let token = logged_in(role);
    let mut headers = vec![("authorization", token.as_str()), ("idempotency-key", "k")];
    headers.extend(reason.map(|reason| ("jangbu-reason", reason)));
    api.ask(method, path, &headers, body.to_string()).await
}

/// The role that the document names may, and a lower one may not: for each command that operators may send.
#[tokio::test]
async fn a_role_may_send_what_the_document_says() {
    let document: Value = serde_json::from_str(&command_api::openapi()).expect("JSON");
    let mut refusals = 0;
    for sample in all_samples().into_iter().filter(|sample| sample.roles.contains(&Role::Operator)) {
        let operation = &document["paths"][sample.route][sample.method.to_lowercase()];
        let lowest: OperatorRole =
            operation["x-operator-role"].as_str().and_then(|role| role.parse().ok()).expect("a role");
        for role in OperatorRole::ALL {
            let api = Api::posting();
            let reply = ask(&api, role, (sample.method, &sample.path()), Some("ticket"), &sample.body).await;
            if role >= lowest {
                assert!(reply.status.is_success(), "{} as {role}: {}", sample.route, reply.text);
                assert_eq!(
                    api.submissions()[0].act,
                    Some(OperatorAct { reason: "ticket".into(), from: None }),
                    "{}",
                    sample.route
                );
                continue;
            }
            assert_eq!(
                (reply.status.as_u16(), reply.code().as_str()),
                (403, "operator-role-missing"),
                "{}",
                sample.route
            );
            assert_eq!(reply.json()["role"], lowest.as_str(), "{}", sample.route);
            assert!(api.submissions().is_empty());
            refusals += 1;
        }
    }
    assert!(refusals > 40, "{refusals}");
}

#[tokio::test]
async fn an_operator_who_logged_in_says_why_and_nobody_else_is_asked() {
    for sample in all_samples().into_iter().filter(|sample| sample.roles.contains(&Role::Operator)) {
        let (api, path) = (Api::posting(), sample.path());
        let reply = ask(&api, OperatorRole::Admin, (sample.method, &path), None, &sample.body).await;
        let in_body = sample.body["reason"].as_str();
        match in_body {
            // The body says it.
            Some(reason) => {
                assert!(reply.status.is_success(), "{path}: {}", reply.text);
                assert_eq!(api.submissions()[0].act, Some(OperatorAct { reason: reason.into(), from: None }), "{path}");
            }
            None => {
                assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "reason-required"), "{path}");
                assert!(api.submissions().is_empty());
            }
        }
        // The header comes first.
        let reply = ask(&api, OperatorRole::Admin, (sample.method, &path), Some("%EC%99%9C"), &sample.body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text);
        assert_eq!(
            api.submissions().last().and_then(|sent| sent.act.clone()),
            Some(OperatorAct { reason: "왜".into(), from: None })
        );
        let reply = ask(&api, OperatorRole::Admin, (sample.method, &path), Some("%00"), &sample.body).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "reason-required"), "{path}");
        // Whoever has the signing key is not asked, whatever the header is.
        let (api, token) = (Api::posting(), bearer_of(&json!({"sub": ALICE, "role": "operator", "exp": NOW + 60})));
        let headers = [("authorization", token.as_str()), ("idempotency-key", "k"), ("jangbu-reason", "%00")];
        let reply = api.ask(sample.method, &path, &headers, sample.body.to_string()).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text);
        assert_eq!(api.submissions()[0].act, None, "{path}");
    }
}

#[tokio::test]
async fn the_secrets_are_in_the_answer_and_what_changed_ends_sessions() {
    let api = Api::posting();
    let added = api.post_json(Role::Operator, "/v1/operators", json!({"name": "minji.kim", "role": "support"})).await;
    assert_eq!(
        (added.status.as_u16(), added.json()["password"].as_str()),
        (201, Some(&*format!("password 1 of minji.kim {HOLD}")))
    );
    assert_eq!(added.json()["totp_secret"], format!("secret 1 of minji.kim {HOLD}"));
    let path = |what: &str| format!("/v1/operators/{HOLD}/{what}");
    let enabled = api.post_json(Role::Operator, &path("enable"), json!({})).await;
    assert_eq!((enabled.status.as_u16(), &enabled.json()["status"]), (200, &json!("enabled")));
    assert!(api.said().is_empty(), "neither ends a session");
    let reset = api.post_json(Role::Operator, &path("reset"), json!({})).await;
    assert_eq!(reset.json()["password"], format!("password 2 of minji.kim {HOLD}"));
    let disabled = api.post_json(Role::Operator, &path("disable"), json!({})).await;
    assert_eq!((disabled.status.as_u16(), &disabled.json()["status"]), (200, &json!("disabled")));
    let set = api.post_json(Role::Operator, &path("role"), json!({"role": "viewer"})).await;
    assert_eq!((set.status.as_u16(), &set.json()["role"]), (200, &json!("viewer")));
    assert_eq!(said(&api), vec![format!("changed {HOLD} 3"); 3]);
    for (name, role, field) in [("Minji", "support", "name"), ("ab", "support", "name"), ("minji", "root", "role")] {
        let reply = api.post_json(Role::Operator, "/v1/operators", json!({"name": name, "role": role})).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "validation-failed"), "{field}");
        assert_eq!(reply.json()["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn a_session_begins_goes_on_and_ends() {
    let api = willing();
    let body = json!({"name": "minji.kim", "password": "secret", "totp": "123456"});
    let reply = api.ask("POST", "/v1/operators/sessions", &[("user-agent", "console/1")], body.to_string()).await;
    assert_eq!(reply.status.as_u16(), 201, "{}", reply.text);
    let shown = json!({
        "operator_id": ALICE, "name": "minji.kim", "role": "support", "session_id": SESSION,
        "access_token": "an.operators.token", "token_type": "Bearer", "expires_in": 300,
        "refresh_token": "a-refresh-token", "ends_at": at(43_200),
    });
    assert_eq!(reply.json(), shown);
    assert!(reply.header("consistency-token").is_some());
    let refresh = json!({"refresh_token": "a-refresh-token"}).to_string();
    let reply = api.ask("POST", "/v1/operators/sessions/refresh", &[], refresh).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (200, shown));
    let grant = json!({"code": "c", "code_verifier": "v", "nonce": "n", "redirect_uri": "https://console.example/x"});
    let reply = api.ask("POST", "/v1/operators/sessions/oidc", &[], grant.to_string()).await;
    assert_eq!(reply.status.as_u16(), 201, "{}", reply.text);
    let provider = api.get("/v1/operators/sessions/oidc").await;
    assert_eq!((provider.status.as_u16(), &provider.json()["enabled"]), (200, &json!(false)));
    let viewer = OperatorRole::Viewer;
    let ended = ask(&api, viewer, ("DELETE", "/v1/operators/sessions/current"), None, &json!({})).await;
    assert_eq!(ended.status.as_u16(), 204);
    let change = json!({"current": "secret", "new": "another", "totp": "123456"});
    let changed = ask(&api, viewer, ("POST", "/v1/operators/me/password"), None, &change).await;
    assert_eq!(changed.status.as_u16(), 204, "{}", changed.text);
    let heard = [
        "minji.kim secret 123456 from 0.0.0.0 by console/1".to_owned(),
        "refresh a-refresh-token".to_owned(),
        "c to https://console.example/x".to_owned(),
        format!("end {SESSION} of {ALICE}"),
        format!("{ALICE} in {SESSION}: secret to another"),
    ];
    assert_eq!(said(&api), heard);
}

#[tokio::test]
async fn one_sees_and_ends_sessions_of_ones_own_and_an_admin_those_of_all() {
    let (api, viewer) = (willing(), OperatorRole::Viewer);
    let me = ask(&api, viewer, ("GET", "/v1/operators/me"), None, &json!({})).await;
    assert_eq!(
        (me.status.as_u16(), &me.json()["name"], &me.json()["role"]),
        (200, &json!("minji.kim"), &json!("viewer"))
    );
    assert_eq!(
        (&me.json()["session"]["session_id"], &me.json()["session"]["current"]),
        (&json!(SESSION), &json!(true))
    );
    let own = format!("/v1/operators/{ALICE}/sessions");
    let listed = ask(&api, viewer, ("GET", &own), None, &json!({})).await;
    let current: Vec<_> =
        listed.json()["items"].as_array().expect("items").iter().map(|one| one["current"].clone()).collect();
    assert_eq!(current, [json!(true), json!(false)]);
    assert_eq!(ask(&api, viewer, ("DELETE", &format!("{own}/{HOLD}")), None, &json!({})).await.status.as_u16(), 204);
    for (method, path) in
        [("GET", format!("/v1/operators/{BOB}/sessions")), ("DELETE", format!("/v1/operators/{BOB}/sessions/{HOLD}"))]
    {
        for (role, status) in [(OperatorRole::Operator, 403), (OperatorRole::Admin, 200)] {
            let reply = ask(&api, role, (method, &path), None, &json!({})).await;
            // Of another operator it is a command, and needs a reason.
            let status = if status == 200 && method == "DELETE" { 400 } else { status };
            assert_eq!(reply.status.as_u16(), status, "{method} as {role}");
        }
    }
    // Whoever has the signing key has no account, and no session.
    let token = bearer_of(&json!({"sub": SOURCE, "role": "operator", "exp": NOW + 60}));
    for (method, path) in [("GET", "/v1/operators/me"), ("DELETE", "/v1/operators/sessions/current")] {
        let reply = api.ask(method, path, &[("authorization", &token)], "").await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "not-found"), "{path}");
    }
}

#[tokio::test]
async fn an_admin_ends_a_session_of_another_operator_by_a_command_that_says_why() {
    let auth = FakeAuth::new(|_| Err(AuthError::SessionEnded), |_| Ok(None));
    let api = Api::with(|submission| Ok(posted(submission)), auth, TrustForwarded(false));
    let admin = logged_in(OperatorRole::Admin);
    let path = |session: Uuid| format!("/v1/operators/{BOB}/sessions/{session}");
    let end = async |session: Uuid, more: &[(&str, &str)]| {
        let headers: Vec<_> = [("authorization", admin.as_str())].into_iter().chain(more.iter().copied()).collect();
        api.ask("DELETE", &path(session), &headers, "").await
    };
    let (key, reason) = (("idempotency-key", "k"), ("jangbu-reason", "left%20a%20browser%20open"));
    let no_key = end(HOLD, &[reason]).await;
    assert_eq!((no_key.status.as_u16(), no_key.code().as_str()), (400, "idempotency-key-missing"));
    let no_reason = end(HOLD, &[key]).await;
    assert_eq!((no_reason.status.as_u16(), no_reason.code().as_str()), (400, "reason-required"));
    let nowhere = end(SOURCE, &[key, reason]).await;
    assert_eq!((nowhere.status.as_u16(), nowhere.code().as_str()), (404, "not-found"));
    assert!(api.submissions().is_empty() && !said(&api).iter().any(|what| what.starts_with("end ")));

    let ended = end(HOLD, &[key, reason]).await;
    assert_eq!((ended.status.as_u16(), ended.text.as_str()), (204, ""), "{}", ended.text);
    assert!(ended.header("consistency-token").is_some());
    let reason = Some("left a browser open".to_owned());
    let expected = EndOperatorSession { operator: OperatorId::new(BOB), session: HOLD, reason };
    let [sent] = &api.submissions()[..] else { panic!("one command") };
    assert_eq!(sent.command, Command::EndOperatorSession(expected));
    assert!(sent.act.as_ref().is_some_and(|act| &*act.reason == "left a browser open"));
    assert_eq!(said(&api).last(), Some(&format!("end {HOLD} of {BOB}")));
}
