//! What stands around the sentences: one layout for texts, two for mail; an operator's own in their place.

use super::catalogs::{self, Files};
use super::fault::{Fault, FileFault};
use super::locale::Locale;

/// A part of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Sms,
    Text,
    Html,
}

impl Part {
    pub(super) const ALL: [Self; 3] = [Self::Sms, Self::Text, Self::Html];

    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::Sms => "sms.txt",
            Self::Text => "email.txt",
            Self::Html => "email.html",
        }
    }

    const fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::Sms => &["text", "app", "code", "domain", "minutes"],
            Self::Text => &["intro", "validity", "warning", "ignore", "app", "code", "domain", "minutes"],
            Self::Html => &[
                "intro",
                "validity",
                "warning",
                "ignore",
                "app",
                "code",
                "domain",
                "minutes",
                "title",
                "lang",
                "dir",
                "logo",
                "color",
                "dark-color",
            ],
        }
    }

    const fn compiled(self) -> &'static str {
        match self {
            Self::Sms => include_str!("layouts/sms.txt"),
            Self::Text => include_str!("layouts/email.txt"),
            Self::Html => include_str!("layouts/email.html"),
        }
    }
}

/// The layouts in use.
#[derive(Clone, Debug, Default)]
pub(super) struct Layouts {
    replaced: Files,
}

impl Layouts {
    /// With the files `sms.txt`, `es.email.html` and so on in place of the compiled ones.
    pub(super) fn with_files(files: &Files) -> Result<Self, Vec<FileFault>> {
        let mut layouts = Self::default();
        let mut faults = Vec::new();
        for (name, text) in files {
            let Some(part) = Part::ALL.into_iter().find(|part| is_layout(name, *part)) else {
                let known = Locale::ALL.into_iter().any(|locale| catalogs::file_name(locale) == *name);
                faults.extend((!known).then(|| Fault::UnknownFile.of(name)));
                continue;
            };
            if let Err(fault) = catalogs::known_placeholders("it", text, part.placeholders()) {
                faults.push(fault.of(name));
            }
            layouts.replaced.insert(name.clone(), text.replace("\r\n", "\n"));
        }
        if faults.is_empty() { Ok(layouts) } else { Err(faults) }
    }

    /// The layout of a part: the language's own, else that of all, else ours. An editor's last line break is no part of it.
    pub(super) fn get(&self, locale: Locale, part: Part) -> &str {
        let file = self.file(locale, part);
        file.and_then(|file| self.replaced.get(&file)).map_or(part.compiled(), String::as_str).trim_end()
    }

    /// The operator's file that the layout comes from.
    pub(super) fn file(&self, locale: Locale, part: Part) -> Option<String> {
        let names = [format!("{}.{}", locale.tag(), part.file_name()), part.file_name().to_owned()];
        names.into_iter().find(|name| self.replaced.contains_key(name))
    }
}

fn is_layout(name: &str, part: Part) -> bool {
    let of = |locale: Locale| name.strip_prefix(locale.tag()).and_then(|rest| rest.strip_prefix('.')) == Some(part.file_name());
    name == part.file_name() || Locale::ALL.into_iter().any(of)
}
