//! Pictures of pages, kept under `target/screenshots/`.

use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use testkit::kit::test_variable;

use super::person::Person;

/// README shows pictures no larger than this.
const LARGEST: usize = 200_000;

/// The whole page as it is now.
pub async fn take(person: &Person, name: &str) -> PathBuf {
    let size = person
        .chrome
        .client
        .execute("return [window.innerWidth, Math.min(document.documentElement.scrollHeight, 8000)]", vec![]);
    // A page that cannot be measured is one that opens at this moment.
    let size = size.await.unwrap_or_else(|_| json!([1440, 900]));
    let file = folder().join(format!("{name}.png"));
    std::fs::write(&file, picture(person, &size[0], &size[1]).await).unwrap();
    file
}

/// The name of a picture of what a test did not expect: that of the test.
pub fn of_failure() -> String {
    let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
    format!("failed-{test}")
}

/// A picture for README: the upper part of the page, written only when it is asked for.
pub async fn take_for_readme(person: &Person, name: &str) {
    if test_variable("JANGBU_TEST_WRITE_SCREENSHOTS").is_err() {
        return;
    }
    let png = picture(person, &json!(1440), &json!(900)).await;
    assert!(png.len() <= LARGEST, "{name}.png has {} bytes, more than {LARGEST}", png.len());
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/images");
    std::fs::create_dir_all(&images).unwrap();
    std::fs::write(images.join(format!("{name}.png")), png).unwrap();
}

async fn picture(person: &Person, width: &Value, height: &Value) -> Vec<u8> {
    let clip = json!({"x": 0, "y": 0, "width": width, "height": height, "scale": 1});
    let asked = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
    let taken = person.chrome.devtools("Page.captureScreenshot", asked).await.unwrap();
    STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
}

/// Beside what cargo builds, wherever that is.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
