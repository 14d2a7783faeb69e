#![allow(clippy::unwrap_used)] // tests

use super::*;
use crate::seeds;

/// Synthetic frames, some of them cut at every byte, some with every byte changed.
fn odd_frames() -> Vec<Vec<u8>> {
    let mut frames = seeds::frames();
    for deep in seeds::deepest() {
        for place in 0..deep.len() {
            frames.push(deep[..place].to_vec());
            for change in [0x01, 0x04, 0x10, 0x80, 0xff] {
                let mut changed = deep.clone();
                changed[place] ^= change;
                frames.push(changed);
            }
        }
    }
    frames
}

#[test]
fn most_frames_are_compared_to_the_last_port() {
    let mut counts = [0u32; 3];
    for frame in seeds::frames() {
        counts[compare(&frame) as usize] += 1;
    }
    let [twice, once, addresses] = counts;
    println!("{twice} twice, {once} once, {addresses} by their addresses");
    assert!(twice >= 30 && once >= 30, "{counts:?}");
    assert!(addresses * 20 < twice + once, "{counts:?}");
}

#[test]
fn odd_frames_come_to_the_same_key() {
    let mut counts = [0u32; 3];
    for frame in odd_frames() {
        counts[compare(&frame) as usize] += 1;
    }
    let [twice, once, addresses] = counts;
    println!("{twice} twice, {once} once, {addresses} by their addresses");
    assert!(addresses * 10 < twice + once, "{counts:?}");
}

#[test]
fn a_wrong_port_is_seen() {
    let [frame, _] = seeds::deepest();
    let Ok(mut opinion) = by_layers(&frame) else {
        panic!("it has a key")
    };
    let verdict = Alone::new().verdict(&frame);
    assert_agrees(&verdict, &opinion, &frame);
    opinion.key.sport ^= 1;
    std::panic::catch_unwind(|| assert_agrees(&verdict, &opinion, &frame)).unwrap_err();
}
