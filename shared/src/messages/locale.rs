//! Which language a person is spoken to in.

/// A language that messages exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// German.
    De,
    /// Portuguese.
    Pt,
    /// Italian.
    It,
    /// Hindi.
    Hi,
    /// Arabic.
    Ar,
    /// Chinese in simplified characters.
    ZhHans,
    /// Japanese.
    Ja,
}

/// Most ranges of an `Accept-Language` that are looked at.
const RANGES: usize = 32;

impl Locale {
    /// Every language there is.
    pub const ALL: [Self; 10] =
        [Self::En, Self::Es, Self::Fr, Self::De, Self::Pt, Self::It, Self::Hi, Self::Ar, Self::ZhHans, Self::Ja];

    /// Its BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::Fr => "fr",
            Self::De => "de",
            Self::Pt => "pt",
            Self::It => "it",
            Self::Hi => "hi",
            Self::Ar => "ar",
            Self::ZhHans => "zh-Hans",
            Self::Ja => "ja",
        }
    }

    /// Where its lines begin, as HTML's `dir` has it.
    #[must_use]
    pub const fn direction(self) -> &'static str {
        match self {
            Self::Ar => "rtl",
            _ => "ltr",
        }
    }

    /// The language of a BCP 47 tag, by its first subtag: `pt-BR` is served by `pt`, and every Chinese by `zh-Hans`, as on the
    /// sign-in page. `None` for one that messages do not exist in.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next().unwrap_or_default();
        let serves = |locale: &Self| locale.tag().split('-').next().is_some_and(|own| own.eq_ignore_ascii_case(language));
        Self::ALL.into_iter().find(serves)
    }

    /// The language wished for: the stated tag, else the best of an `Accept-Language` (RFC 9110, 12.5.4), else `default`.
    /// A wish that cannot be met falls back, and never fails.
    #[must_use]
    pub fn negotiate(stated: Option<&str>, accepted: Option<&str>, default: Self) -> Self {
        stated.and_then(Self::of_tag).or_else(|| accepted.and_then(Self::best_of)).unwrap_or(default)
    }

    fn best_of(accepted: &str) -> Option<Self> {
        let wish = |range: &str| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(1.0, |q| q.trim().parse::<f32>().unwrap_or(0.0));
            (quality > 0.0).then_some(())?;
            Self::of_tag(tag).map(|locale| (quality, locale))
        };
        let mut wishes: Vec<(f32, Self)> = accepted.split(',').take(RANGES).filter_map(wish).collect();
        wishes.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        wishes.first().map(|(_, locale)| *locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_header(accepted: &str) -> Option<Locale> {
        Locale::best_of(accepted)
    }

    #[test]
    fn every_language_is_found_by_its_own_tag() {
        for locale in Locale::ALL {
            assert_eq!(Locale::of_tag(locale.tag()), Some(locale));
        }
    }

    #[test]
    fn a_region_or_script_finds_its_language() {
        for (tag, locale) in [
            ("pt-BR", Locale::Pt),
            ("EN-us", Locale::En),
            ("es_MX", Locale::Es),
            ("zh", Locale::ZhHans),
            ("zh-CN", Locale::ZhHans),
            ("zh-Hans-SG", Locale::ZhHans),
            ("ar-EG", Locale::Ar),
        ] {
            assert_eq!(Locale::of_tag(tag), Some(locale), "{tag}");
        }
        assert_eq!(Locale::of_tag("tlh"), None);
        assert_eq!(Locale::of_tag("english"), None, "a tag is not a prefix");
    }

    #[test]
    fn the_best_known_wish_wins() {
        assert_eq!(of_header("xx, de;q=0.4, ja;q=0.9"), Some(Locale::Ja));
        assert_eq!(of_header("pt-BR, pt;q=0.9, en;q=0.8"), Some(Locale::Pt));
        assert_eq!(of_header("fr, it"), Some(Locale::Fr), "of equals, the first");
        assert_eq!(of_header("en;q=0, hi ; q=0.1"), Some(Locale::Hi), "0 is a refusal");
    }

    #[test]
    fn an_unknown_wish_falls_back() {
        assert_eq!(Locale::negotiate(Some("tlh"), Some("xx;q=1, en-GB;q=0.5"), Locale::De), Locale::En);
        assert_eq!(Locale::negotiate(Some("it"), Some("en"), Locale::De), Locale::It);
        assert_eq!(Locale::negotiate(None, Some("*"), Locale::De), Locale::De);
        assert_eq!(Locale::negotiate(None, None, Locale::De), Locale::De);
        for nothing in ["xx, yy", "en;q=0", ";;;,,q=,en;q=nonsense", "en;q=-1", "en;q=NaN", ""] {
            assert_eq!(of_header(nothing), None, "{nothing}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_is_too_strange(accepted in ".{0,200}") {
            let _read = Locale::negotiate(Some(&accepted), Some(&accepted), Locale::En);
        }
    }
}
