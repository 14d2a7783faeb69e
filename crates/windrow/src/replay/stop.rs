//! Ending a replay from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whether a replay is to end, and whether it ended before its input did.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    cut: Arc<AtomicBool>,
}

impl Stop {
    /// From now on SIGINT, SIGTERM and SIGHUP end the replay in order; a second one ends the process.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn on_signals() -> std::io::Result<Stop> {
        let stop = Stop::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the first signal finds nothing set yet.
            let asked = Arc::clone(&stop.asked);
            signal_hook::flag::register_conditional_default(signal, asked)?;
            signal_hook::flag::register(signal, Arc::clone(&stop.asked))?;
        }
        Ok(stop)
    }

    /// It is to end.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// An input that had more to say, or may have had, is not read on.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }

    /// Whether that happened.
    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }
}
