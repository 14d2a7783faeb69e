//! Connections of the demo's own, over the loopback of a namespace of its own: many, in one row.

use std::io::{Write, stdout};
use std::net::{IpAddr, Ipv4Addr, SocketAddrV4};
use std::process;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use jiff::tz::TimeZone;
use windrow_core::calls::selection::Selection;
use windrow_core::connects::Connects as Subject;
use windrow_core::connects::top::Sort;
use windrow_core::timed::run::Run;
use windrow_datapath::connects::Connects;
use windrow_lab::{Burst, Namespace, add_address};

use crate::commands::demo::{EndsRun, verdict};
use crate::connects::output::report;
use crate::exit::Failure;
use crate::output::terminal::Terminal;
use crate::output::{Format, units};
use crate::timed::counting::Counting;
use crate::timed::live::{Ended, Live};
use crate::timed::output::{Json, Look, Screen, Sink, Style, Summary};

const BURST: Burst = Burst {
    from: SocketAddrV4::new(Ipv4Addr::new(192, 168, 1, 10), 0),
    to: SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 5), 80),
    most: 100_000,
    limit: Duration::from_secs(2),
};
/// Far longer than all of them take, so that they come into one window unless the hour ends meanwhile.
const WINDOW: Duration = Duration::from_secs(3600);
/// Of the two rows, the connects' own comes first: it has more events than that of who accepts them.
const SHOWN_TO_PEOPLE: usize = 1;

/// Connections that were made, and what was counted of them.
pub struct Connected {
    /// How many were asked for.
    pub made: u64,
    ended: Ended<Subject>,
    length: Duration,
    /// Their window, as it is shown.
    window: Vec<u8>,
    format: Format,
}

impl Connected {
    /// Makes and counts them. `None`: this kernel does not count connections, which is said.
    ///
    /// # Errors
    /// When they cannot be made, or the kernel does not do as it did.
    pub fn count(namespace: &Namespace, format: Format) -> Result<Option<Self>, Failure> {
        for address in [BURST.from, BURST.to] {
            add_address(namespace, "lo", IpAddr::V4(*address.ip()), 32)?;
        }
        let counting = Counting {
            selection: Selection {
                pids: vec![process::id()],
                ..Selection::default()
            },
            ..Counting::<Subject>::of_the_host(WINDOW)
        };
        let live = match Live::<Connects>::start(&counting) {
            Ok(live) => live,
            Err(failure) => {
                eprintln!("windrow: the demo goes without TCP connections: {failure}");
                return Ok(None);
            }
        };
        let begun = Instant::now();
        let events = live.events();
        let mut window = Vec::new();
        let mut sink = sink(&mut window, format);
        let (ended, made) = thread::scope(|scope| {
            let maker = scope.spawn(move || {
                let _end = EndsRun(events);
                BURST.run(namespace)
            });
            (live.run(None, sink.as_mut()), maker.join())
        });
        drop(sink);
        Ok(Some(Connected {
            made: made.map_err(|_| anyhow!("the thread that makes connections failed"))??,
            ended: ended?,
            length: begun.elapsed(),
            window,
            format,
        }))
    }

    /// What was counted of them.
    pub fn run(&self) -> &Run<Subject> {
        &self.ended.run
    }

    /// Writes their window; for people also where all of them went.
    ///
    /// # Errors
    /// When the output cannot be written, or its reader is gone.
    pub fn show(&self) -> anyhow::Result<()> {
        let mut out = stdout().lock();
        if self.format == Format::Json {
            out.write_all(&self.window)?;
            return Ok(out.flush()?);
        }
        writeln!(out)?;
        out.write_all(&self.window)?;
        let summary = Summary {
            run: self.run(),
            in_flight: self.ended.in_flight,
            length: self.length,
            exit_code: None,
        };
        writeln!(out, "{}", report::attempts(&summary))?;
        writeln!(out, "{}", report::events(&summary))?;
        writeln!(out, "{}", self.reduction())?;
        if verdict::has_all(self.run(), self.made) {
            let made = units::counted(self.made, "connection");
            writeln!(
                out,
                "\n  {made} made, and every one of them counted at both ends"
            )?;
        }
        Ok(out.flush()?)
    }

    /// What events of connections were reduced to.
    fn reduction(&self) -> String {
        let run = self.run();
        format!(
            "Reduction: {} in {}, one for each end, {:.0} to 1",
            units::counted(run.ledger.rows.calls, "event"),
            units::counted(run.rows, "row"),
            run.ledger.rows.calls as f64 / run.rows.max(1) as f64,
        )
    }
}

fn sink(out: &mut Vec<u8>, format: Format) -> Box<dyn Sink<Subject> + '_> {
    let Format::Screen { numeric } = format else {
        return Box::new(Json::new(out, None, Sort::Attempts));
    };
    let look = Look {
        top: Some(SHOWN_TO_PEOPLE),
        sort: Sort::Attempts,
        terminal: Terminal::of(&stdout()),
    };
    let style = Style::new(numeric);
    Box::new(Screen::new(out, look, style, TimeZone::system()))
}
