//! The pages that are asked for, each with addresses that differ from visit to visit.

use super::subjects::Subjects;

/// Pages of a list that are turned before it begins anew.
const DEEP: usize = 60;

/// Whose session a page is asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Operator,
    Member,
}

/// What is asked for at each visit.
enum Way {
    /// One of these after the other.
    Each(Vec<String>),
    /// The list that begins here, page after page.
    Deep { begin: String, next: Option<String>, turned: usize },
}

/// One kind of page.
pub(super) struct Page {
    pub name: &'static str,
    pub who: Who,
    way: Way,
}

impl Page {
    fn each(name: &'static str, who: Who, paths: impl IntoIterator<Item = String>) -> Self {
        Self { name, who, way: Way::Each(paths.into_iter().collect()) }
    }

    fn one(name: &'static str, who: Who, path: &str) -> Self {
        Self::each(name, who, [path.to_owned()])
    }

    fn deep(name: &'static str, who: Who, begin: &str) -> Self {
        Self { name, who, way: Way::Deep { begin: begin.to_owned(), next: None, turned: 0 } }
    }

    /// What the visit of this number asks for; none if there is nothing of the kind.
    pub fn path(&self, number: usize) -> Option<&str> {
        match &self.way {
            Way::Each(paths) => paths.get(number % paths.len().max(1)).map(String::as_str),
            Way::Deep { begin, next, .. } => Some(next.as_deref().unwrap_or(begin)),
        }
    }

    /// After a visit: where the page goes on.
    pub fn turned(&mut self, on: Option<String>) {
        if let Way::Deep { next, turned, .. } = &mut self.way {
            *turned += 1;
            *next = on.filter(|_| !turned.is_multiple_of(DEEP));
        }
    }
}

/// All of them.
pub(super) fn pages(subjects: &Subjects) -> Vec<Page> {
    let mut pages = screens(subjects);
    pages.extend(finds(subjects));
    pages.extend(staff(subjects));
    pages.extend(wallet(subjects));
    pages
}

/// `/folder/id` of each.
fn below<'a>(folder: &'a str, ids: &'a [String]) -> impl Iterator<Item = String> + 'a {
    ids.iter().map(move |id| format!("{folder}/{id}"))
}

fn screens(subjects: &Subjects) -> Vec<Page> {
    let Subjects { accounts, transfers, members, positions, references, busy, .. } = subjects;
    let of = Who::Operator;
    let views = ["accounts", "transactions", "transfers", "overview", "holds"].map(|view| format!("/views/{view}"));
    let processes = ["command-server", "query-server", "projector", "auditor"].map(|name| format!("/health/{name}"));
    // The busy account has more events than a fold takes.
    let folded = accounts.iter().filter(|id| *id != busy);
    vec![
        Page::one("overview", of, "/"),
        Page::one("accounts", of, "/accounts"),
        Page::deep("accounts, page after page", of, "/accounts"),
        Page::each("accounts of a member", of, subjects.owners.iter().map(|id| format!("/accounts?owner={id}"))),
        Page::each("account", of, below("/accounts", accounts)),
        Page::one("account that moves often", of, &format!("/accounts/{busy}")),
        Page::deep("its statement, page after page", of, &format!("/accounts/{busy}")),
        Page::one("its statement, by a reference that it has not", of, &format!("/accounts/{busy}?reference=nothing")),
        Page::each("transfer", of, below("/transfers", transfers)),
        Page::each(
            "transfers of a reference",
            of,
            references.iter().map(|text| format!("/transfers?reference={text}")),
        ),
        Page::one("members", of, "/members"),
        Page::each("member", of, below("/members", members)),
        Page::one("views", of, "/views"),
        Page::each("view", of, views),
        Page::one("log", of, "/log"),
        Page::deep("log, page after page", of, "/log"),
        Page::each("position of the log", of, positions.iter().map(|at| format!("/log/positions/{at}"))),
        Page::each("stream", of, below("/log/streams", accounts)),
        Page::each("stream, folded", of, folded.map(|id| format!("/log/streams/{id}?fold=true"))),
        Page::one("health", of, "/health"),
        Page::each("health of a process", of, processes),
    ]
}

fn finds(subjects: &Subjects) -> Vec<Page> {
    let find =
        |name, texts: &[String]| Page::each(name, Who::Operator, texts.iter().map(|text| format!("/find?q={text}")));
    let positions: Vec<String> = subjects.positions.iter().map(i64::to_string).collect();
    vec![
        find("find an account by its number", &subjects.numbers),
        find("find an account by its id", &subjects.accounts),
        find("find a transfer", &subjects.transfers),
        find("find a reference", &subjects.references),
        find("find a hold", &subjects.holds),
        find("find a position", &positions),
        find("find an id that nothing has", &subjects.unknown),
        find("find a text that nothing has", &["nothing+of+the+kind".to_owned()]),
    ]
}

fn staff(subjects: &Subjects) -> Vec<Page> {
    let of = Who::Operator;
    let lists = [
        ("processes", "/processes"),
        ("processes that are stuck", "/processes?state=stuck"),
        ("payout runs", "/payout-runs"),
        ("limits", "/limits"),
        ("rates", "/rates"),
        ("partners", "/partners"),
        ("webhooks", "/webhooks"),
        ("approvals", "/approvals"),
        ("audit", "/audit"),
        ("audit of a time before everything", "/audit?to=2020-01-01T00%3A00"),
        ("operators", "/operators"),
        ("own page", "/operators/me"),
    ];
    let things = [
        ("payout run", "/payout-runs", &subjects.payout_runs),
        ("partner", "/partners", &subjects.partners),
        ("webhook", "/webhooks", &subjects.webhooks),
        ("approval", "/approvals", &subjects.approvals),
        ("operator", "/operators", &subjects.operators),
    ];
    let mut pages: Vec<Page> = lists.map(|(name, path)| Page::one(name, of, path)).into();
    pages.extend(things.map(|(name, folder, ids)| Page::each(name, of, below(folder, ids))));
    pages.push(Page::each(
        "audit of an operator",
        of,
        subjects.operators.iter().map(|id| format!("/audit?operator={id}")),
    ));
    let failed = subjects.webhooks.iter().map(|id| format!("/webhooks/{id}?status=failed"));
    pages.push(Page::each("webhook, what failed", of, failed));
    pages
}

fn wallet(subjects: &Subjects) -> Vec<Page> {
    let of = Who::Member;
    let lists = [
        ("wallet", "/wallet"),
        ("wallet: pay", "/wallet/pay"),
        ("wallet: code", "/wallet/code"),
        ("wallet: holds", "/wallet/holds"),
        ("wallet: standing orders", "/wallet/orders"),
        ("wallet: new standing order", "/wallet/orders/new"),
        ("wallet: items", "/wallet/items"),
        ("wallet: offers", "/wallet/offers"),
        ("wallet: in and out", "/wallet/outside"),
        ("wallet: profile", "/wallet/profile"),
    ];
    let own = &subjects.own;
    let mut pages: Vec<Page> = lists.map(|(name, path)| Page::one(name, of, path)).into();
    pages.push(Page::one("wallet: account", of, &format!("/wallet/accounts/{}", own.account)));
    pages.push(Page::deep("wallet: its history, page after page", of, &format!("/wallet/accounts/{}", own.account)));
    pages.push(Page::each("wallet: transfer", of, below("/wallet/transfers", &own.transfers)));
    pages.push(Page::each("wallet: hold", of, below("/wallet/holds", &own.holds)));
    pages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_turned_page_by_page_and_begins_anew() {
        let mut list = Page::deep("list", Who::Operator, "/list");
        for turned in 1..DEEP {
            list.turned(Some(format!("/list?cursor={turned}")));
            assert_eq!(list.path(0), Some(format!("/list?cursor={turned}").as_str()));
        }
        list.turned(Some("/list?cursor=60".to_owned()));
        assert_eq!(list.path(0), Some("/list"), "sixty pages are enough");
        list.turned(Some("/list?cursor=1".to_owned()));
        list.turned(None);
        assert_eq!(list.path(0), Some("/list"), "it has an end");
    }

    #[test]
    fn one_thing_is_shown_after_the_other() {
        let page = Page::each("thing", Who::Member, ["/a", "/b"].map(str::to_owned));
        assert_eq!([0, 1, 2].map(|number| page.path(number)), [Some("/a"), Some("/b"), Some("/a")]);
        assert_eq!(Page::each("none", Who::Member, []).path(3), None);
    }
}
