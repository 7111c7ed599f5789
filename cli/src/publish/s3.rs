//! Buckets of S3, and of whatever speaks like it.

use fieldseal_keys::Environment;
use fieldseal_keys::cloud::aws::{Aws, Credentials, Signing, checksum, now, sign};
use fieldseal_keys::cloud::http::{Answer, HttpError, Request};
use fieldseal_keys::cloud::{Address, CloudError};

use super::{There, of_cloud, refused};
use crate::report::Failure;

/// The largest answer to a write, in bytes.
const MOST: usize = 1 << 20;

/// The service, and who we are to it.
pub(super) struct S3 {
    aws: Aws,
    credentials: Credentials,
    region: String,
    /// Where all buckets are, if an address is set.
    endpoint: Option<Address>,
}

impl S3 {
    /// Finds settings and credentials.
    ///
    /// # Errors
    /// There are none.
    pub(super) fn new(environment: &Environment) -> Result<Self, Failure> {
        let found = || -> Result<Self, CloudError> {
            let aws = Aws::new(environment)?;
            let (region, endpoint) = (aws.region()?, aws.endpoint("S3")?);
            let credentials = aws.credentials()?;
            Ok(Self { aws, credentials, region, endpoint })
        };
        found().map_err(of_cloud)
    }

    /// Whether the object is there already.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) fn there(&self, bucket: &str, key: &str, content: &[u8]) -> Result<There, Failure> {
        There::of_object(self.send("GET", bucket, key, None, content.len()), content)
    }

    /// Writes the object.
    ///
    /// # Errors
    /// There is no answer, or it is no.
    pub(super) fn put(&self, bucket: &str, key: &str, content: &[u8]) -> Result<(), Failure> {
        let answer = self.send("PUT", bucket, key, Some(content), MOST).map_err(of_cloud)?;
        match answer.status {
            200..300 => Ok(()),
            300..400 => Err(refused(
                answer.status,
                "the bucket is in another region: name it with AWS_REGION, or in the profile",
            )),
            403 => Err(refused(403, "the credentials may not write there, or are none of this service")),
            404 => Err(refused(404, "there is no such bucket")),
            status => Err(refused(status, "look at the bucket, the region and the address of the service")),
        }
    }

    fn send(
        &self,
        method: &'static str,
        bucket: &str,
        key: &str,
        content: Option<&[u8]>,
        most: usize,
    ) -> Result<Answer, HttpError> {
        let (address, path) = self.address(bucket, key);
        let body = content.unwrap_or_default();
        let mut headers = Vec::new();
        if content.is_some() {
            headers.push(("content-type", "application/octet-stream".to_owned()));
            // Buckets whose objects are locked ask for one.
            headers.push(("x-amz-checksum-sha256", checksum(body)));
        }
        let signing = Signing {
            method,
            address: &address,
            path: &path,
            headers: &headers,
            body,
            region: &self.region,
            service: "s3",
            now: now(),
        };
        let headers = sign(&signing, &self.credentials);
        let request = Request { method, address: &address, path: &path, headers, body: content, most };
        // An answer that is no says so in some XML.
        self.aws.client().send(&Request { most: most.max(MOST), ..request }).and_then(|answer| {
            let too_large = answer.is_success() && answer.body.len() > most;
            if too_large {
                Err(HttpError::TooLarge { host: address.authority.clone(), most })
            } else {
                Ok(answer)
            }
        })
    }

    /// The server and the path of an object. The bucket is part of the host where it can be; at an address that is set,
    /// part of the path, since nobody made names for buckets there.
    fn address(&self, bucket: &str, key: &str) -> (Address, String) {
        let in_path = Signing::path_of(&format!("/{bucket}/{key}"));
        if let Some(endpoint) = &self.endpoint {
            return (endpoint.clone(), in_path);
        }
        let host = self.aws.host("s3", &self.region);
        if is_name_of_host(bucket) {
            let authority = format!("{bucket}.{host}");
            return (
                Address { secure: true, authority, base: String::new() },
                Signing::path_of(&format!("/{key}")),
            );
        }
        (Address { secure: true, authority: host, base: String::new() }, in_path)
    }
}

/// Whether the name of a bucket can stand in front of that of a host. With a point in it no certificate would fit.
fn is_name_of_host(bucket: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=63).contains(&bucket.len())
        && bucket.bytes().all(inner)
        && !bucket.starts_with('-')
        && !bucket.ends_with('-')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn place(region: &str, variables: &[(&str, &str)], bucket: &str) -> String {
        let mut all =
            vec![("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", region)];
        all.extend(variables);
        let s3 = S3::new(&Environment::new(all)).unwrap();
        let (address, path) = s3.address(bucket, "p/a b.yaml");
        address.url(&path)
    }

    #[test]
    fn buckets_are_in_the_host_or_in_the_path() {
        for (region, variables, bucket, expected) in [
            ("eu-west-1", &[][..], "bucket", "https://bucket.s3.eu-west-1.amazonaws.com/p/a%20b.yaml"),
            ("eu-west-1", &[], "my.bucket", "https://s3.eu-west-1.amazonaws.com/my.bucket/p/a%20b.yaml"),
            ("cn-north-1", &[], "bucket", "https://bucket.s3.cn-north-1.amazonaws.com.cn/p/a%20b.yaml"),
            (
                "us-east-1",
                &[("AWS_USE_FIPS_ENDPOINT", "true")],
                "bucket",
                "https://bucket.s3-fips.us-east-1.amazonaws.com/p/a%20b.yaml",
            ),
            (
                "eu-west-1",
                &[
                    ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
                    ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9/s3/"),
                ],
                "bucket",
                "http://127.0.0.1:9/s3/bucket/p/a%20b.yaml",
            ),
        ] {
            assert_eq!(place(region, variables, bucket), expected);
        }
    }
}
