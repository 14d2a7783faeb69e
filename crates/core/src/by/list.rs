//! Lists of keys, some of which may have prefixes: `src/24,dport`.

use super::Prefix;
use crate::nearest;

/// Reads keys with commas between them, of all that there are; those that are addresses may have a prefix.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub(crate) fn read<K: Copy + PartialEq, const N: usize>(
    text: &str,
    all: &[K; N],
    name: fn(K) -> &'static str,
    is_address: fn(K) -> bool,
) -> Result<Vec<(K, Option<Prefix>)>, String> {
    let mut keys: Vec<(K, Option<Prefix>)> = Vec::new();
    for word in text.split(',').map(str::trim) {
        let (own, lengths) = match word.split_once('/') {
            Some((own, lengths)) => (own, Some(lengths)),
            None => (word, None),
        };
        let key = all[nearest::place("key", own, &all.map(name))?];
        if keys.iter().any(|(known, _)| *known == key) {
            return Err(format!("{own} is given twice"));
        }
        let prefix = lengths.map(Prefix::parse).transpose()?;
        if prefix.is_some() && !is_address(key) {
            return Err(format!("{word}: only src and dst have prefixes"));
        }
        keys.push((key, prefix));
    }
    Ok(keys)
}

/// A key as it is asked for.
pub(crate) fn word(name: &str, prefix: Option<Prefix>) -> String {
    match prefix {
        Some(prefix) => format!("{name}{prefix}"),
        None => name.to_owned(),
    }
}
