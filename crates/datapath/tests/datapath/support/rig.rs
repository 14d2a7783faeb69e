//! A loaded data path for tests: frames go in, windows come out, epoch by epoch.

use windrow_core::selection::Selection;
use windrow_datapath::kernel::{FrameHook, Hooks, Settings};
use windrow_datapath::{Datapath, Epoch, Error, Export};

pub use super::window::window;

/// Both programs over one set of tables, with an epoch open.
pub struct Rig {
    pub datapath: Datapath,
    epoch: Epoch,
}

impl Rig {
    /// `None`, and a line that says so, where loading programs is not permitted.
    pub fn load(test: &str, memory_bytes: u64, buffers: u32) -> Option<Rig> {
        Rig::load_for(test, memory_bytes, buffers, Selection::default())
    }

    /// The same for what is selected.
    pub fn load_for(
        test: &str,
        memory_bytes: u64,
        buffers: u32,
        selection: Selection,
    ) -> Option<Rig> {
        let settings = Settings {
            hooks: Hooks::All,
            memory_bytes,
            buffers,
            selection,
            interfaces: 0,
            export: Export::Map,
        };
        match Datapath::load(settings) {
            Ok(datapath) => Some(Rig {
                datapath,
                epoch: Epoch(0),
            }),
            Err(error @ (Error::NotPermitted | Error::NoBtf)) => {
                println!("skipped: {test}: {error}");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// Counts one frame in the open epoch.
    pub fn run(&self, hook: FrameHook, frame: &[u8]) {
        self.datapath
            .run_frame(hook, frame, 1)
            .unwrap_or_else(|error| panic!("{hook:?}, {} bytes: {error}", frame.len()));
    }

    /// Opens the next epoch; the one that was left comes back.
    pub fn flip(&mut self) -> Epoch {
        let left = self.epoch;
        self.epoch = left.next();
        self.datapath.flipper().flip(self.epoch);
        left
    }
}
