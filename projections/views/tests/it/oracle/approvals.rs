//! What the table of approvals must hold.

use std::collections::BTreeMap;

use events::recorded::{ApprovalEvent, ApprovalRequested, Event};
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::{micros, or_dash};

struct Approval {
    asked: Moment,
    requested: ApprovalRequested,
    decided: Option<String>,
}

#[derive(Default)]
pub struct Approvals(BTreeMap<Uuid, Approval>);

impl Approvals {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event) {
        let Event::Approval(event) = body else { return };
        let at = moment.at;
        let decided = match event {
            ApprovalEvent::Requested(requested) => {
                self.0.insert(stream, Approval { asked: moment, requested: requested.clone(), decided: None });
                return;
            }
            ApprovalEvent::Granted(granted) => {
                let status = if granted.refused.is_some() { "refused" } else { "approved" };
                let (by, name, reason) = (granted.approver, &granted.approver_name, &granted.reason);
                format!("{status}|{at}|{by}|{name}|{reason}|{}", or_dash(&granted.refused))
            }
            ApprovalEvent::Rejected(rejected) => {
                let (by, name, reason) = (rejected.rejected_by, &rejected.rejected_by_name, &rejected.reason);
                format!("rejected|{at}|{by}|{name}|{reason}|-")
            }
            ApprovalEvent::Withdrawn(withdrawn) => format!("withdrawn|{at}|-|-|{}|-", withdrawn.reason),
        };
        self.0.get_mut(&stream).expect("asked for").decided = Some(decided);
    }

    pub fn tables(self) -> Vec<Table> {
        let approvals = self.0.iter().map(|(id, Approval { asked, requested, decided })| {
            let ApprovalRequested { action, requested_by, requested_by_name, session, reason, expires_at, .. } = requested;
            let (kind, action) = (action.kind(), serde_json::to_string(action).expect("JSON"));
            let (position, at, expires_at) = (asked.position, asked.at, micros(*expires_at));
            let decided = decided.as_deref().unwrap_or("pending|-|-|-|-|-");
            format!(
                "{id}|{position}|{at}|{expires_at}|{requested_by}|{session}|{kind}|{requested_by_name}|{reason}|{action}|{decided}"
            )
        });
        vec![Table::of("approvals", SELECT, approvals)]
    }
}

const SELECT: &str = "select concat_ws('|', approval_id, requested_position, (extract(epoch from requested_at) * 1000000)::int8,
    (extract(epoch from expires_at) * 1000000)::int8, requested_by, session_id, kind, requested_by_name, reason, action, status,
    coalesce((extract(epoch from decided_at) * 1000000)::int8::text, '-'), coalesce(decided_by::text, '-'),
    coalesce(decided_by_name, '-'), coalesce(decision_reason, '-'), coalesce(refusal, '-')) from live.approvals";
