//! `cargo xtask figures`: how fast the tool is, and how much memory it takes, beside the real `sops`.
//!
//! Both run in turns on the same inputs, and the medians are compared, so that what else the machine does
//! falls on both.

mod inputs;
pub(crate) mod measure;
mod report;

use std::fs;
use std::path::{Path, PathBuf};

use crate::run::{self, Result};
use crate::{files, release, tools, workspace};
use measure::{Cost, cost};
use report::{Report, time};

/// The recipient and the identity that everything is encrypted for.
const RECIPIENT: &str = "age1j8s2j57wmxw7f9dfxctv4vfjeadkg2hreez88gu0u0f09surzuksqt3qkv";
const IDENTITY: &str = "AGE-SECRET-KEY-15363ZDQCXJ8F8ZU6SCYCFW0VKZ0JT6ZMSJ2LDY8NY85GRFZ7SVPSLFPE35";

/// One line of the comparison.
struct Work {
    /// What is done.
    name: &'static str,
    /// The name of the input; its end says the format.
    file: &'static str,
    /// Makes the input.
    text: fn() -> Vec<u8>,
    /// Flags for encrypting.
    flags: &'static [&'static str],
    /// How many times faster than sops encrypting and decrypting should be.
    target: (f64, f64),
}

/// Measures, and writes the tables into `docs/benchmarks.md`, row by row.
///
/// # Errors
///
/// When a program does not build or fails.
pub(crate) fn figures() -> Result<()> {
    run::step("building the tool");
    let bench = Bench {
        fieldseal: release::build_for_this_machine()?,
        sops: tools::build()?.join(workspace::executable("sops")),
        folder: workspace::target().join("figures"),
    };
    let _ = fs::remove_dir_all(&bench.folder);
    files::write(&bench.folder.join("keys.txt"), format!("{IDENTITY}\n").as_bytes())?;

    let mut report = Report::new(workspace::root().join("docs/benchmarks.md"));
    report.add(&format!("Measured on {} with sops 3.13.3.\n", machine()))?;
    bench.compare(&mut report)?;
    bench.many_small_files(&mut report)?;
    bench.growth(&mut report)?;
    fs::remove_dir_all(&bench.folder)?;
    Ok(())
}

/// The programs, and where the inputs are.
struct Bench {
    fieldseal: PathBuf,
    sops: PathBuf,
    folder: PathBuf,
}

impl Bench {
    /// The table of single files.
    fn compare(&self, report: &mut Report) -> Result<()> {
        report.add(
            "| work | | sops | Fieldseal | times faster | wanted | sops, MiB | Fieldseal, MiB |\n\
             |---|---|---:|---:|---:|---:|---:|---:|",
        )?;
        for work in works() {
            run::step(work.name);
            files::write(&self.folder.join(work.file), &(work.text)())?;
            let sealed = format!("sealed-{}", work.file);
            let encrypt = [&["encrypt", "--age", RECIPIENT][..], work.flags, &[work.file]].concat();
            let keep = [&encrypt[..encrypt.len() - 1], &["--output", &sealed, work.file]].concat();
            let decrypt = ["decrypt", &sealed];
            self.once(&self.fieldseal, &keep)?;
            report.compare(work.name, "encrypt", self.in_turns(&encrypt)?, work.target.0)?;
            report.compare(work.name, "decrypt", self.in_turns(&decrypt)?, work.target.1)?;
            fs::remove_file(self.folder.join(work.file))?;
            fs::remove_file(self.folder.join(sealed))?;
        }
        Ok(())
    }

    /// 500 files in one command, beside one command for each. The commands of sops take the same time, so that some
    /// of them stand for all.
    fn many_small_files(&self, report: &mut Report) -> Result<()> {
        const COUNT: usize = 500;
        const SAMPLE: usize = 50;
        run::step("many small files");
        for number in 0..COUNT {
            files::write(&self.folder.join(format!("many/{number:03}.yaml")), &inputs::small(number))?;
        }
        let names: Vec<String> = (0..COUNT).map(|number| format!("many/{number:03}.yaml")).collect();
        let names = names.iter().map(String::as_str);
        let encrypt = ["encrypt", "--age", RECIPIENT, "--output-dir", "sealed"].into_iter().chain(names);
        self.once(&self.fieldseal, &encrypt.collect::<Vec<_>>())?;
        let loops: Vec<Vec<String>> =
            (0..SAMPLE).map(|number| owned(&["decrypt", &format!("sealed/many/{number:03}.yaml")])).collect();
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            let sample = self.cost(&self.sops, &loops)?;
            let milliseconds = sample.milliseconds * COUNT as f64 / SAMPLE as f64;
            theirs.push(Cost { milliseconds, ..sample });
            ours.push(self.once(&self.fieldseal, &["decrypt", "--output-dir", "opened", "sealed/many"])?);
            fs::remove_dir_all(self.folder.join("opened"))?;
        }
        let work = format!("{COUNT} files of 10 values; sops in a loop, from {SAMPLE} of them");
        report.compare(&work, "decrypt", (median(theirs), median(ours)), 100.0)
    }

    /// How time and memory grow with the number of values.
    fn growth(&self, report: &mut Report) -> Result<()> {
        const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
        type Make = fn(usize) -> Vec<u8>;
        let formats: [(&str, Make); 5] = [
            ("yaml", inputs::yaml),
            ("json", inputs::json),
            ("env", inputs::dotenv),
            ("ini", inputs::ini),
            ("bin", |values| inputs::binary(values * 37)),
        ];
        report.add(
            "\nHow the tool's own time and memory grow; a value of `bin` stands for 37 bytes.\n\n\
             | values | | encrypt | MiB | decrypt | MiB |\n|---:|---|---:|---:|---:|---:|",
        )?;
        for (end, make) in formats {
            run::step(&format!("growth of {end}"));
            for values in SIZES {
                let (name, sealed) = (format!("growth.{end}"), format!("sealed-growth.{end}"));
                files::write(&self.folder.join(&name), &make(values))?;
                self.once(&self.fieldseal, &["encrypt", "--age", RECIPIENT, "--output", &sealed, &name])?;
                let encrypt = self.often(3, &["encrypt", "--age", RECIPIENT, &name])?;
                let decrypt = self.often(3, &["decrypt", &sealed])?;
                report.add(&format!(
                    "| {values} | {end} | {} | {:.1} | {} | {:.1} |",
                    time(encrypt),
                    encrypt.mebibytes,
                    time(decrypt),
                    decrypt.mebibytes,
                ))?;
            }
        }
        Ok(())
    }

    /// The medians of both programs, which run in turns. What takes sops long runs once or twice; the tool runs five
    /// times at least.
    fn in_turns(&self, arguments: &[&str]) -> Result<(Cost, Cost)> {
        let mut theirs = vec![self.once(&self.sops, arguments)?];
        let mut ours = vec![self.once(&self.fieldseal, arguments)?];
        let rounds = match theirs[0].milliseconds {
            ..200.0 => 15,
            ..1_000.0 => 5,
            ..3_000.0 => 2,
            _ => 1,
        };
        for round in 1..rounds.max(5) {
            if round < rounds {
                theirs.push(self.once(&self.sops, arguments)?);
            }
            ours.push(self.once(&self.fieldseal, arguments)?);
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
    let work = |name, file, text, target| Work { name, file, text, flags: &[], target };
    vec![
        work("YAML, 10 values", "small.yaml", || inputs::small(0), (10.0, 10.0)),
        work("YAML, 100,000 values, 3.7 MB", "large.yaml", || inputs::yaml(100_000), (50.0, 50.0)),
        Work {
            flags: &["--encrypted-regex", "^key_[0-9]+$"],
            ..work("the same with a regex", "regex.yaml", || inputs::yaml(100_000), (50.0, 50.0))
        },
        work(
            "YAML, 30,000 values, 3,000 comments",
            "comments.yaml",
            || inputs::yaml_with_comments(30_000),
            (50.0, 50.0),
        ),
        work("JSON, 10,000 values", "small.json", || inputs::json(10_000), (50.0, 30.0)),
        work("JSON, 80,000 values", "large.json", || inputs::json(80_000), (500.0, 500.0)),
        work("dotenv, 20,000 lines", "large.env", || inputs::dotenv(20_000), (10.0, 20.0)),
        work("INI, 20,000 keys", "large.ini", || inputs::ini(20_000), (10.0, 20.0)),
        work("binary, 50 MB", "large.bin", || inputs::binary(50_000_000), (6.0, 25.0)),
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

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}
