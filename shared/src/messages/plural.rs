//! Plural forms: CLDR's rules for the languages there are, for whole numbers
//! (<https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html>).

use super::locale::Locale;

/// A category of CLDR's. Each language has some of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Zero,
    One,
    Two,
    Few,
    Many,
    Other,
}

impl Category {
    pub(super) const ALL: [Self; 6] = [Self::Zero, Self::One, Self::Two, Self::Few, Self::Many, Self::Other];

    /// The form that `count` takes.
    pub(super) const fn of(locale: Locale, count: u64) -> Self {
        match (locale, count) {
            (Locale::ZhHans | Locale::Ja, _) => Self::Other,
            (Locale::Ar, _) => Self::arabic(count),
            (Locale::Fr | Locale::Pt | Locale::Hi, 0) | (_, 1) => Self::One,
            _ => Self::Other,
        }
    }

    const fn arabic(count: u64) -> Self {
        match (count, count % 100) {
            (0, _) => Self::Zero,
            (1, _) => Self::One,
            (2, _) => Self::Two,
            (_, 3..=10) => Self::Few,
            (_, 11..=99) => Self::Many,
            _ => Self::Other,
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.name() == name)
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_take_the_forms_that_cldr_says() {
        let forms = |locale| [0, 1, 2, 3, 10, 11, 99, 100, 103].map(|count| Category::of(locale, count).name());
        let two = ["other", "one", "other", "other", "other", "other", "other", "other", "other"];
        for locale in [Locale::En, Locale::De, Locale::Es, Locale::It] {
            assert_eq!(forms(locale), two);
        }
        for locale in [Locale::Fr, Locale::Pt, Locale::Hi] {
            assert_eq!(forms(locale), ["one", "one", "other", "other", "other", "other", "other", "other", "other"]);
        }
        assert_eq!(forms(Locale::Ar), ["zero", "one", "two", "few", "few", "many", "many", "other", "few"]);
        assert_eq!(forms(Locale::Ja), ["other"; 9]);
    }
}
