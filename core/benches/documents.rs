//! Encrypting and decrypting whole documents, by format and size.
//!
//! `cargo bench -p fieldseal-core`; one thread, so that the figures are those of the work itself.
#![allow(missing_docs, clippy::unwrap_used)]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use fieldseal_core::{
    DataKey, EncryptRequest, Format, KeyGroup, KeyId, MasterKey, Metadata, Random, RandomError, Sealed,
    Selection, Stores, Timestamp, encrypt,
};

fn main() {
    divan::main();
}

const SIZES: [usize; 2] = [1_000, 100_000];

#[divan::bench(args = SIZES)]
fn encrypt_yaml(bencher: Bencher<'_, '_>, values: usize) {
    bench_encrypt(bencher, Format::Yaml, &yaml(values), values);
}

#[divan::bench(args = SIZES)]
fn decrypt_yaml(bencher: Bencher<'_, '_>, values: usize) {
    bench_decrypt(bencher, Format::Yaml, &yaml(values), values);
}

#[divan::bench(args = SIZES)]
fn encrypt_json(bencher: Bencher<'_, '_>, values: usize) {
    bench_encrypt(bencher, Format::Json, &json(values), values);
}

#[divan::bench(args = SIZES)]
fn decrypt_json(bencher: Bencher<'_, '_>, values: usize) {
    bench_decrypt(bencher, Format::Json, &json(values), values);
}

#[divan::bench(args = SIZES)]
fn encrypt_dotenv(bencher: Bencher<'_, '_>, values: usize) {
    bench_encrypt(bencher, Format::Dotenv, &lines(values, "="), values);
}

#[divan::bench(args = SIZES)]
fn decrypt_dotenv(bencher: Bencher<'_, '_>, values: usize) {
    bench_decrypt(bencher, Format::Dotenv, &lines(values, "="), values);
}

#[divan::bench(args = SIZES)]
fn encrypt_ini(bencher: Bencher<'_, '_>, values: usize) {
    bench_encrypt(bencher, Format::Ini, &lines(values, " = "), values);
}

#[divan::bench(args = SIZES)]
fn decrypt_ini(bencher: Bencher<'_, '_>, values: usize) {
    bench_decrypt(bencher, Format::Ini, &lines(values, " = "), values);
}

#[divan::bench(args = [1_000_000, 50_000_000], sample_count = 10)]
fn encrypt_binary(bencher: Bencher<'_, '_>, length: usize) {
    bench_encrypt(bencher, Format::Binary, &vec![0xA5; length], 1);
}

#[divan::bench(args = [1_000_000, 50_000_000], sample_count = 10)]
fn decrypt_binary(bencher: Bencher<'_, '_>, length: usize) {
    bench_decrypt(bencher, Format::Binary, &vec![0xA5; length], 1);
}

fn bench_encrypt(bencher: Bencher<'_, '_>, format: Format, source: &[u8], values: usize) {
    bencher
        .counter(BytesCount::new(source.len()))
        .counter(ItemsCount::new(values))
        .bench_local(|| sealed(format, source));
}

fn bench_decrypt(bencher: Bencher<'_, '_>, format: Format, source: &[u8], values: usize) {
    let text = sealed(format, source);
    bencher.counter(BytesCount::new(text.len())).counter(ItemsCount::new(values)).bench_local(|| {
        let opened = Sealed::read(text.clone(), format).unwrap().open(&data_key(), 1).unwrap();
        assert_eq!(opened.plaintext().as_bytes(), source);
    });
}

fn sealed(format: Format, source: &[u8]) -> Vec<u8> {
    let id = KeyId::Age { recipient: "age1nobody".to_owned() };
    let group = KeyGroup::new(vec![MasterKey::new(id, "not looked at".to_owned(), Timestamp::from_unix(0))]);
    let metadata =
        Metadata::new(vec![group], Selection::UnencryptedSuffix("_unencrypted".to_owned()), "3.13.3");
    let request = EncryptRequest {
        data_key: &data_key(),
        metadata,
        now: Timestamp::from_unix(1_800_000_000),
        random: &mut Counter(0),
        threads: 1,
        stores: Stores::default(),
    };
    encrypt(source, format, request).unwrap().text
}

fn data_key() -> DataKey {
    DataKey::from_bytes(&[7; 32]).unwrap()
}

/// Numbers that are good enough for a benchmark and cost nothing.
struct Counter(u64);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn yaml(values: usize) -> Vec<u8> {
    let mut text = String::new();
    for value in 0..values {
        if value % 100 == 0 {
            text.push_str(&format!("service-{}:\n", value / 100));
        }
        text.push_str(&format!("  setting-{}: some secret value {value}\n", value % 100));
    }
    text.into_bytes()
}

fn json(values: usize) -> Vec<u8> {
    let members: Vec<String> =
        (0..values).map(|value| format!("  \"key-{value}\": \"some secret value {value}\"")).collect();
    format!("{{\n{}\n}}\n", members.join(",\n")).into_bytes()
}

fn lines(values: usize, delimiter: &str) -> Vec<u8> {
    (0..values)
        .map(|value| format!("KEY_{value}{delimiter}some secret value {value}\n"))
        .collect::<String>()
        .into_bytes()
}
