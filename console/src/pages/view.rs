//! One view: its generations, its rebuild, its parked events, and what operators do to it.

use askama::Template;
use axum::response::Response;
use platform::extract::Path;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    view_forms::{page_of, promote_form, rebuild_form},
    view_lag,
    view_parked::{Parked, ParkedRow},
    view_promotions::{PromotionRow, Promotions},
    view_rebuild::{Differing, Rebuild, RebuildShown},
};
use crate::{
    chart::Chart,
    client::{Address, Failure},
    form::Form,
    format::{Moment, count, duration},
    live,
    page::{Page, show},
    posted::{Posted, refused},
    visit::{SignedIn, Visit},
};

#[derive(Deserialize)]
struct View {
    view: String,
    generation: i64,
    position: i64,
    lag_events: i64,
    lag_ms: i64,
    state: String,
    error: Option<String>,
    error_position: Option<i64>,
    error_type: Option<String>,
    paused_since: Option<String>,
    parked_events: i64,
    #[serde(default)]
    generations: Vec<Generation>,
}

#[derive(Deserialize)]
struct Generation {
    generation: i64,
    state: String,
    position: i64,
    created_at: String,
    promoted_at: Option<String>,
}

struct GenerationRow {
    generation: i64,
    state: String,
    tone: String,
    position: String,
    created: Moment,
    promoted: Moment,
}

/// The part that renews itself. It has no forms: what somebody types into them stays.
#[derive(Template)]
#[template(path = "_view_figures.html")]
struct Figures {
    page: Page,
    name: String,
    generation: i64,
    position: String,
    lag: String,
    state: String,
    tone: String,
    error: Option<String>,
    error_position: Option<i64>,
    error_type: String,
    paused: Option<Moment>,
    lag_chart: Chart,
    generations: Vec<GenerationRow>,
    rebuild: Option<RebuildShown>,
    rebuild_trouble: Option<String>,
}

#[derive(Template)]
#[template(path = "view.html")]
struct Screen {
    page: Page,
    name: String,
    figures: Figures,
    rebuild: Form,
    promote: Form,
    /// The generation that a roll back makes live, if there is one.
    retired: Option<i64>,
    /// The one that differs, if that is what the last rebuild made.
    differing: Option<Differing>,
    promotions: Vec<PromotionRow>,
    promotions_trouble: Option<String>,
    is_paused: bool,
    is_stuck: bool,
    has_parked: bool,
    parked: Vec<ParkedRow>,
    parked_trouble: Option<String>,
}

pub(crate) async fn screen(SignedIn(visit): SignedIn, Path(name): Path<String>) -> Result<Response, Failure> {
    let page = Page::plain(&visit, "nav-views");
    let (view, rebuild, parked, promotions, ()) = tokio::join!(
        visit.get::<View>(of_view(&name)),
        visit.get::<Rebuild>(of_rebuild(&name)),
        visit.get::<Parked>(at(&name).segment("parked")),
        visit.get::<Promotions>(at(&name).segment("promotions")),
        measured(&visit),
    );
    let view = view?;
    let (parked, parked_trouble) = page.part(parked);
    let parked = match parked {
        Some(parked) => parked.rows(&visit, &page).await,
        None => Vec::new(),
    };
    let (promotions, promotions_trouble) = page.part(promotions);
    let promotions = promotions.map(|promotions| promotions.rows(&page)).unwrap_or_default();
    let differing = rebuild.as_ref().ok().and_then(Rebuild::differing);
    let ready = view.generations.iter().find(|generation| generation.state == "ready");
    let ready = ready.map(|generation| generation.generation.to_string()).unwrap_or_default();
    // The form names what the page shows: sent again, it is about the same generation.
    let retired = view.generations.iter().filter(|generation| generation.state == "retired");
    let retired = retired.map(|generation| generation.generation).max();
    Ok(show(&Screen {
        rebuild: rebuild_form(&page, &name),
        promote: promote_form(&page, &name, &ready),
        retired,
        differing,
        promotions,
        promotions_trouble,
        is_paused: view.paused_since.is_some(),
        is_stuck: view.error.is_some(),
        // A key may be parked before an event of it waits.
        has_parked: view.parked_events > 0 || !parked.is_empty(),
        parked,
        parked_trouble,
        name: view.view.clone(),
        page: page.clone().titled(view.view.clone()),
        figures: figures(&visit, page, view, rebuild),
    }))
}

/// `/live/views/{name}`: how far it and its rebuild are, whenever that changes.
pub(crate) async fn live(SignedIn(visit): SignedIn, Path(name): Path<String>) -> Response {
    live::shared_part(visit, format!("view {name}"), move |visit| {
        let name = name.clone();
        async move {
            let (view, rebuild) = shared(&visit, &name).await;
            live::rendered(&figures(&visit, Page::plain(&visit, "nav-views"), view?, rebuild))
        }
    })
}

async fn shared(visit: &Visit, name: &str) -> (Result<View, Failure>, Result<Rebuild, Failure>) {
    let (view, rebuild, ()) =
        tokio::join!(visit.shared(of_view(name)), visit.shared(of_rebuild(name)), measured(visit));
    (view, rebuild)
}

/// Has the lag of all views measured, unless it was a moment ago. Where that fails, the chart lacks a point.
async fn measured(visit: &Visit) {
    let _ = visit.shared::<Value>(Address::query("/v1/views")).await;
}

fn of_view(name: &str) -> Address {
    Address::query("/v1/views").segment(name)
}

fn of_rebuild(name: &str) -> Address {
    at(name).segment("rebuild")
}

fn at(name: &str) -> Address {
    Address::projector("/v1/views").segment(name)
}

fn figures(visit: &Visit, page: Page, view: View, rebuild: Result<Rebuild, Failure>) -> Figures {
    // No rebuild is no trouble.
    let is_none = rebuild.as_ref().is_err_and(|failure| failure.is_not_found() && !failure.is_missing_route());
    let (rebuild, rebuild_trouble) = page.part(rebuild);
    let row = |generation: Generation| generation_row(&page, generation);
    Figures {
        lag_chart: view_lag::of_view(visit, &page, &view.view),
        name: view.view,
        generation: view.generation,
        position: count(view.position),
        lag: format!("{} ({})", count(view.lag_events), duration(view.lag_ms)),
        state: page.word("view-state", &view.state),
        tone: view.state,
        error: view.error,
        error_position: view.error_position,
        error_type: view.error_type.unwrap_or_default(),
        paused: view.paused_since.map(|text| page.format.time(&text)),
        generations: view.generations.into_iter().map(row).collect(),
        rebuild: rebuild.map(|rebuild| RebuildShown::of(&page, rebuild)),
        rebuild_trouble: rebuild_trouble.filter(|_| !is_none),
        page,
    }
}

fn generation_row(page: &Page, generation: Generation) -> GenerationRow {
    let promoted = generation.promoted_at.map(|text| page.format.time(&text)).unwrap_or_default();
    GenerationRow {
        generation: generation.generation,
        state: page.word("generation", &generation.state),
        tone: generation.state,
        position: count(generation.position),
        created: page.format.time(&generation.created_at),
        promoted,
    }
}

/// `POST /views/{name}/{act}`: what the projector is asked to do.
pub(crate) async fn act(
    SignedIn(visit): SignedIn,
    Path((name, what)): Path<(String, String)>,
    form: Posted,
) -> Result<Response, Failure> {
    match carried_out(&visit, &name, &what, &form).await {
        Err(failure) => {
            let page = Page::plain(&visit, "nav-views");
            let shown = match what.as_str() {
                "rebuild" => rebuild_form(&page, &name),
                "promote" => promote_form(&page, &name, ""),
                _ => return Err(failure),
            };
            shown.again(&form, failure, &page_of(&name))
        }
        leads => leads,
    }
}

async fn carried_out(visit: &Visit, name: &str, what: &str, form: &Posted) -> Result<Response, Failure> {
    let (path, done): (&[&str], &str) = match what {
        "rebuild" => (&["rebuild"], "view-rebuild"),
        "promote" | "promote-differing" => (&["promote"], "view-promoted"),
        "rollback" => (&["rollback"], "view-rolled-back"),
        "pause" => (&["pause"], "view-paused"),
        "resume" => (&["resume"], "view-resumed"),
        "retry" => (&["retry"], "view-retried"),
        "parked" => (&["parked", "retry"], "view-retried"),
        _ => return Err(refused(404, "not-found")),
    };
    let act = form.act()?;
    let mut body = json!({ "reason": act.reason });
    // Each of them takes what it knows, and nothing else.
    if matches!(what, "promote" | "promote-differing" | "rollback") {
        // Without one the projector would take what fits best by then, which may be another one than the page showed.
        let typed = form.get("generation").trim();
        let generation: i32 = typed.parse().map_err(|_| refused(400, "number-unreadable"))?;
        body["generation"] = generation.into();
    }
    if what == "promote-differing" {
        body["fingerprint"] = form.get("fingerprint").into();
    }
    if what == "rebuild" {
        body["promote"] = (!form.get("promote").is_empty()).into();
        body["restart"] = (!form.get("restart").is_empty()).into();
    }
    let address = path.iter().fold(at(name), |address, part| address.segment(part));
    let answered = visit.act(address, &act, &body).await?;
    Ok(answered.leads_to(&format!("{}?done={done}", page_of(name))))
}
