//! Results for tests.

use crate::measure::{Outcome, Results};
use crate::proof::{Checks, Proof};

/// windrow, something else, and a proof.
pub fn results() -> Results {
    Results {
        outcomes: vec![
            windrow("syn-flood", 1 << 20, 0.95),
            peer("syn-flood", "lru", 1 << 20, 0.25),
        ],
        proofs: vec![Proof {
            workload: "syn-flood",
            proof: "two CPUs",
            memory_bytes: 1 << 20,
            tier_memory_bytes: None,
            residue_packets: 0,
            residue_bytes: 0,
            checks: Checks {
                checks: 1_000,
                violations: 0,
            },
        }],
    }
}

/// windrow, with an account that comes out.
pub fn windrow(workload: &'static str, memory_bytes: u64, top_1000_precision: f64) -> Outcome {
    Outcome {
        residue_packets: Some(0),
        residue_bytes: Some(0),
        checks: 20_000,
        ..peer(workload, "windrow", memory_bytes, top_1000_precision)
    }
}

/// Anything else.
pub fn peer(
    workload: &'static str,
    counter: &'static str,
    memory_bytes: u64,
    top_1000_precision: f64,
) -> Outcome {
    Outcome {
        workload,
        packets: 1_000_000,
        flows: 500_000,
        counter,
        memory_bytes,
        capacity_rows: memory_bytes / 100,
        rows_per_k: memory_bytes as f64 / 100_000.0,
        rows: memory_bytes / 100,
        top_100_precision: 1.0,
        top_1000_precision,
        mean_relative_error: 0.01,
        certified_exact: 0.5,
        mean_relative_width: 0.02,
        reduction: 95.4,
        residue_packets: None,
        residue_bytes: None,
        checks: 0,
        violations: 0,
    }
}
