//! Results for programs.

use serde_json::Value;

use crate::measure::Results;

/// One array of all outcomes, then all proofs.
///
/// # Errors
/// None that is known of.
pub fn json(results: &Results) -> serde_json::Result<Value> {
    let outcomes = results.outcomes.iter().map(serde_json::to_value);
    let proofs = results.proofs.iter().map(serde_json::to_value);
    outcomes.chain(proofs).collect()
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn proofs_are_behind_outcomes_and_have_a_name() {
        let json = json(&sample::results()).expect("plain data");
        assert_eq!(json[0]["counter"], "windrow");
        assert_eq!(json[2]["proof"], "two CPUs");
        assert_eq!(json[2]["checks"], 1_000);
        assert_eq!(json[2]["violations"], 0);
    }
}
