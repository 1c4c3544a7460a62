//! The webhook: an address that events are sent to, for whoever created it.
//!
//! Each event that changes the settings states all of them, so an answer can be given again from the event alone. Secrets are numbers here:
//! what belongs to a number is derived in the vault.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use chrono::{DateTime, TimeDelta, Utc};
use events::recorded::{
    WebhookChanged, WebhookCreated, WebhookDeleted, WebhookDisabled, WebhookEnabled, WebhookEvent, WebhookListEvent,
    WebhookListed, WebhookSecretRotated, WebhookUnlisted,
};
use kernel::{Actor, WebhookId};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::{EvolveError, Refusal};

/// The most webhooks that one principal has.
pub const MOST_WEBHOOKS: usize = 20;

/// The secret that a webhook begins with.
pub const FIRST_SECRET: u32 = 1;

/// What of a webhook can be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSettings {
    /// Where events are sent to.
    pub url: String,
    /// The short names of the types that are sent, or `*` alone.
    pub events: Vec<String>,
    /// Whether anything is sent.
    pub enabled: bool,
}

/// A webhook as its events left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Whose.
    pub owner: Actor,
    /// The owner's words.
    pub description: Option<String>,
    /// What can be changed.
    pub settings: WebhookSettings,
    /// The number of its newest secret.
    pub secret: u32,
    is_deleted: bool,
}

impl Webhook {
    /// The state after an event.
    pub fn evolve(state: Option<Self>, event: &WebhookEvent) -> Result<Self, EvolveError> {
        let mut webhook = match (state, event) {
            (None, WebhookEvent::Created(created)) => return Ok(Self::begin(created)),
            (None, _) => return Err(EvolveError::NotOpened),
            (Some(_), WebhookEvent::Created(_)) => return Err(EvolveError::OpenedTwice),
            (Some(Self { is_deleted: true, .. }), _) => return Err(EvolveError::AfterTheLast),
            (Some(webhook), _) => webhook,
        };
        match event {
            WebhookEvent::SecretRotated(WebhookSecretRotated { secret, .. }) => {
                if webhook.secret.checked_add(1) != Some(*secret) {
                    return Err(EvolveError::OutOfOrder);
                }
                webhook.secret = *secret;
            }
            WebhookEvent::Deleted(WebhookDeleted {}) => webhook.is_deleted = true,
            _ => {}
        }
        if let Some(settings) = settings_after(event) {
            webhook.settings = settings;
        }
        Ok(webhook)
    }

    fn begin(created: &WebhookCreated) -> Self {
        let WebhookCreated { owner, url, events, description } = created.clone();
        let settings = WebhookSettings { url, events, enabled: true };
        Self { owner, description, settings, secret: FIRST_SECRET, is_deleted: false }
    }

    /// Whether it is gone.
    pub fn is_deleted(&self) -> bool {
        self.is_deleted
    }

    /// What happens when some of its settings change. To be enabled is recorded even if it is enabled: see [`WebhookEnabled`].
    ///
    /// # Errors
    ///
    /// If nothing may be sent to the address.
    pub fn change(
        &self,
        url: Option<&str>,
        events: Option<&[String]>,
        enabled: Option<bool>,
        allowed: &Networks,
    ) -> Result<WebhookEvent, Refusal> {
        if let Some(url) = url {
            may_be_called(url, allowed)?;
        }
        let url = url.unwrap_or(&self.settings.url).to_owned();
        let events = events.map_or_else(|| self.settings.events.clone(), filter);
        Ok(match enabled {
            Some(true) => WebhookEnabled { url, events }.into(),
            Some(false) => WebhookDisabled { url, events }.into(),
            None => WebhookChanged { url, events, enabled: self.settings.enabled }.into(),
        })
    }

    /// What happens when it gets a new secret; the one of now signs for a while longer. `now`: by the log's clock.
    pub fn rotate(&self, now: DateTime<Utc>, overlap: TimeDelta) -> WebhookSecretRotated {
        // Four thousand million rotations do not happen.
        WebhookSecretRotated { secret: self.secret.saturating_add(1), overlap_until: now + overlap }
    }
}

/// The settings that an event leaves, if it states them.
pub fn settings_after(event: &WebhookEvent) -> Option<WebhookSettings> {
    let (url, events, enabled) = match event {
        WebhookEvent::Created(created) => (&created.url, &created.events, true),
        WebhookEvent::Changed(changed) => (&changed.url, &changed.events, changed.enabled),
        WebhookEvent::Enabled(enabled) => (&enabled.url, &enabled.events, true),
        WebhookEvent::Disabled(disabled) => (&disabled.url, &disabled.events, false),
        WebhookEvent::SecretRotated(_)
        | WebhookEvent::ExampleAsked(_)
        | WebhookEvent::ResendAsked(_)
        | WebhookEvent::RecoverAsked(_)
        | WebhookEvent::Deleted(_) => return None,
    };
    Some(WebhookSettings { url: url.clone(), events: events.clone(), enabled })
}

/// A webhook for somebody, if nothing is wrong with the address.
///
/// # Errors
///
/// If nothing may be sent to the address.
pub fn create(
    owner: Actor,
    url: &str,
    events: &[String],
    description: Option<&str>,
    allowed: &Networks,
) -> Result<WebhookCreated, Refusal> {
    may_be_called(url, allowed)?;
    Ok(WebhookCreated {
        owner,
        url: url.to_owned(),
        events: filter(events),
        description: description.map(str::to_owned),
    })
}

/// Each name once, sorted: so a filter is recorded in one spelling.
fn filter(events: &[String]) -> Vec<String> {
    events.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect()
}

/// The webhooks of one principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookList(BTreeSet<WebhookId>);

impl WebhookList {
    /// The list after an event.
    pub fn evolve(state: Option<Self>, event: &WebhookListEvent) -> Result<Self, EvolveError> {
        let mut list = state.unwrap_or_default();
        let fits = match event {
            WebhookListEvent::Added(WebhookListed { webhook }) => list.0.insert(*webhook),
            WebhookListEvent::Removed(WebhookUnlisted { webhook }) => list.0.remove(webhook),
        };
        if fits { Ok(list) } else { Err(EvolveError::OutOfOrder) }
    }

    /// What happens to the list when one more webhook is created.
    ///
    /// # Errors
    ///
    /// If it is full.
    pub fn add(&self, webhook: WebhookId) -> Result<WebhookListed, Refusal> {
        match self.0.len() < MOST_WEBHOOKS {
            true => Ok(WebhookListed { webhook }),
            false => Err(Refusal::TooManyWebhooks),
        }
    }
}

/// Whether events may be sent to an address, as far as its text says: the sender looks at where its name leads to, each time it connects.
/// A refusal here is for people who mistype, and for those who try what is closed.
fn may_be_called(text: &str, allowed: &Networks) -> Result<(), Refusal> {
    // What browsers forgive (white space, backslashes, more slashes than two) other readers of an address take for something else.
    let after_scheme = text.strip_prefix("https://").or(text.strip_prefix("http://")).unwrap_or_default();
    let is_written_plainly = text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') && !after_scheme.starts_with('/');
    let url = Url::parse(text).map_err(|_| Refusal::UrlNotAllowed)?;
    let is_plain = !after_scheme.is_empty()
        && is_written_plainly
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    let host = url.host().filter(|_| is_plain).ok_or(Refusal::UrlNotAllowed)?;
    let (is_allowed, is_inside) = match &host {
        Host::Ipv4(address) => (allowed.contains((*address).into()), is_inside((*address).into())),
        Host::Ipv6(address) => (allowed.contains((*address).into()), is_inside((*address).into())),
        Host::Domain(name) => {
            let is_local = is_local_name(name);
            (is_local && allowed.contains(Ipv4Addr::LOCALHOST.into()), is_local)
        }
    };
    match url.scheme() {
        "https" if is_allowed || !is_inside => Ok(()),
        "http" if is_allowed => Ok(()),
        _ => Err(Refusal::UrlNotAllowed),
    }
}

/// A name that is the machine's own by RFC 6761.
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether an address is of no use to the outside: of this machine, of a private network, of a link, or of nobody.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            let this = v4.octets()[0] == 0;
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || shared
                || this
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_inside(v4.into()),
            None => {
                v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local()
                    || v6.is_multicast()
            }
        },
    }
}

/// Networks that webhooks may reach though they are not of the outside: `127.0.0.0/8,::1/128`. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u8,
}

/// Not a list of networks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a network is an address, a slash and the number of its leading bits, such as 127.0.0.0/8; several stand with commas between them"
)]
pub struct NetworksError;

impl Networks {
    /// Whether an address is in one of them. An IPv4 address that is written as an IPv6 address is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address.to_canonical()))
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(Ipv4Addr::BITS - u32::from(self.bits)).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(Ipv6Addr::BITS - u32::from(self.bits)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Networks {
    type Err = NetworksError;

    fn from_str(text: &str) -> Result<Self, NetworksError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Network {
    type Err = NetworksError;

    fn from_str(text: &str) -> Result<Self, NetworksError> {
        let (address, bits) = text.split_once('/').ok_or(NetworksError)?;
        let address: IpAddr = address.parse().map_err(|_| NetworksError)?;
        let bits: u8 = bits.parse().map_err(|_| NetworksError)?;
        let most = if address.is_ipv4() { Ipv4Addr::BITS } else { Ipv6Addr::BITS };
        match u32::from(bits) <= most {
            true => Ok(Self { address, bits }),
            false => Err(NetworksError),
        }
    }
}
