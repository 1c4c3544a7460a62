//! docs/first-steps.md, walked with the pages' own links and forms: what stands there in bold stands on the page at that step.

use std::{collections::BTreeMap, path::Path};

use testkit::{app::Staff, chaos::Part};
use uuid::Uuid;

use crate::{
    outside::SETTINGS,
    support::{ALL, PlainBrowser, TestApp, eventually, people, verify},
};

/// What a step names: texts of pages, and their addresses.
#[derive(Debug, Default)]
struct Step {
    texts: Vec<String>,
    paths: Vec<String>,
}

/// The steps by their numbers.
fn steps() -> BTreeMap<usize, Step> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/first-steps.md");
    let page = std::fs::read_to_string(page).unwrap();
    let mut steps = BTreeMap::<usize, Step>::new();
    let mut is_code = false;
    for line in page.lines() {
        let numbered = line.split_once(". ").and_then(|(number, _)| number.parse().ok());
        if let Some(number) = numbered {
            assert_eq!(number, steps.len() + 1, "the steps are counted");
            steps.insert(number, Step::default());
        } else if !line.is_empty() && !line.starts_with(' ') && !steps.is_empty() {
            // What follows the last step.
            break;
        }
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        let Some(mut step) = steps.last_entry().filter(|_| !is_code) else { continue };
        step.get_mut().texts.extend(line.split("**").skip(1).step_by(2).map(str::to_owned));
        let named = line.split('`').skip(1).step_by(2).filter(|code| code.starts_with('/'));
        step.get_mut().paths.extend(named.map(str::to_owned));
    }
    steps
}

/// Somebody on their way through the page.
struct Walk {
    app: TestApp,
    browser: PlainBrowser,
    admin: Staff,
    steps: BTreeMap<usize, Step>,
    /// The numbers of their two accounts.
    accounts: [String; 2],
}

impl Walk {
    /// What step 1 leaves: everything runs, and there is an operator.
    async fn begin() -> (Self, harness::LocalProviders) {
        let (mut app, providers) = TestApp::start_with_providers(&ALL, &SETTINGS).await;
        let mail = app.catcher.url();
        app.bank.set(Part::Console, "JANGBU_MAIL_URL", mail);
        app.bank.start(&[Part::Console]).await.unwrap();
        let admin = app.staff("admin", "admin").await;
        let browser = PlainBrowser::new(format!("http://{}", app.bank.address(Part::Console).unwrap()));
        let mut steps = steps();
        let first = steps.remove(&1).expect("a first step");
        assert!(first.texts.is_empty(), "it is in the terminal: {first:?}");
        (Self { app, browser, admin, steps, accounts: Default::default() }, providers)
    }

    /// Everything that the next step names was seen meanwhile.
    fn done(&mut self, number: usize) {
        let (next, step) = self.steps.pop_first().expect("a step");
        assert_eq!(next, number);
        for text in &step.texts {
            assert!(self.browser.texts.contains(text), "step {number}: {text} was not seen: {:?}", self.browser.texts);
        }
        for path in &step.paths {
            assert!(
                self.browser.paths.contains(path),
                "step {number}: {path} was not opened: {:?}",
                self.browser.paths
            );
        }
        self.browser.forget();
    }

    async fn sign_up(&mut self) {
        let browser = &mut self.browser;
        browser.open("/wallet").await;
        browser.follow("Sign up").await;
        let typed = [
            ("Login id", "newcomer"),
            ("Password", "First-steps-7!"),
            ("Name", "Minji Kim"),
            ("E-mail address or telephone number", "you@example.com"),
            ("I agree to: the terms of use", ""),
        ];
        browser.press("Send the code", &typed).await;
        self.done(2);

        let browser = &mut self.browser;
        let code = eventually("the code was caught", async || {
            browser.follow_to("/wallet/mail").await;
            let found = browser.reads().iter().find_map(|text| people::codes(text).first().cloned());
            browser.open("/wallet/signup/verify").await;
            found.ok_or_else(|| "no code yet".to_owned())
        });
        let code = code.await;
        browser.press("Confirm", &[("Code", code.as_str())]).await;
        browser.press("Log in", &[("Login id", "newcomer"), ("Password", "First-steps-7!")]).await;
        self.done(3);
    }

    async fn open_accounts(&mut self) {
        for account in &mut self.accounts {
            let browser = &mut self.browser;
            browser.open("/wallet").await;
            browser.press("Open", &[("Asset", "KRW")]).await;
            *account = browser.heading();
            assert!(account.bytes().all(|byte| byte.is_ascii_digit()), "its number is the heading: {account}");
            browser.follow("Wallet").await;
        }
        self.done(4);
    }

    async fn top_up(&mut self) {
        let browser = &mut self.browser;
        browser.follow("Money in and out").await;
        browser.press("Top up", &[("Into", self.accounts[0].as_str()), ("Amount", "50,000")]).await;
        eventually("the money is there", async || {
            browser.follow("Look again").await;
            let texts = browser.reads();
            let state = texts.iter().position(|text| text == "State").and_then(|at| texts.get(at + 1));
            if state.is_some_and(|state| state == "done") { Ok(()) } else { Err(format!("{texts:?}")) }
        })
        .await;
        self.done(5);
    }

    /// Pays, and says what the transfer is called.
    async fn pay(&mut self, amount: &str) -> Uuid {
        let (browser, [from, to]) = (&mut self.browser, &self.accounts);
        let typed = [("From", from.as_str()), ("Account number", to.as_str()), ("Amount", amount)];
        browser.press("Next", &typed).await;
        let payee = browser.reads().into_iter().find(|text| text.starts_with(to.as_str()));
        let payee = payee.expect("whose number it is");
        assert!(payee.contains('*') && !payee.contains("Minji Kim"), "mostly hidden: {payee}");
        browser.press("Pay now", &[]).await;
        let (path, _) = browser.path.split_once('?').expect("a notice");
        let id = path.strip_prefix("/wallet/transfers/").expect("the transfer").parse().unwrap();
        assert!(browser.shows(&format!("-{amount} KRW")), "{:?}", browser.reads());
        id
    }

    async fn log_in_as_admin(&mut self) {
        let code = self.admin.code().await;
        let browser = &mut self.browser;
        browser.open("/login").await;
        let typed =
            [("Name", self.admin.name.as_str()), ("Password", self.admin.password.as_str()), ("Code", code.as_str())];
        browser.press("Log in", &typed).await;
        self.done(7);
    }

    async fn find(&mut self, transfer: Uuid) {
        let browser = &mut self.browser;
        let (id, path) = (transfer.to_string(), format!("/transfers/{transfer}"));
        eventually("the payment is found", async || {
            browser
                .press("Find", &[("Find by account number, id, reference, login id or position", id.as_str())])
                .await;
            // What only the log knows yet leads to the log at once.
            if browser.path.starts_with("/find") && browser.shows("Transfer") {
                Ok(())
            } else {
                Err(format!("{:?}", browser.reads()))
            }
        })
        .await;
        browser.follow_to(&path).await;
        assert!(browser.shows("12,500 KRW"), "{:?}", browser.reads());
        browser.follow("In the log").await;
        self.done(8);
    }

    async fn rebuild(&mut self) {
        let browser = &mut self.browser;
        browser.follow("Views").await;
        browser.follow("accounts").await;
        let typed = [("Reason", "to see it"), ("Promote it if it is equal", "")];
        browser.press("Rebuild", &typed).await;
        self.done(9);
    }

    /// Pays until the rebuilt view is the live one. How often.
    async fn pay_meanwhile(&mut self) -> u32 {
        let mut paid = 0;
        eventually("the new generation is live", async || {
            self.browser.open("/wallet/pay").await;
            self.pay("1").await;
            paid += 1;
            self.browser.open("/views/accounts").await;
            if self.browser.shows("equal") && self.browser.shows("retired") {
                return Ok(());
            }
            Err(format!("{:?}", self.browser.reads()))
        })
        .await;
        self.done(10);
        paid
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_walks_the_page() {
    let (mut walk, _providers) = Walk::begin().await;
    walk.sign_up().await;
    walk.open_accounts().await;
    walk.top_up().await;
    walk.browser.follow("Pay").await;
    let transfer = walk.pay("12,500").await;
    walk.done(6);
    walk.log_in_as_admin().await;
    walk.find(transfer).await;
    walk.rebuild().await;
    let paid = walk.pay_meanwhile().await;
    assert!(walk.steps.is_empty(), "nobody walked {:?}", walk.steps);
    let ledger = verify(walk.app).await;
    let mut balances: Vec<i128> = ledger.members().map(|(_, account)| account.balance).collect();
    balances.sort_unstable();
    let received = 12_500 + i128::from(paid);
    assert_eq!(balances, [received, 50_000 - received]);
}
