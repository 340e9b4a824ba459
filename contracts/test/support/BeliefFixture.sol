// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Matches} from "../../src/Matches.sol";
import {MatchesParams} from "../../src/interfaces/IMatches.sol";
import {Claim, StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {Opening} from "../../src/interfaces/IStepVerifier.sol";
import {vm} from "./Cheats.sol";
import {RollupFixture} from "./RollupFixture.sol";
import {SyntheticVerifier} from "./SyntheticVerifier.sol";

/// @notice What a player believes: the truth up to a block step, in it up to a machine step, and from there on false states. Honest: `truth()`.
struct Belief {
    uint256 blockStep;
    uint256 machineStep;
    bytes32 tag;
}

/// @notice The matches with the real Rollup and Inbox, and the runs that players believe in: any state of a run can be had without those before it.
abstract contract BeliefFixture is RollupFixture {
    uint256 internal constant BLOCKS = 1 << 15;
    uint256 internal constant STEPS = 1 << 40;
    uint64 internal constant RUN_LENGTH = 123_456_789_012;
    uint256 internal constant NEVER = type(uint256).max;

    SyntheticVerifier internal verifier;
    Matches internal matches;

    /// @dev The parent of the rivals, its end state, and a child that claims the truth.
    bytes32 internal fork;
    State internal base;
    bytes32 internal trueNode;
    /// @dev Alice, who is honest.
    uint256 internal honest;

    function setUp() public virtual override {
        super.setUp();
        (address stepVerifier, bytes32 programRoot) = deployVerifier();
        MatchesParams memory p = MatchesParams(address(rollup), stepVerifier, programRoot);
        matches = Matches(factory.deploy("matches", abi.encodePacked(type(Matches).creationCode, abi.encode(p))));
        appendBatch(0);
        base = genesis;
        (honest, fork) = stakeAs(alice, root, base);
        skip(M);
    }

    function deployVerifier() internal virtual returns (address, bytes32 programRoot) {
        programRoot = keccak256("program");
        verifier = new SyntheticVerifier(programRoot);
        return (address(verifier), programRoot);
    }

    function truth() internal pure returns (Belief memory) {
        return Belief(NEVER, 0, 0);
    }

    function lie(uint256 blockStep, uint256 machineStep) internal pure returns (Belief memory) {
        return Belief(blockStep, machineStep, "lie");
    }

    /// @dev The state of the chain after j block steps, as believed. The truth reaches the target, which is 2, with the last step.
    function blockState(Belief memory b, uint256 j) internal view virtual returns (State memory) {
        if (j == 0) return base;
        bytes32 tag = j > b.blockStep ? b.tag : bytes32(0);
        return State(keccak256(abi.encode("block", j, tag)), uint64(j), uint64(2 * j / BLOCKS), uint64(j % 7), 0);
    }

    function blockHash(Belief memory b, uint256 j) internal view returns (bytes32) {
        return keccak256(abi.encode(blockState(b, j)));
    }

    /// @dev What the machine does at block step j in truth, if it starts from what is believed there. Sets it in the verifier.
    function runOf(Belief memory b, uint256 j) internal returns (bytes32 input) {
        input = matches.machineInput(trueNode, blockState(b, j));
        verifier.set(input, programOf(j));
    }

    function programOf(uint256 j) internal virtual returns (SyntheticVerifier.Program memory) {
        return SyntheticVerifier.Program(RUN_LENGTH, 1, blockHash(truth(), j + 1));
    }

    /// @dev The state of the machine after i steps of block step j, as believed. False ones are halted with the false end.
    function machineState(Belief memory b, uint256 j, uint256 i) internal returns (bytes memory) {
        if (j != b.blockStep || i <= b.machineStep) return trueMachineState(b, j, i);
        bytes32 root = keccak256(abi.encode("memory", i, b.tag));
        bytes memory head = abi.encodePacked(root, bytes32(0), blockHash(b, j + 1), bytes32(0), new bytes(256));
        return abi.encodePacked(head, uint64(0), uint64(i), uint8(b.tag == "skip" ? 2 : 1));
    }

    function trueMachineState(Belief memory b, uint256 j, uint256 i) internal virtual returns (bytes memory) {
        return verifier.stateAt(runOf(b, j), uint64(i));
    }

    /// @dev What the step from there wants.
    function proofAt(uint256 i) internal virtual returns (bytes memory) {
        return verifier.proofOf(uint64(i < RUN_LENGTH ? i : RUN_LENGTH));
    }

    function ownerOf(uint256 stakeId) internal pure returns (address) {
        return address(uint160(stakeId >> 96));
    }

    /// @dev Stakes on what this belief says about the fork.
    function stakeOn(address who, Belief memory b) internal returns (uint256 stakeId, bytes32 node) {
        Claim[] memory list = new Claim[](2);
        list[0] = Claim(rollup.assertion(root).inputsHash, base);
        list[1] = Claim(rollup.assertion(fork).inputsHash, blockState(b, BLOCKS));
        vm.deal(who, BOND);
        vm.prank(who);
        stakeId = rollup.stake{value: BOND}(root, list);
        return (stakeId, idOf(fork, list[1].end));
    }

    function joinTruth() internal {
        trueNode = advanceAs(alice, honest, fork, blockState(truth(), BLOCKS));
    }

    function opening(bytes memory state) internal view returns (Opening memory) {
        return this.openSlices(state);
    }

    function hashSlices(bytes calldata state) external pure returns (bytes32) {
        return keccak256(abi.encodePacked(state[:128], keccak256(state[128:384]), state[384:]));
    }

    function openSlices(bytes calldata s) external pure returns (Opening memory) {
        return Opening({
            memoryRoot: bytes32(s[:32]),
            input: bytes32(s[32:64]),
            output: bytes32(s[64:96]),
            preimageKey: bytes32(s[96:128]),
            registersHash: keccak256(s[128:384]),
            pc: uint64(bytes8(s[384:392])),
            step: uint64(bytes8(s[392:400])),
            status: uint8(s[400])
        });
    }

    function statusOf(uint256 stakeId) internal view returns (StakeStatus status) {
        (, status,) = rollup.stakeOf(stakeId);
    }
}
