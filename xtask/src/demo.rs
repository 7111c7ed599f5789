//! `cargo xtask demo`: the main job on a copy of the example repository, step by step.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{self, Result};
use crate::{files, tools, workspace};

/// The file in which a value is edited.
const EDITED: &str = "apps/overlays/staging/storefront/values.secret.yaml";

/// The line of the value that is edited, before and after.
const EDIT: (&str, &str) = ("  password: cNRUDBpQoXCWMTZB", "  password: a-new-password");

/// Builds the tool and shows, on a copy, what it does.
///
/// # Errors
///
/// When a step does something else than it says.
pub(crate) fn demo() -> Result<()> {
    run::step("building the tool");
    // The profile of the suites: built in half the time, and there already once the tests have run.
    run::check(workspace::cargo().args(["build", "--profile=suite", "--locked", "--package=fieldseal"]))?;
    let tools = tools::build()?;
    let demo = Demo {
        fieldseal: workspace::target().join("suite").join(workspace::executable("fieldseal")),
        sops: tools.join(workspace::executable("sops")),
        keys: workspace::root().join("testdata/gitops-keys/keys.txt"),
        folder: workspace::target().join("demo"),
    };

    run::step("a copy of the example repository, as a team keeps it: 5 clusters, 6 namespaces");
    let _ = fs::remove_dir_all(&demo.folder);
    files::copy(&workspace::root().join("testdata/gitops"), &demo.folder)?;
    let source = files::read_all(&demo.folder)?;
    println!("{} files in {}", source.len(), demo.folder.display());
    demo.commit("Plaintext, to compare with")?;

    run::step("encrypt it in place, by the rules in its .sops.yaml");
    demo.fieldseal(&["encrypt", "--in-place", "."])?;
    let sealed = files::read_all(&demo.folder)?;
    let selected = changed(&source, &sealed)?;
    if selected.is_empty() {
        return Err("nothing was encrypted".into());
    }
    println!("{} files encrypted, {} left as they are", selected.len(), source.len() - selected.len());
    demo.commit("Encrypted")?;

    run::step("a second run changes nothing");
    demo.fieldseal(&["encrypt", "--in-place", "."])?;
    if files::read_all(&demo.folder)? != sealed {
        return Err("the second run changed a file".into());
    }
    println!("not a byte");

    run::step("what a file looks like now: only the selected values differ");
    excerpt(&sealed[EDITED])?;

    run::step("the real sops opens every one of them");
    for name in &selected {
        demo.sops_opens(name)?;
    }
    println!("{} of {} files", selected.len(), selected.len());

    run::step("edit one secret in an editor (here a scripted one)");
    demo.edit(EDITED, EDIT.0, EDIT.1)?;
    let edited = files::read_all(&demo.folder)?;
    show_difference(&sealed[EDITED], &edited[EDITED])?;
    if changed(&sealed, &edited)? != [EDITED] {
        return Err("the edit touched another file".into());
    }
    demo.sops_opens(EDITED)?;

    run::step("decrypt everything again and compare with where we started");
    demo.fieldseal(&["decrypt", "--in-place", "."])?;
    let opened = files::read_all(&demo.folder)?;
    let mut expected = source;
    let text = String::from_utf8(expected[EDITED].clone())?;
    let text = text.replace(EDIT.0, EDIT.1);
    expected.insert(EDITED.to_owned(), text.into_bytes());
    let different = changed(&expected, &opened)?;
    if !different.is_empty() {
        return Err(format!("these files did not come back: {}", different.join(", ")).into());
    }
    println!("every byte of {} files is back: comments, quotes, blank lines, line ends", opened.len());
    Ok(())
}

/// An editor for the demonstration: replaces a text in the file that it is given.
///
/// # Errors
///
/// When the text is not in the file.
pub(crate) fn editor(arguments: &[String]) -> Result<()> {
    let [from, to, file] = arguments else { return Err("usage: xtask replace FROM TO FILE".into()) };
    let text = fs::read_to_string(file)?;
    if !text.contains(from.as_str()) {
        return Err("the text to replace is not in the file".into());
    }
    Ok(fs::write(file, text.replace(from.as_str(), to))?)
}

/// The programs and places of one demonstration.
struct Demo {
    fieldseal: PathBuf,
    sops: PathBuf,
    keys: PathBuf,
    folder: PathBuf,
}

impl Demo {
    /// A program in the copy, with the example's keys and none of the person's.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SOPS_")) {
            command.env_remove(name);
        }
        command.env("SOPS_AGE_KEY_FILE", &self.keys);
        command
    }

    /// Shows a command of the tool as a person would type it, and runs it.
    fn fieldseal(&self, arguments: &[&str]) -> Result<()> {
        println!("$ fieldseal {}", arguments.join(" "));
        run::check(self.command(&self.fieldseal).args(arguments))
    }

    /// Replaces a text in an encrypted file through `fieldseal edit`.
    fn edit(&self, name: &str, from: &str, to: &str) -> Result<()> {
        let program = std::env::current_exe()?;
        let editor: Vec<String> =
            [&*program.to_string_lossy(), "replace", from, to].map(|word| format!("'{word}'")).into();
        println!("$ fieldseal edit {name}");
        run::check(self.command(&self.fieldseal).args(["edit", name]).env("SOPS_EDITOR", editor.join(" ")))
    }

    /// Decrypts a file with the real `sops`, which checks the MAC.
    fn sops_opens(&self, name: &str) -> Result<()> {
        let mut command = self.command(&self.sops);
        run::check(command.args(["decrypt", name]).stdout(Stdio::null()))
    }

    /// Records the state in a Git repository, so that a person can look at the differences afterwards.
    /// Without Git there is none.
    fn commit(&self, message: &str) -> Result<()> {
        let git = |arguments: &[&str]| {
            let identity =
                ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "-c", "commit.gpgsign=false"];
            let mut command = self.command(Path::new("git"));
            command
                .args(identity)
                .args(["-c", "core.autocrlf=false", "-c", "core.hooksPath="])
                .args(arguments);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            command
        };
        if git(&["--version"]).status().is_err() {
            return Ok(());
        }
        run::check(&mut git(&["init", "--quiet"]))?;
        run::check(&mut git(&["add", "--all"]))?;
        run::check(&mut git(&["commit", "--quiet", "--message", message]))
    }
}

/// The names of the files whose content differs.
///
/// # Errors
///
/// When a file came or went.
fn changed(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Result<Vec<String>> {
    if !before.keys().eq(after.keys()) {
        return Err("a file came or went".into());
    }
    Ok(before
        .iter()
        .filter(|(name, content)| after[*name] != **content)
        .map(|(name, _)| name.clone())
        .collect())
}

/// Shows the part of a file around its first secrets.
fn excerpt(content: &[u8]) -> Result<()> {
    for line in std::str::from_utf8(content)?.lines().skip(18).take(16) {
        println!("    {}", shortened(line));
    }
    Ok(())
}

/// Shows the lines in which two versions of a file differ; they have the same number of lines.
fn show_difference(before: &[u8], after: &[u8]) -> Result<()> {
    let (before, after) = (std::str::from_utf8(before)?, std::str::from_utf8(after)?);
    if before.lines().count() != after.lines().count() {
        return Err("the edit changed the number of lines".into());
    }
    for (old, new) in before.lines().zip(after.lines()).filter(|(old, new)| old != new) {
        println!("    - {}\n    + {}", shortened(old), shortened(new));
    }
    Ok(())
}

/// A line that fits on a screen.
fn shortened(line: &str) -> String {
    let start: String = line.chars().take(96).collect();
    if start.len() < line.len() { format!("{start}...") } else { start }
}
