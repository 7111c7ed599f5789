//! YAML files as people write them: mappings at the root, comments, all styles of scalars and collections. The texts of
//! the agreement suite, which are used as well, have the odder syntax.

use fieldseal_test_support::Random;

use super::text::{COMMENTS, KEYS, line, lines};

pub(super) fn generate(random: &mut Random) -> Vec<u8> {
    let indent = random.weighted(&[(6, 2), (3, 4), (1, 1), (1, 3)]);
    let comments = *random.pick(&[0, 5, 15, 40]);
    let documents = random.weighted(&[(8, 1), (1, 2), (1, 3)]);
    let mut writer = Writer { random, indent, comments, anchors: 0, out: String::new() };
    for number in 0..documents {
        if number > 0 || writer.random.chance(20) {
            writer.out.push_str("---\n");
        }
        writer.anchors = 0;
        let depth = writer.random.between(1, 4);
        writer.mapping(0, depth, true);
    }
    let Writer { random, mut out, .. } = writer;
    if random.chance(10) {
        while out.ends_with('\n') {
            out.pop();
        }
    }
    if random.chance(5) {
        out = out.replace('\n', "\r\n");
    }
    if random.chance(2) {
        out.insert(0, '\u{feff}');
    }
    out.into_bytes()
}

struct Writer<'r> {
    random: &'r mut Random,
    indent: usize,
    /// Percent of the places for a comment that have one.
    comments: usize,
    /// How many anchors the document has: `a0`, `a1` and so on, all on scalars or finished collections.
    anchors: usize,
    out: String,
}

impl Writer<'_> {
    fn pad(&mut self, columns: usize) {
        self.out.push_str(&" ".repeat(columns));
    }

    /// Comment lines and blank lines in front of something.
    fn above(&mut self, columns: usize) {
        while self.random.chance(self.comments) {
            self.pad(columns);
            let comment = *self.random.pick(COMMENTS);
            self.out.push_str(&format!("#{comment}\n"));
        }
        if self.random.chance(5) {
            self.out.push('\n');
        }
    }

    /// The end of a line, behind a comment or not.
    fn end(&mut self) {
        if self.random.chance(self.comments / 2) {
            let comment = *self.random.pick(COMMENTS);
            self.out.push_str(&format!(" #{comment}"));
        }
        self.out.push('\n');
    }

    /// The items of a block mapping, each in its own line.
    fn mapping(&mut self, columns: usize, depth: usize, root: bool) {
        let count = self.random.between(1, if root { 8 } else { 4 });
        let mut used = Vec::new();
        for _ in 0..count {
            let key = *self.random.pick(KEYS);
            if used.contains(&key) {
                continue;
            }
            used.push(key);
            self.above(columns);
            self.pad(columns);
            self.item(key, columns, depth);
        }
        if self.random.chance(self.comments / 3) {
            self.above(columns);
        }
    }

    fn item(&mut self, key: &str, columns: usize, depth: usize) {
        match self.random.below(30) {
            // `n` and `y` are strings here, and printed in quotes by sops.
            0 => self.out.push_str(&format!("\"{key}\":")),
            1 => self.out.push_str(&format!("'{key}':")),
            2 => self.out.push_str(&format!("{key}.\"quo'ted :")),
            3 => self.out.push_str(&format!("? {key}x\n{}:", " ".repeat(columns))),
            _ => self.out.push_str(&format!("{key}:")),
        }
        match self.random.below(100) {
            0..16 if depth > 0 => {
                self.anchor(false);
                self.end();
                let deeper = columns + self.indent;
                self.mapping(deeper, depth - 1, false);
            }
            16..30 if depth > 0 => {
                self.end();
                let deeper = if self.random.chance(30) { columns } else { columns + self.indent };
                self.sequence(deeper, depth - 1);
            }
            30..36 => {
                self.out.push(' ');
                self.flow(depth);
                self.end();
            }
            36..46 => self.block(columns),
            46..50 if self.anchors > 0 => {
                let anchor = self.random.below(self.anchors);
                self.out.push_str(&format!(" *a{anchor}"));
                self.end();
            }
            _ => {
                self.anchor(true);
                self.out.push(' ');
                self.scalar(false);
                self.end();
            }
        }
    }

    /// An anchor for what follows, if it is a scalar.
    fn anchor(&mut self, scalar: bool) {
        if scalar && self.random.chance(4) {
            self.out.push_str(&format!(" &a{}", self.anchors));
            self.anchors += 1;
        }
    }

    fn sequence(&mut self, columns: usize, depth: usize) {
        for _ in 0..self.random.between(1, 4) {
            self.above(columns);
            self.pad(columns);
            self.out.push('-');
            match self.random.below(20) {
                0..4 if depth > 0 => {
                    self.out.push(' ');
                    let key = *self.random.pick(KEYS);
                    self.item(key, columns + 2, depth - 1);
                    if self.random.chance(50) {
                        self.pad(columns + 2);
                        self.item("second", columns + 2, depth - 1);
                    }
                }
                4..6 if depth > 0 => {
                    self.end();
                    self.sequence(columns + 2, depth - 1);
                }
                6 => self.block(columns),
                7 => {
                    self.out.push(' ');
                    self.flow(depth);
                    self.end();
                }
                8 => self.end(),
                _ => {
                    self.out.push(' ');
                    self.scalar(false);
                    self.end();
                }
            }
        }
        if self.random.chance(self.comments / 3) {
            self.above(columns);
        }
    }

    fn flow(&mut self, depth: usize) {
        let map = self.random.chance(50);
        self.out.push(if map { '{' } else { '[' });
        for item in 0..self.random.below(4) {
            if item > 0 {
                self.out.push_str(*self.random.pick(&[", ", ",", " , "]));
            }
            if map {
                let key = format!("{}{item}", self.random.pick(KEYS));
                self.out.push_str(&format!("{key}: "));
            }
            match self.random.below(5) {
                0 if depth > 0 => self.flow(depth - 1),
                _ => self.scalar(true),
            }
        }
        self.out.push(if map { '}' } else { ']' });
    }

    fn scalar(&mut self, flow: bool) {
        match self.random.below(12) {
            0 => {
                let plain = *self.random.pick(&[
                    "null",
                    "~",
                    "true",
                    "False",
                    "TRUE",
                    "0",
                    "-1",
                    "017",
                    "0x1F",
                    "0o17",
                    "0b11",
                    "1_000",
                    "+5",
                    "08",
                    "1.5",
                    "1e3",
                    ".5",
                    "5.",
                    "1.50",
                    "-0.0",
                    ".inf",
                    "-.INF",
                    ".nan",
                    "1_000.5",
                    "1e400",
                    "9223372036854775807",
                    "99999999999999999999",
                    "2020-01-02",
                    "2020-01-02T03:04:05Z",
                    "2020-01-02 03:04:05.5",
                    "2006-01-02T15:04:05+07:06",
                    "12:30",
                    "yes",
                    "off",
                    "y",
                    "123456789.125",
                    "1e21",
                    "100000000000000000000000",
                ]);
                self.out.push_str(plain);
            }
            1 => self.out.push_str(&format!("{}", u32::try_from(self.random.below(1_000_000)).unwrap_or(0))),
            2..5 => {
                let text = line(self.random);
                self.double(&text);
            }
            5 => {
                let text = lines(self.random);
                self.double(&text);
            }
            6..8 => {
                let text = line(self.random).replace('\'', "''");
                if text.bytes().all(|byte| byte >= b' ' && byte != 0x7f) {
                    self.out.push_str(&format!("'{text}'"));
                } else {
                    self.out.push_str("''");
                }
            }
            _ => {
                let text = *self.random.pick(&[
                    "hunter2",
                    "a b c",
                    "x/y",
                    "größe",
                    "v1.2.3",
                    "-dash",
                    "a-b",
                    "世界",
                    "https://h/p?q=1",
                ]);
                let text = if flow { text.replace('?', "") } else { text.to_owned() };
                self.out.push_str(&text);
            }
        }
    }

    fn double(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => self.out.extend(['\\', character]),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                '\u{7f}' => self.out.push_str("\\x7F"),
                other => self.out.push(other),
            }
        }
        self.out.push('"');
    }

    /// A block scalar behind a key or dash in the column `columns`.
    fn block(&mut self, columns: usize) {
        let style = *self.random.pick(&["|", "|", "|-", "|+", ">", ">-", ">+"]);
        let indent = self.indent.max(1);
        let mut lines: Vec<String> = (0..self.random.between(1, 4))
            .map(|_| line(self.random))
            .filter(|line| line.chars().all(|c| c == '\t' || c >= ' ' && c != '\u{7f}'))
            .collect();
        if self.random.chance(30) {
            let at = self.random.below(lines.len() + 1);
            lines.insert(at, String::new());
        }
        let leads = lines
            .iter()
            .find(|line| !line.trim_start_matches(' ').is_empty())
            .is_none_or(|line| line.starts_with([' ', '\t']));
        let hint = if leads || self.random.chance(10) { indent.to_string() } else { String::new() };
        self.out.push_str(&format!(" {}{hint}{}", &style[..1], &style[1..]));
        self.end();
        for line in lines {
            if !line.is_empty() {
                self.pad(columns + indent);
            }
            self.out.push_str(&line);
            self.out.push('\n');
        }
    }
}
