//! JSON Schema of the data, made from the types that are written.

use chrono::{DateTime, Utc};
use kernel::{
    AccountId, AssetCode, HoldId, ItemId, MemberId, Minor, Money, OfferId, OrderId, PayoutRunId, ProcessId, TransferId,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// What has a JSON Schema.
pub trait Described {
    /// Whether a field of this type is always there.
    const REQUIRED: bool = true;

    /// The schema.
    fn schema() -> Value;

    /// Whether the field is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

impl<T: Described> Described for Option<T> {
    const REQUIRED: bool = false;

    fn schema() -> Value {
        T::schema()
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

macro_rules! described {
    ($($type:ty => $schema:tt;)*) => {$(
        impl Described for $type {
            fn schema() -> Value {
                json!($schema)
            }
        }
    )*};
}

described! {
    bool => {"type": "boolean"};
    u32 => {"type": "integer", "minimum": 0};
    String => {"type": "string"};
    &'static str => {"type": "string"};
    DateTime<Utc> => {"type": "string", "format": "date-time"};
    Uuid => {"type": "string", "format": "uuid"};
    AccountId => {"type": "string", "format": "uuid"};
    HoldId => {"type": "string", "format": "uuid"};
    ItemId => {"type": "string", "format": "uuid"};
    MemberId => {"type": "string", "format": "uuid"};
    OfferId => {"type": "string", "format": "uuid"};
    OrderId => {"type": "string", "format": "uuid"};
    PayoutRunId => {"type": "string", "format": "uuid"};
    ProcessId => {"type": "string", "format": "uuid"};
    TransferId => {"type": "string", "format": "uuid"};
    AssetCode => {"type": "string", "pattern": "^[A-Z][A-Z0-9]{1,7}$"};
    Minor => {"type": "string", "pattern": "^-?[0-9]{1,38}$"};
    Money => {
        "type": "object",
        "properties": {
            "asset": {"type": "string", "pattern": "^[A-Z][A-Z0-9]{1,7}$"},
            "amount": {"type": "string", "pattern": "^-?[0-9]{1,38}$"}
        },
        "required": ["asset", "amount"]
    };
}

// The data of a type: the struct, and its schema with the comments as descriptions. A field that may be left out is an `Option`. Other
// properties are allowed, so that a reader who checks with a schema of today goes on when a field is added.
macro_rules! data {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident {
            $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[doc = $field_doc])*
                #[serde(skip_serializing_if = "crate::schema::Described::is_absent")]
                pub $field: $type,
            )*
        }

        impl crate::schema::Described for $name {
            fn schema() -> serde_json::Value {
                let mut properties = serde_json::Map::new();
                let mut required: Vec<&str> = Vec::new();
                $({
                    let mut property = <$type as crate::schema::Described>::schema();
                    property["description"] = concat!($($field_doc),*).trim().into();
                    properties.insert(stringify!($field).to_owned(), property);
                    if <$type as crate::schema::Described>::REQUIRED {
                        required.push(stringify!($field));
                    }
                })*
                serde_json::json!({
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "description": concat!($($doc),*).trim(),
                    "type": "object",
                    "properties": properties,
                    "required": required,
                })
            }
        }
    )*};
}

pub(crate) use data;
