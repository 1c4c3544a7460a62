//! Epochs of the key-encryption key, and when copies of a destroyed data key cannot be opened any more.

use chrono::{DateTime, TimeDelta, Utc};

/// One key-encryption key, from when it was made until it is destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyEpoch {
    /// Counts up from 1.
    pub epoch: i64,
    /// The id under which its holder knows the key.
    pub kek: String,
    /// When the vault first saw it.
    pub made_at: DateTime<Utc>,
    /// It was there before epochs were counted: it may have wrapped any key that is older than the count.
    pub inherited: bool,
    /// From when on nothing is wrapped with it.
    pub retired_at: Option<DateTime<Utc>>,
    /// When its holder no longer had it.
    pub destroyed_at: Option<DateTime<Utc>>,
}

/// How often the key-encryption key is replaced, and how long a retired one is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySchedule {
    /// How long after a key was made the next one is due; none if no schedule is kept.
    pub rotate_every: Option<TimeDelta>,
    /// How long a retired key is kept. A backup of the vault can be restored for as long.
    pub keep_retired: TimeDelta,
}

impl KeySchedule {
    /// With so many days each; no schedule, if `rotate_every` is 0.
    pub fn of_days(rotate_every: u32, keep_retired: u32) -> Self {
        let days = |days: u32| TimeDelta::days(days.into());
        Self { rotate_every: (rotate_every > 0).then(|| days(rotate_every)), keep_retired: days(keep_retired) }
    }

    /// When the next key is due after one that was made then.
    pub fn next_after(&self, made_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        made_at.checked_add_signed(self.rotate_every?)
    }

    /// When an epoch is destroyed, if the schedule is kept; `newest` is the last epoch.
    fn destroys_at(&self, epoch: &KeyEpoch, newest: &KeyEpoch) -> Option<DateTime<Utc>> {
        let retired = match epoch.retired_at {
            Some(retired) => retired,
            None if epoch.epoch == newest.epoch => self.next_after(epoch.made_at)?,
            // The next key is there: the rotation is under way.
            None => newest.made_at,
        };
        retired.checked_add_signed(self.keep_retired)
    }
}

impl Default for KeySchedule {
    fn default() -> Self {
        Self::of_days(30, 30)
    }
}

/// Whether copies of an erased member's wrapped data key can still be opened: in the vault's write-ahead log and in its backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Not since then: every key-encryption key that may have wrapped the data key is destroyed.
    Unreadable {
        /// When the last of them was destroyed.
        since: DateTime<Utc>,
    },
    /// By whoever has the copy and the key-encryption key of then.
    Readable {
        /// When the last of the key-encryption keys is destroyed, if the schedule is kept; none without a schedule.
        until: Option<DateTime<Utc>>,
    },
}

impl Copies {
    /// Of the data key of a member who was erased then. `named` are the epochs in the certificate, none if it is older than the
    /// count; `epochs` are all there are, in their order.
    pub fn of(named: Option<&[i64]>, erased_at: DateTime<Utc>, epochs: &[KeyEpoch], schedule: &KeySchedule) -> Self {
        let wrapped_it = |epoch: &&KeyEpoch| named.map_or(epoch.inherited, |named| named.contains(&epoch.epoch));
        let wrappers: Vec<&KeyEpoch> = epochs.iter().filter(wrapped_it).collect();
        // A vault that was restored from a backup, or has not counted yet, may not know them.
        let are_known = wrappers.len() >= named.map_or(1, <[i64]>::len);
        let Some(newest) = epochs.last().filter(|_| are_known) else { return Self::Readable { until: None } };
        let pending: Vec<&KeyEpoch> = wrappers.iter().copied().filter(|epoch| epoch.destroyed_at.is_none()).collect();
        if pending.is_empty() {
            let last = wrappers.iter().filter_map(|epoch| epoch.destroyed_at).max();
            return Self::Unreadable { since: last.unwrap_or(erased_at).max(erased_at) };
        }
        let ends: Option<Vec<_>> = pending.into_iter().map(|epoch| schedule.destroys_at(epoch, newest)).collect();
        Self::Readable { until: ends.and_then(|ends| ends.into_iter().max()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    fn epoch(epoch: i64, made: i64, retired: Option<i64>, destroyed: Option<i64>) -> KeyEpoch {
        KeyEpoch {
            epoch,
            kek: format!("k{epoch}"),
            made_at: day(made),
            inherited: epoch == 1,
            retired_at: retired.map(day),
            destroyed_at: destroyed.map(day),
        }
    }

    fn copies(named: Option<&[i64]>, epochs: &[KeyEpoch], schedule: &KeySchedule) -> Copies {
        Copies::of(named, day(10), epochs, schedule)
    }

    fn until(of: i64) -> Copies {
        Copies::Readable { until: Some(day(of)) }
    }

    #[test]
    fn copies_are_readable_until_the_last_epoch_that_wrapped_the_key_is_destroyed() {
        let schedule = KeySchedule::of_days(30, 14);
        let both = Some([1, 2].as_slice());
        let alone = [epoch(1, 0, None, None)];
        assert_eq!(copies(Some(&[1]), &alone, &schedule), until(44), "rotated at 30, kept for 14");
        let rotated = [epoch(1, 0, Some(5), None), epoch(2, 5, None, None)];
        assert_eq!(copies(Some(&[1]), &rotated, &schedule), until(19));
        assert_eq!(copies(both, &rotated, &schedule), until(49));
        let under_way = [epoch(1, 0, None, None), epoch(2, 12, None, None)];
        assert_eq!(copies(Some(&[1]), &under_way, &schedule), until(26));
        let half = [epoch(1, 0, Some(5), Some(19)), epoch(2, 5, Some(35), None), epoch(3, 35, None, None)];
        assert_eq!(copies(both, &half, &schedule), until(49));
        let whole = [epoch(1, 0, Some(5), Some(19)), epoch(2, 5, Some(35), Some(50)), epoch(3, 35, None, None)];
        assert_eq!(copies(both, &whole, &schedule), Copies::Unreadable { since: day(50) });
    }

    #[test]
    fn an_erasure_before_epochs_were_counted_waits_for_all_that_were_there() {
        let schedule = KeySchedule::of_days(30, 14);
        assert_eq!(copies(None, &[epoch(1, 20, None, None)], &schedule), until(64));
        let destroyed = [epoch(1, 20, Some(50), Some(64)), epoch(2, 50, None, None)];
        assert_eq!(copies(None, &destroyed, &schedule), Copies::Unreadable { since: day(64) });
        assert_eq!(copies(None, &[], &schedule), Copies::Readable { until: None }, "nothing was counted yet");
    }

    #[test]
    fn without_a_schedule_no_date_is_promised() {
        let schedule = KeySchedule::of_days(0, 14);
        let named = Some([1].as_slice());
        assert_eq!(copies(named, &[epoch(1, 0, None, None)], &schedule), Copies::Readable { until: None });
        let retired = [epoch(1, 0, Some(20), None), epoch(2, 20, None, None)];
        assert_eq!(copies(named, &retired, &schedule), until(34), "what is retired has a date");
        assert_eq!(copies(named, &[], &schedule), Copies::Readable { until: None }, "the vault lost its epochs");
    }
}
