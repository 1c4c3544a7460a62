//! What is said, in English and Korean. A code is the only run of digits in its text; notices hold no digit at all.

use domain::member::PasswordReset;
use kernel::StreamId;
use secrecy::SecretString;
use vault::{Names, NewMessage, Notice};
use zeroize::Zeroizing;

use super::Text;

impl Text {
    /// The text of a message.
    pub(super) fn compose(message: &NewMessage, names: &Names) -> Self {
        let (subject, body) = match message.notice {
            Notice::SignUpCode { sign_up, serial } => {
                ("Your Jangbu code / 장부 인증번호", code(message.channel, &names.code(StreamId::new(sign_up), serial)))
            }
            Notice::ContactCode { member, serial } => {
                let stream = StreamId::new(member.uuid());
                let digits = match message.code_contact {
                    Some(contact) => names.code_to(contact, stream, serial),
                    None => names.code(stream, serial),
                };
                ("Your Jangbu code / 장부 인증번호", code(message.channel, &digits))
            }
            Notice::PasswordResetCode { reset } => {
                let (stream, serial) = (StreamId::new(reset), PasswordReset::SERIAL);
                let digits = match message.code_contact {
                    Some(contact) => names.code_to(contact, stream, serial),
                    None => names.code(stream, serial),
                };
                (
                    "Your Jangbu code for a new password / 장부 비밀번호 재설정 인증번호",
                    reset_code(message.channel, &digits),
                )
            }
            Notice::ContactIsMember => {
                ("You are a member of Jangbu already / 이미 장부 회원입니다", CONTACT_IS_MEMBER.into())
            }
            Notice::ContactReplaced => {
                ("Your contact at Jangbu was changed / 장부 연락처 변경", CONTACT_REPLACED.into())
            }
            Notice::PasswordChanged => {
                ("Your password at Jangbu was changed / 장부 비밀번호 변경", PASSWORD_CHANGED.into())
            }
            Notice::MoneyReceived => ("Money came to your account at Jangbu / 장부 입금", MONEY_RECEIVED.into()),
            Notice::ChargePosted => ("You paid with Jangbu / 장부 결제", CHARGE_POSTED.into()),
            Notice::HoldPlaced => ("Funds of yours are held at Jangbu / 장부 지급 보류", HOLD_PLACED.into()),
            Notice::LoggedIn => ("A new log-in at Jangbu / 장부 새로운 로그인", LOGGED_IN.into()),
        };
        Self { key: key(message, names), subject, body }
    }
}

/// The same for every try; whoever sees it learns neither the stream nor the position.
fn key(message: &NewMessage, names: &Names) -> String {
    let position = message.position.number();
    hex::encode(names.fingerprint(format!("message/{}/{position}", message.stream.uuid()).as_bytes()))
}

fn code(channel: &str, code: &Zeroizing<String>) -> SecretString {
    let code = code.as_str();
    // A text message is paid for by its length.
    if channel == "phone" {
        return format!(
            "{code} is your Jangbu code. Tell it to nobody.\n장부 인증번호입니다. 타인에게 알려 주지 마세요."
        )
        .into();
    }
    format!(
        "Your Jangbu code:\n\n    {code}\n\n\
         It is good for a short time, and for one use. Nobody at Jangbu will ever ask you for it.\n\
         If you did not ask for it, ignore this message: without the code nothing happens.\n\n\
         장부 인증번호입니다. 잠시 동안 한 번만 쓸 수 있습니다. 장부는 이 번호를 묻지 않으니 누구에게도 알려 주지 마세요.\n\
         요청하지 않으셨다면 이 메시지를 무시하셔도 됩니다. 번호 없이는 아무 일도 일어나지 않습니다.\n"
    )
    .into()
}

fn reset_code(channel: &str, code: &Zeroizing<String>) -> SecretString {
    let code = code.as_str();
    if channel == "phone" {
        return format!(
            "{code} is your Jangbu code for a new password. Tell it to nobody.\n\
             장부 비밀번호 재설정 인증번호입니다. 타인에게 알려 주지 마세요."
        )
        .into();
    }
    format!(
        "Your Jangbu code for a new password:\n\n    {code}\n\n\
         It is good for a short time, and for one use. Nobody at Jangbu will ever ask you for it.\n\
         If you did not ask for it, ignore this message: without the code your password stays as it is.\n\n\
         장부 비밀번호를 새로 정하기 위한 인증번호입니다. 잠시 동안 한 번만 쓸 수 있습니다. 장부는 이 번호를 묻지 않으니 누구에게도 알려 주지 마세요.\n\
         요청하지 않으셨다면 이 메시지를 무시하셔도 됩니다. 번호 없이는 비밀번호가 바뀌지 않습니다.\n"
    )
    .into()
}

const CONTACT_IS_MEMBER: &str = "\
Somebody, perhaps you, tried to sign up at Jangbu with this address or number. You are a member already: log in, \
or ask for help if you cannot.
If it was not you, there is nothing to do: nothing was changed.

이 연락처로 장부 가입을 시도한 사람이 있습니다. 이미 회원이시니 로그인하시거나 도움을 요청해 주세요.
본인이 아니라면 아무것도 하지 않으셔도 됩니다. 바뀐 것은 없습니다.
";

const CONTACT_REPLACED: &str = "\
Your contact at Jangbu was replaced by another one. Messages go there from now on.
If it was not you, write to us at once.

장부에 등록된 연락처가 변경되었습니다. 앞으로는 새 연락처로 알려 드립니다.
본인이 변경하지 않았다면 즉시 알려 주세요.
";

const PASSWORD_CHANGED: &str = "\
Your password at Jangbu was changed, and you were logged out everywhere else.
If it was not you, write to us at once.

장부 비밀번호가 변경되었고 다른 모든 기기에서 로그아웃되었습니다.
본인이 변경하지 않았다면 즉시 알려 주세요.
";

const MONEY_RECEIVED: &str = "\
Money came to an account of yours at Jangbu. The app shows how much.

장부 계좌에 입금되었습니다. 금액은 앱에서 확인하세요.
";

const CHARGE_POSTED: &str = "\
A payment code of yours was used to pay. The app shows what for.
If it was not you, write to us at once.

결제 코드로 결제되었습니다. 내역은 앱에서 확인하세요.
본인이 결제하지 않았다면 즉시 알려 주세요.
";

const HOLD_PLACED: &str = "\
Funds of an account of yours at Jangbu are held for a payment. The app shows which.

장부 계좌의 금액이 지급을 위해 보류되었습니다. 내역은 앱에서 확인하세요.
";

const LOGGED_IN: &str = "\
You logged in at Jangbu from a device or network that is new.
If it was not you, change your password at once: that logs out all others.

새로운 기기나 네트워크에서 장부에 로그인했습니다.
본인이 아니라면 즉시 비밀번호를 바꾸세요. 다른 모든 기기에서 로그아웃됩니다.
";

#[cfg(test)]
mod tests {
    use kernel::{MemberId, Position, Sealed, Version};
    use secrecy::ExposeSecret;
    use uuid::Uuid;

    use super::*;

    fn message(channel: &'static str, notice: Notice) -> NewMessage {
        NewMessage {
            position: Position::new(123_456),
            member: MemberId::new(Uuid::from_u128(7)),
            channel,
            contact: Sealed::new("sealed"),
            stream: StreamId::new(Uuid::from_u128(123_456)),
            version: Version::new(1),
            field: "contact",
            notice,
            until: None,
            code_contact: None,
            charge: None,
        }
    }

    fn runs_of_digits(text: &str) -> Vec<&str> {
        text.split(|c: char| !c.is_numeric()).filter(|run| !run.is_empty()).collect()
    }

    #[test]
    fn a_code_is_the_only_run_of_digits() {
        let names = Names::new(Zeroizing::new([3; 32]));
        for channel in ["email", "phone"] {
            for serial in 1..200 {
                let (sign_up, member) = (Uuid::from_u128(9), MemberId::new(Uuid::from_u128(9)));
                for notice in [Notice::SignUpCode { sign_up, serial }, Notice::ContactCode { member, serial }] {
                    let text = Text::compose(&message(channel, notice), &names);
                    let code = names.code(StreamId::new(sign_up), serial);
                    assert_eq!(runs_of_digits(text.body.expose_secret()), [code.as_str()]);
                    assert!(runs_of_digits(text.subject).is_empty());
                }
            }
        }
    }

    #[test]
    fn the_code_of_a_reset_is_bound_to_the_contact_and_the_only_run_of_digits() {
        let names = Names::new(Zeroizing::new([3; 32]));
        let (reset, contact) = (Uuid::from_u128(9), StreamId::new(Uuid::from_u128(11)));
        for channel in ["email", "phone"] {
            let notice = Notice::PasswordResetCode { reset };
            let message = NewMessage { code_contact: Some(contact), ..message(channel, notice) };
            let text = Text::compose(&message, &names);
            let code = names.code_to(contact, StreamId::new(reset), 1);
            assert_eq!(runs_of_digits(text.body.expose_secret()), [code.as_str()]);
            assert!(runs_of_digits(text.subject).is_empty());
        }
    }

    #[test]
    fn notices_hold_no_digits_and_differ() {
        let names = Names::new(Zeroizing::new([3; 32]));
        let notices = [
            Notice::ContactIsMember,
            Notice::ContactReplaced,
            Notice::PasswordChanged,
            Notice::MoneyReceived,
            Notice::ChargePosted,
            Notice::HoldPlaced,
            Notice::LoggedIn,
        ];
        let texts = notices.map(|notice| Text::compose(&message("email", notice), &names));
        for text in &texts {
            assert!(runs_of_digits(text.body.expose_secret()).is_empty() && runs_of_digits(text.subject).is_empty());
            assert!(!text.subject.contains(['\r', '\n']), "a subject is one line");
        }
        let subjects: std::collections::HashSet<_> = texts.iter().map(|text| text.subject).collect();
        assert_eq!(subjects.len(), notices.len());
    }

    #[test]
    fn the_key_is_the_messages_own_and_tells_nothing() {
        let names = Names::new(Zeroizing::new([3; 32]));
        let one = message("email", Notice::PasswordChanged);
        let other = NewMessage { position: Position::new(123_457), ..one.clone() };
        let key = Text::compose(&one, &names).key;
        assert_eq!(key, Text::compose(&one, &names).key);
        assert_ne!(key, Text::compose(&other, &names).key);
        assert!(!key.contains("123456") && key.len() == 32);
    }

    #[test]
    fn a_code_is_not_shown_by_accident() {
        let names = Names::new(Zeroizing::new([3; 32]));
        let notice = Notice::SignUpCode { sign_up: Uuid::from_u128(9), serial: 1 };
        let text = Text::compose(&message("email", notice), &names);
        assert!(!format!("{text:?}").contains(names.code(StreamId::new(Uuid::from_u128(9)), 1).as_str()));
    }
}
