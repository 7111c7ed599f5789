//! Plain scalars that look like something other than a string.

use fieldseal_test_support::Random;

use super::Writer;
use crate::constructs::Construct;

/// A plain scalar of one line that is not, or nearly not, a string.
pub fn spelling(random: &mut Random) -> String {
    let construct = random.choose(SPELLINGS);
    spell(random, construct).unwrap_or_else(|| noise(random))
}

impl Writer {
    /// A plain scalar of one line that is not, or nearly not, a string.
    pub(super) fn spelling(&mut self) -> String {
        let construct = self.random.choose(SPELLINGS);
        let text = spell(&mut self.random, construct);
        if let Some(text) = text {
            self.note(construct);
            return text;
        }
        noise(&mut self.random)
    }
}

/// All that [`spell`] knows; the last stands for noise.
const SPELLINGS: &[Construct] = &[
    Construct::NullTilde,
    Construct::NullLower,
    Construct::NullTitle,
    Construct::NullUpper,
    Construct::BoolTrue,
    Construct::BoolTrueTitle,
    Construct::BoolTrueUpper,
    Construct::BoolFalse,
    Construct::BoolFalseTitle,
    Construct::BoolFalseUpper,
    Construct::BoolOld,
    Construct::IntDecimal,
    Construct::IntSign,
    Construct::IntHex,
    Construct::IntOctal,
    Construct::IntBinary,
    Construct::IntOldOctal,
    Construct::IntUnderscores,
    Construct::IntUpperPrefix,
    Construct::IntSignedPrefix,
    Construct::IntLimit,
    Construct::IntUnsigned,
    Construct::IntBeyond,
    Construct::IntPrefixBeyond,
    Construct::FloatBadOctal,
    Construct::FloatFraction,
    Construct::FloatEndsInPoint,
    Construct::FloatBeginsWithPoint,
    Construct::FloatExponent,
    Construct::FloatUnderscores,
    Construct::FloatOverflow,
    Construct::FloatUnderflow,
    Construct::FloatInfinity,
    Construct::FloatSignedInfinity,
    Construct::FloatNan,
    Construct::FloatForeign,
    Construct::Sexagesimal,
    Construct::TimeDate,
    Construct::TimeUpper,
    Construct::TimeLower,
    Construct::TimeBlank,
    Construct::TimeBlankZone,
    Construct::TimeNoZone,
    Construct::TimeNone,
    Construct::MergeValue,
    Construct::Equals,
    Construct::NullNothing,
    Construct::NullNothing,
];

/// A spelling of `construct`; nothing where it has none.
fn spell(random: &mut Random, construct: Construct) -> Option<String> {
    let fixed = |text: &str| text.to_owned();
    Some(match construct {
        Construct::NullTilde => fixed("~"),
        Construct::NullLower => fixed("null"),
        Construct::NullTitle => fixed("Null"),
        Construct::NullUpper => fixed("NULL"),
        Construct::BoolTrue => fixed("true"),
        Construct::BoolTrueTitle => fixed("True"),
        Construct::BoolTrueUpper => fixed("TRUE"),
        Construct::BoolFalse => fixed("false"),
        Construct::BoolFalseTitle => fixed("False"),
        Construct::BoolFalseUpper => fixed("FALSE"),
        Construct::BoolOld => {
            fixed(random.choose(&["yes", "no", "on", "off", "y", "n", "Yes", "NO", "Y", "N", "tRUE", "nULL"]))
        }
        Construct::IntDecimal => decimal(random, 1, 12),
        Construct::IntSign => format!("{}{}", sign(random), decimal(random, 1, 12)),
        Construct::IntHex => format!("0x{}", digits(random, b"0123456789abcdefABCDEF", 1, 14)),
        Construct::IntOctal => format!("0o{}", digits(random, b"01234567", 1, 20)),
        Construct::IntBinary => format!("0b{}", digits(random, b"01", 1, 40)),
        Construct::IntOldOctal => format!("0{}", digits(random, b"01234567", 1, 20)),
        Construct::IntUnderscores => {
            let number = match random.below(5) {
                0 => format!("0x{}", digits(random, b"0123456789abcdef", 1, 8)),
                1 => format!("0o{}", digits(random, b"01234567", 1, 8)),
                2 => format!("0b{}", digits(random, b"01", 1, 8)),
                3 => format!("0{}", digits(random, b"01234567", 1, 8)),
                _ => decimal(random, 1, 10),
            };
            underscored(random, &number)
        }
        Construct::IntUpperPrefix => match random.below(3) {
            0 => format!("0X{}", digits(random, b"0123456789abcdefABCDEF", 1, 14)),
            1 => format!("0O{}", digits(random, b"01234567", 1, 20)),
            _ => format!("0B{}", digits(random, b"01", 1, 40)),
        },
        Construct::IntSignedPrefix => {
            let sign = sign(random);
            match random.below(4) {
                0 => format!("{sign}0x{}", digits(random, b"0123456789abcdefABCDEF", 1, 14)),
                1 => format!("{sign}0o{}", digits(random, b"01234567", 1, 20)),
                2 => format!("{sign}0b{}", digits(random, b"01", 1, 40)),
                _ => format!("{sign}0{}", digits(random, b"01234567", 1, 20)),
            }
        }
        Construct::IntLimit => fixed(random.choose(&[
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "-9223372036854775809",
            "+9223372036854775807",
            "0x7fffffffffffffff",
            "-0x8000000000000000",
            "0b111111111111111111111111111111111111111111111111111111111111111",
            "0777777777777777777777",
            "0o777777777777777777777",
            "-0o1000000000000000000000",
        ])),
        Construct::IntUnsigned => fixed(random.choose(&[
            "9223372036854775808",
            "18446744073709551615",
            "10000000000000000000",
            "0xffffffffffffffff",
            "0x8000000000000000",
            "01777777777777777777777",
            "0o1777777777777777777777",
            "0b1111111111111111111111111111111111111111111111111111111111111111",
            "1_8446744073709551615",
        ])),
        Construct::IntBeyond => match random.below(3) {
            0 => fixed("18446744073709551616"),
            1 => format!("{}{}", sign(random), decimal(random, 21, 40)),
            _ => decimal(random, 21, 40),
        },
        Construct::IntPrefixBeyond => match random.below(4) {
            0 => fixed("0x10000000000000000"),
            1 => format!("0x1{}", digits(random, b"0123456789abcdef", 16, 20)),
            2 => format!("0b1{}", digits(random, b"01", 64, 70)),
            _ => format!("0o4{}", digits(random, b"01234567", 21, 24)),
        },
        Construct::FloatBadOctal => format!(
            "0{}{}{}",
            digits(random, b"01234567", 0, 4),
            random.choose(&["8", "9"]),
            digits(random, b"0123456789", 0, 4)
        ),
        Construct::FloatFraction => {
            format!("{}{}.{}", optional_sign(random), decimal(random, 1, 6), digits(random, DECIMALS, 1, 6))
        }
        Construct::FloatEndsInPoint => format!("{}{}.", optional_sign(random), decimal(random, 1, 6)),
        Construct::FloatBeginsWithPoint => {
            let sign = optional_sign(random);
            format!(
                "{sign}.{}{}",
                digits(random, DECIMALS, 1, 6),
                random.choose(&["", "", "e3", "E-2", "_0", "_"])
            )
        }
        Construct::FloatExponent => format!(
            "{}{}{}{}{}{}",
            optional_sign(random),
            decimal(random, 1, 4),
            random.choose(&["", ".", ".5", ".25"]),
            random.choose(&["e", "E"]),
            optional_sign(random),
            digits(random, DECIMALS, 1, 2)
        ),
        Construct::FloatUnderscores => fixed(random.choose(&[
            "1_000.5", "1e3_0", "1_0e3", "1._5", "1_.5", "1.5_", "-1_0.5", "1e_3", "1_e3", "0_1.5", "1__0.5",
        ])),
        Construct::FloatOverflow => {
            fixed(random.choose(&["1e400", "-1e309", "1.8e308", "1E+999", "179769313486231590e300"]))
        }
        Construct::FloatUnderflow => {
            fixed(random.choose(&["1e-400", "-1e-400", "4e-324", "2e-324", "0e999999", "1E-9999"]))
        }
        Construct::FloatInfinity => fixed(random.choose(&[".inf", ".Inf", ".INF"])),
        Construct::FloatSignedInfinity => {
            format!("{}{}", sign(random), random.choose(&[".inf", ".Inf", ".INF"]))
        }
        Construct::FloatNan => fixed(random.choose(&[".nan", ".NaN", ".NAN"])),
        Construct::FloatForeign => fixed(random.choose(&[
            "0x1p-2", "inf", "NaN", "Infinity", "-inf", "+Inf", "1f", "0x1.8p1", "0x.8p1", "+.nan", "-.nan",
            ".iNf", "1e", "1e+", ".e5", ".", "+", "-.", "1.2.3", "1,5", "٣", "½", "0x", "0b2", "0o8", "0xg",
            "1 000", "--1", "+-1", "1-", "0b", "0o", "-0o", "-0b", "+0b", "0_", "_1", "+_1", "-_0x1", "0_x1",
            "0x_", "1e5.0", ".5.5", ".0x1", ".1p5", "00x1", "0 1", "0b0b1", "0o-7", "0o+7", "0b-1", "-0b-1",
            "-0o+1", "0o_7", "0o0x7",
        ])),
        Construct::Sexagesimal => fixed(random.choose(&["12:30", "190:20:30", "1:00:00.5", "-12:30", "0:0"])),
        Construct::TimeDate => format!("{}-{}-{}", year(random), month(random), day(random)),
        Construct::TimeUpper => time(random, "T", true),
        Construct::TimeLower => time(random, "t", true),
        Construct::TimeBlank => time(random, " ", false),
        Construct::TimeBlankZone => time(random, " ", true),
        Construct::TimeNoZone => time(random, "T", false),
        Construct::TimeNone => fixed(random.choose(&[
            "2001-13-01",
            "2001-02-29",
            "2000-02-29",
            "1900-02-29",
            "2001-00-10",
            "2001-01-00",
            "2001-01-32",
            "2001-04-31",
            "2001-1-1T24:00:00Z",
            "2001-1-1 23:59:60",
            "2001-1-1 23:60:00",
            "201-1-1",
            "20011-1-1",
            "2001-001-1",
            "2001-1-001",
            "2001-1",
            "2001-",
            "2001-1-1T",
            "2001-1-1 ",
            "0000-01-01",
            "9999-12-31",
            "2001-1-1T1:2:3z",
            "2001-1-1T1:2:3+1:00",
            "2001-1-1T1:2:3+0100",
            "2001-1-1T1:2:3+25:00",
            "2001-1-1T1:2:3-23:59",
            "2001-1-1T1:2:3+24:00",
            "2001-1-1T1:2:3+00:60",
            "2001-1-1T1:2:3-00:00",
            "2001-1-1T1:2Z",
            "2001-1-1 1:2",
            "2001-1-1  1:2:3",
            "2001-1-1\t1:2:3",
            "2001-1-1 1:2:3.",
            "2001-1-1 1:2:3,5",
            "2001-1-1T1:2:3,25Z",
            "2001-1-1 1:2:3.1234567890",
            "2001-1-1 1:2:3.999999999999",
            "2001_1-1",
            "2001-1_1-1",
            "-2001-1-1",
            "2001-1-1a",
            "2001-1-1 1:2:3.5Z",
            "2001-1-1T1:2:3.Z",
            "2001-1-1T001:2:3Z",
            "2001-1-1T1:02:003Z",
            "2001-1-1 1:2:3 Z",
        ])),
        Construct::MergeValue => fixed("<<"),
        Construct::Equals => fixed("="),
        _ => return None,
    })
}

const DECIMALS: &[u8] = b"0123456789";

/// Characters of numbers and dates in no order at all, beginning with one that makes the library look closer.
fn noise(random: &mut Random) -> String {
    let mut text = String::new();
    text.push(char::from(random.choose(b"0123456789+-.~nNtTfFyYoO")));
    for _ in 0..random.between(0, 9) {
        text.push(char::from(random.choose(b"0011223456789+-.._xXoObBeEpPinfaNTZ:")));
    }
    if text.ends_with(':') || text == "-" || text == "---" || text == "..." {
        text.push('0');
    }
    text
}

fn digits(random: &mut Random, from: &[u8], least: usize, most: usize) -> String {
    let count = random.between(least, most);
    (0..count).map(|_| char::from(random.choose(from))).collect()
}

/// A decimal number without a leading zero.
fn decimal(random: &mut Random, least: usize, most: usize) -> String {
    let first = char::from(random.choose(b"123456789"));
    let rest = digits(random, DECIMALS, least - 1, most - 1);
    if least == 1 && random.chance(5) { "0".to_owned() } else { format!("{first}{rest}") }
}

fn underscored(random: &mut Random, number: &str) -> String {
    let mut text = String::new();
    let mut any = false;
    for (at, character) in number.chars().enumerate() {
        if at > 0 && random.chance(25) {
            text.push_str(random.choose(&["_", "_", "__"]));
            any = true;
        }
        text.push(character);
    }
    if !any {
        text.push('_');
    }
    text
}

fn sign(random: &mut Random) -> &'static str {
    random.choose(&["+", "-"])
}

fn optional_sign(random: &mut Random) -> &'static str {
    random.choose(&["", "", "+", "-"])
}

fn year(random: &mut Random) -> String {
    let year = if random.chance(80) { random.between(1990, 2050) } else { random.below(10_000) };
    format!("{year:04}")
}

fn padded(random: &mut Random, number: usize) -> String {
    if random.chance(60) { format!("{number:02}") } else { number.to_string() }
}

fn month(random: &mut Random) -> String {
    let month = random.between(1, 12);
    padded(random, month)
}

fn day(random: &mut Random) -> String {
    let day = if random.chance(80) { random.between(1, 28) } else { random.between(29, 31) };
    padded(random, day)
}

/// A date and time; in a few cases not a valid one.
fn time(random: &mut Random, between: &str, zone: bool) -> String {
    let mut text = format!("{}-{}-{}{between}", year(random), month(random), day(random));
    for (limit, colon) in [(23, ":"), (59, ":"), (59, "")] {
        let number = random.between(0, limit);
        text += &padded(random, number);
        text += colon;
    }
    if random.chance(30) {
        text.push('.');
        text += &digits(random, DECIMALS, 1, 11);
    }
    if zone {
        text += &match random.below(4) {
            0 | 1 => "Z".to_owned(),
            2 => format!("{}{:02}:{:02}", sign(random), random.between(0, 14), random.choose(&[0, 30, 45])),
            _ => format!("{}{:02}:00", sign(random), random.between(0, 23)),
        };
        if between == " " && random.chance(50) {
            text = text.replace('Z', " Z").replace('+', " +");
        }
    }
    text
}
