//! The chain of one log's manifests: read, checked, and made longer.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::{
    digest::Digest,
    error::ArchiveError,
    manifest::{Accounts, Adoption, Events, FORMAT, FORMATS, File, Holds, Manifest},
    store::Store,
};

/// How many manifests are fetched at a time.
const AT_ONCE: usize = 16;

/// The archive of one log: every manifest, each checked against the one before.
#[derive(Clone, Debug)]
pub struct Chain {
    store: Store,
    log_id: Uuid,
    manifests: Vec<Manifest>,
    /// The digests of the manifests, in order.
    digests: Vec<Digest>,
    /// The adoptions of the log, for what is written from here on.
    adoptions: Vec<Adoption>,
    /// From which time on the log gives the time of keys to the ids of commands, if the archive says so.
    command_ids_ordered_from: Option<DateTime<Utc>>,
}

/// How an attempt to make the chain longer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is longer by what was given.
    Done,
    /// Someone else was faster: it is longer by something else, which is now known here.
    Overtaken,
}

impl Chain {
    /// Reads the chain of a log; an empty one, if nothing of it was archived.
    pub async fn read(store: Store, log_id: Uuid) -> Result<Self, ArchiveError> {
        let mut chain = Self {
            store,
            log_id,
            manifests: Vec::new(),
            digests: Vec::new(),
            adoptions: Vec::new(),
            command_ids_ordered_from: None,
        };
        chain.refresh().await?;
        Ok(chain)
    }

    /// Reads the chain of the one log that the archive holds, or of the one that is named.
    pub async fn of(store: Store, log: Option<Uuid>) -> Result<Self, ArchiveError> {
        let log_id = match log {
            Some(log_id) => log_id,
            None => only_log(&store).await?,
        };
        let chain = Self::read(store, log_id).await?;
        if chain.manifests.is_empty() {
            return Err(ArchiveError::Which(format!("{} holds nothing of log {log_id}", chain.store.shown())));
        }
        Ok(chain)
    }

    /// Reads what was added since.
    pub async fn refresh(&mut self) -> Result<(), ArchiveError> {
        let names = self.store.list(&format!("{}/manifests", self.log_id)).await?;
        let known = self.manifests.len() as u64;
        let mut expected = 0;
        for name in &names {
            expected += 1;
            if Manifest::path(expected) != format!("manifests/{name}") {
                return Err(broken(expected, format!("there is {name} in its place")));
            }
        }
        let mut fetched = futures::stream::iter(known + 1..=expected)
            .map(|number| {
                let (store, path) = (self.store.clone(), self.path(&Manifest::path(number)));
                async move { store.get(&path).await.map(|bytes| (number, bytes)) }
            })
            .buffered(AT_ONCE);
        let mut added = Vec::new();
        while let Some((number, bytes)) = fetched.try_next().await? {
            added.push((number, bytes.ok_or_else(|| broken(number, "it was listed and is gone"))?));
        }
        drop(fetched);
        added.into_iter().try_for_each(|(number, bytes)| self.link(number, &bytes))
    }

    /// Checks a manifest against all before it, and adds it.
    fn link(&mut self, number: u64, bytes: &[u8]) -> Result<(), ArchiveError> {
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| broken(number, e))?;
        if !FORMATS.contains(&manifest.format) {
            return Err(broken(number, format!("its format {} is not known here", manifest.format)));
        }
        if (manifest.log_id, manifest.number) != (self.log_id, number) {
            return Err(broken(number, format!("it is number {} of log {}", manifest.number, manifest.log_id)));
        }
        if manifest.previous != self.tip() {
            return Err(broken(number, "it does not name the digest of the manifest before it"));
        }
        if manifest.adoptions.last().is_some_and(|adoption| adoption.new_log_id != self.log_id) {
            return Err(broken(number, "its adoptions do not end with this log"));
        }
        match &manifest.holds {
            Holds::Events(events) => self.check_events(number, events)?,
            Holds::Accounts(Accounts { position, .. }) if *position == self.end() => {}
            Holds::Accounts(Accounts { position, .. }) => {
                return Err(broken(number, format!("its position {position} is not the end of the range before it")));
            }
        }
        if !manifest.adoptions.is_empty() {
            self.adoptions.clone_from(&manifest.adoptions);
        }
        self.command_ids_ordered_from = manifest.command_ids_ordered_from.or(self.command_ids_ordered_from);
        self.manifests.push(manifest);
        self.digests.push(Digest::of(bytes));
        Ok(())
    }

    fn check_events(&self, number: u64, events: &Events) -> Result<(), ArchiveError> {
        let Events { first_position: first, last_position: last, .. } = *events;
        let (end, clock) = self.last_events().map_or((0, None), |e| (e.last_position, Some(e.last_recorded_at)));
        if first != end + 1 {
            return Err(broken(number, format!("it begins at position {first}, the range before it ends at {end}")));
        }
        if events.events < 1 || last - first + 1 != events.events || !(1..=events.events).contains(&events.commits) {
            return Err(broken(number, format!("{} events do not fill {first}..{last}", events.events)));
        }
        if clock.is_some_and(|clock| clock > events.first_recorded_at)
            || events.first_recorded_at > events.last_recorded_at
        {
            return Err(broken(number, "its time goes back"));
        }
        Ok(())
    }

    /// The digest of the last manifest.
    fn tip(&self) -> Option<Digest> {
        self.digests.last().copied()
    }

    /// The digest of the manifest with this number, if there is one.
    pub fn digest(&self, number: u64) -> Option<Digest> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.digests.get(index).copied()
    }

    /// The number of the last manifest, and its digest.
    pub fn last(&self) -> Option<(u64, Digest)> {
        Some((self.digests.len() as u64, self.tip()?))
    }

    /// Where it is, without secrets.
    pub fn place(&self) -> &str {
        self.store.shown()
    }

    /// The log.
    pub fn log_id(&self) -> Uuid {
        self.log_id
    }

    /// The adoptions of the log, oldest first, as far as they are known.
    pub fn adoptions(&self) -> &[Adoption] {
        &self.adoptions
    }

    /// Sets the adoptions that later manifests name. They all lie before the log had its id, so they never change.
    pub fn know(&mut self, adoptions: Vec<Adoption>) {
        self.adoptions = adoptions;
    }

    /// From which time on the log gives the time of keys to the ids of commands. None, if all of the archive was written by builds that
    /// gave it to none.
    pub fn command_ids_ordered_from(&self) -> Option<DateTime<Utc>> {
        self.command_ids_ordered_from
    }

    /// Sets what later manifests say of the ids of commands. It never changes in a log.
    pub fn know_command_ids(&mut self, ordered_from: DateTime<Utc>) {
        self.command_ids_ordered_from = Some(ordered_from);
    }

    /// Every manifest, in order.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The ranges of the log, in order.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = (&Manifest, &Events)> {
        self.manifests.iter().filter_map(|manifest| match &manifest.holds {
            Holds::Events(events) => Some((manifest, events)),
            Holds::Accounts(_) => None,
        })
    }

    /// The newest states of accounts of this version at or before a position.
    pub fn snapshot(&self, version: u16, at_most: i64) -> Option<(&Manifest, &Accounts)> {
        self.manifests.iter().rev().find_map(|manifest| match &manifest.holds {
            Holds::Accounts(a) if a.state_version == version && a.position <= at_most => Some((manifest, a)),
            _ => None,
        })
    }

    /// The newest range.
    pub fn last_events(&self) -> Option<&Events> {
        self.segments().next_back().map(|(_, events)| events)
    }

    /// The range that ends at a position, if one does.
    pub fn ending_at(&self, position: i64) -> Option<&Events> {
        self.segments().map(|(_, events)| events).find(|events| events.last_position == position)
    }

    /// The last position archived; 0 if none is.
    pub fn end(&self) -> i64 {
        self.last_events().map_or(0, |events| events.last_position)
    }

    /// A file, held against its manifest.
    pub async fn file(&self, manifest: &Manifest) -> Result<Bytes, ArchiveError> {
        let (number, file) = (manifest.number, &manifest.file);
        let damaged = |what: String| ArchiveError::Damaged { number, path: file.path.clone(), what };
        let bytes = self.store.get(&self.path(&file.path)).await?.ok_or_else(|| damaged("it is not there".into()))?;
        if bytes.len() as u64 != file.bytes {
            return Err(damaged(format!("it has {} bytes, not {}", bytes.len(), file.bytes)));
        }
        let digest = Digest::of(&bytes);
        if digest != file.sha256 {
            return Err(damaged(format!("its SHA-256 is {digest}, not {}", file.sha256)));
        }
        Ok(bytes)
    }

    /// Writes a file and the manifest that names it. The manifest is what counts: it is written last, and there is one
    /// of each number, even with several writers. A file that no manifest names is left over and does no harm.
    pub async fn append(
        &mut self,
        (bytes, sha256): (Vec<u8>, Digest),
        holds: Holds,
        written_at: DateTime<Utc>,
    ) -> Result<Appended, ArchiveError> {
        let number = self.manifests.len() as u64 + 1;
        let file = File { path: file_name(&holds, sha256), bytes: bytes.len() as u64, sha256 };
        // The same name means the same bytes: someone was here before and did not come to the manifest.
        self.store.put_new(&self.path(&file.path), bytes).await?;
        let manifest = Manifest {
            format: FORMAT,
            log_id: self.log_id,
            number,
            previous: self.tip(),
            written_at,
            written_by: concat!("jangbu ", env!("CARGO_PKG_VERSION")).to_owned(),
            holds,
            adoptions: self.adoptions.clone(),
            command_ids_ordered_from: self.command_ids_ordered_from,
            file,
        };
        let encoded = manifest.encode().map_err(|e| broken(number, e))?;
        let ours = Digest::of(&encoded);
        if self.store.put_new(&self.path(&Manifest::path(number)), encoded.clone()).await? {
            self.link(number, &encoded)?;
            return Ok(Appended::Done);
        }
        // A request that was tried again because its answer was lost meets what it wrote itself.
        let before = self.manifests.len();
        self.refresh().await?;
        let is_ours = self.manifests.get(before) == Some(&manifest)
            && self.manifests.get(before + 1).map_or(self.tip(), |next| next.previous) == Some(ours);
        Ok(if is_ours { Appended::Done } else { Appended::Overtaken })
    }

    /// Files that no manifest names: left by archivers that were killed or overtaken.
    pub async fn unnamed(&self) -> Result<Vec<String>, ArchiveError> {
        let all = self.store.list(&self.log_id.to_string()).await?;
        let named: std::collections::HashSet<&str> = self.manifests.iter().map(|m| m.file.path.as_str()).collect();
        let unnamed = |path: &String| !path.starts_with("manifests/") && !named.contains(path.as_str());
        Ok(all.into_iter().filter(unnamed).collect())
    }

    fn path(&self, below: &str) -> String {
        format!("{}/{below}", self.log_id)
    }
}

async fn only_log(store: &Store) -> Result<Uuid, ArchiveError> {
    let logs: Vec<Uuid> = store.folders().await?.iter().filter_map(|name| name.parse().ok()).collect();
    match logs[..] {
        [log_id] => Ok(log_id),
        [] => Err(ArchiveError::Which(format!("{} holds no archive", store.shown()))),
        _ => {
            let names: Vec<String> = logs.iter().map(Uuid::to_string).collect();
            Err(ArchiveError::Which(format!(
                "the archive holds several logs: say --log with one of {}",
                names.join(", ")
            )))
        }
    }
}

/// The digest is in the name, so that two archivers at once never write different bytes under one name.
fn file_name(holds: &Holds, digest: Digest) -> String {
    let short = digest.short();
    match holds {
        Holds::Events(e) => format!("segments/{:020}-{:020}-{short}.jsonl.zst", e.first_position, e.last_position),
        Holds::Accounts(a) => format!("accounts/{:020}-{short}.jsonl.zst", a.position),
    }
}

fn broken(number: u64, what: impl ToString) -> ArchiveError {
    ArchiveError::Broken { number, what: what.to_string() }
}
