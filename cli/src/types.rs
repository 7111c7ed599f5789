//! Which format a file is read and written in.

use std::path::Path;

use crate::engine::Format;
use crate::exit::Exit;
use crate::plan::Types;
use crate::report::{Failure, harmless};
use crate::role::Role;

/// The format to read `name` in, and the one to write. Without a name (stdin) it is binary.
///
/// # Errors
/// A flag holds a word that is no type. Under the name `sops` such a word does nothing.
pub(crate) fn choose(types: &Types, name: Option<&Path>, role: Role) -> Result<(Format, Format), Failure> {
    let by_name = || name.map_or(Format::Binary, |name| Format::of_name(&name.to_string_lossy()));
    let flag = |flag: &str, word: &Option<String>| match word {
        None => Ok(None),
        Some(word) => match (Format::from_name(word), role) {
            (Some(format), _) => Ok(Some(format)),
            (None, Role::Sops) => Ok(None),
            (None, Role::Own) => {
                Err(Failure::new(Exit::Other, format!("{flag}: there is no type \"{}\"", harmless(word)))
                    .hint("the types are yaml, json, dotenv, ini and binary"))
            }
        },
    };
    let input = flag("--input-type", &types.input)?.unwrap_or_else(by_name);
    // As sops does, the name decides for both; a type that is given for the input is meant for both here.
    let output = match flag("--output-type", &types.output)? {
        Some(format) => format,
        None if role == Role::Sops => by_name(),
        None => input,
    };
    Ok((input, output))
}

/// That both formats are the same.
///
/// # Errors
/// They are not, and the editor shows one text only.
pub(crate) fn same(input: Format, output: Format) -> Result<Format, Failure> {
    if input == output {
        return Ok(input);
    }
    Err(Failure::new(
        Exit::Unrenderable,
        format!("a file in {} cannot be edited as {}", input.name(), output.name()),
    )
    .hint("leave out --output-type, or give the same type for --input-type; `decrypt` and `encrypt` convert"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn chosen(
        input: Option<&str>,
        output: Option<&str>,
        name: Option<&str>,
        role: Role,
    ) -> Option<(Format, Format)> {
        let types = Types { input: input.map(Into::into), output: output.map(Into::into) };
        choose(&types, name.map(Path::new), role).ok()
    }

    #[test]
    fn flags_win_over_names() {
        use Format::{Binary, Dotenv, Json, Yaml};
        let own = Role::Own;
        assert_eq!(chosen(None, None, Some("a/b.yml"), own), Some((Yaml, Yaml)));
        assert_eq!(chosen(None, None, Some("b.YAML"), own), Some((Binary, Binary)));
        assert_eq!(chosen(None, None, None, own), Some((Binary, Binary)));
        assert_eq!(chosen(Some("dotenv"), None, Some("b.yaml"), own), Some((Dotenv, Dotenv)));
        assert_eq!(chosen(Some("dotenv"), None, Some("b.yaml"), Role::Sops), Some((Dotenv, Yaml)));
        assert_eq!(chosen(None, Some("json"), Some("b.yaml"), own), Some((Yaml, Json)));
    }

    #[test]
    fn an_unknown_word_is_an_error_only_under_the_own_name() {
        assert_eq!(chosen(Some("yml"), None, Some("x"), Role::Own), None);
        assert_eq!(chosen(Some("yml"), None, Some("x"), Role::Sops), Some((Format::Binary, Format::Binary)));
    }
}
