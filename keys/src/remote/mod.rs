//! Key services elsewhere, asked over gRPC as sops asks them: without encryption, so over a socket of this machine or a
//! network that is trusted.

mod address;
pub(crate) mod messages;
mod network;
mod server;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use fieldseal_core::KeyId;
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper::http::uri::PathAndQuery;
use hyper::http::{Request, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::sync::Mutex;
use tokio::time::timeout;
use tonic::body::Body;
use tonic::client::{Grpc, GrpcService};
use tonic_prost::ProstCodec;
use zeroize::Zeroizing;

use crate::failure::harmless;
use crate::program::message;
use crate::services::Part;
pub use address::{Address, AddressError};
use messages::{
    DECRYPT, DecryptRequest, DecryptResponse, ENCRYPT, EncryptRequest, EncryptResponse, LONGEST_MESSAGE,
};
pub(crate) use network::Network;
pub use server::{Doorkeeper, KeyRequest, Listener, serve};

/// How long a key service may take to accept a connection.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The most characters of what a key service says that are repeated.
const LONGEST_COMPLAINT: usize = 1000;

/// A key service elsewhere.
pub(crate) struct Remote {
    address: Address,
    network: Arc<Network>,
    limit: Duration,
    connection: Arc<Mutex<Connection>>,
}

/// What is known of the way to a key service.
#[derive(Default)]
enum Connection {
    /// Nobody has asked for it.
    #[default]
    None,
    /// It is open.
    Open(http2::SendRequest<Body>),
    /// It cannot be opened; nobody tries again in this run.
    Failed(String),
}

impl Remote {
    /// The key service at `address`, which gets `limit` for each call.
    pub(crate) fn new(address: Address, network: Arc<Network>, limit: Duration) -> Self {
        Self { address, network, limit, connection: Arc::default() }
    }

    /// Encrypts `part` for the key `id`. Gives the text that stands in the file.
    ///
    /// # Errors
    /// The service cannot be reached, takes too long, or refuses.
    pub(crate) fn encrypt(&self, id: &KeyId, part: &[u8]) -> Result<String, String> {
        let request = EncryptRequest { key: Some(id.into()), plaintext: part.to_vec() };
        let response: EncryptResponse = self.call(ENCRYPT, request)?;
        match String::from_utf8(response.ciphertext) {
            Ok(text) if !text.is_empty() => Ok(text),
            _ => Err(self.failed("the answer holds no encrypted data key")),
        }
    }

    /// Decrypts `enc`, which was encrypted for the key `id`.
    ///
    /// # Errors
    /// As for [`Remote::encrypt`].
    pub(crate) fn decrypt(&self, id: &KeyId, enc: &str) -> Result<Part, String> {
        let request = DecryptRequest { key: Some(id.into()), ciphertext: enc.into() };
        let mut response: DecryptResponse = self.call(DECRYPT, request)?;
        match std::mem::take(&mut response.plaintext) {
            part if part.is_empty() => Err(self.failed("the answer holds no data key")),
            part => Ok(Zeroizing::new(part)),
        }
    }

    fn call<Q, A>(&self, path: &'static str, request: Q) -> Result<A, String>
    where
        Q: Message + 'static,
        A: Message + Default + 'static,
    {
        let (address, connection, limit) = (self.address.clone(), Arc::clone(&self.connection), self.limit);
        let answer = self.network.run(async move {
            let way = open(&address, &connection).await?;
            let origin = origin(&address);
            let mut client = Grpc::with_origin(Way(way), origin).max_decoding_message_size(LONGEST_MESSAGE);
            let path = PathAndQuery::from_static(path);
            let codec = ProstCodec::<Q, A>::default();
            let call = client.unary(tonic::Request::new(request), path, codec);
            match timeout(limit, call).await {
                Ok(Ok(answer)) => Ok(answer.into_inner()),
                Ok(Err(status)) => Err(match status.message() {
                    "" => status.code().description().to_owned(),
                    text => harmless(text).chars().take(LONGEST_COMPLAINT).collect(),
                }),
                Err(_) => Err(format!("it did not answer within {} s", limit.as_secs())),
            }
        });
        answer.and_then(|answer| answer).map_err(|error| self.failed(&error))
    }

    fn failed(&self, why: &str) -> String {
        format!("key service {}: {why}", self.address)
    }
}

/// The connection to a key service: the one that is open, or a new one.
async fn open(address: &Address, connection: &Mutex<Connection>) -> Result<http2::SendRequest<Body>, String> {
    // Who comes meanwhile waits, and uses the same connection.
    let mut connection = connection.lock().await;
    match &*connection {
        Connection::Open(way) if !way.is_closed() => return Ok(way.clone()),
        Connection::Failed(why) => return Err(why.clone()),
        _ => {}
    }
    let opened = match timeout(CONNECT_LIMIT, connect(address)).await {
        Ok(opened) => opened,
        Err(_) => Err(format!("cannot connect within {} s", CONNECT_LIMIT.as_secs())),
    };
    *connection = match &opened {
        Ok(way) => Connection::Open(way.clone()),
        Err(why) => Connection::Failed(why.clone()),
    };
    opened
}

async fn connect(address: &Address) -> Result<http2::SendRequest<Body>, String> {
    let failed = |error: std::io::Error| format!("cannot connect: {}", message(&error));
    match address {
        Address::Tcp(place) => {
            let stream = tokio::net::TcpStream::connect(place).await.map_err(failed)?;
            let _ = stream.set_nodelay(true);
            handshake(TokioIo::new(stream)).await
        }
        #[cfg(unix)]
        Address::Unix(path) => {
            let stream = tokio::net::UnixStream::connect(path).await.map_err(failed)?;
            handshake(TokioIo::new(stream)).await
        }
        #[cfg(not(unix))]
        Address::Unix(_) => Err("there are no sockets in the file system of this machine".to_owned()),
    }
}

async fn handshake<I>(io: I) -> Result<http2::SendRequest<Body>, String>
where
    I: hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
{
    let opened = http2::Builder::new(TokioExecutor::new()).handshake(io).await;
    let (way, connection) = opened.map_err(|error| format!("cannot connect: {error}"))?;
    // When the connection breaks, those who use it are told.
    tokio::spawn(connection);
    Ok(way)
}

/// What a request says of the host that it is meant for.
fn origin(address: &Address) -> Uri {
    let authority = match address {
        Address::Tcp(place) => place.as_str(),
        Address::Unix(_) => "localhost",
    };
    let origin = Uri::builder().scheme("http").authority(authority).path_and_query("/").build();
    origin.unwrap_or_else(|_| Uri::from_static("http://localhost/"))
}

/// A connection as gRPC wants it.
struct Way(http2::SendRequest<Body>);

impl GrpcService<Body> for Way {
    type ResponseBody = Incoming;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}
