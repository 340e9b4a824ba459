//! Both layers before anybody does anything: contracts, tokens, and some ether on L2.

use crate::{
    cast::{Cast, HONEST, Layer, Pair, STRANGER, THIEF, TREASURER, Targets, USERS, alias},
    contracts::{Actor, CallingToken, Counter, FalseToken, FeeToken, GasBomb, PlainToken, Reenterer, ReturnBomb, SilentToken},
    fault::{Fault, l2, same},
    l2::L2,
    records::Records,
    report::Report,
    sequencer::Shape,
    world::{Page, Stage, World},
};
use alloy::{
    primitives::{Address, B256, Bytes, U256, keccak256},
    sol_types::{SolCall, SolConstructor, SolValue},
};
use gainsay_bindings::{OptimismMintableERC20, OptimismMintableERC20Factory, Portal};
use gainsay_game::settings::Settings;
use gainsay_model::chain::{Chain, Deployment};
use gainsay_types::predeploys::{MINTABLE_ERC20_FACTORY, STANDARD_BRIDGE};
use std::{collections::VecDeque, sync::Arc};

/// Rules of the game; seconds, and wei of a bond.
pub const SETTINGS: Settings =
    Settings { bond: U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]), window: 100, clock: 40, extension: 4, period: 2 };
/// Time of L1's first block, seconds.
const START: u64 = 1_000_000;
/// Units of each token that each person has.
const TOKENS: u128 = 1_000_000_000_000_000_000_000;
/// Wei that each person brings to L2.
const ETHER: u128 = 5_000_000_000_000_000_000;
/// Symbol of all twins.
const SYMBOL: &str = "TWN";
/// Gas of a deposit that creates.
const CREATION_GAS: u64 = 4_000_000;

impl Stage {
    /// Deploys everything.
    ///
    /// # Errors
    /// When a contract is not taken.
    pub fn new() -> Result<Self, Fault> {
        let mut chain = Chain::new()?;
        let l1 = chain.plan()?;
        let genesis = L2::genesis(&l1, TREASURER, START)?;
        let deployment = Deployment {
            settings: SETTINGS,
            config_hash: genesis.config().hash(),
            genesis: genesis.state(),
            // No match of this model gets as far as the machine.
            program_root: B256::repeat_byte(1),
            time: START,
        };
        let events = chain.deploy(&deployment)?;
        let cast = Cast {
            l1,
            keys: Cast::keys(),
            on_l1: Targets::default(),
            on_l2: Targets::default(),
            pairs: Vec::new(),
            false_token: Address::ZERO,
            calling_token: Address::ZERO,
        };
        let mut world = World {
            chain: &mut chain,
            l2: genesis.clone(),
            cast: Arc::new(cast),
            records: Records::default(),
            report: Report::default(),
            genesis: &genesis,
            inbox: Vec::new(),
            forged: Vec::new(),
            pool: Vec::new(),
            pages: VecDeque::new(),
            salt: 0,
        };
        events.iter().try_for_each(|event| world.event(event))?;
        world.set()?;
        let World { l2, cast, records, inbox, .. } = world;
        let start = Page { saved: chain.save(), records, inbox: inbox.len() };
        Ok(Self { chain, cast, start, genesis, l2, inbox })
    }
}

impl World<'_> {
    fn set(&mut self) -> Result<(), Fault> {
        let users: Vec<Address> = (0..USERS as u64).map(|user| self.cast.user(user)).collect();
        users.iter().chain(&[STRANGER, HONEST, THIEF]).for_each(|one| self.chain.fund(*one));
        self.begin_block(10);
        let mut cast = Cast::clone(&self.cast);
        let bomb = [&ReturnBomb::BYTECODE[..], &ReturnBomb::constructorCall { succeeds: true }.abi_encode()].concat();
        cast.on_l1 = Targets {
            actor: self.chain.create(Actor::BYTECODE.to_vec())?,
            counter: self.chain.create(Counter::BYTECODE.to_vec())?,
            gas_bomb: self.chain.create(GasBomb::BYTECODE.to_vec())?,
            return_bomb: self.chain.create(bomb.clone())?,
            reenterer: self.chain.create(Reenterer::BYTECODE.to_vec())?,
        };
        cast.on_l2 = Targets {
            actor: self.create_on_l2(&Actor::BYTECODE)?,
            counter: self.create_on_l2(&Counter::BYTECODE)?,
            gas_bomb: self.create_on_l2(&GasBomb::BYTECODE)?,
            return_bomb: self.create_on_l2(&bomb)?,
            reenterer: self.create_on_l2(&Reenterer::BYTECODE)?,
        };
        let tokens = [
            ("plain", &PlainToken::BYTECODE),
            ("fee", &FeeToken::BYTECODE),
            ("false", &FalseToken::BYTECODE),
            ("silent", &SilentToken::BYTECODE),
            ("calling", &CallingToken::BYTECODE),
        ];
        for (name, code) in tokens {
            let native = self.chain.create(code.to_vec())?;
            let twin = self.create_twin(native, name)?;
            cast.pairs.push(Pair { name, home: Layer::L1, native, twin });
        }
        (cast.false_token, cast.calling_token) = (cast.pairs[2].native, cast.pairs[4].native);
        let native = self.create_on_l2(&PlainToken::BYTECODE)?;
        let arguments = twin(cast.l1.bridge, native, "of L2");
        let twin = self.chain.create([&OptimismMintableERC20::BYTECODE[..], &arguments].concat())?;
        cast.pairs.push(Pair { name: "of L2", home: Layer::L2, native, twin });
        self.cast = Arc::new(cast);
        self.hand_out(&users)?;
        self.batch(u64::MAX, Shape::Late)?;
        self.check_contracts()
    }

    /// Tokens for everybody, allowances for the bridges, and ether on L2.
    fn hand_out(&mut self, users: &[Address]) -> Result<(), Fault> {
        let cast = self.cast.clone();
        let amount = U256::from(TOKENS);
        for pair in &cast.pairs {
            let owners = users.iter().copied().chain([cast.targets(pair.home).actor]);
            for owner in owners {
                self.on(pair.home, STRANGER, pair.native, &PlainToken::mintCall { to: owner, amount })?;
            }
            if pair.name == "silent" {
                continue;
            }
            let spender = cast.bridge(pair.home).1;
            let approve = PlainToken::approveCall { spender, amount: U256::MAX };
            for user in users {
                self.on(pair.home, *user, pair.native, &approve)?;
            }
            let run = Actor::runCall { target: pair.native, value: U256::ZERO, input: approve.abi_encode().into() };
            self.on(pair.home, STRANGER, cast.targets(pair.home).actor, &run)?;
        }
        let ether = U256::from(ETHER);
        let receivers = users.iter().copied().chain([cast.on_l2.actor, alias(cast.on_l1.actor)]);
        receivers.into_iter().try_for_each(|to| self.deposit(STRANGER, Some(to), ether, Bytes::new(), 100_000))
    }

    /// A call by an account on either layer; on L2 as a deposit.
    fn on<C: SolCall>(&mut self, layer: Layer, sender: Address, to: Address, call: &C) -> Result<(), Fault> {
        match layer {
            Layer::L1 => self.must(sender, to, call, U256::ZERO).map(|_| ()),
            Layer::L2 => self.deposit(sender, Some(to), U256::ZERO, call.abi_encode().into(), 500_000),
        }
    }

    pub(crate) fn deposit(&mut self, sender: Address, to: Option<Address>, value: U256, data: Bytes, gas: u64) -> Result<(), Fault> {
        let call = Portal::depositTransactionCall { to: to.unwrap_or_default(), value, gasLimit: gas, isCreation: to.is_none(), data };
        let portal = self.cast.l1.portal;
        self.must(sender, portal, &call, value).map(|_| ())
    }

    /// Where the stranger's next deposit creates.
    fn create_on_l2(&mut self, code: &[u8]) -> Result<Address, Fault> {
        let sent = self.l2.messages().iter().filter(|(message, _)| message.transaction(Address::ZERO).from == STRANGER).count();
        self.deposit(STRANGER, None, U256::ZERO, code.to_vec().into(), CREATION_GAS)?;
        Ok(STRANGER.create(sent as u64))
    }

    fn create_twin(&mut self, remote: Address, name: &str) -> Result<Address, Fault> {
        let (name, symbol) = (name.to_owned(), SYMBOL.to_owned());
        let salt = keccak256((remote, name.clone(), symbol.clone(), U256::from(18)).abi_encode_params());
        let code = [&OptimismMintableERC20::BYTECODE[..], &twin(STANDARD_BRIDGE, remote, &name)].concat();
        let call = OptimismMintableERC20Factory::createOptimismMintableERC20Call { remoteToken: remote, name, symbol };
        self.deposit(STRANGER, Some(MINTABLE_ERC20_FACTORY), U256::ZERO, call.abi_encode().into(), CREATION_GAS)?;
        Ok(MINTABLE_ERC20_FACTORY.create2(salt, keccak256(code)))
    }

    fn check_contracts(&mut self) -> Result<(), Fault> {
        let Targets { actor, counter, gas_bomb, return_bomb, reenterer } = self.cast.on_l2;
        let tokens = self.cast.pairs.iter().map(|pair| pair.on(Layer::L2).0);
        for address in [actor, counter, gas_bomb, return_bomb, reenterer].into_iter().chain(tokens) {
            let known = self.l2.flat().accounts.get(&address).ok_or_else(|| l2(("nothing stands at", address)))?;
            same("an account with code", known.code_hash == alloy::primitives::KECCAK256_EMPTY, false)?;
        }
        same("deposits that failed while the stage was set", self.l2.facts().deposits.0, 0)
    }
}

/// Arguments of a twin's constructor.
fn twin(bridge: Address, remote: Address, name: &str) -> Vec<u8> {
    let (name, symbol) = (name.to_owned(), SYMBOL.to_owned());
    OptimismMintableERC20::constructorCall { bridge_: bridge, remoteToken_: remote, name_: name, symbol_: symbol, decimals_: 18 }
        .abi_encode()
}
