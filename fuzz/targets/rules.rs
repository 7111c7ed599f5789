//! No `.sops.yaml` makes its reader panic, and one that is read can be asked.
#![no_main]

use fieldseal_core::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(config) = Config::parse(data) else { return };
    let _ = config.check();
    for path in ["clusters/prod-eu/secret.yaml", "a.env", ""] {
        let _ = config.rule_for(path.as_bytes());
        let _ = config.destination_for(path.as_bytes());
    }
});
