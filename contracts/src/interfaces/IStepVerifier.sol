// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title StepVerifier
/// @notice One step of the fault VM; `fault-vm/machine/README.md`.
interface IStepVerifier {
    /// @notice The hash of the state after this one. Reverts on a proof that is wrong, too short or too long.
    /// @param state401 The state, 401 bytes, registers included.
    /// @param memoryProof Leaf and siblings of each access, 928 bytes each.
    /// @param readsPart Whether the step reads a part of a preimage.
    function next(bytes calldata state401, bytes calldata memoryProof, bool readsPart) external view returns (bytes32 nextStateHash);
}
