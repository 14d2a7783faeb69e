//! Frames made inside the kernel, at a given rate, and counted where they are made. Not a traffic
//! source with a protocol behind it: nobody answers, and the receiving stack drops them.
//!
//! An XDP program is test-run on live frames: it writes each frame, waits until it is due, and
//! redirects it into a veth of its namespace. Facts that shaped this:
//! - A call costs 15 to 30 ms to set up and tear down, so a run is as few calls as possible.
//! - The kernel keeps softirqs off for a batch; the receiving veth is served between batches. Its
//!   ring has 256 entries, a batch at most 64 frames, so it never overflows on the same CPU. A
//!   sender that moved to another would overtake a receiving end that waits for its turn on the
//!   first: a run stays where it begins.
//! - At low rates waiting inside the kernel would hold the CPU for nothing; there each tick of
//!   50 ms sends what is due at once.

use std::{
    io,
    mem::MaybeUninit,
    os::fd::AsFd,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use libbpf_rs::skel::{OpenSkel, SkelBuilder};
use nix::{
    sched::{CpuSet, sched_getcpu, sched_setaffinity},
    time::{ClockId, clock_gettime},
    unistd::{Pid, gettid},
};

use crate::{
    error::Error,
    mix::Mix,
    namespace::Namespace,
    running::{Maps, Running, Sent},
    skeleton::generator::{GeneratorSkelBuilder, OpenGeneratorSkel},
    sys, veth,
};

/// A quarter of a veth's ring, and what one poll of it takes.
const BATCH_LIMIT: u64 = 64;
/// The longest that a batch keeps softirqs off.
const BATCH_NS: u64 = 100_000;
/// Below this rate frames are sent in ticks, without waiting in the kernel.
const TICK_BELOW_PPS: u64 = 10_000;
const TICK: Duration = Duration::from_millis(50);
/// Frames of one call. A stop lets the rest of a call run empty, some 50 ns a frame.
const CALL_LIMIT: u64 = 5_000_000;
/// Seconds of one call at a given rate.
const CALL_SECONDS: u64 = 10;
/// Locally administered, not of a lab pair.
const STRAY_MAC: [u8; 6] = *b"\x02stray";
const SECOND_NS: u64 = 1_000_000_000;

/// What to send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Frames a second; `None` is as fast as it goes.
    pub rate_pps: Option<u64>,
    /// Frames in all; `u64::MAX` for "until stopped".
    pub frames: u64,
    /// The longest time to send for, to about a timer tick (4 ms).
    pub duration: Option<Duration>,
    /// The composition.
    pub mix: Mix,
    /// The CPU to send from; the receiving end is served there, too. `None` is the one that the run
    /// begins on.
    pub cpu: Option<usize>,
    /// Addresses the frames to a MAC that nobody has. They pass the same hooks, but the receiving
    /// stack drops them right behind instead of looking for a route, which costs far more than the
    /// frame did.
    pub stray: bool,
}

impl Default for Plan {
    /// 100,000 frames of the default mix as fast as it goes.
    fn default() -> Self {
        Self {
            rate_pps: None,
            frames: 100_000,
            duration: None,
            mix: Mix::default(),
            cpu: None,
            stray: false,
        }
    }
}

/// Makes traffic. Each run has a program and counters of its own.
#[derive(Debug)]
pub struct Generator {
    _checked: (),
}

impl Generator {
    /// Checks that this kernel takes the program.
    ///
    /// # Errors
    /// [`Error::Program`] when it does not.
    pub fn load() -> Result<Self, Error> {
        let mut storage = MaybeUninit::uninit();
        GeneratorSkelBuilder::default()
            .open(&mut storage)
            .and_then(OpenSkel::load)
            .map_err(Error::program("loading the traffic generator"))?;
        Ok(Self { _checked: () })
    }

    /// Starts to send into interface `ifindex` of `namespace`, an end of a [`crate::VethPair`];
    /// the frames arrive at its other end. Returns once the program is loaded and sending begins.
    ///
    /// # Errors
    /// [`Error::Mix`], [`Error::NotLab`], or [`Error::Program`].
    pub fn run(&self, namespace: &Namespace, ifindex: u32, plan: &Plan) -> Result<Running, Error> {
        plan.mix.validate()?;
        if plan.rate_pps == Some(0) {
            let why = "the rate must be 1 frame a second at least".to_owned();
            return Err(Error::Mix { why });
        }
        let (namespace, plan) = (namespace.clone(), *plan);
        let (ready, loaded) = mpsc::sync_channel(1);
        let thread = thread::Builder::new()
            .name("lab-generator".to_owned())
            .spawn(move || drive(&namespace, ifindex, &plan, &ready))
            .map_err(Error::system("starting the generator's thread"))?;
        match loaded.recv() {
            Ok((id, maps)) => Ok(Running {
                thread: Some(thread),
                id,
                maps,
            }),
            // The thread ended before it was ready, and knows why.
            Err(_) => Err(match thread.join() {
                Ok(Err(error)) => error,
                _ => Error::Panicked,
            }),
        }
    }
}

/// The generator's thread: enters the namespace, loads the program, and calls it until all is sent.
fn drive(
    namespace: &Namespace,
    ifindex: u32,
    plan: &Plan,
    ready: &mpsc::SyncSender<(Pid, Maps)>,
) -> Result<Sent, Error> {
    namespace.enter()?;
    pin(plan.cpu.map_or_else(this_cpu, Ok)?)?;
    let mac = veth::lab_mac(ifindex)?;

    let mut storage = MaybeUninit::uninit();
    let mut open = GeneratorSkelBuilder::default()
        .open(&mut storage)
        .map_err(Error::program("opening the traffic generator"))?;
    configure(&mut open, ifindex, mac, plan);
    let skeleton = open
        .load()
        .map_err(Error::program("loading the traffic generator"))?;
    let share = || Maps::new(&skeleton.maps.data_sent, &skeleton.maps.data_control);
    let maps = share()?;
    let end = plan.duration.map(|duration| Instant::now() + duration);
    if let Some(duration) = plan.duration {
        maps.control(0, monotonic_ns()?.saturating_add(nanos(duration)))?;
    }
    if ready.send((gettid(), share()?)).is_err() {
        return maps.sent();
    }

    let program = skeleton.progs.generate.as_fd();
    let frame = vec![0; plan.mix.frame_bytes as usize];
    let start = Instant::now();
    loop {
        let (sent, skipped) = maps.progress()?;
        let done = sent.packets + sent.refused;
        let over = end.is_some_and(|end| Instant::now() >= end);
        if done >= plan.frames || skipped > 0 || over || maps.stopped()? {
            return Ok(sent);
        }
        let (repeat, batch) = next_call(plan, done, start.elapsed());
        if repeat == 0 {
            let left = end.map_or(TICK, |end| end.saturating_duration_since(Instant::now()));
            thread::sleep(TICK.min(left));
            continue;
        }
        match sys::run_live(program, &frame, repeat, batch) {
            // A signal: the counters say how far it came.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => result.map_err(Error::system("running the traffic generator"))?,
        }
    }
}

/// Frames of the next call and of each batch in it; 0 frames when nothing is due yet.
fn next_call(plan: &Plan, done: u64, elapsed: Duration) -> (i32, u32) {
    let left = plan.frames - done;
    let (repeat, batch) = match plan.rate_pps {
        None => (CALL_LIMIT, BATCH_LIMIT),
        Some(rate) if rate < TICK_BELOW_PPS => {
            // The first frame is due at once, frame n after n intervals.
            let due = u128::from(rate) * elapsed.as_nanos() / u128::from(SECOND_NS) + 1;
            let due = u64::try_from(due).unwrap_or(u64::MAX);
            (due.saturating_sub(done).min(CALL_LIMIT), BATCH_LIMIT)
        }
        Some(rate) => {
            let batch = rate.saturating_mul(BATCH_NS) / SECOND_NS;
            let repeat = rate.saturating_mul(CALL_SECONDS).min(CALL_LIMIT);
            (repeat, batch.clamp(1, BATCH_LIMIT))
        }
    };
    // Both are far below the types' limits.
    (repeat.min(left) as i32, batch as u32)
}

fn configure(open: &mut OpenGeneratorSkel<'_>, ifindex: u32, mac: [u8; 6], plan: &Plan) {
    // libbpf has no read-only data to set only if the program has none.
    let Some(data) = open.maps.rodata_data.as_deref_mut() else {
        return;
    };
    data.ifindex = ifindex;
    data.from_mac = mac;
    data.to_mac = if plan.stray {
        STRAY_MAC
    } else {
        veth::peer_mac(mac)
    };
    data.frame_bytes = plan.mix.frame_bytes;
    data.flows = plan.mix.flows;
    data.stride = plan.mix.stride();
    data.ipv6_permille = plan.mix.ipv6_permille();
    data.tcp_permille = plan.mix.tcp_permille();
    data.vlan = plan.mix.vlan.into();
    data.fragments = plan.mix.fragments.into();
    data.interval_q16_ns = match plan.rate_pps {
        Some(rate) if rate >= TICK_BELOW_PPS => (SECOND_NS << 16) / rate,
        _ => 0,
    };
}

fn this_cpu() -> Result<usize, Error> {
    sched_getcpu().map_err(Error::errno("asking for the CPU that the generator is on"))
}

fn pin(cpu: usize) -> Result<(), Error> {
    let what = format!("pinning the generator to CPU {cpu}");
    let mut set = CpuSet::new();
    set.set(cpu).map_err(Error::errno(&what))?;
    sched_setaffinity(Pid::from_raw(0), &set).map_err(Error::errno(&what))
}

/// The clock that the program reads.
fn monotonic_ns() -> Result<u64, Error> {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_err(Error::errno("reading the monotonic clock"))?;
    Ok(nanos(Duration::from(now)))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
