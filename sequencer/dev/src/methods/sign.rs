//! Signing with the development keys.

use super::{Table, send};
use crate::{DevError, arguments::Arguments, node::Node};
use alloy::{
    primitives::{Address, Bytes},
    signers::SignerSync,
};
use serde_json::{Value, json};

pub(super) const METHODS: Table =
    &[(&["eth_sign"], sign), (&["personal_sign"], personal_sign), (&["eth_signTransaction"], sign_transaction)];

fn sign(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (address, message) = (arguments.required()?, arguments.required()?);
    message_signature(node, address, &message)
}

fn personal_sign(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let (message, address) = (arguments.required()?, arguments.required()?);
    message_signature(node, address, &message)
}

/// EIP-191.
fn message_signature(node: &Node, address: Address, message: &Bytes) -> Result<Value, DevError> {
    let key = node.accounts.key(address).ok_or(DevError::NoKey { address })?;
    let signature = key.sign_message_sync(message).map_err(|error| DevError::Signing { reason: error.to_string() })?;
    Ok(json!(Bytes::from(signature.as_bytes().to_vec())))
}

/// The signed transaction's bytes; it is not sent.
fn sign_transaction(node: &Node, arguments: &mut Arguments) -> Result<Value, DevError> {
    let request = arguments.required()?;
    let (transaction, sender) = send::complete(node, request)?;
    Ok(json!(Bytes::from(send::signed(node, transaction, sender)?.encode())))
}
