//! What is to be said of the records of a capture beyond what they count.

use windrow_core::capture_time::Oddities;

/// Longest frame of an Ethernet link that carries no jumbo frames: header, two tags, 1500 bytes.
const LONGEST_PLAIN_FRAME: u32 = 14 + 2 * 4 + 1500;

/// Sums over the records of a window, or of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Records.
    pub records: u64,
    /// Bytes that were captured of them.
    pub captured_bytes: u64,
    /// Bytes that they had.
    pub wire_bytes: u64,
    /// Records of which the two differ.
    pub differing: u64,
    /// Frames longer than a link's, which several packets were sent as.
    pub long: u64,
    /// The longest of these, bytes.
    pub longest: u32,
    /// What was odd about their times.
    pub oddities: Oddities,
}

impl Notes {
    /// Adds one record, of which `captured` bytes are there and `original` bytes were.
    pub fn record(&mut self, captured: u32, original: u32) {
        self.records += 1;
        self.captured_bytes += u64::from(captured);
        self.wire_bytes += u64::from(original);
        self.differing += u64::from(captured != original);
        let length = captured.max(original);
        if length > LONGEST_PLAIN_FRAME {
            self.long += 1;
            self.longest = self.longest.max(length);
        }
    }

    /// Adds those of another window.
    pub fn add(&mut self, other: &Notes) {
        self.records += other.records;
        self.captured_bytes += other.captured_bytes;
        self.wire_bytes += other.wire_bytes;
        self.differing += other.differing;
        self.long += other.long;
        self.longest = self.longest.max(other.longest);
        self.oddities.add(&other.oddities);
    }
}
