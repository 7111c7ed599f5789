//! The part of JSON Schema that the schemas in `testdata/schemas` use. Any other keyword fails the test.

use serde_json::Value;

/// What is wrong with `value`.
pub(crate) fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    check(schema, schema, value, "", &mut errors);
    errors
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, errors: &mut Vec<String>) {
    let mut fail = |what: String| errors.push(format!("{place}: {what}"));
    let size = |value: &Value| value.as_str().map(|text| text.chars().count() as f64);
    let mut below: Vec<(&Value, &Value, String)> = Vec::new();
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "title" | "definitions" => {}
            "$ref" => {
                let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).unwrap();
                below.push((
                    root.pointer(pointer).expect("the definition is there"),
                    value,
                    place.to_owned(),
                ));
            }
            "type" => {
                let names = rule.as_array().map_or_else(|| vec![rule], |names| names.iter().collect());
                if !names.iter().any(|name| is(value, name.as_str().unwrap())) {
                    fail(format!("is no {rule}"));
                }
            }
            "const" if value != rule => fail(format!("is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => fail(format!("is none of {rule}")),
            "minimum" if value.as_f64().is_some_and(|number| number < rule.as_f64().unwrap()) => {
                fail("is too small".to_owned());
            }
            "minLength" if size(value).is_some_and(|size| size < rule.as_f64().unwrap()) => {
                fail("is too short".to_owned());
            }
            "minItems"
                if value.as_array().is_some_and(|items| (items.len() as u64) < rule.as_u64().unwrap()) =>
            {
                fail("has too few items".to_owned());
            }
            "uniqueItems" => {
                let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
                if (1..items.len()).any(|index| items[..index].contains(&items[index])) {
                    fail("has an item twice".to_owned());
                }
            }
            "const" | "enum" | "minimum" | "minLength" | "minItems" => {}
            "format" => {
                // References, and addresses, have no blank and nothing beyond ASCII.
                if value.as_str().is_some_and(|text| !text.bytes().all(|byte| byte.is_ascii_graphic())) {
                    fail(format!("is no {rule}"));
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value.as_object().is_some_and(|object| !object.contains_key(name.as_str().unwrap())) {
                        fail(format!("has no {name}"));
                    }
                }
            }
            "properties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    if let Some(rule) = rule.get(name) {
                        below.push((rule, value, format!("{place}.{name}")));
                    }
                }
            }
            "additionalProperties" => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let known = schema.get("properties").and_then(|known| known.get(name)).is_some();
                    match rule {
                        _ if known => {}
                        Value::Bool(false) => fail(format!("has the field {name}")),
                        Value::Bool(true) => {}
                        rule => below.push((rule, value, format!("{place}.{name}"))),
                    }
                }
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    below.push((rule, value, format!("{place}[{index}]")));
                }
            }
            "anyOf" => {
                let fits = |rule: &Value| {
                    let mut errors = Vec::new();
                    check(root, rule, value, place, &mut errors);
                    errors.is_empty()
                };
                if !rule.as_array().unwrap().iter().any(fits) {
                    fail("fits none of the alternatives".to_owned());
                }
            }
            other => panic!("the keyword {other} is not known here"),
        }
    }
    for (rule, value, place) in below {
        check(root, rule, value, &place, errors);
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        other => panic!("the type {other} is not known here"),
    }
}

#[test]
fn a_schema_can_fail() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "additionalProperties": false,
        "properties": { "a": { "type": "array", "items": { "enum": [1, 2] } } },
    });
    for (value, count) in
        [("{\"a\": [1, 2]}", 0), ("{}", 1), ("{\"a\": [3], \"b\": 1}", 2), ("[]", 1), ("{\"a\": 1}", 1)]
    {
        let found = errors(&schema, &serde_json::from_str(value).unwrap());
        assert_eq!(found.len(), count, "{value}: {found:?}");
    }
}
