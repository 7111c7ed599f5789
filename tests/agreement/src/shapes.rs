//! What the library found in texts: counted from its reports, whatever the texts were made for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many nodes of each shape there were, and how many comments at each side of which nodes.
#[derive(Clone, Debug, Default)]
pub struct Shapes {
    counts: BTreeMap<String, usize>,
}

impl Shapes {
    /// Counts the nodes of a report of the oracle.
    pub fn add(&mut self, report: &str) {
        if !report.starts_with("ok\n") {
            return;
        }
        for line in report.lines().skip(2) {
            let words: Vec<&str> = line.split(' ').collect();
            let kind = words[1];
            let shape = if matches!(kind, "map" | "list" | "scalar") {
                words[1..4].join(" ")
            } else {
                kind.to_owned()
            };
            self.count(&shape);
            // Comments begin with `#`, and texts have no bare quote inside, so this is never part of a value.
            for side in ["head", "line", "foot"] {
                if line.contains(&format!(" {side}\"#")) {
                    self.count(&format!("{side} comment of a {kind}"));
                }
            }
        }
    }

    fn count(&mut self, shape: &str) {
        match self.counts.get_mut(shape) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(shape.to_owned(), 1);
            }
        }
    }

    /// Adds what another part of the run met.
    pub fn merge(&mut self, other: Shapes) {
        for (shape, count) in other.counts {
            *self.counts.entry(shape).or_default() += count;
        }
    }

    /// One line for each shape: how often, and what.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for (shape, count) in &self.counts {
            writeln!(table, "{count:8}  {shape}").expect("writing to a string does not fail");
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_and_comments_are_counted() {
        let mut shapes = Shapes::default();
        shapes.add("ok\nloads yes\n0 document\n1 map block !!map\n2 scalar plain !!str @1:1 \"a\" =str head\"# c\"\n");
        shapes.add("error\n");
        let mut twice = shapes.clone();
        twice.merge(shapes);
        assert_eq!(
            twice.table(),
            "       2  document\n       2  head comment of a scalar\n       2  map block !!map\n       2  scalar plain !!str\n"
        );
    }
}
