// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice What a machine's state hash commits to: an opening of it, mostly of a final state.
/// @param registersHash keccak of the 32 registers, 8 bytes each, big-endian.
/// @param status 0 running, 1 halted, 2 failed, 3 to 6 trapped.
struct Opening {
    bytes32 memoryRoot;
    bytes32 input;
    bytes32 output;
    bytes32 preimageKey;
    bytes32 registersHash;
    uint64 pc;
    uint64 step;
    uint8 status;
}

/// @title StepVerifier
/// @notice The fault VM's step on L1: from a state and what proves the memory that the step touches to the next state. It holds nothing. The
///         specification is fault-vm/machine/README.md; byte layouts are there. A state that the machine can reach always has a next state
///         here: what is illegal is a trap, a state like any other. What reverts is a proof that is not one.
interface IStepVerifier {
    /// @notice A state has 401 bytes.
    error WrongStateLength(uint256 length);
    /// @notice The memory proof is shorter or longer than what this step touches: 928 bytes for each access.
    error WrongProofLength(uint256 length);
    /// @notice The leaf at this address is not in the memory root.
    error WrongMemoryProof(uint64 address_);
    /// @notice 32 bytes of a part are needed where the step asks for one, none where it does not.
    error WrongPartLength(uint256 length);
    /// @notice An address that must not be zero is.
    error ZeroAddress();

    /// @notice Takes one step. A part of a preimage comes from the oracle, under the key and index that the state itself names.
    /// @param state 401 bytes.
    /// @param proof 928 bytes for each access.
    /// @return stateHash Of the state given.
    /// @return nextStateHash Of the state after the step.
    function step(bytes calldata state, bytes calldata proof) external view returns (bytes32 stateHash, bytes32 nextStateHash);

    /// @notice The same step with nothing but its arguments, for who wants to check a proof without the oracle.
    /// @param part What the oracle answers: 32 bytes if the step asks for a part of a key of a known type, else none.
    /// @return 401 bytes.
    function nextState(bytes calldata state, bytes calldata proof, bytes calldata part) external pure returns (bytes memory);

    /// @notice Hash of a state's 401 bytes.
    function hashState(bytes calldata state) external pure returns (bytes32);

    /// @notice Hash of the state that an opening describes.
    function hashOpening(Opening calldata opening) external pure returns (bytes32);

    /// @notice Hash of the state in which a program starts on an input.
    function initialStateHash(bytes32 programRoot, bytes32 input) external pure returns (bytes32);

    /// @notice Where the parts come from.
    function oracle() external view returns (address);
}
