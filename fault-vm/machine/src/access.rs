//! What a step reads and writes, and its three ways: directly on a machine, recording what proves it, and replaying from a proof.

use crate::{
    machine::Machine,
    memory::{Aligned, LeafProof, Memory, SPACE},
    oracle::{Oracle, PART},
    proof::ProofError,
    state::{Hart, MachineState},
};
use alloy_primitives::B256;

/// Bytes that LOG shows at most: the rest is dropped, as is what lies beyond the address space.
pub const MAX_LOG: usize = 1 << 18;

/// A machine as its step sees it. A step asks in a fixed order: it reads its instruction, asks the oracle, reads or writes once.
pub trait Access {
    /// Why something cannot be had; never on account of the machine's state.
    type Error;

    /// Everything but the memory.
    fn hart(&mut self) -> &mut Hart;

    /// Reads N bytes of memory.
    ///
    /// # Errors
    /// If they are not known.
    fn read<const N: usize>(&mut self, at: Aligned<N>) -> Result<[u8; N], Self::Error>;

    /// Writes N bytes of memory.
    ///
    /// # Errors
    /// If the memory around them is not known.
    fn write<const N: usize>(&mut self, at: Aligned<N>, bytes: [u8; N]) -> Result<(), Self::Error>;

    /// A part of the preimage of a key, whose type is known.
    ///
    /// # Errors
    /// If it is not at hand.
    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], Self::Error>;

    /// The program shows `length` bytes at `address`, any numbers at all.
    fn log(&mut self, _address: u64, _length: u64) {}
}

/// Steps a machine in place.
#[derive(Debug)]
pub struct Direct<'a, O> {
    /// The machine.
    pub machine: &'a mut Machine,
    /// Who answers it.
    pub oracle: &'a mut O,
}

impl<O: Oracle> Access for Direct<'_, O> {
    type Error = O::Error;

    #[inline(always)]
    fn hart(&mut self) -> &mut Hart {
        &mut self.machine.hart
    }

    #[inline(always)]
    fn read<const N: usize>(&mut self, at: Aligned<N>) -> Result<[u8; N], Self::Error> {
        Ok(self.machine.memory.read(at))
    }

    #[inline(always)]
    fn write<const N: usize>(&mut self, at: Aligned<N>, bytes: [u8; N]) -> Result<(), Self::Error> {
        self.machine.memory.write(at, bytes);
        Ok(())
    }

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], Self::Error> {
        self.oracle.part(key, index)
    }

    fn log(&mut self, address: u64, length: u64) {
        self.oracle.log(&logged(&self.machine.memory, address, length));
    }
}

/// What LOG shows.
fn logged(memory: &Memory, address: u64, length: u64) -> Vec<u8> {
    let length = length.min(SPACE.saturating_sub(address)).min(MAX_LOG as u64);
    memory.read_bytes(address, length as usize).unwrap_or_default()
}

/// Steps a machine and keeps what proves the step.
#[derive(Debug)]
pub(crate) struct Recording<'a, O> {
    pub(crate) machine: Machine,
    pub(crate) oracle: &'a mut O,
    pub(crate) memory: Vec<LeafProof>,
    pub(crate) part: Option<[u8; PART]>,
}

impl<O: Oracle> Access for Recording<'_, O> {
    type Error = O::Error;

    fn hart(&mut self) -> &mut Hart {
        &mut self.machine.hart
    }

    fn read<const N: usize>(&mut self, at: Aligned<N>) -> Result<[u8; N], Self::Error> {
        self.memory.push(self.machine.memory.proof(at.leaf()));
        Ok(self.machine.memory.read(at))
    }

    fn write<const N: usize>(&mut self, at: Aligned<N>, bytes: [u8; N]) -> Result<(), Self::Error> {
        self.memory.push(self.machine.memory.proof(at.leaf()));
        self.machine.memory.write(at, bytes);
        Ok(())
    }

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], Self::Error> {
        let part = self.oracle.part(key, index)?;
        self.part = Some(part);
        Ok(part)
    }
}

/// Steps a state by a proof.
#[derive(Debug)]
pub(crate) struct Replaying<'a> {
    pub(crate) state: MachineState,
    pub(crate) memory: std::slice::Iter<'a, LeafProof>,
    pub(crate) part: Option<[u8; PART]>,
}

impl<'a> Replaying<'a> {
    /// The next leaf, which has to be that of the address.
    fn open<const N: usize>(&mut self, at: Aligned<N>) -> Result<&'a LeafProof, ProofError> {
        let index = at.leaf();
        let proof = self.memory.next().ok_or(ProofError::MissingLeaf { index })?;
        // INVARIANT: every leaf that a step reads is proven in the memory root, at the place of its address.
        let root = proof.root(index);
        if root == self.state.memory_root {
            Ok(proof)
        } else {
            Err(ProofError::WrongLeaf { index, root, expected: self.state.memory_root })
        }
    }
}

impl Access for Replaying<'_> {
    type Error = ProofError;

    fn hart(&mut self) -> &mut Hart {
        &mut self.state.hart
    }

    fn read<const N: usize>(&mut self, at: Aligned<N>) -> Result<[u8; N], ProofError> {
        Ok(self.open(at)?.read(at))
    }

    fn write<const N: usize>(&mut self, at: Aligned<N>, bytes: [u8; N]) -> Result<(), ProofError> {
        let mut proof = self.open(at)?.clone();
        proof.write(at, bytes);
        self.state.memory_root = proof.root(at.leaf());
        Ok(())
    }

    fn part(&mut self, key: &B256, index: u64) -> Result<[u8; PART], ProofError> {
        self.part.take().ok_or(ProofError::MissingPart { key: *key, index })
    }
}
