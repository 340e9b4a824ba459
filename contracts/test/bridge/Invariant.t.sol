// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {BridgeHandler} from "../support/BridgeHandler.sol";
import {vm} from "../support/Cheats.sol";

/// @notice Functions of a target that a run calls.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @notice No wei and no token is made or lost between the layers, whatever is sent, fails, and is tried again.
contract BridgeInvariantTest {
    BridgeHandler private handler;

    function setUp() public {
        handler = new BridgeHandler();
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](13);
        selectors[0] = handler.depositToPortal.selector;
        selectors[1] = handler.sendFromL1.selector;
        selectors[2] = handler.bridgeEtherFromL1.selector;
        selectors[3] = handler.bridgeTokensFromL1.selector;
        selectors[4] = handler.executeSome.selector;
        selectors[5] = handler.withdrawFromPasser.selector;
        selectors[6] = handler.sendFromL2.selector;
        selectors[7] = handler.bridgeEtherFromL2.selector;
        selectors[8] = handler.bridgeTokensFromL2.selector;
        selectors[9] = handler.proveAll.selector;
        selectors[10] = handler.finalizeOne.selector;
        selectors[11] = handler.replay.selector;
        selectors[12] = handler.refuse.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    /// @dev The actors are the handler's own; forge may change the balance of whom it sends from.
    function targetSenders() external pure returns (address[] memory senders) {
        senders = new address[](1);
        senders[0] = address(0xf04e);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function invariant_noWeiAndNoTokenIsMadeOrLost() public view {
        (uint256 inPortal, uint256 inPasser, uint256 failedOnL1, uint256 failedOnL2, uint256 held, uint256 owed) = handler.held();
        vm.assertEq(handler.weiOnL1(), 3 * handler.FUNDS(), "L1 has what it had");
        vm.assertEq(inPortal, handler.weiOnL2() + handler.weiUnderWay(), "the Portal holds what L2 has and what is under way");
        vm.assertEq(inPasser, handler.withdrawn(), "the passer holds what has left");
        vm.assertEq(failedOnL1, handler.weiOfFailures(true), "the messenger on L1 holds what failed");
        vm.assertEq(failedOnL2, handler.weiOfFailures(false), "the messenger on L2 holds what failed");
        vm.assertEq(held, owed, "the bridge holds the tokens it owes");
        vm.assertEq(held, handler.l2Token().totalSupply() + handler.tokensUnderWay(), "to those who have them on L2, and those under way");
        vm.assertEq(handler.finalizedTwice() + handler.replayedTwice(), 0, "nothing happens twice");
    }

    /// @dev What the handler can reach: each action worked in a run by hand.
    function test_handler_reachesEveryAction() public {
        handler.depositToPortal(0, 0, 20 ether / 2, 10 ether / 2);
        handler.sendFromL1(1, 1 ether, 50_000);
        handler.bridgeEtherFromL1(1, 1, 4 ether);
        handler.bridgeTokensFromL1(2, 2, 7 ether);
        handler.refuse(false, true);
        handler.executeSome(3);
        vm.assertEq(handler.weiOfFailures(false), 1 ether);
        invariant_noWeiAndNoTokenIsMadeOrLost();
        handler.refuse(false, false);
        handler.replay(1, false, 1_000_000);
        handler.withdrawFromPasser(0, 1, 2 ether);
        handler.withdrawFromPasser(0, 3, 1 ether);
        handler.sendFromL2(1, 1 ether, 50_000);
        handler.bridgeEtherFromL2(1, 2, 1 ether);
        handler.bridgeTokensFromL2(2, 0, 3 ether);
        handler.proveAll();
        handler.refuse(true, true);
        for (uint256 i = 0; i < 5; ++i) {
            handler.finalizeOne(1, 2_000_000);
            invariant_noWeiAndNoTokenIsMadeOrLost();
        }
        vm.assertEq(handler.weiUnderWay(), 1 ether);
        vm.assertEq(handler.weiOfFailures(true), 1 ether);
        handler.refuse(true, false);
        handler.replay(1, true, 1_000_000);
        vm.assertEq(handler.done(), 18);
        invariant_noWeiAndNoTokenIsMadeOrLost();
    }
}
