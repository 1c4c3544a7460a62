//! What a push says, in Korean or English. It names no account and no other person.

use kernel::{AssetCode, Assets, Minor, NotificationKind};

/// Heading and text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub title: &'static str,
    pub body: String,
}

/// The words of a notification. `about` is asset and minor units for all kinds but a log-in; none if it is anything else.
pub(super) fn words(kind: NotificationKind, about: &str, locale: &str, assets: &Assets) -> Option<Words> {
    let is_korean = locale.split('-').next() == Some("ko");
    let money = || money(about, assets);
    let (title, body) = match (kind, is_korean) {
        (NotificationKind::MoneyReceived, true) => ("입금", format!("{} 입금되었습니다.", money()?)),
        (NotificationKind::MoneyReceived, false) => ("Money received", format!("{} came to your account.", money()?)),
        (NotificationKind::ChargePosted, true) => ("결제", format!("{} 결제되었습니다.", money()?)),
        (NotificationKind::ChargePosted, false) => {
            ("Payment", format!("{} was paid with your payment code.", money()?))
        }
        (NotificationKind::HoldPlaced, true) => ("지급 보류", format!("{} 지급이 보류되었습니다.", money()?)),
        (NotificationKind::HoldPlaced, false) => ("Funds held", format!("{} of your account is held.", money()?)),
        (NotificationKind::NewDevice, true) => (
            "새로운 로그인",
            "새로운 기기나 네트워크에서 로그인했습니다. 본인이 아니라면 비밀번호를 바꾸세요.".to_owned(),
        ),
        (NotificationKind::NewDevice, false) => (
            "New log-in",
            "You logged in from a new device or network. If it was not you, change your password.".to_owned(),
        ),
    };
    Some(Words { title, body })
}

/// Asset and minor units, such as `KRW 12500`, as a people read them: `12,500 KRW`.
fn money(about: &str, assets: &Assets) -> Option<String> {
    let (asset, units) = about.split_once(' ')?;
    let (asset, units): (AssetCode, Minor) = (asset.parse().ok()?, units.parse().ok()?);
    // An asset that this server does not know is shown in its minor units.
    let scale = usize::from(assets.get(asset).map_or(0, |known| known.scale));
    let digits = format!("{:0>width$}", units.units().unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    // Eighteen digits behind the point are no use to anybody; the cents of a currency all stand.
    let fraction = if scale > 4 { fraction.trim_end_matches('0') } else { fraction };
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    Some(format!("{text} {asset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets() -> Assets {
        Assets::DEFAULT.parse().expect("assets")
    }

    #[test]
    fn money_is_shown_as_people_read_it() {
        for (about, shown) in [
            ("KRW 5", "5 KRW"),
            ("KRW 1234567", "1,234,567 KRW"),
            ("USD 5", "0.05 USD"),
            ("USD 123400", "1,234.00 USD"),
            ("BUP 1500000000000000000", "1.5 BUP"),
            ("BUP 2000000000000000000", "2 BUP"),
            ("XYZ 1000", "1,000 XYZ"),
        ] {
            assert_eq!(money(about, &assets()).as_deref(), Some(shown));
        }
        for wrong in ["", "KRW", "KRW x", "5 KRW"] {
            assert_eq!(money(wrong, &assets()), None, "{wrong}");
        }
    }

    #[test]
    fn the_language_is_that_of_the_device() {
        let body = |kind, locale| words(kind, "KRW 400", locale, &assets()).expect("words").body;
        assert_eq!(body(NotificationKind::MoneyReceived, "ko-KR"), "400 KRW 입금되었습니다.");
        assert_eq!(body(NotificationKind::MoneyReceived, "en-US"), "400 KRW came to your account.");
        assert_eq!(body(NotificationKind::MoneyReceived, "fr"), "400 KRW came to your account.");
        for kind in NotificationKind::ALL {
            assert_ne!(body(kind, "ko"), body(kind, "en"));
        }
        assert!(words(NotificationKind::NewDevice, "", "en", &assets()).is_some(), "a log-in is about no money");
    }
}
