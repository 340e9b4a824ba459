//! The methods that only a development node has.

mod blocks;
mod impersonate;
mod info;
mod refused;
mod send;
mod sign;
mod state;
mod time;

use crate::{DevError, arguments::Arguments, node::Node};
use jsonrpsee::{RpcModule, server::RegisterMethodError, types::ErrorObjectOwned};
use serde_json::Value;
use std::sync::Arc;

/// A method. It may block its thread.
type Method = fn(&Node, &mut Arguments) -> Result<Value, DevError>;

/// Methods with all their names: the tools' own, and those that other tools call them by.
type Table = &'static [(&'static [&'static str], Method)];

/// All of them.
const TABLES: [Table; 7] =
    [time::METHODS, blocks::METHODS, state::METHODS, impersonate::METHODS, send::METHODS, sign::METHODS, info::METHODS];

/// All methods, to be served beside those of every node.
pub(crate) fn module(node: Arc<Node>) -> Result<RpcModule<Arc<Node>>, RegisterMethodError> {
    let mut module = RpcModule::new(node);
    for (names, method) in TABLES.into_iter().flatten() {
        let method = *method;
        for name in *names {
            module.register_blocking_method(name, move |params, node, _| {
                Arguments::new(&params).and_then(|mut arguments| method(&node, &mut arguments)).map_err(ErrorObjectOwned::from)
            })?;
        }
    }
    for (method, reason) in refused::METHODS {
        module.register_method(method, move |_, _, _| Err::<Value, _>(ErrorObjectOwned::from(DevError::Unsupported { method, reason })))?;
    }
    Ok(module)
}
