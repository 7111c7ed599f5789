//! Points in time as sops writes and reads them (RFC 3339).

/// A point in time with its offset from UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timestamp {
    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    pub(crate) seconds: i64,
    /// Nanoseconds on top of that, below 1,000,000,000.
    pub(crate) nanoseconds: u32,
    /// The offset from UTC in seconds, positive to the east.
    pub(crate) offset: i32,
}

/// A date and a time of day as a clock at some offset from UTC shows them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Civil {
    /// 0 to 9999.
    pub(crate) year: i32,
    /// 1 to 12.
    pub(crate) month: u32,
    /// 1 to 31.
    pub(crate) day: u32,
    /// 0 to 23.
    pub(crate) hour: u32,
    /// 0 to 59.
    pub(crate) minute: u32,
    /// 0 to 59.
    pub(crate) second: u32,
    /// Below 1,000,000,000.
    pub(crate) nanosecond: u32,
    /// The offset from UTC in seconds, positive to the east.
    pub(crate) offset: i32,
}

impl Timestamp {
    /// The point in time `seconds` after 1970-01-01T00:00:00Z, in UTC; the nearest one of the years 0 to
    /// 9999, which are all that RFC 3339 can write.
    pub fn from_unix(seconds: i64) -> Self {
        Self { seconds: seconds.clamp(-62_167_219_200, 253_402_300_799), nanoseconds: 0, offset: 0 }
    }

    /// Reads RFC 3339 with the latitude of Go's `time.Parse`: the hour may have one digit, the fraction may
    /// follow a comma, and what goes beyond nanoseconds is dropped.
    ///
    /// An offset of 24 hours or more, which Go reads and then cannot write, is refused.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut rest = text;
        let year = digits(&mut rest, 4)?;
        literal(&mut rest, b'-')?;
        let month = digits(&mut rest, 2)?;
        literal(&mut rest, b'-')?;
        let day = digits(&mut rest, 2)?;
        literal(&mut rest, b'T')?;
        let short = !rest.get(1).is_some_and(u8::is_ascii_digit);
        let hour = digits(&mut rest, if short { 1 } else { 2 })?;
        literal(&mut rest, b':')?;
        let minute = digits(&mut rest, 2)?;
        literal(&mut rest, b':')?;
        let second = digits(&mut rest, 2)?;
        let nanosecond = fraction(&mut rest);
        let offset = match rest {
            [b'Z'] => 0,
            [sign @ (b'+' | b'-'), hours @ ..] => {
                let mut rest = hours;
                let hours = digits(&mut rest, 2)?;
                literal(&mut rest, b':')?;
                let minutes = digits(&mut rest, 2)?;
                if !rest.is_empty() || minutes > 60 {
                    return None;
                }
                let offset = (hours * 3600 + minutes * 60) as i32;
                if *sign == b'-' { -offset } else { offset }
            }
            _ => return None,
        };
        Self::from_civil(&Civil { year: year as i32, month, day, hour, minute, second, nanosecond, offset })
    }

    /// The point in time that `civil` shows; `None` if there is no such date, or if RFC 3339 cannot write
    /// it: the year is outside 0 to 9999, or the offset is a day or more or has seconds.
    pub(crate) fn from_civil(civil: &Civil) -> Option<Self> {
        let Civil { year, month, day, hour, minute, second, nanosecond, offset } = *civil;
        let right = (0..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60
            && nanosecond < 1_000_000_000
            && offset.abs() < 86_400
            && offset % 60 == 0;
        right.then(|| {
            let time = i64::from(hour * 3600 + minute * 60 + second);
            let seconds = days_from_civil(year, month, day) * 86_400 + time - i64::from(offset);
            Self { seconds, nanoseconds: nanosecond, offset }
        })
    }

    /// What a clock at the timestamp's offset shows.
    pub(crate) fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (days, time) = (local.div_euclid(86_400), local.rem_euclid(86_400) as u32);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
            nanosecond: self.nanoseconds,
            offset: self.offset,
        }
    }

    /// Appends RFC 3339 to `to`: `Z` for UTC, a fraction only if there is one, without trailing zeros.
    pub(crate) fn write(&self, to: &mut Vec<u8>) {
        self.write_parts(to, true);
    }

    /// RFC 3339 without the fraction, as the metadata hold it.
    pub fn to_whole_seconds(&self) -> String {
        let mut to = Vec::with_capacity(25);
        self.write_parts(&mut to, false);
        to.into_iter().map(char::from).collect()
    }

    fn write_parts(&self, to: &mut Vec<u8>, with_fraction: bool) {
        let civil = self.civil();
        number(to, civil.year.unsigned_abs(), 4);
        for (before, value) in [
            (b'-', civil.month),
            (b'-', civil.day),
            (b'T', civil.hour),
            (b':', civil.minute),
            (b':', civil.second),
        ] {
            to.push(before);
            number(to, value, 2);
        }
        if with_fraction && civil.nanosecond != 0 {
            to.push(b'.');
            number(to, civil.nanosecond, 9);
            while to.last() == Some(&b'0') {
                to.pop();
            }
        }
        if civil.offset == 0 {
            to.push(b'Z');
            return;
        }
        let minutes = civil.offset.unsigned_abs() / 60;
        to.push(if civil.offset < 0 { b'-' } else { b'+' });
        number(to, minutes / 60, 2);
        to.push(b':');
        number(to, minutes % 60, 2);
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = Vec::with_capacity(35);
        self.write(&mut text);
        text.iter().try_for_each(|&byte| std::fmt::Write::write_char(to, char::from(byte)))
    }
}

/// Takes `count` digits, at most nine, from the front of `rest`.
fn digits(rest: &mut &[u8], count: usize) -> Option<u32> {
    let (taken, left) = rest.split_at_checked(count)?;
    let mut value = 0;
    for &byte in taken {
        value = value * 10 + char::from(byte).to_digit(10)?;
    }
    *rest = left;
    Some(value)
}

/// Takes `byte` from the front of `rest`.
fn literal(rest: &mut &[u8], byte: u8) -> Option<()> {
    *rest = rest.strip_prefix(&[byte])?;
    Some(())
}

/// Takes a fraction of a second, in nanoseconds, from the front of `rest`; zero if there is none.
fn fraction(rest: &mut &[u8]) -> u32 {
    let [b'.' | b',', digits @ ..] = *rest else { return 0 };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return 0;
    }
    let (kept, missing) = (&digits[..count.min(9)], 9 - count.min(9) as u32);
    let value = kept.iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    *rest = &digits[count..];
    value * 10_u32.pow(missing)
}

/// Appends `value` with at least `width` digits.
fn number(to: &mut Vec<u8>, value: u32, width: usize) {
    let start = to.len();
    let mut rest = value;
    while rest != 0 || to.len() - start < width {
        to.push(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    to[start..].reverse();
}

fn days_in(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar, by counting years from March on, so that the
/// leap day is the last of its year.
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = i64::from((153 * ((month + 9) % 12) + 2) / 5 + day - 1);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date that lies `days` after 1970-01-01; years beyond 32 bits saturate.
fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u32;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32, month, day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn again(text: &str) -> Option<String> {
        Timestamp::parse(text.as_bytes()).map(|time| time.to_string())
    }

    #[test]
    fn canonical_texts_come_back() {
        for text in [
            "2020-01-02T00:00:00Z",
            "2020-01-02T03:04:05.5+02:00",
            "2006-01-02T15:04:05+07:06",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999999Z",
            "2024-02-29T12:00:00-00:30",
            "1969-12-31T23:59:59-23:59",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-12:00",
            "2000-03-01T00:00:00.000000001Z",
        ] {
            assert_eq!(again(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn latitude_of_go() {
        for (text, canonical) in [
            ("2020-01-02T3:04:05Z", "2020-01-02T03:04:05Z"),
            ("2020-01-02T03:04:05,25Z", "2020-01-02T03:04:05.25Z"),
            ("2020-01-02T03:04:05.000Z", "2020-01-02T03:04:05Z"),
            ("2020-01-02T03:04:05.12345678999Z", "2020-01-02T03:04:05.123456789Z"),
            ("2020-01-02T03:04:05+00:00", "2020-01-02T03:04:05Z"),
            ("2020-01-02T03:04:05-00:00", "2020-01-02T03:04:05Z"),
            ("2020-01-02T03:04:05+01:60", "2020-01-02T03:04:05+02:00"),
        ] {
            assert_eq!(again(text).as_deref(), Some(canonical), "{text}");
        }
    }

    #[test]
    fn refused() {
        for text in [
            "",
            "2020-01-02",
            "2020-01-02 03:04:05Z",
            "2020-01-02t03:04:05z",
            "2020-01-02T03:04:05",
            "2020-01-02T03:04:05z",
            "2020-01-02T03:04:05.Z",
            "2020-01-02T03:04:05Z ",
            " 2020-01-02T03:04:05Z",
            "2020-1-02T03:04:05Z",
            "2020-00-02T03:04:05Z",
            "2020-13-02T03:04:05Z",
            "2020-02-30T03:04:05Z",
            "2021-02-29T03:04:05Z",
            "1900-02-29T03:04:05Z",
            "2020-01-00T03:04:05Z",
            "2020-01-02T24:04:05Z",
            "2020-01-02T03:60:05Z",
            "2020-01-02T03:04:60Z",
            "2020-01-02T03:04:05+24:00",
            "2020-01-02T03:04:05+01:61",
            "2020-01-02T03:04:05+0100",
            "2020-01-02T03:04:05+01",
            "2020-01-02T03:04:05+01:00x",
            "12020-01-02T03:04:05Z",
            "-020-01-02T03:04:05Z",
        ] {
            assert_eq!(again(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_of_the_calendar_comes_back() {
        let mut days = days_from_civil(0, 1, 1);
        for year in 0..=9999 {
            for month in 1..=12 {
                for day in 1..=days_in(year, month) {
                    assert_eq!(days_from_civil(year, month, day), days);
                    assert_eq!(civil_from_days(days), (year, month, day));
                    days += 1;
                }
            }
        }
        assert_eq!(days_from_civil(1970, 1, 1), 0);
    }

    #[test]
    fn whole_seconds_drop_the_fraction_and_keep_the_offset() {
        let time = Timestamp::parse(b"2021-01-01T10:20:30.75+01:00").unwrap();
        assert_eq!(time.to_whole_seconds(), "2021-01-01T10:20:30+01:00");
        assert_eq!(Timestamp::from_unix(1_700_000_000).to_whole_seconds(), "2023-11-14T22:13:20Z");
        assert_eq!(Timestamp::from_unix(-1).to_whole_seconds(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn civil_dates_that_cannot_be_written_are_none() {
        let right = Timestamp::parse(b"2021-01-01T10:20:30Z").unwrap().civil();
        assert!(Timestamp::from_civil(&right).is_some());
        for wrong in [
            Civil { year: 10_000, ..right },
            Civil { year: -1, ..right },
            Civil { offset: 30, ..right },
            Civil { offset: 86_400, ..right },
            Civil { nanosecond: 1_000_000_000, ..right },
        ] {
            assert_eq!(Timestamp::from_civil(&wrong), None);
        }
    }

    #[test]
    fn absurd_seconds_are_clamped() {
        assert_eq!(Timestamp::from_unix(i64::MIN).to_string(), "0000-01-01T00:00:00Z");
        assert_eq!(Timestamp::from_unix(i64::MAX).to_string(), "9999-12-31T23:59:59Z");
    }
}
