//! The accounts that have ether from the start, and whose keys everybody knows.

use crate::StartError;
use alloy::{
    primitives::Address,
    signers::local::{MnemonicBuilder, PrivateKeySigner},
};

/// The mnemonic of the development accounts, the same as in other tools: never send anything of value to them.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// The development accounts, in the order of the mnemonic.
#[derive(Clone, Debug)]
pub struct Accounts(Vec<PrivateKeySigner>);

impl Accounts {
    /// The first `count` of them.
    ///
    /// # Errors
    /// When a key cannot be derived.
    pub fn derive(count: u32) -> Result<Self, StartError> {
        let key = |index| MnemonicBuilder::try_from_phrase_nth(MNEMONIC, index).map_err(|source| StartError::Key { source });
        (0..count).map(key).collect::<Result<_, _>>().map(Self)
    }

    /// Their addresses.
    pub fn addresses(&self) -> impl ExactSizeIterator<Item = Address> {
        self.0.iter().map(PrivateKeySigner::address)
    }

    /// Addresses with their keys.
    #[must_use]
    pub fn keys(&self) -> &[PrivateKeySigner] {
        &self.0
    }

    /// The key of an address; none if it is not one of these.
    pub(crate) fn key(&self, address: Address) -> Option<&PrivateKeySigner> {
        self.0.iter().find(|key| key.address() == address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::address;

    #[test]
    fn the_accounts_are_those_of_other_tools() {
        let accounts = Accounts::derive(2).expect("a valid mnemonic");
        let expected = [address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"), address!("70997970C51812dc3A010C7d01b50e0d17dc79C8")];
        assert!(accounts.addresses().eq(expected));
        assert!(accounts.key(expected[1]).is_some() && accounts.key(Address::ZERO).is_none());
    }
}
