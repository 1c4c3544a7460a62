//! What can be wrong with a body and with a path: each body has one thing wrong.

use serde_json::{Value, json};

use super::calls::{Call, NOTHING};

const INVALID: &str = "validation-failed";
const NO_ASSET: &str = "asset-unknown";

/// Fields whose number has to be more than zero.
const NEVER_ZERO: [&str; 7] = [
    "/expires_in",
    "/valid_for",
    "/schedule/day",
    "/schedule/count",
    "/expected_rows",
    "/requests_per_second",
    "/burst",
];
/// Amounts that bound others: they are not below zero.
const BOUNDS: [&str; 3] = ["/per_transfer", "/per_day/amount", "/per_month/amount"];

/// Every wrong body of a call, with the code of its problem.
pub fn bodies(call: &Call) -> Vec<(Value, &'static str)> {
    let mut bodies = Vec::new();
    for value in [json!([]), json!([call.body]), json!("text"), json!(7), json!(true), json!(null)] {
        bodies.push((value, INVALID));
    }
    let mut pointers = Vec::new();
    collect(&call.body, "", &mut pointers);
    for pointer in pointers {
        let value = call.body.pointer(&pointer).unwrap();
        if value.is_object() {
            let mut more = call.body.clone();
            more.pointer_mut(&pointer).unwrap()["extra"] = json!(1);
            bodies.push((more, INVALID));
        }
        let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
        if !call.optional.contains(&pointer.as_str()) {
            let mut less = call.body.clone();
            if let Some(fields) = less.pointer_mut(parent).unwrap().as_object_mut() {
                fields.remove(name);
                bodies.push((less, INVALID));
            }
            bodies.push((with(call, &pointer, json!(null)), INVALID));
        }
        bodies
            .extend(values(&pointer, name, value).into_iter().map(|(wrong, code)| (with(call, &pointer, wrong), code)));
    }
    bodies
}

fn with(call: &Call, pointer: &str, value: Value) -> Value {
    let mut body = call.body.clone();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

/// The pointers of a value and of everything in it.
fn collect(value: &Value, at: &str, pointers: &mut Vec<String>) {
    pointers.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| collect(value, &format!("{at}/{name}"), pointers))
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| collect(value, &format!("{at}/{index}"), pointers));
        }
        _ => {}
    }
}

/// What a field cannot be.
fn values(pointer: &str, name: &str, right: &Value) -> Vec<(Value, &'static str)> {
    let invalid = |values: Vec<Value>| values.into_iter().map(|value| (value, INVALID)).collect::<Vec<_>>();
    match right {
        Value::String(text) => {
            let mut wrong = invalid(vec![json!(7), json!(1.5), json!(true), json!([]), json!([text]), json!({})]);
            let code = if name == "asset" { NO_ASSET } else { INVALID };
            let texts = unclear(text).into_iter().chain(texts(pointer, name));
            wrong.extend(texts.map(|text| (json!(text), code)));
            wrong
        }
        Value::Number(_) => {
            let mut wrong = vec![json!("7"), json!(-1), json!(1.5), json!(1e30), json!(4_294_967_296_u64), json!(true)];
            wrong.extend([json!([]), json!({})]);
            wrong.extend(NEVER_ZERO.contains(&pointer).then(|| json!(0)));
            invalid(wrong)
        }
        Value::Bool(_) => invalid(vec![json!("true"), json!(1), json!([]), json!({})]),
        Value::Array(values) => {
            let twice = json!([values[0], values[0]]);
            let many: Vec<_> = (0..51).map(|number| format!("limit-{number}")).collect();
            invalid(vec![json!({}), json!("transfer"), json!(7), json!([7]), json!([[]]), twice, json!(many)])
        }
        Value::Object(_) => invalid(vec![json!([]), json!({}), json!("KRW 5"), json!(7), json!(true)]),
        Value::Null => Vec::new(),
    }
}

/// The text with what no text may hold, and one that is too long for every field.
fn unclear(text: &str) -> [String; 6] {
    [
        format!("{text}\0"),
        format!("{text}\u{7}"),
        format!("{text}\r\nset-cookie: a=b"),
        format!("{text}\u{202e}"),
        format!("\u{85}{text}"),
        "x".repeat(257),
    ]
}

/// What the text of a field cannot be.
fn texts(pointer: &str, name: &str) -> Vec<String> {
    let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut wrong = match name {
        "amount" | "pay" | "receive" | "per_transfer" | "expected_total" => {
            let nines = "9".repeat(39);
            let forms = ["", "-", "--5", "+5", "5.0", "1e3", " 5", "5 ", "0x5", "5_0", "1,000", "５", "NaN"];
            [strings(&forms), vec![format!("-{nines}"), nines]].concat()
        }
        "asset" => strings(&["", "krw", "KRW ", "XXX", "DOGECOINS", "KRW'; --"]),
        "source" | "destination" | "item_id" | "quote_id" => strings(&["", "1", "not-an-id", "1 or 1=1", "{}"]),
        "owner" | "to" => [strings(&["", "1", "somebody", "000000000000"]), vec![NOTHING.to_string()]].concat(),
        "code" => vec![String::new(), "4".repeat(23), "4".repeat(25), "４".repeat(8), format!("-{}", "4".repeat(23))],
        "rate" => {
            let forms = ["", "0", "0.0", "-1", "+1", "1e3", "1.", ".5", "1,5", "NaN", "12345678901234567"];
            [strings(&forms), vec![format!("0.{}1", "0".repeat(18))]].concat()
        }
        "zone" => strings(&["", "Asia/Nowhere", "+09:00", "../UTC"]),
        "every" => strings(&["", "year", "Day"]),
        "time" => strings(&["", "9:00", "24:00", "09:60", "09:00:00"]),
        "expires_at" => strings(&["", "2999-02-30T00:00:00Z", "tomorrow", "2999-12-31"]),
        "until" => strings(&["", "2999-02-30", "31.12.2999", "2999-12-31T00:00:00Z"]),
        "if_refused" => strings(&["", "retry"]),
        "name" | "reference" => strings(&[""]),
        "collection" | "serial" => [strings(&["", " x", "x "]), vec!["x".repeat(81)]].concat(),
        "metadata_url" => {
            let long = format!("https://example.com/{}", "x".repeat(2000));
            [strings(&["", "http://example.com/17", "https://", "javascript:alert(1)"]), vec![long]].concat()
        }
        "digest" => vec![String::new(), "ab".repeat(31), "zz".repeat(32)],
        _ if pointer.starts_with("/scopes/") => {
            strings(&["", "everything", "Holds:write", "holds:write accounts:read"])
        }
        _ if pointer.starts_with("/limits/") => vec![String::new(), "Some Limit".to_owned(), "x".repeat(41)],
        _ if pointer.starts_with("/kinds/") => strings(&["", "deposit", "Transfer"]),
        _ if pointer.starts_with("/names/") => vec![String::new(), "Some Limit".to_owned(), "x".repeat(41)],
        _ => Vec::new(),
    };
    wrong.extend(BOUNDS.contains(&pointer).then(|| "-1".to_owned()));
    wrong
}

/// The path of a call with a wrong name in it, and the code of its problem.
pub fn paths(call: &Call) -> Vec<(String, &'static str)> {
    let id = NOTHING.to_string();
    let (short, long) = (id.replace('-', ""), "x".repeat(41));
    let names = [
        (id.as_str(), &["not-an-id", "a%00b", "1%20or%201=1", &short] as &[&str], INVALID),
        ("some-limit", &["Daily", "a_b", "a%00b", &long], INVALID),
        ("USD/KRW", &["XXX/KRW", "USD/krw", "USD%00/KRW", "USD/%20"], NO_ASSET),
    ];
    let in_path = names.into_iter().filter(|(right, ..)| call.path.contains(right));
    in_path
        .flat_map(|(right, wrong, code)| wrong.iter().map(move |wrong| (call.path.replace(right, wrong), code)))
        .collect()
}
