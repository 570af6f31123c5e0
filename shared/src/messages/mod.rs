//! What people read: texts, mail, and what the API says of a problem. Nothing that a caller sent is ever placed in a message.
//!
//! `languages/` has one file a language in [Fluent](https://projectfluent.org)'s syntax, `layouts/` what stands around the
//! sentences. A text ends with the origin-bound line `@domain #code` and nothing after it, so that phones offer the code on
//! that domain only (<https://wicg.github.io/sms-one-time-codes/>). The domain comes from configuration, never from a request.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::domain::code::Code;
use crate::domain::recipient::Channel;
use crate::domain::segment::Size;
use crate::ports::sender::Content;

mod brand;
mod catalogs;
mod check;
mod fault;
mod ftl;
mod key;
mod layouts;
mod locale;
mod pattern;
mod plural;

pub use brand::{Brand, Color, Look, UnfitBrand};
pub use catalogs::{Catalogs, Files};
pub use fault::{Fault, FileFault};
pub use key::Key;
use layouts::{Layouts, Part};
pub use locale::Locale;
use pattern::Style;

/// The wordings of a text, the fullest first: the first that is one SMS is sent.
const WORDINGS: [Key; 4] = [Key::Sms, Key::SmsWithoutTime, Key::SmsWithoutWarning, Key::SmsWithoutName];

/// Everything that a message is made of.
#[derive(Clone, Debug)]
pub struct Messages {
    brand: Brand,
    catalogs: Arc<Catalogs>,
    layouts: Layouts,
}

/// Why there are no messages.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnfitMessages {
    /// The brand's names are too long for a text.
    #[error(transparent)]
    Brand(UnfitBrand),
    /// Files of the operator's have faults.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Files(Vec<FileFault>),
}

/// What one message says.
struct Facts<'a> {
    locale: Locale,
    code: &'a str,
    minutes: u64,
}

impl Messages {
    /// Of this brand in these sentences, with the layouts among `files`. Checked by making every message at its longest.
    ///
    /// # Errors
    /// [`UnfitMessages`], with every fault of the files.
    pub fn new(brand: Brand, catalogs: Arc<Catalogs>, files: &Files) -> Result<Self, UnfitMessages> {
        let layouts = Layouts::with_files(files).map_err(UnfitMessages::Files)?;
        let messages = Self { brand, catalogs, layouts };
        check::all(&messages)?;
        Ok(messages)
    }

    /// What every message names.
    #[must_use]
    pub const fn brand(&self) -> &Brand {
        &self.brand
    }

    /// Names another domain, whatever it is: for the controls of tests.
    #[cfg(feature = "doubles")]
    pub fn name_unchecked(&mut self, domain: &str) {
        self.brand.domain = domain.to_owned();
    }

    /// The sentences.
    #[must_use]
    pub fn catalogs(&self) -> Arc<Catalogs> {
        Arc::clone(&self.catalogs)
    }

    /// The message that carries `code` over `channel`. It says how many whole minutes the code is still good for.
    #[must_use]
    pub fn render(&self, channel: Channel, locale: Locale, code: &Code, remaining: Duration) -> Content {
        self.sample(channel, locale, code.expose(), (remaining.as_secs() / 60).max(1))
    }

    /// The message that would carry `code`.
    #[must_use]
    pub fn sample(&self, channel: Channel, locale: Locale, code: &str, minutes: u64) -> Content {
        let facts = Facts { locale, code, minutes };
        match channel {
            Channel::Sms => Content::Sms(self.text(&facts)),
            Channel::Email => Content::Email {
                subject: self.plain(Key::Subject, &facts, mail_style(locale)),
                text: self.mail_text(&facts),
                html: self.mail_html(&facts),
            },
        }
    }

    fn text(&self, facts: &Facts<'_>) -> Zeroizing<String> {
        let fits = |text: &Zeroizing<String>| Size::of(text).segments == 1;
        let mut wordings = WORDINGS.into_iter().map(|wording| self.text_in(wording, facts));
        let last = Key::SmsWithoutName;
        wordings.find(fits).unwrap_or_else(|| self.text_in(last, facts))
    }

    fn text_in(&self, wording: Key, facts: &Facts<'_>) -> Zeroizing<String> {
        let text = self.plain(wording, facts, Style::Plain);
        let minutes = self.catalogs.minutes(facts.locale, facts.minutes);
        let Brand { app, domain, .. } = &self.brand;
        let values = [("text", text.as_str()), ("app", app), ("code", facts.code), ("domain", domain), ("minutes", &minutes)];
        pattern::fill(self.layouts.get(facts.locale, Part::Sms), &values, Style::Plain)
    }

    fn mail_text(&self, facts: &Facts<'_>) -> Zeroizing<String> {
        let say = |key| self.plain(key, facts, mail_style(facts.locale));
        let [intro, validity, warning, ignore] = [Key::Intro, Key::Validity, Key::Warning, Key::Ignore].map(say);
        let minutes = self.catalogs.minutes(facts.locale, facts.minutes);
        let values = [
            ("intro", intro.as_str()),
            ("validity", &validity),
            ("warning", &warning),
            ("ignore", &ignore),
            ("app", &self.brand.app),
            ("code", facts.code),
            ("domain", &self.brand.domain),
            ("minutes", &minutes),
        ];
        pattern::fill(self.layouts.get(facts.locale, Part::Text), &values, Style::Plain)
    }

    fn mail_html(&self, facts: &Facts<'_>) -> Zeroizing<String> {
        let Brand { app, domain, look } = &self.brand;
        let say = |key| self.plain(key, facts, Style::Html);
        let [intro, validity, warning, ignore] = [Key::Intro, Key::Validity, Key::Warning, Key::Ignore].map(say);
        let isolated = |value: &str| format!("<bdi>{}</bdi>", pattern::escaped(value));
        let values = [
            ("intro", intro.as_str()),
            ("validity", &validity),
            ("warning", &warning),
            ("ignore", &ignore),
            ("app", &isolated(app)),
            ("code", facts.code),
            ("domain", &isolated(domain)),
            ("minutes", &self.catalogs.minutes(facts.locale, facts.minutes)),
            ("title", &pattern::escaped(&self.plain(Key::Intro, facts, Style::Plain))),
            ("lang", facts.locale.tag()),
            ("dir", facts.locale.direction()),
            ("logo", &pattern::escaped(look.logo.as_ref().unwrap_or(app))),
            ("color", &look.color.unwrap_or(brand::INK).to_string()),
            ("dark-color", &look.dark_color.unwrap_or(brand::DARK_INK).to_string()),
        ];
        pattern::fill(self.layouts.get(facts.locale, Part::Html), &values, Style::Plain)
    }

    fn plain(&self, key: Key, facts: &Facts<'_>, style: Style) -> Zeroizing<String> {
        let minutes = self.catalogs.minutes(facts.locale, facts.minutes);
        let Brand { app, domain, .. } = &self.brand;
        let values = [("app", app.as_str()), ("code", facts.code), ("domain", domain), ("minutes", &minutes)];
        pattern::fill(self.catalogs.pattern(facts.locale, key), &values, style)
    }
}

/// Names from the left are isolated among lines from the right. Not in texts: old phones show the marks, and each is a character.
const fn mail_style(locale: Locale) -> Style {
    match locale {
        Locale::Ar => Style::Isolated,
        _ => Style::Plain,
    }
}
