//! Where the programs under test are.

use std::env;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package lies two folders deep")
}

/// A file or folder in `testdata`.
pub fn testdata(name: &str) -> PathBuf {
    root().join("testdata").join(name)
}

/// The built command line tool: the one that `FIELDSEAL_BIN` names, or else the one that was built into the
/// same folder as the running test.
///
/// # Panics
///
/// When there is none; the message says how to build it.
pub fn fieldseal() -> PathBuf {
    if let Some(path) = env::var_os("FIELDSEAL_BIN") {
        return path.into();
    }
    let test = env::current_exe().expect("the running test has a path");
    let folder = test.ancestors().nth(2).expect("tests run from the folder deps");
    let program = folder.join(format!("fieldseal{}", env::consts::EXE_SUFFIX));
    assert!(program.is_file(), "{} is not built: run `cargo xtask test`", program.display());
    program
}

/// The folder of the Go tools: the real `sops`, the `age` tools and the programs of `tests/tools/cmd`.
///
/// # Panics
///
/// When `FIELDSEAL_TOOLS` does not name it; the message says how to get it.
pub fn tools() -> PathBuf {
    let folder = env::var_os("FIELDSEAL_TOOLS").expect(
        "FIELDSEAL_TOOLS is not set: run `cargo xtask test`, or set it to what `cargo xtask tools` prints",
    );
    folder.into()
}

/// One of the Go tools.
///
/// # Panics
///
/// When it is not there.
pub fn tool(name: &str) -> PathBuf {
    let path = tools().join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is missing: run `cargo xtask tools`", path.display());
    path
}
