//! Killed after each step, everything is completed once.

use application::MemberStanding;
use kernel::MemberId;
use uuid::Uuid;
use vault::{Credentials, Erasures, Keys, Messages, Revocations};

use super::{
    faulty_vault::Break,
    town::{Town, as_member, meta, until},
};
use crate::memory_log::Fault;

/// Where a server dies.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// When the log has written, before anyone hears of it.
    Log,
    /// When the vault has done this, before anyone hears of it.
    Vault(&'static str),
    /// When the vault could not be reached for this.
    Away(&'static str),
}

impl Death {
    fn prepare(self, town: &Town) {
        match self {
            Self::Log => town.log.fail_next(Fault::Death),
            Self::Vault(call) => town.vault.break_next(call, Break::Death),
            Self::Away(call) => town.vault.break_next(call, Break::Before),
        }
    }

    async fn come(self, town: &Town) {
        match self {
            Self::Log => town.log.dying.notified().await,
            Self::Vault(_) => town.vault.dying.notified().await,
            Self::Away(call) => until("it has broken", || async { town.vault.has_broken(call) }).await,
        }
    }
}

#[tokio::test]
async fn a_sign_up_is_completed_once_wherever_the_server_dies() {
    let deaths =
        [Death::Log, Death::Vault("settle"), Death::Away("settle"), Death::Vault("enqueue"), Death::Away("enqueue")];
    let mut town = Town::new().await;
    for (before, death) in deaths.into_iter().enumerate() {
        let (login, verifying) = (format!("minsu_{before}"), format!("v{before}"));
        let sent = town.sign_up(&login, &login, &format!("kim{before}@example.com")).await.expect("sent").answer;
        let (members, code, meta_of) = (town.members.clone(), town.code(sent.id, 1), meta(&verifying));
        death.prepare(&town);
        let verify = tokio::spawn(async move { members.verify(sent.id, code, None, meta_of).await });
        let office = town.office();
        death.come(&town).await;
        verify.abort();
        office.kill().await;
        town.restart();

        let office = town.office();
        // The office may die at the message before the code was taken: then nothing is begun, and the person tries again.
        if town.log.count("MemberJoined") == before {
            town.members.verify(sent.id, town.code(sent.id, 1), None, meta(&verifying)).await.expect("a member");
        }
        until("the member has a password", || async { town.by_login(&login).await.is_some() }).await;
        let told = town.members.verify(sent.id, town.code(sent.id, 1), None, meta(&verifying)).await.expect("told");
        assert_eq!(town.by_login(&login).await.expect("a password").0, told.answer, "{death:?}");
        until("the message is queued", || async { town.messages().await.len() == before + 1 }).await;
        office.stop().await;
        for once in ["MemberJoined", "SignUpCompleted"] {
            assert_eq!(town.log.count(once), before + 1, "{death:?}");
        }
    }
    town.end().await;
}

#[tokio::test]
async fn an_erasure_is_completed_once_wherever_the_server_dies() {
    let deaths = [
        Death::Away("revoke_member"),
        Death::Vault("revoke_member"),
        Death::Away("erase"),
        Death::Vault("erase"),
        Death::Log,
        Death::Away("destroy_again"),
        Death::Vault("destroy_again"),
        Death::Away("enqueue"),
        Death::Vault("enqueue"),
    ];
    let mut town = Town::new().await;
    for (before, death) in deaths.into_iter().enumerate() {
        let member = town.joined(&format!("minsu_{before}"), "kim@example.com").await;
        let told = town.members.request_erasure(member, as_member(member), None, meta(&format!("e{before}"))).await;
        let erasure = told.expect("leaving").answer;
        death.prepare(&town);
        let office = town.office();
        death.come(&town).await;
        office.kill().await;
        town.restart();

        let office = town.office();
        until("the erasure is done", || async { town.log.count("MemberErased") == before + 1 }).await;
        assert_erased(&town, member, erasure).await;
        assert!(town.by_login(&format!("minsu_{before}")).await.is_none());
        office.stop().await;
        assert_eq!(town.log.count("MemberErased"), before + 1, "{death:?}: once");
        assert_eq!(town.log.count("NameReleased"), 2 * (before + 1), "{death:?}: the contact is free for the next");
    }
    town.end().await;
}

async fn assert_erased(town: &Town, member: MemberId, erasure: Uuid) {
    assert_eq!(town.members.state(member).await.expect("told"), Some(MemberStanding::Erased));
    assert!(town.vault.real.key(member).await.expect("the vault").is_none());
    assert!(town.vault.real.of(member).await.expect("the vault").is_none());
    let revoked = town.vault.real.revoked_after(0).await.expect("the vault");
    assert!(revoked.iter().any(|revocation| revocation.subject == member.uuid()));
    let certificate = town.members.certificate(erasure).await.expect("told").expect("a certificate");
    assert_eq!((certificate.member_id, certificate.requested_by), (member, as_member(member).to_string()));
}

/// The vault came back as it was before the erasure, and forgot that it ever knew better.
#[tokio::test]
async fn a_key_that_came_back_with_a_backup_is_destroyed_at_the_next_start() {
    let mut town = Town::new().await;
    let member = town.joined("minsu", "kim@example.com").await;
    let backup = town.back_key_up(member).await;
    town.members.request_erasure(member, as_member(member), None, meta("e")).await.expect("leaving");
    let office = town.office();
    until("the erasure is done", || async { town.log.count("MemberErased") == 1 }).await;
    until("it is followed", || async { town.vault.real.cursor().await.expect("the vault").number() >= 9 }).await;
    office.stop().await;
    town.restore_key(backup).await;
    assert!(town.vault.real.key(member).await.expect("the vault").is_some());
    town.restart();
    let office = town.office();
    until("it is destroyed again", || async { town.vault.real.key(member).await.expect("the vault").is_none() }).await;
    assert!(!town.vault.real.destroy_again(member).await.expect("the vault"));
    office.stop().await;
    town.end().await;
}

#[tokio::test]
async fn an_account_opened_in_the_last_moment_is_closed_before_the_member_is_gone() {
    let town = Town::new().await;
    let member = town.joined("minsu", "kim@example.com").await;
    town.leave_as_in_an_older_bank(member).await;
    // An older server, and a token that it did not yet know to be revoked.
    town.open_as_in_an_older_bank(member).await;
    let office = town.office();
    until("the erasure is done", || async { town.log.count("MemberErased") == 1 }).await;
    assert_eq!(town.log.count("AccountClosed"), 1);
    office.stop().await;
    town.end().await;
}
