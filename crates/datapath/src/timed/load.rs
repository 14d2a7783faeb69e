//! Sizing the maps of a source, choosing its programs, and what is loaded: by names, since each source's
//! skeleton is a type of its own.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use libbpf_rs::{MapCore, Object, OpenObject};

use crate::export::Export;
use crate::geometry::{Geometry, page_bytes};
use crate::kernel::cpus::Cpus;
use crate::kernel::{Error, load, programs};
use crate::memory::Mapped;
use crate::pressure::Pressure;
use crate::secret::Secret;
use crate::tables::{self, Maps};
use crate::timed::{Beside, Drained, LeftOut, Line, Parts, Program, Shape, Tables};

/// A program that is to be loaded and attached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Planned {
    /// Its name.
    pub(crate) name: &'static str,
    /// Group and name of a classic tracepoint; `None`: the program itself knows.
    pub(crate) classic: Option<&'static str>,
    /// Every event runs it.
    pub(crate) at_events: bool,
    /// What becomes of what the kernel leaves it out of.
    pub(crate) left_out: LeftOut,
}

impl Planned {
    /// One that knows its tracepoint by its type, and has nobody beside it.
    pub(crate) fn typed(name: &'static str) -> Planned {
        Planned {
            name,
            classic: None,
            at_events: false,
            left_out: LeftOut::Lost,
        }
    }
}

/// The tables for so many rows over all CPUs that are online now, in that many sets a CPU.
pub(crate) fn shape(
    rows: u64,
    histograms: bool,
    buffers: u32,
    writers: u32,
) -> Result<Shape, Error> {
    let cpus = Cpus::now()?;
    let possible = cpus.possible * writers;
    let places: Vec<u32> = (0..writers)
        .flat_map(|writer| cpus.online.iter().map(move |cpu| (writer, *cpu)))
        .map(|(writer, cpu)| writer * cpus.possible + cpu)
        .collect();
    let rows = rows * u64::from(writers);
    Ok(Shape::of_rows(rows, histograms, |bytes| {
        Geometry::fit(
            bytes,
            possible,
            places.clone(),
            buffers,
            0,
            Export::Map,
            page_bytes(),
        )
    })?)
}

/// Leaves only those programs to be loaded.
pub(crate) fn choose(object: &mut OpenObject, planned: &[Planned], others: &[&str]) {
    for mut program in object.progs_mut() {
        let name = program.name().to_owned();
        let wanted =
            planned.iter().any(|it| name == it.name) || others.iter().any(|other| name == *other);
        program.set_autoload(wanted);
    }
}

/// Makes the maps as large as their tables are.
pub(crate) fn resize<B: Beside>(object: &mut OpenObject, shape: &Shape) -> libbpf_rs::Result<()> {
    let geometry = &shape.geometry;
    let buckets = geometry.buckets_in_all();
    let ledgers = geometry.ledgers_in_all() as u32;
    for (name, elements) in [
        ("rows", buckets),
        ("cold_rows", buckets),
        (B::NAMES.rows, buckets),
        ("lists", geometry.chunks_in_all()),
        ("lines", geometry.lines_in_all()),
        ("spills", geometry.spills_in_all()),
        ("ledgers", ledgers),
        (B::NAMES.epochs, ledgers),
        ("histograms", shape.histograms_in_all().max(1)),
    ] {
        let mut maps = object.maps_mut();
        if let Some(mut map) = maps.find(|map| map.name() == name) {
            map.set_max_entries(elements)?;
        }
    }
    Ok(())
}

/// The parts of a source whose object is loaded with those programs and such tables.
pub(crate) fn parts<B: Beside>(
    object: &Object,
    planned: &[Planned],
    globals: impl AsFd,
    secret: Secret,
    shape: Shape,
    beside: B,
) -> Result<Parts<B>, Error> {
    let pressure = Pressure::without_networks(secret);
    Ok(Parts {
        programs: Programs::of(object, planned)?,
        tables: tables(object, shape, pressure, beside)?,
        globals: Arc::new(mapped(globals)?),
        drained: Drained::default(),
        tick: load::tick()?,
    })
}

/// The variables of an object, which are one value to us.
pub(crate) fn mapped<T: Line>(variables: impl AsFd) -> Result<Mapped<T>, Error> {
    Mapped::of_map(variables, 1).map_err(mapping)
}

fn mapping(source: io::Error) -> Error {
    Error::System {
        what: "mapping the tables",
        source,
    }
}

/// Maps the tables, and tells each ledger where its rows lie.
fn tables<B: Beside>(
    object: &Object,
    shape: Shape,
    pressure: Pressure,
    beside: B,
) -> Result<Tables<B>, Error> {
    let geometry = shape.geometry.clone();
    let rows = geometry.buckets_in_all() as usize * crate::abi::BUCKET_WAYS;
    let maps: Vec<_> = object.maps().collect();
    let map = |name: &str| {
        let found = maps.iter().find(|map| map.name() == name);
        let missing = || mapping(io::Error::other(format!("there is no map {name}")));
        found.map(AsFd::as_fd).ok_or_else(missing)
    };
    let shared = Maps {
        rows: map("rows")?,
        cold_rows: map("cold_rows")?,
        lists: map("lists")?,
        lines: map("lines")?,
        spills: map("spills")?,
        ledgers: map("ledgers")?,
    };
    let histograms = shape.histograms_in_all().max(1) as usize;
    let tables = Tables {
        shared: tables::Tables::of_maps(shared, geometry.clone(), pressure).map_err(mapping)?,
        rows: Mapped::of_map(map(B::NAMES.rows)?, rows).map_err(mapping)?,
        histograms: Mapped::of_map(map("histograms")?, histograms).map_err(mapping)?,
        epochs: Mapped::of_map(map(B::NAMES.epochs)?, geometry.ledgers_in_all())
            .map_err(mapping)?,
        shape,
        beside,
    };
    tables.place();
    Ok(tables)
}

/// The loaded programs, by descriptor.
#[derive(Debug)]
pub(crate) struct Programs {
    /// Those that are attached to tracepoints.
    attached: Vec<Program>,
}

/// A descriptor of our own.
pub(crate) fn own(fd: BorrowedFd<'_>) -> Result<OwnedFd, Error> {
    fd.try_clone_to_owned().map_err(|_| Error::TooManyFiles)
}

/// The program of that name.
pub(crate) fn program(object: &Object, name: &str) -> Result<OwnedFd, Error> {
    let mut programs = object.progs();
    let found = programs.find(|program| program.name() == name);
    let missing = || Error::Refused {
        reason: format!("there is no program {name}"),
    };
    own(found.ok_or_else(missing)?.as_fd())
}

impl Programs {
    /// Those that were planned, in that order.
    fn of(object: &Object, planned: &[Planned]) -> Result<Programs, Error> {
        let attached = planned.iter().map(|it| {
            Ok(Program {
                fd: program(object, it.name)?,
                classic: it.classic,
                at_events: it.at_events,
                left_out: it.left_out,
            })
        });
        Ok(Programs {
            attached: attached.collect::<Result<_, Error>>()?,
        })
    }

    /// Attaches all of them.
    pub(crate) fn attach(&self) -> io::Result<Vec<OwnedFd>> {
        let mut links = Vec::new();
        for program in &self.attached {
            links.extend(program.attach()?);
        }
        Ok(links)
    }

    /// All that are attached.
    pub(crate) fn all(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.attached.iter().map(|program| program.fd.as_fd())
    }

    /// Those that every event runs.
    pub(crate) fn at_events(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let programs = self.attached.iter().filter(|program| program.at_events);
        programs.map(|program| program.fd.as_fd())
    }

    /// Times that the kernel skipped such a program because it was already running on the CPU.
    pub(crate) fn recursion_misses(&self, left_out: LeftOut) -> u64 {
        let such = self.attached.iter().filter(|it| it.left_out == left_out);
        let infos = such.filter_map(|program| programs::info(program.fd.as_fd()).ok());
        infos.map(|info| info.recursion_misses).sum()
    }

    /// What the kernel numbers them by.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        let infos = self.all().filter_map(|fd| programs::info(fd).ok());
        infos.map(|info| info.id)
    }
}
