// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Assertion, Claim, IRollup, StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {Claims} from "../../src/libraries/Claims.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

contract AdvanceTest is RollupFixture {
    uint256 private stakeId;
    bytes32 private tip;

    function setUp() public override {
        super.setUp();
        (stakeId, tip) = stakeAs(alice, root, end("a", 0));
    }

    function expectRefusal(State memory state, bytes memory reason) private {
        Claim[] memory list = claims(tip, state);
        vm.prank(alice);
        vm.expectRevert(reason);
        rollup.advance(stakeId, list);
        vm.expectRevert(reason);
        rollup.checkClaim(tip, list[0]);
    }

    function test_advance_toAChild_movesTheTipAndKeepsTheRecord() public {
        skip(M);
        bytes32 id = advanceAs(alice, stakeId, tip, end("b", 1));
        (,, bytes32 now_) = rollup.stakeOf(stakeId);
        vm.assertEq(now_, id);
        vm.assertEq(rollup.assertion(tip).live, 1);
        vm.assertEq(rollup.assertion(tip).liveChildren, 1);
        vm.assertEq(rollup.assertion(id).live, 1);
        vm.assertEq(rollup.joinedAt(stakeId, id), block.timestamp);
        vm.assertEq(rollup.joinedAt(stakeId, tip), block.timestamp - M);
    }

    function test_advance_alongAList_recordsEachHop() public {
        skip(M);
        bytes32 second = advanceAs(alice, stakeId, tip, end("b", 1));
        appendBatch(0);
        skip(M);
        bytes32 third = advanceAs(alice, stakeId, second, end("c", 1));
        Claim[] memory list = new Claim[](3);
        list[0] = claims(root, end("a", 0))[0];
        list[1] = claims(tip, end("b", 1))[0];
        list[2] = claims(second, end("c", 1))[0];
        vm.prank(bob);
        uint256 other = rollup.stake{value: BOND}(root, list);
        (,, bytes32 now_) = rollup.stakeOf(other);
        vm.assertEq(now_, third);
        vm.assertEq(rollup.assertion(tip).live, 2);
        vm.assertEq(rollup.assertion(second).live, 2);
        vm.assertEq(rollup.assertion(third).live, 2);
        vm.assertEq(rollup.joinedAt(other, second), block.timestamp);
    }

    function test_advance_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != alice);
        skip(M);
        Claim[] memory list = claims(tip, end("b", 1));
        vm.prank(caller);
        vm.expectRevert(IRollup.NotOwner.selector);
        rollup.advance(stakeId, list);
    }

    function test_advance_ofAStakeThatNeverWas_reverts() public {
        uint256 none = rollup.nextStakeId(alice);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.None));
        rollup.advance(none, new Claim[](0));
    }

    function test_advance_ofALoser_reverts() public {
        rollup.defeat(stakeId, tip, carol);
        skip(M);
        Claim[] memory list = claims(tip, end("b", 1));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated));
        rollup.advance(stakeId, list);
    }

    /// @dev Never sideways or up: a claim is always a child of the tip.
    function test_advance_toASibling_reverts() public {
        (, bytes32 sibling) = stakeAs(bob, root, end("rival", 0));
        skip(M);
        bytes32 id = advanceAs(alice, stakeId, tip, end("rival", 1));
        vm.assertTrue(id != sibling);
        vm.assertEq(rollup.joinedAt(stakeId, sibling), 0);
        vm.assertEq(rollup.assertion(sibling).live, 1);
    }

    function test_advance_soonerThanThePeriod_reverts(uint256 wait) public {
        uint256 created = block.timestamp;
        skip(bound(wait, 0, M - 1));
        expectRefusal(end("b", 1), abi.encodeWithSelector(IRollup.ChildTooEarly.selector, created + M));
    }

    function test_advance_beyondTheTarget_reverts(uint64 batchIndex) public {
        appendBatch(0);
        skip(M);
        // The inbox holds a second one by now, but the target is the first.
        expectRefusal(end("b", 2), abi.encodeWithSelector(IRollup.BeyondTarget.selector, 2, 1));
        uint64 beyond = uint64(bound(batchIndex, 2, type(uint64).max));
        expectRefusal(end("b", beyond), abi.encodeWithSelector(IRollup.BeyondTarget.selector, beyond, 1));
    }

    function test_advance_behindTheParent_reverts() public {
        skip(M);
        bytes32 second = advanceAs(alice, stakeId, tip, end("b", 1));
        tip = second;
        appendBatch(0);
        skip(M);
        State memory state = end("c", 1);
        state.batchIndex = 0;
        expectRefusal(state, abi.encodeWithSelector(IRollup.BeforeParent.selector));
        state = end("c", 1);
        state.l2BlockNumber = 0;
        expectRefusal(state, abi.encodeWithSelector(IRollup.BeforeParent.selector));
    }

    /// @dev Nothing appended since the parent's end and nothing left over: a child would only repeat it.
    function test_advance_withoutNewInputs_reverts() public {
        skip(M);
        tip = advanceAs(alice, stakeId, tip, end("b", 1));
        skip(M);
        expectRefusal(end("c", 1), abi.encodeWithSelector(IRollup.NothingToClaim.selector));
        appendBatch(0);
        advanceAs(alice, stakeId, tip, end("c", 1));
    }

    function test_advance_afterAnOverflow_needsNoNewBatch() public {
        appendBatch(0);
        skip(M);
        // From batch 0 with target 1, the parent got nowhere near: its end stays at batch 0.
        tip = advanceAs(alice, stakeId, tip, end("slow", 0));
        skip(M);
        bytes32 id = advanceAs(alice, stakeId, tip, end("slower", 2));
        vm.assertEq(rollup.assertion(id).endBatchIndex, 2);
    }

    function test_advance_belowALostFork_reverts() public {
        (uint256 rival, bytes32 rivalId) = stakeAs(bob, root, end("rival", 0));
        rollup.defeat(rival, rivalId, carol);
        skip(W);
        rollup.confirm(tip);
        Claim memory next = claims(root, end("rival", 0))[0];
        vm.expectRevert(IRollup.ForkDecided.selector);
        rollup.checkClaim(root, next);
        // What stands on the latest confirmed assertion moves on.
        advanceAs(alice, stakeId, tip, end("b", 1));
    }

    /// @dev An only child is open until it is confirmed, also to who stands on its parent.
    function test_advance_toAnOnlyChild_untilConfirmed() public {
        (uint256 other,) = stakeAs(bob, root, end("a", 0));
        (uint256 last,) = stakeAs(carol, root, end("a", 0));
        skip(M);
        bytes32 child = advanceAs(alice, stakeId, tip, end("b", 1));
        skip(2 * W);
        advanceAs(bob, other, tip, end("b", 1));
        rollup.confirm(tip);
        rollup.confirm(child);
        Claim[] memory list = claims(tip, end("b", 1));
        vm.prank(carol);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyConfirmed.selector, child));
        rollup.advance(last, list);
    }

    function test_checkClaim_tellsWhatWouldHappen() public {
        skip(M);
        Claim memory next = claims(tip, end("b", 1))[0];
        (bytes32 id, bool creates, bool reopens) = rollup.checkClaim(tip, next);
        vm.assertEq(id, idOf(tip, end("b", 1)));
        vm.assertTrue(creates);
        vm.assertFalse(reopens);
        advanceAs(alice, stakeId, tip, end("b", 1));
        (, creates,) = rollup.checkClaim(tip, next);
        vm.assertFalse(creates);
        vm.expectRevert(abi.encodeWithSelector(IRollup.UnknownAssertion.selector, bytes32("none")));
        rollup.checkClaim("none", next);
    }

    /// @dev The target is fixed when an assertion is created: later batches don't move it.
    function test_target_afterMoreBatches_staysAsItWas() public {
        Assertion memory before = rollup.assertion(tip);
        appendBatch(0);
        vm.assertEq(keccak256(abi.encode(rollup.assertion(tip))), keccak256(abi.encode(before)));
        vm.assertEq(before.target, 1);
        vm.assertEq(before.inputsHash, keccak256(abi.encode(uint256(1), batchAccs[1])));
    }

    function test_target_isAtMost4096BatchesAhead_andNeverOverflows(uint64 count, uint64 endIndex) public pure {
        uint64 target = Claims.target(count, endIndex);
        uint256 limit = uint256(endIndex) + 4096;
        vm.assertEq(target, count < limit ? count : limit);
        uint64 most = type(uint64).max;
        vm.assertEq(Claims.target(count, most), count);
        vm.assertEq(Claims.target(most, most - 4096), most);
        vm.assertEq(Claims.target(most, most - 4097), most - 1);
    }
}
