//! What fuzzing has kept, through the same functions, without fuzzer and sanitizers.

use std::panic::catch_unwind;
use std::path::Path;

/// Every input in `fuzz/corpus/NAME`; those that fail are named.
fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let folder = folder.join(name);
    let inputs = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("no corpus at {}: {error}", folder.display()));
    let (mut count, mut failed) = (0, Vec::new());
    for input in inputs {
        let input = input.unwrap().path();
        let data = std::fs::read(&input).unwrap();
        count += 1;
        if catch_unwind(|| target(&data)).is_err() {
            failed.push(input);
        }
    }
    println!("{name}: {count} inputs");
    assert!(count > 0, "{} is empty", folder.display());
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn frames_are_all_counted() {
    replay("frames", windrow_hostile::frames);
}

#[test]
fn frames_come_to_the_key_of_etherparse() {
    replay("reference", windrow_hostile::reference);
}

#[test]
fn captures_are_read_whatever_they_are() {
    replay("capture", windrow_hostile::capture);
}
