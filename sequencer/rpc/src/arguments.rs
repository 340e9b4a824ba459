//! Positional parameters of a request.

use crate::error::RpcError;
use alloy_eips::{BlockId, BlockNumberOrTag};
use alloy_primitives::B256;
use jsonrpsee::types::{Params, params::ParamsSequence};
use serde::de::DeserializeOwned;

/// Reads the parameters one by one.
pub(crate) struct Arguments<'a> {
    rest: ParamsSequence<'a>,
    position: usize,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(params: &'a Params<'_>) -> Result<Self, RpcError> {
        if params.is_object() {
            return Err(RpcError::InvalidParams("parameters must be an array, not an object".to_owned()));
        }
        Ok(Self { rest: params.sequence(), position: 0 })
    }

    /// The next parameter.
    pub(crate) fn required<T: DeserializeOwned>(&mut self) -> Result<T, RpcError> {
        let position = self.position;
        self.optional()?.ok_or_else(|| RpcError::InvalidParams(format!("missing value for required argument {position}")))
    }

    /// The next parameter; none if it is missing or null.
    pub(crate) fn optional<T: DeserializeOwned>(&mut self) -> Result<Option<T>, RpcError> {
        let position = self.position;
        self.position = self.position.saturating_add(1);
        let value = self.rest.optional_next::<T>().map_err(RpcError::from);
        value.map_err(|error| RpcError::InvalidParams(format!("invalid argument {position}: {error}")))
    }

    /// A hash: all 32 bytes, with `0x`.
    pub(crate) fn hash(&mut self) -> Result<B256, RpcError> {
        let position = self.position;
        let text: String = self.required()?;
        let refuse = |reason: &str| RpcError::InvalidParams(format!("invalid argument {position}: {reason}"));
        let digits = text.strip_prefix("0x").ok_or_else(|| refuse("hex string without 0x prefix"))?;
        digits.parse().map_err(|_| refuse(&format!("a hash has 64 hexadecimal digits after 0x, these are {}", digits.len())))
    }

    /// A block; the latest if it is missing.
    pub(crate) fn block(&mut self) -> Result<BlockId, RpcError> {
        Ok(self.optional()?.unwrap_or(BlockId::Number(BlockNumberOrTag::Latest)))
    }
}
