//! Whole texts: documents, directives, and shapes that only a whole text can have.

use super::Writer;
use super::block::After;
use super::scalar::Place;
use crate::constructs::Construct;

impl Writer {
    /// A text of one or more documents.
    pub(super) fn stream(&mut self) {
        if self.chance(11) {
            self.special();
            return;
        }
        let documents = self.random.weighted(&[(12, 1), (3, 2), (1, 3), (1, 4)]);
        if documents > 1 {
            self.note(Construct::Documents);
        }
        let mut ended = true;
        for document in 0..documents {
            self.document = document;
            self.handle = None;
            self.budget = self.budget.max(4);
            ended = self.document_of_stream(ended);
        }
        self.end_of_text();
    }

    /// A document; `ended` says that nothing or a `...` is before it, and so does the result.
    fn document_of_stream(&mut self, ended: bool) -> bool {
        let first = self.document == 0;
        let mut start = !first || self.chance(25);
        if start || self.chance(30) {
            let before = self.out.len();
            self.filler(0, Construct::CommentAboveStart);
            if !start {
                self.constructs.retain(|&construct| construct != Construct::CommentAboveStart);
                if self.out[before..].contains('#') {
                    self.note(Construct::CommentHead);
                }
            }
        }
        if ended && self.chance(8) {
            self.directives();
            start = true;
        }
        if start {
            self.note(Construct::DocumentStart);
            self.put("---");
        }
        let written = self.root(if start { After::Start } else { After::Nothing });
        if written && self.chance(if self.document > 0 { 12 } else { 8 }) {
            self.note(Construct::DocumentEnd);
            self.put("...");
            self.line_end(Construct::CommentAtEndMark);
            if self.chance(20) {
                self.filler(0, Construct::CommentAtEndMark);
            }
            if self.chance(3) {
                self.put("...\n");
            }
            return true;
        }
        false
    }

    fn directives(&mut self) {
        if self.chance(50) {
            self.note(Construct::DirectiveVersion);
            self.put("%YAML");
            let blanks = self.random.choose(&[" ", "  ", "\t"]);
            self.put(blanks);
            self.put("1.1");
            self.line_end(Construct::CommentBehindDirective);
        }
        if self.chance(60) {
            self.note(Construct::DirectiveTag);
            let (handle, prefix) = self.random.choose(&[
                ("!e!", "tag:yaml.org,2002:"),
                ("!e!", "!local-"),
                ("!e!", "tag:example.com,2000:"),
                ("!!", "tag:example.com,2000:"),
                ("!", "!other-"),
                ("!", "tag:yaml.org,2002:"),
            ]);
            self.put(&format!("%TAG {handle} {prefix}"));
            self.handle = Some(handle);
            self.habits.properties = self.habits.properties.max(25);
            self.line_end(Construct::CommentBehindDirective);
        }
        if self.chance(20) {
            self.filler(0, Construct::CommentAboveStart);
        }
    }

    /// The root of a document; whether there is anything.
    fn root(&mut self, after: After) -> bool {
        if self.chance(4) {
            self.root_scalar(after);
            return true;
        }
        if self.chance(2) {
            self.note(Construct::DocumentEmpty);
            if after == After::Start {
                self.line_end(Construct::CommentBehindStart);
            }
            return after == After::Start;
        }
        self.block_node(-1, 0, after);
        true
    }

    fn root_scalar(&mut self, after: After) {
        self.note(Construct::DocumentScalar);
        if after == After::Start {
            let blanks = self.random.choose(&[" ", "\n", "\n  "]);
            self.put(blanks);
            self.note(Construct::DocumentStartLine);
        }
        if self.chance(20) && !self.out.ends_with("\n") {
            self.block_scalar(-1);
        } else {
            // In the first column some beginnings of a line mean other things.
            self.put("root ");
            self.flow_scalar(Place { parent: 0, flow: false, key: true });
            self.line_end(Construct::CommentLine);
        }
    }

    /// The end of the text: perhaps more lines, perhaps no line break.
    fn end_of_text(&mut self) {
        if self.chance(15) {
            self.filler(0, Construct::CommentFoot);
        }
        if self.chance(8) {
            self.pad(2);
        }
        if self.chance(6) {
            if self.out.ends_with('\n') || self.out.ends_with(' ') {
                self.note(Construct::CommentAtEnd);
                self.comment_text();
            }
        } else if self.chance(15) {
            while self.out.ends_with('\n') {
                self.out.pop();
            }
        }
    }

    /// A text made for one construct.
    fn special(&mut self) {
        let number = self.fresh();
        match self.random.below(20) {
            0 => {
                self.note(Construct::DocumentOfComments);
                self.habits.comments = 80;
                self.filler(0, Construct::CommentHead);
                if self.chance(50) {
                    self.put("---");
                    self.line_end(Construct::CommentBehindStart);
                    self.filler(0, Construct::CommentHead);
                }
            }
            1 => {
                self.note(Construct::BlockAtEnd);
                let header = self.random.choose(&["|", ">", "|+", ">+", "|-", "|2"]);
                let text = self.random.choose(&[
                    "  text",
                    "  two\n  lines",
                    "  text\n\n\n  end",
                    "  a\n   b",
                    "  a\n   ",
                    "  a\n  ",
                    "",
                ]);
                self.put(&format!("a: 1\nlast{number}: {header}\n{text}"));
            }
            2 => {
                self.note(Construct::AnchorGlued);
                let text = self.random.choose(&["&a:b 1", "- &a:b", "key: &a:b c", "&a: b", "? &a:b\n: c"]);
                self.put(text);
                self.put("\n");
            }
            3 => {
                self.note(Construct::DuplicateKey);
                self.put(&format!("same: 1\nother{number}: 2\nsame: 3\n"));
            }
            4 => {
                self.note(Construct::DuplicateKeyStyles);
                let (one, two) = self.random.choose(&[
                    ("1", "\"1\""),
                    ("a", "'a'"),
                    ("~", "\"~\""),
                    ("true", "'true'"),
                    ("!!str 1", "1"),
                ]);
                self.put(&format!("{one}: 1\nother: {{}}\n{two}: 2\n"));
            }
            5 => {
                self.note(Construct::DuplicateKeyLater);
                self.put("a: 1\n---\nsame: 1\nother: 2\nsame: 3\n");
            }
            6 => {
                self.note(Construct::RootNoMap);
                let text = self.random.choose(&[
                    "- a\n- b\n",
                    "[a, b]\n",
                    "text\n",
                    "1\n",
                    "'x'\n",
                    "|\n  x\n",
                    "--- - a\n",
                    "---\n- a\n",
                ]);
                self.put(&text.replace("--- -", "---\n-"));
            }
            7 => {
                self.note(Construct::CollectionKey);
                let text = self.random.choose(&[
                    "? [a]\n: b\n",
                    "? {a: 1}\n: b\n",
                    "{[a]: b}\n",
                    "? - a\n: b\n",
                    "[a, b]: c\n",
                    "x: {{a: 1}: 2}\n",
                ]);
                self.put(text);
            }
            8 => {
                self.note(Construct::MergeOther);
                let text = self.random.choose(&[
                    "<<: 1\na: 2\n",
                    "a: &a 1\n<<: *a\n",
                    "a: &a [1]\n<<: [*a]\n",
                    "<<: [1]\n",
                    "b:\n  <<: text\n",
                ]);
                self.put(text);
            }
            9 => {
                self.note(Construct::TagUnfitFirst);
                let text = self.random.choose(&[
                    "a: !!int x\n",
                    "a: !!float x\n",
                    "a: !!bool 1\n",
                    "a: !!null x\n",
                    "a: !!timestamp x\n",
                    "a: !!int 1.5\n",
                    "!!int a: b\n",
                    "a: !!int '1x'\n",
                ]);
                self.put(text);
            }
            10 => {
                self.note(Construct::BinaryInvalid);
                let text = self.random.choose(&[
                    "a: !!binary $$\n",
                    "a: !!binary abc\n",
                    "- !!binary ?\n",
                    "a: !!binary '=='\n",
                ]);
                self.put(&text.replace("- ", "a: "));
            }
            11 => {
                self.note(Construct::AliasInside);
                self.put("first: 1\n---\na: &a [1, *a]\nb: &b\n  c: *b\n");
            }
            12 => {
                self.note(Construct::AliasBomb);
                self.put("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
                for level in 1..5 {
                    let below = format!("*a{}", level - 1);
                    let list = vec![below; 10].join(", ");
                    self.put(&format!("a{level}: &a{level} [{list}]\n"));
                }
            }
            13 => {
                self.note(Construct::BomLater);
                self.put("a: 1\n---\n\u{feff}");
                let text =
                    self.random.choose(&["b: 2\n", "# c: d\nb: 2\n", "[x]\n", "b\n", "\u{feff}b: 1\n"]);
                self.put(text);
            }
            14 => {
                self.note(Construct::TagUnfit);
                self.put(
                    "a: 1\n---\nb: !!int x\nc: !!bool y\nd: !!binary $\ne: !!float 0x\nf: !!timestamp 1\n",
                );
                self.put(&format!("g{number}: !!null 1\n"));
            }
            15 => {
                self.note(Construct::TagBinary);
                let text = self.random.choose(&[
                    "aGVsbG8=",
                    "\"aGVs\\nbG8=\"",
                    "|\n  aGVs\n  bG8=",
                    "/+8=",
                    "''",
                    "gICA",
                ]);
                self.put(&format!("a: !!binary {text}\n"));
            }
            16 => {
                self.note(Construct::FlowColonEnd);
                let text = self.random.choose(&[
                    "{a:}",
                    "[a:]",
                    "{a:, b}",
                    "[a:, b: c]",
                    "{a:b}",
                    "[a:b]",
                    "{a::}",
                    "{\"a\":}",
                    "{a: }",
                ]);
                self.put(&format!("k: {text}\n"));
            }
            17 => {
                self.note(Construct::FlowQuestion);
                let text = self.random.choose(&[
                    "{?c: d}",
                    "[?x]",
                    "{?}",
                    "{? }",
                    "{?a, ?b: 1}",
                    "[x, ?y: z]",
                    "[? x]",
                    "{?,a}",
                ]);
                self.put(&format!("k: {text}\n"));
            }
            18 => {
                self.note(Construct::BomLine);
                let text = self.random.choose(&[
                    "a: 1\n\u{feff}b: 2\nc: 3\n",
                    "# c\n\u{feff}b: 2\n",
                    "\n\u{feff}a: 1\n",
                    "a:\n  \u{feff}b: 1\n  c: 2\n",
                ]);
                self.put(text);
            }
            _ => {
                self.note(Construct::CommentMany);
                self.put("key:\n");
                for line in 0..self.random.between(97, 160) {
                    self.pad(2);
                    self.put(&format!("# line {line}\n"));
                }
                self.put("  a: 1\n");
            }
        }
        if self.chance(30) {
            self.filler(0, Construct::CommentFoot);
        }
    }
}
