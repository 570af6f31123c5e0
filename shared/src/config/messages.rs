//! The settings of what people read: names, colours, languages, and an operator's own files.

use std::sync::Arc;

use super::{Reader, fields};
use crate::messages::{Brand, Catalogs, Color, FileFault, Files, Locale, Look, Messages, UnfitBrand, UnfitMessages};

const FOLDER: &str = "MESSAGES_DIR";

/// The operator's files, by name; none without a folder.
pub(super) fn read_files(reader: &mut Reader<'_>) -> Files {
    let mut files = Files::new();
    let Some(folder) = reader.get(FOLDER) else { return files };
    let Ok(entries) = std::fs::read_dir(folder) else {
        reader.fault(FOLDER, "must be a folder that can be read");
        return files;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // What editors and file managers leave behind.
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        match std::fs::read_to_string(entry.path()) {
            Ok(text) => {
                files.insert(name, text);
            }
            Err(_) => reader.fault(FOLDER, &format!("{name}: must be a file of text in UTF-8")),
        }
    }
    files
}

/// The language when none is wished for.
pub(super) fn read_locale(reader: &mut Reader<'_>) -> Option<Locale> {
    let locale = |tag: &str| Locale::of_tag(tag).ok_or("must be a language that messages exist in");
    reader.parsed("DEFAULT_LOCALE", "en", locale)
}

/// Every sentence.
pub(super) fn read_catalogs(reader: &mut Reader<'_>, files: &Files) -> Option<Arc<Catalogs>> {
    Catalogs::with_files(files).map(Arc::new).map_err(|faults| name_faults(reader, &faults)).ok()
}

/// Everything that messages are made of.
pub(super) fn read_messages(reader: &mut Reader<'_>, catalogs: Option<Arc<Catalogs>>, files: &Files) -> Option<Messages> {
    let brand = read_brand(reader);
    // Where the sentences have faults, the layouts are checked with ours, so that all faults are named at once.
    let catalogs = catalogs.unwrap_or_else(|| Arc::new(Catalogs::compiled()));
    match Messages::new(brand?, catalogs, files) {
        Ok(messages) => return Some(messages),
        Err(UnfitMessages::Brand(error)) => name_fault(reader, error),
        Err(UnfitMessages::Files(faults)) => name_faults(reader, &faults),
    }
    None
}

fn read_brand(reader: &mut Reader<'_>) -> Option<Brand> {
    let (app, domain) = (reader.required("APP_NAME"), reader.required("APP_DOMAIN"));
    let look = read_look(reader);
    match Brand::new(app?, domain?) {
        Ok(brand) => return Some(Brand { look, ..brand }),
        Err(error) => name_fault(reader, error),
    }
    None
}

fn read_look(reader: &mut Reader<'_>) -> Look {
    let color = |text: &str| Color::parse(text).ok_or("must be a colour such as #0b5fff");
    Look {
        logo: reader.optional("BRAND_LOGO_TEXT", fields::logo),
        color: reader.optional("BRAND_COLOR", |text| {
            color(text)?.is_readable().then_some(color(text)?).ok_or("must have a contrast of at least 4.5 with white")
        }),
        dark_color: reader.optional("BRAND_COLOR_DARK", |text| {
            let readable = color(text)?.is_readable_in_the_dark();
            readable.then_some(color(text)?).ok_or("must have a contrast of at least 4.5 with #1a1d23")
        }),
    }
}

fn name_fault(reader: &mut Reader<'_>, error: UnfitBrand) {
    let variable = if error == UnfitBrand::App { "APP_NAME" } else { "APP_DOMAIN" };
    reader.fault(variable, &error.to_string());
}

fn name_faults(reader: &mut Reader<'_>, faults: &[FileFault]) {
    for fault in faults {
        reader.fault(FOLDER, &fault.to_string());
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::read_messages;

    fn faults(settings: &[(&str, &str)]) -> String {
        let lookup = |name: &str| {
            let named = [("APP_NAME", "Acme"), ("APP_DOMAIN", "example.com")];
            let found = settings.iter().chain(&named).find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        read_messages(&lookup).map_or_else(|faults| faults.to_string(), |_| String::new())
    }

    fn folder(name: &str, files: &[(&str, &[u8])]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("otp-auth-messages-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        folder
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_a_fault() {
        assert_eq!(faults(&[("BRAND_COLOR", "#0b5fff"), ("BRAND_COLOR_DARK", "#93b7ff"), ("BRAND_LOGO_TEXT", "ACME ®")]), "");
        assert_eq!(faults(&[("BRAND_COLOR", "blue")]), "BRAND_COLOR must be a colour such as #0b5fff");
        assert_eq!(faults(&[("BRAND_COLOR", "#93b7ff")]), "BRAND_COLOR must have a contrast of at least 4.5 with white");
        assert_eq!(
            faults(&[("BRAND_COLOR_DARK", "#0b5fff")]),
            "BRAND_COLOR_DARK must have a contrast of at least 4.5 with #1a1d23"
        );
        let long = "x".repeat(41);
        assert_eq!(faults(&[("BRAND_LOGO_TEXT", &long)]), "BRAND_LOGO_TEXT must be 1 to 40 characters, without line breaks");
    }

    #[test]
    fn a_folder_s_faults_are_listed_at_once_by_file() {
        let bad: [(&str, &[u8]); 5] = [
            (".DS_Store", b"\xff"),
            ("de.ftl", b"intro = { $cod }\n"),
            ("email.txt", b"{ $intro }"),
            ("es.ftl", b"\xff"),
            ("logo.png", b""),
        ];
        let folder = folder("bad", &bad);
        let said = faults(&[("MESSAGES_DIR", folder.to_str().unwrap())]);
        std::fs::remove_dir_all(&folder).unwrap();
        for fault in [
            "MESSAGES_DIR es.ftl: must be a file of text in UTF-8",
            "MESSAGES_DIR de.ftl: intro cannot have the placeholder { $cod }",
            "MESSAGES_DIR logo.png: is none of en.ftl",
        ] {
            assert!(said.contains(fault), "{said}");
        }
        assert_eq!(faults(&[("MESSAGES_DIR", "/nowhere")]), "MESSAGES_DIR must be a folder that can be read");
    }

    #[test]
    fn a_folder_may_have_a_file_of_each_kind() {
        let good: [(&str, &[u8]); 3] = [
            ("de.ftl", b"intro = Hallo von { $app }\n"),
            ("es.sms.txt", b"{ $text }\n@{ $domain } #{ $code }\n"),
            ("a.txt~", b""),
        ];
        let folder = folder("good", &good);
        let said = faults(&[("MESSAGES_DIR", folder.to_str().unwrap())]);
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(said, "");
    }
}
