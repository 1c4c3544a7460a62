use chrono::{DateTime, TimeDelta};
use domain::{
    EvolveError, Refusal,
    partner::{MOST_ACCOUNTS, Partner, PartnerKey},
};
use events::recorded::{
    PartnerAccountAdded, PartnerCreated, PartnerEvent, PartnerKeyEvent, PartnerKeyIssued, PartnerKeyRevoked,
    PartnerQuotasSet,
};
use kernel::{PartnerId, Scope, Scopes};
use uuid::Uuid;

use crate::account_id;

fn created() -> PartnerEvent {
    PartnerCreated { name: "Hangang Coffee".into() }.into()
}

fn added(number: u128) -> PartnerEvent {
    PartnerAccountAdded { account: account_id(number) }.into()
}

fn set(limits: &[&str]) -> PartnerQuotasSet {
    let limits = limits.iter().map(|name| (*name).to_owned()).collect();
    PartnerQuotasSet { requests_per_second: Some(5), burst: None, limits }
}

fn after(events: &[PartnerEvent]) -> Result<Partner, EvolveError> {
    let first = Partner::evolve(None, &events[0])?;
    events[1..].iter().try_fold(first, |partner, event| Partner::evolve(Some(partner), event))
}

fn issued() -> PartnerKeyIssued {
    PartnerKeyIssued {
        partner: PartnerId::new(Uuid::from_u128(7)),
        scopes: vec![Scope::AccountsRead, Scope::HoldsWrite],
        expires_at: Some(DateTime::UNIX_EPOCH + TimeDelta::hours(1)),
        digest: "0f".repeat(32),
    }
}

fn revoked() -> PartnerKeyEvent {
    PartnerKeyRevoked { partner: issued().partner }.into()
}

fn key() -> PartnerKey {
    PartnerKey::evolve(None, &issued().into()).expect("a key")
}

#[test]
fn the_quotas_set_last_count() {
    let partner = after(&[created(), set(&["daily", "low"]).into(), added(1), set(&["daily"]).into(), added(2)]);
    let partner = partner.expect("a partner");
    assert_eq!((partner.limits(), partner.quotas.as_ref()), (&["daily".to_owned()][..], Some(&set(&["daily"]))));
    assert_eq!(partner.accounts, [account_id(1), account_id(2)]);
    assert!(after(&[created()]).expect("a partner").limits().is_empty());
}

#[test]
fn a_partner_is_created_first_and_once() {
    assert_eq!(after(&[added(1)]), Err(EvolveError::NotOpened));
    assert_eq!(after(&[set(&[]).into()]), Err(EvolveError::NotOpened));
    assert_eq!(after(&[created(), created()]), Err(EvolveError::OpenedTwice));
}

#[test]
fn a_partner_has_so_many_accounts_and_none_more() {
    let mut partner = after(&[created()]).expect("a partner");
    for number in 0..MOST_ACCOUNTS as u128 {
        let event = partner.add_account(account_id(number)).expect("one more");
        partner = Partner::evolve(Some(partner), &event.into()).expect("added");
    }
    assert_eq!(partner.add_account(account_id(1 << 40)), Err(Refusal::TooManyAccounts));
}

#[test]
fn a_key_is_revoked_for_good() {
    assert_eq!(key().revoke(), Some(PartnerKeyRevoked { partner: issued().partner }));
    let revoked_key = PartnerKey::evolve(Some(key()), &revoked()).expect("revoked");
    assert_eq!((revoked_key.revoke(), revoked_key.holds(DateTime::UNIX_EPOCH)), (None, false));
    assert_eq!(PartnerKey::evolve(Some(revoked_key.clone()), &revoked()), Err(EvolveError::AfterTheLast));
    assert_eq!(PartnerKey::evolve(Some(revoked_key), &issued().into()), Err(EvolveError::OpenedTwice));
    assert_eq!(PartnerKey::evolve(None, &revoked()), Err(EvolveError::NotOpened));
}

#[test]
fn a_key_holds_until_it_expires() {
    let expires_at = issued().expires_at.expect("a time");
    assert!(key().holds(expires_at - TimeDelta::microseconds(1)));
    assert!(!key().holds(expires_at));
    let forever = PartnerKeyIssued { expires_at: None, ..issued() };
    assert!(PartnerKey::evolve(None, &forever.into()).expect("a key").holds(DateTime::<chrono::Utc>::MAX_UTC));
}

#[test]
fn a_token_allows_no_more_than_its_key() {
    let [read, hold, rates] = [Scope::AccountsRead, Scope::HoldsWrite, Scope::RatesWrite].map(|s| Scopes::NONE.with(s));
    let both = read.with(Scope::HoldsWrite);
    assert_eq!(key().scopes(None), Some(both));
    assert_eq!(
        [key().scopes(Some(read)), key().scopes(Some(hold)), key().scopes(Some(both))],
        [read, hold, both].map(Some)
    );
    assert_eq!([key().scopes(Some(rates)), key().scopes(Some(both.with(Scope::RatesWrite)))], [None, None]);
}
