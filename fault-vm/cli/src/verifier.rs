//! The contracts that check a step, run in this process: their committed bytecode on revm, deployed once.

use alloy::{
    primitives::{Address, B256, Bytes, TxKind, U256},
    sol_types::{Panic, SolCall, SolConstructor, SolError, SolInterface},
};
use gainsay_bindings::{PreimageOracle, StepVerifier};
use gainsay_machine::{MachineState, StepProof};
use gainsay_trace::Preimage;
use revm::{
    Context, ExecuteCommitEvm, MainBuilder, MainContext, MainnetEvm, SystemCallCommitEvm, SystemCallEvm,
    context::{
        TxEnv,
        result::{ExecutionResult, HaltReason},
    },
    database::{CacheDB, EmptyDB},
    handler::MainnetContext,
    primitives::hardfork::SpecId,
};

/// Who deploys and calls. The contracts know no callers.
const CALLER: Address = Address::repeat_byte(0xca);
/// Enough for the constructors, which try every precompile.
const DEPLOY_GAS: u64 = 30_000_000;

/// Why a contract gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum VerifierError {
    /// It reverted: what was handed in proves nothing.
    #[error("the contract refuses it: {reason}")]
    Refused {
        /// The custom error, with its arguments.
        reason: String,
        /// The bytes that it reverted with.
        output: Bytes,
    },
    /// It ran out of gas, or did what the EVM forbids: the contract or its artifact is wrong.
    #[error("the contract halted ({reason:?}): the committed artifacts are wrong, build them again")]
    Halted {
        /// Why.
        reason: HaltReason,
    },
    /// It returned what its ABI cannot mean: the artifact is wrong.
    #[error("the contract returned what its ABI does not allow ({reason}): the committed artifacts are wrong, build them again")]
    Output {
        /// What is wrong with it.
        reason: String,
    },
    /// The EVM could not run it.
    #[error("the contract could not be run: {reason}")]
    Evm {
        /// What the EVM said.
        reason: String,
    },
    /// The preimage cannot be loaded.
    #[error("the part cannot be loaded: {reason}")]
    Preimage {
        /// Why.
        reason: String,
    },
}

/// `StepVerifier` with its `PreimageOracle`. Deployed once, then called as often as wanted: a step takes well below a millisecond.
pub struct SolidityVerifier {
    evm: MainnetEvm<MainnetContext<CacheDB<EmptyDB>>>,
    oracle: Address,
    verifier: Address,
}

impl std::fmt::Debug for SolidityVerifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SolidityVerifier").field("oracle", &self.oracle).field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl SolidityVerifier {
    /// Deploys both contracts. The oracle's constructor tries every precompile, which takes some tens of milliseconds.
    ///
    /// # Errors
    /// When the committed artifacts do not deploy.
    pub fn new() -> Result<Self, VerifierError> {
        let context = Context::mainnet().with_db(CacheDB::default()).modify_cfg_chained(|cfg| {
            cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA);
            // Constructors and calls are not transactions of a real chain.
            cfg.tx_gas_limit_cap = Some(u64::MAX);
        });
        let mut this = Self { evm: context.build_mainnet(), oracle: Address::ZERO, verifier: Address::ZERO };
        this.oracle = this.deploy(0, PreimageOracle::BYTECODE.to_vec())?;
        let arguments = StepVerifier::constructorCall { oracle_: this.oracle }.abi_encode();
        this.verifier = this.deploy(1, [&StepVerifier::BYTECODE[..], &arguments].concat())?;
        Ok(this)
    }

    /// The hash of the next state, from the entry that L1 uses: a part comes out of the oracle, where it must have been loaded ([`Self::load`]).
    ///
    /// # Errors
    /// When the proof is refused.
    pub fn step(&mut self, proof: &StepProof) -> Result<B256, VerifierError> {
        let call = StepVerifier::stepCall { state: proof.state.encode().into(), proof: proof.encode_memory().into() };
        let answer = self.call(self.verifier, &call)?;
        if answer.stateHash != proof.state.hash() {
            let reason = format!("it hashes the state to {}, this program to {}", answer.stateHash, proof.state.hash());
            return Err(VerifierError::Output { reason });
        }
        Ok(answer.nextStateHash)
    }

    /// The 401 bytes of the next state, from the pure entry: the part is in the proof, and nothing is stored.
    ///
    /// # Errors
    /// When the proof is refused.
    pub fn next_state(&mut self, proof: &StepProof) -> Result<Bytes, VerifierError> {
        let part = proof.part.map(|part| part.to_vec()).unwrap_or_default();
        self.next_state_of(proof.state.encode().into(), proof.encode_memory().into(), part.into())
    }

    /// As [`Self::next_state`], of any bytes.
    ///
    /// # Errors
    /// When they prove nothing.
    pub fn next_state_of(&mut self, state: Bytes, memory: Bytes, part: Bytes) -> Result<Bytes, VerifierError> {
        let call = StepVerifier::nextStateCall { state, proof: memory, part };
        self.call(self.verifier, &call)
    }

    /// Loads a part into the oracle as anyone may on L1, and keeps it.
    ///
    /// # Errors
    /// When the oracle refuses it.
    pub fn load(&mut self, preimage: &Preimage, index: u64) -> Result<(), VerifierError> {
        let data = load_call(preimage, index)?;
        let result = self.evm.system_call_with_caller_commit(CALLER, self.oracle, data.into()).map_err(evm)?;
        output(result).map(drop)
    }

    /// What the oracle answers.
    ///
    /// # Errors
    /// When the part is not loaded.
    pub fn part(&mut self, key: B256, index: u64) -> Result<B256, VerifierError> {
        let call = PreimageOracle::partCall { key, index: U256::from(index) };
        self.call(self.oracle, &call)
    }

    /// The hash of the state in which a program starts, as L1 computes it.
    ///
    /// # Errors
    /// When the committed artifacts are wrong.
    pub fn initial_state_hash(&mut self, program_root: B256, input: B256) -> Result<B256, VerifierError> {
        let call = StepVerifier::initialStateHashCall { programRoot: program_root, input };
        self.call(self.verifier, &call)
    }

    /// The hash of a state's bytes, as L1 computes it.
    ///
    /// # Errors
    /// When they are not 401.
    pub fn hash_state(&mut self, state: Bytes) -> Result<B256, VerifierError> {
        self.call(self.verifier, &StepVerifier::hashStateCall { state })
    }

    /// The hash of the state that an opening describes, as L1 computes it.
    ///
    /// # Errors
    /// When the committed artifacts are wrong.
    pub fn hash_opening(&mut self, state: &MachineState) -> Result<B256, VerifierError> {
        let hart = &state.hart;
        let opening = StepVerifier::Opening {
            memoryRoot: state.memory_root,
            input: hart.input,
            output: hart.output,
            preimageKey: hart.preimage_key,
            registersHash: state.registers_hash(),
            pc: hart.pc,
            step: hart.step,
            status: hart.status.0,
        };
        self.call(self.verifier, &StepVerifier::hashOpeningCall { opening })
    }

    fn deploy(&mut self, nonce: u64, code: Vec<u8>) -> Result<Address, VerifierError> {
        let transaction =
            TxEnv { caller: CALLER, nonce, kind: TxKind::Create, data: code.into(), gas_limit: DEPLOY_GAS, ..TxEnv::default() };
        let result = self.evm.transact_commit(transaction).map_err(evm)?;
        let created = result.created_address();
        output(result)?;
        created.ok_or_else(|| VerifierError::Evm { reason: "nothing was created".to_owned() })
    }

    /// Calls without keeping what it changes.
    fn call<C: SolCall>(&mut self, contract: Address, call: &C) -> Result<C::Return, VerifierError> {
        let called = self.evm.system_call_with_caller(CALLER, contract, call.abi_encode().into()).map_err(evm)?;
        let output = output(called.result)?;
        C::abi_decode_returns(&output).map_err(|error| VerifierError::Output { reason: error.to_string() })
    }
}

fn load_call(preimage: &Preimage, index: u64) -> Result<Vec<u8>, VerifierError> {
    let indices = vec![U256::from(index)];
    Ok(match preimage {
        Preimage::Keccak { data } => PreimageOracle::loadKeccakCall { data: data.clone(), indices }.abi_encode(),
        Preimage::Precompile { call } => PreimageOracle::loadPrecompileCall {
            precompile: call.address,
            requiredGas: call.required_gas,
            input: call.input.clone(),
            indices,
        }
        .abi_encode(),
        Preimage::Blob { versioned_hash, blob } => {
            let element =
                gainsay_trace::blob::prove_part(blob, index).map_err(|error| VerifierError::Preimage { reason: error.to_string() })?;
            PreimageOracle::loadBlobElementCall {
                versionedHash: *versioned_hash,
                index: U256::from(index),
                value: element.value,
                commitment: element.commitment.into(),
                proof: element.proof.into(),
            }
            .abi_encode()
        }
    })
}

/// What a call returned, or why it failed.
fn output(result: ExecutionResult) -> Result<Bytes, VerifierError> {
    match result {
        ExecutionResult::Success { output, .. } => Ok(output.into_data()),
        ExecutionResult::Revert { output, .. } => Err(VerifierError::Refused { reason: reason(&output), output }),
        ExecutionResult::Halt { reason, .. } => Err(VerifierError::Halted { reason }),
    }
}

/// The custom error, whichever of the two contracts it comes from.
fn reason(output: &[u8]) -> String {
    let verifier = || StepVerifier::StepVerifierErrors::abi_decode(output).map(|error| format!("{error:?}"));
    let oracle = || PreimageOracle::PreimageOracleErrors::abi_decode(output).map(|error| format!("{error:?}"));
    let panic = || Panic::abi_decode(output).map(|panic| panic.to_string());
    let known = verifier().or_else(|_| oracle()).or_else(|_| panic());
    known.unwrap_or_else(|_| Bytes::copy_from_slice(output).to_string())
}

fn evm(error: impl std::fmt::Debug) -> VerifierError {
    VerifierError::Evm { reason: format!("{error:?}") }
}
