//! Signatures of requests, version 4: of the head and of the content, with a key that holds for one day, one region and
//! one service.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fieldseal_core::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::{digest, hmac};
use zeroize::Zeroizing;

use super::Credentials;
use crate::cloud::Address;

/// What stands in a canonical path or query as it is: letters, digits and these.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is signed.
pub struct Signing<'a> {
    /// `GET`, `PUT` or `POST`.
    pub method: &'static str,
    /// The server.
    pub address: &'a Address,
    /// The path, encoded as it is sent.
    pub path: &'a str,
    /// Fields of the head besides the host and those that the signature adds, by their names in lower case.
    pub headers: &'a [(&'static str, String)],
    /// The content.
    pub body: &'a [u8],
    /// Where the service is.
    pub region: &'a str,
    /// Its name, as `s3`.
    pub service: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// The fields of the head that make the request a signed one, with those of `signing`.
pub fn sign(signing: &Signing<'_>, credentials: &Credentials) -> Vec<(&'static str, Zeroizing<String>)> {
    let time: String = signing.now.to_whole_seconds().chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let day = &time[..8];
    let content = hex(digest::digest(&digest::SHA256, signing.body).as_ref());

    let mut headers: Vec<(&'static str, Zeroizing<String>)> =
        signing.headers.iter().map(|(name, value)| (*name, Zeroizing::new(value.clone()))).collect();
    headers.push(("x-amz-content-sha256", Zeroizing::new(content.clone())));
    headers.push(("x-amz-date", Zeroizing::new(time.clone())));
    if let Some(token) = &credentials.session_token {
        headers.push(("x-amz-security-token", Zeroizing::new(token.as_str().to_owned())));
    }
    let mut signed: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    signed.push(("host", &signing.address.authority));
    signed.sort_unstable();
    let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");

    let (path, query) = signing.path.split_once('?').unwrap_or((signing.path, ""));
    let mut canonical =
        Zeroizing::new(format!("{}\n{}{path}\n{query}\n", signing.method, signing.address.base));
    for (name, value) in signed {
        *canonical += &format!("{name}:{}\n", value.trim());
    }
    *canonical += &format!("\n{names}\n{content}");

    let scope = format!("{day}/{}/{}/aws4_request", signing.region, signing.service);
    let canonical = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    let secret = Zeroizing::new(format!("AWS4{}", credentials.secret_key.as_str()));
    let mut key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), day.as_bytes());
    for part in [signing.region, signing.service, "aws4_request"] {
        key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), part.as_bytes());
    }
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), text.as_bytes());
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
        credentials.access_key,
        hex(signature.as_ref())
    );
    headers.push(("authorization", Zeroizing::new(authorization)));
    headers
}

/// The checksum of a content, as services take it: SHA-256 in Base64.
pub fn checksum(content: &[u8]) -> String {
    STANDARD.encode(digest::digest(&digest::SHA256, content))
}

/// `text` as part of a path or a query; `/` stays only in a path.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, KEPT).to_string()
}

impl Signing<'_> {
    /// The path of an object, encoded: every part of it, with the slashes between them as they are.
    pub fn path_of(parts: &str) -> String {
        parts.split('/').map(encode).collect::<Vec<_>>().join("/")
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The examples in the documentation of S3 ("Signature Calculations for the Authorization Header"), with the
    /// signatures that it names.
    #[test]
    fn the_examples_of_the_documentation() {
        let credentials = Credentials {
            access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_key: Zeroizing::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned()),
            session_token: None,
        };
        let address = Address::parse("https://examplebucket.s3.amazonaws.com", "x").unwrap();
        let range = [("range", "bytes=0-9".to_owned())];
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
        ];
        for (method, path, headers, body, signature) in [
            (
                "GET",
                "/test.txt",
                &range[..],
                "",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (
                "PUT",
                "/test%24file.text",
                &put,
                "Welcome to Amazon S3.",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
            ),
            (
                "GET",
                "/?lifecycle=",
                &[],
                "",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
            ),
        ] {
            let signing = Signing {
                method,
                address: &address,
                path,
                headers,
                body: body.as_bytes(),
                region: "us-east-1",
                service: "s3",
                now: Timestamp::from_unix(1_369_353_600),
            };
            let signed = sign(&signing, &credentials);
            let (_, authorization) = signed.iter().find(|(name, _)| *name == "authorization").unwrap();
            assert!(authorization.ends_with(&format!("Signature={signature}")), "{path}");
        }
    }

    #[test]
    fn the_token_of_a_session_is_signed_as_well() {
        let credentials = Credentials::new("A", "s", Some("SESSION"));
        let address = Address::parse("https://s3.example", "x").unwrap();
        let signing = Signing {
            method: "GET",
            address: &address,
            path: "/",
            headers: &[],
            body: b"",
            region: "r",
            service: "s3",
            now: Timestamp::from_unix(0),
        };
        let signed = sign(&signing, &credentials);
        let field =
            |name: &str| signed.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str());
        assert_eq!(field("x-amz-security-token"), Some("SESSION"));
        let names = "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,";
        assert!(field("authorization").is_some_and(|authorization| authorization.contains(names)));
    }

    #[test]
    fn names_of_objects_are_encoded_part_by_part() {
        assert_eq!(Signing::path_of("/b/a b/ü+$~.yaml"), "/b/a%20b/%C3%BC%2B%24~.yaml");
    }
}
