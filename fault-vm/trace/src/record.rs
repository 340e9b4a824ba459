//! Making a witness: the program runs natively, and what it asks for is kept.

use crate::{BlockStep, MemoryPreimages, Preimages, Witness, WitnessError};
use alloy_primitives::{B256, Bytes};
use gainsay_program::{Oracle, block_step};
use std::cell::{Cell, RefCell};

/// Why there is no witness.
#[derive(Debug, thiserror::Error)]
pub enum RecordError<E: std::error::Error + 'static> {
    /// The source failed.
    #[error("the preimages cannot be read: {0}")]
    Source(#[source] E),
    /// The source lacks data.
    #[error("the step reads the preimage of {hash}, which is not there; if the chain was just reorganised, ask again")]
    Missing {
        /// Its Keccak.
        hash: B256,
    },
    /// The source lacks a blob.
    #[error("the step reads the blob {hash}, which is not there; ask a node that keeps it")]
    Blob {
        /// Its versioned hash.
        hash: B256,
    },
    /// The step reads more than may be kept.
    #[error("the step reads more than {limit} bytes of preimages, which is this witness's limit")]
    Limit {
        /// Bytes allowed.
        limit: usize,
    },
    /// The program cannot take the step on these preimages.
    #[error("the program cannot take the step ({reason}); if the chain was just reorganised, ask again")]
    Program {
        /// What it said.
        reason: String,
    },
    /// The step leads to another State than was said.
    #[error(
        "the step leads to the state {found}, not to {claimed} as the chain has it; if the chain was just reorganised, ask again, else report it"
    )]
    Result {
        /// Hash of the State that was said to come out.
        claimed: B256,
        /// What came out.
        found: B256,
    },
    /// The source gave wrong bytes.
    #[error(transparent)]
    Witness(#[from] WitnessError),
}

/// Takes the block step behind `input` over `source`, and keeps what it reads: at most `limit` bytes.
///
/// Takes as long as executing the block does.
///
/// # Errors
/// When the source lacks something, when the step reads too much, and when it does not lead to `step.after`.
pub fn record<S: Preimages>(source: &S, input: B256, step: BlockStep, limit: usize) -> Result<Witness, RecordError<S::Error>> {
    let recorder = Recorder { source, left: Cell::new(limit), limit, kept: RefCell::default(), failure: RefCell::new(None) };
    let result = block_step(&recorder, input);
    if let Some(failure) = recorder.failure.into_inner() {
        return Err(failure);
    }
    let found = result.map_err(|error| RecordError::Program { reason: chain(&error) })?;
    let claimed = step.after.hash();
    if found != claimed {
        return Err(RecordError::Result { claimed, found });
    }
    let MemoryPreimages { preimages, blobs } = recorder.kept.into_inner();
    Ok(Witness::new(input, step, preimages, blobs)?)
}

/// The source has failed; why, the recorder knows.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("recording failed")]
struct Failed;

struct Recorder<'a, S: Preimages> {
    source: &'a S,
    limit: usize,
    left: Cell<usize>,
    kept: RefCell<MemoryPreimages>,
    failure: RefCell<Option<RecordError<S::Error>>>,
}

impl<S: Preimages> Recorder<'_, S> {
    fn fail(&self, failure: RecordError<S::Error>) -> Failed {
        self.failure.borrow_mut().get_or_insert(failure);
        Failed
    }

    /// What the source found, if it and the limit allow it.
    fn take(&self, found: Result<Option<Bytes>, S::Error>, missing: RecordError<S::Error>) -> Result<Bytes, Failed> {
        let data = found.map_err(|error| self.fail(RecordError::Source(error)))?.ok_or_else(|| self.fail(missing))?;
        let left = self.left.get().checked_sub(data.len()).ok_or_else(|| self.fail(RecordError::Limit { limit: self.limit }))?;
        self.left.set(left);
        Ok(data)
    }
}

impl<S: Preimages> Oracle for Recorder<'_, S> {
    type Error = Failed;

    fn keccak(&self, hash: &B256) -> Result<Bytes, Failed> {
        if let Some(data) = self.kept.borrow().preimages.get(hash) {
            return Ok(data.clone());
        }
        let data = self.take(self.source.preimage(hash), RecordError::Missing { hash: *hash })?;
        self.kept.borrow_mut().preimages.insert(*hash, data.clone());
        Ok(data)
    }

    fn blob(&self, versioned_hash: &B256) -> Result<Bytes, Failed> {
        if let Some(blob) = self.kept.borrow().blobs.get(versioned_hash) {
            return Ok(blob.clone());
        }
        let blob = self.take(self.source.blob(versioned_hash), RecordError::Blob { hash: *versioned_hash })?;
        self.kept.borrow_mut().blobs.insert(*versioned_hash, blob.clone());
        Ok(blob)
    }
}

/// An error with its causes, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |line, cause| format!("{line}: {cause}"))
}
