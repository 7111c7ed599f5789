//! Just enough of the ELF format to tell whether a program is static.

/// The kind of a program header that names the dynamic loader.
const INTERPRETER: u32 = 3;

/// Whether this is a 64-bit little-endian ELF program that needs no dynamic loader.
pub(super) fn is_static(program: &[u8]) -> bool {
    kinds(program).is_some_and(|kinds| !kinds.contains(&INTERPRETER))
}

/// The kinds of all program headers.
fn kinds(program: &[u8]) -> Option<Vec<u32>> {
    if !program.starts_with(b"\x7FELF\x02\x01") {
        return None;
    }
    let table = usize::try_from(u64::from_le_bytes(*program.get(0x20..)?.first_chunk()?)).ok()?;
    let size = usize::from(u16::from_le_bytes(*program.get(0x36..)?.first_chunk()?));
    let count = usize::from(u16::from_le_bytes(*program.get(0x38..)?.first_chunk()?));
    (0..count)
        .map(|index| Some(u32::from_le_bytes(*program.get(table + index * size..)?.first_chunk()?)))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::is_static;

    /// A header with one program header of this kind.
    fn program(kind: u8) -> Vec<u8> {
        let mut program = vec![0; 0x40 + 56];
        program[..6].copy_from_slice(b"\x7FELF\x02\x01");
        program[0x20] = 0x40;
        program[0x36] = 56;
        program[0x38] = 1;
        program[0x40] = kind;
        program
    }

    #[test]
    fn program_with_a_loader_is_not_static() {
        assert!(is_static(&program(1)));
        assert!(!is_static(&program(3)));
    }

    #[test]
    fn other_files_are_not_static_programs() {
        assert!(!is_static(b"MZ"));
        assert!(!is_static(&program(1)[..0x50 - 0x20]));
    }

    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn this_test_is_a_dynamic_program() {
        assert!(!is_static(&std::fs::read(std::env::current_exe().unwrap()).unwrap()));
    }
}
