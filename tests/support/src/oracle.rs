//! Programs over the libraries of the other side, asked through a pipe.

use std::io::{BufReader, BufWriter, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running program of `tests/tools/cmd` that answers questions in batches. It ends when this goes.
///
/// A batch is the number of its questions, then each with its length in front; the answers come in the same
/// order, each with its length in front. Numbers are 32 bits, little end first.
pub struct Oracle {
    name: String,
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    output: BufReader<ChildStdout>,
}

impl Oracle {
    /// Starts the program called `name`.
    ///
    /// # Panics
    ///
    /// There is none.
    pub fn start(name: &str) -> Self {
        let mut child = Command::new(crate::tool(name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let input = child.stdin.take().map(BufWriter::new);
        let output = BufReader::new(child.stdout.take().expect("the output was asked for"));
        Self { name: name.to_owned(), child, input, output }
    }

    /// The answers to `questions`, in their order.
    ///
    /// # Panics
    ///
    /// The program does not answer; it says why on standard error.
    pub fn ask<Q: AsRef<[u8]>>(&mut self, questions: &[Q]) -> Vec<Vec<u8>> {
        let name = &self.name;
        let input = self.input.as_mut().expect("the input is open until the end");
        let mut batch = size(questions.len()).to_vec();
        for question in questions {
            push_field(&mut batch, question.as_ref());
        }
        let sent = input.write_all(&batch).and_then(|()| input.flush());
        sent.unwrap_or_else(|error| panic!("{name} takes no questions: {error}"));
        questions.iter().map(|_| self.answer()).collect()
    }

    fn answer(&mut self) -> Vec<u8> {
        let mut read = |bytes: &mut [u8]| {
            let read = self.output.read_exact(bytes);
            read.unwrap_or_else(|error| panic!("{} gives no answer: {error}", self.name));
        };
        let mut size = [0; 4];
        read(&mut size);
        let mut answer = vec![0; u32::from_le_bytes(size) as usize];
        read(&mut answer);
        answer
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        self.input = None;
        // What it returns tells nothing that the answers did not.
        let _ = self.child.wait();
    }
}

/// Appends a field to a question: its length and its bytes.
pub fn push_field(question: &mut Vec<u8>, field: &[u8]) {
    question.extend_from_slice(&size(field.len()));
    question.extend_from_slice(field);
}

/// A question made of `fields`.
pub fn question<F: AsRef<[u8]>>(fields: impl IntoIterator<Item = F>) -> Vec<u8> {
    let mut question = Vec::new();
    fields.into_iter().for_each(|field| push_field(&mut question, field.as_ref()));
    question
}

fn size(count: usize) -> [u8; 4] {
    u32::try_from(count).expect("questions are small").to_le_bytes()
}
