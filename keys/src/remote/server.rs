//! A key service for others: what this machine can do with its keys, over gRPC as sops asks for it.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use fieldseal_core::KeyId;
use hyper::body::Incoming;
use hyper::http::{Request as HttpRequest, Response as HttpResponse};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use prost::Message;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tonic::body::Body;
use tonic::server::{Grpc, UnaryService};
use tonic::{Response, Status};
use tonic_prost::ProstCodec;

use super::messages::{
    DECRYPT, DecryptRequest, DecryptResponse, ENCRYPT, EncryptRequest, EncryptResponse, Key, LONGEST_MESSAGE,
};
use crate::services::{KeyServices, Local};

/// The most requests that are worked on at a time. More of them wait.
const MOST_AT_ONCE: usize = 16;

/// The most connections. More of them wait.
const MOST_CONNECTIONS: usize = 128;

/// The most bytes of the headers of a request.
const LONGEST_HEADERS: u32 = 16 << 10;

/// How often the other end of a connection is asked whether it is still there.
const ALIVE_INTERVAL: Duration = Duration::from_secs(60);

/// The open socket of a key service.
#[derive(Debug)]
pub enum Listener {
    /// Of the network.
    Tcp(std::net::TcpListener),
    /// Of the file system.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// What somebody asks a key service for.
#[derive(Clone, Debug)]
pub struct KeyRequest {
    /// Whether something is to be decrypted, and not encrypted.
    pub decrypts: bool,
    /// The key.
    pub key: KeyId,
}

/// Who decides on requests and keeps a record of them.
pub trait Doorkeeper: Send + Sync {
    /// Whether `request` may be worked on. Asked before anything is done.
    fn admits(&self, request: &KeyRequest) -> bool;

    /// Is told that `request` is done, or why it could not be.
    fn done(&self, request: &KeyRequest, problem: Option<&str>);
}

/// In the words of sops: `decrypt request using PGP key with fingerprint X`.
impl fmt::Display for KeyRequest {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let doing = if self.decrypts { "decrypt" } else { "encrypt" };
        let kind = match &self.key {
            KeyId::Kms { arn, .. } => return write!(to, "{doing} request using AWS KMS key with ARN {arn}"),
            KeyId::GcpKms { .. } => "GCP KMS key with resource ID",
            KeyId::HcKms { .. } => "HuaweiCloud KMS key with ID",
            KeyId::AzureKv { .. } => "Azure Key Vault key with URL",
            KeyId::HcVault { .. } => "Hashicorp Vault key with URI",
            KeyId::Pgp { .. } => "PGP key with fingerprint",
            KeyId::Age { .. } => "age key with recipient",
        };
        write!(to, "{doing} request using {kind} {}", self.key)
    }
}

/// Answers requests at `listener` with the keys of this machine, as far as `doorkeeper` admits them. It ends with the
/// process. Keys are looked for anew, by `services`, for every request: what is there may change, and so may the mind of
/// a person who did not want to use one.
///
/// # Errors
/// The network cannot be used.
pub fn serve(
    listener: Listener,
    services: impl Fn() -> KeyServices + Send + Sync + 'static,
    doorkeeper: Arc<dyn Doorkeeper>,
) -> io::Result<Infallible> {
    let runtime =
        Builder::new_current_thread().enable_io().enable_time().max_blocking_threads(MOST_AT_ONCE).build()?;
    let state = Arc::new(State { services: Box::new(services), doorkeeper });
    runtime.block_on(async {
        match listener {
            Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::TcpListener::from_std(listener)?;
                accept(state, async || listener.accept().await.map(|(stream, _)| stream)).await
            }
            #[cfg(unix)]
            Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::UnixListener::from_std(listener)?;
                accept(state, async || listener.accept().await.map(|(stream, _)| stream)).await
            }
        }
    })
}

async fn accept<S>(state: Arc<State>, next: impl AsyncFn() -> io::Result<S>) -> io::Result<Infallible>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.expect("it is never closed");
        let stream = match next().await {
            Ok(stream) => stream,
            Err(_) => {
                // Too many open files, or somebody who went away at once: neither is the end of the service.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let _place = place;
            let service = service_fn(move |request| {
                let state = Arc::clone(&state);
                async move { Ok::<_, Infallible>(respond(state, request).await) }
            });
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .keep_alive_interval(ALIVE_INTERVAL)
                .max_concurrent_streams(MOST_AT_ONCE as u32)
                .max_header_list_size(LONGEST_HEADERS);
            // What goes wrong on a connection is the business of the other end.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn respond(state: Arc<State>, request: HttpRequest<Incoming>) -> HttpResponse<Body> {
    match request.uri().path() {
        ENCRYPT => unary::<EncryptRequest>(state, request).await,
        DECRYPT => unary::<DecryptRequest>(state, request).await,
        _ => Status::unimplemented("there are only Encrypt and Decrypt").into_http(),
    }
}

async fn unary<C: Call>(state: Arc<State>, request: HttpRequest<Incoming>) -> HttpResponse<Body> {
    let codec = ProstCodec::<C::Answer, C>::default();
    Grpc::new(codec).max_decoding_message_size(LONGEST_MESSAGE).unary(Method(state), request).await
}

/// What all requests share.
struct State {
    services: Box<dyn Fn() -> KeyServices + Send + Sync>,
    doorkeeper: Arc<dyn Doorkeeper>,
}

impl State {
    /// Works on a request, and waits for whoever has to be asked.
    fn answer<C: Call>(&self, mut call: C) -> Result<C::Answer, Status> {
        let key = call.key().and_then(|key| key.key_type);
        let key = key.ok_or_else(|| Status::not_found("Must provide a key"))?;
        let request = KeyRequest { decrypts: C::DECRYPTS, key: key.into() };
        if !self.doorkeeper.admits(&request) {
            return Err(Status::permission_denied("Request rejected by user"));
        }
        let services = (self.services)();
        let local = services.local().ok_or_else(|| Status::unknown("there are no keys"))?;
        let answer = call.work(local, &request.key);
        self.doorkeeper.done(&request, answer.as_ref().err().map(String::as_str));
        answer.map_err(Status::unknown)
    }
}

/// A request of one of the methods.
trait Call: Message + Default + 'static {
    type Answer: Message + 'static;

    const DECRYPTS: bool;

    /// Takes the key out.
    fn key(&mut self) -> Option<Key>;

    /// Does what is asked for.
    fn work(&self, local: &Local, key: &KeyId) -> Result<Self::Answer, String>;
}

impl Call for EncryptRequest {
    type Answer = EncryptResponse;

    const DECRYPTS: bool = false;

    fn key(&mut self) -> Option<Key> {
        self.key.take()
    }

    fn work(&self, local: &Local, key: &KeyId) -> Result<EncryptResponse, String> {
        local.encrypt(key, &self.plaintext).map(|enc| EncryptResponse { ciphertext: enc.into_bytes() })
    }
}

impl Call for DecryptRequest {
    type Answer = DecryptResponse;

    const DECRYPTS: bool = true;

    fn key(&mut self) -> Option<Key> {
        self.key.take()
    }

    fn work(&self, local: &Local, key: &KeyId) -> Result<DecryptResponse, String> {
        let enc = str::from_utf8(&self.ciphertext).map_err(|_| "the encrypted data key is no text")?;
        let mut part = local.decrypt(key, enc)?;
        Ok(DecryptResponse { plaintext: std::mem::take(&mut *part) })
    }
}

/// A method of the service.
struct Method(Arc<State>);

impl<C: Call> UnaryService<C> for Method {
    type Response = C::Answer;
    type Future = Pin<Box<dyn Future<Output = Result<Response<C::Answer>, Status>> + Send>>;

    fn call(&mut self, request: tonic::Request<C>) -> Self::Future {
        let state = Arc::clone(&self.0);
        Box::pin(async move {
            let work = move || state.answer(request.into_inner());
            let answer = tokio::task::spawn_blocking(work).await;
            answer.unwrap_or_else(|_| Err(Status::internal("the request was given up"))).map(Response::new)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::prompt::NoPrompt;
    use crate::services::Settings;

    /// Admits nothing that decrypts.
    struct OneWay;

    impl Doorkeeper for OneWay {
        fn admits(&self, request: &KeyRequest) -> bool {
            !request.decrypts
        }

        fn done(&self, _: &KeyRequest, _: Option<&str>) {}
    }

    #[test]
    fn refusals_have_the_statuses_of_sops() {
        let services = || {
            let environment = Environment::new([("PATH", ""), ("SOPS_GPG_EXEC", "/does/not/exist")]);
            KeyServices::new(Settings::new(environment, Arc::new(NoPrompt)))
        };
        let state = State { services: Box::new(services), doorkeeper: Arc::new(OneWay) };
        let code =
            |answer: Result<_, Status>| answer.map(|_: EncryptResponse| ()).map_err(|status| status.code());
        let missing = EncryptRequest::default();
        assert_eq!(code(state.answer(missing)), Err(tonic::Code::NotFound));
        let empty = EncryptRequest { key: Some(Key { key_type: None }), plaintext: Vec::new() };
        assert_eq!(code(state.answer(empty)), Err(tonic::Code::NotFound));
        let pgp = KeyId::Pgp { fingerprint: "F".into() };
        let failing = EncryptRequest { key: Some(Key::from(&pgp)), plaintext: vec![7] };
        assert_eq!(code(state.answer(failing)), Err(tonic::Code::Unknown));
        let rejected = DecryptRequest { key: Some(Key::from(&pgp)), ciphertext: Vec::new() };
        let status = state.answer(rejected).map(|_| ()).map_err(|status| status.code());
        assert_eq!(status, Err(tonic::Code::PermissionDenied));
    }

    #[test]
    fn requests_are_named_as_in_sops() {
        let shown = |key, decrypts| KeyRequest { decrypts, key }.to_string();
        let fingerprint = "F".to_owned();
        assert_eq!(
            shown(KeyId::Pgp { fingerprint }, true),
            "decrypt request using PGP key with fingerprint F"
        );
        let vault = KeyId::HcVault {
            vault_address: "https://v".to_owned(),
            engine_path: "t".to_owned(),
            key_name: "k".to_owned(),
        };
        assert_eq!(
            shown(vault, false),
            "encrypt request using Hashicorp Vault key with URI https://v/v1/t/keys/k"
        );
        let recipient = "age1x".to_owned();
        assert_eq!(
            shown(KeyId::Age { recipient }, false),
            "encrypt request using age key with recipient age1x"
        );
    }
}
