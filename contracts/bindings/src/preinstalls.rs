//! What tools expect at the same address on every chain. On other chains somebody has put it there; here it is there from genesis, with the same code.

use crate::Predeploy;
use alloy::primitives::{Address, Bytes, address, hex};
use gainsay_types::predeploys::CREATE2_FACTORY;

/// Safe's factory, through which its contracts are put at their usual addresses. Elsewhere only the holder of its key can put it there.
pub const SAFE_SINGLETON_FACTORY: Address = address!("914d7Fec6aaC8cd542e72Bca78B30650d45643d7");
/// Many calls in one, which viem and others read through.
pub const MULTICALL3: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");

/// Code of the deterministic deployment proxy, as its keyless transaction leaves it on any chain. Safe's factory is the same at another address.
const CREATE2_FACTORY_CODE: [u8; 69] = hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// Bytes of [`MULTICALL3_TRANSACTION`].
const TRANSACTION: usize = 3_926;
/// The transaction that makes Multicall3, signed once for all chains.
static MULTICALL3_TRANSACTION: [u8; TRANSACTION] =
    match hex::const_decode_to_array(include_bytes!("../../../scripts/multicall3.tx").split_at(2 + 2 * TRANSACTION).0) {
        Ok(bytes) => bytes,
        Err(_) => panic!("scripts/multicall3.tx is no transaction in hexadecimal digits"),
    };
/// Where the code is in it that the constructor leaves: after the fields before and the constructor itself.
const MULTICALL3_CODE: std::ops::Range<usize> = 51..51 + 3_808;

/// All of them; none has storage.
pub(crate) fn preinstalls() -> [Predeploy; 3] {
    let contract = |address, name, code| Predeploy { address, name, code: Bytes::from_static(code), storage: Vec::new() };
    [
        contract(CREATE2_FACTORY, "Create2Factory", &CREATE2_FACTORY_CODE),
        contract(SAFE_SINGLETON_FACTORY, "SafeSingletonFactory", &CREATE2_FACTORY_CODE),
        contract(MULTICALL3, "Multicall3", &MULTICALL3_TRANSACTION[MULTICALL3_CODE]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{B256, b256, keccak256};

    /// Hashes of the code of public chains' contracts at these addresses.
    const KNOWN: [(Address, B256); 3] = [
        (CREATE2_FACTORY, b256!("2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989")),
        (SAFE_SINGLETON_FACTORY, b256!("2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989")),
        (MULTICALL3, b256!("d5c15df687b16f2ff992fc8d767b4216323184a2bbc6ee2f9c398c318e770891")),
    ];

    #[test]
    fn the_code_is_that_of_other_chains() {
        assert_eq!(preinstalls().map(|one| (one.address, keccak256(&one.code))), KNOWN);
    }
}
