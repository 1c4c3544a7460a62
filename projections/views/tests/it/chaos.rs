//! Every view, twice at once, while slices are lost, doubled and shuffled, connections break and workers are killed.

use projection_engine::testing::Random;

use crate::{bank::Bank, fixture::ViewsFixture};

#[tokio::test]
async fn whatever_happens_on_the_way_every_table_equals_the_oracle() {
    for seed in 0..4 {
        let bank = Bank::busy(100 + seed, 300);
        let fixture = ViewsFixture::new(&bank).await;
        let mut random = Random::new(seed);
        let mut slices = Vec::new();
        let mut rest = bank.commits.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(1 + random.below(rest.len().min(15)));
            slices.push(fixture.slice(now));
            rest = later;
        }
        for i in 0..slices.len() {
            let other = (i + random.below(4)).min(slices.len() - 1);
            if random.percent(25) {
                slices.swap(i, other);
            }
        }
        let mut workers = [fixture.start_all(), fixture.start_all()];
        for slice in &slices {
            for worker in workers.iter().flatten() {
                let copies = if random.percent(15) { 0 } else { 1 + usize::from(random.percent(15)) };
                (0..copies).for_each(|_| worker.deliver(slice));
            }
            if random.percent(10) {
                let half = random.below(2);
                for worker in std::mem::replace(&mut workers[half], fixture.start_all()) {
                    worker.kill().await;
                }
            }
            if random.percent(5) {
                fixture.scratch.cut_connections().await;
            }
            if random.percent(5) {
                fixture.log.fail(3);
            }
        }
        for mut worker in workers.into_iter().flatten() {
            worker.reach(bank.end());
            worker.at(bank.end()).await;
            worker.kill().await;
        }
        fixture.check(&bank, bank.end()).await;
        fixture.scratch.close().await;
    }
}
