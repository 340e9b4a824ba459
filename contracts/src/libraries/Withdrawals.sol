// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A withdrawal as the L2ToL1MessagePasser takes it.
/// @param nonce Version in the two highest bytes, then a counter.
/// @param gasLimit The least gas that the call on L1 must be given.
struct WithdrawalTransaction {
    uint256 nonce;
    address sender;
    address target;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

/// @notice What an output root commits to; version 0 is the only one.
struct OutputRootProof {
    bytes32 version;
    bytes32 stateRoot;
    bytes32 messagePasserStorageRoot;
    bytes32 latestBlockhash;
}

/// @title Withdrawals
/// @notice Hashes of a withdrawal, as in the OP Stack; `docs/protocol.md`, section 2.
library Withdrawals {
    function hash(WithdrawalTransaction memory w) internal pure returns (bytes32) {
        return keccak256(abi.encode(w.nonce, w.sender, w.target, w.value, w.gasLimit, w.data));
    }

    function outputRoot(OutputRootProof calldata proof) internal pure returns (bytes32) {
        return keccak256(abi.encode(proof.version, proof.stateRoot, proof.messagePasserStorageRoot, proof.latestBlockhash));
    }

    /// @notice Key of `sentMessages[withdrawalHash]` in the storage trie of the message passer: the hash of its slot, the mapping being in slot 0.
    function storageKey(bytes32 withdrawalHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(withdrawalHash, uint256(0)))));
    }
}
