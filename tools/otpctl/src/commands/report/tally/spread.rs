//! How measurements are spread, to three digits.

use std::collections::BTreeMap;

/// Digits of a measurement that count.
const UNITS: u64 = 1000;

/// Measurements, by their first three digits: at most 900 counters for each power of ten, however many there are.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    counts: BTreeMap<u64, u64>,
    count: u64,
    most: u64,
}

impl Spread {
    /// One more measurement.
    pub fn add(&mut self, value: u64) {
        *self.counts.entry(rounded(value)).or_default() += 1;
        self.count += 1;
        self.most = self.most.max(value);
    }

    /// How many there are.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The largest.
    pub fn most(&self) -> Option<u64> {
        (self.count > 0).then_some(self.most)
    }

    /// The smallest value that so many hundredths of the measurements do not exceed (the nearest rank).
    pub fn percentile(&self, hundredths: u64) -> Option<u64> {
        let rank = (self.count * hundredths).div_ceil(100).max(1);
        let mut below = 0;
        self.counts.iter().find_map(|(value, count)| {
            below += count;
            (below >= rank).then_some(*value)
        })
    }

    /// How many are less than this; exact where it has three digits or fewer before its zeros.
    pub fn below(&self, value: u64) -> u64 {
        self.counts.range(..value).map(|(_, count)| count).sum()
    }
}

/// To three digits, downwards.
fn rounded(value: u64) -> u64 {
    let mut unit = 1;
    while value / unit >= UNITS {
        unit *= 10;
    }
    value / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Spread {
        let mut spread = Spread::default();
        values.into_iter().for_each(|value| spread.add(value));
        spread
    }

    #[test]
    fn a_percentile_is_a_measurement_that_was_made() {
        let hundred = of(1..=100);
        assert_eq!([1, 50, 95, 99, 100].map(|p| hundred.percentile(p)), [1, 50, 95, 99, 100].map(Some));
        assert_eq!([50, 99].map(|p| of([7]).percentile(p)), [Some(7), Some(7)]);
        assert_eq!((of([]).percentile(50), of([]).most()), (None, None));
    }

    #[test]
    fn three_digits_count_and_memory_does_not_grow_with_them() {
        let spread = of([12_345, 12_399, u64::MAX]);
        assert_eq!((spread.percentile(50), spread.most()), (Some(12_300), Some(u64::MAX)));
        assert_eq!(of(0..1_000_000).counts.len(), 1000 + 3 * 900);
        assert_eq!((of(1990..2010).below(2000), of(0..100).below(10)), (10, 10));
    }
}
