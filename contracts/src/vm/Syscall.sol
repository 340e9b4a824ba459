// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LoadStore} from "./LoadStore.sol";
import {Memory} from "./Memory.sol";
import {MachineState, States, Status} from "./State.sol";

/// @title Syscalls
/// @notice Mirrors fault-vm/machine/src/syscall.rs: what ECALL does. The number is in a7, arguments in a0 and a1; no register is written.
library Syscalls {
    using States for MachineState;

    uint64 internal constant HALT = 1;
    uint64 internal constant INPUT = 2;
    uint64 internal constant KEY = 3;
    uint64 internal constant PREIMAGE = 4;
    uint64 internal constant LOG = 5;

    uint256 private constant A0 = 10;
    uint256 private constant A1 = 11;
    uint256 private constant A7 = 17;
    uint256 private constant WIDTH = 32;

    /// @notice Does the syscall. The leaf that it touches, if it touches one, is the step's second access.
    /// @param part What the oracle answers, where `asks` holds.
    /// @return trap A trap, else RUNNING.
    /// @return touched Whether there was an access.
    function call(MachineState memory state, bytes calldata proof, bytes32 part) internal pure returns (uint8 trap, bool touched) {
        uint64 number = state.register(A7);
        if (number == LOG) return (Status.RUNNING, false);
        if (number == 0 || number > LOG) return (Status.UNKNOWN_SYSCALL, false);
        uint64 address_ = state.register(A0);
        trap = LoadStore.check(address_, WIDTH);
        if (trap != Status.RUNNING) return (trap, false);
        bytes calldata access = Memory.access(proof, 1);
        if (number == HALT) {
            halt(state, Memory.word(Memory.open(access, state.memoryRoot, address_), address_));
        } else if (number == KEY) {
            state.preimageKey = Memory.word(Memory.open(access, state.memoryRoot, address_), address_);
        } else {
            bytes32 value = number == INPUT ? state.input : hasParts(state.preimageKey) ? part : bytes32(0);
            state.memoryRoot = Memory.write(access, state.memoryRoot, address_, abi.encodePacked(value));
        }
        return (Status.RUNNING, true);
    }

    /// @notice Whether an ECALL in this state asks the oracle for a part.
    function asks(MachineState memory state) internal pure returns (bool) {
        bool asked = state.register(A7) == PREIMAGE && LoadStore.check(state.register(A0), WIDTH) == Status.RUNNING;
        return asked && hasParts(state.preimageKey);
    }

    /// @notice The part that it asks for, by index.
    function partIndex(MachineState memory state) internal pure returns (uint64) {
        return state.register(A1);
    }

    function halt(MachineState memory state, bytes32 output) private pure {
        state.output = output;
        state.status = state.register(A1) == 0 ? Status.HALTED : Status.FAILED;
    }

    /// @dev INVARIANT: a key of an unknown type has only zero parts: there is no key without an answer.
    function hasParts(bytes32 key) private pure returns (bool) {
        uint8 kind = uint8(key[0]);
        return kind != 0 && kind <= 3;
    }
}
