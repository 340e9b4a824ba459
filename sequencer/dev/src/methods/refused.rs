//! What other development nodes do and this one cannot, with the reason.

const NO_FORK: &str =
    "this chain starts from its own genesis and forks no other; set what you need with anvil_setCode and anvil_setStorageAt";
const NO_COINBASE: &str = "on this chain priority fees always go to the fee vault 0x4200000000000000000000000000000000000011";
const NO_LEAST: &str = "the least base fee is part of the chain; use anvil_setNextBlockBaseFeePerGas";
const NO_DUMP: &str = "start the node with --data-dir to keep a chain, or go back with evm_snapshot and evm_revert";
const NO_BLOBS: &str = "there are no blobs on this chain";
const NO_REORG: &str = "take blocks back with evm_snapshot and evm_revert";
const NO_CHAIN_ID: &str = "signatures name the chain: start the node with --chain-id";

/// Names and reasons.
pub(super) const METHODS: [(&str, &str); 16] = [
    ("anvil_setRpcUrl", NO_FORK),
    ("anvil_setCoinbase", NO_COINBASE),
    ("hardhat_setCoinbase", NO_COINBASE),
    ("anvil_setMinGasPrice", NO_LEAST),
    ("hardhat_setMinGasPrice", NO_LEAST),
    ("anvil_dumpState", NO_DUMP),
    ("hardhat_dumpState", NO_DUMP),
    ("anvil_loadState", NO_DUMP),
    ("hardhat_loadState", NO_DUMP),
    ("anvil_setBlobBaseFee", NO_BLOBS),
    ("anvil_getBlobByHash", NO_BLOBS),
    ("anvil_getBlobsByTransactionHash", NO_BLOBS),
    ("anvil_reorg", NO_REORG),
    ("anvil_rollback", NO_REORG),
    ("anvil_setChainId", NO_CHAIN_ID),
    ("anvil_dealERC20", "write the balance with anvil_setStorageAt"),
];
