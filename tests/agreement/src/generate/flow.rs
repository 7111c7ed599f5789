//! Collections in flow style.

use super::Writer;
use super::scalar::Place;
use crate::constructs::Construct;

impl Writer {
    /// A flow collection with its brackets. `parent` is the column of the block collection around it; `closed`
    /// asks for a closing bracket on a line of its own at that column.
    pub(super) fn flow_collection(&mut self, parent: isize, depth: usize, closed: bool) {
        self.budget = self.budget.saturating_sub(1);
        let map = self.chance(50);
        self.note(if map { Construct::FlowMap } else { Construct::FlowList });
        self.put(if map { "{" } else { "[" });
        let lines = closed || self.chance(30);
        let count = self.random.weighted(&[(2, 0), (3, 1), (4, 2), (2, 4)]);
        if count == 0 {
            self.note(Construct::FlowEmpty);
        }
        for entry in 0..count {
            self.flow_blank(parent, lines, entry == 0);
            if map {
                self.flow_pair(parent, depth, lines);
            } else if self.chance(10) {
                self.note(Construct::FlowPair);
                self.flow_pair(parent, depth, lines);
            } else {
                self.flow_value(parent, depth);
            }
            if self.chance(8) {
                self.flow_blank(parent, lines, false);
            }
            if entry + 1 < count {
                self.put(",");
            } else if self.chance(10) {
                self.note(Construct::FlowTrailingComma);
                self.put(",");
            }
        }
        if closed {
            self.note(Construct::FlowClosedAtParent);
            self.put("\n");
            self.pad(parent.max(0) as usize);
        } else if count == 0 || self.chance(40) {
            self.flow_blank(parent, lines, count == 0);
        }
        self.put(if map { "}" } else { "]" });
    }

    /// What stands between two tokens of a flow collection: blanks, line breaks, comments.
    fn flow_blank(&mut self, parent: isize, lines: bool, bracket: bool) {
        if !lines || self.chance(40) {
            let blanks = self.random.choose(&["", " ", " ", "  ", "\t"]);
            self.put(blanks);
            return;
        }
        self.note(Construct::FlowLines);
        if self.chance(self.habits.comments) {
            self.note(if bracket { Construct::CommentBehindBracket } else { Construct::CommentInFlow });
            self.put(" ");
            self.comment_text();
        }
        self.put("\n");
        let least = (parent + 1).max(0) as usize;
        for _ in 0..2 {
            if self.chance(self.habits.comments / 2) {
                self.note(Construct::CommentInFlow);
                let column = least + self.random.below(4);
                self.pad(column);
                self.comment_text();
                self.put("\n");
            }
            self.blank_lines();
        }
        match self.random.weighted(&[(8, 0), (1, 1), (1, 2)]) {
            0 => {
                let column = least + self.random.below(4);
                self.pad(column);
            }
            1 => {
                self.note(Construct::FlowTabs);
                let tabs = self.random.choose(&["\t", "\t\t", " \t"]);
                self.put(tabs);
            }
            _ => {
                // In the first column a dash or a percent sign would be another thing.
                self.note(Construct::FlowUnindented);
                let column = self.random.below(least + 1);
                self.pad(column);
            }
        }
    }

    fn flow_pair(&mut self, parent: isize, depth: usize, lines: bool) {
        let place = Place { parent, flow: true, key: true };
        match self.random.weighted(&[(12, 0), (2, 1), (1, 2), (1, 3), (1, 4), (1, 5)]) {
            1 => {
                // Glued to quotes.
                self.note(Construct::FlowGlued);
                let number = self.fresh();
                let quote = self.random.choose(&["\"", "'"]);
                self.put(&format!("{quote}g{number}{quote}:"));
                self.flow_value(parent, depth);
            }
            2 => {
                self.note(Construct::FlowKeyAlone);
                self.key(place);
            }
            3 => {
                self.note(Construct::FlowColonEnd);
                let number = self.fresh();
                self.put(&format!("e{number}:"));
            }
            4 => {
                if self.chance(50) {
                    self.note(Construct::FlowQuestion);
                    let number = self.fresh();
                    self.put(&format!("?w{number}: 1"));
                    return;
                }
                self.note(Construct::FlowComplexKey);
                self.put("? ");
                self.flow_value(parent, depth);
                if self.chance(70) {
                    self.flow_blank(parent, lines, false);
                    self.put(" : ");
                    self.flow_value(parent, depth);
                }
            }
            5 => {
                self.note(Construct::FlowAsKey);
                let number = self.fresh();
                let key = self.random.choose(&["[a, X]", "{a: X}", "[]", "{X}"]);
                self.put(&key.replace('X', &number.to_string()));
                self.put(": ");
                self.flow_value(parent, depth);
            }
            _ => {
                self.key(place);
                self.put(":");
                if self.chance(90) {
                    let blanks = self.random.choose(&[" ", " ", " ", "  ", "\t"]);
                    self.put(blanks);
                    if self.chance(8) {
                        self.flow_blank(parent, lines, false);
                    }
                    self.flow_value(parent, depth);
                } else {
                    self.note(Construct::NullNothing);
                    self.put(" ");
                }
            }
        }
    }

    fn flow_value(&mut self, parent: isize, depth: usize) {
        if self.budget > 0 && depth + 1 < self.habits.depth && self.chance(self.habits.nesting / 2) {
            self.flow_properties();
            self.flow_collection(parent, depth + 1, false);
        } else if !self.anchors.is_empty() && self.chance(5) {
            self.alias();
        } else {
            self.flow_properties();
            self.flow_scalar(Place { parent, flow: true, key: false });
        }
    }

    fn flow_properties(&mut self) {
        // In brackets a comma would become part of the tag.
        if self.chance(self.habits.properties / 3) {
            let number = self.fresh();
            match self.random.below(3) {
                0 => {
                    self.note(Construct::TagLocal);
                    self.put("!local ");
                }
                1 => {
                    self.note(Construct::TagCore);
                    self.put("!!str ");
                }
                _ => {
                    self.note(Construct::Anchor);
                    self.put(&format!("&f{number} "));
                    self.anchors.push(super::Anchored {
                        name: format!("f{number}"),
                        map: false,
                        document: self.document,
                    });
                }
            }
        }
    }
}
