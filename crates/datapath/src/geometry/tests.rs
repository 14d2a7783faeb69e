use super::*;

fn fit(memory: u64, cpus: u32, buffers: u32, page: u64) -> Result<Geometry, Error> {
    fit_for(Export::Map, memory, cpus, buffers, page)
}

fn fit_for(
    export: Export,
    memory: u64,
    cpus: u32,
    buffers: u32,
    page: u64,
) -> Result<Geometry, Error> {
    let tables = (0..cpus).collect();
    Geometry::fit(memory, cpus, tables, buffers, 1024, export, page)
}

#[test]
fn the_default_holds_100_000_flows_over_the_cpus() {
    for cpus in [1, 2, 3, 8, 64, 256] {
        for (page, buffers) in [(4096, 2), (65536, 2), (65536, 3)] {
            let geometry = fit(DEFAULT_MEMORY_BYTES, cpus, buffers, page).expect("fits");
            assert!(geometry.memory_bytes() <= DEFAULT_MEMORY_BYTES);
            // 70 % full is where second buckets begin to fill.
            let rows = geometry.rows_per_cpu() * u64::from(cpus);
            assert!(rows * 7 / 10 >= 100_000, "{cpus} CPUs: {rows} rows");
        }
    }
}

#[test]
fn a_row_costs_120_bytes_at_most_all_included() {
    for (memory, least) in [(8 << 20, 69_000), (128 << 20, 1_110_000)] {
        let geometry = Geometry::of_replay(memory).expect("fits");
        let rows = geometry.rows_per_cpu();
        assert!(rows >= least, "{rows} rows of {memory} bytes");
        let ledgers = geometry.ledger_bytes() + geometry.interface_bytes();
        assert!(geometry.memory_bytes() - ledgers <= rows * 120 + 6 * 4096);
    }
}

#[test]
fn lines_are_shared_out_to_the_last() {
    for memory in [64 << 10, 1 << 20, 128 << 20] {
        let geometry = Geometry::of_replay(memory).expect("fits");
        let Lines {
            all,
            bloom,
            sketch,
            ladder,
            distinct,
        } = geometry.lines();
        assert!(bloom > 0 && sketch > 0 && ladder[0] > 0);
        let used = bloom + 2 * sketch + ladder.iter().sum::<u32>() + 3 * distinct;
        assert!(used == all || used + 1 == all, "{used} of {all}");
    }
}

#[test]
fn two_cpus_hold_100_000_flows_on_each() {
    let geometry = fit(DEFAULT_MEMORY_BYTES, 2, 2, 4096).expect("fits");
    assert!(geometry.rows_per_cpu() * 7 / 10 >= 100_000);
}

#[test]
fn too_little_memory_names_what_is_needed_and_that_is_enough() {
    let Err(Error::TooLittle { least, .. }) = fit(10_000, 4, 3, 4096) else {
        panic!("10,000 bytes cannot be enough")
    };
    let geometry = fit(least, 4, 3, 4096).expect("what was named fits");
    assert!(geometry.memory_bytes() <= least);
    assert_eq!(geometry.buckets, 4);
}

#[test]
fn memory_for_rows_is_what_they_need() {
    for (cpus, buffers, page) in [(1, 2, 4096), (2, 2, 4096), (8, 3, 65536)] {
        let like = fit(DEFAULT_MEMORY_BYTES, cpus, buffers, page).expect("fits");
        for (rows, have) in [(4096, 4096), (4097, 4128), (1, 32)] {
            let memory = like.memory_for(rows);
            let geometry = fit(memory, cpus, buffers, page).expect("fits");
            assert_eq!(geometry.rows_per_cpu(), have);
            let less = fit(memory - 1, cpus, buffers, page);
            assert!(less.map_or(0, |less| less.rows_per_cpu()) < rows);
        }
    }
}

#[test]
fn a_ring_is_a_part_of_the_memory() {
    for cpus in [1, 2, 8, 256] {
        for page in [4096, 65536] {
            let map = fit(DEFAULT_MEMORY_BYTES, cpus, 2, page).expect("fits");
            assert_eq!(map.ring_bytes, 0);
            for memory in [DEFAULT_MEMORY_BYTES, 1 << 30, 40 << 20] {
                let ring = fit_for(Export::Ring, memory, cpus, 2, page).expect("fits");
                assert!(ring.memory_bytes() <= memory);
                assert!(ring.ring_bytes.is_power_of_two());
                assert!(u64::from(ring.ring_bytes) * 16 > memory.min(MOST_RING_BYTES * 8));
            }
            let Err(Error::TooLittle { least, .. }) = fit_for(Export::Ring, 1, cpus, 2, page)
            else {
                panic!("one byte cannot be enough")
            };
            let ring = fit_for(Export::Ring, least, cpus, 2, page).expect("what was named");
            assert!(ring.memory_bytes() <= least);
            assert!(u64::from(ring.ring_bytes) >= page);
        }
    }
}

#[test]
fn absurd_memory_does_not_overflow() {
    let geometry = fit(u64::MAX / 2, 2, 2, 4096).expect("fits");
    assert!(geometry.rows_per_cpu() * 4 <= u64::from(u32::MAX));
    assert!(geometry.chunks_in_all() > 0 && geometry.buckets_in_all() > 0);
}

#[test]
fn registers_are_as_many_as_a_64th_of_the_memory_holds() {
    for (memory, lines) in [
        (40 << 10, 1),
        (128 << 10, 4),
        (512 << 10, 32),
        (1 << 20, 64),
        (128 << 20, 64),
    ] {
        let geometry = Geometry::of_replay(memory).expect("fits");
        assert_eq!(geometry.lines().distinct, lines, "{memory} bytes");
        let without = (memory - geometry.fixed_bytes()) / STEP_BYTES * 32;
        let lost = without - geometry.rows_per_cpu();
        assert!(lost <= 32.max(without / 60), "{lost} rows of {without}");
    }
    for (cpus, lines) in [(2, 64), (64, 64), (256, 16)] {
        let geometry = fit(DEFAULT_MEMORY_BYTES, cpus, 2, 4096).expect("fits");
        assert_eq!(geometry.lines().distinct, lines, "{cpus} CPUs");
    }
}
