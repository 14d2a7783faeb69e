//! The load of the check: clients and servers of one process, which know how many connections they made.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;

/// What the servers listen to, and where their clients find them: the last takes IPv4, too.
const SERVERS: [(&str, &str); 4] = [
    ("127.0.0.1:4001", "127.0.0.1:4001"),
    ("127.0.0.1:4002", "127.0.0.1:4002"),
    ("[::1]:4003", "[::1]:4003"),
    ("[::]:4004", "127.0.0.1:4004"),
];
/// Nobody listens there.
const REFUSED: &str = "127.0.0.1:4000";
/// Of many receivers: the kernel lets nobody connect to them.
const UNREACHABLE: &str = "224.0.0.1:4000";
/// Whatever is sent there is lost.
const SILENT: &str = "198.51.100.1:4000";

/// All clients; each goes to one server, and of the last ones' number there are as many at each.
const CLIENTS: usize = 64;
/// What each client does.
const CONNECTIONS: usize = 300;
const REFUSALS: usize = 40;
const UNREACHED: usize = 20;
const ABANDONED: usize = 5;
/// How long a client waits for what does not answer.
const SHORT: Duration = Duration::from_millis(1);

/// Makes the storm, then prints what was done as a JSON object.
///
/// # Errors
/// When anything ends otherwise than it should.
pub fn run(arguments: &[String]) -> Result<ExitCode> {
    ensure!(arguments.is_empty(), "the storm takes no arguments");
    let each = CONNECTIONS * CLIENTS / SERVERS.len();
    let mut servers = Vec::new();
    for (at, _) in SERVERS {
        let listener = TcpListener::bind(at).with_context(|| format!("cannot listen at {at}"))?;
        servers.push(thread::spawn(move || serve(&listener, each)));
    }
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| thread::spawn(move || storm(SERVERS[client % SERVERS.len()].1)))
        .collect();
    for client in clients {
        end_of(client)?;
    }
    for server in servers {
        end_of(server)?;
    }
    let done = json!({
        "type": "storm",
        "established": CLIENTS * CONNECTIONS,
        "accepted": each * SERVERS.len(),
        "refused": CLIENTS * REFUSALS,
        "unreachable": CLIENTS * UNREACHED,
        "abandoned": CLIENTS * ABANDONED,
    });
    println!("{done}");
    Ok(ExitCode::SUCCESS)
}

fn end_of(thread: thread::JoinHandle<Result<()>>) -> Result<()> {
    match thread.join() {
        Ok(result) => result,
        Err(_) => bail!("a part of the storm panicked"),
    }
}

/// Accepts so many connections, and closes each.
fn serve(listener: &TcpListener, connections: usize) -> Result<()> {
    for _ in 0..connections {
        listener.accept().context("cannot accept")?;
    }
    Ok(())
}

/// What one client does: the failures lie between the connections.
fn storm(server: &str) -> Result<()> {
    for turn in 0..CONNECTIONS {
        match TcpStream::connect(server) {
            Ok(mut stream) => {
                let bytes = stream.read(&mut [0]).context("cannot read")?;
                ensure!(bytes == 0, "a server sent something");
            }
            // Established, closed by the server and reset before this thread ran again.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            Err(error) => return Err(error).context("cannot connect"),
        }
        if turn < REFUSALS {
            expect(TcpStream::connect(REFUSED), ErrorKind::ConnectionRefused)?;
        }
        if turn < UNREACHED {
            let result = TcpStream::connect(UNREACHABLE);
            expect(result, ErrorKind::NetworkUnreachable)?;
        }
        if turn < ABANDONED {
            let silent: SocketAddr = SILENT.parse().context("no address")?;
            let result = TcpStream::connect_timeout(&silent, SHORT);
            expect(result, ErrorKind::TimedOut)?;
        }
    }
    Ok(())
}

fn expect(result: std::io::Result<TcpStream>, kind: ErrorKind) -> Result<()> {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(error).with_context(|| format!("wanted {kind}")),
        Ok(_) => bail!("connected where {kind} was wanted"),
    }
}
