//! What the file holds, and what came of it.

use crate::{
    book::Booked,
    fold::Fold,
    movements::{Direction, File},
    show::{Asset, count, heading, line, note, seconds},
};

/// What is about to happen.
pub fn opening(file: &File) {
    let (first, last) = file.days();
    let deposits = file.movements.iter().filter(|movement| movement.direction == Direction::In).count();
    heading("A Czech bank's books, through the public API");
    let (all, out) = (file.movements.len(), file.movements.len() - deposits);
    line(
        "File",
        &format!(
            "{} movements from {first} to {last}: {} deposits, {} withdrawals",
            count(all),
            count(deposits),
            count(out)
        ),
    );
}

/// What came of the movements.
pub fn booked(booked: &Booked, fold: &Fold, file: &File, asset: &Asset) {
    let all = booked.posted + booked.refused.len();
    let rate = (all as f64 / booked.took.as_secs_f64()).round() as usize;
    let (took, rate) = (seconds(booked.took), count(rate));
    line("Movements", &format!("{} answered in {took}: {rate} per second, each durable before its answer", count(all)));
    if booked.replayed > 0 {
        note(&format!(
            "{} were answered from an earlier run: same key, same answer, nothing booked twice",
            count(booked.replayed)
        ));
    }
    line("Refused", &format!("{}; the fold of the file refuses {}", booked.refused.len(), fold.refused.len()));
    for row in file.movements.iter().filter(|row| booked.refused.contains_key(&row.trans_id)) {
        let problem = &booked.refused[&row.trans_id];
        let code = problem["code"].as_str().unwrap_or("without a code");
        let available = &problem["available"];
        let available = available["amount"].as_str().or_else(|| available.as_str()).and_then(|text| text.parse().ok());
        let available = available.map(|units| format!(", {} available", asset.show(units))).unwrap_or_default();
        let amount = asset.show(i128::from(row.amount));
        println!("    {}  account {:<5} withdrawal of {amount:>14}: {code}{available}", row.date, row.account);
    }
}
