//! `cargo xtask figures`: how fast the tool is, and how much memory it takes, beside the real `sops`.
//!
//! Both run in turns on the same inputs, and the medians are compared, so that what else the machine does
//! falls on both.

mod inputs;
pub(crate) mod measure;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{self, Result};
use crate::{files, tools, workspace};
use measure::{Cost, cost};

/// The recipient and the identity that everything is encrypted for.
const RECIPIENT: &str = "age1j8s2j57wmxw7f9dfxctv4vfjeadkg2hreez88gu0u0f09surzuksqt3qkv";
const IDENTITY: &str = "AGE-SECRET-KEY-15363ZDQCXJ8F8ZU6SCYCFW0VKZ0JT6ZMSJ2LDY8NY85GRFZ7SVPSLFPE35";

/// Where the tables go in `docs/benchmarks.md`.
const MARKS: (&str, &str) = ("<!-- figures -->\n", "<!-- end of figures -->\n");

/// One line of the comparison.
struct Work {
    /// What is done.
    name: &'static str,
    /// The name of the input; its end says the format.
    file: &'static str,
    /// The input.
    text: Vec<u8>,
    /// Flags for encrypting.
    flags: &'static [&'static str],
    /// How often each program runs.
    rounds: usize,
    /// How many times faster than sops encrypting and decrypting should be.
    target: (f64, f64),
}

/// Measures, and writes the tables into `docs/benchmarks.md`.
///
/// # Errors
///
/// When a program does not build or fails.
pub(crate) fn figures() -> Result<()> {
    run::step("building the tool");
    run::check(workspace::cargo().args(["build", "--release", "--locked", "--package=fieldseal"]))?;
    let bench = Bench {
        fieldseal: workspace::target().join("release").join(workspace::executable("fieldseal")),
        sops: tools::build()?.join(workspace::executable("sops")),
        folder: workspace::target().join("figures"),
    };
    let _ = fs::remove_dir_all(&bench.folder);
    files::write(&bench.folder.join("keys.txt"), format!("{IDENTITY}\n").as_bytes())?;

    let mut report = format!("Measured on {} with sops 3.13.3.\n\n", machine());
    bench.compare(&mut report)?;
    bench.many_small_files(&mut report)?;
    bench.growth(&mut report)?;
    fs::remove_dir_all(&bench.folder)?;
    print!("{report}");
    insert(&workspace::root().join("docs/benchmarks.md"), &report)
}

/// The programs, and where the inputs are.
struct Bench {
    fieldseal: PathBuf,
    sops: PathBuf,
    folder: PathBuf,
}

impl Bench {
    /// The table of single files.
    fn compare(&self, report: &mut String) -> Result<()> {
        report
            .push_str("| work | | sops | Fieldseal | times faster | wanted | sops, MiB | Fieldseal, MiB |\n");
        report.push_str("|---|---|---:|---:|---:|---:|---:|---:|\n");
        for work in works() {
            run::step(work.name);
            files::write(&self.folder.join(work.file), &work.text)?;
            let sealed = format!("sealed-{}", work.file);
            let encrypt = [&["encrypt", "--age", RECIPIENT][..], work.flags, &[work.file]].concat();
            let keep = [&encrypt[..encrypt.len() - 1], &["--output", &sealed, work.file]].concat();
            let decrypt = ["decrypt", &sealed];
            self.once(&self.fieldseal, &keep)?;
            let lines = [("encrypt", &encrypt[..], work.target.0), ("decrypt", &decrypt[..], work.target.1)];
            for (what, arguments, target) in lines {
                let (theirs, ours) = self.in_turns(work.rounds, arguments)?;
                let _ = writeln!(
                    report,
                    "| {} | {what} | {} | {} | {:.0} | {target:.0} | {:.0} | {:.1} |",
                    work.name,
                    time(theirs),
                    time(ours),
                    theirs.milliseconds / ours.milliseconds,
                    theirs.mebibytes,
                    ours.mebibytes,
                );
            }
        }
        Ok(())
    }

    /// 500 files in one command, beside one command for each.
    fn many_small_files(&self, report: &mut String) -> Result<()> {
        const COUNT: usize = 500;
        run::step("many small files");
        let mut names = Vec::new();
        for number in 0..COUNT {
            let (name, sealed) = (format!("many/{number:03}.yaml"), format!("sealed/many/{number:03}.yaml"));
            files::write(&self.folder.join(&name), &inputs::small(number))?;
            fs::create_dir_all(self.folder.join("sealed/many"))?;
            self.once(&self.fieldseal, &["encrypt", "--age", RECIPIENT, "--output", &sealed, &name])?;
            names.push(sealed);
        }
        let loops: Vec<Vec<String>> = names.iter().map(|name| owned(&["decrypt", name])).collect();
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            theirs.push(self.cost(&self.sops, &loops)?);
            ours.push(
                self.cost(&self.fieldseal, &[owned(&["decrypt", "--output-dir", "opened", "sealed/many"])])?,
            );
            fs::remove_dir_all(self.folder.join("opened"))?;
        }
        let (theirs, ours) = (median(theirs), median(ours));
        let _ = writeln!(
            report,
            "| {COUNT} files of 10 values, sops in a loop | decrypt | {} | {} | {:.0} | 100 | {:.0} | {:.1} |\n",
            time(theirs),
            time(ours),
            theirs.milliseconds / ours.milliseconds,
            theirs.mebibytes,
            ours.mebibytes,
        );
        Ok(())
    }

    /// How time and memory grow with the number of values.
    fn growth(&self, report: &mut String) -> Result<()> {
        const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
        type Make = fn(usize) -> Vec<u8>;
        let formats: [(&str, Make); 5] = [
            ("yaml", inputs::yaml),
            ("json", inputs::json),
            ("env", inputs::dotenv),
            ("ini", inputs::ini),
            ("bin", |values| inputs::binary(values * 37)),
        ];
        report.push_str("How the tool's own time and memory grow; a value of `bin` stands for 37 bytes.\n\n");
        report.push_str("| values | | encrypt | MiB | decrypt | MiB |\n|---:|---|---:|---:|---:|---:|\n");
        for (end, make) in formats {
            run::step(&format!("growth of {end}"));
            for values in SIZES {
                let (name, sealed) = (format!("growth.{end}"), format!("sealed-growth.{end}"));
                files::write(&self.folder.join(&name), &make(values))?;
                self.once(&self.fieldseal, &["encrypt", "--age", RECIPIENT, "--output", &sealed, &name])?;
                let encrypt = self.often(5, &["encrypt", "--age", RECIPIENT, &name])?;
                let decrypt = self.often(5, &["decrypt", &sealed])?;
                let _ = writeln!(
                    report,
                    "| {values} | {end} | {} | {:.1} | {} | {:.1} |",
                    time(encrypt),
                    encrypt.mebibytes,
                    time(decrypt),
                    decrypt.mebibytes,
                );
            }
        }
        Ok(())
    }

    /// The medians of both programs, which run in turns.
    fn in_turns(&self, rounds: usize, arguments: &[&str]) -> Result<(Cost, Cost)> {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            theirs.push(self.cost(&self.sops, &[owned(arguments)])?);
            ours.push(self.cost(&self.fieldseal, &[owned(arguments)])?);
        }
        Ok((median(theirs), median(ours)))
    }

    /// The median of the tool alone.
    fn often(&self, rounds: usize, arguments: &[&str]) -> Result<Cost> {
        let costs: Result<Vec<Cost>> =
            (0..rounds).map(|_| self.cost(&self.fieldseal, &[owned(arguments)])).collect();
        Ok(median(costs?))
    }

    fn once(&self, program: &Path, arguments: &[&str]) -> Result<Cost> {
        self.cost(program, &[owned(arguments)])
    }

    fn cost(&self, program: &Path, runs: &[Vec<String>]) -> Result<Cost> {
        cost(&self.folder, program, runs)
    }
}

/// What is compared.
fn works() -> Vec<Work> {
    let work = |name, file, text, rounds, target| Work { name, file, text, flags: &[], rounds, target };
    vec![
        work("YAML, 10 values", "small.yaml", inputs::small(0), 15, (10.0, 10.0)),
        work("YAML, 100,000 values, 3.7 MB", "large.yaml", inputs::yaml(100_000), 3, (50.0, 50.0)),
        Work {
            flags: &["--encrypted-regex", "^key_[0-9]+$"],
            ..work("the same with a regex", "regex.yaml", inputs::yaml(100_000), 3, (50.0, 50.0))
        },
        work(
            "YAML, 30,000 values, 3,000 comments",
            "comments.yaml",
            inputs::yaml_with_comments(30_000),
            3,
            (50.0, 50.0),
        ),
        work("JSON, 10,000 values", "small.json", inputs::json(10_000), 5, (50.0, 30.0)),
        work("JSON, 80,000 values", "large.json", inputs::json(80_000), 1, (500.0, 500.0)),
        work("dotenv, 20,000 lines", "large.env", inputs::dotenv(20_000), 7, (10.0, 20.0)),
        work("INI, 20,000 keys", "large.ini", inputs::ini(20_000), 7, (10.0, 20.0)),
        work("binary, 50 MB", "large.bin", inputs::binary(50_000_000), 3, (6.0, 25.0)),
    ]
}

/// The processor and how many of its cores there are.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_matches([':', '\t', ' ']));
    format!("{} with {cores} cores", model.unwrap_or("a processor"))
}

/// The cost in the middle by time, and the largest memory.
fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_by(|one, other| one.milliseconds.total_cmp(&other.milliseconds));
    let mebibytes = costs.iter().map(|cost| cost.mebibytes).fold(0.0, f64::max);
    Cost { mebibytes, ..costs[costs.len() / 2] }
}

/// A time with its unit.
fn time(cost: Cost) -> String {
    let milliseconds = cost.milliseconds;
    if milliseconds < 100.0 {
        format!("{milliseconds:.1} ms")
    } else {
        format!("{:.2} s", milliseconds / 1e3)
    }
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

/// Puts the tables between their marks in a document, or makes a new one.
fn insert(path: &Path, report: &str) -> Result<()> {
    let (start, end) = MARKS;
    let old = fs::read_to_string(path)
        .unwrap_or_else(|_| format!("# Benchmarks\n\nMade by `cargo xtask figures`.\n\n{start}{end}"));
    let (before, rest) = old.split_once(start).ok_or("docs/benchmarks.md has no mark for the figures")?;
    let (_, after) =
        rest.split_once(end).ok_or("docs/benchmarks.md has no mark for the end of the figures")?;
    files::write(path, format!("{before}{start}{report}{end}{after}").as_bytes())
}
