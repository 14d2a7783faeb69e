//! Windows on their way to the sink: rolled up, reduced, named, summed up.
//!
//! All of them go this way, live and of captures, and so do the longer windows that are made of them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use windrow_core::by::By;
use windrow_core::hierarchy::Hierarchy;
use windrow_core::networks::Networks;
use windrow_core::reduction::Reduction;
use windrow_core::rollup::Along;
use windrow_core::run::Run;
use windrow_core::selection::Selection;
use windrow_core::window::Window;
use windrow_datapath::geometry;
use windrow_datapath::native::Error;
use windrow_datapath::{Rollup, Secret};

use crate::exit::Failure;
use crate::output::{Conditions, LookedUp, Sink, Tier, Warning};
use crate::replay::Lookups;

/// What is to be made of windows.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What packets are counted by, and how many rows for it.
    pub selection: Selection,
    /// What rows are of in the end: names of networks are told after counting.
    pub by: By,
    /// What networks are called.
    pub networks: Arc<Networks>,
    /// Levels of which all networks are shown.
    pub hierarchy: Option<Hierarchy>,
    /// How many events there are to be for each line of output.
    pub reduce: Option<Reduction>,
    /// Lengths of longer windows, each a multiple of the one before.
    pub tiers: Vec<Duration>,
    /// Bytes that the tables of each of these may hold.
    pub tier_memory_bytes: u64,
}

/// The way to the sink, and the sums of all that went it.
pub struct Windows {
    asked: Asked,
    rollup: Rollup<Conditions>,
    run: Run,
    lookups: Lookups,
}

impl Windows {
    /// No window has come yet. `secret` is that of the tables whose flows are looked up, if any are.
    pub fn new(
        asked: Asked,
        secret: Secret,
        run: Run,
        lookups: Lookups,
    ) -> Result<Windows, Failure> {
        let rollup = Rollup::new(
            &asked.tiers,
            asked.tier_memory_bytes,
            secret,
            &asked.selection,
        );
        let rollup = rollup.map_err(|error| match error {
            Error::Geometry(geometry::Error::TooLittle { given, least, .. }) => {
                Failure::usage(format!(
                    "--rollup-memory: {given} bytes are too little for a table: at least {least} are needed"
                ))
            }
            Error::NoMemory(_) => anyhow!(
                "no memory for the tables of longer windows: ask for less with --rollup-memory"
            )
            .into(),
        })?;
        Ok(Windows {
            asked,
            rollup,
            run,
            lookups,
        })
    }

    /// The longer windows that will be made.
    pub fn tiers(&self) -> Vec<Tier> {
        let tier = |(window, memory_bytes, rows)| Tier {
            window,
            memory_bytes,
            rows,
        };
        self.rollup.tiers().map(tier).collect()
    }

    /// Hands a window to the sink, and the longer ones that are over with it.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn take(
        &mut self,
        window: Window,
        conditions: Conditions,
        sink: &mut dyn Sink,
    ) -> anyhow::Result<()> {
        let earlier = self.rollup.before(&window.span);
        self.show_all(earlier, sink)?;
        // Longer windows are made of all that is known, and are reduced by themselves.
        let longer = self.rollup.add(&window, &conditions.along());
        self.show(window, conditions, sink)?;
        self.show_all(longer, sink)
    }

    /// Hands what is open of longer windows to the sink: there will be no window any more.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(&mut self, sink: &mut dyn Sink) -> anyhow::Result<()> {
        let longer = self.rollup.finish();
        self.show_all(longer, sink)
    }

    /// The sums so far.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The sums, which are all that is left.
    #[cfg(feature = "kernel")]
    pub fn into_run(self) -> Run {
        self.run
    }

    /// What is known by now of flows that were looked for, by the windows of each length.
    pub fn looked_up(&self) -> Vec<LookedUp> {
        self.lookups.found()
    }

    fn show_all(
        &mut self,
        windows: Vec<(Window, Conditions)>,
        sink: &mut dyn Sink,
    ) -> anyhow::Result<()> {
        for (window, conditions) in windows {
            self.show(window, conditions, sink)?;
        }
        Ok(())
    }

    fn show(
        &mut self,
        mut window: Window,
        mut conditions: Conditions,
        sink: &mut dyn Sink,
    ) -> anyhow::Result<()> {
        let asked = &self.asked;
        let counted_by = &asked.selection.by;
        if let Some(hierarchy) = &asked.hierarchy {
            window.add_hierarchy(hierarchy, counted_by);
        }
        conditions.unreduced = asked.reduce.filter(|it| !window.reduce(*it, counted_by));
        self.lookups.add(&window);
        window.project(&asked.networks, &asked.by);
        if window.rolled.is_none() {
            self.run.add(&window, conditions.lost);
        }
        let warnings = Warning::of(&window, &conditions);
        if let Some(error) = warnings.iter().find(|warning| warning.is_error()) {
            eprintln!("windrow: error: {}", error.text);
        }
        sink.window(&window, &conditions, &warnings)
    }
}

impl Along for Conditions {
    fn add(&mut self, other: &Conditions) {
        self.drain += other.drain;
        self.lost += other.lost;
        let both = self.interface_packets.zip(other.interface_packets);
        self.interface_packets = both.map(|(one, two)| one + two);
        self.notes.add(&other.notes);
    }
}
