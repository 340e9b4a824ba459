// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../support/Cheats.sol";
import {DisputedBridgeHandler} from "../support/DisputedBridgeHandler.sol";
import {DisputeHandler} from "../support/DisputeHandler.sol";

/// forge-config: default.invariant.runs = 24
/// forge-config: default.invariant.depth = 48
/// @notice Whatever liars stake, play, list and prove, in real matches: the Portal pays what L2 has sent, and nothing else.
contract DisputedInvariantTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    DisputedBridgeHandler private handler;

    function setUp() public {
        handler = new DisputedBridgeHandler();
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
        selectors[4] = DisputeHandler.wait.selector;
        selectors[5] = DisputeHandler.censor.selector;
        selectors[6] = DisputeHandler.confirm.selector;
        selectors[7] = DisputeHandler.withdraw.selector;
        selectors[8] = DisputeHandler.act.selector;
        selectors[9] = DisputedBridgeHandler.listClaim.selector;
        selectors[10] = DisputedBridgeHandler.prove.selector;
        selectors[11] = DisputedBridgeHandler.finalize.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function invariant_thePortalPaysWhatWasSentAndNothingElse() public view {
        handler.checkPaid();
    }

    function invariant_noLieIsShownBesideTheTruth() public view {
        handler.checkShown();
    }

    function afterInvariant() public {
        handler.finish();
        handler.collect();
        handler.checkPaid();
        vm.assertEq(handler.paid(), 1);
    }

    /// @dev Each action works in a run by hand.
    function test_handler_reachesEveryAction() public {
        handler.listClaim(0);
        handler.stakeFalsely(0, 5, 5);
        handler.listClaim(2);
        handler.prove(0, 0, false);
        handler.prove(1, 1, true);
        handler.prove(2, 1, false);
        handler.act();
        handler.finish();
        for (uint8 who = 1; who < 3; ++who) {
            try handler.finalize(who, 2, who == 1) {
                revert("paid by a lie");
            } catch {}
        }
        handler.finalize(0, 0, false);
        vm.assertEq(handler.listed() + handler.proved(), 5);
        handler.checkPaid();
        handler.checkShown();
        vm.assertEq(handler.paid(), 1);
    }
}
