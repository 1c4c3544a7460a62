//! By what a person is reached.

use domain::member::{Channel, Contact};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Secret, fields::Fields};

/// By what a person is reached.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Contact)]
pub(crate) struct ContactDto {
    /// `email` or `phone`.
    #[schema(pattern = "^(email|phone)$", examples("email", "phone"))]
    pub(crate) channel: String,
    /// An e-mail address, or a telephone number in international form, which is kept as E.164.
    #[schema(value_type = String, max_length = 254, examples("minji@example.com", "+821012345678"))]
    pub(crate) value: Secret,
}

impl ContactDto {
    pub(crate) fn read(&self, fields: &mut Fields, prefix: &str) -> Option<Contact> {
        let channel = fields.read(&format!("{prefix}channel"), self.channel.parse::<Channel>())?;
        fields.read(&format!("{prefix}value"), Contact::parse(channel, self.value.expose()))
    }
}
