// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Matches} from "../../src/Matches.sol";
import {StakeStatus} from "../../src/interfaces/IRollup.sol";
import {vm} from "../support/Cheats.sol";
import {DisputeHandler} from "../support/DisputeHandler.sol";
import {Board} from "../support/MatchFixture.sol";
import {RollupHarness} from "../support/RollupFixture.sol";

/// forge-config: default.invariant.runs = 24
/// forge-config: default.invariant.depth = 48
contract DisputeInvariantTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    DisputeHandler private handler;
    RollupHarness private rollup;
    Matches private matches;
    bytes32 private trueNode;
    uint256 private honest;
    uint256 private burnedBefore;

    function setUp() public {
        handler = new DisputeHandler();
        (rollup, matches, trueNode, honest) = handler.chain();
        burnedBefore = address(0xdEaD).balance;
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = DisputeHandler.stakeFalsely.selector;
        selectors[1] = DisputeHandler.open.selector;
        selectors[2] = DisputeHandler.play.selector;
        selectors[3] = DisputeHandler.timeout.selector;
        selectors[4] = DisputeHandler.reward.selector;
        selectors[5] = DisputeHandler.wait.selector;
        selectors[6] = DisputeHandler.censor.selector;
        selectors[7] = DisputeHandler.confirm.selector;
        selectors[8] = DisputeHandler.withdraw.selector;
        selectors[9] = DisputeHandler.claim.selector;
        selectors[10] = DisputeHandler.act.selector;
        selectors[11] = DisputeHandler.play.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function status(uint256 stakeId) private view returns (StakeStatus s) {
        (, s,) = rollup.stakeOf(stakeId);
    }

    function invariant_theHonestStakeNeverLoses() public view {
        vm.assertTrue(status(honest) == StakeStatus.Live || status(honest) == StakeStatus.Withdrawn);
    }

    function invariant_nothingFalseIsConfirmed() public view {
        (,, uint256 nodes) = handler.counts();
        for (uint256 i = 0; i < nodes; ++i) {
            vm.assertFalse(rollup.assertion(handler.falseNodes(i)).confirmed);
        }
    }

    /// @dev Ether in is ether out, burned, or held for somebody: bonds of the living, prizes left, what is owed.
    function invariant_moneyInIsMoneyOutPlusWhatIsHeld() public view {
        (uint256 stakes,,) = handler.counts();
        uint256 held = rollup.owed(address(0xa11ce)) + rollup.owed(address(0xca401));
        for (uint256 i = 0; i < 5; ++i) {
            held += rollup.owed(address(uint160(0x11a0 + i)));
        }
        for (uint256 i = 0; i < stakes; ++i) {
            uint256 stakeId = handler.stakeIds(i);
            if (status(stakeId) == StakeStatus.Live) held += rollup.bond();
            held += rollup.prizeOf(stakeId);
        }
        vm.assertEq(address(rollup).balance, held);
        vm.assertEq(handler.paidIn(), handler.paidOut() + (address(0xdEaD).balance - burnedBefore) + held);
    }

    /// @dev The contract has what the model says, and every stake's count is the sum of the moves against it.
    function invariant_matchesAndCountsAreThoseOfTheModel() public view {
        (uint256 stakes, uint256 boards,) = handler.counts();
        uint256[] memory against = new uint256[](stakes);
        for (uint256 i = 0; i < boards; ++i) {
            Board memory v = handler.board(i);
            vm.assertEq(matches.stateOf(v.id), keccak256(abi.encode(v.m)));
            for (uint256 j = 0; j < stakes; ++j) {
                if (handler.stakeIds(j) == v.m.mover) against[j] += v.m.rivalMoves;
                if (handler.stakeIds(j) == v.m.rival) against[j] += v.m.moverMoves;
            }
        }
        for (uint256 j = 0; j < stakes; ++j) {
            vm.assertEq(matches.movesAgainst(handler.stakeIds(j)), against[j]);
        }
    }

    /// @dev What lets matches go by the life of their stakes alone: two rivals that live stand at a fork that is not decided.
    function invariant_livingRivalsStandAtAnOpenFork() public view {
        (, uint256 boards,) = handler.counts();
        for (uint256 i = 0; i < boards; ++i) {
            Board memory v = handler.board(i);
            if (status(v.m.mover) != StakeStatus.Live || status(v.m.rival) != StakeStatus.Live) continue;
            vm.assertFalse(rollup.assertion(rollup.assertion(v.m.moverNode).parent).childConfirmed);
        }
    }

    function afterInvariant() public {
        handler.finish();
        invariant_theHonestStakeNeverLoses();
        vm.assertTrue(rollup.assertion(trueNode).confirmed);
    }

    /// @dev Each action works in a run by hand, and the money is where it should be.
    function test_handler_reachesEveryAction() public {
        handler.stakeFalsely(0, 5, 5);
        handler.stakeFalsely(1, 6, 6);
        handler.open(2, 1, false);
        handler.open(2, 3, true);
        handler.act();
        handler.play(2, true, 0);
        handler.play(3, false, 7);
        handler.censor(3 days);
        handler.wait(80_000);
        handler.wait(80_000);
        handler.wait(80_000);
        handler.wait(80_000);
        handler.act();
        vm.assertTrue(status(handler.stakeIds(2)) == StakeStatus.Defeated);
        vm.assertTrue(status(handler.stakeIds(3)) == StakeStatus.Defeated);
        handler.finish();
        handler.withdraw(0);
        handler.reward(2, false);
        handler.claim(0);
        vm.assertEq(handler.paidOut() > rollup.bond() ? 1 : 0, 1);
        invariant_theHonestStakeNeverLoses();
        invariant_nothingFalseIsConfirmed();
        invariant_moneyInIsMoneyOutPlusWhatIsHeld();
        invariant_matchesAndCountsAreThoseOfTheModel();
        invariant_livingRivalsStandAtAnOpenFork();
    }
}
