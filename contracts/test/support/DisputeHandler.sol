// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Matches} from "../../src/Matches.sol";
import {StakeStatus} from "../../src/interfaces/IRollup.sol";
import {vm} from "./Cheats.sol";
import {Belief, Board, MatchFixture} from "./MatchFixture.sol";
import {RollupHarness} from "./RollupFixture.sol";

/// @notice An honest stake that answers whenever it is not censored, which is for less than C in all; a stake on the truth that sleeps; and liars that stake,
///         open, move, babble, let time run out, collect, in any order. What the contracts refuse reverts and changes nothing.
contract DisputeHandler is MatchFixture {
    uint256[] public stakeIds;
    Belief[] internal beliefs;
    bytes32[] public falseNodes;
    Board[] private boards;
    mapping(bytes32 => bool) private isOpen;

    uint256 public forkedAt;
    uint256 public paidIn = BOND;
    uint256 public paidOut;
    uint256 public done;
    /// @dev Below C by what the honest side takes to act at all.
    uint256 public budget = C - 1;

    constructor() {
        setUp();
        joinTruth();
        note(honest, truth());
        forkedAt = block.timestamp;
        (uint256 sleeper,) = stakeOn(carol, truth());
        paidIn += BOND;
        note(sleeper, truth());
    }

    function note(uint256 stakeId, Belief memory b) private {
        stakeIds.push(stakeId);
        beliefs.push(b);
        done += 1;
    }

    function chain() external view returns (RollupHarness, Matches, bytes32, uint256) {
        return (rollup, matches, trueNode, honest);
    }

    function counts() external view returns (uint256, uint256, uint256) {
        return (stakeIds.length, boards.length, falseNodes.length);
    }

    function board(uint256 i) external view returns (Board memory) {
        return boards[i];
    }

    function stakeFalsely(uint8 who, uint256 blockStep, uint256 machineStep) external {
        Belief memory b = Belief(blockStep % BLOCKS, machineStep % STEPS, bytes32(uint256(1 + who % 3)));
        if (stakeIds.length > 7) return;
        // Who shares a tag shares a claim.
        for (uint256 i = 0; i < beliefs.length; ++i) {
            if (beliefs[i].tag == b.tag) b = beliefs[i];
        }
        (uint256 stakeId, bytes32 node) = stakeOn(address(uint160(0x11a0) + who % 5), b);
        paidIn += BOND;
        falseNodes.push(node);
        note(stakeId, b);
    }

    function open(uint8 first, uint8 second, bool bare) external {
        openThese(first % stakeIds.length, second % stakeIds.length, bare);
    }

    function openThese(uint256 i, uint256 j, bool bare) private {
        (uint256 a, uint256 b) = (stakeIds[i], stakeIds[j]);
        Board memory v = bare ? openBare(a, beliefs[i], b, beliefs[j]) : openAndDissect(a, beliefs[i], b, beliefs[j]);
        isOpen[v.id] = true;
        boards.push(v);
        done += 1;
    }

    /// @dev One of the others answers from what it believes, or anything.
    function play(uint8 which, bool sense, uint256 seed) external {
        Board memory v = boards[which % boards.length];
        require(v.m.mover != honest, "answers by itself");
        if (sense || v.m.round == 0 || v.m.round == 11) answer(v, beliefOf(v.m.mover));
        else babble(v, seed);
        boards[which % boards.length] = v;
        done += 1;
    }

    function timeout(uint8 which) external {
        runOut(which % boards.length);
    }

    function runOut(uint256 i) private {
        matches.timeout(boards[i].m);
        boards[i].m.rivalMoves += 1;
        done += 1;
    }

    function reward(uint8 which, bool mover) external {
        Board storage v = boards[which % boards.length];
        matches.reward(v.m, mover ? v.m.mover : v.m.rival);
        if (mover) v.m.moverMoves = 0;
        else v.m.rivalMoves = 0;
        done += 1;
    }

    function wait(uint32 time) external {
        act();
        skip(time % 1 days);
    }

    /// @dev The honest side can do nothing meanwhile.
    function censor(uint32 time) external {
        uint256 used = time % (budget + 1);
        budget -= used;
        skip(used);
        act();
    }

    function confirm(uint8 which) external {
        if (which % 3 == 0) rollup.confirm(fork);
        else if (which % 3 == 1 || falseNodes.length == 0) rollup.confirm(trueNode);
        else rollup.confirm(falseNodes[which % falseNodes.length]);
        done += 1;
    }

    function withdraw(uint8 which) external {
        uint256 stakeId = stakeIds[which % stakeIds.length];
        vm.prank(ownerOf(stakeId));
        rollup.withdraw(stakeId);
        done += 1;
    }

    function claim(uint8 which) external {
        address who = ownerOf(stakeIds[which % stakeIds.length]);
        paidOut += rollup.owed(who);
        vm.prank(who);
        rollup.claim(payable(address(0xca54)));
        done += 1;
    }

    /// @dev What the honest side does whenever it can: open against every rival, answer, call the time of those who don't.
    function act() public {
        if (statusOf(honest) != StakeStatus.Live) return;
        for (uint256 i = 1; i < stakeIds.length; ++i) {
            bool rival = beliefs[i].tag != 0 && statusOf(stakeIds[i]) == StakeStatus.Live;
            if (rival && !isOpen[matches.matchId(honest, stakeIds[i])]) openThese(0, i, false);
        }
        for (uint256 i = 0; i < boards.length; ++i) {
            Board memory v = boards[i];
            if (v.m.mover != honest && v.m.rival != honest) continue;
            if (statusOf(v.m.mover) != StakeStatus.Live || statusOf(v.m.rival) != StakeStatus.Live) continue;
            if (v.m.mover == honest) {
                answer(v, truth());
                boards[i] = v;
            } else if (block.timestamp >= matches.deadline(v.m)) {
                runOut(i);
            }
        }
    }

    /// @dev The honest side goes on alone, the others let their time run out: then the truth is confirmed in time.
    function finish() external {
        uint256 latest = forkedAt + W + C + 14 * E;
        while (block.timestamp < forkedAt + W) {
            act();
            skip(E);
        }
        for (uint256 i = 0; i < 1000 && rollup.assertion(fork).liveChildren != rollup.assertion(trueNode).live; ++i) {
            act();
            skip(E);
        }
        vm.assertLe(block.timestamp, latest);
        if (!rollup.assertion(fork).confirmed) rollup.confirm(fork);
        if (!rollup.assertion(trueNode).confirmed) rollup.confirm(trueNode);
    }

    function beliefOf(uint256 stakeId) private view returns (Belief memory b) {
        for (uint256 i = 0; i < stakeIds.length; ++i) {
            if (stakeIds[i] == stakeId) return beliefs[i];
        }
    }
}
