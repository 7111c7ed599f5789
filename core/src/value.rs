//! Typed scalars and the bytes that stand for them.

use std::borrow::Cow;

use crate::timestamp::Timestamp;

/// The value of a leaf, as sops sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    /// No value; never encrypted and outside the MAC.
    Null,
    /// A string: any bytes, in most formats UTF-8.
    Str(Cow<'a, [u8]>),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or one that is no `i64`.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A point in time with its offset from UTC.
    Time(Timestamp),
    /// A comment: the text behind the comment character, with its leading blank.
    Comment(Cow<'a, [u8]>),
}
