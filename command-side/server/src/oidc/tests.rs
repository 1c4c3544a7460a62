//! The adapter against tokens that another library signed, and against a provider in the same process.

use std::sync::{Arc, Mutex};

use application::{CodeGrant, Identity, IdentityError, IdentityProvider};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::DateTime;
use kernel::ManualClock;
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{
    OidcError, OidcProvider, OidcSettings,
    id_token::{Expected, IdToken, Wrong},
    keys::ProviderKeys,
};

const KEYS: &str = concat!(
    r#"{"keys":[{"kty":"RSA","kid":"rsa","use":"sig","n":"ol7Uv4StPOrUEAP8tLXxAlwfdsGspocJ-6oA4UPBAqJu1hIIp"#,
    r#"veCo2AtYdF4sskDQKS_HYSgCrKbbJReVVdMjQ1CAkNkkXY7bPuD20JNSnl7G1B5nh4vbchPqAcAnnbc6-VUv60G8VtFLIZmb0LCL"#,
    r#"vvpmbGyqQOkx1uG7PyxVvl8p-DY4nm21S8g8_rXNJRZ2ycfGtHx8Om7kXOAT1dbHC5Ig407PZy1iLoVZ070dtGInHxT6IFk4pyor"#,
    r#"EUZ_E7iOheMHyykh_kY640nzeY4Tc-G9J-AstABD4oBw0zwfSG2BZ74C386Gec6wSDX7PicJyS9btUvTGoA4jhznId8qQ","e":""#,
    r#"AQAB"},{"kty":"EC","kid":"ec","crv":"P-256","x":"3BPS6kMRXpDu24dH8VxgZygOnY5Tbl48s1refCPU21U","y":"X"#,
    r#"L9QIkoRxgBu9W18mGwHbJ-3dhRcUfO8TsjCG3PmeLo"},{"kty":"OKP","kid":"ed","crv":"Ed25519","alg":"EdDSA",""#,
    r#"x":"c9RCFDO6qXfPX_1aI8aO6HXsuniORbmP0FkxjHoV5RM"},{"kty":"oct","kid":"other","k":"AAAA"}]}"#,
);

const SIGNED_BY_RSA: &str = concat!(
    "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiIyNDgyODk3NjEwMDEiLCJhdWQ",
    "iOiJqYW5nYnUiLCJleHAiOjE4MDAwMDAzMDAsImlhdCI6MTgwMDAwMDAwMCwibm9uY2UiOiJuLTBTNl9XekEyTWoiLCJwcmVmZXJyZWRfdXN",
    "lcm5hbWUiOiJtaW5qaS5raW0ifQ.OWJRuLVE8lWyDluOg8jfw5b_HwgfofnBP8y4wE7FOmiAErmOyGheC2ojAWAlDwMJpiCDW6L8LTXOVWcJ",
    "8aXDD4GI2ds00afie6_8jKo3ceq26Py7IVWjS2pcKYxMKoM2aKuIwczAGDosEg00vSVxSS5D9JNS4jm9hNm8jsylcy4cwxafye88EXu2MZCW",
    "zd4ttDEAA1xDLaKBXDihiLbKVnIHeoSPRthbpRTtuY5O3h_DusVstMB6ROv_2l2mWC9gPjJztt7o8SAdJupaSEm7uCLCVhijWroYfqDT7QLf",
    "rMOiW5g6aBGMWD5LqqPTkKsH-3pqPqmh_TSEDISr9Hk6rg",
);

const SIGNED_BY_EC: &str = concat!(
    "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiIyNDgyODk3NjEwMDEiLCJhdWQi",
    "OiJqYW5nYnUiLCJleHAiOjE4MDAwMDAzMDAsImlhdCI6MTgwMDAwMDAwMCwibm9uY2UiOiJuLTBTNl9XekEyTWoiLCJwcmVmZXJyZWRfdXNl",
    "cm5hbWUiOiJtaW5qaS5raW0ifQ.5zoF8qYBweDOzqjF7l_pPWndLg9M4pZ5TxqufWnQHMAGqwinaILRmIzgMxa7Ix9IpE4V42lI4MDvIEvmv",
    "w7-Pg",
);

const SIGNED_BY_ED25519: &str = concat!(
    "eyJhbGciOiJFZERTQSIsImtpZCI6ImVkIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJzdWIiOiIyNDgyODk3NjEwMDEiLCJhdWQi",
    "OiJqYW5nYnUiLCJleHAiOjE4MDAwMDAzMDAsImlhdCI6MTgwMDAwMDAwMCwibm9uY2UiOiJuLTBTNl9XekEyTWoiLCJwcmVmZXJyZWRfdXNl",
    "cm5hbWUiOiJtaW5qaS5raW0ifQ.bvtOtRg1WdwvRXsRA9KwSgP-L-kG89RDMv2hR0-f5cCVL2ls2KX7aMZG46vZXZLku2K7UUjTkSYA5q3fR",
    "4BwDw",
);

const NOW: i64 = 1_800_000_060;
const NONCE: &str = "n-0S6_WzA2Mj";

fn expected() -> Expected<'static> {
    Expected {
        issuer: "https://id.example",
        client_id: "jangbu",
        nonce: NONCE,
        name_claim: "preferred_username",
        now: NOW,
    }
}

fn keys(text: &str) -> ProviderKeys {
    serde_json::from_str(text).expect("a key set")
}

fn identity(token: &str, keys: &ProviderKeys, expected: &Expected<'_>) -> Result<Identity, Wrong> {
    IdToken::read(token)?.identity(keys, expected)
}

fn minji() -> Identity {
    Identity { subject: "248289761001".to_owned(), name: "minji.kim".to_owned() }
}

/// A key of the provider, and tokens that it signs.
struct Signer(Ed25519KeyPair);

impl Signer {
    fn new() -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("random");
        Self(Ed25519KeyPair::from_pkcs8(key.as_ref()).expect("a key"))
    }

    fn keys(&self, kid: &str) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref());
        json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x}]}).to_string()
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let message = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(self.0.sign(message.as_bytes()).as_ref());
        format!("{message}.{signature}")
    }
}

fn header(kid: &str) -> Value {
    json!({"alg": "EdDSA", "kid": kid})
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "sub": "248289761001", "aud": "jangbu", "exp": NOW + 300, "iat": NOW,
        "nonce": NONCE, "preferred_username": "minji.kim",
    })
}

#[test]
fn tokens_of_each_algorithm_are_verified_with_their_key_and_no_other() {
    let all = keys(KEYS);
    let tokens = [SIGNED_BY_RSA, SIGNED_BY_EC, SIGNED_BY_ED25519];
    for token in tokens {
        assert_eq!(identity(token, &all, &expected()), Ok(minji()));
        let (message, signature) = token.rsplit_once('.').expect("three parts");
        // Another signature of the same length.
        let other = signature.chars().rev().collect::<String>();
        assert_ne!(identity(&format!("{message}.{other}"), &all, &expected()), Ok(minji()));
        // Other claims under the same signature.
        let (head, _) = message.split_once('.').expect("two parts");
        let changed = URL_SAFE_NO_PAD.encode(json!({"preferred_username": "admin"}).to_string());
        assert!(identity(&format!("{head}.{changed}.{signature}"), &all, &expected()).is_err());
    }
    let none: ProviderKeys = keys(r#"{"keys": []}"#);
    assert_eq!(identity(SIGNED_BY_RSA, &none, &expected()), Err(Wrong::Key));
    // A key that is named otherwise, and one of another sort under the same name.
    let renamed = KEYS.replace(r#""kid":"rsa""#, r#""kid":"old""#);
    assert_eq!(identity(SIGNED_BY_RSA, &keys(&renamed), &expected()), Err(Wrong::Key));
    let swapped = KEYS.replace(r#""kid":"rsa""#, r#""kid":"old""#).replace(r#""kid":"ec""#, r#""kid":"rsa""#);
    assert_eq!(identity(SIGNED_BY_RSA, &keys(&swapped), &expected()), Err(Wrong::Key));
}

#[test]
fn a_token_that_says_something_else_counts_for_nothing() {
    let signer = Signer::new();
    let keys = keys(&signer.keys("k"));
    let read = |change: &dyn Fn(&mut Value)| {
        let mut claims = claims();
        change(&mut claims);
        identity(&signer.sign(&header("k"), &claims), &keys, &expected())
    };
    assert_eq!(read(&|_| {}), Ok(minji()));
    assert_eq!(read(&|claims| claims["aud"] = json!(["jangbu"])), Ok(minji()));
    assert_eq!(
        read(&|claims| (claims["aud"], claims["azp"]) = (json!(["other", "jangbu"]), json!("jangbu"))),
        Ok(minji())
    );
    let wrong: [(&str, Value, Wrong); 13] = [
        ("iss", json!("https://id.example/"), Wrong::Issuer),
        ("aud", json!("other"), Wrong::Audience),
        ("aud", json!(["other"]), Wrong::Audience),
        ("aud", json!(["other", "jangbu"]), Wrong::Audience),
        ("azp", json!("other"), Wrong::Audience),
        ("exp", json!(NOW - 30), Wrong::Time),
        ("iat", json!(NOW + 31), Wrong::Time),
        ("nbf", json!(NOW + 31), Wrong::Time),
        ("nonce", json!("another"), Wrong::Nonce),
        ("nonce", json!(null), Wrong::Nonce),
        ("preferred_username", json!(7), Wrong::Name),
        ("preferred_username", json!(""), Wrong::Name),
        ("sub", json!(""), Wrong::Name),
    ];
    for (claim, value, error) in wrong {
        assert_eq!(read(&|claims| claims[claim] = value.clone()), Err(error), "{claim}: {value}");
    }
    for claim in ["iss", "sub", "aud", "exp", "iat"] {
        let without = read(&|claims| drop(claims.as_object_mut().map(|claims| claims.remove(claim))));
        assert_eq!(without, Err(Wrong::Malformed), "{claim}");
    }
}

#[test]
fn a_token_does_not_choose_how_it_is_verified() {
    let signer = Signer::new();
    let keys = keys(&signer.keys("k"));
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "k"}),
        json!({"alg": "RS512", "kid": "k"}),
        json!({"alg": "EdDSA", "kid": "k", "crit": ["b64"], "b64": false}),
        json!({"kid": "k"}),
    ] {
        assert_eq!(identity(&signer.sign(&header, &claims()), &keys, &expected()), Err(Wrong::Malformed), "{header}");
    }
    for text in ["", ".", "..", "a.b", "a.b.c", "e30.e30.e30", &"a".repeat(20_000)] {
        assert_eq!(IdToken::read(text).err(), Some(Wrong::Malformed), "{text:.20}");
    }
}

#[test]
fn the_provider_is_asked_over_tls_or_on_this_machine() {
    let settings = |issuer: &str| OidcSettings {
        issuer: issuer.to_owned(),
        client_id: "jangbu".to_owned(),
        secret_file: None,
        name_claim: "preferred_username".to_owned(),
    };
    let clock = || Arc::new(ManualClock::new(DateTime::from_timestamp(NOW, 0).expect("a time")));
    for good in [
        "https://id.example",
        "https://id.example/realms/bank",
        "http://127.0.0.1:9000",
        "http://localhost",
        "http://[::1]:1",
    ] {
        assert!(OidcProvider::new(settings(good), clock()).is_ok(), "{good}");
    }
    for bad in ["http://id.example", "http://localhost.example", "ftp://localhost", "id.example", ""] {
        let refused = OidcProvider::new(settings(bad), clock()).err();
        assert!(matches!(refused, Some(OidcError::Address(_))), "{bad}");
    }
}

/// What the provider answers: to a path, status and body.
type Answers = Arc<Mutex<Vec<(&'static str, u16, String)>>>;

/// A provider that answers as it is told, and keeps what it was sent.
async fn provider(answers: Answers, heard: Arc<Mutex<Vec<String>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    drop(tokio::task::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // A request is whole when its body is as long as it says.
            loop {
                let read = stream.read(&mut buffer).await.unwrap_or_default();
                request.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&request).into_owned();
                let length = text
                    .lines()
                    .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
                let is_whole =
                    text.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length.unwrap_or(0_usize));
                if read == 0 || is_whole {
                    break;
                }
            }
            let text = String::from_utf8_lossy(&request).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
            heard.lock().expect("not poisoned").push(text);
            let answer = answers.lock().expect("not poisoned").iter().find(|(at, ..)| *at == path).cloned();
            let (_, status, body) = answer.unwrap_or(("", 404, String::new()));
            let length = body.len();
            let head = format!("HTTP/1.1 {status} -\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    }));
    address
}

fn grant() -> CodeGrant {
    CodeGrant {
        code: "the code".into(),
        code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(),
        nonce: NONCE.into(),
        redirect_uri: "https://console.example/callback".to_owned(),
    }
}

#[tokio::test]
async fn a_code_is_exchanged_and_a_new_key_is_looked_for() {
    let (answers, heard) = (Answers::default(), Arc::<Mutex<Vec<String>>>::default());
    let issuer = provider(answers.clone(), heard.clone()).await;
    let (old, new) = (Signer::new(), Signer::new());
    let token = |signer: &Signer, kid: &str| {
        let mut claims = claims();
        claims["iss"] = json!(issuer);
        json!({"token_type": "Bearer", "id_token": signer.sign(&header(kid), &claims)}).to_string()
    };
    let document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
    });
    let answer = |keys: String, (status, token): (u16, String)| {
        *answers.lock().expect("not poisoned") = vec![
            ("/.well-known/openid-configuration", 200, document.to_string()),
            ("/keys", 200, keys),
            ("/token", status, token),
        ];
    };
    let settings = OidcSettings {
        issuer: issuer.clone(),
        client_id: "jangbu".to_owned(),
        secret_file: None,
        name_claim: "preferred_username".to_owned(),
    };
    let clock = Arc::new(ManualClock::new(DateTime::from_timestamp(NOW, 0).expect("a time")));
    let asked = OidcProvider::new(settings, clock).expect("settings");
    assert!(matches!(asked.facts().await, Err(IdentityError::Unavailable(_))), "it says nothing yet");
    answer(old.keys("one"), (200, token(&old, "one")));
    assert_eq!(asked.facts().await.expect("facts").authorization_endpoint, format!("{issuer}/authorize"));
    assert_eq!(asked.identify(grant()).await.expect("somebody"), minji());
    let sent = heard.lock().expect("not poisoned").iter().find(|text| text.starts_with("POST /token")).cloned();
    let sent = sent.expect("a form");
    for part in ["grant_type=authorization_code", "code=the+code", "code_verifier=dBjft", "client_id=jangbu"] {
        assert!(sent.contains(part), "{part}: {sent}");
    }
    // A token of a key that nobody has, and a code that is none.
    answer(old.keys("one"), (200, token(&new, "two")));
    assert!(matches!(asked.identify(grant()).await, Err(IdentityError::Refused(_))));
    answer(old.keys("one"), (400, json!({"error": "invalid_grant"}).to_string()));
    assert!(matches!(asked.identify(grant()).await, Err(IdentityError::Refused(_))));
    answer(old.keys("one"), (500, String::new()));
    assert!(matches!(asked.identify(grant()).await, Err(IdentityError::Unavailable(_))));
}
