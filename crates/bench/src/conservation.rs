//! Is all that was sent counted, once? The real program beside a generator at full speed that takes
//! the same core, so that the agent comes to run late and seldom.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use windrow_datapath::kernel::Hook;
use windrow_lab::{Mix, Plan};

use crate::cores::Cores;
use crate::link::{HOOKS, Link};
use crate::monitor::{Monitor, Window};
use crate::results::{Conservation, Outcome};

const WINDOWS: [Duration; 3] = [
    Duration::from_millis(10),
    Duration::from_millis(100),
    Duration::from_secs(1),
];
const WINDOWS_QUICK: [Duration; 2] = [Duration::from_millis(10), Duration::from_secs(1)];
const FLOWS: u32 = 10_000;
const SENDING: Duration = Duration::from_secs(3);
const SENDING_QUICK: Duration = Duration::from_millis(1500);

/// Sends at each hook and counts in windows of each length.
///
/// # Errors
/// When traffic cannot be made, or `windrow` does not run.
pub fn measure(quick: bool, windrow: &Path) -> Result<Vec<Outcome>> {
    let (windows, sending) = if quick {
        (&WINDOWS_QUICK[..], SENDING_QUICK)
    } else {
        (&WINDOWS[..], SENDING)
    };
    let mut outcomes = Vec::new();
    for hook in HOOKS {
        for &window in windows {
            eprintln!("==> conservation: {}, windows of {window:?}", hook.name());
            let conservation = count(hook, window, sending, windrow)?;
            if !conservation.holds() {
                eprintln!("==> conservation: this does not add up: {conservation:?}");
            }
            outcomes.push(Outcome::Conservation(conservation));
        }
    }
    Ok(outcomes)
}

fn count(hook: Hook, window: Duration, sending: Duration, windrow: &Path) -> Result<Conservation> {
    let core = Cores::of_process()?.traffic;
    let mix = Mix {
        flows: FLOWS,
        ..Mix::default()
    };
    let plan = Plan {
        frames: u64::MAX,
        duration: Some(sending),
        mix,
        cpu: Some(core),
        stray: true,
        ..Plan::default()
    };
    let link = Link::new(hook)?;
    let monitor = Monitor::start(windrow, link.receiver(), hook, window, core)?;
    let sent = link.send(&plan)?.join()?;
    let dropped = link.settled(sent.packets)?.rx_dropped;
    let windows = monitor.stop()?;

    let counted_bytes: u64 = windows.iter().map(|window| window.bytes).sum();
    let dropped_bytes = dropped * u64::from(mix.frame_bytes);
    let windows_that =
        |test: fn(&Window) -> bool| windows.iter().filter(|window| test(window)).count() as u64;
    Ok(Conservation {
        group: "conservation",
        hook: hook.name(),
        window_ns: window.as_nanos() as u64,
        sent: sent.packets,
        counted: windows.iter().map(|window| window.packets).sum(),
        dropped,
        missing_bytes: sent.bytes as i64 - (counted_bytes + dropped_bytes) as i64,
        windows: windows.len() as u64,
        late_windows: windows_that(|window| window.late),
        unbalanced_windows: windows_that(Window::has_residue),
    })
}
