//! Every address that is none.

use axum::{
    extract::Request,
    response::{IntoResponse, Response},
};
use platform::problem::{Code, Problem};

use crate::visit::{Visit, to_log_in};

/// Who is not logged in is not told which addresses there are.
pub(crate) async fn screen(request: Request) -> Response {
    match request.extensions().get::<Visit>() {
        Some(visit) if !visit.is_logged_in() => to_log_in(visit.asked()),
        _ => Problem::new(Code::NotFound).detail("there is no such page").into_response(),
    }
}
