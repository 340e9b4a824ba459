// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

contract ConfirmTest is RollupFixture {
    uint256 private stakeId;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        (stakeId, id) = stakeAs(alice, root, end("a", 0));
    }

    function expectRefusal(bytes32 which, bytes memory reason) private {
        vm.expectRevert(reason);
        rollup.confirm(which);
        vm.expectRevert(reason);
        rollup.checkConfirm(which);
    }

    function test_confirm_afterTheWindow_byAnyone(address caller, uint256 wait) public {
        skip(bound(wait, W, 100 * W));
        vm.expectEmit(address(rollup));
        emit IRollup.AssertionConfirmed(id);
        vm.prank(caller);
        rollup.confirm(id);
        vm.assertEq(rollup.latestConfirmed(), id);
        vm.assertTrue(rollup.assertion(id).confirmed);
        vm.assertTrue(rollup.assertion(root).childConfirmed);
    }

    function test_confirm_withinTheWindow_reverts(uint256 wait) public {
        uint256 closesAt = block.timestamp + W;
        skip(bound(wait, 0, W - 1));
        expectRefusal(id, abi.encodeWithSelector(IRollup.WindowOpen.selector, closesAt));
    }

    /// @dev The window counts from the fork's first child, also for a later one.
    function test_confirm_laterSibling_countsFromTheFirst() public {
        skip(1 days);
        (, bytes32 sibling) = stakeAs(bob, root, end("b", 0));
        rollup.defeat(stakeId, id, bob);
        skip(W - 1 days - 1);
        vm.expectPartialRevert(IRollup.WindowOpen.selector);
        rollup.confirm(sibling);
        skip(1);
        rollup.confirm(sibling);
    }

    function test_confirm_withALiveRival_reverts() public {
        (uint256 rival, bytes32 rivalId) = stakeAs(bob, root, end("b", 0));
        skip(W);
        expectRefusal(id, abi.encodeWithSelector(IRollup.RivalsLeft.selector, 1));
        expectRefusal(rivalId, abi.encodeWithSelector(IRollup.RivalsLeft.selector, 1));
        rollup.defeat(rival, rivalId, alice);
        rollup.confirm(id);
    }

    /// @dev A rival that moved on below still stands against its siblings.
    function test_confirm_withARivalFurtherDown_reverts() public {
        (uint256 rival, bytes32 rivalId) = stakeAs(bob, root, end("b", 0));
        skip(M);
        advanceAs(bob, rival, rivalId, end("b1", 1));
        skip(W);
        expectRefusal(id, abi.encodeWithSelector(IRollup.RivalsLeft.selector, 1));
    }

    function test_confirm_withoutALiveStake_reverts() public {
        rollup.defeat(stakeId, id, carol);
        skip(W);
        expectRefusal(id, abi.encodeWithSelector(IRollup.NoLiveStake.selector));
    }

    function test_confirm_belowAnUnconfirmedParent_reverts() public {
        skip(M);
        bytes32 child = advanceAs(alice, stakeId, id, end("b", 1));
        skip(W);
        expectRefusal(child, abi.encodeWithSelector(IRollup.NotLatestConfirmed.selector, root));
        rollup.confirm(id);
        rollup.confirm(child);
    }

    function test_confirm_twice_reverts() public {
        skip(W);
        rollup.confirm(id);
        expectRefusal(id, abi.encodeWithSelector(IRollup.ForkDecided.selector));
    }

    function test_confirm_unknown_reverts(bytes32 unknown) public {
        vm.assume(unknown != id && unknown != root);
        expectRefusal(unknown, abi.encodeWithSelector(IRollup.UnknownAssertion.selector, unknown));
    }

    /// @dev Losers defeated elsewhere hold nothing up once they are evicted.
    function test_confirm_afterEvictingLosers_passes() public {
        (uint256 rival, bytes32 rivalId) = stakeAs(bob, root, end("b", 0));
        skip(M);
        bytes32 deep = advanceAs(bob, rival, rivalId, end("b1", 1));
        rollup.defeat(rival, deep, alice);
        skip(W);
        expectRefusal(id, abi.encodeWithSelector(IRollup.RivalsLeft.selector, 1));
        rollup.evict(rival, rivalId);
        rollup.confirm(id);
    }
}
