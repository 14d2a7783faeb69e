#![allow(clippy::unwrap_used)] // tests

use proptest::prelude::*;

use super::*;

fn of(durations: &[u64]) -> Histogram {
    let mut histogram = Histogram::default();
    durations.iter().for_each(|ns| histogram.record(*ns));
    histogram
}

/// Bits of the eighth power of a number.
fn bits_of_eighth_power(number: u64) -> u32 {
    let mut limbs = vec![1_u32];
    for _ in 0..8 {
        let mut product = vec![0_u32; limbs.len() + 2];
        for (shift, half) in [(0, number as u32), (1, (number >> 32) as u32)] {
            let mut carry = 0;
            for place in 0..=limbs.len() {
                let limb = u64::from(limbs.get(place).copied().unwrap_or(0));
                let sum = limb * u64::from(half) + u64::from(product[place + shift]) + carry;
                product[place + shift] = sum as u32;
                carry = sum >> 32;
            }
        }
        limbs = product;
    }
    let highest = limbs.iter().rposition(|limb| *limb > 0).unwrap();
    highest as u32 * 32 + limbs[highest].ilog2() + 1
}

#[test]
fn steps_begin_at_eighth_roots_of_powers_of_two() {
    for (step, beginning) in (0..).zip(BEGINNINGS) {
        // beginning^8 <= 2^(63 * 8 + step) < (beginning + 1)^8
        let bits = 63 * 8 + step + 1;
        let exact = u32::from(step == 0);
        assert_eq!(bits_of_eighth_power(beginning), bits - 1 + exact, "{step}");
        assert_eq!(bits_of_eighth_power(beginning + 1), bits, "{step}");
    }
}

#[test]
fn counters_follow_each_other_and_leave_nothing_out() {
    let mut next = 0;
    for counter in 0..COUNTERS {
        let (lo, hi) = bounds(counter);
        assert_eq!((lo, index(lo), index(hi)), (next, counter, counter));
        next = hi.wrapping_add(1);
        if counter < LAST {
            // The longest whole number of ns in a step that ends at an eighth of an octave.
            let end = 2_f64.powf((FIRST_INDEX + counter + 1) as f64 / 8.0);
            assert!(hi as f64 <= end && (hi + 1) as f64 > end, "{counter}");
        }
    }
    assert_eq!(next, 0, "the last ends with the longest there is");
    assert_eq!(bounds(COUNTERS), bounds(LAST));
}

#[test]
fn powers_of_two_are_where_a_step_ends() {
    for power in 0..64_usize {
        let ns = 1 << power;
        let on_the_scale = (power * 8).saturating_sub(1);
        let counter = on_the_scale.saturating_sub(FIRST_INDEX).min(LAST);
        assert_eq!(index(ns), counter, "2^{power}");
        if (6..=36).contains(&power) {
            assert_eq!(index(ns + 1), counter + 1, "2^{power}");
            assert_eq!(bounds(counter).1, ns);
        }
    }
}

#[test]
fn what_is_too_short_or_too_long_is_counted_all_the_same() {
    let histogram = of(&[0, 1, 32, 33, 1 << 37, u64::MAX]);
    let counters: Vec<_> = histogram.counters().collect();
    assert_eq!(counters, [(0, 4), (LAST, 2)]);
    assert_eq!(histogram.quantile_bounds(0.5), Some((0, 34)));
    assert_eq!(histogram.quantile_within(0.0, 0, u64::MAX), Some(0));
    assert_eq!(histogram.quantile_within(0.0, 30, u64::MAX), Some(32));
    let (last, _) = bounds(LAST);
    assert_eq!(histogram.quantile_bounds(1.0), Some((last, u64::MAX)));
    let most = last + 2;
    assert_eq!(histogram.quantile_within(1.0, 0, most), Some(last + 1));
    // Nobody says how short or how long.
    assert!((32..=34).contains(&histogram.quantile(0.5).unwrap()));
    assert!((last..=1 << 37).contains(&histogram.quantile(1.0).unwrap()));
    assert_eq!(of(&[0]).quantile_within(0.5, 0, 0), Some(0));
    let longest = of(&[u64::MAX]).quantile_within(0.5, u64::MAX, u64::MAX);
    assert_eq!(longest, Some(u64::MAX));
}

#[test]
fn of_none_there_is_no_quantile() {
    let none = Histogram::from_counts(&[0; COUNTERS]);
    assert_eq!(none, Histogram::default());
    assert_eq!((none.count(), none.quantile(0.5)), (0, None));
    let mut none = of(&[]);
    none.record_n(100, 0);
    assert_eq!(none, Histogram::default());
}

#[test]
fn bounds_that_cannot_be_are_no_reason_to_panic() {
    let histogram = of(&[1000]);
    assert_eq!(histogram.quantile_within(0.5, 5000, 1), Some(5000));
    assert!(histogram.quantile_within(0.5, 0, 1).unwrap() > 900);
    for q in [f64::NAN, -1.0, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(histogram.quantile_bounds(q), Some(bounds(index(1000))));
    }
}

#[test]
fn counts_that_are_too_large_stay_at_the_most() {
    let mut histogram = of(&[1000]);
    histogram.record_n(1000, u64::MAX);
    histogram.record_n(2000, u64::MAX);
    assert_eq!(histogram.count(), u64::MAX);
    assert!(histogram.quantile(1.0).is_some());
}

/// Durations of all magnitudes.
fn durations() -> impl Strategy<Value = Vec<u64>> {
    let duration = (0..64_u32, any::<u64>()).prop_map(|(shift, bits)| bits >> shift);
    prop::collection::vec(duration, 1..300)
}

fn counts() -> impl Strategy<Value = Histogram> {
    durations().prop_map(|durations| of(&durations))
}

proptest! {
    #[test]
    fn a_duration_is_within_the_bounds_of_its_counter(shift in 0..64_u32, bits: u64) {
        let ns = bits >> shift;
        let (lo, hi) = bounds(index(ns));
        prop_assert!(lo <= ns && ns <= hi);
    }

    #[test]
    fn quantiles_are_those_of_sorted_durations(mut durations in durations(), per_mille in 0..=1000_usize) {
        let histogram = of(&durations);
        durations.sort_unstable();
        let rank = (durations.len() * per_mille).div_ceil(1000).max(1);
        let exact = durations[rank - 1];
        let q = per_mille as f64 / 1000.0;
        let (lo, hi) = histogram.quantile_bounds(q).unwrap();
        prop_assert!(lo <= exact && exact <= hi, "{exact} in {lo} to {hi}");

        let (min, max) = (durations[0], durations[durations.len() - 1]);
        let quantile = histogram.quantile_within(q, min, max).unwrap();
        prop_assert!(min <= quantile && quantile <= max);
        if (1..LAST).contains(&index(exact)) {
            let most = exact as f64 * 0.044 + 0.5;
            prop_assert!(quantile.abs_diff(exact) as f64 <= most, "{quantile} for {exact}");
            let alone = histogram.quantile(q).unwrap();
            prop_assert!(alone.abs_diff(exact) as f64 <= most, "{alone} for {exact}");
        }
    }

    #[test]
    fn it_is_as_if_all_had_been_counted_in_one(parts in prop::collection::vec(durations(), 0..5)) {
        let mut merged = Histogram::default();
        parts.iter().for_each(|part| merged.merge(&of(part)));
        let all = parts.concat();
        prop_assert_eq!(merged.count(), all.len() as u64);
        prop_assert_eq!(&merged, &of(&all));

        let mut counts = [0; COUNTERS];
        all.iter().for_each(|ns| counts[index(*ns)] += 1);
        prop_assert_eq!(merged, Histogram::from_counts(&counts));
    }

    #[test]
    fn sums_do_not_depend_on_the_order(a in counts(), b in counts(), c in counts()) {
        let sum = |parts: &[&Histogram]| {
            let mut sum = Histogram::default();
            parts.iter().for_each(|part| sum.merge(part));
            sum
        };
        prop_assert_eq!(sum(&[&sum(&[&a, &b]), &c]), sum(&[&a, &sum(&[&c, &b])]));
    }

    #[test]
    fn so_many_at_once_are_so_many_one_by_one(ns: u64, n in 0..50_u64) {
        let mut at_once = Histogram::default();
        at_once.record_n(ns, n);
        prop_assert_eq!(at_once, of(&vec![ns; n as usize]));
    }
}
