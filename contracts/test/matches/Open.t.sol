// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches, Rivals} from "../../src/interfaces/IMatches.sol";
import {IRollup, StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Belief, Board, MatchFixture} from "../support/MatchFixture.sol";

contract OpenTest is MatchFixture {
    uint256 private liar;
    bytes32 private lieNode;
    Belief private b;

    function setUp() public override {
        super.setUp();
        b = lie(7, 7);
        joinTruth();
        skip(1);
        (liar, lieNode) = stakeOn(bob, b);
    }

    function pair() private view returns (Rivals memory) {
        return rivals(honest, truth(), liar, b);
    }

    function points() private pure returns (bytes32[31] memory list) {
        for (uint256 i = 0; i < 31; ++i) {
            list[i] = bytes32(i + 1);
        }
    }

    /// @dev In each of the ways to open.
    function refuse(Rivals memory r, bytes memory reason) private {
        vm.expectRevert(reason);
        matches.open(r);
        vm.prank(ownerOf(r.first));
        vm.expectRevert(reason);
        matches.openAndDissect(r, points());
    }

    function test_open_byAnyone_putsTheLaterOneOnTurn(address caller, bool swap) public {
        Rivals memory r = swap ? rivals(liar, b, honest, truth()) : pair();
        Board memory v = opened(rivals(liar, b, honest, truth()));
        vm.expectEmit(address(matches));
        emit IMatches.MatchOpened(v.id, liar, honest, v.m);
        vm.prank(caller);
        matches.open(r);
        assertBoard(v);
        vm.assertEq(v.m.round, 0);
        vm.assertEq(v.m.mover, liar);
    }

    function test_open_ofTwoThatCameTogether_putsTheHigherIdOnTurn(bool swap) public {
        Belief memory other = Belief(9, 9, "other");
        (uint256 second,) = stakeOn(carol, other);
        Board memory v = swap ? openBare(liar, b, second, other) : openBare(second, other, liar, b);
        vm.assertEq(v.m.mover, liar > second ? liar : second);
    }

    function test_open_withADissection_putsTheOtherOnTurn(bool byHonest) public {
        Board memory v = byHonest ? openAndDissect(honest, truth(), liar, b) : openAndDissect(liar, b, honest, truth());
        vm.assertEq(v.m.mover, byHonest ? liar : honest);
        vm.assertEq(v.m.round, 1);
        vm.assertEq(v.m.rivalMoves, 1);
        vm.assertEq(matches.movesAgainst(v.m.mover), 1);
        vm.assertEq(matches.movesAgainst(v.m.rival), 0);
    }

    function test_open_withADissection_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != alice);
        Rivals memory r = pair();
        vm.prank(caller);
        vm.expectRevert(IMatches.NotMover.selector);
        matches.openAndDissect(r, points());
    }

    function test_open_twice_reverts(bool swap) public {
        matches.open(pair());
        Rivals memory r = swap ? rivals(liar, b, honest, truth()) : pair();
        refuse(r, abi.encodeWithSelector(IMatches.AlreadyOpen.selector, matches.matchId(liar, honest)));
    }

    function test_open_onOtherInputs_reverts(bytes32 inputs) public {
        Rivals memory r = pair();
        bytes32 actual = r.inputsHash;
        vm.assume(inputs != actual);
        r.inputsHash = inputs;
        refuse(r, abi.encodeWithSelector(IMatches.InputsDiffer.selector, actual));
    }

    function test_open_fromAnotherStart_reverts(bytes32 start) public {
        Rivals memory r = pair();
        vm.assume(start != r.start);
        r.start = start;
        refuse(r, abi.encodeWithSelector(IMatches.WrongStart.selector));
    }

    function test_open_atAnotherFork_reverts(bytes32 other) public {
        Rivals memory r = pair();
        vm.assume(other != r.fork);
        r.fork = other;
        refuse(r, abi.encodeWithSelector(IMatches.WrongStart.selector));
    }

    function test_open_ofTwoOnOneAssertion_reverts() public {
        (uint256 friend,) = stakeOn(carol, truth());
        refuse(rivals(honest, truth(), friend, truth()), abi.encodeWithSelector(IMatches.NotRivals.selector));
    }

    function test_open_againstOneself_reverts() public {
        refuse(rivals(honest, truth(), honest, b), abi.encodeWithSelector(IRollup.NotRecorded.selector));
    }

    function test_open_ofAStakeThatStandsElsewhere_reverts(uint256 blockStep) public {
        Belief memory other = lie(bound(blockStep, 0, BLOCKS - 1), 7);
        other.tag = "other";
        refuse(rivals(honest, truth(), liar, other), abi.encodeWithSelector(IRollup.NotRecorded.selector));
    }

    function test_open_ofAStakeThatIsNotThere_reverts(uint256 stakeId) public {
        vm.assume(stakeId != honest && stakeId != liar);
        refuse(rivals(honest, truth(), stakeId, b), abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.None));
    }

    function test_open_ofALoser_reverts(bool which) public {
        rollup.defeat(which ? honest : liar, which ? trueNode : lieNode, carol);
        refuse(pair(), abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated));
    }

    /// @dev Two rivals can never both live once their fork is decided: a loser is out, and the winner leaves only upwards of it.
    function test_open_onceTheForkIsDecided_reverts() public {
        rollup.defeat(liar, lieNode, carol);
        skip(W);
        rollup.confirm(fork);
        rollup.confirm(trueNode);
        refuse(pair(), abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated));
        vm.prank(alice);
        rollup.withdraw(honest);
        refuse(pair(), abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Withdrawn));
    }

    /// @dev What a stake has left: C, less what passed between its assertion's first sibling and its coming.
    function test_open_clocks_startWithTheFirstSibling(uint256 late, uint256 later) public {
        late = bound(late, 0, W - C - 2);
        later = bound(later, 0, W - 1 - late);
        skip(late);
        Belief memory other = Belief(9, 9, "other");
        (uint256 second,) = stakeOn(carol, other);
        skip(later);
        (uint256 third,) = stakeOn(address(0x3d), other);
        Board memory v = openBare(honest, truth(), second, other);
        vm.assertEq(v.m.mover, second);
        vm.assertEq(v.m.rivalClock, C);
        vm.assertEq(v.m.moverClock, late + 1 >= C ? 0 : C - late - 1);
        v = openBare(honest, truth(), third, other);
        vm.assertEq(v.m.moverClock, late + later + 1 >= C ? 0 : C - late - later - 1);
    }

    /// @dev Who stood there before the rival came has all of its time.
    function test_open_clocks_ofTheFirstChild_startWithTheSecond(uint256 late) public {
        late = bound(late, 0, 2 * C);
        (uint256 friend,) = stakeOn(carol, truth());
        Board memory v = openBare(friend, truth(), liar, b);
        vm.assertEq(v.m.moverClock + v.m.rivalClock, 2 * C - 1);
        skip(late);
        (uint256 lateFriend,) = stakeOn(address(0x3d), truth());
        v = openBare(lateFriend, truth(), liar, b);
        uint256 expected = late >= C ? 0 : C - late;
        vm.assertEq(v.m.mover == lateFriend ? v.m.moverClock : v.m.rivalClock, expected);
    }

    /// @dev Somebody opens without a dissection just before an honest opening: the match goes on from there.
    function test_open_aheadOfAnHonestOne_takesNothingFromIt(bool honestIsLater) public {
        uint256 player = honest;
        address who = alice;
        if (honestIsLater) {
            skip(1);
            (player,) = stakeOn(carol, truth());
            who = carol;
        }
        Rivals memory r = rivals(player, truth(), liar, b);
        Board memory v = openBare(player, truth(), liar, b);
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(IMatches.AlreadyOpen.selector, v.id));
        matches.openAndDissect(r, points());
        vm.assertEq(v.m.mover, honestIsLater ? player : liar);
        answer(v, honestIsLater ? truth() : b);
        answer(v, honestIsLater ? b : truth());
    }
}
