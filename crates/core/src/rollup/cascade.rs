//! Longer windows of several lengths, each made of those of the length before.

use std::time::Duration;

use super::{Adder, Along, Part, Tier};
use crate::edges::Span;

/// All tiers of longer windows, the shortest first; each is made of the one before. Collected from lengths,
/// each a multiple of the one before and of the windows that will be added, and what adds up the windows of
/// each.
#[derive(Debug)]
pub struct Cascade<S, A> {
    levels: Vec<Level<S, A>>,
}

#[derive(Debug)]
struct Level<S, A> {
    tier: Tier,
    adder: S,
    /// What went with the open window's windows; `None`: none is open.
    along: Option<A>,
}

impl<S, A> FromIterator<(Duration, S)> for Cascade<S, A> {
    fn from_iter<I: IntoIterator<Item = (Duration, S)>>(levels: I) -> Self {
        let level = |(length, adder)| Level {
            tier: Tier::new(length),
            adder,
            along: None,
        };
        Cascade {
            levels: levels.into_iter().map(level).collect(),
        }
    }
}

impl<S: Adder, A: Along> Cascade<S, A> {
    /// Of each tier the length of its windows, and what adds them up.
    pub fn levels(&self) -> impl Iterator<Item = (Duration, &S)> {
        (self.levels.iter()).map(|level| (level.tier.length(), &level.adder))
    }

    /// The longer windows that are over because a window of that span is not theirs, the shorter before the
    /// longer that they are part of.
    pub fn before(&mut self, span: &Span) -> Vec<(S::Window, A)> {
        let mut over = Vec::new();
        for place in 0..self.levels.len() {
            if self.levels[place].tier.is_left_by(span) {
                over.extend(self.close(place));
            }
        }
        over
    }

    /// Adds a window, with what goes with it. The longer windows that are over come back, in the same order:
    /// those that were [before](Self::before) it, if they were not asked for, and those that are with it.
    pub fn add(&mut self, window: &S::Window, along: &A) -> Vec<(S::Window, A)> {
        let mut over = self.before(window.span());
        over.extend(self.add_at(0, window, along));
        over
    }

    /// Closes all that is open: no window will be added any more.
    pub fn finish(&mut self) -> Vec<(S::Window, A)> {
        (0..self.levels.len())
            .flat_map(|level| self.close(level))
            .collect()
    }

    fn add_at(&mut self, place: usize, window: &S::Window, along: &A) -> Vec<(S::Window, A)> {
        let Some(level) = self.levels.get_mut(place) else {
            return Vec::new();
        };
        level.add(window, along);
        match level.tier.is_over() {
            true => self.close(place),
            false => Vec::new(),
        }
    }

    /// Closes a tier's open window and adds it to the next tier.
    fn close(&mut self, place: usize) -> Vec<(S::Window, A)> {
        let Some((window, along)) = self.levels[place].close() else {
            return Vec::new();
        };
        let longer = self.add_at(place + 1, &window, &along);
        let mut over = vec![(window, along)];
        over.extend(longer);
        over
    }
}

impl<S: Adder, A: Along> Level<S, A> {
    fn add(&mut self, window: &S::Window, along: &A) {
        debug_assert!(!self.tier.is_left_by(window.span()));
        self.tier.add(window.span(), window.gap());
        self.adder.add(window);
        match &mut self.along {
            Some(all) => all.add(along),
            None => self.along = Some(along.clone()),
        }
    }

    fn close(&mut self) -> Option<(S::Window, A)> {
        let closed = self.tier.close()?;
        let along = self.along.take()?;
        Some((self.adder.close(closed), along))
    }
}
