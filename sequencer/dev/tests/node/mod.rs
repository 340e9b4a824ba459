//! A node that serves, and short words for its methods.

use alloy::{
    primitives::{Address, B256, Bytes, U64, U256},
    providers::{Provider, RootProvider},
};
use gainsay_dev::{Config, DevNode, start};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::borrow::Cow;

pub(crate) struct Dev {
    pub(crate) node: DevNode,
    pub(crate) provider: RootProvider,
}

impl Dev {
    pub(crate) async fn start() -> Self {
        Self::with(Config::default()).await
    }

    /// On a free port.
    pub(crate) async fn with(config: Config) -> Self {
        let node = start(Config { address: ([127, 0, 0, 1], 0).into(), ..config }).await.expect("a free port");
        let provider = RootProvider::new_http(format!("http://{}", node.address()).parse().expect("a url"));
        Self { node, provider }
    }

    pub(crate) async fn ask<T: DeserializeOwned + Serialize + Clone + std::fmt::Debug + Send + Sync + Unpin + 'static>(
        &self,
        method: &'static str,
        params: Value,
    ) -> T {
        self.provider.raw_request(Cow::Borrowed(method), params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Nobody cares for the answer.
    pub(crate) async fn tell(&self, method: &'static str, params: Value) {
        let _: Value = self.ask(method, params).await;
    }

    /// Code and message of the error.
    pub(crate) async fn refused(&self, method: &'static str, params: Value) -> (i64, String) {
        let error = self.provider.raw_request::<_, Value>(Cow::Borrowed(method), params).await.expect_err(method);
        let answer = error.as_error_resp().unwrap_or_else(|| panic!("{method}: {error}"));
        (answer.code, answer.message.to_string())
    }

    pub(crate) fn account(&self, place: usize) -> Address {
        self.node.accounts().addresses().nth(place).expect("ten accounts")
    }

    pub(crate) async fn balance(&self, address: Address, block: &str) -> U256 {
        self.ask("eth_getBalance", json!([address, block])).await
    }

    pub(crate) async fn number(&self) -> u64 {
        self.ask::<U64>("eth_blockNumber", json!([])).await.to()
    }

    /// Seconds of the latest block.
    pub(crate) async fn time(&self) -> u64 {
        let block: Value = self.ask("eth_getBlockByNumber", json!(["latest", false])).await;
        block["timestamp"].as_str().and_then(|time| time.parse::<U64>().ok()).expect("a time").to()
    }

    /// Sends a transaction, which has its block at once; gives the receipt.
    pub(crate) async fn send(&self, request: Value) -> Value {
        let hash: B256 = self.ask("eth_sendTransaction", json!([request])).await;
        self.receipt(hash).await
    }

    pub(crate) async fn receipt(&self, hash: B256) -> Value {
        self.ask("eth_getTransactionReceipt", json!([hash])).await
    }

    /// A contract with this code, by its creation.
    pub(crate) async fn deploy(&self, runtime: &[u8]) -> Address {
        // Copies what follows these ten bytes, and returns it.
        let size = u8::try_from(runtime.len()).expect("a short one");
        let init = [&[0x60, size, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3], runtime].concat();
        let receipt = self.send(json!({ "from": self.account(0), "data": Bytes::from(init) })).await;
        assert_eq!(receipt["status"], "0x1");
        serde_json::from_value(receipt["contractAddress"].clone()).expect("an address")
    }

    pub(crate) async fn call(&self, to: Address, block: &str) -> U256 {
        let output: Bytes = self.ask("eth_call", json!([{ "to": to }, block])).await;
        U256::from_be_slice(&output)
    }
}
