//! Logs as lines: those of the functions, with or without what `aws logs tail` or a container puts before them, and the indented
//! objects of `aws logs tail --format json`.

use std::io::{self, BufRead};

use super::{Found, LONGEST, Take};

/// Every event, one after another.
pub fn each(mut input: impl BufRead, take: &mut Take<'_>) -> io::Result<()> {
    let (mut line, mut block) = (Vec::new(), Block::default());
    loop {
        match next(&mut input, &mut line)? {
            Next::Line => block.line(&String::from_utf8_lossy(&line), take),
            Next::TooLong => take(Found::Broken),
            Next::End => break,
        }
    }
    block.end(take);
    Ok(())
}

enum Next {
    Line,
    TooLong,
    End,
}

/// The next line, without its end; what is too long is passed over.
fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Next> {
    line.clear();
    let (mut read, mut too_long) = (false, false);
    loop {
        let chunk = input.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        read = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
        too_long = too_long || line.len() + part.len() > LONGEST;
        if !too_long {
            line.extend_from_slice(part);
        }
        let used = end.map_or(chunk.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            break;
        }
    }
    Ok(match (read, too_long) {
        (false, _) => Next::End,
        (true, true) => Next::TooLong,
        (true, false) => Next::Line,
    })
}

/// An object over several lines, from a `{` alone to a `}` alone; everything between is indented.
#[derive(Default)]
struct Block(Option<String>);

impl Block {
    fn line(&mut self, line: &str, take: &mut Take<'_>) {
        let line = line.trim_end();
        let Some(mut text) = self.0.take() else { return self.outside(line, take) };
        let inside = line.starts_with(' ') && text.len() + line.len() <= LONGEST;
        if inside || line == "}" {
            text.push_str(line);
        }
        match (inside, line) {
            (true, _) => self.0 = Some(text),
            (false, "}") => take(Found::Event(&text)),
            (false, _) => {
                take(Found::Broken);
                self.outside(line, take);
            }
        }
    }

    fn outside(&mut self, line: &str, take: &mut Take<'_>) {
        match line {
            "" => {}
            "{" => self.0 = Some(line.to_owned()),
            _ => take(Found::Event(line)),
        }
    }

    fn end(self, take: &mut Take<'_>) {
        if self.0.is_some() {
            take(Found::Broken);
        }
    }
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
    fn lines_and_indented_objects_are_told_apart() {
        assert_eq!(found("{\"a\":1}\r\n\nplain\n{\"b\":2}"), ["{\"a\":1}", "plain", "{\"b\":2}"]);
        let tail = "2026-11-23T12:00:00+00:00 stream \n{\n    \"a\": {\n        \"b\": 1\n    }\n}\nplain\n";
        let joined = "{    \"a\": {        \"b\": 1    }}";
        assert_eq!(found(tail), ["2026-11-23T12:00:00+00:00 stream", joined, "plain"]);
    }

    #[test]
    fn an_object_that_breaks_off_does_not_swallow_what_follows() {
        assert_eq!(found("{\n    \"a\": 1,\nplain\n"), ["broken", "plain"]);
        assert_eq!(found("{\n    \"a\": 1,\n"), ["broken"]);
    }

    #[test]
    fn a_line_that_no_log_has_is_passed_over() {
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(found(&format!("{long}\nplain\n{long}")), ["broken", "plain", "broken"]);
        let lines = "    y\n".repeat(LONGEST / 5);
        assert_eq!(found(&format!("{{\n{lines}")).first().map(String::as_str), Some("broken"), "nor an object");
    }
}
