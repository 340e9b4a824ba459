//! One block, and what it costs.

use crate::{
    clock::{Clock, median},
    world::{Host, Taken, World, alloc, config},
};
use alloy_primitives::Address;
use eyre::{Result, ensure, eyre};
use gainsay_execute::genesis::{GenesisAccount, GenesisAlloc};
use gainsay_machine::{Machine, Program, Status, fast::Runner};
use gainsay_types::ChainConfig;
use std::sync::OnceLock;

/// A node executes each block so often; the figure is the median.
const RUNS: usize = 3;
/// What the machine is allowed.
const MAX_STEPS: u64 = 1 << 40;
/// Block gas limit of the devnet.
const BLOCK_GAS_LIMIT: u64 = 30_000_000;

/// A block.
pub(crate) struct Case {
    pub(crate) name: String,
    /// A chain whose next step makes the block.
    build: Box<dyn Fn() -> World>,
}

/// What a block costs.
pub(crate) struct Figures {
    pub(crate) gas: u64,
    pub(crate) steps: u64,
    /// Of a node, on one core.
    pub(crate) seconds: f64,
    /// Of the fast runner, with the precompile calls that L1 would make.
    pub(crate) machine_seconds: f64,
}

impl Figures {
    /// None if the step uses no gas.
    pub(crate) fn steps_per_gas(&self) -> Option<f64> {
        (self.gas > 0).then(|| self.steps as f64 / self.gas as f64)
    }

    /// Of a node. None if the step uses no gas.
    pub(crate) fn nanoseconds_per_gas(&self) -> Option<f64> {
        (self.gas > 0).then(|| self.seconds * 1e9 / self.gas as f64)
    }
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, build: impl Fn() -> World + 'static) -> Self {
        Self { name: name.into(), build: Box::new(build) }
    }

    pub(crate) fn measure(&self, program: &Program) -> Result<Figures> {
        let mut seconds = Vec::new();
        let (mut world, mut taken) = self.native(&mut seconds);
        for _ in 1..RUNS {
            (world, taken) = self.native(&mut seconds);
        }
        let gas = taken.block.as_ref().map_or(0, |block| block.header.gas_used);
        let mut runner = Runner::new(&Machine::new(program, taken.input), program.text())?;
        let mut host = Host::new(&world.preimages);
        let clock = Clock::start();
        runner.run_to(MAX_STEPS, &mut host).map_err(|error| eyre!("{}: {error}", self.name))?;
        let machine_seconds = clock.seconds();
        let hart = runner.hart();
        ensure!(
            hart.status == Status::HALTED && hart.output == taken.output,
            "{}: the guest ends {} and otherwise than the node",
            self.name,
            hart.status
        );
        Ok(Figures { gas, steps: runner.step(), seconds: median(seconds), machine_seconds })
    }

    fn native(&self, seconds: &mut Vec<f64>) -> (World, Taken) {
        let mut world = (self.build)();
        let clock = Clock::start();
        let taken = world.step();
        seconds.push(clock.seconds());
        (world, taken)
    }
}

/// A chain with these accounts among others, the devnet's block gas limit, and a second's gas for a whole block.
pub(crate) fn chain(accounts: impl IntoIterator<Item = (Address, GenesisAccount)>) -> World {
    static BASE: OnceLock<GenesisAlloc> = OnceLock::new();
    let mut all = BASE.get_or_init(alloc).clone();
    all.0.extend(accounts);
    let config = ChainConfig { block_gas_limit: BLOCK_GAS_LIMIT, gas_rate: BLOCK_GAS_LIMIT, ..config() };
    World::of(config, 1_000_000_000, &all)
}
