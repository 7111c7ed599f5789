#![allow(clippy::unwrap_used)]

use super::*;

fn text(text: &str) -> Raw {
    Raw::Str(text.into())
}

fn map<const N: usize>(items: [(&str, Raw); N]) -> Raw {
    Raw::Map(items.map(|(name, value)| (name.to_owned(), value)).into())
}

fn list<const N: usize>(items: [Raw; N]) -> Raw {
    Raw::List(items.into())
}

fn age(recipient: &str) -> Raw {
    map([("enc", text("ENC")), ("recipient", text(recipient))])
}

const DATE: &str = "2026-11-21T12:21:19Z";

/// What sops 3.13 writes.
fn usual() -> Raw {
    map([
        ("age", list([age("age1a"), age("age1b")])),
        ("lastmodified", text(DATE)),
        ("mac", text("MAC")),
        ("unencrypted_suffix", text("_unencrypted")),
        ("version", text("3.13.2")),
    ])
}

/// `usual` with the item `name` replaced, or added at the end.
fn with(name: &str, value: Raw) -> Raw {
    let Raw::Map(mut items) = usual() else { unreachable!() };
    match items.iter_mut().find(|(other, _)| other == name) {
        Some(item) => item.1 = value,
        None => items.push((name.into(), value)),
    }
    Raw::Map(items)
}

fn without(name: &str) -> Raw {
    let Raw::Map(mut items) = usual() else { unreachable!() };
    items.retain(|(other, _)| other != name);
    Raw::Map(items)
}

fn read(raw: &Raw) -> Metadata {
    Metadata::from_raw(raw).unwrap()
}

fn message(raw: &Raw) -> String {
    Metadata::from_raw(raw).unwrap_err().to_string()
}

fn names(raw: &Raw) -> Vec<&str> {
    let Raw::Map(items) = raw else { panic!("a map") };
    items.iter().map(|(name, _)| name.as_str()).collect()
}

fn displays(group: &KeyGroup) -> Vec<String> {
    group.keys().iter().map(|key| key.id.to_string()).collect()
}

#[test]
fn what_sops_writes_comes_back_as_it_is() {
    let metadata = read(&usual());
    assert_eq!(metadata.to_raw(), usual());
    assert_eq!(displays(&metadata.groups[0]), ["age1a", "age1b"]);
    assert_eq!(metadata.groups[0].keys()[0].enc, "ENC");
    assert_eq!(metadata.groups[0].keys()[0].created_at(), None);
    assert_eq!(metadata.selection, Selection::default());
    assert_eq!(metadata.mac_aad(), DATE);
    assert_eq!(metadata.version, "3.13.2");
}

#[test]
fn new_metadata_are_written_as_sops_writes_them() {
    let now = Timestamp::parse(DATE.as_bytes()).unwrap();
    let key = |recipient: &str| MasterKey::new(KeyId::Age { recipient: recipient.into() }, "ENC".into(), now);
    let group = KeyGroup::new(vec![key("age1a"), key("age1b")]);
    let mut metadata = Metadata::new(vec![group], Selection::default(), "3.13.2");
    metadata.set_lastmodified(Timestamp { nanoseconds: 5, ..now });
    metadata.mac = "MAC".into();
    assert_eq!(metadata.to_raw(), usual());
    assert_eq!(read(&usual()), metadata);

    metadata.shamir_threshold = 2;
    metadata.mac_only_encrypted = true;
    metadata.layout = Some("LAYOUT".into());
    metadata.selection = Selection::EncryptedRegex("^data$".into());
    let raw = metadata.to_raw();
    assert_eq!(
        names(&raw),
        [
            "age",
            "encrypted_regex",
            "fieldseal_layout",
            "lastmodified",
            "mac",
            "mac_only_encrypted",
            "shamir_threshold",
            "version"
        ]
    );
    assert_eq!(read(&raw), metadata);

    let binary = Metadata::without_selection(metadata.groups, "3.13.2");
    assert_eq!(names(&binary.to_raw()), ["age", "lastmodified", "mac", "version"]);
    assert_eq!(read(&binary.to_raw()), binary);
}

#[test]
fn every_service_comes_back() {
    let now = Timestamp::parse(b"2020-01-02T03:04:05+01:00").unwrap();
    let arn = |role: &str, context: &[(&str, &str)], aws_profile: &str| KeyId::Kms {
        arn: "foo".into(),
        role: role.into(),
        context: context.iter().map(|(name, value)| ((*name).into(), Some((*value).into()))).collect(),
        aws_profile: aws_profile.into(),
    };
    let ids = [
        (arn("", &[], ""), "foo"),
        (arn("123", &[], ""), "foo+123"),
        (arn("", &[("z", "1"), ("baz", "bam")], ""), "foo|baz:bam,z:1"),
        (arn("", &[], "profile"), "foo||profile"),
        (arn("123", &[("baz", "bam")], "profile"), "foo+123|baz:bam|profile"),
        (KeyId::GcpKms { resource_id: "projects/p".into() }, "projects/p"),
        (KeyId::HcKms { key_id: "r:k".into() }, "r:k"),
        (
            KeyId::AzureKv { vault_url: "https://v".into(), name: "n".into(), version: "1".into() },
            "https://v/keys/n/1",
        ),
        (
            KeyId::HcVault {
                vault_address: "https://v:8200".into(),
                engine_path: "sops".into(),
                key_name: "k".into(),
            },
            "https://v:8200/v1/sops/keys/k",
        ),
        (KeyId::Pgp { fingerprint: "85D7".into() }, "85D7"),
        (KeyId::Age { recipient: "age1a".into() }, "age1a"),
    ];
    let keys: Vec<_> = ids.iter().map(|(id, _)| MasterKey::new(id.clone(), "ENC".into(), now)).collect();
    let group = KeyGroup::new(keys.iter().rev().cloned().collect());
    // The order is that of the services, whatever they were given in.
    assert!(group.keys().is_sorted_by_key(MasterKey::service));
    let group = KeyGroup::new(keys);
    assert_eq!(displays(&group), ids.each_ref().map(|(_, display)| *display));

    let metadata = Metadata::new(vec![group], Selection::default(), "3.13.2");
    let raw = metadata.to_raw();
    assert_eq!(read(&raw), metadata);
    let Raw::Map(items) = &raw else { unreachable!() };
    let entry = |list: &str, index: usize| {
        let Raw::List(entries) = decode::field(items, list).unwrap() else { panic!("a list") };
        entries[index].clone()
    };
    let date = ("created_at", text("2020-01-02T03:04:05+01:00"));
    let enc = ("enc", text("ENC"));
    assert_eq!(
        entry("kms", 0),
        map([("arn", text("foo")), ("aws_profile", text("")), date.clone(), enc.clone()])
    );
    assert_eq!(
        entry("kms", 4),
        map([
            ("arn", text("foo")),
            ("aws_profile", text("profile")),
            ("context", map([("baz", text("bam"))])),
            date.clone(),
            enc.clone(),
            ("role", text("123")),
        ])
    );
    assert_eq!(
        entry("azure_kv", 0),
        map([
            date.clone(),
            enc.clone(),
            ("name", text("n")),
            ("vault_url", text("https://v")),
            ("version", text("1"))
        ])
    );
    assert_eq!(
        entry("hc_vault", 0),
        map([
            date.clone(),
            enc.clone(),
            ("engine_path", text("sops")),
            ("key_name", text("k")),
            ("vault_address", text("https://v:8200"))
        ])
    );
    assert_eq!(entry("pgp", 0), map([date, enc, ("fp", text("85D7"))]));
    assert_eq!(Service::ALL.map(Service::name).map(Service::from_name), Service::ALL.map(Some));
}

#[test]
fn groups() {
    let groups = list([
        map([("age", list([age("age1a")])), ("hc_vault", list([]))]),
        map([("age", list([age("age1b")])), ("hc_vault", list([]))]),
    ]);
    let raw = map([
        ("key_groups", groups.clone()),
        ("lastmodified", text(DATE)),
        ("mac", text("MAC")),
        ("shamir_threshold", Raw::Int(2)),
        ("unencrypted_suffix", text("_unencrypted")),
        ("version", text("3.13.2")),
    ]);
    let metadata = read(&raw);
    assert_eq!(metadata.groups.len(), 2);
    assert_eq!(metadata.shamir_threshold, 2);
    assert_eq!(metadata.to_raw(), raw);
    // New groups are written as sops writes them, with their two lists that may be empty.
    let mut new = Metadata::new(
        metadata.groups.iter().map(|group| KeyGroup::new(group.keys().to_vec())).collect(),
        Selection::default(),
        "3.13.2",
    );
    new.set_lastmodified(metadata.lastmodified());
    new.mac = "MAC".into();
    new.shamir_threshold = 2;
    assert_eq!(new.to_raw(), raw);
    // Flat lists win.
    let both = read(&with("key_groups", groups));
    assert_eq!(displays(&both.groups[0]), ["age1a", "age1b"]);
    assert_eq!(both.to_raw(), usual());
    // One group left over becomes flat, two become groups.
    let mut fewer = metadata;
    fewer.groups.truncate(1);
    assert_eq!(names(&fewer.to_raw())[..2], ["age", "lastmodified"]);
    let mut more = read(&usual());
    more.groups.push(more.groups[0].clone());
    assert_eq!(names(&more.to_raw())[..2], ["key_groups", "lastmodified"]);
}

#[test]
fn order_and_unknown_fields_stay() {
    let raw = map([
        ("kms", list([])),
        ("hc_vault", Raw::Null),
        ("future", map([("a", list([Raw::Int(1)]))])),
        (
            "age",
            list([map([("recipient", text("age1a")), ("extra", Raw::Bool(true)), ("enc", text("ENC"))])]),
        ),
        ("LastModified", text("2026-11-21T12:21:19.5Z")),
        ("mac", text("MAC")),
        ("pgp", list([])),
        ("unencrypted_suffix", text("")),
        ("version", Raw::Float(3.8)),
    ]);
    let metadata = read(&raw);
    assert_eq!(metadata.to_raw(), raw);
    assert_eq!(metadata.mac_aad(), DATE);
    // A change touches the field that it is about, under the name that it has.
    let mut changed = metadata;
    changed.set_lastmodified(Timestamp::from_unix(0));
    changed.layout = Some("LAYOUT".into());
    changed.groups[0].push(MasterKey::new(
        KeyId::Age { recipient: "age1b".into() },
        "ENC2".into(),
        Timestamp::from_unix(0),
    ));
    let Raw::Map(items) = changed.to_raw() else { unreachable!() };
    let find = |name: &str| items.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone());
    assert_eq!(find("LastModified"), Some(text("1970-01-01T00:00:00Z")));
    assert_eq!(find("lastmodified"), None);
    assert_eq!(find("fieldseal_layout"), Some(text("LAYOUT")));
    assert_eq!(find("future"), Some(map([("a", list([Raw::Int(1)]))])));
    assert_eq!(
        find("age"),
        Some(list([
            map([("recipient", text("age1a")), ("extra", Raw::Bool(true)), ("enc", text("ENC"))]),
            map([("enc", text("ENC2")), ("recipient", text("age1b"))]),
        ]))
    );
    assert_eq!(items.len(), 10);
    // Taking the layout out again leaves nothing of it.
    let mut without = read(&Raw::Map(items));
    without.layout = None;
    assert!(!names(&without.to_raw()).contains(&"fieldseal_layout"));
}

#[test]
fn weakly_typed_fields() {
    let raw = map([
        ("AGE", age("age1a")),
        ("lastmodified", text(DATE)),
        ("mac", Raw::Null),
        ("mac_only_encrypted", text("true")),
        ("shamir_threshold", text("0x2")),
        ("unencrypted_regex", Raw::Int(7)),
        ("version", Raw::Float(1.0)),
    ]);
    let metadata = read(&raw);
    assert_eq!(metadata.selection, Selection::UnencryptedRegex("7".into()));
    assert!(metadata.mac_only_encrypted);
    assert_eq!(metadata.shamir_threshold, 2);
    assert_eq!(metadata.version, "1");
    assert_eq!(metadata.mac, "");
    assert_eq!(read(&metadata.to_raw()), metadata);
}

#[test]
fn what_sops_does_not_load() {
    for (raw, part) in [
        (text("x"), "the field sops in the sops metadata must be a mapping"),
        (without("age"), "no keys found in file"),
        (with("age", list([])), "no keys found in file"),
        (with("age", text("")), "age[0] in the sops metadata must be a mapping"),
        (with("age", list([map([("enc", list([]))])])), "age[0].enc in the sops metadata must be a string"),
        (without("lastmodified"), "lastmodified in the sops metadata is no date"),
        (with("lastmodified", text("yesterday")), "lastmodified in the sops metadata is no date"),
        (with("lastmodified", Raw::Time(DATE.into())), "unquoted timestamp; put it in quotes"),
        (with("encrypted_regex", text("x")), "cannot use more than one of encrypted_suffix"),
        (
            with("mac_only_encrypted", text("yes")),
            "mac_only_encrypted in the sops metadata must be true or false",
        ),
        (
            with("shamir_threshold", text("two")),
            "shamir_threshold in the sops metadata must be a whole number",
        ),
        (with("pgp", list([map([("fp", text("F"))])])), "pgp[0].created_at in the sops metadata is no date"),
        (
            with("hckms", list([map([("key_id", text("r:")), ("created_at", text(DATE))])])),
            "expected 'region:key-uuid'",
        ),
        (
            with("kms", list([map([("context", text("x")), ("created_at", text(DATE))])])),
            "kms[0].context in the sops metadata must be a mapping",
        ),
    ] {
        let message = message(&raw);
        assert!(message.contains(part), "{message}");
        assert!(!message.contains("yesterday") && !message.contains("two,"), "{message}");
    }
}

#[test]
fn missing_context_values_are_kept() {
    let kms = map([
        ("arn", text("foo")),
        ("context", map([("a", Raw::Null), ("b", Raw::Int(1))])),
        ("created_at", text(DATE)),
    ]);
    let metadata = read(&with("kms", kms));
    let KeyId::Kms { context, .. } = &metadata.groups[0].keys()[0].id else {
        panic!("the first is the one of AWS")
    };
    assert_eq!(context["a"], None);
    assert_eq!(context["b"].as_deref(), Some("1"));
    assert_eq!(read(&metadata.to_raw()), metadata);
}

#[test]
fn versions() {
    for (version, expected) in [
        ("3.13.2", Ok(())),
        ("v3.13.2", Ok(())),
        ("99.0.0", Ok(())),
        ("1.0", Ok(())),
        ("1.", Ok(())),
        ("", Err(MetadataError::NoVersion)),
        ("1", Err(MetadataError::Version)),
        ("3.8", Err(MetadataError::Version)),
        ("foo", Err(MetadataError::Version)),
    ] {
        assert_eq!(read(&with("version", text(version))).check_version(), expected, "{version}");
    }
    for (old, new, expected) in [
        ("3.8.0", "3.13.3", "3.13.3"),
        ("3.13.3", "3.13.3", "3.13.3"),
        ("3.14.0", "3.13.3", "3.14.0"),
        ("1.0", "3.13.3", "3.13.3"),
        ("foo", "3.13.3", "foo"),
    ] {
        let mut metadata = read(&with("version", text(old)));
        metadata.raise_version(new);
        assert_eq!(metadata.version, expected);
    }
}

#[test]
fn groups_can_be_changed() {
    let mut metadata = read(&usual());
    let group = &mut metadata.groups[0];
    group.push(MasterKey::new(KeyId::Pgp { fingerprint: "F".into() }, "ENC".into(), Timestamp::from_unix(0)));
    assert_eq!(displays(group), ["F", "age1a", "age1b"]);
    group.retain(|key| key.id.to_string() != "age1a");
    group.keys_mut().for_each(|key| key.enc = "NEW".into());
    assert_eq!(displays(group), ["F", "age1b"]);
    assert!(group.keys().iter().all(|key| key.enc == "NEW"));
}
