// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A machine whose states can be had at any step without running the steps before: the memory root is a hash of input and step. What it stops
///         with is set for each input. In place of the StepVerifier, of whose functions the
///         matches call `step` only.
contract SyntheticVerifier {
    struct Program {
        uint64 length;
        uint8 status;
        bytes32 output;
    }

    error WrongProof();

    mapping(bytes32 input => Program) public programs;
    bytes32 private immutable PROGRAM_ROOT;

    constructor(bytes32 programRoot) {
        PROGRAM_ROOT = programRoot;
    }

    function set(bytes32 input, Program calldata program) external {
        programs[input] = program;
    }

    /// @notice The state after `i` steps over `input`, 401 bytes.
    function stateAt(bytes32 input, uint64 i) public view returns (bytes memory) {
        Program memory p = programs[input];
        bool stopped = i >= p.length;
        uint64 done = stopped ? p.length : i;
        bytes32 root = done == 0 ? PROGRAM_ROOT : keccak256(abi.encode(input, done));
        bytes memory head = abi.encodePacked(root, input, stopped ? p.output : bytes32(0), bytes32(0), new bytes(256));
        return abi.encodePacked(head, uint64(0x10000 + 4 * done), done, stopped ? p.status : 0);
    }

    function hashAt(bytes32 input, uint64 i) public view returns (bytes32) {
        return hash(stateAt(input, i));
    }

    function hash(bytes memory state) public view returns (bytes32) {
        return this.hashSlices(state);
    }

    function hashSlices(bytes calldata state) external pure returns (bytes32) {
        return keccak256(abi.encodePacked(state[:128], keccak256(state[128:384]), state[384:]));
    }

    /// @notice What `step` wants as proof.
    function proofOf(uint64 i) public pure returns (bytes memory) {
        return abi.encode("proof", i);
    }

    /// @notice As in {IStepVerifier}.
    function step(bytes calldata state, bytes calldata proof) external view returns (bytes32 stateHash, bytes32 nextStateHash) {
        uint64 i = uint64(bytes8(state[392:400]));
        bytes32 input = bytes32(state[32:64]);
        stateHash = hash(state);
        if (keccak256(state) == keccak256(stateAt(input, i))) {
            if (keccak256(proof) != keccak256(proofOf(i))) revert WrongProof();
            nextStateHash = hashAt(input, i + 1);
        }
    }
}
