//! `keyservice`: the keys of this machine for others.

use std::io::{self, BufRead as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fieldseal_keys::{Address, Doorkeeper, KeyRequest, Listener};

use crate::context::Context;
use crate::engine::key_services;
use crate::exit::Exit;
use crate::plan::Services;
use crate::report::{Failure, Reporter, Warning, harmless};

/// Where to listen, and how to treat requests.
pub(crate) struct Plan {
    /// Where to listen.
    pub(crate) address: Address,
    /// Whether a person is asked about each request.
    pub(crate) prompt: bool,
    /// Whether each request is told.
    pub(crate) verbose: bool,
    /// How long one key may take.
    pub(crate) limit: Duration,
}

/// Answers requests until a signal ends the process, which is then no error.
///
/// # Errors
/// The address cannot be used.
pub(crate) fn run(plan: &Plan, context: &Context) -> Result<Exit, Failure> {
    #[cfg(unix)]
    crate::signals::end_without_error()
        .map_err(|error| Failure::new(Exit::Other, format!("cannot watch for signals: {error}")))?;
    let place = open(&plan.address)?;
    if let Place::Tcp(_, address) = &place
        && !address.ip().is_loopback()
    {
        context.reporter.warning(
            &Warning::new(
                "whoever reaches this address can use the keys of this machine, and read what is sent",
            )
            .hint("listen on a socket (--network unix) or on 127.0.0.1"),
        );
    }
    context.reporter.note(&format!("Listening on {}", harmless(&place.shown(&plan.address))));
    let services = Services { local: true, remote: Vec::new(), limit: plan.limit };
    let doorkeeper = Arc::new(Porter {
        reporter: context.reporter,
        verbose: plan.verbose,
        prompt: plan.prompt.then(Mutex::default),
    });
    let (listener, _guard) = place.listener();
    match fieldseal_keys::serve(listener, move || key_services(&services), doorkeeper) {
        Ok(never) => match never {},
        Err(error) => Err(unusable(&plan.address, &error)),
    }
}

/// An open socket.
enum Place {
    /// Of the network, with the address that it got.
    Tcp(TcpListener, std::net::SocketAddr),
    /// Of the file system; it is removed at the end.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener, crate::cleanup::Guard),
}

impl Place {
    /// The address to name to others.
    fn shown(&self, asked: &Address) -> String {
        match self {
            Self::Tcp(_, address) => format!("tcp://{address}"),
            #[cfg(unix)]
            Self::Unix(..) => asked.to_string(),
        }
    }

    #[cfg(unix)]
    fn listener(self) -> (Listener, Option<crate::cleanup::Guard>) {
        match self {
            Self::Tcp(listener, _) => (Listener::Tcp(listener), None),
            Self::Unix(listener, guard) => (Listener::Unix(listener), Some(guard)),
        }
    }

    #[cfg(not(unix))]
    fn listener(self) -> (Listener, ()) {
        let Self::Tcp(listener, _) = self;
        (Listener::Tcp(listener), ())
    }
}

fn open(address: &Address) -> Result<Place, Failure> {
    let opened = match address {
        Address::Tcp(place) => TcpListener::bind(place)
            .and_then(|listener| listener.local_addr().map(|address| Place::Tcp(listener, address))),
        #[cfg(unix)]
        Address::Unix(path) => socket(path),
        #[cfg(not(unix))]
        Address::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    };
    opened.map_err(|error| unusable(address, &error))
}

/// A socket that only its owner can use from the moment on that it is there.
#[cfg(unix)]
fn socket(path: &std::path::Path) -> io::Result<Place> {
    use std::os::unix::net::UnixListener;

    use rustix::fs::Mode;
    use rustix::process::umask;
    let (guard, listener) = crate::cleanup::Guard::create(path.to_owned(), |path| {
        let before = umask(Mode::RWXG | Mode::RWXO | Mode::XUSR);
        let listener = UnixListener::bind(path);
        umask(before);
        listener
    })?;
    Ok(Place::Unix(listener, guard))
}

fn unusable(address: &Address, error: &io::Error) -> Failure {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default().to_lowercase();
    let failure = Failure::new(Exit::Other, format!("cannot listen on {address}: {text}"));
    match error.kind() {
        io::ErrorKind::AddrInUse => failure.hint("if no other key service runs there, remove the socket"),
        _ => failure,
    }
}

/// Asks a person about requests, if that is wanted, and tells of them.
struct Porter {
    reporter: Reporter,
    verbose: bool,
    /// Whether there is nobody any more who answers; one question at a time.
    prompt: Option<Mutex<bool>>,
}

impl Doorkeeper for Porter {
    fn admits(&self, request: &KeyRequest) -> bool {
        let Some(prompt) = &self.prompt else { return true };
        let mut gone = prompt.lock().unwrap_or_else(PoisonError::into_inner);
        while !*gone {
            let question =
                format!("\nReceived {}. Respond to request? (y/n): ", harmless(&request.to_string()));
            let mut answer = String::new();
            *gone = crate::io::write_stdout(question.as_bytes()).is_err()
                || !io::stdin().lock().read_line(&mut answer).is_ok_and(|length| length > 0);
            match answer.trim() {
                "y" => return true,
                "n" => break,
                _ => {}
            }
        }
        if self.verbose {
            self.reporter.note(&format!("{}: rejected", harmless(&request.to_string())));
        }
        false
    }

    fn done(&self, request: &KeyRequest, problem: Option<&str>) {
        if self.verbose {
            let end = problem.unwrap_or("done");
            self.reporter.note(&format!("{}: {}", harmless(&request.to_string()), harmless(end)));
        }
    }
}
