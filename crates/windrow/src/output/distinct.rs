//! How many sources, destinations and destination ports there were.

use serde::Serialize;
use windrow_core::distinct::{Distinct, Registers};

use crate::output::units;

/// The counts of a window or of a run, under their names in JSON; null where packets are not grouped by
/// it, or nobody knows.
#[derive(Serialize)]
pub(super) struct DistinctFields {
    distinct_src: Option<u64>,
    distinct_dst: Option<u64>,
    distinct_dport: Option<u64>,
    /// The standard error of each, relative to it.
    distinct_error: Option<f64>,
}

impl DistinctFields {
    pub(super) fn of(distinct: Option<&Distinct>) -> Self {
        let count = |of: fn(&Distinct) -> &Option<Registers>| {
            distinct.and_then(|it| of(it).as_ref().map(Registers::estimate))
        };
        DistinctFields {
            distinct_src: count(|it| &it.src),
            distinct_dst: count(|it| &it.dst),
            distinct_dport: count(|it| &it.dport),
            distinct_error: distinct.and_then(Distinct::standard_error),
        }
    }

    /// `≈ 1,024 sources, 12 destinations, 3 ports`: those that are known; nothing where nothing came.
    pub(super) fn words(&self) -> Option<String> {
        let counts = [
            (self.distinct_src, "source"),
            (self.distinct_dst, "destination"),
            (self.distinct_dport, "port"),
        ];
        let known = counts
            .iter()
            .filter_map(|(count, what)| Some(units::counted((*count)?, what)));
        let known: Vec<String> = known.collect();
        let came = counts.iter().any(|(count, _)| count.unwrap_or(0) > 0);
        came.then(|| format!("≈ {}", known.join(", ")))
    }

    /// The same with its error, `± 1.6 %`.
    pub(super) fn words_with_error(&self) -> Option<String> {
        let error = units::percent(self.distinct_error?);
        Some(format!("{} (± {error})", self.words()?))
    }
}

#[cfg(test)]
mod tests {
    use windrow_core::by::By;

    use super::*;

    fn fields(keys: &str, sources: usize) -> DistinctFields {
        let mut registers = vec![0; 3 * 4096];
        registers[..sources].fill(1);
        // One destination.
        registers[4096] = 3;
        let by = By::parse(keys).expect("keys");
        DistinctFields::of(Distinct::new(&by, &registers, 1).as_ref())
    }

    #[test]
    fn what_is_known_is_said_and_how_well() {
        let all = fields("src,dst,dport", 2);
        let words = "≈ 2 sources, 1 destination, 0 ports";
        assert_eq!(all.words().as_deref(), Some(words));
        let words = format!("{words} (± 1.6 %)");
        assert_eq!(all.words_with_error(), Some(words));
        assert_eq!(fields("dst", 2).words().as_deref(), Some("≈ 1 destination"));
        assert_eq!(fields("src", 0).words(), None);
        assert_eq!(fields("proto", 2).words_with_error(), None);
        assert_eq!(DistinctFields::of(None).words(), None);
    }

    #[test]
    fn json_has_all_four_names() {
        let json = |fields| serde_json::to_string(&fields).expect("JSON");
        let want =
            r#"{"distinct_src":3,"distinct_dst":null,"distinct_dport":0,"distinct_error":0.01625}"#;
        assert_eq!(json(fields("src,dport", 3)), want);
        let want = r#"{"distinct_src":null,"distinct_dst":null,"distinct_dport":null,"distinct_error":null}"#;
        assert_eq!(json(DistinctFields::of(None)), want);
    }
}
