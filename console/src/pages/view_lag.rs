//! How far behind a view was in the last minutes, as a chart.

use chrono::DateTime;

use crate::{
    chart::{Chart, Point, Shape, Words},
    format::count,
    lag::Lag,
    page::Page,
    visit::Visit,
};

/// Of this view.
pub(super) fn of_view(visit: &Visit, page: &Page, view: &str) -> Chart {
    let house = visit.house();
    chart(page, page.t("chart-lag"), &house.shared.lags.of(view, house.now()))
}

/// Of the view that was furthest behind.
pub(super) fn of_slowest(visit: &Visit, page: &Page) -> Chart {
    let house = visit.house();
    match house.shared.lags.slowest(house.now()) {
        Some((view, lags)) => chart(page, page.language().text_with("chart-lag-slowest", &[("view", &view)]), &lags),
        None => chart(page, page.t("chart-lag"), &[]),
    }
}

fn chart(page: &Page, title: String, lags: &[Lag]) -> Chart {
    let words = Words {
        title,
        table: page.t("chart-table"),
        time: page.t("column-time"),
        value: page.t("column-lag-ms"),
        empty: page.t("chart-lag-empty"),
    };
    let point = |lag: &Lag| Point {
        at: lag.at,
        label: page.format.clock(DateTime::from_timestamp(lag.at, 0).unwrap_or_default()),
        value: lag.ms as f64,
        shown: count(lag.ms),
    };
    Chart::new("lag", words, Shape::Line, lags.iter().map(point).collect())
}
