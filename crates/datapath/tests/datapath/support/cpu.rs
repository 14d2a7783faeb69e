//! Which CPU a test runs on.

/// Keeps the calling thread on one CPU. Every test has a thread of its own.
pub fn pin_to(cpu: usize) {
    let mut cpus = nix::sched::CpuSet::new();
    cpus.set(cpu).unwrap();
    nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &cpus).unwrap();
}
