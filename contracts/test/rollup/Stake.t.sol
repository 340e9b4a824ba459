// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append} from "../../src/interfaces/IInbox.sol";
import {Assertion, Claim, IRollup, StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

contract StakeTest is RollupFixture {
    function test_stake_firstClaim_createsAndJoins() public {
        State memory state = end("a", 0);
        bytes32 id = idOf(root, state);
        uint256 stakeId = rollup.nextStakeId(alice);
        vm.expectEmit(address(rollup));
        emit IRollup.StakePlaced(stakeId, alice);
        vm.expectEmit(address(rollup));
        emit IRollup.AssertionCreated(id, root, state, 1, keccak256(abi.encode(uint64(1), inbox.batchAcc(1))));
        vm.expectEmit(address(rollup));
        emit IRollup.StakeMoved(stakeId, id);
        (uint256 got,) = stakeAs(alice, root, state);
        vm.assertEq(got, stakeId);
        Assertion memory a = rollup.assertion(id);
        vm.assertEq(a.live, 1);
        vm.assertEq(a.parent, root);
        vm.assertTrue(a.first);
        Assertion memory p = rollup.assertion(root);
        vm.assertEq(p.liveChildren, 1);
        vm.assertEq(p.firstChildAt, block.timestamp);
        vm.assertEq(p.secondChildAt, 0);
        (address owner, StakeStatus status, bytes32 tip) = rollup.stakeOf(stakeId);
        vm.assertEq(owner, alice);
        vm.assertEq(uint8(status), uint8(StakeStatus.Live));
        vm.assertEq(tip, id);
        vm.assertEq(rollup.joinedAt(stakeId, id), block.timestamp);
    }

    /// @dev A copied claim that comes first cannot make the honest one revert: it joins.
    function test_stake_existingClaim_joinsIt() public {
        (, bytes32 id) = stakeAs(bob, root, end("a", 0));
        skip(1 days);
        (, bytes32 same) = stakeAs(alice, root, end("a", 0));
        vm.assertEq(id, same);
        vm.assertEq(rollup.assertion(id).live, 2);
        vm.assertEq(rollup.assertion(root).liveChildren, 2);
        vm.assertEq(rollup.assertion(root).secondChildAt, 0);
    }

    /// @dev Nothing computes with the numbers of a claim: the greatest ones stand in nobody's way.
    function test_stake_withHugeNumbers_harmsNobody() public {
        State memory huge = State(keccak256("huge"), type(uint64).max, 0, type(uint64).max, type(uint64).max);
        (uint256 liar, bytes32 lie) = stakeAs(bob, root, huge);
        (, bytes32 id) = stakeAs(alice, root, end("a", 0));
        vm.assertEq(rollup.assertion(lie).l2BlockNumber, type(uint64).max);
        skip(M);
        huge.batchIndex = 1;
        advanceAs(bob, liar, lie, huge);
        rollup.defeat(liar, lie, alice);
        skip(W);
        rollup.confirm(id);
        vm.assertEq(rollup.latestConfirmed(), id);
    }

    function test_stake_anotherBond_reverts(uint96 sent) public {
        vm.assume(sent != BOND);
        vm.deal(alice, sent);
        Claim[] memory list = claims(root, end("a", 0));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.WrongBond.selector, sent, BOND));
        rollup.stake{value: sent}(root, list);
    }

    function test_stake_belowAnUnconfirmedAssertion_reverts() public {
        (, bytes32 id) = stakeAs(alice, root, end("a", 0));
        skip(M);
        Claim[] memory list = claims(id, end("b", 1));
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLatestConfirmed.selector, root));
        rollup.stake{value: BOND}(id, list);
    }

    function test_stake_withoutClaims_reverts() public {
        vm.prank(alice);
        vm.expectRevert(IRollup.NoClaims.selector);
        rollup.stake{value: BOND}(root, new Claim[](0));
    }

    /// @dev After an L1 reorg the parent may have other inputs: the claim computed from the old ones must not stand.
    function test_stake_otherInputs_reverts(bytes32 other) public {
        bytes32 actual = rollup.assertion(root).inputsHash;
        vm.assume(other != actual);
        Claim[] memory list = claims(root, end("a", 0));
        list[0].inputsHash = other;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.InputsDiffer.selector, actual));
        rollup.stake{value: BOND}(root, list);
    }

    function test_stake_otherInputsWhenJoining_reverts() public {
        stakeAs(bob, root, end("a", 0));
        Claim[] memory list = claims(root, end("a", 0));
        bytes32 actual = list[0].inputsHash;
        list[0].inputsHash = ~actual;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.InputsDiffer.selector, actual));
        rollup.stake{value: BOND}(root, list);
    }

    function test_stake_manyByOneOwner_haveDifferentIds(uint8 count) public {
        uint256 last;
        for (uint256 i = 0; i < bound(count, 1, 10); ++i) {
            (uint256 stakeId,) = stakeAs(alice, root, end("a", 0));
            vm.assertEq(stakeId, uint256(uint160(alice)) << 96 | i);
            if (i > 0) vm.assertLt(last, stakeId);
            last = stakeId;
        }
    }

    function test_stake_afterWithdrawing_hasANewId() public {
        (uint256 stakeId, bytes32 id) = stakeAs(alice, root, end("a", 0));
        skip(W);
        rollup.confirm(id);
        vm.prank(alice);
        rollup.withdraw(stakeId);
        (uint256 next,) = stakeAs(alice, id, end("b", 1));
        vm.assertEq(next, stakeId + 1);
    }

    /// @dev New siblings while now < t0 + W − C.
    function test_stake_newSibling_untilWindowMinusClock(uint256 wait) public {
        stakeAs(alice, root, end("a", 0));
        uint256 t0 = block.timestamp;
        wait = bound(wait, 0, 2 * W);
        skip(wait);
        Claim[] memory list = claims(root, end("b", 0));
        vm.prank(bob);
        if (wait >= W - C) vm.expectRevert(abi.encodeWithSelector(IRollup.SiblingsClosed.selector, t0 + W - C));
        rollup.stake{value: BOND}(root, list);
        if (wait < W - C) vm.assertEq(rollup.assertion(root).secondChildAt, block.timestamp);
    }

    function test_stake_newSibling_closesOnTheSecond() public {
        stakeAs(alice, root, end("a", 0));
        skip(W - C - 1);
        stakeAs(bob, root, end("b", 0));
        skip(1);
        Claim[] memory list = claims(root, end("c", 0));
        vm.prank(carol);
        vm.expectPartialRevert(IRollup.SiblingsClosed.selector);
        rollup.stake{value: BOND}(root, list);
    }

    /// @dev Joining while now < t0 + W where there is a sibling.
    function test_stake_joiningWithSiblings_untilTheWindow(uint256 wait, bool second) public {
        stakeAs(alice, root, end("a", 0));
        stakeAs(bob, root, end("b", 0));
        uint256 t0 = block.timestamp;
        wait = bound(wait, 0, 2 * W);
        skip(wait);
        Claim[] memory list = claims(root, second ? end("b", 0) : end("a", 0));
        vm.prank(carol);
        if (wait >= W) vm.expectRevert(abi.encodeWithSelector(IRollup.JoiningClosed.selector, t0 + W));
        rollup.stake{value: BOND}(root, list);
    }

    function test_stake_joiningWithSiblings_closesOnTheSecond() public {
        stakeAs(alice, root, end("a", 0));
        stakeAs(bob, root, end("b", 0));
        skip(W - 1);
        stakeAs(carol, root, end("a", 0));
        skip(1);
        Claim[] memory list = claims(root, end("a", 0));
        vm.prank(carol);
        vm.expectPartialRevert(IRollup.JoiningClosed.selector);
        rollup.stake{value: BOND}(root, list);
    }

    /// @dev An only child is open until it is confirmed.
    function test_stake_joiningAnOnlyChild_untilConfirmed(uint256 wait) public {
        (uint256 stakeId, bytes32 id) = stakeAs(alice, root, end("a", 0));
        skip(bound(wait, W, 10 * W));
        stakeAs(bob, root, end("a", 0));
        vm.assertEq(rollup.assertion(id).live, 2);
        rollup.confirm(id);
        vm.assertTrue(stakeId != 0);
        Claim[] memory list = claims(root, end("a", 0));
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyConfirmed.selector, id));
        rollup.stake{value: BOND}(root, list);
    }

    function test_stake_nobodyLeftAfterTheWindow_reopensTheFork() public {
        (uint256 a, bytes32 idA) = stakeAs(alice, root, end("a", 0));
        (uint256 b, bytes32 idB) = stakeAs(bob, root, end("b", 0));
        rollup.defeat(a, idA, carol);
        rollup.defeat(b, idB, carol);
        skip(W);
        vm.expectEmit(address(rollup));
        emit IRollup.ForkReopened(root);
        (, bytes32 idC) = stakeAs(carol, root, end("c", 0));
        Assertion memory p = rollup.assertion(root);
        vm.assertEq(p.firstChildAt, block.timestamp);
        vm.assertEq(p.secondChildAt, block.timestamp);
        vm.expectPartialRevert(IRollup.WindowOpen.selector);
        rollup.confirm(idC);
        skip(W);
        rollup.confirm(idC);
    }

    /// @dev A rejoined only child has its whole window again.
    function test_stake_rejoiningADeadOnlyChild_reopensTheFork() public {
        (uint256 a, bytes32 id) = stakeAs(alice, root, end("a", 0));
        rollup.defeat(a, id, carol);
        skip(W);
        stakeAs(bob, root, end("a", 0));
        Assertion memory p = rollup.assertion(root);
        vm.assertEq(p.firstChildAt, block.timestamp);
        vm.assertEq(p.secondChildAt, 0);
        skip(W - 1);
        vm.expectPartialRevert(IRollup.WindowOpen.selector);
        rollup.confirm(id);
    }

    /// @dev A new child beside a dead only one is its first sibling, and counts for it as well.
    function test_stake_besideADeadOnlyChild_reopensTheForkForBoth() public {
        (uint256 a, bytes32 idA) = stakeAs(alice, root, end("a", 0));
        rollup.defeat(a, idA, carol);
        skip(W);
        (, bytes32 idB) = stakeAs(bob, root, end("b", 0));
        Assertion memory p = rollup.assertion(root);
        vm.assertEq(p.firstChildAt, block.timestamp);
        vm.assertEq(p.secondChildAt, block.timestamp);
        vm.assertEq(rollup.rivalSince(idA), block.timestamp);
        vm.assertEq(rollup.rivalSince(idB), block.timestamp);
        skip(1 days);
        (uint256 late,) = stakeAs(carol, root, end("a", 0));
        (, uint256 left) = rollup.clockOf(late, idA);
        vm.assertEq(left, C - 1 days);
    }

    /// @dev Where two children are dead, whoever rejoins one starts the window and the clocks of both again.
    function test_stake_rejoiningOneOfTwoDeadChildren_reopensTheForkForBoth(bool first) public {
        (uint256 a, bytes32 idA) = stakeAs(alice, root, end("a", 0));
        skip(1);
        (uint256 b, bytes32 idB) = stakeAs(bob, root, end("b", 0));
        rollup.defeat(a, idA, carol);
        rollup.defeat(b, idB, carol);
        skip(W);
        (uint256 again,) = stakeAs(alice, root, end(first ? "a" : "b", 0));
        uint256 t0 = block.timestamp;
        vm.assertEq(rollup.rivalSince(idA), t0);
        vm.assertEq(rollup.rivalSince(idB), t0);
        (, uint256 left) = rollup.clockOf(again, first ? idA : idB);
        vm.assertEq(left, C);
        skip(W);
        Claim[] memory list = claims(root, end("b", 0));
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IRollup.JoiningClosed.selector, t0 + W));
        rollup.stake{value: BOND}(root, list);
    }

    /// @dev The target is where 2^12 batches beyond the end are reached, and the inputs are those up to there.
    function test_stake_withMoreBatchesThanAnAssertionReaches_fixesTheTargetThere() public {
        Append memory append;
        for (uint64 i = 1; i <= 4096; ++i) {
            append.expectedBatchAcc = inbox.batchAcc(i);
            vm.prank(sequencer);
            inbox.appendCalldata(append, "payload");
        }
        vm.assertEq(inbox.batchCount(), 4097);
        (, bytes32 id) = stakeAs(alice, root, end("a", 0));
        vm.assertEq(rollup.assertion(id).target, 4096);
        vm.assertEq(rollup.assertion(id).inputsHash, keccak256(abi.encode(uint256(4096), inbox.batchAcc(4096))));
    }

    /// @dev Before the window is over a fork without live stakes keeps its time: else a loser could stretch it again and again.
    function test_stake_nobodyLeftWithinTheWindow_keepsT0() public {
        (uint256 a, bytes32 id) = stakeAs(alice, root, end("a", 0));
        uint256 t0 = block.timestamp;
        rollup.defeat(a, id, carol);
        skip(W - 1);
        stakeAs(bob, root, end("a", 0));
        vm.assertEq(rollup.assertion(root).firstChildAt, t0);
    }

    /// @dev The clock of a stake runs from its first rival to its joining: each child has the creation of its first sibling.
    function test_rivalSince_afterSiblings_isTheFirstOnes() public {
        (, bytes32 idA) = stakeAs(alice, root, end("a", 0));
        uint256 first = block.timestamp;
        vm.assertEq(rollup.rivalSince(idA), 0);
        skip(1 days);
        (, bytes32 idB) = stakeAs(bob, root, end("b", 0));
        uint256 second = block.timestamp;
        skip(1 days);
        (, bytes32 idC) = stakeAs(carol, root, end("c", 0));
        vm.assertEq(rollup.rivalSince(idA), second);
        vm.assertEq(rollup.rivalSince(idB), first);
        vm.assertEq(rollup.rivalSince(idC), first);
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownAssertion.selector, bytes32(0)));
        rollup.rivalSince(0);
    }
}
