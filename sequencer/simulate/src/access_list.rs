//! The access list with which a transaction is cheapest to declare.

use crate::{Scene, SimulationError, halt_message};
use alloy::rpc::types::{AccessListResult, TransactionRequest};
use alloy_primitives::U256;
use revm::{
    DatabaseRef,
    context::{TransactionType, result::ExecutionResult},
};
use revm_inspectors::access_list::AccessListInspector;

/// Code that looks at the gas left may touch something else each time.
const TRIES: usize = 8;

impl<D: DatabaseRef> Scene<'_, D> {
    /// What the request reads and writes beside its sender, its callee and precompiles; and the gas that it uses with this list. A call that fails has a
    /// list too: the failure is said beside it.
    ///
    /// # Errors
    /// When it cannot be executed at all, takes too long, or the state cannot be read.
    pub fn access_list(&mut self, request: TransactionRequest) -> Result<AccessListResult, SimulationError<D::Error>> {
        let mut tx = self.prepare(request)?;
        let mut list = tx.access_list.clone();
        let mut tries = 0;
        loop {
            let mut inspector = AccessListInspector::new(list.clone());
            let result = self.run_inspected(tx.clone(), &mut inspector)?;
            let found = inspector.into_access_list();
            tries += 1;
            if found == list || tries == TRIES {
                return Ok(AccessListResult { access_list: list, gas_used: U256::from(result.tx_gas_used()), error: failure(&result) });
            }
            // A message with a gas price gets a type that has a list.
            tx.tx_type = tx.tx_type.max(u8::from(TransactionType::Eip2930));
            tx.access_list = found.clone();
            list = found;
        }
    }
}

fn failure(result: &ExecutionResult) -> Option<String> {
    match result {
        ExecutionResult::Success { .. } => None,
        ExecutionResult::Revert { .. } => Some("execution reverted".to_owned()),
        ExecutionResult::Halt { reason, .. } => Some(halt_message(reason)),
    }
}
