//! What every operation shares in an API's description: problems, credentials, ids. Written once, so that no route can
//! forget a status.

mod examples;
mod problems;
mod reference;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use kernel::{OperatorRole, Role, Scope};
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

pub use self::reference::reference;

use crate::problem::Code;

/// One operation of the description.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    /// The path, with its parameters in braces.
    pub path: &'a str,
    /// The method, in lower case.
    pub method: &'a str,
    /// Whether it asks for a token.
    pub secured: bool,
}

/// What the routes do not say of an operation.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The problems that it answers, each with its status.
    pub problems: Vec<(StatusCode, Code)>,
    /// Who may call it; nobody if it asks for no token.
    pub roles: Vec<Role>,
    /// The scope that a partner needs; none if no partner may call it.
    pub scope: Option<Scope>,
    /// The lowest role of operators that may call it; none if no operator may.
    pub operator: Option<OperatorRole>,
}

/// Completes a description: `facts` says of each operation what its route does not, `examples` has an example for each schema
/// that is a body, by its name, and for each parameter.
pub fn complete(api: &OpenApi, facts: impl Fn(Operation<'_>) -> Facts, examples: &str) -> Value {
    let mut document = serde_json::to_value(api).unwrap_or_default();
    let examples: Value = serde_json::from_str(examples).unwrap_or_default();
    let components = object(&mut document["components"]);
    object(components.entry("schemas").or_insert(json!({}))).insert("Problem".to_owned(), problem_schema());
    components.insert("headers".to_owned(), headers());
    components.insert(
        "securitySchemes".to_owned(),
        json!({"bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "EdDSA; `sub` is a member id, `role` is member, operator, service or partner; `scope` is what a partner's token allows; `op` is the role of an operator who logged in"
        }}),
    );
    let mut shown = BTreeMap::new();
    for (path, item) in object(&mut document["paths"]) {
        for (method, operation) in object(item) {
            if !operation.is_object() {
                continue;
            }
            let secured = operation["security"].as_array().is_some_and(|schemes| !schemes.is_empty());
            let Facts { problems, roles, scope, operator } = facts(Operation { path, method, secured });
            if !secured {
                operation["security"] = json!([]);
            }
            describe(operation, &roles, scope, operator);
            let responses = object(&mut operation["responses"]);
            problems::add(responses, problems, &mut shown);
            for response in responses.values_mut() {
                let headers = object(object(response).entry("headers").or_insert(json!({})));
                headers.insert("X-Request-Id".to_owned(), reference("headers/X-Request-Id"));
                headers.insert("X-Correlation-Id".to_owned(), reference("headers/X-Correlation-Id"));
            }
            examples::add(operation, &examples);
        }
    }
    document["components"]["examples"] = json!(shown);
    for schema in object(&mut document["components"]["schemas"]).values_mut() {
        hoist_descriptions(schema);
    }
    document
}

/// An operation says what it is, and who may call it: in `x-scope` the one scope of the operation, or that it is for no partner; in
/// `x-operator-role` the lowest role of operators.
fn describe(operation: &mut Value, roles: &[Role], scope: Option<Scope>, operator: Option<OperatorRole>) {
    let text = |name: &str| operation[name].as_str().map(|text| text.trim().trim_end_matches('.').to_owned());
    let said = text("description").or_else(|| text("summary")).unwrap_or_default();
    let named = roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    let needed = operator.map(|role| format!(". An operator who logged in needs the role `{role}` or a higher one"));
    let (who, scope) = match (roles, scope) {
        ([], _) => ("everybody, without a token".to_owned(), "public".to_owned()),
        (_, Some(scope)) => (format!("{named}. A partner needs the scope `{scope}`"), scope.to_string()),
        (_, None) => (named.clone(), format!("{named} only")),
    };
    operation["x-scope"] = scope.into();
    operation["description"] = format!("{said}.\n\nWho may call it: {who}{}.", needed.unwrap_or_default()).into();
    if let Some(role) = operator {
        operation["x-operator-role"] = role.as_str().into();
    }
    if !roles.is_empty() {
        operation["x-roles"] = roles.iter().map(|role| role.as_str()).collect();
    }
}

/// What may be null has its description at one of two schemas; here it is said of the property. What tells the forms of a body
/// apart has none.
fn hoist_descriptions(schema: &mut Value) {
    let forms = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    forms.into_iter().flatten().for_each(hoist_descriptions);
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for property in properties.values_mut() {
        let described = property["oneOf"].as_array().into_iter().flatten().find_map(|one| one.get("description"));
        let only = property["enum"]
            .as_array()
            .and_then(|values| values.first())
            .map(|value| json!(format!("Always {value}.")));
        if let (None, Some(described)) = (property.get("description"), described.cloned().or(only)) {
            property["description"] = described;
        }
    }
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    value.as_object_mut().expect("it is an object now")
}

fn headers() -> Value {
    let uuid = |description: &str| json!({"description": description, "schema": {"type": "string", "format": "uuid"}});
    json!({
        "X-Request-Id": uuid("The id of this request, or of the command if an earlier request wrote what it answers; quote it when you report a problem"),
        "X-Correlation-Id": uuid("Follows the request through every process; your own, if you sent a UUID"),
        "Retry-After": {
            "description": "Seconds to wait before the next try",
            "schema": {"type": "integer", "minimum": 1}
        },
        "RateLimit": {
            "description": "The limit that was met, and in how many seconds (`t`) there is room again. In every answer to a partner: how many requests are left (`r`)",
            "schema": {"type": "string", "examples": ["\"too-many-requests\";r=0;t=2"]}
        },
        "RateLimit-Policy": {
            "description": "What the limit allows that was met: so many requests (`q`) in so many seconds (`w`, if they are the same for each try). In every answer to a partner: its quota",
            "schema": {"type": "string", "examples": ["\"too-many-requests\";q=300;w=60"]}
        },
        "WWW-Authenticate": {"description": "The credentials asked for", "schema": {"type": "string"}},
    })
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457). Branch on `code`; the page at `type` says what to do.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference", "description": "The path of the page about the code"},
            "title": {"type": "string", "description": "One line for people, the same for every answer with the code"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599, "description": "The status of the answer"},
            "detail": {"type": "string", "description": "What is wrong with this request"},
            "code": {"type": "string", "pattern": "^[a-z-]+$", "description": "What clients branch on"},
            "request_id": {
                "type": "string", "format": "uuid",
                "description": "What to quote; of a recorded refusal the id of the command, which a replay has too",
            },
            "errors": {
                "type": "array",
                "description": "The fields that are wrong",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": {
                        "field": {"type": "string", "description": "Where it stands"},
                        "message": {"type": "string", "description": "What is wrong with it"},
                    },
                },
            },
        },
    })
}
