//! What is wrong with a filter, shown under the word where it is.

use std::fmt;
use std::ops::Range;

/// Why a text is no filter. Displayed in several lines: a sentence, the filter, carets under the
/// word in question, and the word that may have been meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    message: String,
    text: String,
    span: Range<usize>,
    nearest: Option<&'static str>,
}

impl SyntaxError {
    pub(super) fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> SyntaxError {
        SyntaxError {
            message: message.into(),
            text: text.to_owned(),
            span,
            nearest: None,
        }
    }

    /// Something is missing at the end.
    pub(super) fn at_the_end(text: &str, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(text, text.len()..text.len(), message)
    }

    pub(super) fn or_rather(mut self, nearest: Option<&'static str>) -> SyntaxError {
        self.nearest = nearest;
        self
    }

    /// One sentence, which says what to do next.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The bytes of the text that are in question; empty, at its end, where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The word of the language that may have been meant.
    pub fn nearest(&self) -> Option<&'static str> {
        self.nearest
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = visible(&self.text[..self.span.start]);
        let word = visible(&self.text[self.span.clone()]);
        let behind = visible(&self.text[self.span.end..]);
        writeln!(f, "{}", self.message)?;
        writeln!(f, "  {before}{word}{behind}")?;
        let carets = "^".repeat(word.len().max(1));
        write!(f, "  {:1$}{carets}", "", before.len())?;
        match self.nearest {
            Some(nearest) => write!(f, "\ndid you mean \"{nearest}\"?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SyntaxError {}

/// A text in which every letter is one column wide: other letters than those of ASCII are escaped.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|letter| {
            let plain = letter == ' ' || letter.is_ascii_graphic();
            let escaped = (!plain).then(|| letter.escape_default());
            plain
                .then_some(letter)
                .into_iter()
                .chain(escaped.into_iter().flatten())
        })
        .collect()
}
