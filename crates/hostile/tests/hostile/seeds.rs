//! Every seed through its target, so that none is so broken that fuzzing would start from nothing.

use windrow_capture::Capture;
use windrow_hostile::seeds;

#[test]
fn every_frame_comes_to_the_key_of_etherparse() {
    seeds::frames()
        .iter()
        .for_each(|frame| windrow_hostile::reference(frame));
}

#[test]
fn every_script_is_counted() {
    seeds::scripts()
        .iter()
        .for_each(|script| windrow_hostile::frames(script));
}

#[test]
fn every_capture_is_read() {
    seeds::captures()
        .iter()
        .for_each(|capture| windrow_hostile::capture(capture));
}

#[test]
fn most_captures_are_read_to_their_end() {
    let captures = seeds::captures();
    let whole = |bytes: &&Vec<u8>| {
        let Ok(mut capture) = Capture::new(bytes.as_slice()) else {
            return false;
        };
        let mut records = 0;
        loop {
            match capture.next_record() {
                Ok(Some(_)) => records += 1,
                Ok(None) => return records > 0,
                Err(_) => return false,
            }
        }
    };
    let whole = captures.iter().filter(whole).count();
    println!("{whole} of {} captures", captures.len());
    assert!(whole * 2 > captures.len());
}
