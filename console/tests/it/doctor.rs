//! What `jangbu doctor` says, on the page Health.

use std::{fs, path::PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Clock, Ids, RandomIds, SystemClock};
use serde_json::{Value, json};

use crate::{
    app::App,
    escaping::{ATTACK, is_harmless},
};

/// Where a report is to be. Dropping it removes it.
pub struct ReportFile(PathBuf);

impl ReportFile {
    /// There is none yet.
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("jangbu-doctor-{}", RandomIds.fresh()));
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder.join("doctor.json"))
    }

    /// The flag that names it to a console.
    pub fn flag(&self) -> String {
        format!("--doctor-report={}", self.0.display())
    }

    /// A report with these findings that was made so long ago.
    pub fn holds(&self, findings: &Value, age: TimeDelta) {
        let made_at: DateTime<Utc> = SystemClock.now() - age;
        self.is(json!({"made_at": made_at, "healthy": false, "findings": findings}).to_string().as_bytes());
    }

    pub fn is(&self, content: &[u8]) {
        fs::write(&self.0, content).expect("written");
    }
}

impl Drop for ReportFile {
    fn drop(&mut self) {
        if let Some(folder) = self.0.parent() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

/// What was found about one thing, in texts that hold this one.
pub fn finding(verdict: &str, text: &str) -> Value {
    let mut finding = json!({"verdict": verdict, "what": format!("what {text}"), "found": format!("found {text}")});
    if verdict != "ok" {
        finding["to_do"] = json!(format!("do {text}"));
    }
    finding
}

fn of_each_verdict() -> Value {
    json!([
        finding("ok", "one"),
        finding("unknown", "two"),
        finding("fail", "three"),
        finding("warn", "four"),
        finding("fail", "five"),
    ])
}

/// The page from the report on, without what each process says.
async fn page(app: &App) -> String {
    let reply = app.signed_in("viewer").await.get("/health").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert!(reply.text.contains("command-server"), "the processes are on the page in any case");
    let (_, part) = reply.text.split_once("<h2 id=\"doctor\">").expect("the part");
    part.split("</section>").next().expect("the part").to_owned()
}

#[tokio::test]
async fn what_failed_comes_first_and_what_is_well_is_folded() {
    let report = ReportFile::new();
    report.holds(&of_each_verdict(), TimeDelta::minutes(3));
    let app = App::start_with(&[&report.flag()]).await;
    let part = page(&app).await;
    let at = |text: &str| part.find(text).unwrap_or_else(|| panic!("no {text}: {part}"));
    let in_order = ["what three", "what five", "what four", "what two", "<details>", "what one"].map(at);
    assert!(in_order.is_sorted(), "{in_order:?}: {part}");
    for text in ["found three", "do three", "do four", "do two", "found one", "Passed: 1", ">3 min<"] {
        at(text);
    }
    for text in [">failed<", ">warning<", ">unknown<", ">OK<"] {
        at(text);
    }
    assert!(!part.contains("class=\"trouble\"") && !part.contains("<pre>"), "{part}");
    let mut browser = app.signed_in("viewer").await;
    let overview = browser.get("/").await.text;
    assert!(overview.contains("<a href=\"/health\">Checks of jangbu doctor that failed: 2</a>"), "{overview}");
    browser.language = "ko";
    assert!(browser.get("/health").await.text.contains("정상인 항목: 1"));

    // It is read for each page.
    report.holds(&json!([finding("ok", "one")]), TimeDelta::zero());
    let part = page(&app).await;
    assert!(part.contains("Nothing failed") && !part.contains("what three"), "{part}");
    assert!(!app.signed_in("viewer").await.get("/").await.text.contains("jangbu doctor"), "nothing failed");
}

#[tokio::test]
async fn texts_of_a_report_are_text_and_hold_no_login() {
    let report = ReportFile::new();
    let attacks = ["ok", "unknown", "warn", "fail"].map(|verdict| finding(verdict, ATTACK));
    report.holds(&json!(attacks), TimeDelta::zero());
    let app = App::start_with(&[&report.flag()]).await;
    let part = page(&app).await;
    is_harmless("/health", &part);
    assert_eq!(part.matches("&#60;script&#62;alert").count(), 11, "each text of each finding: {part}");
    report.holds(&json!([finding("fail", "postgres://me:hunter2@127.0.0.1:1/log")]), TimeDelta::zero());
    let part = page(&app).await;
    assert!(part.contains("postgres://127.0.0.1:1/log") && !part.contains("hunter2"), "{part}");
}

#[tokio::test]
async fn a_report_says_when_it_is_old() {
    let report = ReportFile::new();
    let app = App::start_with(&[&report.flag()]).await;
    for (age, said) in [
        (TimeDelta::minutes(14), None),
        (TimeDelta::minutes(16), Some("older than 15 minutes")),
        (TimeDelta::days(3), Some("older than 15 minutes")),
        (TimeDelta::minutes(-14), None),
        (TimeDelta::minutes(-16), Some("ahead of the clock")),
    ] {
        report.holds(&of_each_verdict(), age);
        let part = page(&app).await;
        assert_eq!(part.contains("class=\"trouble\""), said.is_some(), "{age}: {part}");
        assert!(part.contains(said.unwrap_or_default()) && part.contains("what three"), "{age}: {part}");
        assert_eq!(part.contains("<pre>jangbu doctor --report "), said.is_some(), "{age}: {part}");
    }
}

#[tokio::test]
async fn what_is_no_report_is_said_with_what_to_run() {
    let report = ReportFile::new();
    let app = App::start_with(&[&report.flag()]).await;
    let run = format!("<pre>jangbu doctor --report {}</pre>", report.0.display());
    let check = async |said: &str| {
        let part = page(&app).await;
        assert!(part.contains("class=\"trouble\"") && part.contains(said), "{said}: {part}");
        assert!(part.contains(&run) && !part.contains("<table>"), "{said}: {part}");
        let overview = app.signed_in("viewer").await.get("/").await;
        let is_said = overview.text.contains("<a href=\"/health\">There is no current report of jangbu doctor.</a>");
        assert!(overview.status == 200 && is_said, "{}", overview.text);
    };
    check("There is no report yet.").await;
    let whole = json!({"made_at": SystemClock.now(), "findings": of_each_verdict()}).to_string();
    let odd = whole.replace("\"warn\"", "\"terrible\"");
    for broken in ["", "not JSON", "{}", "[]", &whole[..whole.len() - 1], &odd] {
        report.is(broken.as_bytes());
        check("The file is not a report").await;
    }
    report.is(&[0xff, 0xfe, 0x00]);
    check("The file is not a report").await;
    // JSON may end with any number of spaces.
    let filled = |size: usize| format!("{whole}{}", " ".repeat(size - whole.len()));
    report.is(filled(1024 * 1024 + 1).as_bytes());
    check("larger than 1 MiB").await;
    report.is(filled(1024 * 1024).as_bytes());
    assert!(page(&app).await.contains("what three"), "1 MiB is read");

    fs::remove_file(&report.0).expect("removed");
    fs::create_dir(&report.0).expect("a folder in its place");
    check("The report cannot be read").await;
}

#[tokio::test]
async fn without_a_report_the_page_says_how_to_have_one() {
    let app = App::start().await;
    let part = page(&app).await;
    assert!(part.contains("JANGBU_CONSOLE_DOCTOR_REPORT"), "{part}");
    assert!(part.contains("<pre>jangbu doctor --report FILE</pre>"), "{part}");
    assert!(!part.contains("class=\"trouble\"") && !part.contains("<table>"), "{part}");
}

#[tokio::test]
async fn a_long_report_is_cut() {
    let report = ReportFile::new();
    report.holds(&json!(vec![finding("fail", "again"); 101]), TimeDelta::zero());
    let app = App::start_with(&[&report.flag()]).await;
    let part = page(&app).await;
    assert_eq!(part.matches("what again").count(), 100, "{part}");
    assert!(part.contains("there are more"), "{part}");
}
