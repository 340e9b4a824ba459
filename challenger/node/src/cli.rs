//! The command line. Turned once into checked settings; nothing below `main` sees it.

use crate::simulation::SimulateArgs;
use alloy::transports::http::reqwest::Url;
use clap::{Args, Parser, Subcommand};
use gainsay_challenger::config::{Config, PlayConfig};
use gainsay_l1::{KeyError, SecretKey};
use gainsay_shell::logging::{LogError, LogFormat};
use std::{
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    path::PathBuf,
    time::Duration,
};

/// Holds the key that stakes and moves.
const KEY_VARIABLE: &str = "GAINSAY_CHALLENGER_KEY";

/// Checks every claim about a Gainsay chain by itself, and defeats the false ones.
#[derive(Debug, Parser)]
#[command(name = "challenger", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Follows L1, gives a verdict on every assertion, and with a key stakes and plays against the false ones.
    Run(Box<RunArgs>),
    /// Tells verdicts, stakes and matches of a running challenger, in words.
    Status(StatusArgs),
    /// Tells one match of a running challenger, move by move.
    Show(ShowArgs),
    /// Plays a whole dispute about a block of the own chain, to see whether this machine is fast enough.
    Simulate(SimulateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// Log lines as text or json.
    #[arg(long, global = true, default_value = "text", value_name = "FORMAT", value_parser = |given: &str| given.parse::<LogFormat>())]
    log_format: LogFormat,
    /// What to log, in the form of RUST_LOG.
    #[arg(long, global = true, env = "RUST_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
}

impl LogArgs {
    pub(crate) fn init(&self) -> Result<(), LogError> {
        gainsay_shell::logging::init(self.log_format, &self.log)
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Directory with addresses.json and genesis.json, as `sequencer deploy` writes it.
    #[arg(long, value_name = "DIR")]
    network: PathBuf,
    /// JSON-RPC of L1.
    #[arg(long, value_name = "URL")]
    l1_rpc: Url,
    /// Beacon API of L1, for blobs; several are tried in turn.
    #[arg(long, value_name = "URL", required = true, value_delimiter = ',')]
    beacon: Vec<Url>,
    /// Directory of the challenger's database.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Address to serve status and metrics on.
    #[arg(long, default_value = "127.0.0.1", value_name = "IP")]
    host: IpAddr,
    /// Port of the status.
    #[arg(long, default_value_t = 9547, value_name = "PORT")]
    status_port: u16,
    /// Serve Prometheus metrics on this port.
    #[arg(long, value_name = "PORT")]
    metrics_port: Option<u16>,
    /// Milliseconds between two looks at L1.
    #[arg(long, default_value_t = 1_000, value_name = "MS", value_parser = clap::value_parser!(u64).range(50..=600_000))]
    l1_poll: u64,
    #[command(flatten)]
    play: PlayArgs,
}

#[derive(Debug, Args)]
struct PlayArgs {
    /// File with the key that stakes and moves; without it the key is in GAINSAY_CHALLENGER_KEY. With neither, it only watches.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Make claims about new batches, and list them for users' tools, where the sequencer's proposer does not. Takes one bond until it is run without this
    /// again; beside another proposer it joins the same claims.
    #[arg(long)]
    propose: bool,
    /// L1 blocks on top of a batch before it stakes on its result.
    #[arg(long, default_value_t = 2, value_name = "N")]
    confirmations: u64,
    /// Machine runs traced at once; one for every two cores, if not given. Each takes a core, and memory beside the 1 GiB for what was traced.
    #[arg(long, value_name = "N")]
    workers: Option<NonZeroUsize>,
    /// The most that is paid per gas on L1, gwei.
    #[arg(long, default_value_t = 500, value_name = "GWEI")]
    max_l1_fee: u64,
}

impl PlayArgs {
    fn config(self) -> Result<Option<PlayConfig>, KeyError> {
        let Self { key_file, propose, confirmations, workers, max_l1_fee: max_fee_gwei } = self;
        // Claims take a bond; without a key there is nobody to pay it.
        let key = if propose {
            Some(SecretKey::load(key_file.as_deref(), KEY_VARIABLE, "--key-file")?)
        } else {
            SecretKey::find(key_file.as_deref(), KEY_VARIABLE)?
        };
        Ok(key.map(|key| PlayConfig { key, propose, confirmations, workers, max_fee_gwei }))
    }
}

impl RunArgs {
    /// Checks what can be checked without L1, and reads the key.
    pub(crate) fn config(self) -> Result<Config, KeyError> {
        Ok(Config {
            network: self.network,
            l1_rpc: self.l1_rpc,
            beacon: self.beacon,
            data: self.data,
            status: SocketAddr::new(self.host, self.status_port),
            metrics: self.metrics_port.map(|port| SocketAddr::new(self.host, port)),
            l1_poll: Duration::from_millis(self.l1_poll),
            play: self.play.config()?,
        })
    }
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Where the challenger serves its status.
    #[arg(long, default_value = "http://127.0.0.1:9547", value_name = "URL")]
    pub(crate) url: Url,
    /// Print JSON instead of words.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The match: its id, or enough of the beginning.
    #[arg(value_name = "MATCH")]
    pub(crate) id: String,
    /// Tell moves as they come, and end with the match: with exit code 1 if the truth has lost it, else 0.
    #[arg(long)]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) status: StatusArgs,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn playing(arguments: &[&str]) -> Result<Option<PlayConfig>, KeyError> {
        let run = ["challenger", "run", "--network", "n", "--l1-rpc", "http://l1", "--beacon", "http://beacon", "--data", "d"];
        match Cli::try_parse_from(run.iter().chain(arguments)).expect("the arguments are allowed").command {
            Command::Run(args) => args.config().map(|config| config.play),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn who_proposes_needs_a_key_and_who_has_one_proposes_only_if_told() {
        let directory = tempfile::tempdir().expect("a folder");
        let file = directory.path().join("key");
        std::fs::write(&file, "01".repeat(32)).expect("writes");
        let key = ["--key-file", file.to_str().expect("text")];
        let propose = |arguments: &[&str]| playing(arguments).expect("the key is there").map(|play| play.propose);
        assert_eq!(propose(&key), Some(false));
        assert_eq!(propose(&[&key[..], &["--propose"]].concat()), Some(true));
        // Holds as long as nobody sets the variable for the tests.
        let error = playing(&["--propose"]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("--key-file") && error.contains(KEY_VARIABLE), "{error}");
    }
}
