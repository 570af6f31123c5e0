//! Which language a message is in.

/// A language that messages exist in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
}

impl Locale {
    const ALL: [Self; 1] = [Self::En];

    /// The language's BCP 47 subtag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
        }
    }

    /// The language of a BCP 47 tag, by its first subtag; `None` for one that messages do not exist in.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let language = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(language))
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
        let mut wishes: Vec<(f32, Self)> = accepted.split(',').take(32).filter_map(wish).collect();
        wishes.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        wishes.first().map(|(_, locale)| *locale)
    }

    pub(super) const fn sms(self) -> &'static str {
        match self {
            Self::En => include_str!("en/sms.txt"),
        }
    }

    pub(super) const fn subject(self) -> &'static str {
        match self {
            Self::En => include_str!("en/subject.txt"),
        }
    }

    pub(super) const fn email_text(self) -> &'static str {
        match self {
            Self::En => include_str!("en/email.txt"),
        }
    }

    pub(super) const fn email_html(self) -> &'static str {
        match self {
            Self::En => include_str!("en/email.html"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_wish_falls_back() {
        assert_eq!(Locale::negotiate(Some("tlh"), Some("xx;q=1, en-GB;q=0.5"), Locale::En), Locale::En);
        assert_eq!(Locale::best_of("xx, yy"), None);
        assert_eq!(Locale::best_of("en;q=0"), None);
        assert_eq!(Locale::of_tag("EN-us"), Some(Locale::En));
        assert_eq!(Locale::best_of(";;;,,q=,en;q=nonsense"), None);
    }
}
