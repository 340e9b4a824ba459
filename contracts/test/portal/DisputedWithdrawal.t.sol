// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IGames, GameStatus} from "../../src/interfaces/IGames.sol";
import {IRollup, StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {MerkleTrie} from "../../src/libraries/MerkleTrie.sol";
import {AssertionGame} from "../../src/portal/AssertionGame.sol";
import {bound, vm} from "../support/Cheats.sol";
import {DisputedBridgeFixture} from "../support/DisputedBridgeFixture.sol";
import {Belief, Board} from "../support/MatchFixture.sol";

/// forge-config: default.fuzz.runs = 32
contract DisputedWithdrawalTest is DisputedBridgeFixture {
    uint256 private truthIndex;
    uint256 private lieIndex;
    bytes32 private falseNode;
    uint256 private liar;
    uint256 private windowEnd;

    function anyLie(uint256 blockStep, uint256 machineStep) private pure returns (Belief memory) {
        return lie(bound(blockStep, 0, BLOCKS - 1), bound(machineStep, 0, STEPS - 1));
    }

    /// @dev Both sides claim, list, and prove: alice and bob are the stakers, the user and carol prove.
    function disagree(Belief memory b) private {
        joinTruth();
        windowEnd = block.timestamp + W;
        truthIndex = list(truth());
        vm.assertEq(shown()[0], truthIndex);
        (liar, falseNode) = stakeOn(bob, b);
        lieIndex = list(b);
        proveAs(user, honestWithdrawal(), 0, truthIndex);
        proveAs(carol, honestWithdrawal(), b.tag, lieIndex);
        proveAs(bob, forgedWithdrawal(b.tag), b.tag, lieIndex);
    }

    /// @dev Nobody is paid, neither side is shown, and neither can be confirmed.
    function assertOpen(bytes32 tag) private {
        assertNotFinal(user, honestWithdrawal());
        assertNotFinal(carol, honestWithdrawal());
        assertNotFinal(bob, forgedWithdrawal(tag));
        uint256[] memory found = shown();
        vm.assertEq(found.length, 1);
        vm.assertEq(found[0], 0);
        vm.assertFalse(canConfirm(trueNode) || canConfirm(falseNode));
    }

    function canConfirm(bytes32 id) private view returns (bool) {
        try rollup.checkConfirm(id) {
            return true;
        } catch {
            return false;
        }
    }

    /// @dev The truth is confirmed: its proof pays, what was proved against the lie is worthless for ever.
    function assertDecided(bytes32 tag) private {
        rollup.confirm(trueNode);
        vm.assertEq(shown()[0], truthIndex);
        vm.assertTrue(AssertionGame(games.gameOf(falseNode)).status() == GameStatus.CHALLENGER_WINS);
        assertNotFinal(carol, honestWithdrawal());
        assertNotFinal(bob, forgedWithdrawal(tag));
        vm.expectRevert(abi.encodeWithSelector(IGames.LostGame.selector, games.gameOf(falseNode)));
        this.proveForged(tag, tag, lieIndex);
        vm.expectRevert(MerkleTrie.InvalidMerkleProof.selector);
        this.proveForged(tag, 0, truthIndex);
        vm.expectPartialRevert(IRollup.NotLatestConfirmed.selector);
        rollup.confirm(falseNode);
        finalizeAs(user, honestWithdrawal());
        vm.assertEq(PAYEE.balance, 1 ether);
        skip(1000 days);
        assertNotFinal(bob, forgedWithdrawal(tag));
        vm.assertEq(address(portal).balance, HELD - 1 ether);
        vm.assertEq(THIEF.balance, 0);
    }

    function proveForged(bytes32 forged, bytes32 tag, uint256 index) external {
        proveAs(bob, forgedWithdrawal(forged), tag, index);
    }

    /// @dev At each of the twelve turns, after the last, and until the window is over.
    function test_finalize_whileTheMatchIsPlayed_revertsUntilTheTruthIsConfirmed(uint256 blockStep, uint256 machineStep) public {
        Belief memory b = anyLie(blockStep, machineStep);
        disagree(b);
        Board memory v = openAndDissect(liar, b, honest, truth());
        while (v.m.round < 11) {
            skip(2 hours);
            assertOpen(b.tag);
            answer(v, v.m.mover == honest ? truth() : b);
        }
        assertOpen(b.tag);
        proveStep(v, truth());
        vm.assertTrue(statusOf(liar) == StakeStatus.Defeated);
        assertOpen(b.tag);
        vm.warp(windowEnd - 1);
        rollup.confirm(fork);
        assertOpen(b.tag);
        skip(1);
        assertDecided(b.tag);
    }

    /// @dev A rival that nobody has beaten keeps all withdrawals waiting, however long: time alone decides nothing.
    function test_finalize_whileARivalLives_revertsAtAnyTime(uint256 late, uint256 time) public {
        joinTruth();
        windowEnd = block.timestamp + W;
        truthIndex = list(truth());
        skip(bound(late, 0, W - C - 1));
        Belief memory b = lie(77, 78);
        (liar, falseNode) = stakeOn(bob, b);
        lieIndex = list(b);
        proveAs(user, honestWithdrawal(), 0, truthIndex);
        proveAs(carol, honestWithdrawal(), b.tag, lieIndex);
        proveAs(bob, forgedWithdrawal(b.tag), b.tag, lieIndex);
        vm.warp(windowEnd + bound(time, 0, 1000 days));
        rollup.confirm(fork);
        assertOpen(b.tag);
        Board memory v = openAndDissect(honest, truth(), liar, b);
        assertOpen(b.tag);
        vm.warp(matches.deadline(v.m));
        assertOpen(b.tag);
        matches.timeout(v.m);
        assertDecided(b.tag);
    }

    /// @dev Who proved against the side that lost proves again, and is paid once.
    function test_finalize_provedAgainAfterTheMatch_pays() public {
        Belief memory b = lie(12_345, 1 << 39);
        disagree(b);
        Board memory v = openAndDissect(liar, b, honest, truth());
        play(v, b, 11);
        proveStep(v, truth());
        vm.warp(windowEnd);
        rollup.confirm(fork);
        rollup.confirm(trueNode);
        proveAs(carol, honestWithdrawal(), 0, truthIndex);
        skip(MATURITY);
        finalizeAs(carol, honestWithdrawal());
        vm.assertEq(PAYEE.balance, 1 ether);
        vm.expectRevert(IWithdrawals.OptimismPortal_AlreadyFinalized.selector);
        this.finalizeHonest(user);
        vm.assertEq(address(portal).balance, HELD - 1 ether);
    }

    function finalizeHonest(address who) external {
        finalizeAs(who, honestWithdrawal());
    }

    /// @dev What is built on the two sides waits with them: the child of the truth pays once both are confirmed, the child of the lie never.
    function test_finalize_byWhatIsBuiltOnTheSides_followsThem() public {
        Belief memory b = lie(3, 4);
        disagree(b);
        appendBatch(0);
        skip(M);
        State memory next = State(rootOf(outputOf(0)), uint64(BLOCKS + 9), 2, 0, 0);
        bytes32 child = advanceAs(alice, honest, trueNode, next);
        games.list(trueNode, next);
        State memory falseNext = State(rootOf(outputOf(b.tag)), uint64(BLOCKS + 9), 2, 0, 0);
        bytes32 falseChild = advanceAs(bob, liar, falseNode, falseNext);
        games.list(falseNode, falseNext);
        proveAs(user, honestWithdrawal(), 0, lieIndex + 1);
        proveAs(bob, forgedWithdrawal(b.tag), b.tag, lieIndex + 2);
        skip(MATURITY);
        assertOpen(b.tag);
        Board memory v = openAndDissect(liar, b, honest, truth());
        play(v, b, 11);
        proveStep(v, truth());
        vm.warp(windowEnd);
        rollup.confirm(fork);
        rollup.confirm(trueNode);
        vm.assertEq(shown()[0], lieIndex + 1);
        assertNotFinal(user, honestWithdrawal());
        assertNotFinal(bob, forgedWithdrawal(b.tag));
        skip(M);
        rollup.confirm(child);
        // Its staker has lost, and its parent is not the latest: whoever tries is turned away, now and later.
        skip(1000 days);
        vm.expectPartialRevert(IRollup.NotLatestConfirmed.selector);
        rollup.confirm(falseChild);
        assertNotFinal(bob, forgedWithdrawal(b.tag));
        finalizeAs(user, honestWithdrawal());
        vm.assertEq(PAYEE.balance, 1 ether);
    }

    /// @dev The stake of the lie's first claimant is gone; whoever joins the same claim in time keeps it from being decided again.
    function test_finalize_whenTheLieIsJoinedAgain_waitsForTheNextMatch() public {
        Belief memory b = lie(500, 600);
        disagree(b);
        Board memory v = openAndDissect(liar, b, honest, truth());
        play(v, b, 11);
        proveStep(v, truth());
        vm.warp(windowEnd - 1);
        (uint256 second,) = stakeOn(address(0xb0b2), b);
        skip(1);
        rollup.confirm(fork);
        assertOpen(b.tag);
        v = openAndDissect(honest, truth(), second, b);
        vm.warp(matches.deadline(v.m));
        matches.timeout(v.m);
        assertDecided(b.tag);
    }
}
