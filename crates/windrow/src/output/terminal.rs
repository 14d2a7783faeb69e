//! What output to a terminal may do: how wide, painted, drawn over what stands there.

use std::io::IsTerminal;

use terminal_size::{Height, Width, terminal_size};

/// What the place that windows are shown at can do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// It is one: fit its width.
    pub fitted: bool,
    /// Draw a window over the one before it.
    pub in_place: bool,
    /// Bold and red may be used.
    pub color: bool,
}

impl Terminal {
    /// What that output and the environment ask for.
    pub fn of(out: &impl IsTerminal) -> Terminal {
        let terminal = out.is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Terminal {
            fitted: terminal,
            in_place: terminal,
            color: terminal && !plain,
        }
    }

    /// Columns and lines, of a terminal.
    pub fn size(&self) -> Option<(usize, usize)> {
        let size = if self.fitted { terminal_size() } else { None };
        size.map(|(Width(columns), Height(lines))| (usize::from(columns), usize::from(lines)))
    }

    /// A text in a colour, where there are any.
    pub fn paint(&self, code: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Lines that a text takes, wrapped at the width.
    pub fn height(&self, text: &str) -> usize {
        let Some((columns, _)) = self.size() else {
            return 1;
        };
        visible(text).div_ceil(columns.max(1)).max(1)
    }

    /// A title and what belongs to it, in as many lines as the width takes.
    pub fn header(&self, title: &str, parts: &[String]) -> Vec<String> {
        let width = self.size().map_or(usize::MAX, |(columns, _)| columns);
        let mut lines = vec![self.paint("1", title)];
        // Paint takes no room, so the room is counted beside the text.
        let mut room = width.saturating_sub(title.chars().count());
        for (place, part) in parts.iter().enumerate() {
            let gap = if place == 0 { "  " } else { " · " };
            let needed = gap.chars().count() + visible(part);
            if needed > room && place > 0 {
                lines.push(format!("  {part}"));
                room = width.saturating_sub(2 + visible(part));
                continue;
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(gap);
                line.push_str(part);
            }
            room = room.saturating_sub(needed);
        }
        lines
    }
}

/// Characters that a text shows, without the escapes that paint it.
pub fn visible(text: &str) -> usize {
    let mut count = 0;
    let mut escape = false;
    for c in text.chars() {
        match (escape, c) {
            (false, '\x1b') => escape = true,
            (true, 'm') => escape = false,
            (false, _) => count += 1,
            (true, _) => {}
        }
    }
    count
}

/// A text in lines of at most `width`, broken between words, the later ones indented; a word that is longer
/// has a line of its own.
#[cfg(feature = "kernel")]
pub fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The escapes that bring the cursor up to where the last `drawn` lines began, and clear from there.
pub fn over(drawn: usize) -> String {
    match drawn {
        0 => String::new(),
        drawn => format!("\x1b[{drawn}F\x1b[J"),
    }
}

#[cfg(all(test, feature = "kernel"))]
mod tests {
    use super::*;

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(folded("one two three", 80), ["one two three"]);
        assert_eq!(folded("one two three", 8), ["one two", "  three"]);
        assert_eq!(
            folded("a verylongword b", 6),
            ["a", "  verylongword", "  b"]
        );
        assert_eq!(folded("", 5), [""]);
    }
}
