use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use kernel::{LogId, ManualClock};
use uuid::Uuid;

use super::{
    super::horizon::tests::{HeadOnly, commit_at, log_id, time},
    *,
};
use crate::freshness::Progress;

struct GateFixture {
    gate: Gate,
    log: Arc<HeadOnly>,
    board: Arc<Board>,
    data: AtomicI64,
    queries: AtomicU32,
}

impl GateFixture {
    /// A log whose head is at 100, and a view at `position`.
    async fn with_view_at(position: i64) -> Arc<Self> {
        let log = Arc::new(HeadOnly { position: AtomicI64::new(100), ..HeadOnly::default() });
        let board = Arc::new(Board::new());
        let horizon = Arc::new(Horizon::new(log.clone(), Arc::new(ManualClock::new(time(0)))));
        let gate = Gate::new(board.clone(), horizon);
        let fixture = Self { gate, log, board, data: AtomicI64::new(0), queries: AtomicU32::new(0) };
        fixture.view_moves_to(position);
        Arc::new(fixture)
    }

    fn view_moves_to(&self, position: i64) {
        self.data.store(position, Ordering::SeqCst);
        self.board_says(position);
    }

    fn board_says(&self, position: i64) {
        let progress = Progress {
            generation: 1,
            log: Some(log_id()),
            position: Position::new(position),
            halted: false,
            other_history: false,
        };
        self.board.set(View::Accounts, Some(progress));
    }

    async fn read(&self, need: Need) -> Result<Fresh<()>, ReadsError> {
        let query = || async {
            self.queries.fetch_add(1, Ordering::SeqCst);
            let position = Position::new(self.data.load(Ordering::SeqCst));
            Ok(Seen { value: (), position, recorded_at: None, missing: None })
        };
        self.gate.read(&[View::Accounts], &need, query).await
    }
}

fn token(position: i64) -> Option<ConsistencyToken> {
    Some(ConsistencyToken::untagged(log_id(), Position::new(position)))
}

fn need(position: i64) -> Need {
    Need { token: token(position), wait: Duration::from_secs(2), ..Need::default() }
}

#[tokio::test(start_paused = true)]
async fn nothing_asked_nothing_waited() {
    let fixture = GateFixture::with_view_at(3).await;
    let begun = Instant::now();
    let fresh = fixture.read(Need::default()).await.expect("fresh");
    assert_eq!((fresh.position, fresh.stale), (Position::new(3), false));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(fixture.log.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_view_that_is_there_answers_at_once_without_asking_the_log() {
    let fixture = GateFixture::with_view_at(50).await;
    let begun = Instant::now();
    assert_eq!(fixture.read(need(50)).await.expect("fresh").position, Position::new(50));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(fixture.log.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn it_answers_as_soon_as_the_checkpoint_moves() {
    let fixture = GateFixture::with_view_at(50).await;
    let reading = tokio::spawn({
        let fixture = fixture.clone();
        async move { (fixture.read(need(51)).await, Instant::now()) }
    });
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_millis(700)).await;
    fixture.view_moves_to(51);
    let (fresh, ended) = reading.await.expect("no panic");
    assert_eq!(fresh.expect("fresh").position, Position::new(51));
    assert_eq!(ended - begun, Duration::from_millis(700));
    assert_eq!(fixture.log.asked.load(Ordering::SeqCst), 1, "asked once whether the position exists");
}

#[tokio::test(start_paused = true)]
async fn it_gives_up_when_the_time_is_up() {
    let fixture = GateFixture::with_view_at(50).await;
    let begun = Instant::now();
    let error = fixture.read(need(51)).await.expect_err("behind");
    assert!(matches!(error, ReadsError::Behind { view: "accounts", .. }), "{error:?}");
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    assert_eq!(fixture.queries.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn stale_is_reported_to_those_who_accept_it() {
    let fixture = GateFixture::with_view_at(50).await;
    let fresh = fixture.read(Need { stale_ok: true, ..need(51) }).await.expect("stale");
    assert_eq!((fresh.position, fresh.stale), (Position::new(50), true));
    let fresh = fixture.read(Need { stale_ok: true, ..need(50) }).await.expect("fresh");
    assert!(!fresh.stale);
}

#[tokio::test(start_paused = true)]
async fn foreign_and_future_tokens_are_refused_at_once_even_by_those_who_do_not_wait() {
    for stale_ok in [false, true] {
        for wait in [Duration::ZERO, Duration::from_secs(5)] {
            let fixture = GateFixture::with_view_at(50).await;
            let begun = Instant::now();
            let foreign = ConsistencyToken::untagged(LogId::new(Uuid::from_u128(8)), Position::new(1));
            let error = fixture.read(Need { token: Some(foreign), wait, stale_ok, ..Need::default() }).await;
            assert!(matches!(error, Err(ReadsError::ForeignToken)), "{error:?}");
            let error = fixture.read(Need { wait, stale_ok, ..need(101) }).await;
            assert!(matches!(error, Err(ReadsError::FutureToken { .. })), "{error:?}");
            let position = Some(Position::new(101));
            let error = fixture.read(Need { position, wait, stale_ok, ..Need::default() }).await;
            assert!(matches!(error, Err(ReadsError::FuturePosition { .. })), "{error:?}");
            assert!(begun.elapsed() <= GRACE * 2, "{:?}", begun.elapsed());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_log_a_token_ahead_waits_and_is_answered_by_the_view() {
    let fixture = GateFixture::with_view_at(50).await;
    fixture.log.broken.store(true, Ordering::SeqCst);
    let error = fixture.read(need(1_000_000)).await.expect_err("unknown");
    assert!(matches!(error, ReadsError::Behind { .. }), "{error:?}");

    let reading = tokio::spawn({
        let fixture = fixture.clone();
        async move { fixture.read(need(51)).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    fixture.view_moves_to(51);
    assert_eq!(reading.await.expect("no panic").expect("fresh").position, Position::new(51));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_hangs_does_not_keep_a_view_from_answering() {
    let log = Arc::new(HeadOnly { slow: Duration::from_secs(3600), ..HeadOnly::default() });
    let fixture = GateFixture::with_view_at(50).await;
    let horizon = Arc::new(Horizon::new(log, Arc::new(ManualClock::new(time(0)))));
    let gate = Gate::new(fixture.board.clone(), horizon);
    let begun = Instant::now();
    let reading = tokio::spawn(async move {
        let seen = || async { Ok(Seen { value: (), position: Position::new(51), recorded_at: None, missing: None }) };
        (gate.read(&[View::Accounts], &need(51), seen).await, begun.elapsed())
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    fixture.view_moves_to(51);
    let (fresh, elapsed) = reading.await.expect("no panic");
    assert!(fresh.is_ok());
    assert_eq!(elapsed, Duration::from_millis(300));
}

#[tokio::test(start_paused = true)]
async fn what_the_query_saw_counts_not_what_the_board_said() {
    let fixture = GateFixture::with_view_at(40).await;
    fixture.board_says(60);
    let reading = tokio::spawn({
        let fixture = fixture.clone();
        async move { fixture.read(need(55)).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!reading.is_finished());
    fixture.data.store(60, Ordering::SeqCst);
    assert_eq!(reading.await.expect("no panic").expect("fresh").position, Position::new(60));
    assert!(fixture.queries.load(Ordering::SeqCst) > 1);

    fixture.data.store(40, Ordering::SeqCst);
    let error = fixture.read(need(55)).await.expect_err("it went back for good");
    assert!(matches!(error, ReadsError::Behind { .. }), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stopped_view_answers_what_it_has_and_refuses_the_rest_at_once() {
    let fixture = GateFixture::with_view_at(50).await;
    let progress = Progress {
        generation: 1,
        log: Some(log_id()),
        position: Position::new(50),
        halted: true,
        other_history: false,
    };
    fixture.board.set(View::Accounts, Some(progress));
    assert!(fixture.read(need(50)).await.is_ok());
    let begun = Instant::now();
    let error = fixture.read(need(51)).await.expect_err("halted");
    assert!(matches!(error, ReadsError::Halted { .. }), "{error:?}");
    assert!(begun.elapsed() <= GRACE * 2);
    assert!(fixture.read(Need { stale_ok: true, ..need(51) }).await.expect("stale").stale);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_not_believed_while_nobody_knows_the_log() {
    let fixture = GateFixture::with_view_at(50).await;
    fixture.board.set(
        View::Accounts,
        Some(Progress { generation: 1, log: None, position: Position::new(50), halted: false, other_history: false }),
    );
    fixture.log.broken.store(true, Ordering::SeqCst);
    let error = fixture.read(need(50)).await.expect_err("whose token?");
    assert!(matches!(error, ReadsError::Behind { .. }), "{error:?}");
    fixture.log.broken.store(false, Ordering::SeqCst);
    assert!(fixture.read(need(50)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_view_of_another_history_shows_nothing_to_anybody() {
    let fixture = GateFixture::with_view_at(50).await;
    let progress = fixture.board.latest(View::Accounts).map(|progress| Progress { other_history: true, ..progress });
    fixture.board.set(View::Accounts, progress);
    for need in [Need::default(), need(50), Need { stale_ok: true, ..need(51) }] {
        let error = fixture.read(need).await.expect_err("refused");
        assert!(matches!(error, ReadsError::OtherHistory { view: "accounts" }), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_commit_that_the_log_does_not_hold_is_foreign() {
    let fixture = GateFixture::with_view_at(50).await;
    let held = ConsistencyToken::of(log_id(), Some(commit_at(Position::new(40))));
    let needing = |token| Need { token: Some(token), ..Need::default() };
    for _ in 0..3 {
        fixture.read(needing(held)).await.expect("held");
    }
    assert_eq!(fixture.log.looked_up.load(Ordering::SeqCst), 1, "what was found is kept");
    let lost = kernel::CommitRef { recorded_at: time(1), ..commit_at(Position::new(40)) };
    let lost = ConsistencyToken::of(log_id(), Some(lost));
    for stale_ok in [false, true] {
        let error = fixture.read(Need { stale_ok, ..needing(lost) }).await.expect_err("lost");
        assert!(matches!(error, ReadsError::ForeignToken), "{error:?}");
    }
    let future = ConsistencyToken::of(log_id(), Some(commit_at(Position::new(101))));
    let error = fixture.read(needing(future)).await.expect_err("future");
    assert!(matches!(error, ReadsError::FutureToken { .. }), "{error:?}");
    fixture.log.broken.store(true, Ordering::SeqCst);
    let unchecked = ConsistencyToken::of(log_id(), Some(commit_at(Position::new(39))));
    fixture.read(needing(unchecked)).await.expect("the log cannot be asked, and the view is there");
}
