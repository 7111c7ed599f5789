//! Why a text is no YAML.

/// Why a text, or a document of it, is refused. No content of the text is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct YamlError {
    /// What is wrong, in lower case and without a full stop.
    pub(crate) problem: &'static str,
    /// Where: an offset of [`Tree::text`](super::Tree::text), or of the source if that cannot be decoded.
    pub(crate) offset: u32,
    /// Another place that matters, as the first of two equal keys.
    pub(crate) other: Option<u32>,
}

impl YamlError {
    /// The error `problem` at `offset`.
    #[cold]
    pub(crate) const fn new(offset: usize, problem: &'static str) -> Self {
        Self { problem, offset: offset as u32, other: None }
    }
}
