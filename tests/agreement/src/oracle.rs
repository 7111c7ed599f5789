//! The other side: a process that asks the library inside sops.

use std::io::{BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use fieldseal_test_support::tool;

use crate::constructs::Verdict;

/// A running oracle. The process ends when this goes.
pub struct Oracle {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts the oracle, one of the tools.
    ///
    /// # Panics
    /// It is not built.
    pub fn start() -> Self {
        let mut child = Command::new(tool("yaml-oracle"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the oracle starts");
        let input = child.stdin.take().map(BufWriter::new);
        let output = BufReader::new(child.stdout.take().expect("the output was asked for"));
        Self { child, input, output }
    }

    /// The reports on `texts`, in their order.
    ///
    /// # Panics
    /// The oracle does not answer.
    pub fn ask(&mut self, texts: &[&[u8]]) -> Vec<String> {
        let input = self.input.as_mut().expect("the input is open until the end");
        let mut send = |bytes: &[u8]| input.write_all(bytes).expect("the oracle takes its input");
        send(&size(texts.len()));
        for text in texts {
            send(&size(text.len()));
            send(text);
        }
        input.flush().expect("the oracle takes its input");
        texts.iter().map(|_| self.report()).collect()
    }

    fn report(&mut self) -> String {
        let mut size = [0; 4];
        self.output.read_exact(&mut size).expect("the oracle answers");
        let mut report = vec![0; u32::from_le_bytes(size) as usize];
        self.output.read_exact(&mut report).expect("the oracle answers");
        String::from_utf8(report).expect("a report is ASCII")
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.input = None;
        // What it returns tells nothing that the answers did not.
        let _ = self.child.wait();
    }
}

/// What a report says in short.
pub fn verdict(report: &str) -> Verdict {
    match report.lines().nth(1) {
        None => Verdict::Refused,
        Some("loads no") => Verdict::NotLoaded,
        Some(_) => Verdict::Read,
    }
}

fn size(count: usize) -> [u8; 4] {
    u32::try_from(count).expect("batches and texts are small").to_le_bytes()
}
