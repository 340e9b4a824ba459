//! Reading one account or slot straight from pages.

use crate::{PageSource, PagedStateError, World};
use alloy_primitives::{Address, B256, U256};
use gainsay_execute::Account;

/// An account and the root of its storage; none if it does not exist.
///
/// # Errors
/// When a page is missing, damaged or cannot be read.
pub fn read_account<P: PageSource>(pages: &P, address: &Address) -> Result<Option<(Account, B256)>, PagedStateError<P::Error>> {
    World::stored().read_account(address, pages)
}

/// Value of a slot; zero if there is none.
///
/// # Errors
/// When a page is missing, damaged or cannot be read.
pub fn read_slot<P: PageSource>(pages: &P, address: &Address, slot: &U256) -> Result<U256, PagedStateError<P::Error>> {
    World::stored().read_slot(address, slot, pages)
}
