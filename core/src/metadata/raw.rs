//! The `sops` block as a tree of plain data, the same for every format.

/// A value of the `sops` block as a format reads or writes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A string. Metadata is UTF-8; what is not is replaced when it is read.
    Str(String),
    /// An unquoted YAML timestamp, as it is spelled; sops refuses these.
    Time(String),
    /// A list.
    List(Vec<Raw>),
    /// A map, in the order of the file.
    Map(Vec<(String, Raw)>),
}
