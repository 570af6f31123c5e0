//! Looks at every message at its longest before the first is sent.

use super::brand::UnfitBrand;
use super::catalogs;
use super::fault::{Fault, FileFault};
use super::key::Key;
use super::layouts::Part;
use super::locale::Locale;
use super::pattern::placeholders;
use super::{Facts, Messages, UnfitMessages, WORDINGS};
use crate::domain::segment::Size;

/// The longest code that failures lead to, and the shortest that settings allow.
const LONGEST_CODE: &str = "0123456789ABCDEF";
const SHORTEST_CODE: &str = "012345";

/// Most minutes that a code lives. Some forms of fewer have more letters.
const MOST_MINUTES: u64 = 10;

pub(super) fn all(messages: &Messages) -> Result<(), UnfitMessages> {
    let mut faults: Vec<FileFault> = Vec::new();
    for locale in Locale::ALL {
        let shortest = shortest_text(messages, locale)?;
        for fault in shortest.into_iter().chain(own_wordings(messages, locale)).chain(endings(messages, locale)) {
            // A layout of all languages has its fault in each.
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(UnfitMessages::Files(faults)) }
}

/// The wording that is left when all others are too long must fit with any code: else it is its file's fault, or the brand's.
fn shortest_text(messages: &Messages, locale: Locale) -> Result<Option<FileFault>, UnfitMessages> {
    let key = Key::SmsWithoutName;
    let Some(size) = too_long(messages, locale, key, LONGEST_CODE) else { return Ok(None) };
    let (units, most) = (size.units, size.alphabet.one());
    if messages.catalogs.is_replaced(locale, key) {
        return Ok(Some(Fault::TooLong { place: key.as_str(), units, most }.of(&catalogs::file_name(locale))));
    }
    match messages.layouts.file(locale, Part::Sms) {
        Some(file) => Ok(Some(Fault::TooLong { place: "it", units, most }.of(&file))),
        None => Err(UnfitMessages::Brand(UnfitBrand::TooLong { language: locale.tag(), units, most })),
    }
}

/// A wording that the operator wrote and that would never be sent is a mistake.
fn own_wordings(messages: &Messages, locale: Locale) -> Vec<FileFault> {
    let own = WORDINGS.into_iter().filter(|wording| messages.catalogs.is_replaced(locale, *wording));
    let never = own.filter(|wording| *wording != Key::SmsWithoutName);
    let fault = |wording: Key| {
        let size = too_long(messages, locale, wording, SHORTEST_CODE)?;
        let fault = Fault::TooLong { place: wording.as_str(), units: size.units, most: size.alphabet.one() };
        Some(fault.of(&catalogs::file_name(locale)))
    };
    never.filter_map(fault).collect()
}

/// The size of the text, if it is more than one SMS with some number of minutes.
fn too_long(messages: &Messages, locale: Locale, wording: Key, code: &str) -> Option<Size> {
    let says_minutes = [messages.catalogs.pattern(locale, wording), messages.layouts.get(locale, Part::Sms)]
        .into_iter()
        .any(|pattern| placeholders(pattern).any(|name| name == "minutes"));
    let least = if says_minutes { 1 } else { MOST_MINUTES };
    let sizes = (least..=MOST_MINUTES).map(|minutes| Size::of(&messages.text_in(wording, &Facts { locale, code, minutes })));
    sizes.max_by_key(|size| size.units).filter(|size| size.segments > 1)
}

/// Every layout of the operator's brings the code, and both texts end with the line that phones read.
fn endings(messages: &Messages, locale: Locale) -> Vec<FileFault> {
    let facts = Facts { locale, code: LONGEST_CODE, minutes: MOST_MINUTES };
    let line = format!("@{} #{LONGEST_CODE}", messages.brand.domain);
    let fault = |part| {
        let file = messages.layouts.file(locale, part)?;
        let message = match part {
            Part::Sms => messages.text_in(Key::SmsWithoutName, &facts),
            Part::Text => messages.mail_text(&facts),
            Part::Html => messages.mail_html(&facts),
        };
        let ends = part == Part::Html || message.lines().last() == Some(&line);
        match (message.contains(LONGEST_CODE), ends) {
            (false, _) => Some(Fault::MissingCode.of(&file)),
            (true, false) => Some(Fault::MissingOriginLine.of(&file)),
            (true, true) => None,
        }
    };
    Part::ALL.into_iter().filter_map(fault).collect()
}
