//! The word that was meant: what a user mistyped, beside what there is.

/// The word of `known` that is most like `word`, if any is like it.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // What clap takes for its own hints.
    const LIKE: f64 = 0.7;
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|known| (strsim::jaro(&word, known), known))
        .filter(|(like, _)| *like > LIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["src", "dst", "sport", "dport", "proto"];
        assert_eq!(nearest("sprot", known), Some("sport"));
        assert_eq!(nearest("Protocol", known), Some("proto"));
        assert_eq!(nearest("wombat", known), None);
    }
}
