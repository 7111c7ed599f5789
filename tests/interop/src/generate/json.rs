//! JSON files.

use fieldseal_test_support::Random;

use super::text::{KEYS, line, lines};

pub(super) fn generate(random: &mut Random) -> Vec<u8> {
    let style = *random.pick(&[
        Style::Pretty("  "),
        Style::Pretty("\t"),
        Style::Pretty("    "),
        Style::Compact,
        Style::Wild,
    ]);
    let depth = random.between(1, 4);
    let mut writer = Writer { random, style, out: String::new() };
    writer.blank(0);
    writer.out.clear();
    writer.object(0, depth);
    let Writer { random, mut out, .. } = writer;
    match random.below(60) {
        0..15 => {}
        15 => out.push_str("\n\n  \n"),
        16 => out.push_str(" trailing"),
        17 => drop(out.pop()),
        18 => out.push_str("{}"),
        _ => out.push('\n'),
    }
    if random.chance(1) {
        out.insert(0, '\u{feff}');
    }
    if random.chance(1) {
        out = format!("[{out}]");
    }
    let out = if random.chance(5) { out.replace('\n', "\r\n") } else { out };
    out.into_bytes()
}

#[derive(Clone, Copy)]
enum Style {
    /// Each item in its own line.
    Pretty(&'static str),
    /// No white space at all.
    Compact,
    /// White space anywhere.
    Wild,
}

struct Writer<'r> {
    random: &'r mut Random,
    style: Style,
    out: String,
}

impl Writer<'_> {
    fn value(&mut self, level: usize, depth: usize) {
        match self.random.below(100) {
            0..18 if depth > 0 => self.object(level, depth - 1),
            18..32 if depth > 0 => self.array(level, depth - 1),
            32..38 => self.out.push_str("null"),
            38..46 => {
                let truth = self.random.chance(50);
                self.out.push_str(if truth { "true" } else { "false" });
            }
            46..62 => self.number(),
            62..70 => {
                let text = lines(self.random);
                self.string(&text);
            }
            _ => {
                let text = line(self.random);
                self.string(&text);
            }
        }
    }

    fn object(&mut self, level: usize, depth: usize) {
        self.out.push('{');
        let count = if self.random.chance(8) { 0 } else { self.random.between(1, 5) };
        for item in 0..count {
            if item > 0 {
                self.out.push(',');
            }
            self.blank(level + 1);
            let key = match self.random.below(30) {
                0 => String::new(),
                1 => line(self.random),
                2 => "a:b".to_owned(),
                3 if level > 0 => "sops".to_owned(),
                _ => (*self.random.pick(KEYS)).to_owned(),
            };
            self.string(&key);
            self.colon();
            self.value(level + 1, depth);
        }
        if count > 0 {
            self.blank(level);
        }
        self.out.push('}');
    }

    fn array(&mut self, level: usize, depth: usize) {
        self.out.push('[');
        let count = self.random.below(5);
        for item in 0..count {
            if item > 0 {
                self.out.push(',');
            }
            self.blank(level + 1);
            self.value(level + 1, depth);
        }
        if count > 0 {
            self.blank(level);
        }
        self.out.push(']');
    }

    fn number(&mut self) {
        let number = match self.random.below(8) {
            0 => (*self.random.pick(&[
                "0",
                "-0",
                "-1",
                "9223372036854775807",
                "-9223372036854775808",
                "9223372036854775808",
                "18446744073709551616",
            ]))
            .to_owned(),
            1 => (*self.random.pick(&[
                "1.0",
                "0.1",
                "-0.0",
                "1e2",
                "1E+2",
                "1e-7",
                "1.50",
                "3.14159265358979",
                "1e21",
                "123456789.125",
                "5e-324",
                "0.000001",
            ]))
            .to_owned(),
            2 if self.random.chance(5) => "1E400".to_owned(),
            3 if self.random.chance(5) => "01".to_owned(),
            4 => format!("{}.{}", self.random.below(1000), self.random.below(1000)),
            _ => self.random.below(100_000).to_string(),
        };
        self.out.push_str(&number);
    }

    fn string(&mut self, text: &str) {
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                '/' if self.random.chance(30) => self.out.push_str("\\/"),
                other if self.random.chance(3) => {
                    let mut units = [0; 2];
                    for unit in other.encode_utf16(&mut units) {
                        self.out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                other => self.out.push(other),
            }
        }
        match self.random.below(150) {
            0 => self.out.push_str("\\ud800"),
            1 => self.out.push_str("\\b\\f\\r\\u0000\\u001F"),
            2 => self.out.push_str("\\u2028\u{2029}"),
            _ => {}
        }
        self.out.push('"');
    }

    fn colon(&mut self) {
        match self.style {
            Style::Pretty(_) => self.out.push_str(": "),
            Style::Compact => self.out.push(':'),
            Style::Wild => {
                self.blank(0);
                self.out.push(':');
                self.blank(0);
            }
        }
    }

    fn blank(&mut self, level: usize) {
        match self.style {
            Style::Pretty(indent) => {
                self.out.push('\n');
                self.out.push_str(&indent.repeat(level));
            }
            Style::Compact => {}
            Style::Wild => {
                for _ in 0..self.random.below(3) {
                    self.out.push_str(*self.random.pick(&[" ", "\n", "\t", "  "]));
                }
            }
        }
    }
}
