//! The lists of views. Those who build views, read them and audit them may not depend on each other, so each keeps a list.

use std::collections::BTreeSet;

#[test]
fn each_view_that_is_built_is_read_and_audited() {
    let built: BTreeSet<_> = views::names().into_iter().collect();
    let read: BTreeSet<_> = reads::View::ALL.into_iter().map(reads::View::name).collect();
    let audited: BTreeSet<_> = audit::View::ALL.into_iter().map(audit::View::name).collect();
    assert!(!built.is_empty());
    assert_eq!(built.len(), views::all().len(), "two views have one name");
    assert_eq!(read, built);
    assert_eq!(audited, built);
}
