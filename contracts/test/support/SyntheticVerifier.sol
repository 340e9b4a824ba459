// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStepVerifier} from "../../src/interfaces/IStepVerifier.sol";

/// @notice A machine whose states can be had at any step without running the steps before: the memory root is a hash of input and step. What it stops
///         with is set for each input. In place of the fault VM's step, whose proofs have tests of their own.
contract SyntheticVerifier is IStepVerifier {
    struct Program {
        uint64 length;
        uint8 status;
        bytes32 output;
    }

    error NotOfThisRun();
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

    /// @notice What `next` wants as memory proof and part flag of a step.
    function proofOf(uint64 i) public pure returns (bytes memory proof, bool readsPart) {
        return (abi.encode("proof", i), i % 3 == 0);
    }

    /// @inheritdoc IStepVerifier
    function next(bytes calldata state401, bytes calldata memoryProof, bool readsPart) external view returns (bytes32) {
        bytes32 input = bytes32(state401[32:64]);
        uint64 i = uint64(bytes8(state401[392:400]));
        if (keccak256(state401) != keccak256(stateAt(input, i))) revert NotOfThisRun();
        (bytes memory proof, bool part) = proofOf(i);
        if (keccak256(proof) != keccak256(memoryProof) || part != readsPart) revert WrongProof();
        return hashAt(input, i + 1);
    }
}
