//! Who takes part, and what stands on both layers.

use alloy::{
    primitives::{Address, B256, U256, keccak256},
    signers::local::PrivateKeySigner,
};
use gainsay_model::chain::Addresses;
use gainsay_types::predeploys::{CROSS_DOMAIN_MESSENGER, MESSAGE_PASSER, STANDARD_BRIDGE};

/// People with a key.
pub const USERS: usize = 4;
/// Forces batches, confirms, lists, finalises for others.
pub const STRANGER: Address = Address::repeat_byte(0x57);
/// Who claims the truth.
pub const HONEST: Address = Address::repeat_byte(0x40);
/// Who claims anything else, and means to be paid for it.
pub const THIEF: Address = Address::repeat_byte(0x7f);
/// Gets the fees of L2, on L1.
pub const TREASURER: Address = Address::repeat_byte(0x7e);

/// A side of the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Ethereum.
    L1,
    /// The rollup.
    L2,
}

impl Layer {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::L1 => Self::L2,
            Self::L2 => Self::L1,
        }
    }
}

/// A token where it is at home, and what stands for it on the other layer.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// What the token does.
    pub name: &'static str,
    /// Its layer.
    pub home: Layer,
    /// The token.
    pub native: Address,
    /// Its twin on the other layer.
    pub twin: Address,
}

impl Pair {
    /// The one of both that is on a layer, then the other.
    #[must_use]
    pub fn on(&self, layer: Layer) -> (Address, Address) {
        if layer == self.home { (self.native, self.twin) } else { (self.twin, self.native) }
    }
}

/// Contracts of a layer that are called.
#[derive(Clone, Copy, Debug, Default)]
pub struct Targets {
    /// Sends what it is told to.
    pub actor: Address,
    /// Refuses when told to.
    pub counter: Address,
    /// Uses all gas.
    pub gas_bomb: Address,
    /// Answers with a megabyte.
    pub return_bomb: Address,
    /// Calls back.
    pub reenterer: Address,
}

/// Everybody and everything.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The chain's contracts on L1.
    pub l1: Addresses,
    /// Keys.
    pub keys: Vec<PrivateKeySigner>,
    /// On L1.
    pub on_l1: Targets,
    /// On L2.
    pub on_l2: Targets,
    /// Tokens.
    pub pairs: Vec<Pair>,
    /// The token that can lie.
    pub false_token: Address,
    /// The token that calls back.
    pub calling_token: Address,
}

impl Cast {
    /// The keys of the people.
    ///
    /// # Panics
    /// Never: a hash is a key, but for two of 2^256.
    #[must_use]
    pub fn keys() -> Vec<PrivateKeySigner> {
        let key = |number: usize| PrivateKeySigner::from_bytes(&keccak256([number as u8])).unwrap_or_else(|_| PrivateKeySigner::random());
        (0..USERS).map(key).collect()
    }

    /// A person's address, on both layers.
    #[must_use]
    pub fn user(&self, pick: u64) -> Address {
        self.keys[pick as usize % USERS].address()
    }

    /// The contracts of a layer that can be called.
    #[must_use]
    pub const fn targets(&self, layer: Layer) -> &Targets {
        match layer {
            Layer::L1 => &self.on_l1,
            Layer::L2 => &self.on_l2,
        }
    }

    /// Messenger and bridge of a layer.
    #[must_use]
    pub const fn bridge(&self, layer: Layer) -> (Address, Address) {
        match layer {
            Layer::L1 => (self.l1.messenger, self.l1.bridge),
            Layer::L2 => (CROSS_DOMAIN_MESSENGER, STANDARD_BRIDGE),
        }
    }

    /// A callee on a layer: mostly people, now and then a contract, or one of the bridge's own.
    #[must_use]
    pub fn callee(&self, layer: Layer, pick: u64) -> Address {
        let Targets { actor, counter, gas_bomb, return_bomb, reenterer } = *self.targets(layer);
        let (messenger, bridge) = self.bridge(layer);
        let own = [[self.l1.portal, self.l1.inbox], [MESSAGE_PASSER, alias(self.on_l1.actor)]][usize::from(layer == Layer::L2)];
        match pick % 24 {
            0..=7 => self.user(pick / 24),
            8 | 9 => actor,
            10..=14 => counter,
            15 => gas_bomb,
            16 => return_bomb,
            17 | 18 => reenterer,
            19 | 20 => messenger,
            21 => bridge,
            22 => own[0],
            _ => own[1],
        }
    }

    /// Whether a layer's messenger calls this address never.
    #[must_use]
    pub fn is_unsafe(&self, layer: Layer, target: Address) -> bool {
        match layer {
            Layer::L1 => target == self.l1.messenger || target == self.l1.portal,
            Layer::L2 => target == CROSS_DOMAIN_MESSENGER || target == MESSAGE_PASSER,
        }
    }
}

/// The address on L2 of a contract on L1.
#[must_use]
pub fn alias(contract: Address) -> Address {
    // 0x1111000000000000000000000000000000001111.
    const OFFSET: U256 = U256::from_limbs([0x1111, 0, 0x1111_0000, 0]);
    let sum = (U256::from_be_bytes(contract.into_word().0) + OFFSET) & (U256::MAX >> 96);
    Address::from_word(B256::from(sum))
}
