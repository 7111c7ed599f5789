//! `man`: the pages of the manual, made from the definition of the command line.

use std::path::PathBuf;

use clap_mangen::Man;

use crate::context::Context;
use crate::exit::Exit;
use crate::io::{self, Access};
use crate::report::Failure;

/// Where the pages go.
pub(crate) struct Plan {
    /// The directory.
    pub(crate) directory: PathBuf,
}

/// Writes a page for the tool and one for each command.
///
/// # Errors
/// A page cannot be written.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    let name = context.role.name();
    let mut tool = crate::args::command(context.role);
    // The pages of commands show the flags of the tool only once they are built.
    tool.build();
    io::ensure_directory(&plan.directory, Access::Shared)?;
    // Commands below commands are few and not deep; each waits here with the name of its page.
    let mut waiting = vec![(name.to_owned(), tool)];
    while let Some((page, command)) = waiting.pop() {
        for below in
            command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
        {
            waiting.push((format!("{page}-{}", below.get_name()), below.clone()));
        }
        let mut text = Vec::new();
        let failed = |error: std::io::Error| {
            Failure::new(Exit::Other, format!("cannot make the page {page}: {error}"))
        };
        let shown = command.clone().name(page.clone()).bin_name(page.replace('-', " "));
        Man::new(shown).render(&mut text).map_err(failed)?;
        io::create(&plan.directory.join(format!("{page}.1")), &text, Access::Shared)?;
    }
    Ok(Exit::Success)
}
