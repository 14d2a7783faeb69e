//! A filter among the words of a command line: where it begins, and what it says.

use std::ffi::OsStr;

use anyhow::anyhow;
use windrow_core::filter::{Filter, is_keyword};

use crate::exit::Failure;

/// Splits words into names of captures, at least one, and those of a filter.
///
/// A filter begins with a word that can begin nothing else. The name of a file that `is_there` is
/// none, unless it is a keyword: what a filter means does not hang on the files of a folder.
pub fn split<W: AsRef<OsStr>>(words: &[W], is_there: impl Fn(&OsStr) -> bool) -> (&[W], &[W]) {
    let begins = |word: &W| {
        let name = word.as_ref();
        let word = name.to_string_lossy();
        is_keyword(&word) && (is_one_word(&word) || !is_there(name))
    };
    let behind = words.iter().skip(1).position(begins);
    words.split_at(behind.map_or(words.len(), |place| place + 1))
}

/// The names behind the first are captures, or begin no filter.
///
/// # Errors
/// Names the first that is not there and looks as if it were meant for a filter.
pub fn check_names<W: AsRef<OsStr>>(
    names: &[W],
    is_there: impl Fn(&OsStr) -> bool,
) -> Result<(), Failure> {
    for name in names.iter().skip(1).map(AsRef::as_ref) {
        let word = name.to_string_lossy();
        let Some(keyword) = keyword_of(&word) else {
            continue;
        };
        if !is_there(name) {
            return Err(anyhow!(
                "opening {word}: there is no such file; a filter begins with a keyword, as in {keyword}"
            )
            .into());
        }
    }
    Ok(())
}

/// The filter that the words make together; none without words.
///
/// # Errors
/// A usage error of several lines, which points at the word that is wrong.
pub fn read<W: AsRef<OsStr>>(words: &[W]) -> Result<Option<Filter>, Failure> {
    if words.is_empty() {
        return Ok(None);
    }
    let words: Vec<_> = words
        .iter()
        .map(|word| word.as_ref().to_string_lossy())
        .collect();
    let filter = Filter::parse(&words.join(" ")).map_err(Failure::usage)?;
    Ok(Some(filter))
}

/// What a filter with that word might begin with, if the word looks like one of a filter.
fn keyword_of(word: &str) -> Option<String> {
    if Filter::parse(word).is_ok() {
        let keyword = if word.contains('/') { "net" } else { "host" };
        return Some(format!("{keyword} {word}"));
    }
    if word.parse::<u16>().is_ok() {
        return Some(format!("port {word}"));
    }
    is_one_word(word).then(|| "tcp port 443".to_owned())
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(words: &[&str], there: &[&str]) -> usize {
        let is_there = |name: &OsStr| there.iter().any(|there| *there == name);
        split(words, is_there).0.len()
    }

    #[test]
    fn a_filter_begins_with_the_first_word_that_can_begin_nothing_else() {
        assert_eq!(names(&["a.pcap"], &[]), 1);
        assert_eq!(names(&["a.pcap", "tcp", "port", "80"], &[]), 1);
        assert_eq!(names(&["a.pcap", "tcp port 80"], &[]), 1);
        assert_eq!(names(&["a.pcap", "b.pcap", "not", "c.pcap"], &[]), 2);
        assert_eq!(names(&["a.pcap", "(tcp or udp)", "and", "ip6"], &[]), 1);
        assert_eq!(names(&["a.pcap", "10.0.0.1"], &[]), 2);
        assert_eq!(names(&["-", "vlan"], &[]), 1);
        // The first word is a capture whatever it is called.
        assert_eq!(names(&["tcp"], &[]), 1);
        assert_eq!(names(&["tcp", "udp"], &[]), 1);
    }

    #[test]
    fn files_are_no_filters_unless_they_are_called_like_a_keyword() {
        assert_eq!(names(&["a", "(1).pcap"], &["(1).pcap"]), 2);
        assert_eq!(names(&["a", "(1).pcap"], &[]), 1);
        assert_eq!(names(&["a", "tcp dump.pcap", "udp"], &["tcp dump.pcap"]), 2);
        assert_eq!(names(&["a", "tcp"], &["tcp"]), 1);
        assert_eq!(names(&["a", "./tcp"], &["./tcp"]), 2);
    }

    #[test]
    fn what_looks_like_a_filter_and_is_no_file_is_explained() {
        let refused = |word: &str| check_names(&["a", word], |_| false).is_err();
        for word in ["10.0.0.1", "10.0.0.0/8", "2001:db8::1", "80", "arp"] {
            assert!(refused(word), "{word}");
            assert!(check_names(&["a", word], |_| true).is_ok(), "{word}");
        }
        for word in ["b.pcap", "-", "traces/b", "*.pcap"] {
            assert!(!refused(word), "{word}");
        }
        assert!(check_names(&["10.0.0.1"], |_| false).is_ok());
        assert_eq!(keyword_of("10.0.0.0/8").as_deref(), Some("net 10.0.0.0/8"));
        assert_eq!(keyword_of("80").as_deref(), Some("port 80"));
    }

    #[test]
    fn words_are_one_filter_however_they_are_quoted() {
        let parse = |words: &[&str]| read(words).ok().flatten();
        let whole = Filter::parse("tcp port 80 and not host ::1").ok();
        assert!(whole.is_some());
        assert_eq!(parse(&["tcp port 80 and not host ::1"]), whole);
        assert_eq!(
            parse(&["tcp", "port", "80", "and not", "host", "::1"]),
            whole
        );
        assert!(matches!(read(&[] as &[&str]), Ok(None)));
        assert!(read(&["tcp", "prot", "80"]).is_err());
    }
}
