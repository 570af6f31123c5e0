//! What is wrong with an operator's files.

/// One thing that is wrong with one file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct FileFault {
    /// The file, by its name in the folder.
    pub file: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing reads a file of this name.
    #[error("is none of en.ftl (and the other languages), sms.txt, email.txt, email.html, en.sms.txt (and so on)")]
    UnknownFile,
    /// A line is neither a message nor a form nor a comment.
    #[error("line {0} is not `name = text`, on one line")]
    Line(usize),
    /// There is no such sentence.
    #[error("line {0}: there is no message of this name")]
    UnknownKey(usize),
    /// A sentence is there twice.
    #[error("line {0}: the message is there twice")]
    Twice(usize),
    /// Plural forms are for the minutes, and the minutes have nothing else.
    #[error("line {0}: plural forms belong to minutes, and to minutes alone")]
    Forms(usize),
    /// A form that the language needs is missing.
    #[error("minutes has no form [{0}]")]
    MissingForm(&'static str),
    /// There is no such placeholder in this place.
    #[error("{place} cannot have the placeholder {{ ${name} }}")]
    UnknownPlaceholder {
        /// The sentence, or the layout.
        place: &'static str,
        /// The placeholder.
        name: String,
    },
    /// The message would not have the code.
    #[error("has no {{ $code }}")]
    MissingCode,
    /// The message would not end as phones read it.
    #[error("does not end with the line @{{ $domain }} #{{ $code }}")]
    MissingOriginLine,
    /// The text could never be one SMS.
    #[error("{place} makes a text of {units} characters, and one SMS has {most}")]
    TooLong {
        /// The sentence, or the layout.
        place: &'static str,
        /// Its size at its longest.
        units: usize,
        /// What there is room for.
        most: usize,
    },
}

impl Fault {
    pub(super) fn of(self, file: &str) -> FileFault {
        FileFault { file: file.to_owned(), fault: self }
    }
}
