//! A call that is watched, with all that a tracer tells of.

use crate::{Overlay, Scene, SimulationError, engine::SimulationContext, scene::explain};
use alloy::rpc::types::TransactionRequest;
use revm::{
    DatabaseRef, Inspector,
    context::{BlockEnv, TxEnv, result::ResultAndState},
    interpreter::interpreter::EthInterpreter,
};

/// A call and what came of it.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The message, with what the request left out.
    pub tx: TxEnv,
    /// The block that it saw.
    pub block: BlockEnv,
    /// How it ended, and what it would have changed.
    pub executed: ResultAndState,
}

impl<D: DatabaseRef> Scene<'_, D> {
    /// As [`Self::inspect`], with what the call would change.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn watch<'s, I>(&'s mut self, request: TransactionRequest, inspector: I) -> Result<Watched, SimulationError<D::Error>>
    where
        I: Inspector<SimulationContext<'s, D>, EthInterpreter>,
    {
        let tx = self.prepare(request)?;
        let (engine, block) = (&self.engine, self.engine.block_for(&tx));
        let (result, state) =
            engine.inspect(&mut self.state, tx.clone(), inspector).map_err(|error| explain::<D>(error, &tx, block.basefee))?;
        Ok(Watched { tx, block, executed: ResultAndState { result, state } })
    }

    /// The state in which calls run, with its overrides.
    pub const fn state(&mut self) -> &mut Overlay<D> {
        &mut self.state
    }
}
