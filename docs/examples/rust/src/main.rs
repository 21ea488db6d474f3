// SPDX-License-Identifier: MIT
//! Asks tsuku-dltestd which shared libraries load, with code that was generated from the interface.

use std::io::{self, BufReader};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, RwLock};
use std::time::Duration;
use std::{cmp::max, env};

use dltest::{ErrorKind, Verdict, Verify_Args, Verify_Reply};
use serde_json::json;
use varlink::{Connection, MethodCall};

#[allow(clippy::all, dead_code, non_camel_case_types, non_snake_case)]
mod dltest {
    include!(concat!(env!("OUT_DIR"), "/dltest.rs"));
}

/// With `more` the daemon says something every 4 s.
const PATIENCE: Duration = Duration::from_secs(12);

// How the program ends, as tsuku-dltest does; of several, the greatest.
const LOADS: u8 = 0;
const DOES_NOT_LOAD: u8 = 1;
const USAGE: u8 = 2;
const NO_VERDICT: u8 = 3;

/// A variable of the environment that is not empty.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Where the daemon listens.
fn socket_path() -> PathBuf {
    let in_home = || variable("HOME").unwrap_or_default().join(".tsuku");
    let in_tsuku = || {
        variable("TSUKU_HOME")
            .unwrap_or_else(in_home)
            .join("dltest.sock")
    };
    variable("TSUKU_DLTEST_SOCKET").unwrap_or_else(in_tsuku)
}

/// As Connection::with_address(), but with a time limit.
fn connect(socket: &Path) -> io::Result<Arc<RwLock<Connection>>> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut connection = Connection::default();
    connection.reader = Some(BufReader::new(Box::new(stream.try_clone()?)));
    connection.writer = Some(Box::new(stream));
    Ok(Arc::new(RwLock::new(connection)))
}

/// A line. Newer daemons have new reasons: any is a no, but for no_verdict.
fn print_verdict(verdict: Verdict) -> u8 {
    if verdict.ok {
        println!("{}: loads", verdict.path);
        return LOADS;
    }
    let (reason, error) = (
        verdict.reason.unwrap_or_default(),
        verdict.error.unwrap_or_default(),
    );
    println!("{}: {reason}: {error}", verdict.path);
    if reason == "no_verdict" {
        NO_VERDICT
    } else {
        DOES_NOT_LOAD
    }
}

/// Prints the verdicts as they become known. VarlinkClient::verify() takes all parameters by
/// position, so each that a later interface has would be one more to write here.
fn verify(connection: Arc<RwLock<Connection>>, paths: &[String]) -> Result<u8, dltest::Error> {
    let asked: Verify_Args = serde_json::from_value(json!({ "paths": paths })).unwrap();
    let method = "dev.tsuku.DlTest.Verify";
    let mut call = MethodCall::<_, Verify_Reply, dltest::Error>::new(connection, method, asked);
    let mut status = LOADS;
    for reply in call.more()? {
        for verdict in reply?.results {
            status = max(status, print_verdict(verdict));
        }
    }
    Ok(status)
}

/// What went wrong with the whole call.
fn explain(error: &dltest::Error) -> String {
    use varlink::ErrorKind::{ConnectionClosed, Io, VarlinkErrorReply};
    match (error.kind(), error.source_varlink_kind()) {
        (ErrorKind::Busy(_), _) => "the daemon is busy, try again in a moment".into(),
        (_, Some(VarlinkErrorReply(reply))) => format!(
            "{}: {}",
            reply.error.as_deref().unwrap_or_default(),
            reply.parameters.as_ref().unwrap_or(&json!({}))
        ),
        (_, Some(kind @ (Io(_) | ConnectionClosed))) => {
            format!("the daemon has hung up, or says nothing ({kind})")
        }
        (_, Some(kind)) => kind.to_string(),
        (kind, None) => kind.to_string(),
    }
}

fn main() -> ExitCode {
    // Not made canonical: the daemon says the path as it was asked about.
    let directory = env::current_dir().unwrap_or_default();
    let paths: Vec<_> = env::args_os()
        .skip(1)
        .map(|path| directory.join(path).to_string_lossy().into_owned())
        .collect();
    if paths.is_empty() {
        eprintln!("Usage: ask LIBRARY...");
        return USAGE.into();
    }
    let socket = socket_path();
    let connection = match connect(&socket) {
        Ok(connection) => connection,
        Err(error) => {
            eprintln!(
                "ask: no daemon at {} ({error}): 'tsuku-dltest LIBRARY' starts one",
                socket.display()
            );
            return NO_VERDICT.into();
        }
    };
    verify(connection, &paths)
        .unwrap_or_else(|error| {
            eprintln!("ask: {}", explain(&error));
            NO_VERDICT
        })
        .into()
}
