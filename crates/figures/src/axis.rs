//! A logarithmic axis.

/// With fewer an axis cannot be read.
const FEWEST_TICKS: usize = 4;

/// Maps values above 0 to places, so that equal ratios are equally far apart.
#[derive(Debug)]
pub struct Logarithmic {
    values: (f64, f64),
    places: (f64, f64),
}

impl Logarithmic {
    /// From the least and the greatest value to the places where they stand. A single value gets room
    /// on both sides.
    pub fn new(values: (f64, f64), places: (f64, f64)) -> Self {
        let (least, most) = values;
        let values = if least < most {
            values
        } else {
            (least / 2.0, least * 2.0)
        };
        Self { values, places }
    }

    /// Where a value stands.
    pub fn at(&self, value: f64) -> f64 {
        let (least, most) = self.values;
        let (first, last) = self.places;
        first + (last - first) * (value / least).ln() / (most / least).ln()
    }

    /// Round numbers on the axis: 1, 2, 5, 10, 20, …, and more between where these are too few.
    pub fn ticks(&self) -> Vec<f64> {
        let ticks = self.multiples(&[1.0, 2.0, 5.0]);
        if ticks.len() < FEWEST_TICKS {
            self.multiples(&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0])
        } else {
            ticks
        }
    }

    /// These digits, times powers of ten.
    fn multiples(&self, digits: &[f64]) -> Vec<f64> {
        let (least, most) = self.values;
        (0..=12)
            .flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)))
            .filter(|tick| (least..=most).contains(tick))
            .collect()
    }
}

/// A number as it stands at an axis: `1`, `10k`, `1M`.
pub fn short(number: u32) -> String {
    match number {
        0 => "0".to_owned(),
        _ if number.is_multiple_of(1_000_000) => format!("{}M", number / 1_000_000),
        _ if number.is_multiple_of(1_000) => format!("{}k", number / 1_000),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ratios_are_equally_far_apart() {
        let axis = Logarithmic::new((1.0, 1_000_000.0), (0.0, 600.0));
        for (value, place) in [
            (1.0, 0.0),
            (1_000.0, 300.0),
            (10_000.0, 400.0),
            (1e6, 600.0),
        ] {
            assert!((axis.at(value) - place).abs() < 1e-9, "{value}");
        }
    }

    #[test]
    fn a_single_value_stands_in_the_middle() {
        let axis = Logarithmic::new((1_000.0, 1_000.0), (0.0, 600.0));
        assert!((axis.at(1_000.0) - 300.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_are_round_numbers() {
        let axis = Logarithmic::new((19.0, 250.0), (0.0, 1.0));
        assert_eq!(axis.ticks(), [20.0, 50.0, 100.0, 200.0]);
        let short = Logarithmic::new((140.0, 480.0), (0.0, 1.0));
        assert_eq!(short.ticks(), [150.0, 200.0, 300.0, 400.0]);
    }

    #[test]
    fn numbers_of_flows_are_short() {
        let texts = [1, 1_000, 1_500, 100_000, 1_000_000].map(short);
        assert_eq!(texts, ["1", "1k", "1500", "100k", "1M"]);
    }
}
