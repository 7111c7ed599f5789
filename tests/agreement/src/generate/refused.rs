//! Texts with one thing that the library refuses.

use super::Writer;
use super::block::After;
use crate::constructs::Construct;

/// What can be wrong, and texts that are.
///
/// Each text is put behind a map at column 0; one with `^` at its beginning takes the place of the whole text.
const CASES: &[(Construct, &[&str])] = &[
    (
        Construct::RefusedVersion,
        &["^%YAML 1.2\n---\na: 1\n", "^%YAML 2.0\n---\n", "^%YAML 1.10\n--- a\n", "^%YAML 1\n---\na: 1\n"],
    ),
    (
        Construct::RefusedDirective,
        &["^%FOO bar\n---\na: 1\n", "^%\n---\n", "^%TAGS ! !\n---\n", "...\n%X\n---\na: 1\n"],
    ),
    (Construct::RefusedAfterEnd, &["...\nb: 1\n", "...\n# c\ntext\n", "...\n[a]\n", "... b\n"]),
    (Construct::RefusedRootBlock, &["^|\ntext\n", "^--- |\ntext\n", "^--- >\ntext\n", "---\n>-\ntext\n"]),
    (Construct::RefusedEmptyKey, &[": a\n", "k:\n  : a\n", "- : a\n", "^: a\n"]),
    (Construct::RefusedSlash, &["k: \"\\/\"\n", "k: \"a\\/b\"\n", "\"\\/\": 1\n"]),
    (
        Construct::RefusedEscape,
        &[
            "k: \"\\q\"\n",
            "k: \"\\x4\"\n",
            "k: \"\\u12\"\n",
            "k: \"\\U0001F60\"\n",
            "k: \"\\xzz\"\n",
            "k: \"\\U00110000\"\n",
            "k: \"\\1\"\n",
        ],
    ),
    (
        Construct::RefusedSurrogates,
        &["k: \"\\ud83d\\ude00\"\n", "k: \"\\ud800\"\n", "k: \"\\uDFFF\"\n", "k: \"\\U0000d800\"\n"],
    ),
    (Construct::RefusedAnchorPoint, &["k: &a.b 1\n", "- &a. x\n", "k: &a/b 1\n", "k: & a\n", "k: &\n"]),
    (Construct::RefusedAnchorUnicode, &["k: &ä 1\n", "k: &aé 1\n", "k: *é\n", "k: &日 1\n"]),
    (Construct::RefusedTabDash, &["k:\n  -\t- x\n", "k:\n- \t- x\n", "k:\n  -\ta: 1\n", "k:\n  - \ta: 1\n"]),
    (Construct::RefusedTabColon, &["? a\n:\t- x\n", "? a\n: \tb: 1\n", "?\t- x\n: y\n", "?\ta: 1\n: y\n"]),
    (Construct::RefusedTabIndent, &["k:\n\ta: 1\n", "k:\n  a: 1\n\tb: 2\n", "k:\n\t- x\n", "\tk: 1\n"]),
    (Construct::RefusedTabLine, &["a: 1\n\t\nb: 2\n", "\t\na: 1\n", "a:\n\t\n  b: 1\n"]),
    (
        Construct::RefusedUnknownAnchor,
        &["k: *unknown\n", "k: [*unknown]\n", "*unknown : 1\n", "k: *n\nj: &n 1\n"],
    ),
    (
        Construct::RefusedKeyLines,
        &[
            "a\nb: 1\n",
            "'a\n  b': 1\n",
            "\"a\n b\": 1\n",
            "k:\n  a\n  b: 1\n",
            "[a,\n b]: c\n",
            "{a,\n  b}: c\n",
        ],
    ),
    (Construct::RefusedQuotes, &["k: \"a\n", "k: 'a\n", "k: \"a\\\"\n", "k: 'a''\n", "- \"\n", "k: ['a]\n"]),
    (Construct::RefusedFlow, &["k: [a\n", "k: {a: b\n", "k: [a, [b]\n", "k: {a: [}\n", "k: [\n", "k: [a,\n"]),
    (
        Construct::RefusedBrackets,
        &[
            "k: [a}\n",
            "k: {a]\n",
            "k: a]\n]\n",
            "k: [,]\n",
            "k: [a,,b]\n",
            "k: {,}\n",
            "k: [a] b\n",
            "k: {a} b\n",
            "k: ]\n",
            "k: ['a' b]\n",
            "k: [[a] [b]]\n",
        ],
    ),
    (
        Construct::RefusedIndentation,
        &[
            "k:\n    a: 1\n  b: 2\n",
            "k: 1\n  j: 2\n",
            "k:\n  - a\n - b\n",
            "k:\n  - a\n   - b: 1\n  c: 1\n",
            "- a\n",
            "k:\n  a: 1\n - b\n",
            "k: 'a'\n 'b'\n",
        ],
    ),
    (
        Construct::RefusedInlineMap,
        &["k: a: b\n", "k: a: \n", "k: - a\n", "k: 'a': b\n", "k: [a]: b\n", "k: ? a\n", "k: &a b: c\n"],
    ),
    (
        Construct::RefusedIndicator,
        &[
            "k: @a\n",
            "k: `a\n",
            "k: %a\n",
            "@k: 1\n",
            "- @\n",
            "k: [@]\n",
            "k: [%a]\n",
            "k: ,\n",
            "k: }\n",
            "k: [- ]\n",
        ],
    ),
    (
        Construct::RefusedHandle,
        &["k: !e!x 1\n", "k: !undeclared!x 1\n", "^%TAG !e! !x\n---\na: 1\n---\nb: !e!x 1\n"],
    ),
    (Construct::RefusedProperties, &["k: &a &b 1\n", "k: !a !b 1\n", "k: &a !t &b 1\n"]),
    (
        Construct::RefusedAliasProperties,
        &["k: &a 1\nj: &b *a\n", "k: &a 1\nj: !t *a\n", "k: &a 1\nj: *a b\n"],
    ),
    (
        Construct::RefusedHeader,
        &[
            "k: |0\n  a\n",
            "k: |10\n  a\n",
            "k: |x\n  a\n",
            "k: | a\n",
            "k: >++\n  a\n",
            "k: |-x\n",
            "k: |1-2\n",
        ],
    ),
    (
        Construct::RefusedBlockTab,
        &["k: |\n\ta\n", "k: |\n  \n\ta\n", "k: >2\n \ta\n", "k: |\n \n  \n   \n\tx\n"],
    ),
    (
        Construct::RefusedMarkInside,
        &[
            "k: \"a\n---\nb\"\n",
            "k: 'a\n...\nb'\n",
            "k: [a,\n---\n]\n",
            "k: {a: 1,\n... \n}\n",
            "k: \"\n--- \"",
        ],
    ),
    (
        Construct::RefusedDirectives,
        &[
            "^%YAML 1.1\n%YAML 1.1\n---\na: 1\n",
            "^%TAG ! !a\n%TAG ! !b\n---\n",
            "^%YAML 1.1\n",
            "^%TAG !e! !x\na: 1\n",
            "^%TAG e !x\n---\n",
            "^%TAG !e !x\n---\n",
            "^%TAG !e!\n---\n",
            "^%YAML 1.1 x\n---\n",
            "^%YAML\n---\n",
        ],
    ),
];

impl Writer {
    /// A text with one thing that the library refuses.
    pub(super) fn refused(&mut self) {
        match self.random.below(CASES.len() + 11) {
            0 | 1 => self.deep_flow(),
            2 | 3 => self.deep_block(),
            4 | 5 => self.long_key(),
            6 => self.control(Construct::RefusedNul),
            7 | 8 => self.control(Construct::RefusedControl),
            9 => self.invalid(Construct::RefusedUtf8),
            10 => self.invalid(Construct::RefusedUtf16),
            case => {
                let (construct, texts) = CASES[case - 11];
                self.note(construct);
                let text = self.random.choose(texts);
                if let Some(text) = text.strip_prefix('^') {
                    self.put(text);
                    return;
                }
                self.before();
                self.put(text);
                if self.chance(30) {
                    self.put("end: 1\n");
                }
            }
        }
    }

    /// A map at column 0.
    fn before(&mut self) {
        self.put("begin: 1\n");
        if self.chance(50) {
            self.filler(0, Construct::CommentHead);
            self.put("more:");
            self.block_node(0, 1, After::Key);
        }
        if self.chance(50) {
            self.put("k0: x\n");
        }
    }

    fn deep_flow(&mut self) {
        let depth = self.random.between(9_997, 10_004);
        if depth > 10_000 {
            self.note(Construct::RefusedFlowDepth);
        }
        let (open, close) =
            self.random.choose(&[("[", "]"), ("{a: ", "}"), ("[[", "]"), ("{? ", "}"), ("[{a: ", "}]")]);
        let levels = if open.matches(['[', '{']).count() == 2 { depth.div_ceil(2) } else { depth };
        self.put("k: ");
        self.put(&open.repeat(levels));
        self.put(&if open == "[[" { "]".repeat(2 * levels) } else { close.repeat(levels) });
        self.put("\n");
    }

    fn deep_block(&mut self) {
        let depth = self.random.between(9_999, 10_005);
        if depth > 10_001 {
            self.note(Construct::RefusedBlockDepth);
        }
        self.put(&"- ".repeat(depth));
        self.put("x\n");
    }

    fn long_key(&mut self) {
        let count = self.random.between(1_018, 1_030);
        let key = match self.random.below(4) {
            0 => "k".repeat(count),
            1 => format!("\"{}\"", "k".repeat(count)),
            2 => "é".repeat(count),
            _ => format!("&a {}", "k".repeat(count)),
        };
        let length = key.chars().count();
        if length > 1_024 {
            self.note(Construct::RefusedLongKey);
        }
        let flow = self.chance(30);
        self.put(if flow { "k: {" } else { "" });
        self.put(&key);
        self.put(": 1");
        self.put(if flow { "}\n" } else { "\n" });
    }

    fn control(&mut self, construct: Construct) {
        self.note(construct);
        self.plain_bytes();
        let character = if construct == Construct::RefusedNul {
            '\0'
        } else {
            self.random.choose(&[
                '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{e}', '\u{1b}', '\u{1f}', '\u{7f}', '\u{80}',
                '\u{84}', '\u{86}', '\u{9f}', '\u{fffe}', '\u{ffff}',
            ])
        };
        self.before();
        let text = self.random.choose(&[
            "k: a@b\n",
            "k: '@'\n",
            "# @\n",
            "k@: 1\n",
            "k: |\n  @\n",
            "k: 1\n@",
            "@\n",
        ]);
        self.put(&text.replace('@', &character.to_string()));
    }

    /// Bytes that are no characters. They are put in when the text becomes bytes.
    fn invalid(&mut self, construct: Construct) {
        self.note(construct);
        self.before();
        self.put("k: ");
        self.put(super::encode::INVALID);
        self.put("\n");
        if construct == Construct::RefusedUtf16 {
            self.utf16();
        } else {
            self.plain_bytes();
        }
    }
}
