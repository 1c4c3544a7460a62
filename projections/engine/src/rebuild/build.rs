//! The course of a rebuild, from whatever state it is in.

use kernel::Position;

use super::{
    Comparison, Expected, Phase, RebuildError, Rebuilder,
    merge::merge,
    session::{Generation, Session},
};
use crate::{
    Operator,
    projection::{in_zone, zone_of},
    status::Report,
};

/// A generation that is so close to the live one is level: the rest comes with the comparison and the promotion.
const LEVEL: i64 = 5_000;

/// How far a rebuild is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Until {
    /// Until it is live.
    Promoted,
    /// Until it could be.
    Ready,
    /// A side generation at this position, for good.
    Side(Position),
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct RebuildRequest {
    /// How far.
    pub until: Until,
    /// What may differ.
    pub expected: Expected,
    /// Drop what an earlier try has made.
    pub restart: bool,
    /// Do not compare with the live generation, and promote although it has seen more: for a live generation that comes
    /// from another log, or is ahead of a log that was restored.
    pub abandon_live: bool,
    /// Who wants it, and why.
    pub operator: Operator,
}

impl RebuildRequest {
    pub(super) fn is_side(&self) -> bool {
        matches!(self.until, Until::Side(_))
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The generation.
    pub generation: i32,
    /// How far it is.
    pub position: Position,
    /// The state it is in.
    pub state: &'static str,
    /// What the comparison found, if there was one.
    pub comparison: Option<Comparison>,
    /// Which generation a rollback would make live, if it became live.
    pub rollback: Option<Rollback>,
}

/// The generation that a rollback would make live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// The generation.
    pub generation: i32,
    /// Why the gate would refuse it; none if it would not.
    pub refused: Option<String>,
}

impl<E: Send + Sync + 'static> Rebuilder<E> {
    /// The generation whose making was interrupted, if there is one to go on with.
    pub(super) async fn find(
        &self,
        session: &mut Session,
        request: &RebuildRequest,
    ) -> Result<Option<i32>, RebuildError> {
        let side = request.is_side();
        let in_the_making = |making: &Generation| {
            matches!(making.state.as_str(), "building" | "indexing" | "tailing" | "comparing")
                || (making.state == "ready" && making.kind == "main" && !side)
        };
        let found = session.generations().await?.into_iter().find(in_the_making);
        let Some(making) = found else { return Ok(None) };
        let other = match self.other_history(&mut session.connection, making.generation).await {
            Ok(None) => self.ranges_of_another_history(session, &making).await?,
            Ok(other) => other,
            Err(RebuildError::OtherLog { .. }) if request.restart => None,
            Err(error) => return Err(error),
        };
        if !request.restart && other.is_none() {
            self.fits(&making, side)?;
            self.begins_alike(session, &making).await?;
            return Ok(Some(making.generation));
        }
        if let Some(other) = other {
            let (view, generation) = (session.view, making.generation);
            tracing::warn!(view.name = view, view.generation = generation, error = %other, "dropping what was made of another history");
        }
        self.drop_locked(session, &making, &request.operator).await?;
        Ok(None)
    }

    /// Whether an interrupted making is the one that is wanted now.
    fn fits(&self, making: &Generation, side: bool) -> Result<(), RebuildError> {
        let generation = making.generation;
        if making.version != self.projection.version() {
            let (found, ours) = (making.version, self.projection.version());
            return Err(RebuildError::OtherVersion { generation, found, ours });
        }
        if making.zone != zone_of(self.projection.as_ref(), self.zone) {
            let state = format!("{}, with the days of {}", making.state, making.zone);
            let advice = "set JANGBU_ZONE to that zone to go on with it, or have `jangbu views rebuild --restart` make one of \
                          the zone that is set";
            return Err(RebuildError::WrongState { generation, state, advice });
        }
        if (making.kind == "side") != side {
            let advice = "it is another kind of rebuild; go on with that one, or drop it";
            return Err(RebuildError::WrongState { generation, state: making.state.clone(), advice });
        }
        Ok(())
    }

    /// Whether an interrupted load began where this one would: one that began with a snapshot has no range for what is
    /// before it, and a load that goes on without that snapshot would leave it out.
    async fn begins_alike(&self, session: &mut Session, making: &Generation) -> Result<(), RebuildError> {
        let Some(bulk) = self.projection.bulk().filter(|_| making.state == "building") else { return Ok(()) };
        let ranges = session.ranges(making.generation).await?;
        if ranges.open.is_empty() || ranges.begin_after == bulk.begins_after() {
            return Ok(());
        }
        let advice = "it was begun from another snapshot, or from none: the same command as before goes on with it, and \
                      --restart drops it and starts again";
        Err(RebuildError::WrongState { generation: making.generation, state: making.state.clone(), advice })
    }

    /// Up to where a new generation is to be loaded.
    pub(super) async fn wanted(
        &self,
        session: &mut Session,
        request: &RebuildRequest,
    ) -> Result<Position, RebuildError> {
        self.reporter.phase(Phase::Planning, 0, 0);
        let abandoned = request.is_side() || self.is_abandoned(session, request.abandon_live).await?;
        let live = session.live().await?;
        let head = self.log.head().await?;
        // A main generation must not be ahead of the live one, or the two could not be compared.
        Ok(match request.until {
            Until::Side(position) => position.min(head.position),
            _ if abandoned => head.position,
            _ => live.position,
        })
    }

    /// Whether the live generation is to be replaced without regard to what it shows: because the operator wants it so, or
    /// because it is of another history than the log, which nothing that is made from the log could ever equal.
    async fn is_abandoned(&self, session: &mut Session, wanted: bool) -> Result<bool, RebuildError> {
        if wanted {
            return Ok(true);
        }
        let live = session.live().await?.generation;
        Ok(self.follow_adoption(&mut session.connection, live).await?.is_some())
    }

    pub(super) async fn go_on(
        &self,
        session: &mut Session,
        generation: i32,
        request: &RebuildRequest,
    ) -> Result<Outcome, RebuildError> {
        let mut comparison = None;
        loop {
            let making = session.generation(generation).await?;
            match making.state.as_str() {
                "building" => self.build(session, &making).await?,
                "indexing" => {
                    session.make_indexes(generation, &making.schema, &self.reporter).await?;
                    let next = if making.kind == "side" { "ready" } else { "tailing" };
                    session.enter(generation, &["indexing"], next).await?;
                }
                "tailing" => {
                    let abandoned = self.is_abandoned(session, request.abandon_live).await?;
                    self.catch_up(session, &making, abandoned).await?;
                    let next = if abandoned { "ready" } else { "comparing" };
                    session.enter(generation, &["tailing"], next).await?;
                }
                "comparing" => {
                    let found = self.compare_at_one_position(session, &making, &request.expected).await?;
                    self.judge(session, generation, &found).await?;
                    let failed = !found.is_equal();
                    if !failed && found.expected > 0 {
                        // Whoever said what may differ said so alone.
                        session.audit(&request.operator, "compare", Some(generation), &details(&found)).await?;
                    }
                    comparison = Some(found);
                    if failed {
                        return outcome(session, generation, "failed", comparison).await;
                    }
                }
                "ready" => {
                    tasks::kill_point("ready");
                    self.reporter.phase(Phase::Ready, 1, 1);
                    if request.until != Until::Promoted {
                        return outcome(session, generation, "ready", comparison).await;
                    }
                    let abandoned = self.is_abandoned(session, request.abandon_live).await?;
                    self.promote_level(session, &making, &request.operator, ("promote", abandoned), None).await?;
                    return self.promoted(session, generation, comparison).await;
                }
                other => {
                    let (state, advice) = (other.to_owned(), "rebuild the view again");
                    return Err(RebuildError::WrongState { generation, state, advice });
                }
            }
        }
    }

    /// Completes tables that were loaded up to the fence, or fills them up to there.
    async fn build(&self, session: &mut Session, making: &Generation) -> Result<(), RebuildError> {
        if let Some(bulk) = in_zone(&self.projection, making.zone).bulk() {
            tasks::kill_point("merging");
            if let Some(what) = self.ranges_of_another_history(session, making).await? {
                return Err(RebuildError::OtherHistory { generation: making.generation, what });
            }
            self.reporter.phase(Phase::Merging, 0, 0);
            return merge(session, making, bulk.as_ref()).await;
        }
        let report = Report::new(self.projection.name());
        let mut tail = self.tail(making.generation, &report).await?;
        self.reporter.phase(Phase::Building, tail.position().number(), making.fence.number());
        tail.to(making.fence).await?;
        tasks::kill_point("building");
        session.enter(making.generation, &["building"], "indexing").await
    }

    /// Follows the log until the generation is about where the live one is, or where the log ends.
    async fn catch_up(&self, session: &mut Session, making: &Generation, abandoned: bool) -> Result<(), RebuildError> {
        let report = Report::new(self.projection.name());
        let mut tail = self.tail(making.generation, &report).await?;
        loop {
            let head = self.log.head().await?.position;
            let live = if abandoned { head } else { session.live().await?.position };
            let behind = live.number() - tail.position().number();
            self.reporter.phase(Phase::Tailing, 0, behind.max(0));
            if behind <= LEVEL {
                tasks::kill_point("tailing");
                return Ok(());
            }
            tail.to(live).await?;
            session.beat(making.generation).await?;
        }
    }

    /// Writes down what a comparison means for a generation in the making.
    pub(super) async fn judge(
        &self,
        session: &mut Session,
        generation: i32,
        found: &Comparison,
    ) -> Result<(), RebuildError> {
        if found.is_equal() {
            session.compared(generation, found.position).await?;
            return session.enter(generation, &["comparing"], "ready").await;
        }
        session.differs(generation, found).await
    }

    /// Holds a generation against the live one, without changing the state of either. Without a number: the newest that
    /// can be compared.
    pub async fn compare(
        &self,
        generation: Option<i32>,
        expected: &Expected,
        operator: &Operator,
    ) -> Result<Comparison, RebuildError> {
        let mut session = Session::open(&self.database, self.projection.name()).await?;
        let making = choose(&mut session, generation, &["ready", "retired", "tailing", "comparing"]).await?;
        let live = session.live().await?.generation;
        self.require_history(&mut session.connection, live).await?;
        self.require_history(&mut session.connection, making.generation).await?;
        let found = self.compare_at_one_position(&mut session, &making, expected).await?;
        session.audit(operator, "compare", Some(making.generation), &details(&found)).await?;
        Ok(found)
    }

    /// Makes a generation live that is ready. Without a number: the newest that is; with one, it may also have been live
    /// before.
    pub async fn promote(&self, generation: Option<i32>, operator: &Operator) -> Result<Outcome, RebuildError> {
        let states: &[&str] = if generation.is_some() { &["ready", "retired"] } else { &["ready"] };
        self.swap_to(generation, states, "promote", operator).await
    }

    /// Makes a retired generation live again. Without a number: the one that was retired last.
    pub async fn rollback(&self, generation: Option<i32>, operator: &Operator) -> Result<Outcome, RebuildError> {
        self.swap_to(generation, &["retired"], "rollback", operator).await
    }

    /// Under the right to change the view: of two requests with one key, the second finds what the first did.
    async fn swap_to(
        &self,
        generation: Option<i32>,
        states: &[&str],
        what: &str,
        operator: &Operator,
    ) -> Result<Outcome, RebuildError> {
        let mut session = Session::open(&self.database, self.projection.name()).await?;
        if let Some(generation) = session.repeated(operator, what, generation).await? {
            return self.promoted(&mut session, generation, None).await;
        }
        let making = choose(&mut session, generation, states).await?;
        self.reporter.generation(making.generation);
        self.require_history(&mut session.connection, making.generation).await?;
        let abandoned = self.is_abandoned(&mut session, false).await?;
        self.catch_up(&mut session, &making, abandoned).await?;
        self.promote_level(&mut session, &making, operator, (what, abandoned), None).await?;
        self.promoted(&mut session, making.generation, None).await
    }

    /// What came of a promotion, and whether there is a way back.
    pub(super) async fn promoted(
        &self,
        session: &mut Session,
        generation: i32,
        comparison: Option<Comparison>,
    ) -> Result<Outcome, RebuildError> {
        let mut outcome = outcome(session, generation, "live", comparison).await?;
        let head = self.log.head().await?;
        let before = choose(session, None, &["retired"]).await.ok();
        if let Some(before) = before {
            let generation = before.generation;
            let refused = match self.follow_adoption(&mut session.connection, generation).await {
                Ok(None) => session.why_not_live(generation, &head, self.projection.version()).await?,
                Ok(Some(other)) => Some(format!("it is of another history than the log: {other}")),
                Err(error @ RebuildError::OtherLog { .. }) => Some(error.to_string()),
                Err(error) => return Err(error),
            };
            outcome.rollback = Some(Rollback { generation, refused });
        }
        Ok(outcome)
    }
}

/// What the audit has of a comparison, as JSON.
fn details(found: &Comparison) -> String {
    let Comparison { position, unexpected, expected, .. } = found;
    format!(r#"{{"position":{position},"unexpected":{unexpected},"expected":{expected}}}"#)
}

pub(super) async fn choose(
    session: &mut Session,
    generation: Option<i32>,
    states: &[&str],
) -> Result<Generation, RebuildError> {
    let fits = |making: &Generation| making.kind == "main" && states.contains(&making.state.as_str());
    let Some(generation) = generation else {
        let found = session.generations().await?.into_iter().find(fits);
        let advice = "there is no generation for this; `jangbu views show` lists the generations";
        let none = RebuildError::WrongState { generation: 0, state: "absent".to_owned(), advice };
        return found.ok_or(none);
    };
    let making = session.generation(generation).await?;
    if fits(&making) {
        return Ok(making);
    }
    let advice =
        if making.kind == "side" { "a side generation stays one" } else { "that is not possible in this state" };
    Err(RebuildError::WrongState { generation, state: making.state, advice })
}

async fn outcome(
    session: &mut Session,
    generation: i32,
    state: &'static str,
    comparison: Option<Comparison>,
) -> Result<Outcome, RebuildError> {
    let position = session.generation(generation).await?.position;
    Ok(Outcome { generation, position, state, comparison, rollback: None })
}
