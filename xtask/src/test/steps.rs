//! A list of named steps that ends at the first failure, and the table that says how each went.
//! It knows nothing of what the steps do.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Steps in the order in which they will run.
pub struct Steps<'a> {
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    name: String,
    action: Box<dyn FnOnce() -> Result<()> + 'a>,
}

struct Outcome {
    name: String,
    result: &'static str,
    took: Option<Duration>,
}

impl<'a> Steps<'a> {
    /// No steps yet.
    pub fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Appends a step; nothing runs yet.
    pub fn add(&mut self, name: impl Into<String>, action: impl FnOnce() -> Result<()> + 'a) {
        self.steps.push(Step {
            name: name.into(),
            action: Box::new(action),
        });
    }

    /// Runs the steps up to the first failure, then prints the table.
    pub fn run(self) -> ExitCode {
        let start = Instant::now();
        let mut failed: Option<String> = None;
        let mut outcomes = Vec::new();
        for step in self.steps {
            let name = step.name;
            if failed.is_some() {
                outcomes.push(Outcome {
                    name,
                    result: "not run",
                    took: None,
                });
                continue;
            }
            println!("==> {name}");
            let began = Instant::now();
            let result = (step.action)();
            let took = Some(began.elapsed());
            let result = match result {
                Ok(()) => "ok",
                Err(error) => {
                    failed = Some(format!("FAILED at `{name}`: {error:#}"));
                    "FAILED"
                }
            };
            outcomes.push(Outcome { name, result, took });
        }
        println!("\n{}", table(&outcomes));
        let seconds = start.elapsed().as_secs_f64();
        match failed {
            None => {
                println!("all {} steps passed in {seconds:.1} s", outcomes.len());
                ExitCode::SUCCESS
            }
            Some(statement) => {
                println!("{statement}");
                ExitCode::FAILURE
            }
        }
    }
}

fn table(outcomes: &[Outcome]) -> String {
    let mut text = format!("{:<12} {:<8} {:>8}\n", "step", "result", "seconds");
    for Outcome { name, result, took } in outcomes {
        let seconds = took.map_or_else(|| "-".into(), |took| format!("{:.1}", took.as_secs_f64()));
        text.push_str(&format!("{name:<12} {result:<8} {seconds:>8}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn nothing_runs_after_a_failure() {
        let ran = RefCell::new(Vec::new());
        let mut steps = Steps::new();
        steps.add("first", || {
            ran.borrow_mut().push(1);
            anyhow::bail!("stop here")
        });
        steps.add("second", || {
            ran.borrow_mut().push(2);
            Ok(())
        });
        steps.run();
        assert_eq!(*ran.borrow(), [1]);
    }

    #[test]
    fn the_table_has_a_line_a_step() {
        let outcomes = [
            Outcome {
                name: "clippy".into(),
                result: "ok",
                took: Some(Duration::from_millis(1250)),
            },
            Outcome {
                name: "tests".into(),
                result: "not run",
                took: None,
            },
        ];
        let expected = "\
step         result    seconds
clippy       ok            1.2
tests        not run         -
";
        assert_eq!(table(&outcomes), expected);
    }
}
