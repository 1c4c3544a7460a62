//! What `jangbu doctor` says, written once a minute for the console, for as long as the servers run.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
    time::Duration,
};

use anyhow::{Context, Result};
use testkit::kit::{Life, Place, Program, Signal};
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};

use crate::{
    environment::Environment,
    record::{Record, fingerprint},
    say,
};

/// The name of the program in the background.
pub const DOCTOR: &str = "doctor";

/// The argument by which this program is that one.
pub const WRITE: &str = "write-reports";

/// Between two looks.
const EVERY: Duration = Duration::from_secs(60);

/// It ends at once, and takes a look that is going on with it.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Where the console reads the report.
pub fn report(place: &Place) -> PathBuf {
    place.state.join("doctor.json")
}

/// Starts the program that writes the report, unless it runs with these settings.
pub async fn start(place: &Place, binaries: &Path, environment: &Environment) -> Result<()> {
    let binary = std::env::current_exe().context("this program cannot be found")?;
    let settings = environment.pairs();
    // A look runs `jangbu` as it is built then; this program need not be started again for it.
    let fingerprint = fingerprint(&binary, &settings)?;
    let shown = report(place).display().to_string();
    if let Some(record) = Record::running(place, DOCTOR) {
        if record.fingerprint == fingerprint {
            say::step(DOCTOR, &format!("runs already (pid {}), writes {shown}", record.identity.pid));
            return Ok(());
        }
        record.identity.stop(Signal::TERM, TIME_LIMIT).await?;
    }
    let program = Program {
        path: binary,
        args: vec![WRITE.to_owned(), "--binaries".to_owned(), binaries.display().to_string()],
        env: settings,
        dir: place.checkout.clone(),
        log: place.log_file(DOCTOR),
        user: None,
        life: Life::Detached,
        end: Signal::TERM,
    };
    let identity = program.start()?.identity()?;
    // It listens nowhere.
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Record { identity, address, asked: address, fingerprint }.save(place, DOCTOR)?;
    say::step(DOCTOR, &format!("writes {shown} once a minute; the console shows it under Health"));
    Ok(())
}

/// Where the programs are.
#[derive(clap::Args)]
pub struct WriteArgs {
    /// The folder that holds `jangbu`
    #[arg(long)]
    binaries: PathBuf,
}

/// Writes the report again and again, until it is told to end.
pub async fn write(args: &WriteArgs) -> Result<ExitCode> {
    let file = report(&Place::open()?);
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for signals")?;
    loop {
        let look = async {
            look(&args.binaries, &file).await;
            tokio::time::sleep(EVERY).await;
        };
        tokio::select! {
            _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
            () = look => {}
        }
    }
}

/// One look. Dropping it ends it. That something failed is in the report; why none was written is in the log.
async fn look(binaries: &Path, file: &Path) {
    let status = Command::new(binaries.join("jangbu"))
        .args(["doctor", "--report"])
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await;
    if let Err(error) = status {
        say::note(&format!("jangbu doctor cannot be run: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, time::Instant};

    use testkit::kit::Identity;

    use super::*;

    /// A folder with a `jangbu` that is this script.
    fn script(name: &str, text: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("jangbu-dev-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("jangbu"), format!("#!/bin/sh\n{text}\n")).expect("written");
        fs::set_permissions(folder.join("jangbu"), fs::Permissions::from_mode(0o755)).expect("chmod");
        folder
    }

    #[tokio::test]
    async fn a_look_has_the_report_written() {
        let folder = script("look", "echo \"$1 $2\" > \"$3\"; exit 1");
        look(&folder, &folder.join("report")).await;
        assert_eq!(fs::read_to_string(folder.join("report")).expect("written"), "doctor --report\n");
        fs::remove_dir_all(folder).expect("removed");
    }

    /// `down` stops the databases next: nobody is left who asks them.
    #[tokio::test]
    async fn a_look_that_is_given_up_takes_its_program_with_it() {
        let folder = script("given-up", "echo $$ > \"$3\"; exec sleep 60");
        let file = folder.join("report");
        let since = Instant::now();
        let moment = || {
            assert!(since.elapsed() < Duration::from_secs(20), "it took too long");
            tokio::time::sleep(Duration::from_millis(5))
        };
        let running = async {
            loop {
                let pid = fs::read_to_string(&file).ok().and_then(|pid| pid.trim().parse().ok());
                if let Some(identity) = pid.and_then(Identity::of) {
                    return identity;
                }
                moment().await;
            }
        };
        let identity = tokio::select! {
            () = look(&folder, &file) => panic!("it ended by itself"),
            identity = running => identity,
        };
        while identity.alive() {
            moment().await;
        }
        fs::remove_dir_all(folder).expect("removed");
    }
}
