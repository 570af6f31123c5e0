//! The sentences of every language: compiled in, and an operator's own in their place.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::fault::{Fault, FileFault};
use super::ftl::{self, Value};
use super::key::Key;
use super::locale::Locale;
use super::pattern::{self, Style};
use super::plural::Category;

/// An operator's files, by name.
pub type Files = BTreeMap<String, String>;

/// Every sentence in every language.
#[derive(Clone, Debug)]
pub struct Catalogs {
    /// In the order of [`Locale::ALL`].
    catalogs: Vec<Catalog>,
}

#[derive(Clone, Debug)]
struct Catalog {
    /// In the order of [`Key::ALL`].
    sentences: Vec<Cow<'static, str>>,
    minutes: Vec<(Category, Cow<'static, str>)>,
    /// Those that an operator has written.
    replaced: Vec<Key>,
}

impl Catalogs {
    /// As they were compiled in.
    #[must_use]
    pub fn compiled() -> Self {
        Self { catalogs: Locale::ALL.into_iter().map(Catalog::compiled).collect() }
    }

    /// With the sentences of the files `en.ftl` and so on in place of the compiled ones.
    ///
    /// # Errors
    /// Every fault that these files have.
    pub fn with_files(files: &Files) -> Result<Self, Vec<FileFault>> {
        let mut catalogs = Self::compiled();
        let mut faults = Vec::new();
        for (locale, catalog) in Locale::ALL.into_iter().zip(&mut catalogs.catalogs) {
            let file = file_name(locale);
            if let Some(source) = files.get(&file) {
                faults.extend(catalog.replace(locale, source).into_iter().map(|fault| fault.of(&file)));
            }
        }
        if faults.is_empty() { Ok(catalogs) } else { Err(faults) }
    }

    /// A sentence as it stands, with its placeholders.
    #[must_use]
    pub fn pattern(&self, locale: Locale, key: Key) -> &str {
        self.catalog(locale).and_then(|catalog| catalog.sentences.get(key as usize)).map_or("", |pattern| pattern)
    }

    /// A sentence with these values, as plain text.
    #[must_use]
    pub fn sentence(&self, locale: Locale, key: Key, values: &[(&str, &str)]) -> String {
        pattern::fill(self.pattern(locale, key), values, Style::Plain).to_string()
    }

    /// So many minutes.
    #[must_use]
    pub fn minutes(&self, locale: Locale, count: u64) -> String {
        let forms = self.catalog(locale).map_or(&[][..], |catalog| &catalog.minutes);
        let (wanted, count) = (Category::of(locale, count), count.to_string());
        let form = |wanted| forms.iter().find(|(category, _)| *category == wanted).map(|(_, form)| form.as_ref());
        let form = form(wanted).or_else(|| form(Category::Other)).unwrap_or_default();
        pattern::fill(form, &[("count", &count)], Style::Plain).to_string()
    }

    /// Has an operator written it?
    pub(super) fn is_replaced(&self, locale: Locale, key: Key) -> bool {
        self.catalog(locale).is_some_and(|catalog| catalog.replaced.contains(&key))
    }

    fn catalog(&self, locale: Locale) -> Option<&Catalog> {
        self.catalogs.get(locale as usize)
    }
}

/// The file of a language.
pub(super) fn file_name(locale: Locale) -> String {
    format!("{}.ftl", locale.tag())
}

impl Catalog {
    fn compiled(locale: Locale) -> Self {
        let mut catalog = Self { sentences: vec![Cow::Borrowed(""); Key::ALL.len()], minutes: Vec::new(), replaced: Vec::new() };
        // The files have the order of the keys, so that each is found at once.
        let mut next = Key::ALL.iter().cycle();
        for entry in ftl::read(source(locale)).flatten() {
            let Some(key) = next.by_ref().take(Key::ALL.len()).find(|key| key.as_str() == entry.key) else { continue };
            match entry.value {
                Value::Text(text) => catalog.set(*key, Cow::Borrowed(text)),
                Value::Forms(forms) => catalog.minutes = forms.into_iter().map(|(c, form)| (c, Cow::Borrowed(form))).collect(),
            }
        }
        catalog
    }

    fn set(&mut self, key: Key, text: Cow<'static, str>) {
        if let Some(sentence) = self.sentences.get_mut(key as usize) {
            *sentence = text;
        }
    }

    fn replace(&mut self, locale: Locale, source: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for entry in ftl::read(source) {
            if let Err(fault) = entry.map_err(Fault::Line).and_then(|entry| self.replace_one(locale, &entry)) {
                faults.push(fault);
            }
        }
        faults
    }

    fn replace_one(&mut self, locale: Locale, entry: &ftl::Entry<'_>) -> Result<(), Fault> {
        let key = *Key::ALL.iter().find(|key| key.as_str() == entry.key).ok_or(Fault::UnknownKey(entry.line))?;
        if self.replaced.contains(&key) {
            return Err(Fault::Twice(entry.line));
        }
        match &entry.value {
            Value::Text(text) if key != Key::Minutes => {
                known_placeholders(key.as_str(), text, key.placeholders())?;
                self.set(key, Cow::Owned((*text).to_owned()));
            }
            Value::Forms(forms) if key == Key::Minutes => {
                self.minutes = checked_forms(locale, forms)?;
            }
            Value::Text(_) | Value::Forms(_) => return Err(Fault::Forms(entry.line)),
        }
        self.replaced.push(key);
        Ok(())
    }
}

fn checked_forms(locale: Locale, forms: &[(Category, &str)]) -> Result<Vec<(Category, Cow<'static, str>)>, Fault> {
    let needed = |category: &Category| *category == Category::Other || (0..=100).any(|n| Category::of(locale, n) == *category);
    for category in Category::ALL.into_iter().filter(needed) {
        let form = forms.iter().find(|(known, _)| *known == category).ok_or(Fault::MissingForm(category.name()))?;
        known_placeholders(Key::Minutes.as_str(), form.1, Key::Minutes.placeholders())?;
    }
    Ok(forms.iter().map(|(category, form)| (*category, Cow::Owned((*form).to_owned()))).collect())
}

/// A placeholder that has no value there would be sent as it stands.
pub(super) fn known_placeholders(place: &'static str, pattern: &str, known: &[&str]) -> Result<(), Fault> {
    match pattern::placeholders(pattern).find(|name| !known.contains(name)) {
        Some(name) => Err(Fault::UnknownPlaceholder { place, name: name.to_owned() }),
        None => Ok(()),
    }
}

const fn source(locale: Locale) -> &'static str {
    match locale {
        Locale::En => include_str!("languages/en.ftl"),
        Locale::Es => include_str!("languages/es.ftl"),
        Locale::Fr => include_str!("languages/fr.ftl"),
        Locale::De => include_str!("languages/de.ftl"),
        Locale::Pt => include_str!("languages/pt.ftl"),
        Locale::It => include_str!("languages/it.ftl"),
        Locale::Hi => include_str!("languages/hi.ftl"),
        Locale::Ar => include_str!("languages/ar.ftl"),
        Locale::ZhHans => include_str!("languages/zh-Hans.ftl"),
        Locale::Ja => include_str!("languages/ja.ftl"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fluent_syntax::{ast, parser};

    use super::*;

    #[test]
    fn every_file_is_fluent() {
        for locale in Locale::ALL {
            let resource: ast::Resource<&str> = parser::parse(source(locale)).map_err(|(_, errors)| errors).unwrap();
            let names: Vec<&str> = resource
                .body
                .iter()
                .filter_map(|entry| match entry {
                    ast::Entry::Message(message) => Some(message.id.name),
                    _ => None,
                })
                .collect();
            let keys: Vec<&str> = Key::ALL.iter().map(|key| key.as_str()).collect();
            assert_eq!(names, keys, "{}: every sentence, once, in the order of the others", locale.tag());
        }
    }

    #[test]
    fn every_sentence_is_read_as_fluent_reads_it() {
        for locale in Locale::ALL {
            assert!(ftl::read(source(locale)).all(|entry| entry.is_ok()), "{}", locale.tag());
            for (key, entry) in Key::ALL.iter().zip(ftl::read(source(locale)).flatten()) {
                assert_eq!(entry.key, key.as_str());
            }
        }
    }

    #[test]
    fn no_language_has_a_placeholder_that_others_lack() {
        let catalogs = Catalogs::compiled();
        let of = |locale, key: Key| -> BTreeSet<String> {
            pattern::placeholders(catalogs.pattern(locale, key)).map(str::to_owned).collect()
        };
        for locale in Locale::ALL {
            for key in Key::ALL.iter().filter(|key| **key != Key::Minutes) {
                assert!(!catalogs.pattern(locale, *key).is_empty(), "{} {}", locale.tag(), key.as_str());
                assert_eq!(of(locale, *key), of(Locale::En, *key), "{} {}", locale.tag(), key.as_str());
                assert!(known_placeholders(key.as_str(), catalogs.pattern(locale, *key), key.placeholders()).is_ok());
            }
        }
    }

    #[test]
    fn every_language_has_the_plural_forms_that_it_needs() {
        for locale in Locale::ALL {
            let minutes = ftl::read(source(locale)).flatten().find(|entry| entry.key == "minutes").unwrap();
            let Value::Forms(forms) = minutes.value else { panic!("{} has no forms", locale.tag()) };
            checked_forms(locale, &forms).unwrap();
        }
    }

    #[test]
    fn a_number_takes_its_form() {
        let catalogs = Catalogs::compiled();
        for (locale, count, words) in [
            (Locale::En, 1, "1 minute"),
            (Locale::En, 10, "10 minutes"),
            (Locale::De, 2, "2 Minuten"),
            (Locale::Ar, 1, "دقيقة واحدة"),
            (Locale::Ar, 2, "دقيقتين"),
            (Locale::Ar, 10, "10 دقائق"),
            (Locale::Ja, 5, "5分"),
        ] {
            assert_eq!(catalogs.minutes(locale, count), words);
        }
    }

    #[test]
    fn an_operator_s_sentence_takes_the_place_of_ours() {
        let files = |text: &str| Files::from([("es.ftl".to_owned(), text.to_owned())]);
        let catalogs = Catalogs::with_files(&files("intro = Hola, { $app }\n")).unwrap();
        assert_eq!(catalogs.sentence(Locale::Es, Key::Intro, &[("app", "Acme")]), "Hola, Acme");
        assert_eq!(catalogs.pattern(Locale::Es, Key::Ignore), Catalogs::compiled().pattern(Locale::Es, Key::Ignore));
        let faults = |text: &str| -> Vec<Fault> {
            Catalogs::with_files(&files(text)).unwrap_err().into_iter().map(|FileFault { fault, .. }| fault).collect()
        };
        let unknown = |place, name: &str| Fault::UnknownPlaceholder { place, name: name.to_owned() };
        assert_eq!(faults("intro = { $code }\nhello = x\n"), [unknown("intro", "code"), Fault::UnknownKey(2)]);
        assert_eq!(faults("intro = a\nintro = b\nwarning\n"), [Fault::Twice(2), Fault::Line(3)]);
        assert_eq!(faults("minutes = 5\n"), [Fault::Forms(1)]);
        assert_eq!(faults("minutes = { $count ->\n   *[other] x\n}\n"), [Fault::MissingForm("one")]);
    }
}
