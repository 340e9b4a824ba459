// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches, Match} from "../../src/interfaces/IMatches.sol";
import {bound, Log, vm} from "../support/Cheats.sol";
import {Board, MatchFixture} from "../support/MatchFixture.sol";

/// @notice Who has nothing but the logs knows every match: its state, and the dissection that the next move must open.
/// forge-config: default.fuzz.runs = 32
contract EventsTest is MatchFixture {
    function test_events_alone_giveTheStateOfAMatch(uint8 round, uint256 blockStep, uint32 time, bool byClock) public {
        round = uint8(bound(round, 0, 11));
        vm.recordLogs();
        (Board memory v,) = reach(1, lie(bound(blockStep, 0, BLOCKS - 1), 99));
        while (v.m.round < round) {
            skip(bound(time, 0, C / 12));
            answer(v, v.m.mover == honest ? truth() : lie(bound(blockStep, 0, BLOCKS - 1), 99));
        }
        if (byClock) {
            skip(C);
            matches.timeout(v.m);
            v.m.rivalMoves += 1;
        } else if (v.m.round == 11) {
            proveStep(v, truth());
        }
        assertRebuilt(v);
    }

    function test_events_ofABareOpeningAndARandomRival_giveTheStateOfAMatch(uint256 seed) public {
        vm.recordLogs();
        joinTruth();
        skip(1);
        (uint256 liar,) = stakeOn(bob, lie(5, 5));
        Board memory v = openBare(honest, truth(), liar, lie(5, 5));
        answer(v, lie(5, 5));
        uint256 rounds = seed % 11;
        while (v.m.round < rounds) {
            skip(seed % E);
            if (v.m.mover == honest) answer(v, truth());
            else babble(v, seed);
        }
        assertRebuilt(v);
    }

    function assertRebuilt(Board memory v) private {
        Board memory w = rebuild(vm.getRecordedLogs());
        vm.assertEq(w.id, v.id);
        assertBoard(w);
        vm.assertEq(keccak256(abi.encode(w.m)), keccak256(abi.encode(v.m)));
        if (v.m.round > 0) vm.assertEq(keccak256(abi.encode(w.leaves)), keccak256(abi.encode(v.leaves)));
    }

    function rebuild(Log[] memory logs) private view returns (Board memory v) {
        v.spacing = BLOCKS;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(matches)) continue;
            bytes32 kind = logs[i].topics[0];
            if (kind == IMatches.MatchOpened.selector) {
                v.id = logs[i].topics[1];
                v.m = abi.decode(logs[i].data, (Match));
            } else if (kind == IMatches.Dissected.selector) {
                dissected(v, logs[i].data);
            } else if (kind == IMatches.MachineEntered.selector) {
                (, bytes32 start, bytes32[31] memory points, bytes32 end, uint40 time) =
                    abi.decode(logs[i].data, (uint8, bytes32, bytes32[31], bytes32, uint40));
                turnAt(v, points, end, start, 0, time);
            } else if (kind == IMatches.MatchWon.selector) {
                if (uint256(logs[i].topics[2]) == v.m.mover) v.m.moverMoves += 1;
                else v.m.rivalMoves += 1;
            }
        }
    }

    function dissected(Board memory v, bytes memory data) private pure {
        (uint8 segment, bytes32[31] memory points, bytes32 end, uint40 time) = abi.decode(data, (uint8, bytes32[31], bytes32, uint40));
        bool isFirst = v.m.round == 0;
        bytes32 start = segment == 0 ? v.m.start : v.leaves[segment - 1];
        turnAt(v, points, end, start, isFirst ? v.m.dissection : v.leaves[segment], time);
    }
}
