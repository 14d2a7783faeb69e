//! Designs that take turns, each between two measurements with nothing beside them: what disturbs the
//! machine for longer than a turn disturbs both alike.

use anyhow::Result;

use super::design::{Design, Named};

/// Designs, and what is measured beside them.
pub struct Turns<M> {
    candidates: Vec<Candidate>,
    /// A measurement.
    measure: M,
    /// Connections of one.
    made: u64,
}

/// What was measured.
pub struct Measured {
    /// With nothing beside it.
    pub bare: Vec<f64>,
    /// Beside each design that did not fail.
    pub beside: Vec<Beside>,
}

/// A turn of a design.
#[derive(Clone, Copy)]
pub struct Turn {
    /// Before it came, with nothing there.
    pub before: f64,
    /// Beside it.
    pub beside: f64,
    /// When it was gone.
    pub after: f64,
}

/// Beside a design.
pub struct Beside {
    /// The design.
    pub name: &'static str,
    /// What was measured.
    pub turns: Vec<Turn>,
    /// Connections that were made.
    pub made: u64,
    /// How many of them it counted, where it says.
    pub counted: Option<u64>,
}

impl Turn {
    /// Beside it, beyond the middle of before and after.
    pub fn added(&self) -> f64 {
        self.beside - (self.before + self.after) / 2.0
    }
}

struct Candidate {
    design: Box<dyn Design>,
    beside: Beside,
    failed: bool,
}

impl<M: Fn() -> Result<f64>> Turns<M> {
    /// Of those designs that can be had; the others are named.
    pub fn new(designs: Vec<Named>, made: u64, measure: M) -> Self {
        let candidate = |(name, design): Named| match design {
            Ok(design) => Some(Candidate::new(name, design)),
            Err(error) => {
                println!("skipped: {name}: {error:#}");
                None
            }
        };
        Self {
            candidates: designs.into_iter().filter_map(candidate).collect(),
            measure,
            made,
        }
    }

    /// Each once a round. What fails is named and left out.
    ///
    /// # Errors
    /// When nothing can be measured with nothing beside it.
    pub fn take(mut self, what: &str, rounds: usize) -> Result<Measured> {
        let mut bare = vec![(self.measure)()?];
        for round in 1..=rounds {
            eprintln!("==> connect: {what}: round {round} of {rounds}");
            for candidate in &mut self.candidates {
                let beside = candidate.turn(&self.measure, self.made);
                let before = bare.last().copied().unwrap_or_default();
                let after = (self.measure)()?;
                bare.push(after);
                match beside {
                    Ok(beside) => candidate.beside.turns.push(Turn {
                        before,
                        beside,
                        after,
                    }),
                    Err(error) => {
                        println!("failed: {}: {error:#}", candidate.beside.name);
                        candidate.failed = true;
                    }
                }
            }
            self.candidates.retain(|candidate| !candidate.failed);
        }
        Ok(Measured {
            bare,
            beside: self.candidates.into_iter().map(|it| it.beside).collect(),
        })
    }
}

impl Candidate {
    fn new(name: &'static str, design: Box<dyn Design>) -> Self {
        Self {
            design,
            beside: Beside {
                name,
                turns: Vec::new(),
                made: 0,
                counted: None,
            },
            failed: false,
        }
    }

    /// Attaches it, measures, and takes it away again.
    fn turn(&mut self, measure: impl Fn() -> Result<f64>, made: u64) -> Result<f64> {
        let attached = self.design.attach()?;
        let measured = measure()?;
        self.beside.made += made;
        if let Some(counted) = attached.detach()? {
            *self.beside.counted.get_or_insert_default() += counted;
        }
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::super::design::Attached;
    use super::*;

    /// Adds so much, and counts 5 connections, or fails.
    struct Added(Rc<Cell<f64>>, Result<f64, ()>);

    struct There<'a>(&'a Added);

    impl Design for Added {
        fn attach(&mut self) -> Result<Box<dyn Attached + '_>> {
            let added = self.1.map_err(|()| anyhow::anyhow!("it is made to fail"))?;
            self.0.set(self.0.get() + added);
            Ok(Box::new(There(self)))
        }
    }

    impl Attached for There<'_> {
        fn detach(self: Box<Self>) -> Result<Option<u64>> {
            self.0.0.set(0.0);
            Ok(Some(5))
        }
    }

    #[test]
    fn each_is_compared_with_what_stands_around_it() -> Result<()> {
        let beside = Rc::new(Cell::new(0.0));
        let number = Cell::new(0.0);
        let adds =
            |added| -> Result<Box<dyn Design>> { Ok(Box::new(Added(Rc::clone(&beside), added))) };
        let designs = vec![
            ("absent", Err(anyhow::anyhow!("it is not there"))),
            ("seven", adds(Ok(7.0))),
            ("failing", adds(Err(()))),
        ];
        // The machine becomes slower and slower.
        let measure = || {
            number.set(number.get() + 1.0);
            Ok(number.get() * 100.0 + beside.get())
        };
        let measured = Turns::new(designs, 5, measure).take("test", 3)?;
        let [seven] = &measured.beside[..] else {
            anyhow::bail!("others take part");
        };
        let added: Vec<f64> = seven.turns.iter().map(Turn::added).collect();
        assert_eq!(added, [7.0; 3]);
        assert_eq!((seven.made, seven.counted), (15, Some(15)));
        Ok(())
    }
}
