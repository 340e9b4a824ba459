// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./support/Cheats.sol";
import {MachineGame} from "./matches/MachineGame.t.sol";
import {Belief, Board} from "./support/MatchFixture.sol";

/// forge-config: default.isolate = true
/// @notice Gas of whole transactions of a dispute, into snapshots/Dispute.json. Both stakes have met others before: their counts of moves are not
///         written for the first time. The machine step is one that reads and writes memory.
contract DisputeGasTest is MachineGame {
    uint256 private total;
    uint256 private moves;
    uint256 private most;
    uint256 private honestTotal;
    bool private counting;

    /// @dev Isolated calls see no base fee, the model must neither.
    function setFees() internal override {}

    function measure(string memory) internal override {
        vm.cool(address(inbox));
        vm.cool(address(rollup));
        vm.cool(address(matches));
        vm.cool(address(stepVerifier));
    }

    function measured(string memory what) internal override {
        if (!counting) return;
        uint256 used = vm.lastCallGas().gasTotalUsed;
        moves += 1;
        total += used;
        // The liar opens, so the honest side has every second move.
        if (moves % 2 == 0) honestTotal += used;
        bytes32 kind = keccak256(bytes(what));
        if (kind == keccak256("move")) most = used > most ? used : most;
        if (kind == keccak256("openAndDissect")) vm.snapshotValue("Dispute", "dispute.open", used);
        if (kind == keccak256("enterMachine")) vm.snapshotValue("Dispute", "dispute.machine", used);
        if (kind == keccak256("step")) vm.snapshotValue("Dispute", "dispute.step", used);
    }

    /// @dev The stake meets somebody who never answers, twice over: it has moved and been moved against.
    function meetOthers(uint256 stakeId, Belief memory b, uint160 who) private {
        Belief memory other = Belief(uint256(who), 0, "other");
        (uint256 a,) = stakeOn(address(who), other);
        (uint256 c,) = stakeOn(address(who + 1), other);
        openAndDissect(stakeId, b, a, other);
        openAndDissect(c, other, stakeId, b);
    }

    function test_dispute_atFullDepth() public {
        Belief memory b = lie(AT, 2);
        joinTruth();
        run();
        (uint256 liar,) = stakeOn(bob, b);
        meetOthers(honest, truth(), 0x1001);
        meetOthers(liar, b, 0x2001);
        counting = true;
        Board memory v = openAndDissect(liar, b, honest, truth());
        while (moves < 11) {
            answer(v, v.m.mover == honest ? truth() : b);
        }
        answer(v, truth());
        vm.assertEq(moves, 12);
        vm.assertLe(most, 90_000);
        vm.assertLe(total, 1_500_000);
        vm.assertLe(honestTotal, 650_000);
        vm.snapshotValue("Dispute", "dispute.move", most);
        vm.snapshotValue("Dispute", "dispute.moves", moves);
        vm.snapshotValue("Dispute", "dispute.full", total);
        vm.snapshotValue("Dispute", "dispute.full.honest", honestTotal);
    }

    function test_dispute_afterwards() public {
        Belief memory b = lie(1, 1);
        joinTruth();
        (uint256 liar,) = stakeOn(bob, b);
        Board memory v = openAndDissect(liar, b, honest, truth());
        answer(v, truth());
        skip(W);
        matches.timeout(v.m);
        v.m.rivalMoves += 1;
        rollup.confirm(fork);
        measure("");
        vm.prank(carol, carol);
        rollup.confirm(trueNode);
        vm.snapshotValue("Dispute", "dispute.resolve", vm.lastCallGas().gasTotalUsed);
        vm.prank(alice);
        rollup.withdraw(honest);
        measure("");
        vm.prank(carol, carol);
        matches.reward(v.m, honest);
        vm.snapshotValue("Dispute", "dispute.reward", vm.lastCallGas().gasTotalUsed);
    }

    function test_dispute_openBareAndDissect() public {
        joinTruth();
        Belief memory b = lie(1, 1);
        (uint256 liar,) = stakeOn(bob, b);
        Board memory v = opened(rivals(honest, truth(), liar, b));
        measure("");
        vm.prank(carol, carol);
        matches.open(rivals(honest, truth(), liar, b));
        vm.snapshotValue("Dispute", "dispute.open.bare", vm.lastCallGas().gasTotalUsed);
        vm.assertEq(v.m.round, 0);
    }

    function test_dispute_stakeAndTimeout() public {
        Belief memory b = lie(1, 1);
        joinTruth();
        (uint256 other,) = stakeOn(carol, b);
        vm.assertTrue(other != 0);
        measure("");
        (uint256 liar,) = stakeOn(bob, b);
        vm.snapshotValue("Dispute", "dispute.stake", vm.lastCallGas().gasTotalUsed);
        meetOthers(liar, b, 0x2001);
        Board memory v = openAndDissect(honest, truth(), liar, b);
        skip(C);
        measure("");
        vm.prank(carol, carol);
        matches.timeout(v.m);
        vm.snapshotValue("Dispute", "dispute.timeout", vm.lastCallGas().gasTotalUsed);
    }
}
