//! Reading JSON as Go's token decoder does, with spans.

use memchr::memchr2;

use crate::document::{DocumentCase, DocumentError, Form, Kind, Node, Type};
use crate::span::Span;

/// How deep objects and lists may be nested, the outermost object included. Go writes no more, so sops
/// cannot encrypt more.
const MAX_DEPTH: usize = 10_000;

/// A text that was read.
pub(super) struct Parsed {
    /// The nodes without the `sops` member. Of a map or list, `detail` is the index of its end.
    pub(super) nodes: Vec<Node>,
    /// The `sops` member.
    pub(super) block: Option<Member>,
    /// The offset of a second `sops` member.
    pub(super) second_block: Option<u32>,
    /// From the opening brace of the object to behind the closing one.
    pub(super) root: Span,
    /// The end of the last member; behind the opening brace if there is none.
    pub(super) last_end: u32,
    /// From the end of the last member but one to the last; empty if there are not two.
    pub(super) separator: Span,
    /// The text stops inside a member in a way that sops takes for the end. Everything from
    /// `last_end` on is to be replaced by a closing brace.
    pub(super) truncated: bool,
}

/// The `sops` member of the outermost object.
pub(super) struct Member {
    /// The key.
    pub(super) key: Span,
    /// The value.
    pub(super) value: Span,
    /// The end of the member in front of it.
    pub(super) before: Option<u32>,
    /// The beginning of the member behind it.
    pub(super) after: Option<u32>,
    /// The value as nodes; `detail` means nothing.
    pub(super) nodes: Vec<Node>,
}

/// Reads `text`.
///
/// # Errors
/// It is no JSON object.
pub(super) fn parse(text: &[u8], form: Form) -> Result<Parsed, DocumentError> {
    let mut parser = Parser {
        text,
        at: 0,
        form,
        open: Vec::new(),
        key: Span::default(),
        key_index: 0,
        parsed: Parsed {
            nodes: Vec::with_capacity(text.len() / 64 + 8),
            block: None,
            second_block: None,
            root: Span::default(),
            last_end: 0,
            separator: Span::default(),
            truncated: false,
        },
    };
    parser.document()?;
    Ok(parser.parsed)
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first key, or the end of the object.
    FirstKey,
    /// A key.
    Key,
    /// A colon.
    Colon,
    /// The first element, or the end of the list.
    FirstElement,
    /// A value.
    Value,
    /// A comma, or the end of the collection.
    After,
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    form: Form,
    /// The indices of the open collections.
    open: Vec<u32>,
    /// The key of the member of the outermost object that is being read.
    key: Span,
    /// The index of its node.
    key_index: usize,
    parsed: Parsed,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), DocumentError> {
        match self.peek() {
            Some(b'{') => {}
            None => return Err(self.error("the file is empty; JSON needs at least {}")),
            Some(0xef) if self.text.starts_with("\u{feff}".as_bytes()) => {
                return Err(self.error("JSON may not begin with a byte order mark; remove it"));
            }
            Some(b'[') => {
                return Err(self.error(
                    "the outermost value is a list; only objects can be encrypted, so wrap it in one, \
                     such as {\"data\": [...]}",
                ));
            }
            Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                return Err(self.error("the outermost value is no object; only objects can be encrypted"));
            }
            Some(_) => return Err(self.error("this is no JSON; expected an opening brace")),
        }
        self.parsed.root = Span::empty(self.at);
        self.parsed.last_end = self.at as u32 + 1;
        self.open(Kind::Branch)?;
        let mut state = State::FirstKey;
        while !self.open.is_empty() {
            let Some(byte) = self.peek() else { return self.ran_out(state) };
            state = match (state, byte) {
                (State::FirstKey, b'}') | (State::FirstElement, b']') => self.close(byte)?,
                (State::FirstKey | State::Key, b'"') => self.key()?,
                (State::Colon, b':') => {
                    self.at += 1;
                    State::Value
                }
                (State::FirstElement | State::Value, _) => self.value(byte)?,
                (State::After, b',') => {
                    self.at += 1;
                    if self.in_list() { State::Value } else { State::Key }
                }
                (State::After, b'}' | b']') => self.close(byte)?,
                (State::FirstKey | State::Key, _) => {
                    return Err(self.error("expected a key in double quotes"));
                }
                (State::Colon, _) => return Err(self.error("expected a colon behind the key")),
                (State::After, _) if self.in_list() => {
                    return Err(self.error("expected a comma or a closing bracket"));
                }
                (State::After, _) => return Err(self.error("expected a comma or a closing brace")),
            };
        }
        self.parsed.root.end = self.at as u32;
        if self.form == Form::Plain && self.peek().is_some() {
            return Err(self.error("there is text behind the object; sops would drop it, so remove it"));
        }
        Ok(())
    }

    /// The next byte that is no white space; `at` is its offset.
    fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    fn in_list(&self) -> bool {
        self.open.last().is_some_and(|&index| self.parsed.nodes[index as usize].kind == Kind::List)
    }

    fn push(&mut self, kind: Kind, start: usize, detail: u32) {
        self.parsed.nodes.push(Node { kind, span: Span::new(start, self.at), detail });
    }

    fn open(&mut self, kind: Kind) -> Result<(), DocumentError> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.error("objects and lists are nested more than 10000 deep"));
        }
        self.open.push(self.parsed.nodes.len() as u32);
        self.at += 1;
        self.push(kind, self.at - 1, 0);
        Ok(())
    }

    fn close(&mut self, bracket: u8) -> Result<State, DocumentError> {
        if (bracket == b']') != self.in_list() {
            return Err(self.error(if bracket == b']' {
                "expected a closing brace, not a bracket"
            } else {
                "expected a closing bracket, not a brace"
            }));
        }
        let index = self.open.pop().expect("the loop ends when nothing is open");
        self.parsed.nodes[index as usize].detail = self.parsed.nodes.len() as u32;
        self.at += 1;
        self.push(Kind::End, self.at - 1, 0);
        self.finish_value();
        Ok(State::After)
    }

    fn key(&mut self) -> Result<State, DocumentError> {
        let start = self.at;
        let escaped = self.string()?;
        self.push(Kind::Key, start, escaped);
        if self.open.len() == 1 {
            self.key_index = self.parsed.nodes.len() - 1;
            self.key = Span::new(start, self.at);
            if let Some(block) = &mut self.parsed.block {
                block.after.get_or_insert(start as u32);
            }
        }
        Ok(State::Colon)
    }

    fn value(&mut self, byte: u8) -> Result<State, DocumentError> {
        let start = self.at;
        match byte {
            b'"' => {
                let escaped = self.string()?;
                self.push(Kind::Scalar(Type::Str), start, escaped);
            }
            b'{' => {
                self.open(Kind::Map)?;
                return Ok(State::FirstKey);
            }
            b'[' => {
                self.open(Kind::List)?;
                return Ok(State::FirstElement);
            }
            b'-' | b'0'..=b'9' => {
                let kind = self.number()?;
                self.push(Kind::Scalar(kind), start, 0);
            }
            b't' => self.literal(b"true", Type::Bool)?,
            b'f' => self.literal(b"false", Type::Bool)?,
            b'n' => self.literal(b"null", Type::Null)?,
            _ => return Err(self.error("expected a value")),
        }
        self.finish_value();
        Ok(State::After)
    }

    /// Takes note of a member of the outermost object whose value was read, and takes out the `sops` block.
    fn finish_value(&mut self) {
        if self.open.len() != 1 {
            return;
        }
        let parsed = &mut self.parsed;
        let is_first = parsed.last_end == parsed.root.start + 1;
        if self.key.end - self.key.start >= 6 && *super::decode_literal(self.key.of(self.text)) == *b"sops" {
            let key_index = self.key_index;
            if parsed.block.is_none() {
                parsed.block = Some(Member {
                    key: self.key,
                    value: Span::new(parsed.nodes[key_index + 1].span.start as usize, self.at),
                    before: (!is_first).then_some(parsed.last_end),
                    after: None,
                    nodes: parsed.nodes.split_off(key_index + 1),
                });
            } else {
                parsed.second_block.get_or_insert(self.key.start);
            }
            parsed.nodes.truncate(key_index);
        }
        if !is_first {
            parsed.separator = Span { start: parsed.last_end, end: self.key.start };
        }
        parsed.last_end = self.at as u32;
    }

    /// Moves over a string literal; 0 if it says what stands in it, 1 if there are escapes, or what is not UTF-8.
    fn string(&mut self) -> Result<u32, DocumentError> {
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = 0;
        loop {
            let Some(length) = memchr2(b'"', b'\\', &self.text[at..]) else {
                return Err(self.error("the string does not end"));
            };
            at += length;
            if self.text[at] == b'"' {
                break;
            }
            escaped = 1;
            at += match self.text.get(at + 1) {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                Some(b'u')
                    if self
                        .text
                        .get(at + 2..at + 6)
                        .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) =>
                {
                    6
                }
                _ => {
                    self.at = at;
                    return Err(self.error("unknown escape in a string"));
                }
            };
        }
        let inner = &self.text[start..at];
        let (control, high) = inner
            .iter()
            .fold((false, 0), |(control, high), byte| (control | (*byte < 0x20), high | byte & 0x80));
        if high != 0 && std::str::from_utf8(inner).is_err() {
            escaped = 1;
        }
        if control {
            self.at = start + inner.iter().position(|byte| *byte < 0x20).expect("there is one");
            return Err(self.error("control characters and line breaks in strings must be escaped"));
        }
        self.at = at + 1;
        Ok(escaped)
    }

    /// Moves over a number.
    fn number(&mut self) -> Result<Type, DocumentError> {
        let start = self.at;
        let rest = &self.text[start..];
        let Some(length) = number_length(rest) else {
            return Err(self.error("the number is incomplete or has a leading zero"));
        };
        let text = &rest[..length];
        let kind = if as_int(text).is_some() { Type::Int } else { Type::Float };
        if kind == Type::Float && as_float(text).is_none() {
            return Err(self.error("the number is too large"));
        }
        self.at += length;
        Ok(kind)
    }

    fn literal(&mut self, literal: &[u8], kind: Type) -> Result<(), DocumentError> {
        if !self.text[self.at..].starts_with(literal) {
            return Err(self.error("expected a value"));
        }
        let start = self.at;
        self.at += literal.len();
        self.push(Kind::Scalar(kind), start, 0);
        Ok(())
    }

    /// The text ended between two tokens. sops drops the member or list element that it is in, if it ends
    /// in front of a value, and takes the object for complete.
    fn ran_out(&mut self, state: State) -> Result<(), DocumentError> {
        let error = || {
            DocumentError::at(
                DocumentCase::Malformed,
                self.text,
                self.text.len(),
                "the text ends before the object does",
            )
        };
        let mut in_value = self.in_list() || matches!(state, State::Colon | State::Value);
        if self.form == Form::Plain {
            return Err(error());
        }
        while let Some(index) = self.open.pop() {
            let is_list = self.parsed.nodes[index as usize].kind == Kind::List;
            if is_list {
                continue;
            }
            // An object: its last member is dropped, and with that it is complete. Only a list around it
            // lets the decoder run out again in front of a value.
            if !in_value {
                return Err(error());
            }
            in_value = self.in_list();
            if self.open.is_empty() {
                self.parsed.nodes.truncate(self.key_index);
                let last_end = self.parsed.last_end;
                if let Some(block) = &mut self.parsed.block {
                    block.after = block.after.filter(|after| *after < last_end);
                }
                let end = self.parsed.nodes.len() as u32;
                self.parsed.nodes[0].detail = end;
                self.at = last_end as usize + 1;
                self.push(Kind::End, last_end as usize, 0);
                self.parsed.root.end = last_end + 1;
                self.parsed.truncated = true;
                return Ok(());
            }
        }
        Err(error())
    }

    fn error(&self, problem: &'static str) -> DocumentError {
        DocumentError::at(DocumentCase::Malformed, self.text, self.at, problem)
    }
}

/// How long the number at the front of `text` is; `None` if there is no well-formed one.
pub(super) fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    match text.get(at)? {
        b'0' => at += 1,
        b'1'..=b'9' => at += digits(at),
        _ => return None,
    }
    if text.get(at) == Some(&b'.') {
        let count = digits(at + 1);
        if count == 0 {
            return None;
        }
        at += 1 + count;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let count = digits(at);
        if count == 0 {
            return None;
        }
        at += count;
    }
    Some(at)
}

/// The well-formed number `text` as sops reads it, if it is a whole one of 64 bits.
pub(super) fn as_int(text: &[u8]) -> Option<i64> {
    if text.len() > 20 {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The well-formed number `text` as one with a fraction; `None` if it is too large.
pub(super) fn as_float(text: &[u8]) -> Option<f64> {
    let number: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}
