//! What happened over time: in steps of a minute, and in longer ones when the log is long.

use std::collections::BTreeMap;

/// Lengths of a step, in minutes: each is a multiple of the one before.
const STEPS: [u64; 8] = [1, 5, 15, 60, 360, 1440, 10_080, 302_400];
/// Steps that are kept apart.
const MOST: usize = 1500;

/// Counts of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Messages that left.
    pub messages: u64,
    /// Right codes.
    pub verified: u64,
    /// Sends that were refused.
    pub refused: u64,
    /// Requests that failed.
    pub faults: u64,
}

/// Steps by their number since 1970.
#[derive(Clone, Debug, Default)]
pub struct Series {
    steps: BTreeMap<u64, Step>,
    /// Which length they have.
    length: usize,
}

impl Series {
    /// The step that this moment is in.
    pub fn at(&mut self, millis: u64) -> &mut Step {
        if self.steps.len() >= MOST {
            self.lengthen();
        }
        let minutes = self.minutes();
        self.steps.entry(millis / 60_000 / minutes).or_default()
    }

    /// In steps as short as possible, of which there are no more than this from the first to the last: the length in minutes, and
    /// every step with its beginning in milliseconds, empty ones included.
    pub fn drawn(mut self, most: u64) -> (u64, Vec<(u64, Step)>) {
        while self.span() > most && self.length + 1 < STEPS.len() {
            self.lengthen();
        }
        let minutes = self.minutes();
        let (Some(first), Some(last)) = (self.first(), self.last()) else { return (minutes, Vec::new()) };
        let step = |number: u64| (number * minutes * 60_000, self.steps.get(&number).copied().unwrap_or_default());
        (minutes, (first..=last).take(usize::try_from(most).unwrap_or(MOST)).map(step).collect())
    }

    fn first(&self) -> Option<u64> {
        self.steps.first_key_value().map(|(number, _)| *number)
    }

    fn last(&self) -> Option<u64> {
        self.steps.last_key_value().map(|(number, _)| *number)
    }

    fn span(&self) -> u64 {
        self.first().zip(self.last()).map_or(0, |(first, last)| last - first + 1)
    }

    fn minutes(&self) -> u64 {
        STEPS.get(self.length).copied().unwrap_or(1)
    }

    fn lengthen(&mut self) {
        let shorter = self.minutes();
        self.length = (self.length + 1).min(STEPS.len() - 1);
        let by = self.minutes() / shorter;
        for (number, step) in std::mem::take(&mut self.steps) {
            let sum = self.steps.entry(number / by).or_default();
            sum.messages += step.messages;
            sum.verified += step.verified;
            sum.refused += step.refused;
            sum.faults += step.faults;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: u64 = 1_795_435_200_000;
    const MINUTE: u64 = 60_000;

    fn every(minutes: u64, times: u64) -> Series {
        let mut series = Series::default();
        (0..times).for_each(|n| series.at(NOON + n * minutes * MINUTE).messages += 1);
        series
    }

    #[test]
    fn an_hour_has_minutes_and_what_is_longer_has_longer_steps() {
        let (minutes, steps) = every(2, 30).drawn(60);
        assert_eq!((minutes, steps.len()), (1, 59));
        assert_eq!(steps.iter().map(|(_, step)| step.messages).take(3).collect::<Vec<_>>(), [1, 0, 1]);
        let (minutes, steps) = every(1, 1440).drawn(60);
        assert_eq!((minutes, steps.len()), (60, 24));
        assert!(steps.iter().all(|(_, step)| step.messages == 60));
    }

    #[test]
    fn years_do_not_fill_the_memory_and_nothing_is_lost() {
        let series = every(61, 200_000);
        assert!(series.steps.len() <= MOST);
        assert_eq!(series.steps.values().map(|step| step.messages).sum::<u64>(), 200_000);
        let mut strange = every(1, 10);
        strange.at(0).messages += 1;
        strange.at(u64::MAX).messages += 1;
        assert!(strange.drawn(60).1.len() <= 60, "one line with a wrong time does not either");
    }
}
