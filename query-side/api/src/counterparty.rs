//! The names of other people: those on the other side of a transaction, and those who owned an item.

use std::collections::HashMap;

use futures::StreamExt;
use kernel::{MemberId, Role};
use reads::{Named, SealedText};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    mask::mask,
    opener::{self, Name, Opener},
};

/// So many names are asked for at once.
const AT_ONCE: usize = 4;

/// Entries with the names of the others in them, mostly hidden; `place` says where it stands. People want to know who paid them; the bank's
/// own people and programs and partners have no need to.
///
/// The second value says whether a name could not be read now. Then no further one is asked for, so that a vault that is away
/// holds an answer up once.
pub async fn name<E>(
    opener: &dyn Opener,
    reader: Role,
    entries: Vec<Named<E>>,
    place: impl Fn(&mut E) -> &mut Option<String>,
) -> (Vec<E>, bool) {
    let (known, degraded) = match reader {
        Role::Member => open(opener, &entries).await,
        Role::Operator | Role::Service | Role::Partner => (HashMap::new(), false),
    };
    let entries = entries.into_iter().map(|Named { mut entry, name }| {
        let name = name.and_then(|(member, _)| known.get(&member));
        *place(&mut entry) = name.map(|name| mask(name.expose_secret()));
        entry
    });
    (entries.collect(), degraded)
}

/// Opens each name once.
async fn open<E>(opener: &dyn Opener, entries: &[Named<E>]) -> (HashMap<MemberId, SecretString>, bool) {
    let wanted: HashMap<MemberId, SealedText> = entries.iter().filter_map(|named| named.name.clone()).collect();
    let open = |(member, text)| async move { (member, opener::name(opener, Some((member, text))).await) };
    let mut opening = futures::stream::iter(wanted).map(open).buffer_unordered(AT_ONCE);
    let mut known = HashMap::new();
    while let Some((member, name)) = opening.next().await {
        match name {
            Name::Known(name) => known.extend(name.map(|name| (member, name))),
            Name::Degraded => return (known, true),
        }
    }
    (known, false)
}
