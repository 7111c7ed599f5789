use super::harness::*;
use crate::document::{Form, Syntax};
#[test]
fn explore() {
    let Ok(dir) = std::env::var("EXPLORE") else { return };
    let mode = std::env::var("MODE").unwrap_or_default();
    let out = std::env::var("OUT").unwrap_or_default();
    let (mut ok, mut same, mut bad) = (0, 0, 0);
    let list = std::fs::read_to_string(&dir).unwrap();
    for path in list.lines() {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        if mode == "nodes" {
            let shown = match crate::document::yaml::Yaml::read(text.as_bytes().into(), Form::Plain) {
                Ok(yaml) => picture(&yaml), Err(error) => format!("ERR {error}") };
            println!("{path}\t{shown}");
            continue;
        }
        let parity = std::cell::Cell::new(0);
        let select: Box<dyn Fn(&crate::document::yaml::Yaml, usize) -> bool> = if mode == "some" {
            // by path hash: top level key
            Box::new(|yaml, index| {
                let _ = &parity;
                let mut depth = 0; let mut key = 0u32;
                for node in &yaml.nodes()[..index] { use crate::document::Kind::*; match node.kind { Branch => {depth = 1; key = 0} Map | List => depth += 1, End => depth -= 1, Key if depth == 1 => key = yaml.key(node).iter().map(|b| u32::from(*b)).sum(), _ => {} } if depth==1 && matches!(node.kind, End) {key=0} }
                if depth <= 1 && !matches!(yaml.nodes()[index].kind, crate::document::Kind::Scalar(_)) { return false; }
                key % 2 == 1
            })
        } else { Box::new(all) };
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| trip(&text, &*select))) {
            Err(_) => { bad += 1; println!("PANIC {path}"); }
            Ok(Err(error)) => { if error.starts_with("prep") || error.starts_with("seal") || error.starts_with("rest") || error.starts_with("no tok") || error.starts_with("the block") { bad += 1; println!("BAD {path}: {}", error.chars().take(if out.is_empty() {300} else {30000}).collect::<String>()); } else { println!("REFUSED {path}: {}", error); } }
            Ok(Ok(trip)) => { ok += 1; if trip.restored == text { same += 1 } else if mode == "diff" || mode=="some" { println!("LAYOUT {path}"); if !out.is_empty() { std::fs::write(format!("{out}/a"), &text).unwrap(); std::fs::write(format!("{out}/b"), &trip.restored).unwrap(); std::fs::write(format!("{out}/s"), &trip.sealed).unwrap(); } } }
        }
    }
    println!("ok {ok} same {same} bad {bad}");
}
