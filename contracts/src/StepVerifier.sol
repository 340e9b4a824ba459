// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IPreimageOracle} from "./interfaces/IPreimageOracle.sol";
import {IStepVerifier, Opening} from "./interfaces/IStepVerifier.sol";
import {MachineState, States} from "./vm/State.sol";
import {Step} from "./vm/Step.sol";
import {Syscalls} from "./vm/Syscall.sol";

/// @title StepVerifier
/// @notice See {IStepVerifier}.
contract StepVerifier is IStepVerifier {
    using States for MachineState;

    IPreimageOracle private immutable ORACLE;

    constructor(IPreimageOracle oracle_) {
        if (address(oracle_) == address(0)) revert ZeroAddress();
        ORACLE = oracle_;
    }

    /// @inheritdoc IStepVerifier
    function step(bytes calldata state, bytes calldata proof) external view returns (bytes32 stateHash, bytes32 nextStateHash) {
        MachineState memory machine = States.decode(state);
        stateHash = machine.hash();
        bytes32 part;
        // INVARIANT: a part is the oracle's answer to the state's own key and index, never the caller's.
        if (Step.asks(machine, proof)) part = ORACLE.part(machine.preimageKey, Syscalls.partIndex(machine));
        Step.take(machine, proof, part);
        nextStateHash = machine.hash();
    }

    /// @inheritdoc IStepVerifier
    function nextState(bytes calldata state, bytes calldata proof, bytes calldata part) external pure returns (bytes memory) {
        MachineState memory machine = States.decode(state);
        if (part.length != (Step.asks(machine, proof) ? 32 : 0)) revert WrongPartLength(part.length);
        Step.take(machine, proof, bytes32(part));
        return machine.encode();
    }

    /// @inheritdoc IStepVerifier
    function hashState(bytes calldata state) external pure returns (bytes32) {
        return States.decode(state).hash();
    }

    /// @inheritdoc IStepVerifier
    function hashOpening(Opening calldata opening) external pure returns (bytes32) {
        return States.hash(opening);
    }

    /// @inheritdoc IStepVerifier
    function initialStateHash(bytes32 programRoot, bytes32 input) external pure returns (bytes32) {
        return States.initial(programRoot, input).hash();
    }

    /// @inheritdoc IStepVerifier
    function oracle() external view returns (address) {
        return address(ORACLE);
    }
}
