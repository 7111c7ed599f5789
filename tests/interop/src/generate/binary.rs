//! Files of any kind.

use fieldseal_test_support::Random;

pub(super) fn generate(random: &mut Random) -> Vec<u8> {
    match random.below(5) {
        0 => super::text::lines(random).into_bytes(),
        1 => Vec::new(),
        2 => b"{\"data\": \"ENC[\"}\n".to_vec(),
        _ => {
            let mut bytes = vec![0; random.below(3000)];
            random.fill(&mut bytes);
            bytes
        }
    }
}
