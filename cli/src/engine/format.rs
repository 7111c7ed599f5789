//! Which format a file has.

/// A format of documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Format {
    /// YAML, one document or several.
    Yaml,
    /// JSON with an object at the top.
    Json,
    /// `KEY=value` lines.
    Dotenv,
    /// Sections of `key = value` lines.
    Ini,
    /// Anything else: one value.
    Binary,
}

impl Format {
    /// The format of a file by the end of its name, as sops decides it: `.yaml` and `.yml`, `.json`, `.env`,
    /// `.ini`, in lower case; everything else is binary.
    pub(crate) fn of_name(name: &str) -> Self {
        const ENDS: [(&str, Format); 5] = [
            (".yaml", Format::Yaml),
            (".yml", Format::Yaml),
            (".json", Format::Json),
            (".env", Format::Dotenv),
            (".ini", Format::Ini),
        ];
        ENDS.iter().find(|(end, _)| name.ends_with(end)).map_or(Self::Binary, |(_, format)| *format)
    }

    /// The format of this name, as the flags for types take it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Yaml, Self::Json, Self::Dotenv, Self::Ini, Self::Binary]
            .into_iter()
            .find(|format| format.name() == name)
    }

    /// The name: `yaml`, `json`, `dotenv`, `ini`, `binary`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Dotenv => "dotenv",
            Self::Ini => "ini",
            Self::Binary => "binary",
        }
    }
}
