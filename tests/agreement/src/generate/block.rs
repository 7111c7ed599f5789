//! Nodes in block context.

use super::scalar::Place;
use super::{Anchored, Writer};
use crate::constructs::Construct;

/// What a node in block context follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// The colon of a key.
    Key,
    /// A dash.
    Dash,
    /// A question mark.
    Question,
    /// The colon of a complex key.
    ComplexColon,
    /// `---`.
    Start,
    /// Nothing: the beginning of a document, at the beginning of a line.
    Nothing,
}

impl After {
    /// What a comment on the line of the indicator is called.
    fn comment(self) -> Construct {
        match self {
            After::Key | After::ComplexColon => Construct::CommentBehindKey,
            After::Dash => Construct::CommentBehindDash,
            After::Question => Construct::CommentBehindQuestion,
            After::Start | After::Nothing => Construct::CommentBehindStart,
        }
    }

    /// Whether a block collection may begin on the same line.
    fn compact(self) -> bool {
        matches!(self, After::Dash | After::Question | After::ComplexColon)
    }
}

impl Writer {
    /// A node and the rest of its last line. `parent` is the column of the collection that it is in, -1 at the
    /// root; `depth` counts the collections around it.
    pub(super) fn block_node(&mut self, parent: isize, depth: usize, after: After) {
        self.budget = self.budget.saturating_sub(1);
        let nesting = if self.budget == 0 || depth >= self.habits.depth {
            0
        } else if depth == 0 {
            90
        } else {
            self.habits.nesting
        };
        if self.chance(nesting) {
            if self.chance(self.habits.flow) {
                self.blank_before(after);
                self.flow_node(parent, depth, after);
            } else {
                self.block_collection(parent, depth, after);
            }
            return;
        }
        match self.random.weighted(&[(12, 0), (4, 1), (2, 2), (2, 3)]) {
            1 => {
                self.blank_before(after);
                self.properties(false);
                self.block_scalar(parent);
            }
            2 if after != After::Nothing => self.nothing(after),
            3 if !self.anchors.is_empty() => {
                self.blank_before(after);
                self.alias();
                self.line_end(Construct::CommentLine);
            }
            _ => self.scalar_line(parent, after),
        }
    }

    /// The blank between an indicator and what follows.
    fn blank_before(&mut self, after: After) {
        if after == After::Nothing {
            return;
        }
        let blanks = if after == After::Key && self.chance(5) {
            self.note(Construct::TabBetween);
            self.random.choose(&["\t", " \t", "\t "])
        } else {
            self.random.choose(&[" ", " ", " ", " ", "  ", "     "])
        };
        self.put(blanks);
        if after == After::Start {
            self.note(Construct::DocumentStartLine);
        }
    }

    fn nothing(&mut self, after: After) {
        self.note(Construct::NullNothing);
        if self.chance(self.habits.properties) {
            self.put(" ");
            let before = self.out.len();
            self.properties(true);
            // The blank behind properties goes when nothing follows.
            if self.out.len() > before && self.out.ends_with(' ') {
                self.out.pop();
            }
        }
        self.line_end(after.comment());
    }

    /// A scalar, on the same line or the next.
    fn scalar_line(&mut self, parent: isize, after: After) {
        let place = Place { parent, flow: false, key: false };
        if after != After::Nothing && self.chance(self.habits.odd / 5) {
            self.note(Construct::ValueBelow);
            self.line_end(after.comment());
            let indent = (parent + 1).max(1) as usize + self.random.below(3);
            self.filler(indent, Construct::CommentHead);
            self.pad(indent);
        } else {
            self.blank_before(after);
        }
        self.properties(false);
        let before = self.out.len();
        self.flow_scalar(place);
        let quoted = self.out[before..].starts_with(['"', '\'']);
        if quoted && self.chance(self.habits.comments / 8) {
            self.note(Construct::CommentTouchesQuote);
            self.comment_text();
            self.put("\n");
        } else {
            self.line_end(Construct::CommentLine);
        }
    }

    /// A flow collection and the rest of its line.
    fn flow_node(&mut self, parent: isize, depth: usize, after: After) {
        self.properties(true);
        if depth == 0 {
            self.note(Construct::DocumentFlow);
        }
        let closed = parent >= 0 && after == After::Key && self.chance(10);
        self.flow_collection(parent, depth, closed);
        if self.chance(self.habits.comments / 8) {
            self.note(Construct::CommentTouchesBracket);
            self.comment_text();
            self.put("\n");
        } else {
            self.line_end(Construct::CommentLine);
        }
    }

    fn block_collection(&mut self, parent: isize, depth: usize, after: After) {
        let map = if depth == 0 { self.chance(95) } else { self.chance(60) };
        if after.compact() && self.chance(60) {
            // On the line of the indicator.
            let blanks = self.random.weighted(&[(8, 1), (1, 2), (1, 5)]);
            self.pad(blanks);
            let indent = self.column();
            self.note(if map { Construct::MapCompact } else { Construct::ListCompact });
            self.entries(map, indent, depth, true);
            return;
        }
        let mut anchored = None;
        if after != After::Nothing {
            let properties = self.chance(self.habits.properties);
            if properties {
                self.put(" ");
                anchored = self.collection_properties();
                self.line_end(Construct::CommentBehindProperties);
            } else {
                self.line_end(after.comment());
            }
        }
        let least = (parent + 1).max(0) as usize;
        let mut indent = match self.habits.indent {
            0 => least + self.random.below(5),
            step => parent.max(0) as usize + step,
        };
        if depth == 0 && self.chance(93) {
            indent = 0;
        }
        indent = indent.max(least);
        let indentless = matches!(after, After::Key | After::ComplexColon | After::Question);
        if !map && parent >= 0 && indentless && self.chance(30) {
            self.note(Construct::ListIndentless);
            indent = parent as usize;
        }
        self.filler(indent, Construct::CommentHead);
        self.entries(map, indent, depth, false);
        if let Some(name) = anchored {
            self.anchors.push(Anchored { name, map, document: self.document });
        }
    }

    /// Properties of a block collection; the name of the anchor is not to be used inside.
    fn collection_properties(&mut self) -> Option<String> {
        self.note(Construct::TagCollection);
        let tag = self.random.choose(&["!!map", "!!seq", "!foo", "!!omap", "!!set", "!!str", "!"]);
        let number = self.fresh();
        let name = format!("n{number}");
        match self.random.below(4) {
            0 => {
                self.put(tag);
                None
            }
            1 => {
                self.note(Construct::Anchor);
                self.put(&format!("&{name} {tag}"));
                Some(name)
            }
            _ => {
                self.note(Construct::Anchor);
                self.put(&format!("&{name}"));
                Some(name)
            }
        }
    }

    fn entries(&mut self, map: bool, indent: usize, depth: usize, compact: bool) {
        self.note(if map { Construct::Map } else { Construct::List });
        if depth == 0 && !map {
            self.note(Construct::DocumentList);
        }
        let count = self.random.weighted(&[(3, 1), (4, 2), (3, 3), (2, 5)]);
        for entry in 0..count {
            if entry > 0 || !compact {
                if entry > 0 {
                    self.filler(indent, Construct::CommentHead);
                }
                self.pad(indent);
            }
            if map {
                self.map_entry(indent, depth);
            } else {
                self.put("-");
                self.block_node(indent as isize, depth + 1, After::Dash);
            }
            if self.budget == 0 {
                break;
            }
        }
        if self.chance(50) {
            self.filler(indent, Construct::CommentFoot);
        }
    }

    fn map_entry(&mut self, indent: usize, depth: usize) {
        if self.chance(self.habits.complex) {
            self.note(Construct::ComplexKey);
            self.put("?");
            self.block_node(indent as isize, depth + 1, After::Question);
            if self.chance(20) {
                self.note(Construct::ComplexKeyAlone);
                return;
            }
            self.filler(indent, Construct::CommentHead);
            self.pad(indent);
            self.put(":");
            self.block_node(indent as isize, depth + 1, After::ComplexColon);
            return;
        }
        if self.chance(4) && self.merge(indent, depth) {
            return;
        }
        self.key(Place { parent: indent as isize, flow: false, key: true });
        self.put(":");
        self.block_node(indent as isize, depth + 1, After::Key);
    }

    /// Perhaps a merge key with its value.
    fn merge(&mut self, indent: usize, depth: usize) -> bool {
        let maps: Vec<String> =
            self.anchors.iter().filter(|anchor| anchor.map).map(|anchor| anchor.name.clone()).collect();
        if maps.is_empty() {
            // The first map that a merge can use.
            let number = self.fresh();
            self.note(Construct::Anchor);
            self.put(&format!("base{number}: &base{number}"));
            let map = self.random.choose(&[" {one: 1, two: 2}\n", " {}\n", "\n"]);
            self.put(map);
            if map == "\n" {
                self.pad(indent + 1);
                self.put("three: 3\n");
            }
            self.anchors.push(Anchored { name: format!("base{number}"), map: true, document: self.document });
            return true;
        }
        if depth > self.habits.depth {
            return false;
        }
        self.put("<<:");
        let name = self.random.pick(&maps).clone();
        if self.chance(60) {
            self.note(Construct::MergeMap);
            self.put(&format!(" *{name}"));
        } else {
            self.note(Construct::MergeList);
            let other = self.random.pick(&maps).clone();
            if self.chance(50) {
                self.put(&format!(" [*{name}, *{other}, {{m: 1}}]"));
            } else {
                self.put("\n");
                self.pad(indent + 2);
                self.put(&format!("- *{name}\n"));
                self.pad(indent + 2);
                self.put(&format!("- *{other}"));
            }
        }
        self.line_end(Construct::CommentLine);
        true
    }

    /// A simple key without its colon.
    pub(super) fn key(&mut self, place: Place) {
        if self.chance(self.habits.properties / 5) {
            self.note(Construct::AnchorKey);
            let number = self.fresh();
            self.put(&format!("&k{number} "));
            self.anchors.push(Anchored { name: format!("k{number}"), map: false, document: self.document });
        }
        match self.random.weighted(&[(12, 0), (2, 1), (2, 2), (1, 3)]) {
            0 => {
                let word = self.word();
                self.put(word);
            }
            3 if !self.anchors.is_empty() && !self.out.ends_with(' ') => {
                self.alias();
                if self.chance(50) {
                    self.note(Construct::AliasKeyGlued);
                } else {
                    self.note(Construct::AliasKey);
                    self.put(" ");
                }
                return;
            }
            kind => {
                if kind == 1 {
                    self.note(Construct::QuotedKey);
                    if self.chance(50) {
                        let number = self.fresh();
                        self.put(&format!("\"q{number}\""));
                    } else {
                        let number = self.fresh();
                        self.put(&format!("'q{number}'"));
                    }
                } else {
                    self.flow_scalar(place);
                }
                if self.chance(5) {
                    self.note(Construct::SpacedColon);
                    let blanks = self.random.choose(&[" ", "  ", "\t"]);
                    self.put(blanks);
                }
                return;
            }
        }
        // Keys differ, mostly.
        if self.chance(97) {
            let number = self.fresh();
            self.put(&number.to_string());
        }
        if self.chance(2) {
            self.note(Construct::SpacedColon);
            let blanks = self.random.choose(&[" ", "  ", "\t"]);
            self.put(blanks);
        }
    }

    /// An alias.
    pub(super) fn alias(&mut self) {
        let anchor = self.random.pick(&self.anchors).clone();
        self.note(if anchor.document == self.document { Construct::Alias } else { Construct::AliasAcross });
        self.put(&format!("*{}", anchor.name));
    }

    /// Perhaps an anchor, a tag or both, and a blank.
    pub(super) fn properties(&mut self, collection: bool) {
        if !self.chance(self.habits.properties) {
            return;
        }
        let tag = self.tag(collection);
        let number = self.fresh();
        let name = if self.chance(20) { format!("A-{number}_z") } else { format!("n{number}") };
        match self.random.weighted(&[(4, 0), (4, 1), (1, 2), (1, 3)]) {
            0 => self.put(&format!("{tag} ")),
            1 => self.put(&format!("&{name} ")),
            2 => self.put(&format!("&{name} {tag} ")),
            _ => self.put(&format!("{tag} &{name} ")),
        }
        if self.out.trim_end_matches(' ').ends_with(&name) || self.out.contains(&format!("&{name} ")) {
            self.note(Construct::Anchor);
            self.anchors.push(Anchored { name, map: false, document: self.document });
        }
    }

    /// A tag.
    fn tag(&mut self, collection: bool) -> String {
        if collection {
            self.note(Construct::TagCollection);
            return (self.random.choose(&["!!map", "!!seq", "!foo", "!", "!!omap", "!!str"])).to_owned();
        }
        let handle = if self.handle.is_some() { 12 } else { 1 };
        match self.random.weighted(&[(3, 0), (4, 1), (1, 2), (2, 3), (1, 4), (1, 5), (1, 6), (handle, 7)]) {
            0 => {
                self.note(Construct::TagBang);
                "!".to_owned()
            }
            1 => {
                self.note(Construct::TagCore);
                (self.random.choose(&[
                    "!!str",
                    "!!str",
                    "!!str",
                    "!!int",
                    "!!float",
                    "!!bool",
                    "!!null",
                    "!!timestamp",
                ]))
                .to_owned()
            }
            2 => {
                self.note(Construct::TagBinary);
                "!!binary".to_owned()
            }
            3 => {
                self.note(Construct::TagLocal);
                (self.random.choose(&["!foo", "!a/b", "!x%20y", "!vault-kv", "!Ref", "!?"])).to_owned()
            }
            4 => {
                self.note(Construct::TagVerbatim);
                (self.random.choose(&[
                    "!<tag:yaml.org,2002:str>",
                    "!<!foo>",
                    "!<tag:yaml.org,2002:int>",
                    "!<x:y>",
                    "!<!>",
                ]))
                .to_owned()
            }
            5 => {
                self.note(Construct::TagOther);
                (self.random.choose(&["!!set", "!!omap", "!!foo", "!!merge", "!!seq", "!!map"])).to_owned()
            }
            6 => {
                self.note(Construct::TagComma);
                (self.random.choose(&["!a,b", "!,", "!a[b]"])).to_owned()
            }
            _ => match self.handle {
                Some(handle) => {
                    self.note(Construct::TagHandle);
                    format!("{handle}{}", self.random.choose(&["str", "int", "foo"]))
                }
                None => "!plain".to_owned(),
            },
        }
    }
}
