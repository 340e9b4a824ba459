//! Precompiles that overrides can move away.

use crate::{OverrideError, brief::is_cheap};
use alloy_primitives::{Address, Bytes, map::AddressMap};
use revm::{
    context::{Cfg, ContextTr, LocalContextTr},
    context_interface::JournalTr,
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    precompile::Precompile,
    primitives::{AddressSet, hardfork::SpecId},
};

/// Osaka's precompiles. Overrides put them to other addresses, or take them away where an account stands in their place. The addresses that are
/// warm at the start of a transaction stay the original ones.
#[derive(Clone, Debug)]
pub struct Precompiles {
    original: EthPrecompiles,
    /// None: nothing was moved.
    changed: Option<AddressMap<Precompile>>,
    /// All others end with no gas left.
    only_cheap: bool,
}

impl Precompiles {
    /// The original ones.
    #[must_use]
    pub fn new(spec: SpecId) -> Self {
        Self { original: EthPrecompiles::new(spec), changed: None, only_cheap: false }
    }

    /// Whether there is one at this address now.
    #[must_use]
    pub fn has(&self, address: &Address) -> bool {
        self.find(address).is_some()
    }

    /// For what has to end before long.
    pub(crate) const fn keep_cheap(&mut self) {
        self.only_cheap = true;
    }

    pub(crate) fn take_away(&mut self, address: &Address) {
        self.table().remove(address);
    }

    /// Puts a copy to another address; whatever precompile was there is lost.
    pub(crate) fn put(&mut self, from: Address, to: Address) -> Result<(), OverrideError> {
        let precompile = self.find(&from).cloned().ok_or(OverrideError::NotAPrecompile { address: from })?;
        self.table().insert(to, precompile);
        Ok(())
    }

    fn table(&mut self) -> &mut AddressMap<Precompile> {
        let precompiles = self.original.precompiles;
        self.changed.get_or_insert_with(|| {
            precompiles.addresses().filter_map(|address| Some((*address, precompiles.get(address)?.clone()))).collect()
        })
    }

    fn find(&self, address: &Address) -> Option<&Precompile> {
        match &self.changed {
            Some(table) => table.get(address),
            None => self.original.precompiles.get(address),
        }
    }
}

impl<CTX: ContextTr<Cfg: Cfg<Spec = SpecId>>> PrecompileProvider<CTX> for Precompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, _: SpecId) -> bool {
        false
    }

    fn run(&mut self, context: &mut CTX, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let Some(precompile) = self.find(&inputs.bytecode_address) else { return Ok(None) };
        if self.only_cheap && !is_cheap(&inputs.bytecode_address) {
            return Ok(Some(InterpreterResult::new(InstructionResult::PrecompileOOG, Bytes::new(), Gas::new(inputs.gas_limit))));
        }
        let output =
            precompile.execute(&inputs.input.as_bytes(context), inputs.gas_limit, inputs.reservoir).map_err(|error| error.to_string())?;
        // What a precompile that is called directly complains about is part of the answer.
        if let Some(reason) = output.halt_reason().filter(|reason| !reason.is_oog())
            && context.journal().depth() == 1
        {
            context.local_mut().set_precompile_error_context(reason.to_string());
        }
        Ok(Some(revm::handler::precompile_output_to_interpreter_result(output, inputs.gas_limit)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        self.original.warm_addresses()
    }

    fn contains(&self, address: &Address) -> bool {
        self.has(address)
    }
}
