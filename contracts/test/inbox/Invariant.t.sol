// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Inbox} from "../../src/Inbox.sol";
import {vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

/// @notice Deposits, batches and forced batches in any order, beside the model.
contract InboxHandler is InboxFixture {
    constructor() {
        setUp();
    }

    function box() external view returns (Inbox) {
        return inbox;
    }

    function deposit(bytes calldata data) external {
        depositMessage(data.length > 200 ? data[:200] : data);
    }

    function append(uint8 ahead) external {
        uint64 m = inbox.consumedCount() + ahead % 4;
        appendBatch(m < links.length ? m : uint64(links.length - 1));
    }

    function forceOne() external {
        (uint64 first,) = firstWaiting();
        force(first);
    }

    function wait(uint32 time) external {
        vm.warp(block.timestamp + time % 2 days);
        vm.roll(block.number + time % 1000);
    }

    function check() external view {
        assertModel();
    }
}

contract InboxInvariantTest {
    /// @dev What forge asks a test for: which functions it may call in any order.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    InboxHandler private handler;
    Inbox private inbox;

    function setUp() public {
        handler = new InboxHandler();
        inbox = handler.box();
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](4);
        selectors[0] = InboxHandler.deposit.selector;
        selectors[1] = InboxHandler.append.selector;
        selectors[2] = InboxHandler.forceOne.selector;
        selectors[3] = InboxHandler.wait.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev Both accumulators are what the protocol's hash chains give, whatever came in which order.
    function invariant_accumulatorsAreThoseOfTheModel() public view {
        handler.check();
    }

    function invariant_countsAndBufferStayInTheirBounds() public view {
        vm.assertLe(inbox.consumedCount(), inbox.messageCount());
        vm.assertLe(inbox.userConsumedCount(), inbox.userMessageCount());
        vm.assertLe(inbox.delayBuffer(), 7 days);
        vm.assertGe(inbox.delayBuffer(), 1 hours);
    }

    function test_handler_reachesForcedBatches() public {
        handler.deposit("");
        handler.wait(1 days);
        handler.forceOne();
        vm.assertEq(inbox.consumedCount(), 1);
        handler.append(0);
        handler.append(3);
        vm.assertEq(inbox.batchCount(), 3);
        handler.check();
    }
}
