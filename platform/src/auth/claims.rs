//! What a token says.

use kernel::{Actor, MemberId, OperatorRole, Role, Scope, Scopes};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{principal::Principal, token_error::TokenError};

/// How far the clock of who made the token may be ahead of ours.
const SKEW_SECONDS: i64 = 5;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) sub: Uuid,
    pub(super) role: Role,
    /// The session it belongs to; tokens that were made with the signing key itself belong to none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<Uuid>,
    /// What an operator may do who logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) op: Option<OperatorRole>,
    /// The key that a partner's token was given for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<Uuid>,
    /// What a partner's token allows (RFC 8693, section 4.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) scope: Option<String>,
    pub(super) exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nbf: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) iat: Option<i64>,
}

impl Claims {
    /// The principal, and until when; if the token holds at `now`.
    pub(super) fn accept(self, now: i64) -> Result<Accepted, TokenError> {
        if self.exp <= now {
            return Err(TokenError::Expired);
        }
        let early = |time: Option<i64>| time.is_some_and(|time| time > now + SKEW_SECONDS);
        if early(self.nbf) || early(self.iat) {
            return Err(TokenError::NotYet);
        }
        let actor = Actor { role: self.role, id: MemberId::new(self.sub) };
        let (session, scopes) = match self.role {
            Role::Partner => self.of_partner()?,
            Role::Member | Role::Operator | Role::Service => (self.sid, Scopes::NONE),
        };
        let operator = self.op.filter(|_| self.role == Role::Operator);
        // Without its session the token of a log-in could not be revoked.
        if operator.is_some() && session.is_none() {
            return Err(TokenError::Malformed);
        }
        Ok(Accepted { principal: Principal { actor, session, scopes, operator }, until: self.exp })
    }

    /// Without its key a partner's token could not be revoked. A scope that this build does not know allows nothing here.
    fn of_partner(&self) -> Result<(Option<Uuid>, Scopes), TokenError> {
        let (key, scope) = self.key.zip(self.scope.as_deref()).ok_or(TokenError::Malformed)?;
        Ok((Some(key), scope.split(' ').filter_map(|name| name.parse::<Scope>().ok()).collect()))
    }
}

/// What is kept of a verified token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) principal: Principal,
    pub(super) until: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(exp: i64, nbf: Option<i64>, iat: Option<i64>) -> Claims {
        Claims { sub: Uuid::nil(), role: Role::Member, sid: None, op: None, key: None, scope: None, exp, nbf, iat }
    }

    #[test]
    fn a_partners_token_has_a_key_and_scopes_and_nobody_elses_has() {
        let (key, scope) = (Some(Uuid::from_u128(7)), Some("holds:write moon:walk".to_owned()));
        let of = |role, key, scope| Claims { role, key, scope, ..claims(101, None, None) }.accept(100);
        let partner = of(Role::Partner, key, scope.clone()).expect("it holds").principal;
        assert_eq!((partner.session, partner.scopes), (key, Scopes::NONE.with(Scope::HoldsWrite)));
        assert_eq!(of(Role::Partner, None, scope.clone()), Err(TokenError::Malformed));
        assert_eq!(of(Role::Partner, key, None), Err(TokenError::Malformed));
        let member = of(Role::Member, key, scope).expect("it holds").principal;
        assert_eq!((member.session, member.scopes), (None, Scopes::NONE));
    }

    #[test]
    fn the_token_of_a_log_in_of_an_operator_has_a_session_and_a_role() {
        let (sid, op) = (Some(Uuid::from_u128(7)), Some(OperatorRole::Support));
        let of = |role, sid, op| Claims { role, sid, op, ..claims(101, None, None) }.accept(100);
        let support = of(Role::Operator, sid, op).expect("it holds").principal;
        assert_eq!((support.session, support.operator_role()), (sid, op));
        assert_eq!(of(Role::Operator, None, op), Err(TokenError::Malformed));
        let made = of(Role::Operator, None, None).expect("it holds").principal;
        assert_eq!((made.operator, made.operator_role()), (None, Some(OperatorRole::Admin)));
        let member = of(Role::Member, sid, op).expect("it holds").principal;
        assert_eq!((member.operator, member.operator_role()), (None, None));
    }

    #[test]
    fn a_token_holds_from_its_beginning_until_its_end() {
        assert_eq!(claims(100, None, None).accept(100), Err(TokenError::Expired));
        assert!(claims(101, None, None).accept(100).is_ok());
        assert_eq!(claims(200, Some(106), None).accept(100), Err(TokenError::NotYet));
        assert!(claims(200, Some(105), None).accept(100).is_ok());
        assert_eq!(claims(200, None, Some(106)).accept(100), Err(TokenError::NotYet));
        assert!(claims(200, Some(1), Some(1)).accept(100).is_ok());
    }
}
