//! The constructs of the dialect, and how often a run met each.

use std::fmt::Write as _;

/// How often each construct has to occur in a full run.
pub const LEAST: usize = 100;

/// What the library does with a text because of a construct.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It reads it.
    Read,
    /// It refuses it.
    Refused,
    /// It reads it but does not decode its first document into a map.
    NotLoaded,
}

macro_rules! constructs {
    ($($(#[doc = $name:literal])+ $verdict:ident $variant:ident,)*) => {
        /// One way to write something that has a meaning of its own.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Construct {
            $($(#[doc = $name])+ $variant,)*
        }

        impl Construct {
            /// All of them.
            pub const ALL: &'static [Construct] = &[$(Construct::$variant,)*];

            /// In words.
            pub fn name(self) -> &'static str {
                match self {
                    $(Construct::$variant => concat!($($name),+).trim_ascii(),)*
                }
            }

            /// What the library does with a text that has it, so that it counts as met.
            pub fn verdict(self) -> Verdict {
                match self {
                    $(Construct::$variant => Verdict::$verdict,)*
                }
            }
        }
    };
}

constructs! {
    /// null: nothing
    Read NullNothing,
    /// null: `~`
    Read NullTilde,
    /// null: `null`
    Read NullLower,
    /// null: `Null`
    Read NullTitle,
    /// null: `NULL`
    Read NullUpper,
    /// bool: `true`
    Read BoolTrue,
    /// bool: `True`
    Read BoolTrueTitle,
    /// bool: `TRUE`
    Read BoolTrueUpper,
    /// bool: `false`
    Read BoolFalse,
    /// bool: `False`
    Read BoolFalseTitle,
    /// bool: `FALSE`
    Read BoolFalseUpper,
    /// string: a truth word of YAML 1.1 (`yes`, `off`, `y`)
    Read BoolOld,
    /// integer: decimal
    Read IntDecimal,
    /// integer: with a sign
    Read IntSign,
    /// integer: `0x`
    Read IntHex,
    /// integer: `0o`
    Read IntOctal,
    /// integer: `0b`
    Read IntBinary,
    /// integer: octal by a leading zero
    Read IntOldOctal,
    /// integer: underscores
    Read IntUnderscores,
    /// integer: prefix in upper case
    Read IntUpperPrefix,
    /// integer: sign before a prefix
    Read IntSignedPrefix,
    /// integer: near the ends of 64 bits with sign
    Read IntLimit,
    /// integer: above 64 bits with sign, within 64 bits
    Read IntUnsigned,
    /// float: an integer beyond 64 bits
    Read IntBeyond,
    /// string: a prefixed number beyond 64 bits
    Read IntPrefixBeyond,
    /// float: a leading zero before 8 or 9
    Read FloatBadOctal,
    /// float: plain fraction
    Read FloatFraction,
    /// float: ends in a point
    Read FloatEndsInPoint,
    /// float: begins with a point
    Read FloatBeginsWithPoint,
    /// float: exponent
    Read FloatExponent,
    /// float: underscores
    Read FloatUnderscores,
    /// string: a float too large
    Read FloatOverflow,
    /// float: a float too small, zero
    Read FloatUnderflow,
    /// float: infinity
    Read FloatInfinity,
    /// float: infinity with a sign
    Read FloatSignedInfinity,
    /// float: not a number
    Read FloatNan,
    /// string: numbers of other languages (`0x1p-2`, `inf`, `NaN`)
    Read FloatForeign,
    /// string: base 60
    Read Sexagesimal,
    /// timestamp: date
    Read TimeDate,
    /// timestamp: `T` with a zone
    Read TimeUpper,
    /// timestamp: `t` with a zone
    Read TimeLower,
    /// timestamp: with a blank
    Read TimeBlank,
    /// string: a timestamp with a blank and a zone
    Read TimeBlankZone,
    /// string: a timestamp with `T` and no zone
    Read TimeNoZone,
    /// string: a date that does not exist
    Read TimeNone,
    /// merge: `<<` as a value
    Read MergeValue,
    /// string: `=`
    Read Equals,
    /// tag `!`, resolves as without
    Read TagBang,
    /// core tag (`!!str`, `!!int`) on a scalar
    Read TagCore,
    /// core tag that does not fit
    Read TagUnfit,
    /// tag `!!binary`
    Read TagBinary,
    /// tag `!!set`, `!!omap` and others without a meaning
    Read TagOther,
    /// tag of its own (`!foo`)
    Read TagLocal,
    /// tag in angle brackets
    Read TagVerbatim,
    /// tag with a declared handle
    Read TagHandle,
    /// tag on a collection
    Read TagCollection,
    /// tag with a comma (`!a,b x`)
    Read TagComma,
    /// anchor
    Read Anchor,
    /// anchor glued to text (`&a:b 1`)
    Read AnchorGlued,
    /// anchor on a key
    Read AnchorKey,
    /// alias
    Read Alias,
    /// alias as a key (`*a : v`)
    Read AliasKey,
    /// alias as a key, glued (`*a: b`)
    Read AliasKeyGlued,
    /// alias of an earlier document
    Read AliasAcross,
    /// alias of what contains it
    Read AliasInside,
    /// merge of a map
    Read MergeMap,
    /// merge of a list of maps
    Read MergeList,
    /// plain scalar on several lines
    Read PlainLines,
    /// plain scalar with indicators inside
    Read PlainIndicators,
    /// single quotes
    Read Single,
    /// single quotes on several lines
    Read SingleLines,
    /// double quotes
    Read Double,
    /// double quotes on several lines
    Read DoubleLines,
    /// double quotes with an escaped line break
    Read DoubleFolded,
    /// escapes of one letter
    Read EscapeLetter,
    /// escapes of hexadecimal digits
    Read EscapeHex,
    /// escape of a single quote
    Read EscapeSingle,
    /// quotes that go on in a column not right of their key
    Read QuotesDedented,
    /// literal block scalar
    Read Literal,
    /// folded block scalar
    Read Folded,
    /// block scalar: `-`
    Read BlockStrip,
    /// block scalar: `+`
    Read BlockKeep,
    /// block scalar: indentation given
    Read BlockIndented,
    /// block scalar: lines that are more indented
    Read BlockMoreIndented,
    /// block scalar: blank lines in front
    Read BlockBlankFirst,
    /// block scalar: no content
    Read BlockEmpty,
    /// block scalar: comment behind its header
    Read BlockComment,
    /// block scalar: comment that touches its header (`|# c`)
    Read BlockCommentTouches,
    /// block scalar: ends with the file and without a line break
    Read BlockAtEnd,
    /// block map
    Read Map,
    /// block list
    Read List,
    /// block list at the column of its key
    Read ListIndentless,
    /// map behind a dash
    Read MapCompact,
    /// list behind a dash
    Read ListCompact,
    /// flow map
    Read FlowMap,
    /// flow list
    Read FlowList,
    /// flow: empty collection
    Read FlowEmpty,
    /// flow: on several lines
    Read FlowLines,
    /// flow: comma behind the last entry
    Read FlowTrailingComma,
    /// flow: map of one pair in a list (`[a: b]`)
    Read FlowPair,
    /// flow: key without a value
    Read FlowKeyAlone,
    /// flow: value glued to a quoted key (`{"a":1}`)
    Read FlowGlued,
    /// flow: key that ends in a colon (`{a:}`, `[a:]`)
    Read FlowColonEnd,
    /// flow: question mark glued to text (`{?c: d}`)
    Read FlowQuestion,
    /// flow: complex key
    Read FlowComplexKey,
    /// flow: closed at the column of the key (`key: [`)
    Read FlowClosedAtParent,
    /// flow: entries not indented
    Read FlowUnindented,
    /// flow: indented by tabs
    Read FlowTabs,
    /// flow collection as a key
    Read FlowAsKey,
    /// complex key (`? `)
    Read ComplexKey,
    /// complex key without a value
    Read ComplexKeyAlone,
    /// quoted key
    Read QuotedKey,
    /// key that is no string
    Read TypedKey,
    /// blanks before the colon of a key
    Read SpacedColon,
    /// value on the line below its key
    Read ValueBelow,
    /// comment: above an entry
    Read CommentHead,
    /// comment: behind a value
    Read CommentLine,
    /// comment: below the last entry
    Read CommentFoot,
    /// comment: behind a key
    Read CommentBehindKey,
    /// comment: behind a dash
    Read CommentBehindDash,
    /// comment: behind `?`
    Read CommentBehindQuestion,
    /// comment: behind the properties of a collection
    Read CommentBehindProperties,
    /// comment: in a flow collection
    Read CommentInFlow,
    /// comment: behind an opening bracket
    Read CommentBehindBracket,
    /// comment: touches a quote (`"x"# c`)
    Read CommentTouchesQuote,
    /// comment: touches a bracket (`[a]# c`)
    Read CommentTouchesBracket,
    /// comment: above `---`
    Read CommentAboveStart,
    /// comment: behind `---`
    Read CommentBehindStart,
    /// comment: behind or below `...`
    Read CommentAtEndMark,
    /// comment: behind a directive
    Read CommentBehindDirective,
    /// comment: several blocks of lines with blank lines between
    Read CommentBlocks,
    /// comment: more than 96 lines
    Read CommentMany,
    /// comment: more than 512 bytes
    Read CommentLong,
    /// comment: at the end of the file, without a line break
    Read CommentAtEnd,
    /// document: only comments
    Read DocumentOfComments,
    /// document: nothing
    Read DocumentEmpty,
    /// document: a scalar
    Read DocumentScalar,
    /// document: a list
    Read DocumentList,
    /// document: a flow collection
    Read DocumentFlow,
    /// documents: several
    Read Documents,
    /// document: `---` before it
    Read DocumentStart,
    /// document: content on the line of `---`
    Read DocumentStartLine,
    /// document: `...` behind it
    Read DocumentEnd,
    /// directive `%YAML 1.1`
    Read DirectiveVersion,
    /// directive `%TAG`
    Read DirectiveTag,
    /// blank lines
    Read BlankLines,
    /// blanks at the end of a line
    Read TrailingBlanks,
    /// tab between tokens
    Read TabBetween,
    /// text larger than the library's buffer
    Read LargeText,
    /// line breaks: CRLF
    Read BreakCrlf,
    /// line breaks: CR
    Read BreakCr,
    /// line breaks: NEL
    Read BreakNel,
    /// line breaks: LS
    Read BreakLs,
    /// line breaks: PS
    Read BreakPs,
    /// no line break at the end
    Read BreakMissing,
    /// byte order mark
    Read Bom,
    /// byte order mark before a later document
    Read BomLater,
    /// byte order mark at the beginning of a line
    Read BomLine,
    /// UTF-16, little end first
    Read Utf16Le,
    /// UTF-16, big end first
    Read Utf16Be,
    /// characters beyond ASCII
    Read Unicode,
    /// characters beyond 16 bits
    Read UnicodeAstral,
    /// not loaded: the same key twice
    NotLoaded DuplicateKey,
    /// not loaded: the same key twice in two styles
    NotLoaded DuplicateKeyStyles,
    /// not loaded: aliases multiply
    NotLoaded AliasBomb,
    /// not loaded: the root is no map
    NotLoaded RootNoMap,
    /// not loaded: a key that is a collection
    NotLoaded CollectionKey,
    /// not loaded: merge of something else
    NotLoaded MergeOther,
    /// not loaded: a tag that does not fit
    NotLoaded TagUnfitFirst,
    /// not loaded: invalid base64
    NotLoaded BinaryInvalid,
    /// read: the same key twice in a later document
    Read DuplicateKeyLater,
    /// refused: `%YAML 1.2`
    Refused RefusedVersion,
    /// refused: unknown directive
    Refused RefusedDirective,
    /// refused: text after `...` without `---`... of a directive
    Refused RefusedAfterEnd,
    /// refused: root block scalar without indentation
    Refused RefusedRootBlock,
    /// refused: empty key (`: a`)
    Refused RefusedEmptyKey,
    /// refused: escape of a slash
    Refused RefusedSlash,
    /// refused: other unknown or incomplete escapes
    Refused RefusedEscape,
    /// refused: surrogates in escapes
    Refused RefusedSurrogates,
    /// refused: anchor with a point
    Refused RefusedAnchorPoint,
    /// refused: anchor beyond ASCII
    Refused RefusedAnchorUnicode,
    /// refused: tab after `-` before a nested node
    Refused RefusedTabDash,
    /// refused: tab after `:` of a complex key before a nested node
    Refused RefusedTabColon,
    /// refused: tab as indentation
    Refused RefusedTabIndent,
    /// refused: line of only tabs
    Refused RefusedTabLine,
    /// refused: unknown anchor
    Refused RefusedUnknownAnchor,
    /// refused: flow nesting over 10,000
    Refused RefusedFlowDepth,
    /// refused: block nesting over 10,000
    Refused RefusedBlockDepth,
    /// refused: key over 1,024 characters
    Refused RefusedLongKey,
    /// refused: key on several lines
    Refused RefusedKeyLines,
    /// refused: NUL
    Refused RefusedNul,
    /// refused: control character
    Refused RefusedControl,
    /// refused: invalid UTF-8
    Refused RefusedUtf8,
    /// refused: invalid UTF-16
    Refused RefusedUtf16,
    /// refused: quotes not closed
    Refused RefusedQuotes,
    /// refused: flow collection not closed
    Refused RefusedFlow,
    /// refused: flow collection with a wrong bracket, or entries without a comma
    Refused RefusedBrackets,
    /// refused: wrong indentation
    Refused RefusedIndentation,
    /// refused: map in a plain value (`a: b: c`)
    Refused RefusedInlineMap,
    /// refused: reserved indicator (`@`, a backquote, `%`)
    Refused RefusedIndicator,
    /// refused: unknown tag handle
    Refused RefusedHandle,
    /// refused: two anchors or two tags
    Refused RefusedProperties,
    /// refused: properties on an alias
    Refused RefusedAliasProperties,
    /// refused: header of a block scalar
    Refused RefusedHeader,
    /// refused: tab in the indentation of a block scalar
    Refused RefusedBlockTab,
    /// refused: document mark inside quotes or brackets
    Refused RefusedMarkInside,
    /// refused: the same directive twice
    Refused RefusedDirectives,
}

/// How often each construct was met.
#[derive(Clone, Debug)]
pub struct Counts {
    counts: Vec<usize>,
}

impl Default for Counts {
    fn default() -> Self {
        Self { counts: vec![0; Construct::ALL.len()] }
    }
}

impl Counts {
    /// Counts a text with `constructs` of which the library made `verdict`.
    pub fn add(&mut self, constructs: &[Construct], verdict: Verdict) {
        for &construct in constructs {
            let met = match construct.verdict() {
                Verdict::Read => verdict != Verdict::Refused,
                asked => asked == verdict,
            };
            self.counts[construct as usize] += usize::from(met);
        }
    }

    /// Adds what another part of the run met.
    pub fn merge(&mut self, other: &Counts) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// The constructs that were met less often than `least` times.
    pub fn rare(&self, least: usize) -> Vec<Construct> {
        Construct::ALL.iter().copied().filter(|&construct| self.counts[construct as usize] < least).collect()
    }

    /// One line for each construct: how often, and what.
    pub fn table(&self) -> String {
        let mut table = String::new();
        for &construct in Construct::ALL {
            writeln!(table, "{:8}  {}", self.counts[construct as usize], construct.name())
                .expect("writing to a string does not fail");
        }
        table
    }
}
