//! Logs as JSON documents: what `aws logs filter-log-events`, `get-log-events` and `get-query-results` print, what Logs Insights
//! exports, and what a subscription delivers. However large, one event is held at a time.

use std::fmt;
use std::io::{self, Read};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{Found, Take};

/// Where documents keep their events.
const LISTS: [&str; 3] = ["events", "logEvents", "results"];
/// What documents begin with.
const FIRST: [&str; 9] = [
    "events",
    "logEvents",
    "results",
    "messageType",
    "owner",
    "searchedLogStreams",
    "nextForwardToken",
    "nextBackwardToken",
    "queryLanguage",
];

/// Does an input that begins like this hold such a document?
pub fn is_one(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    match text.split_at_checked(1) {
        Some(("[", rest)) => rest.trim_start().starts_with(['{', '[']),
        Some(("{", rest)) => rest.trim_start().strip_prefix('"').is_some_and(begins_with_a_list),
        _ => false,
    }
}

fn begins_with_a_list(text: &str) -> bool {
    FIRST.iter().any(|name| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('"')))
}

/// Every event of every document, one after another.
pub fn each(input: impl Read, take: &mut Take<'_>) -> io::Result<()> {
    let mut documents = serde_json::Deserializer::from_reader(input);
    while documents.end().is_err() {
        if let Err(error) = Document(take).deserialize(&mut documents) {
            take(Found::Broken);
            return if error.is_io() { Err(error.into()) } else { Ok(()) };
        }
    }
    Ok(())
}

/// An object with a list of events in it, or the list itself.
struct Document<'a, 'b>(&'a mut Take<'b>);

impl<'de> DeserializeSeed<'de> for Document<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export of log events")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if LISTS.contains(&key.as_str()) {
                map.next_value_seed(Document(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some(event) = events.next_element::<Box<RawValue>>()? {
            match cells(event.get()) {
                Some(message) => (self.0)(Found::Event(&message)),
                None => (self.0)(Found::Event(event.get())),
            }
        }
        Ok(())
    }
}

/// `get-query-results` names each field of a row.
#[derive(Deserialize)]
struct Cell {
    field: String,
    value: String,
}

/// The message of a row of `get-query-results`.
fn cells(row: &str) -> Option<String> {
    let cells: Vec<Cell> = row.starts_with('[').then(|| serde_json::from_str(row).ok())??;
    cells.into_iter().find(|cell| cell.field == "@message").map(|cell| cell.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut take = |one: Found<'_>| {
            found.push(match one {
                Found::Event(text) => text.to_owned(),
                Found::Broken => "broken".to_owned(),
            });
        };
        each(text.as_bytes(), &mut take).unwrap();
        found
    }

    #[test]
    fn documents_are_known_by_their_first_name() {
        for document in
            ["{\"events\": []}", "\n{\n    \"searchedLogStreams\": []", "[\n {", "[[", "{\"messageType\":\"DATA_MESSAGE\""]
        {
            assert!(is_one(document.as_bytes()), "{document}");
        }
        for lines in ["", "{", "{\"timestamp\":\"2026\"}", "{\"eventsource\":1}", "[INFO] started", "START RequestId: 1"] {
            assert!(!is_one(lines.as_bytes()), "{lines}");
        }
    }

    #[test]
    fn events_are_found_in_every_form_of_export() {
        assert_eq!(
            found(r#"{"searchedLogStreams":[1],"events":[{"message":"a"},{"message":"b"}]}"#),
            [r#"{"message":"a"}"#, r#"{"message":"b"}"#]
        );
        assert_eq!(found(r#"{"logEvents":[{"message":"a"}]}{"logEvents":[{"message":"b"}]}"#).len(), 2, "one after another");
        assert_eq!(
            found(r#"{"results":[[{"field":"@ptr","value":"x"},{"field":"@message","value":"a"}]],"status":"Complete"}"#),
            ["a"]
        );
        assert_eq!(found(r#"[{"@message":"a"}]"#), [r#"{"@message":"a"}"#]);
    }

    #[test]
    fn what_comes_before_a_break_counts() {
        assert_eq!(found(r#"{"events":[{"message":"a"},{"mess"#), [r#"{"message":"a"}"#, "broken"]);
        assert_eq!(found(r#"{"events":7}"#), ["broken"]);
    }
}
