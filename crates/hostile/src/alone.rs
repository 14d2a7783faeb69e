//! What one frame by itself comes to: the measure for the same frame among others.

use windrow_core::flow::FlowKey;
use windrow_core::reason::Reason;
use windrow_core::selection::Selection;
use windrow_core::slice::MonoNanos;
use windrow_core::tally::Tally;
use windrow_datapath::native::Weight;
use windrow_datapath::{Native, Secret};

/// Where the engine puts a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// In a row.
    Flow {
        /// Whose.
        key: FlowKey,
        /// TCP flags that the frame adds to it.
        tcp_flags: u8,
        /// The frame has more IPv6 extension headers than are walked.
        deep_chain: bool,
    },
    /// Nowhere, for this reason.
    Other(Reason),
}

/// An instance that counts one frame an epoch.
#[derive(Debug)]
pub(crate) struct Alone(Native);

impl Alone {
    /// An instance with room for far more than one flow.
    pub(crate) fn new() -> Alone {
        Alone(native(64 << 10, 1))
    }

    /// Counts the frame in an epoch of its own.
    ///
    /// # Panics
    /// When it is not counted exactly once.
    pub(crate) fn verdict(&mut self, frame: &[u8]) -> Verdict {
        // Exactly as long as the frame: the address sanitizer then sees every read beyond it.
        let frame: Box<[u8]> = frame.into();
        self.0.count(&frame, Weight::packet(77), MonoNanos(5));
        let slice = self.0.drain().collect();
        let once = Tally::new(1, 77);
        assert_eq!((slice.events, slice.seen), (1, once));
        assert_eq!(slice.folded_sum(), Tally::ZERO, "folded in an empty table");
        match (&slice.rows[..], &slice.other[..]) {
            ([row], []) => {
                assert_eq!((row.count, row.base), (once, Tally::ZERO));
                assert_eq!((row.first, row.last), (MonoNanos(5), MonoNanos(5)));
                assert!(slice.deep_chains <= 1);
                Verdict::Flow {
                    key: row.key,
                    tcp_flags: row.tcp_flags,
                    deep_chain: slice.deep_chains == 1,
                }
            }
            ([], [(reason, seen)]) => {
                assert_eq!((*seen, slice.deep_chains), (once, 0));
                Verdict::Other(*reason)
            }
            _ => panic!("one frame came to {slice:?}"),
        }
    }
}

/// An instance whose secret is known, so that every run of an input is the same.
pub(crate) fn native(memory_bytes: u64, seed: u64) -> Native {
    match Native::new(memory_bytes, Secret::from_seed(seed), &Selection::default()) {
        Ok(native) => native,
        Err(error) => panic!("no instance: {error}"),
    }
}
