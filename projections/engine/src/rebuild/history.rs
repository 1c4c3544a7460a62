//! Whether the generations of a view, and the ranges one is loaded from, are of the history that the log holds.

use kernel::Position;
use sqlx::PgConnection;

use super::{
    Rebuilder,
    error::{RebuildError, doing},
    session::{Generation, Session},
};
use crate::{
    OpenError, OtherHistory,
    checkpoint::{self, commit_ref},
    history::{self, Found},
};

/// So often a generation is looked at again that was moved while it was to be bound to its log.
const TRIES: u32 = 5;

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// Why a generation is of another history than the log, if it is. One of a log that this one never was is an error.
    pub(super) async fn other_history(
        &self,
        connection: &mut PgConnection,
        generation: i32,
    ) -> Result<Option<OtherHistory>, RebuildError> {
        let view = self.projection.name();
        let found = checkpoint::load_generation(connection, view, generation).await;
        // In this order: a generation that moved on between the two would seem to be ahead of the log.
        let found = found.map_err(doing("reading the registry"))?.ok_or(RebuildError::Absent { view, generation })?;
        let head = self.log.head().await?;
        match history::judge(self.log.as_ref(), head, &found).await? {
            Found::Same(_) => Ok(None),
            Found::Other(what) => Ok(Some(what)),
            Found::OtherLog(_) => Err(RebuildError::OtherLog { generation, ours: head.log }),
        }
    }

    /// An error if a generation is of another history than the log: nothing may be made of it, or done to it as if its
    /// positions meant what they mean in the log.
    pub(crate) async fn require_history(
        &self,
        connection: &mut PgConnection,
        generation: i32,
    ) -> Result<(), RebuildError> {
        let found = self.other_history(connection, generation).await?;
        found.map_or(Ok(()), |what| Err(RebuildError::OtherHistory { generation, what }))
    }

    /// The same for a generation that the gate of the registry is to be asked about: it compares the ids of logs and knows of
    /// no adoption. One that stands on a commit of this log is bound to the id that the log has now, as the projector does
    /// when it runs. Nothing is written about one that does not: the operator may have named the wrong log.
    pub(super) async fn follow_adoption(
        &self,
        connection: &mut PgConnection,
        generation: i32,
    ) -> Result<Option<OtherHistory>, RebuildError> {
        let (view, failed) = (self.projection.name(), || doing("binding the generation to the log"));
        for _ in 0..TRIES {
            let found = checkpoint::load_generation(connection, view, generation).await.map_err(failed())?;
            let found = found.ok_or(RebuildError::Absent { view, generation })?;
            let head = self.log.head().await?;
            let commit = match history::judge(self.log.as_ref(), head, &found).await? {
                Found::Same(commit) => commit,
                Found::Other(what) => return Ok(Some(what)),
                Found::OtherLog(_) => return Err(RebuildError::OtherLog { generation, ours: head.log }),
            };
            // One that nobody has moved yet is of no log, and one that is bound already is left alone.
            if found.log.is_none_or(|log| log == head.log && !found.other_history) {
                return Ok(None);
            }
            if checkpoint::bind(connection, view, &found, head.log, commit).await.map_err(failed())? {
                return Ok(None);
            }
        }
        // The process that moves it so often binds it as well.
        Ok(None)
    }

    /// Opens a generation that is to be written: as the projector does, but for the error.
    pub(super) async fn open_history(
        &self,
        connection: &mut PgConnection,
        checkpoint: &mut checkpoint::Checkpoint,
    ) -> Result<(), RebuildError> {
        let generation = checkpoint.generation;
        match history::open(connection, self.log.as_ref(), self.projection.name(), checkpoint).await {
            Ok(_) => Ok(()),
            Err(OpenError::OtherLog { ours, .. }) => Err(RebuildError::OtherLog { generation, ours }),
            Err(OpenError::OtherHistory(what)) => Err(RebuildError::OtherHistory { generation, what }),
            Err(OpenError::Database(source)) => Err(RebuildError::Database { doing: "opening the generation", source }),
            Err(OpenError::Log(error)) => Err(RebuildError::Log(error)),
            Err(OpenError::NoGeneration) => Err(RebuildError::NoLive(self.projection.name())),
            Err(OpenError::Moved) => Err(RebuildError::Lost(generation)),
        }
    }

    /// Why what was loaded for a generation in the making is of another history than the log, if it is: every range that is
    /// done must end with a commit of the log, and every one that is open at the end of some commit.
    pub(super) async fn ranges_of_another_history(
        &self,
        session: &mut Session,
        making: &Generation,
    ) -> Result<Option<OtherHistory>, RebuildError> {
        let rows = sqlx::query!(
            r#"select to_position, command_id, recorded_at, done_at is not null as "done!" from registry.ranges
               where view = $1 and generation = $2 order by after_position"#,
            session.view,
            making.generation
        )
        .fetch_all(&mut session.connection)
        .await
        .map_err(doing("reading the ranges of the rebuild"))?;
        let ends: Vec<Position> = rows.iter().map(|row| Position::new(row.to_position)).collect();
        let held = self.log.commit_refs(&ends).await?;
        let (head, detached) = (self.log.head().await?.position, self.log.detached().await?);
        for (row, held) in rows.iter().zip(held) {
            let loaded = commit_ref(row.to_position, row.command_id, row.recorded_at);
            let same = match (held, loaded) {
                // It was read from the archive, which is of this log.
                (None, _) => Position::new(row.to_position) <= detached,
                (Some(_), _) if !row.done => true,
                (held, Some(loaded)) => held == Some(loaded),
                // A range of an earlier build.
                (Some(held), None) => row.recorded_at.is_none_or(|time| time == held.recorded_at),
            };
            let position = Position::new(row.to_position);
            if !same && position > head {
                return Ok(Some(OtherHistory::Ahead { position, head }));
            }
            if !same {
                return Ok(Some(OtherHistory::Commit { position, recorded_at: row.recorded_at }));
            }
        }
        Ok(None)
    }
}
