//! A call of a precompile as the oracle knows it.

use alloc::vec::Vec;
use alloy_primitives::{B256, Bytes, keccak256};

/// Gas of an accelerated call on L2, at most. L1 runs it with four times as much, which must fit into a transaction there.
pub const MAX_GAS: u64 = 3_000_000;
/// Input of an accelerated call, bytes, at most. It is calldata on L1.
pub const MAX_INPUT: usize = 32_768;

/// Answers calls of precompiles.
pub trait Precompiles: core::fmt::Debug + Send + Sync {
    /// `success u8 ‖ output` of the call on L1; none if it is not known.
    fn answer(&self, call: &Call) -> Option<Bytes>;
}

impl<P: Precompiles + ?Sized> Precompiles for &P {
    fn answer(&self, call: &Call) -> Option<Bytes> {
        (**self).answer(call)
    }
}

/// A call of a precompile, with at most [`MAX_GAS`] and [`MAX_INPUT`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    announcement: Vec<u8>,
}

/// Type of the oracle's keys for calls, and first byte of an announcement.
const KEY_TYPE: u8 = 3;
/// Bytes before the input: type, address, gas.
const HEAD: usize = 1 + 20 + 8;

impl Call {
    /// A call of the precompile at the address with that last number, with the gas that it costs on L2; none if it is over a limit.
    pub(crate) fn new(precompile: u16, gas: u64, input: &[&[u8]]) -> Option<Self> {
        let length = input.iter().fold(0usize, |sum, part| sum.saturating_add(part.len()));
        if gas > MAX_GAS || length > MAX_INPUT {
            return None;
        }
        let mut announcement = Vec::with_capacity(length.saturating_add(HEAD));
        announcement.push(KEY_TYPE);
        announcement.extend_from_slice(&[0; 18]);
        announcement.extend_from_slice(&precompile.to_be_bytes());
        announcement.extend_from_slice(&gas.to_be_bytes());
        input.iter().for_each(|part| announcement.extend_from_slice(part));
        Some(Self { announcement })
    }

    /// What the program logs before it asks: `3 ‖ precompile address 20 ‖ required gas u64 ‖ input`.
    #[must_use]
    pub fn announcement(&self) -> &[u8] {
        &self.announcement
    }

    /// The oracle's key: `3 ‖ keccak(precompile address 20 ‖ required gas u64 ‖ input)[1..]`.
    #[must_use]
    pub fn key(&self) -> B256 {
        let mut key = keccak256(self.announcement.get(1..).unwrap_or_default());
        if let Some(first) = key.first_mut() {
            *first = KEY_TYPE;
        }
        key
    }

    /// Address, gas and input of an announcement; none for other bytes.
    #[must_use]
    pub fn parse(announcement: &[u8]) -> Option<(alloy_primitives::Address, u64, &[u8])> {
        let (kind, rest) = announcement.split_first()?;
        let (address, rest) = rest.split_first_chunk::<20>()?;
        let (gas, input) = rest.split_first_chunk::<8>()?;
        (*kind == KEY_TYPE).then(|| (address.into(), u64::from_be_bytes(*gas), input))
    }
}

/// What a precompile says.
pub(crate) enum Answer {
    /// The call fails.
    Failure,
    /// It succeeds with this output.
    Output(Bytes),
}

/// The answer; none if there is none or no precompile can have given it.
pub(crate) fn ask<P: Precompiles>(precompiles: &P, precompile: u16, gas: u64, input: &[&[u8]]) -> Option<Answer> {
    let mut answer = precompiles.answer(&Call::new(precompile, gas, input)?)?;
    match answer.first()? {
        0 if answer.len() == 1 => Some(Answer::Failure),
        1 => Some(Answer::Output(answer.split_off(1))),
        _ => None,
    }
}
