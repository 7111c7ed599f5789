//! The page of differences, held against the cases.

use std::collections::BTreeSet;

use fieldseal_test_support::root;

use crate::case::Case;

/// Checks that each row of the page names what shows it, and that each case that differs has its row.
pub(crate) fn check(cases: &[Case]) {
    let page = std::fs::read_to_string(root().join("docs/differences-from-sops.md")).unwrap();
    let rows: Vec<_> =
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what")).collect();
    let mut named = BTreeSet::new();
    let differ: BTreeSet<_> =
        cases.iter().filter_map(|case| Some((&case.name, case.differs.as_ref()?))).collect();
    for row in &rows {
        let last = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        let names: Vec<_> = last.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "nothing shows: {row}");
        for name in names {
            match name.split_once("::") {
                // A test elsewhere: the file from the root of the repository, and its function.
                Some((file, test)) => {
                    let text = std::fs::read_to_string(root().join(file)).unwrap_or_default();
                    assert!(text.contains(&format!("fn {test}()")), "there is no test {name}: {row}");
                }
                None => {
                    let shows = differ.iter().any(|(case, row)| *case == name && *row == name);
                    assert!(shows, "no case {name} shows: {row}");
                    named.insert(name.to_owned());
                }
            }
        }
    }
    for (case, row) in differ {
        assert!(named.contains(row), "{case} differs by {row}, which the page does not name");
    }
}
