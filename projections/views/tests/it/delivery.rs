//! Every view with slices as they come, and stopped anywhere.

use std::time::Duration;

use projection_engine::testing::Random;
use tokio::time::sleep;

use crate::{bank::Bank, fixture::ViewsFixture};

#[tokio::test]
async fn slices_in_order_make_the_tables_the_oracle_expects() {
    let bank = Bank::busy(1, 400);
    let fixture = ViewsFixture::new(&bank).await;
    let mut workers = fixture.start_all();
    for commits in bank.commits.chunks(7) {
        let slice = fixture.slice(commits);
        workers.iter().for_each(|worker| worker.deliver(&slice));
    }
    for worker in &mut workers {
        worker.at(bank.end()).await;
    }
    assert_eq!(fixture.log.reads(), 0, "the slices were enough");
    fixture.check(&bank, bank.end()).await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn one_commit_at_a_time_or_all_at_once_makes_the_same_tables() {
    let bank = Bank::busy(2, 120);
    for chunk in [1, bank.commits.len()] {
        let fixture = ViewsFixture::new(&bank).await;
        let mut workers = fixture.start_all();
        for commits in bank.commits.chunks(chunk) {
            let slice = fixture.slice(commits);
            for worker in &mut workers {
                worker.deliver(&slice);
                worker.at(slice.last()).await;
            }
        }
        fixture.check(&bank, bank.end()).await;
        fixture.scratch.close().await;
    }
}

#[tokio::test]
async fn the_same_slice_twice_changes_nothing() {
    let bank = Bank::busy(3, 150);
    let fixture = ViewsFixture::new(&bank).await;
    let mut workers = fixture.start_all();
    for commits in bank.commits.chunks(11) {
        let slice = fixture.slice(commits);
        for worker in &mut workers {
            worker.deliver(&slice);
            worker.deliver(&slice);
            worker.at(slice.last()).await;
            worker.deliver(&slice);
        }
    }
    fixture.check(&bank, bank.end()).await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn replay_from_any_checkpoint_makes_the_same_tables() {
    let bank = Bank::busy(4, 120);
    let fixture = ViewsFixture::new(&bank).await;
    for stop in [1, 2, 40, 41, 90, bank.commits.len()] {
        let mut workers = fixture.start_all();
        // From the very beginning each time.
        for commits in bank.commits[..stop].chunks(9) {
            let slice = fixture.slice(commits);
            workers.iter().for_each(|worker| worker.deliver(&slice));
        }
        let end = bank.commits[stop - 1].last();
        for worker in &mut workers {
            worker.at(end).await;
        }
        fixture.check(&bank, end).await;
        for worker in workers {
            worker.kill().await;
        }
    }
    fixture.scratch.close().await;
}

#[tokio::test]
async fn lost_and_reordered_slices_are_made_good_from_the_log() {
    let bank = Bank::busy(5, 300);
    let fixture = ViewsFixture::new(&bank).await;
    let mut workers = fixture.start_all();
    let slices: Vec<_> = bank.commits.chunks(6).map(|commits| fixture.slice(commits)).collect();
    for (i, worker) in workers.iter_mut().enumerate() {
        // Every third is lost, each pair comes the wrong way round.
        for pair in slices.chunks(2) {
            pair.iter()
                .rev()
                .filter(|slice| slice.first().number() % 3 != i as i64 % 3)
                .for_each(|s| worker.deliver(s));
        }
        worker.reach(bank.end());
        worker.at(bank.end()).await;
    }
    assert!(fixture.log.reads() > 0);
    fixture.check(&bank, bank.end()).await;
    fixture.scratch.close().await;
}

#[tokio::test]
async fn killed_in_the_middle_and_started_again_each_view_comes_out_the_same() {
    let bank = Bank::busy(6, 500);
    let fixture = ViewsFixture::new(&bank).await;
    let mut random = Random::new(6);
    for _ in 0..15 {
        let workers = fixture.start_all();
        workers.iter().for_each(|worker| worker.reach(bank.end()));
        sleep(Duration::from_micros(random.below(25_000) as u64)).await;
        for worker in workers {
            worker.kill().await;
        }
    }
    let mut workers = fixture.start_all();
    for worker in &mut workers {
        worker.reach(bank.end());
        worker.at(bank.end()).await;
    }
    fixture.check(&bank, bank.end()).await;
    fixture.scratch.close().await;
}
