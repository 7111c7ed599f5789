//! A question about one file, on stdout and answered on stdin, as sops asks it.

use std::io::BufRead as _;

use crate::exit::Exit;
use crate::io;
use crate::report::Failure;

/// Prints `question` and reads the answer, until it is `y` or `n`. Whatever stands above the last line of the question
/// is printed once.
///
/// # Errors
/// There is no answer any more.
pub(super) fn ask(question: &str) -> Result<bool, Failure> {
    let (above, question) = question.split_at(question.rfind('\n').map_or(0, |end| end + 1));
    io::write_stdout(above.as_bytes())?;
    loop {
        io::write_stdout(question.as_bytes())?;
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        match read.map(|_| line.as_str()) {
            Ok("") | Err(_) => {
                return Err(Failure::new(
                    Exit::Other,
                    "EOF: there was no answer; the file was left as it is",
                )
                .hint("answer y or n, or say --yes to agree to every change"));
            }
            Ok(line) if line.trim() == "y" => return Ok(true),
            Ok(line) if line.trim() == "n" => return Ok(false),
            Ok(_) => {}
        }
    }
}
