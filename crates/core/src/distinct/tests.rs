use super::*;

/// Registers of each kind, as many as fit, with these noted: by kind, register and value.
fn noted(by: &str, size: usize, notes: &[(usize, usize, u8)]) -> Distinct {
    let mut registers = vec![0; 3 * size];
    for (kind, place, value) in notes {
        registers[kind * size + place] = *value;
    }
    Distinct::new(&By::parse(by).expect("keys"), &registers, 7).expect("a size")
}

#[test]
fn nothing_is_0_and_what_is_not_asked_for_is_not_known() {
    let nothing = noted("src,dport", 64, &[]);
    assert_eq!(nothing.src.as_ref().map(Registers::estimate), Some(0));
    assert_eq!(nothing.dst, None);
    assert_eq!(nothing.dport.as_ref().map(Registers::estimate), Some(0));
    assert_eq!(nothing.standard_error(), Some(0.13));
    assert_eq!(noted("proto", 64, &[]).standard_error(), None);
    let by = By::default();
    for registers in [0, 1, 3, 3 * 65, 3 * 64 - 1, 4 * 64] {
        assert_eq!(Distinct::new(&by, &vec![0; registers], 7), None);
    }
}

#[test]
fn each_key_has_its_own_registers() {
    let one = noted("src,dst,dport", 4096, &[(0, 1, 1), (2, 9, 4), (2, 4095, 2)]);
    let counts = [&one.src, &one.dst, &one.dport];
    let counts = counts.map(|it| it.as_ref().expect("a key").estimate());
    assert_eq!(counts, [1, 0, 2]);
}

#[test]
fn merging_takes_the_larger_register_and_refuses_what_is_not_alike() {
    let notes = [(0, 1, 3), (1, 2, 5), (2, 3, 7)];
    let mut ours = noted("src,dst,dport", 64, &notes);
    let theirs = noted("src,dst,dport", 64, &[(0, 1, 4), (1, 2, 1), (1, 63, 9)]);
    let both = [(0, 1, 4), (1, 2, 5), (1, 63, 9), (2, 3, 7)];
    assert!(ours.merge(&theirs));
    assert_eq!(ours, noted("src,dst,dport", 64, &both));
    assert_eq!(Distinct::union([&theirs, &ours]), Some(ours.clone()));
    assert_eq!(Distinct::union([]), None);
    let other_secret = Distinct {
        hashed_by: 8,
        ..theirs.clone()
    };
    for other in [
        other_secret,
        noted("src,dst,dport", 128, &[(0, 2, 9)]),
        noted("src/24,dst,dport", 64, &[(0, 2, 9)]),
        noted("src,dst", 64, &[(0, 2, 9)]),
    ] {
        let before = ours.clone();
        assert!(!ours.merge(&other));
        assert_eq!(ours, before);
        assert_eq!(Distinct::union([&ours, &theirs, &other]), None);
    }
}

/// What registers can hold at most is an end, not a panic: memory may hold anything.
#[test]
fn full_registers_are_very_many() {
    for (size, value) in [(64, 59), (64, 255), (4096, 53), (4096, 200)] {
        let full = Registers(vec![value; size].into());
        assert_eq!(full.estimate(), u64::MAX);
    }
    let nearly = Registers(vec![52; 4096].into());
    assert!(nearly.estimate() > 1 << 62);
}
