//! Running a program that prints a key.

use std::ffi::OsStr;
use std::process::Command;

use zeroize::Zeroizing;

use crate::program::Programs;

/// The variable that tells a program which recipient's key is wanted.
const RECIPIENT: &str = "SOPS_AGE_RECIPIENT";

/// The most that is read, from a program or a file with keys: 16 MiB.
pub(crate) const LONGEST: usize = 1 << 24;

/// Runs the command line `line`, which is split like that of a shell though no shell is involved, and gives what it
/// prints. Its error output is lost.
///
/// # Errors
/// It cannot be split or started, fails, takes too long, or prints too much. The message does not repeat its arguments.
pub(crate) fn output(
    line: &OsStr,
    recipient: &str,
    programs: &Programs,
) -> Result<Zeroizing<Vec<u8>>, String> {
    let words =
        line.to_str().and_then(shlex::split).ok_or("failed to parse the command: check its quotes")?;
    let [program, arguments @ ..] = words.as_slice() else {
        return Err("the command is empty: unset the variable if it is not needed".to_owned());
    };
    let mut command = Command::new(program);
    let variables = programs.environment().variables();
    command.args(arguments).env_clear().envs(variables).env(RECIPIENT, recipient);
    let failed = |why: &dyn std::fmt::Display| format!("failed to execute command {program}: {why}");
    let ended = programs.run(&mut command, b"", LONGEST).map_err(|error| failed(&error))?;
    if ended.status.success() { Ok(ended.stdout) } else { Err(failed(&ended.status)) }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::environment::Environment;
    use crate::program::{DEFAULT_LIMIT, NoGuard};

    fn run(line: &str) -> Result<String, String> {
        let environment = Environment::new([("PATH", "/usr/bin:/bin"), ("GIVEN", "x y")]);
        output(OsStr::new(line), "age1a", &Programs::new(environment, Arc::new(NoGuard), DEFAULT_LIMIT))
            .map(|output| String::from_utf8(output.to_vec()).unwrap())
    }

    #[test]
    fn words_and_variables_are_handed_over() {
        assert_eq!(run(r#"printf '%s|' a 'b c' "d\"e""#).unwrap(), "a|b c|d\"e|");
        assert_eq!(run(r#"sh -c 'echo "$SOPS_AGE_RECIPIENT $GIVEN $HOME"'"#).unwrap(), "age1a x y \n");
        assert_eq!(run("sh -c 'cat; echo end'").unwrap(), "end\n");
    }

    #[test]
    fn failures_do_not_repeat_arguments() {
        assert_eq!(run("sh -c 'exit 3' secret").unwrap_err(), "failed to execute command sh: exit status: 3");
        assert!(
            run("does-not-exist-4711 secret").unwrap_err().starts_with("failed to execute command does-not")
        );
        assert!(run("  ").unwrap_err().starts_with("the command is empty"));
        assert!(run("sh 'secret").unwrap_err().starts_with("failed to parse"));
    }

    #[test]
    fn endless_output_ends() {
        assert_eq!(run("cat /dev/zero").unwrap_err(), "failed to execute command cat: it prints too much");
    }
}
