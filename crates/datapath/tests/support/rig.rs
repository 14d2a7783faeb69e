//! A loaded data path for tests: frames go in, windows come out, epoch by epoch.

use windrow_core::edges::{Instant, Span, WallNanos};
use windrow_core::slice::{MonoNanos, Slice};
use windrow_core::window::Window;
use windrow_datapath::kernel::{FrameHook, Hooks, Settings};
use windrow_datapath::{Datapath, Epoch, Error};

/// Both programs over one set of tables, with an epoch open.
pub struct Rig {
    pub datapath: Datapath,
    epoch: Epoch,
}

impl Rig {
    /// `None`, and a line that says so, where loading programs is not permitted.
    pub fn load(test: &str, memory_bytes: u64, buffers: u32) -> Option<Rig> {
        let settings = Settings {
            hooks: Hooks::All,
            memory_bytes,
            buffers,
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

/// The slices of one epoch as a window that had no end; its ledger must come out at 0.
pub fn window(slices: Vec<Slice>) -> Window {
    let at = |ns: u64| Instant {
        mono: MonoNanos(ns),
        wall: WallNanos(ns as i64),
    };
    let span = Span {
        seq: 0,
        start: at(0),
        end: at(i64::MAX as u64),
        late: false,
        clock_step: 0,
    };
    let window = Window::merge(span, slices);
    assert_eq!(window.ledger.residue(), (0, 0), "{:?}", window.ledger);
    window
}
