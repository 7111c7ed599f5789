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
