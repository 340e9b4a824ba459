//! ABI types of the contracts.

#![allow(missing_docs, clippy::all, unreachable_pub)]

alloy::sol!("../src/interfaces/IInbox.sol");

pub mod rollup {
    alloy::sol!("../src/interfaces/IRollup.sol");
}
