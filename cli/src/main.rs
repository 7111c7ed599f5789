//! The command line tool.
//!
//! Data enters through [`io`] (files, stdin), [`environment`] and [`args`]; it leaves through [`io`]
//! (files, stdout) and [`report`] (stderr). [`engine`] is the only place that knows the library's types
//! for documents, rules and keys; [`commands`] hold one file a command.

#[cfg(unix)]
mod account;
mod args;
mod audit;
mod check;
mod cleanup;
mod command;
mod commands;
mod context;
mod editor;
mod engine;
mod environment;
mod exit;
mod files;
mod io;
mod parallel;
mod plan;
mod prompt;
#[cfg(feature = "publish")]
mod publish;
mod report;
mod role;
mod scratch;
#[cfg(unix)]
mod signals;
mod types;

use std::process::ExitCode;

use args::Request;
use role::Role;

/// The allocator of the static program: musl's own lets one thread in at a time, and knows no huge pages, without which
/// a fifth of the work on a large file is the kernel's clearing of small ones.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cleanup::on_panic();
    reuse_memory();
    let arguments: Vec<_> = std::env::args_os().collect();
    let role = Role::of(arguments.first().map(std::ffi::OsString::as_os_str));
    run(arguments, role)
}

fn run(arguments: Vec<std::ffi::OsString>, role: Role) -> ExitCode {
    let (result, reporter) = match args::read(arguments, role) {
        Request::Work { plan, context } => {
            let result = commands::run(*plan, &context);
            // Also when a part of the work failed: the other files are done.
            let synced = io::sync_directories();
            (result.and_then(|exit| synced.map(|()| exit)), context.reporter)
        }
        Request::Text(text) => {
            (io::write_stdout(text.as_bytes()).map(|()| ExitCode::SUCCESS), report::Reporter::new(false))
        }
        Request::Misuse(text, failure, reporter) => {
            (io::write_stdout(text.as_bytes()).and(Err(failure)), reporter)
        }
        Request::Usage(text, exit) => {
            report::Reporter::new(false).usage(&text);
            return exit.into();
        }
        Request::Refused(failure, reporter) => (Err(failure), reporter),
    };
    result.unwrap_or_else(|failure| {
        reporter.failure(&failure);
        failure.exit().into()
    })
}

/// Has the allocator of glibc keep large buffers for the next ones, instead of giving each back to the system, which
/// clears every page of it anew: it does so for sizes that it has seen freed, up to this one. Nothing is touched here.
/// Other allocators do not mind.
fn reuse_memory() {
    const LARGEST: usize = (32 << 20) - (64 << 10);
    drop(std::hint::black_box(Vec::<u8>::with_capacity(LARGEST)));
}
