//! The word that was meant: what a user mistyped, beside what there is.

/// The word of `known` that a mistyped one is nearest to, if it is near one, or begins with it.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    /// Shorter words begin many others by chance.
    const LEAST_BEGINNING: usize = 3;
    let word = word.to_lowercase();
    let reach = if word.chars().count() < 5 { 1 } else { 2 };
    let near = known
        .iter()
        .map(|known| (strsim::osa_distance(&word, known), *known))
        .filter(|(distance, known)| *distance <= reach && *distance < known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known);
    near.or_else(|| {
        let begins = |known: &&&str| known.len() >= LEAST_BEGINNING && word.starts_with(**known);
        known.iter().find(begins).copied()
    })
}

/// The place of a name among those there are.
///
/// # Errors
/// The sentence that says that there is none, which may have been meant, and which there are.
pub fn place(what: &str, name: &str, names: &[&str]) -> Result<usize, String> {
    if let Some(place) = names.iter().position(|known| *known == name) {
        return Ok(place);
    }
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean {near}? "),
        None => String::new(),
    };
    Err(format!(
        "there is no {what} {name:?}; {hint}there are {}",
        names.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let known = ["src", "dst", "sport", "dport", "proto"];
        assert_eq!(nearest("sprot", &known), Some("sport"));
        assert_eq!(nearest("Protocol", &known), Some("proto"));
        assert_eq!(nearest("wombat", &known), None);
    }
}
