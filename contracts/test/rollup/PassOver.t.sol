// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Assertion, Claim, IRollup, State} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

/// @notice A line of four claims below genesis, all joined by alice. What of it is confirmed ahead of a claim is passed over.
contract PassOverTest is RollupFixture {
    uint256 private constant HOPS = 4;

    uint256 private stakeId;
    /// @dev Genesis and the line below it.
    bytes32[] private line;

    function setUp() public override {
        super.setUp();
        line.push(root);
        (stakeId,) = stakeAs(alice, root, stateAt(0));
        line.push(idOf(root, stateAt(0)));
        while (line.length <= HOPS) grow();
    }

    /// @dev What the child of `line[depth]` claims.
    function stateAt(uint256 depth) private pure returns (State memory) {
        return end(string(abi.encodePacked("line", depth)), uint64(depth));
    }

    /// @dev One more assertion, by alice.
    function grow() private {
        appendBatch(0);
        skip(M);
        uint256 depth = line.length - 1;
        line.push(advanceAs(alice, stakeId, line[depth], stateAt(depth)));
    }

    /// @dev The hops from `line[from]` to `line[to]`.
    function hops(uint256 from, uint256 to) private view returns (Claim[] memory list) {
        list = new Claim[](to - from);
        for (uint256 i = from; i < to; ++i) {
            list[i - from] = claims(line[i], stateAt(i))[0];
        }
    }

    /// @dev Confirms the line down to this depth.
    function confirmTo(uint256 depth) private {
        for (uint256 i = 1; i <= depth; ++i) {
            if (!rollup.assertion(line[i]).confirmed) rollup.confirm(line[i]);
        }
        vm.assertEq(rollup.latestConfirmed(), line[depth]);
    }

    function stakeList(address who, bytes32 parent, Claim[] memory list) private returns (uint256 id) {
        vm.prank(who);
        return rollup.stake{value: BOND}(parent, list);
    }

    function assertRecords(uint256 id, uint256 from, uint256 to) private view {
        for (uint256 i = 0; i < line.length; ++i) {
            vm.assertEq(rollup.joinedAt(id, line[i]), i > from && i <= to ? block.timestamp : 0);
        }
        (,, bytes32 tip) = rollup.stakeOf(id);
        vm.assertEq(tip, line[to]);
    }

    /// @dev However many of its first hops are confirmed, the claim stands, with records below the latest confirmed assertion only.
    function test_stake_withConfirmedFirstHops_entersBelowTheLatest(uint256 confirmed, uint256 to) public {
        confirmed = bound(confirmed, 0, HOPS - 1);
        to = bound(to, confirmed + 1, HOPS);
        Claim[] memory list = hops(0, to);
        skip(W);
        confirmTo(confirmed);
        uint256 bob1 = stakeList(bob, root, list);
        assertRecords(bob1, confirmed, to);
        for (uint256 i = 1; i <= HOPS; ++i) {
            Assertion memory a = rollup.assertion(line[i]);
            uint256 live = i > confirmed && i <= to ? 2 : 1;
            vm.assertEq(a.live, live);
            vm.assertEq(rollup.assertion(line[i - 1]).liveChildren, live);
        }
        vm.assertEq(address(rollup).balance, 2 * BOND);
    }

    /// @dev It may name any confirmed assertion as the one above it.
    function test_stake_fromAnyConfirmedAssertion_entersBelowTheLatest(uint256 from, uint256 confirmed) public {
        confirmed = bound(confirmed, 0, HOPS - 1);
        from = bound(from, 0, confirmed);
        skip(W);
        confirmTo(confirmed);
        uint256 bob1 = stakeList(bob, line[from], hops(from, HOPS));
        assertRecords(bob1, confirmed, HOPS);
    }

    /// @dev An unconfirmed one never, nor one that is not there.
    function test_stake_fromBelowTheLatest_reverts(uint256 from, uint256 confirmed) public {
        confirmed = bound(confirmed, 0, HOPS - 2);
        from = bound(from, confirmed + 1, HOPS - 1);
        skip(W);
        confirmTo(confirmed);
        Claim[] memory list = hops(from, HOPS);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLatestConfirmed.selector, line[confirmed]));
        stakeList(bob, line[from], list);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLatestConfirmed.selector, line[confirmed]));
        stakeList(bob, "none", list);
    }

    /// @dev Nothing is left to stake on: no bond is taken, no id used.
    function test_stake_allConfirmed_reverts(uint256 from, uint256 to) public {
        to = bound(to, 1, HOPS);
        from = bound(from, 0, to - 1);
        Claim[] memory list = hops(from, to);
        skip(W);
        confirmTo(HOPS);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyConfirmed.selector, line[to]));
        stakeList(bob, line[from], list);
        vm.assertEq(bob.balance, 100 ether);
        vm.assertEq(rollup.nextStakeId(bob), uint256(uint160(bob)) << 96);
    }

    /// @dev Another child of a decided fork is refused, wherever it comes in the list, and so is all that follows it.
    function test_stake_ontoAnotherChildOfADecidedFork_reverts(uint256 at, uint256 confirmed) public {
        confirmed = bound(confirmed, 1, HOPS);
        at = bound(at, 0, confirmed - 1);
        Claim[] memory list = hops(0, HOPS);
        list[at].end.outputRoot = "other";
        skip(W);
        confirmTo(confirmed);
        vm.expectRevert(IRollup.ForkDecided.selector);
        stakeList(bob, root, list);
    }

    /// @dev Also where that child exists, and its staker has lost.
    function test_stake_ontoTheLosingChild_reverts() public {
        State memory lie = end("lie", 0);
        (uint256 liar, bytes32 id) = stakeAs(carol, root, lie);
        rollup.defeat(liar, id, alice);
        skip(W);
        confirmTo(2);
        Claim[] memory list = claims(root, lie);
        vm.expectRevert(IRollup.ForkDecided.selector);
        stakeList(bob, root, list);
        vm.expectRevert(IRollup.ForkDecided.selector);
        rollup.checkClaim(root, list[0]);
    }

    /// @dev After an L1 reorg the fork may have been decided over other inputs: the claim does not count on it.
    function test_stake_passingOverOtherInputs_reverts(uint256 at, bytes32 other) public {
        at = bound(at, 0, 2);
        Claim[] memory list = hops(0, HOPS);
        bytes32 actual = list[at].inputsHash;
        vm.assume(other != actual);
        list[at].inputsHash = other;
        skip(W);
        confirmTo(3);
        vm.expectRevert(abi.encodeWithSelector(IRollup.InputsDiffer.selector, actual));
        stakeList(bob, root, list);
    }

    function test_stake_rivalBehindConfirmedHops_countsFromNow() public {
        skip(W);
        confirmTo(HOPS);
        appendBatch(0);
        (uint256 carols, bytes32 claim) = stakeAs(carol, line[HOPS], stateAt(HOPS));
        skip(1 days);
        Claim[] memory list = new Claim[](HOPS + 1);
        Claim[] memory way = hops(0, HOPS);
        for (uint256 i = 0; i < HOPS; ++i) {
            list[i] = way[i];
        }
        list[HOPS] = claims(line[HOPS], end("rival", uint64(HOPS)))[0];
        uint256 bobs = stakeList(bob, root, list);
        bytes32 rival = idOf(line[HOPS], list[HOPS].end);
        vm.assertFalse(rollup.assertion(rival).first);
        vm.assertEq(rollup.assertion(line[HOPS]).secondChildAt, block.timestamp);
        vm.assertEq(rollup.rivalSince(claim), block.timestamp);
        (, uint256 left) = rollup.clockOf(bobs, rival);
        vm.assertEq(left, C - 1 days);
        (, left) = rollup.clockOf(carols, claim);
        vm.assertEq(left, C);
    }

    /// @dev A stake that stands above the latest confirmed assertion comes past it, and what it was counted for stays.
    function test_advance_withConfirmedFirstHops_goesOnBelowTheLatest(uint256 tip, uint256 confirmed, uint256 to) public {
        tip = bound(tip, 1, HOPS - 1);
        confirmed = bound(confirmed, tip, HOPS - 1);
        to = bound(to, confirmed + 1, HOPS);
        uint256 bobs = stakeList(bob, root, hops(0, tip));
        uint256 came = block.timestamp;
        Claim[] memory list = hops(tip, to);
        skip(W);
        confirmTo(confirmed);
        vm.prank(bob);
        rollup.advance(bobs, list);
        for (uint256 i = 1; i <= HOPS; ++i) {
            bool before = i <= tip;
            bool now_ = i > confirmed && i <= to;
            vm.assertEq(rollup.joinedAt(bobs, line[i]), before ? came : now_ ? block.timestamp : 0);
            vm.assertEq(rollup.assertion(line[i]).live, before || now_ ? 2 : 1);
        }
        (,, bytes32 now__) = rollup.stakeOf(bobs);
        vm.assertEq(now__, line[to]);
        // It has to see that confirmed before it can leave.
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IRollup.TipUnconfirmed.selector, line[to]));
        rollup.withdraw(bobs);
        confirmTo(to);
        vm.prank(bob);
        rollup.withdraw(bobs);
        vm.assertEq(rollup.owed(bob), BOND);
    }

    function test_advance_allConfirmed_reverts(uint256 tip, uint256 to) public {
        tip = bound(tip, 1, HOPS - 1);
        to = bound(to, tip + 1, HOPS);
        uint256 bobs = stakeList(bob, root, hops(0, tip));
        Claim[] memory list = hops(tip, to);
        skip(W);
        confirmTo(HOPS);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyConfirmed.selector, line[to]));
        rollup.advance(bobs, list);
        // It leaves from where it stands.
        vm.prank(bob);
        rollup.withdraw(bobs);
    }

    /// @dev A loser's records are where it was; where it was passed over there is nothing to clear.
    function test_evict_whereAStakePassedOver_reverts() public {
        skip(W);
        confirmTo(2);
        uint256 bobs = stakeList(bob, root, hops(0, HOPS));
        rollup.defeat(bobs, line[3], carol);
        vm.expectRevert(IRollup.NotRecorded.selector);
        rollup.evict(bobs, line[2]);
        rollup.evict(bobs, line[HOPS]);
        vm.assertEq(rollup.assertion(line[HOPS]).live, 1);
        confirmTo(HOPS);
    }

    /// @dev Only what follows an assertion that is confirmed is passed over: behind the latest one every hop is checked.
    function test_stake_wrongHopBehindConfirmedOnes_reverts() public {
        skip(W);
        confirmTo(2);
        Claim[] memory list = hops(0, HOPS);
        list[3].inputsHash = "other";
        bytes32 actual = rollup.assertion(line[3]).inputsHash;
        vm.expectRevert(abi.encodeWithSelector(IRollup.InputsDiffer.selector, actual));
        stakeList(bob, root, list);
        vm.assertEq(rollup.assertion(line[3]).live, 1);
    }

    function test_checkClaim_ofWhatIsConfirmed_saysSo() public {
        skip(W);
        confirmTo(2);
        Claim memory next = claims(root, stateAt(0))[0];
        vm.expectRevert(abi.encodeWithSelector(IRollup.AlreadyConfirmed.selector, line[1]));
        rollup.checkClaim(root, next);
    }
}
