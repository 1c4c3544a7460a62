//! Many at once, on one server and on two.

use std::collections::BTreeSet;

use application::{MemberError, Members};
use futures::future::join_all;
use log::ReadCommits;
use uuid::Uuid;

use super::app::{TestApp, meta, sign_up_request, until};

/// Signs up, and verifies with the right code; the member, if one came of it.
async fn try_to_join(app: &TestApp, members: &Members, number: usize, login: &str, address: &str) -> Option<Uuid> {
    let sent = match members.sign_up(sign_up_request(login, address), meta(&format!("s{number}"))).await {
        Ok(answer) => answer.answer,
        Err(MemberError::LoginIdTaken) => return None,
        Err(other) => panic!("{other}"),
    };
    match members.verify(sent.id, app.code(sent.id, 1), None, meta(&format!("v{number}"))).await {
        Ok(answer) => Some(answer.answer.uuid()),
        Err(MemberError::Refused { code: "signup-ended", .. } | MemberError::LoginIdTaken) => None,
        Err(other) => panic!("{other}"),
    }
}

async fn fifty(app: &TestApp, servers: &[Members], login: impl Fn(usize) -> String, address: impl Fn(usize) -> String) {
    let tries = (0..50).map(|n| {
        let (server, login, address) = (&servers[n % servers.len()], login(n), address(n));
        async move { try_to_join(app, server, n, &login, &address).await }
    });
    let joined: BTreeSet<Uuid> = join_all(tries).await.into_iter().flatten().collect();
    assert_eq!(joined.len(), 1, "exactly one member");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_sign_ups_with_one_login_end_in_one_member() {
    let app = TestApp::new().await;
    let servers = [app.members.clone(), app.another_server().await];
    fifty(&app, &servers, |_| "minsu".into(), |n| format!("a{n}@example.com")).await;
    assert_eq!(app.log.count("MemberJoined"), 1);
    drop(servers);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_sign_ups_with_one_contact_end_in_one_member() {
    let app = TestApp::new().await;
    let servers = [app.members.clone(), app.another_server().await];
    fifty(&app, &servers, |n| format!("minsu_{n}"), |_| "kim@example.com".into()).await;
    assert_eq!(app.log.count("MemberJoined"), 1);
    drop(servers);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_log_in_postgres_fifty_end_in_one_member_too() {
    let app = TestApp::new().await;
    let (log, one) = app.on_postgres().await;
    let (_, two) = app.on_postgres().await;
    fifty(&app, &[one.clone(), two.clone()], |_| "minsu".into(), |_| "kim@example.com".into()).await;
    let commits = log.read_commits(kernel::Position::ZERO, 10_000).await.expect("the log");
    let joined = commits.iter().flat_map(|c| &c.events).filter(|e| e.event_type == "MemberJoined").count();
    assert_eq!(joined, 1);
    log.pool().close().await;
    drop((log, one, two));
    app.end().await;
}

/// The runner ends the sign-up while its owner types the code: whichever is first, the other finds it done.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn verification_and_expiry_at_the_same_instant() {
    let app = TestApp::new().await;
    let mut sent = Vec::new();
    for n in 0..20 {
        sent.push(
            app.sign_up(&format!("s{n}"), &format!("minsu_{n}"), &format!("k{n}@example.com"))
                .await
                .expect("sent")
                .answer
                .id,
        );
    }
    // Codes that live until the last second.
    app.wait(3590);
    for id in &sent {
        app.members.resend(*id, meta(&format!("r{id}"))).await.expect("another code");
    }
    let runner = app.runner();
    let verify = |id: Uuid| {
        let (members, code) = (app.members.clone(), app.code(id, 2));
        tokio::spawn(async move { members.verify(id, code, None, meta(&format!("v{id}"))).await })
    };
    app.wait(9);
    let mut early: Vec<_> = sent[..10].iter().map(|id| verify(*id)).collect();
    app.wait(1);
    early.extend(sent[10..].iter().map(|id| verify(*id)));
    let mut members = 0;
    for outcome in early {
        match outcome.await.expect("task") {
            Ok(_) => members += 1,
            Err(MemberError::Refused { code: "signup-ended", .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    until("every sign-up is over", || async {
        app.log.count("SignUpCompleted") + app.log.count("SignUpEnded") == sent.len()
    })
    .await;
    assert_eq!(app.log.count("MemberJoined"), members);
    runner.stop().await;
    app.end().await;
}
