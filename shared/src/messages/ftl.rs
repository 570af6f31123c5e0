//! Reads a file of a language: the part of Project Fluent's syntax that is a message a line, comments, and one choice of a
//! plural form. A test holds the files to the whole syntax, by Fluent's own parser.

use super::plural::Category;

/// A message of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// Its line, from 1.
    pub(super) line: usize,
    pub(super) key: &'a str,
    pub(super) value: Value<'a>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    /// A text for each plural form.
    Forms(Vec<(Category, &'a str)>),
}

/// The messages of a file, in their order; `Err` has the line that cannot be read.
pub(super) fn read(source: &str) -> impl Iterator<Item = Result<Entry<'_>, usize>> {
    let mut lines = source.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end()));
    std::iter::from_fn(move || {
        let (number, line) = lines.by_ref().find(|(_, line)| !line.is_empty() && !line.starts_with('#'))?;
        let Some((key, value)) = message(line) else { return Some(Err(number)) };
        if !value.ends_with("->") {
            return Some(Ok(Entry { line: number, key, value: Value::Text(value) }));
        }
        let mut forms = Vec::new();
        for (number, line) in lines.by_ref() {
            if line == "}" {
                return Some(Ok(Entry { line: number, key, value: Value::Forms(forms) }));
            }
            let Some(form) = form(line) else { return Some(Err(number)) };
            forms.push(form);
        }
        Some(Err(number))
    })
}

/// `key = value`
fn message(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim_end(), value.trim());
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    (is_key && !value.is_empty()).then_some((key, value))
}

/// `    [one] text`, or `   *[other] text`
fn form(line: &str) -> Option<(Category, &str)> {
    let line = line.trim_start();
    let (name, text) = line.strip_prefix('*').unwrap_or(line).strip_prefix('[')?.split_once(']')?;
    Some((Category::of_name(name)?, text.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(source: &str) -> Vec<Result<Entry<'_>, usize>> {
        read(source).collect()
    }

    #[test]
    fn a_message_is_a_line_or_a_choice() {
        let source = "# comment\n\nintro = Your { $app } code = this\nminutes = { $count ->\n    [one] 1 min\n   *[other] n\n}\n";
        let forms = vec![(Category::One, "1 min"), (Category::Other, "n")];
        assert_eq!(
            all(source),
            [
                Ok(Entry { line: 3, key: "intro", value: Value::Text("Your { $app } code = this") }),
                Ok(Entry { line: 7, key: "minutes", value: Value::Forms(forms) }),
            ]
        );
    }

    #[test]
    fn other_lines_are_named() {
        assert_eq!(all("intro\n"), [Err(1)]);
        assert_eq!(all("intro =\n"), [Err(1)]);
        assert_eq!(all("  = x"), [Err(1)]);
        assert_eq!(all("minutes = { $count ->\n   *[other] x\n"), [Err(1)], "it never ends");
        assert_eq!(all("minutes = { $count ->\n   *[several] x\n}\n").first(), Some(&Err(2)));
    }
}
