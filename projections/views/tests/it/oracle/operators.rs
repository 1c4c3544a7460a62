//! What the tables of operators and of what they did must hold.

use std::collections::BTreeMap;

use events::recorded::{Event, OperatorActEvent, OperatorActed, OperatorEvent};
use log::Commit;
use uuid::Uuid;

use super::{Moment, Table};
use crate::records::or_dash;

struct Operator {
    name: String,
    role: &'static str,
    status: &'static str,
    added: Moment,
    changed: i64,
}

#[derive(Default)]
pub struct Operators {
    operators: BTreeMap<Uuid, Operator>,
    acts: BTreeMap<i64, (OperatorActed, Uuid, i64)>,
}

impl Operators {
    pub fn event(&mut self, stream: Uuid, moment: Moment, body: &Event, commit: &Commit) {
        match body {
            Event::Operator(OperatorEvent::Added(added)) => {
                let (name, role) = (added.name.clone(), added.role.as_str());
                let operator = Operator { name, role, status: "enabled", added: moment, changed: moment.at };
                self.operators.insert(stream, operator);
            }
            Event::Operator(event) => {
                let operator = self.operators.get_mut(&stream).expect("added");
                match event {
                    OperatorEvent::RoleSet(set) => operator.role = set.role.as_str(),
                    OperatorEvent::Disabled(_) => operator.status = "disabled",
                    OperatorEvent::Enabled(_) => operator.status = "enabled",
                    OperatorEvent::CredentialsReset(_) | OperatorEvent::SessionEnded(_) | OperatorEvent::Added(_) => {
                        return;
                    }
                }
                operator.changed = moment.at;
            }
            Event::OperatorAct(OperatorActEvent::Acted(acted)) => {
                self.acts.insert(moment.position, (acted.clone(), commit.command_id.uuid(), moment.at));
            }
            _ => {}
        }
    }

    pub fn tables(self) -> Vec<Table> {
        let operators = self.operators.iter().map(|(id, operator)| {
            let Operator { name, role, status, added, changed } = operator;
            format!("{id}|{name}|{role}|{status}|{}|{}|{changed}", added.position, added.at)
        });
        let acts = self.acts.iter().map(|(position, (acted, command, at))| {
            let OperatorActed { operator, name, session, from, reason, action, subject, approval, .. } = acted;
            let [approval_id, approver, approver_name] = match approval {
                Some(approval) => {
                    let [id, approver] = [approval.approval_id.to_string(), approval.approver.to_string()];
                    [Some(id), Some(approver), Some(approval.approver_name.clone())]
                }
                None => [None, None, None],
            }
            .map(|text| or_dash(&text));
            let from = or_dash(&from.map(|from| from.to_string()));
            format!(
                "{position}|{at}|{operator}|{session}|{command}|{subject}|{name}|{reason}|{action}|{approval_id}|{approver}|{approver_name}|{from}"
            )
        });
        vec![Table::of("operators", SELECT_OPERATORS, operators), Table::of("operator_actions", SELECT_ACTS, acts)]
    }
}

const SELECT_OPERATORS: &str = "select concat_ws('|', operator_id, name, role, status, added_position,
    (extract(epoch from added_at) * 1000000)::int8, (extract(epoch from changed_at) * 1000000)::int8)
    from live.operators";
const SELECT_ACTS: &str = "select concat_ws('|', position, (extract(epoch from acted_at) * 1000000)::int8, operator_id,
    session_id, command_id, subject, name, reason, action, coalesce(approval_id::text, '-'),
    coalesce(approver_id::text, '-'), coalesce(approver_name, '-'), coalesce(sent_from, '-')) from live.operator_actions";
