// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IStepVerifier, Opening} from "../interfaces/IStepVerifier.sol";

/// @notice The machine. Registers are packed as their hash wants them: four in a word, the first in its highest bits.
struct MachineState {
    bytes32 memoryRoot;
    bytes32 input;
    bytes32 output;
    bytes32 preimageKey;
    uint256[8] registers;
    uint64 pc;
    uint64 step;
    uint8 status;
}

/// @notice Values of a state's status. Any but RUNNING stays for ever.
library Status {
    uint8 internal constant RUNNING = 0;
    uint8 internal constant HALTED = 1;
    uint8 internal constant FAILED = 2;
    uint8 internal constant ILLEGAL_INSTRUCTION = 3;
    uint8 internal constant MISALIGNED = 4;
    uint8 internal constant OUT_OF_RANGE = 5;
    uint8 internal constant UNKNOWN_SYSCALL = 6;
}

/// @title States
/// @notice Mirrors fault-vm/machine/src/state.rs: the layouts of a state, its hash, its registers.
///
///         memoryRoot 0..32 ‖ input 32..64 ‖ output 64..96 ‖ preimageKey 96..128 ‖ registers 128..384 ‖ pc 384..392 ‖ step 392..400 ‖ status 400
library States {
    uint256 internal constant LENGTH = 401;
    uint64 internal constant ENTRY = 0x10000;

    function decode(bytes calldata data) internal pure returns (MachineState memory state) {
        if (data.length != LENGTH) revert IStepVerifier.WrongStateLength(data.length);
        state.memoryRoot = bytes32(data[:32]);
        state.input = bytes32(data[32:64]);
        state.output = bytes32(data[64:96]);
        state.preimageKey = bytes32(data[96:128]);
        state.registers = abi.decode(data[128:384], (uint256[8]));
        state.pc = uint64(bytes8(data[384:392]));
        state.step = uint64(bytes8(data[392:400]));
        state.status = uint8(data[400]);
    }

    function encode(MachineState memory state) internal pure returns (bytes memory) {
        bytes memory roots = abi.encodePacked(state.memoryRoot, state.input, state.output, state.preimageKey);
        return abi.encodePacked(roots, state.registers, state.pc, state.step, state.status);
    }

    function hash(MachineState memory state) internal pure returns (bytes32) {
        bytes memory roots = abi.encodePacked(state.memoryRoot, state.input, state.output, state.preimageKey);
        bytes32 registersHash = keccak256(abi.encodePacked(state.registers));
        return keccak256(abi.encodePacked(roots, registersHash, state.pc, state.step, state.status));
    }

    function hash(Opening memory opening) internal pure returns (bytes32) {
        bytes memory roots = abi.encodePacked(opening.memoryRoot, opening.input, opening.output, opening.preimageKey);
        return keccak256(abi.encodePacked(roots, opening.registersHash, opening.pc, opening.step, opening.status));
    }

    function initial(bytes32 programRoot, bytes32 input) internal pure returns (MachineState memory state) {
        state.memoryRoot = programRoot;
        state.input = input;
        state.pc = ENTRY;
    }

    /// @notice Register `index`, below 32.
    function register(MachineState memory state, uint256 index) internal pure returns (uint64) {
        return uint64(state.registers[index >> 2] >> shiftOf(index));
    }

    /// @notice Writes register `index`, below 32.
    /// @dev INVARIANT: nothing ever writes register 0.
    function setRegister(MachineState memory state, uint256 index, uint64 value) internal pure {
        if (index == 0) return;
        uint256 others = state.registers[index >> 2] & ~(uint256(type(uint64).max) << shiftOf(index));
        state.registers[index >> 2] = others | uint256(value) << shiftOf(index);
    }

    function shiftOf(uint256 index) private pure returns (uint256) {
        return 192 - 64 * (index & 3);
    }
}
