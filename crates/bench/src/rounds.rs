//! Designs that take turns, so that what disturbs the machine disturbs all alike.

use anyhow::Result;

use crate::designs::Loaded;
use crate::results::median;

/// How often each design has its turn, and how long.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// Frames of a turn.
    pub frames: u32,
    count: u32,
}

impl Rounds {
    /// As many of so many frames as are needed for so many in all.
    pub const fn of(all: u32, frames: u32) -> Self {
        Self {
            frames,
            count: all.div_ceil(frames),
        }
    }

    /// The median of what is measured of each design, once a round.
    ///
    /// # Errors
    /// When something cannot be measured.
    pub fn medians(
        self,
        loaded: &mut [Loaded],
        measure: impl Fn(&mut Loaded) -> Result<f64>,
    ) -> Result<Vec<f64>> {
        let mut all = vec![Vec::new(); loaded.len()];
        for _ in 0..self.count {
            for (design, all) in loaded.iter_mut().zip(&mut all) {
                all.push(measure(design)?);
            }
        }
        Ok(all.iter().map(|all| median(all)).collect())
    }
}
