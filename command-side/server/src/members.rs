//! Everything about members: opens the vault, then the authentication service, and has the process runner and the courier work.

use std::{error::Error, sync::Arc, time::Duration};

use anyhow::Context;
use application::{
    AuthParts, AuthService, Channels, Courier, CourierOptions, DeliveryHealth, IdentityProvider, MemberOptions,
    Members, OutsideOptions, OutsideProcesses, ProcessRunner, Providers, PushChannel, PushCourier,
};
use event_store_postgres::{PoolOptions, PostgresLog, PostgresProcesses, connect};
use kernel::{RandomIds, SystemClock};
use log::{DetachedCommits, ProcessStore};
use platform::{
    auth::{Quotas, Revocations, Signer, Verifier},
    ops::Probes,
    shutdown::Shutdown,
};
use tasks::Task;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use vault::{KekWatch, Passwords, PostgresVault, Vault, VaultError, VaultReader};

use crate::{
    config::Config,
    key_rotation::KeyRotation,
    services::Opened,
    tokens::{FileSigner, Listed, Quoted, Refused},
};

const RETRY: Duration = Duration::from_secs(1);
/// How long the start waits for the list of revoked tokens. After that the server serves without it.
const FIRST_LOOK: Duration = Duration::from_secs(2);

/// What runs for members.
pub(crate) struct People {
    listed: watch::Receiver<bool>,
    task: Task,
}

impl People {
    /// Checks what is set and begins to work; asks no server for anything before that. Works until no more commands can
    /// come: being stopped anywhere is as good as a crash, and nothing is lost by one.
    pub(crate) fn start(
        config: &Config,
        verifier: &Verifier,
        (services, archive, providers): (Arc<Opened>, Option<Arc<dyn DetachedCommits>>, Providers),
        probes: &Probes,
        closed: Shutdown,
    ) -> anyhow::Result<Self> {
        let members = &config.members;
        let pool = |url: &str, connections| connect(url, &PoolOptions::log("command-server", connections));
        let kek = members.kek.open(members.kek_token_file.as_deref()).context("JANGBU_KEK cannot be used")?;
        let vault = pool(&members.vault_writer_url, members.vault_connections)
            .context("JANGBU_VAULT_WRITER_URL cannot be used")?;
        // Connections of their own: however many sign up, a transfer never waits for one of theirs.
        let log =
            pool(&config.log_writer_url, members.member_connections).context("JANGBU_LOG_WRITER_URL cannot be used")?;
        let signer = Signer::from_file(&members.signing_key_file).context("JANGBU_SIGNING_KEY_FILE cannot be used")?;
        let signer = FileSigner::new(signer, verifier.clone());
        let (channels, push) = (config.channels.channels()?, config.channels.push()?);
        let passwords = Passwords::start(members.passwords())?;
        let identities = config.operators.identities(Arc::new(SystemClock))?;

        database::require_sessions(vec![vault.clone()]);
        let reader = VaultReader::new(vault.clone(), kek.clone());
        let board = DeliveryHealth::new(&channels);
        probe(probes, reader.clone(), services.clone());
        let kek_watch = KekWatch::new(reader.clone());
        let asked = kek_watch.clone();
        probes.register_kek(move || asked.clone().is_right(), move || kek_watch.clone().answers());
        probe_channels(probes, &board);
        let history_error = probe_history(probes);
        let listed = Listed::new(reader.revocations());
        let read = listed.read();
        let (revocations, config) = (verifier.revocations().clone(), config.clone());
        let (quotas, quoted) = (verifier.quotas().clone(), Arc::new(Quoted(reader)));
        probe_signer(probes, signer.clone());
        let work = async move {
            let following = {
                let (revocations, listed, closed) = (revocations.clone(), Arc::new(listed), closed.clone());
                tasks::until_done("revocations", move || follow(revocations.clone(), listed.clone(), closed.clone()))
            };
            let counting = {
                let (quotas, quoted, closed) = (quotas.clone(), quoted.clone(), closed.clone());
                tasks::until_done("quotas", move || follow_quotas(quotas.clone(), quoted.clone(), closed.clone()))
            };
            let signing = {
                let signer = signer.clone();
                tasks::endless("signing-key", move || signer.clone().follow())
            };
            let open = || PostgresVault::open(vault.clone(), kek.clone());
            if let Some(opened) = until_open(open, &services, &closed).await {
                let rotation = KeyRotation::new(&config.members, vault.clone(), kek.clone());
                let rotating = tasks::until_done("key-rotation", {
                    let closed = closed.clone();
                    move || rotation.clone().run(closed.clone())
                });
                let revoked = Arc::new(Refused(revocations));
                let reached = (channels, board, providers);
                let proving = (passwords, identities);
                let work = MemberWork { config, proving, signer, reached, push, services, history_error, revoked };
                let log = PostgresLog::new(log.clone()).with_archive(archive);
                work.run(Arc::new(opened), log, closed).await;
                rotating.ended().await;
            }
            following.ended().await;
            counting.ended().await;
            drop(signing);
            vault.close().await;
            log.close().await;
        };
        Ok(Self { listed: read, task: tasks::vital("members", work) })
    }

    /// Before the first request it should be known whose tokens count no more. A vault that is away keeps nobody from
    /// moving money.
    pub(crate) async fn first_look(&mut self) {
        if timeout(FIRST_LOOK, self.listed.wait_for(|read| *read)).await.is_err() {
            tracing::warn!("revocations were not read yet: revoked tokens still count, until the vault answers");
        }
    }

    /// Waits until all of it has ended.
    pub(crate) async fn ended(self) {
        self.task.ended().await;
    }
}

/// What serves members once the vault is open.
struct MemberWork {
    config: Config,
    /// By what people prove who they are.
    proving: (Passwords, Option<Arc<dyn IdentityProvider>>),
    signer: FileSigner,
    /// How people are reached, how that is doing, and the providers outside.
    reached: (Channels, DeliveryHealth, Providers),
    push: Option<Arc<dyn PushChannel>>,
    services: Arc<Opened>,
    history_error: watch::Sender<Option<String>>,
    revoked: Arc<Refused>,
}

impl MemberWork {
    /// Serves members, delivers messages and runs the processes until no more commands can come.
    async fn run(self, vault: Arc<dyn Vault>, log: PostgresLog, closed: Shutdown) {
        let Self { config, proving, signer, reached, push, services, history_error, revoked } = self;
        let ((channels, board, providers), outside) = (reached, config.outside.options());
        let (passwords, identities) = proving;
        let processes: Arc<dyn ProcessStore> = Arc::new(PostgresProcesses::new(log.pool().clone()));
        let (engine_log, log) = (Arc::new(log.clone().without_waiting()), Arc::new(log));
        let (ids, clock, signer) = (Arc::new(RandomIds), Arc::new(SystemClock), Arc::new(signer));
        let options = MemberOptions {
            revoked: Some(revoked.clone()),
            payouts: config.payouts(),
            approvals: config.operators.approvals(),
            notifies: push.is_some(),
            ..config.members.members()
        };
        let members = Members::on_logs((engine_log, log.clone()), vault.clone(), ids.clone(), clock.clone(), options);
        let parts = AuthParts {
            members: members.clone(),
            log,
            vault: vault.clone(),
            passwords,
            signer,
            revoked,
            identities,
            ids,
            clock: clock.clone(),
        };
        // Nobody else sets it.
        let _ = services.auth.set(AuthService::new(parts, config.operators.auth(config.members.auth())));
        tracing::info!("members are served");
        let pushing =
            push.map(|channel| push_to_devices(&config, vault.clone(), channel, clock.clone(), closed.clone()));
        let sending = {
            let closed = closed.clone();
            let courier = move || {
                let (vault, channels) = (vault.clone(), channels.clone());
                Courier::new(vault, channels, clock.clone(), CourierOptions::default()).reporting(board.clone())
            };
            tasks::until_done("courier", move || send(courier(), closed.clone()))
        };
        let working = tasks::until_done("processes", move || {
            let (members, services, processes) = (members.clone(), services.clone(), processes.clone());
            run_processes(
                (members, providers.clone(), outside),
                services,
                processes,
                history_error.clone(),
                closed.clone(),
            )
        });
        working.ended().await;
        sending.ended().await;
        if let Some(pushing) = pushing {
            pushing.ended().await;
        }
    }
}

/// Not ready for members, but ready.
fn probe(probes: &Probes, reader: VaultReader, services: Arc<Opened>) {
    probes.register_optional("vault", move || {
        let (reader, services) = (reader.clone(), services.clone());
        async move {
            reader.revoked_after(i64::MAX).await.map_err(|error| error.to_string())?;
            services.auth.get().map(drop).ok_or_else(|| "it was not opened yet".to_owned())
        }
    });
}

/// Without a key nobody logs in, and money moves.
fn probe_signer(probes: &Probes, signer: FileSigner) {
    probes.register_optional("signing key", move || std::future::ready(signer.check()));
}

/// A vault and a log that are not of one history are not served: an operator has to say which of them is true.
fn probe_history(probes: &Probes) -> watch::Sender<Option<String>> {
    let (sender, history_error) = watch::channel(None::<String>);
    probes.register("vault history", move || {
        let history_error = history_error.borrow().clone();
        std::future::ready(history_error.map_or(Ok(()), Err))
    });
    sender
}

/// Without a channel people wait for their codes, and money moves: a probe reports that, and it takes no server out of the balancer.
fn probe_channels(probes: &Probes, board: &DeliveryHealth) {
    for channel in ["email", "phone"] {
        let board = board.clone();
        probes.register_optional(channel, move || std::future::ready(board.check(channel)));
    }
}

/// The vault, asked for until it opens.
async fn until_open<R>(open: impl Fn() -> R, services: &Opened, closed: &Shutdown) -> Option<PostgresVault>
where
    R: Future<Output = Result<PostgresVault, VaultError>>,
{
    let mut logged = false;
    loop {
        let opened = tokio::select! {
            () = closed.requested() => return None,
            opened = open() => opened,
        };
        if let Err(error) = &opened {
            services.note_vault(error);
        }
        match opened {
            Ok(vault) => return Some(vault),
            Err(error) if !logged => {
                logged = true;
                tracing::warn!(error = &error as &dyn Error, "the vault does not open; retrying");
            }
            Err(_) => {}
        }
        tokio::select! { () = closed.requested() => return None, () = sleep(RETRY) => {} }
    }
}

async fn follow(revocations: Revocations, listed: Arc<Listed>, closed: Shutdown) {
    revocations.follow(listed, closed).await;
}

async fn follow_quotas(quotas: Quotas, quoted: Arc<Quoted>, closed: Shutdown) {
    quotas.follow(quoted, closed).await;
}

async fn send(courier: Courier<dyn Vault>, closed: Shutdown) {
    courier.run(closed.requested()).await;
}

/// Has the courier of pushes work until no more commands can come.
fn push_to_devices(
    config: &Config,
    vault: Arc<dyn Vault>,
    channel: Arc<dyn PushChannel>,
    clock: Arc<SystemClock>,
    closed: Shutdown,
) -> Task {
    let assets = config.assets.clone();
    let courier = move || {
        let (vault, channel, clock, assets) = (vault.clone(), channel.clone(), clock.clone(), assets.clone());
        PushCourier::new(vault, channel, clock, assets, CourierOptions::default())
    };
    tasks::until_done("push-courier", move || push(courier(), closed.clone()))
}

async fn push(courier: PushCourier<dyn Vault>, closed: Shutdown) {
    courier.run(closed.requested()).await;
}

/// The process runner needs the bank too, for the accounts of those who leave.
async fn run_processes(
    (members, providers, options): (Members, Providers, OutsideOptions),
    services: Arc<Opened>,
    processes: Arc<dyn ProcessStore>,
    history_error: watch::Sender<Option<String>>,
    closed: Shutdown,
) {
    let bank = tokio::select! {
        () = closed.requested() => return,
        bank = services.bank.wait() => bank.clone(),
    };
    let holder = format!("command-server/{}", std::process::id());
    let outside = OutsideProcesses::new(members.clone(), bank.clone(), providers, options);
    let runner = ProcessRunner::new(members, bank, processes, holder).with(outside).reporting(history_error);
    runner.run(closed.requested()).await;
}
