//! Sentences and layouts with placeholders: `{ $name }`, as Fluent writes them. Any other brace is a brace.

use zeroize::Zeroizing;

/// What stands between two placeholders, or a placeholder's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// How values are put into their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// As they are.
    Plain,
    /// Between U+2068 and U+2069, so that a name from the left disturbs no line from the right (Unicode annex 9).
    Isolated,
    /// All of it as HTML text, the values isolated in elements of their own.
    Html,
}

/// The pattern with these values. A placeholder without a value stays what it is.
pub(super) fn fill(pattern: &str, values: &[(&str, &str)], style: Style) -> Zeroizing<String> {
    // Never grown later: what it grew out of would not be wiped.
    let mut text = Zeroizing::new(String::with_capacity(room(pattern, values, style)));
    for piece in pieces(pattern) {
        match piece {
            Piece::Text(piece) => style.push_text(&mut text, piece),
            Piece::Placeholder(name) => match value_of(name, values) {
                Some(value) => style.push_value(&mut text, value),
                None => text.extend(["{ $", name, " }"]),
            },
        }
    }
    text
}

/// At least as many bytes as the filled pattern has.
fn room(pattern: &str, values: &[(&str, &str)], style: Style) -> usize {
    // The longest escape has six characters, the marks around a value have eleven.
    let growth = if style == Style::Html { 6 } else { 1 };
    let of_piece = |piece| match piece {
        Piece::Text(text) => text.len() * growth,
        Piece::Placeholder(name) => value_of(name, values).map_or(name.len() + 5, |value| value.len() * growth + 11),
    };
    pieces(pattern).map(of_piece).sum()
}

fn value_of<'a>(name: &str, values: &[(&str, &'a str)]) -> Option<&'a str> {
    values.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The names of the placeholders, in their order.
pub(super) fn placeholders(pattern: &str) -> impl Iterator<Item = &str> {
    pieces(pattern).filter_map(|piece| match piece {
        Piece::Placeholder(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// `text`, with nothing in it that HTML would read as markup.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    push_escaped(&mut html, text);
    html
}

impl Style {
    fn push_text(self, text: &mut String, piece: &str) {
        match self {
            Self::Html => push_escaped(text, piece),
            Self::Plain | Self::Isolated => text.push_str(piece),
        }
    }

    fn push_value(self, text: &mut String, value: &str) {
        match self {
            Self::Plain => text.push_str(value),
            Self::Isolated => text.extend(["\u{2068}", value, "\u{2069}"]),
            Self::Html => {
                text.push_str("<bdi>");
                push_escaped(text, value);
                text.push_str("</bdi>");
            }
        }
    }
}

fn push_escaped(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
}

fn pieces(pattern: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = pattern;
    std::iter::from_fn(move || {
        if let Some((name, after)) = placeholder(rest) {
            rest = after;
            return Some(Piece::Placeholder(name));
        }
        let end = next_placeholder(rest);
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;
        (!text.is_empty()).then_some(Piece::Text(text))
    })
}

/// Where the next placeholder begins; the end if there is none.
fn next_placeholder(text: &str) -> usize {
    let begins = |at: &usize| text.get(*at..).is_some_and(|rest| placeholder(rest).is_some());
    text.match_indices('{').map(|(at, _)| at).find(begins).unwrap_or(text.len())
}

/// The name of the placeholder that `text` begins with, and what comes after it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('{')?.trim_start_matches(' ').strip_prefix('$')?;
    let (name, after) = inside.split_once('}')?;
    let name = name.trim_end_matches(' ');
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    is_name.then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_get_their_values_and_other_braces_stay() {
        let filled = |pattern| fill(pattern, &[("app", "A<b>"), ("code", "12")], Style::Plain).to_string();
        assert_eq!(filled("{ $code } is {$app}."), "12 is A<b>.");
        assert_eq!(filled("p { margin: 0 } { $other } {$} {"), "p { margin: 0 } { $other } {$} {");
        assert_eq!(placeholders("{ $a }{$b} { c } { $d").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn markup_in_a_value_stays_text_in_html() {
        let html = fill("1 < 2: { $app }", &[("app", "<b>&\"'")], Style::Html);
        assert_eq!(*html, "1 &lt; 2: <bdi>&lt;b&gt;&amp;&quot;&#39;</bdi>");
    }

    #[test]
    fn a_value_is_no_pattern() {
        assert_eq!(*fill("{ $app }", &[("app", "{ $code }"), ("code", "12")], Style::Plain), "{ $code }");
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_lost_without_values(pattern in "[{}$ a-z]{0,40}") {
            let spaced = |text: &str| text.replace(' ', "");
            assert_eq!(spaced(&fill(&pattern, &[], Style::Plain)), spaced(&pattern));
        }

        #[test]
        fn no_room_is_made_after_the_start(value in "[<&\"'a]{0,40}", pattern in "[&' a]{0,40}") {
            let (pattern, values) = (format!("{pattern}{{$a}}{{$a}}{{$b}}"), [("a", value.as_str())]);
            for style in [Style::Plain, Style::Isolated, Style::Html] {
                assert!(fill(&pattern, &values, style).len() <= room(&pattern, &values, style));
            }
        }
    }
}
