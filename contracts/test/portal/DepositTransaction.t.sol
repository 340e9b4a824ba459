// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Portal} from "../../src/Portal.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {IPortal} from "../../src/interfaces/IPortal.sol";
import {bound, vm} from "../support/Cheats.sol";
import {InboxFixture} from "../support/InboxFixture.sol";

contract DepositTransactionTest is InboxFixture {
    function test_deposit_byAnAccount_enqueuesTheBodyAndEmitsOpaqueData(
        address to,
        uint128 value,
        uint96 mint,
        uint64 gasLimit,
        bytes calldata data
    ) public {
        vm.assume(data.length <= 100_000);
        gasLimit = uint64(bound(gasLimit, 21_000 + 40 * data.length, 1 << 24));
        vm.deal(user, mint);
        bytes memory opaque = abi.encodePacked(uint256(mint), uint256(value), gasLimit, uint8(0), data);
        users = 1;
        modelMessage(0, abi.encodePacked(user, to, opaque));
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(user, to, 0, opaque);
        vm.expectEmit(address(inbox));
        emit IInbox.MessageEnqueued(1, messageAccs[1], 0, 1, uint64(block.timestamp), abi.encodePacked(user, to, opaque));
        vm.prank(user, user);
        portal.depositTransaction{value: mint}(to, value, gasLimit, false, data);
        vm.assertEq(address(portal).balance, mint);
        assertModel();
    }

    function test_deposit_byAContract_isAliased(address sender, address origin) public {
        vm.assume(sender != origin);
        address aliased;
        unchecked {
            aliased = address(uint160(sender) + uint160(0x1111000000000000000000000000000000001111));
        }
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(aliased, user, 0, abi.encodePacked(uint256(0), uint256(5), uint64(50_000), uint8(0)));
        vm.prank(sender, origin);
        portal.depositTransaction(user, 5, 50_000, false, "");
    }

    /// @dev EIP-7702: code that delegates does not make an account a contract.
    function test_deposit_byADelegatedAccount_isNotAliased() public {
        vm.etch(user, abi.encodePacked(hex"ef0100", address(portal)));
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(user, user, 0, abi.encodePacked(uint256(0), uint256(0), uint64(50_000), uint8(0)));
        vm.prank(user, user);
        portal.depositTransaction(user, 0, 50_000, false, "");
    }

    function test_deposit_gasBelowWhatDataCosts_reverts(uint256 length, uint256 below) public {
        length = bound(length, 0, 100_000);
        uint64 least = uint64(21_000 + 40 * length);
        uint64 gasLimit = least - uint64(bound(below, 1, least));
        vm.expectRevert(abi.encodeWithSelector(IPortal.GasLimitTooLow.selector, gasLimit, least));
        portal.depositTransaction(user, 0, gasLimit, false, new bytes(length));
        portal.depositTransaction(user, 0, least, false, new bytes(length));
    }

    function test_deposit_gasAboveTheMost_reverts(uint64 gasLimit) public {
        gasLimit = uint64(bound(gasLimit, (1 << 24) + 1, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(IPortal.GasLimitTooHigh.selector, gasLimit, 1 << 24));
        portal.depositTransaction(user, 0, gasLimit, false, "");
    }

    function test_construct_smallBlocks_lowerTheMost(uint64 limit) public {
        limit = uint64(bound(limit, 250_000, type(uint64).max));
        uint64 room = limit - 150_000;
        vm.assertEq(new Portal(address(inbox), address(1), limit, 0).maxGasLimit(), room < 1 << 24 ? room : 1 << 24);
    }

    /// @dev The smallest blocks there can be have room for a plain deposit of ether.
    function test_construct_smallestBlocks_haveRoomForPlainEther() public {
        vm.assertEq(new Portal(address(inbox), address(1), 250_000, 0).maxGasLimit(), 100_000);
    }

    function test_construct_blocksWithoutRoom_revert(uint64 limit) public {
        limit = uint64(bound(limit, 0, 249_999));
        vm.expectRevert(abi.encodeWithSelector(IPortal.BadBlockGasLimit.selector, limit));
        new Portal(address(inbox), address(1), limit, 0);
        vm.expectRevert(IPortal.ZeroAddress.selector);
        new Portal(address(0), address(1), 30_000_000, 0);
        vm.expectRevert(IPortal.ZeroAddress.selector);
        new Portal(address(inbox), address(0), 30_000_000, 0);
    }

    /// @dev Never less than an eighth of what it may use on L2; and, beyond what the call needs anyway, hardly more.
    function test_deposit_anyGasLimit_costsAnEighthOfIt(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 21_000, 1 << 24);
        vm.prank(user, user);
        portal.depositTransaction(user, 0, 21_000, false, "");
        uint256 needed = vm.lastCallGas().gasTotalUsed;
        vm.prank(user, user);
        portal.depositTransaction(user, 0, uint64(gasLimit), false, "");
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.assertGe(used, gasLimit / 8);
        uint256 most = gasLimit / 8 > needed ? gasLimit / 8 : needed;
        vm.assertLe(used, most + 2_000);
    }

    /// @dev Whoever cannot pay for the gas does not get it.
    function test_deposit_withoutTheGasToBurn_reverts(uint256 gasLimit, uint256 sent) public {
        gasLimit = bound(gasLimit, 1_000_000, 1 << 24);
        sent = bound(sent, 0, gasLimit / 8);
        vm.prank(user, user);
        (bool ok,) = address(portal).call{gas: sent}(abi.encodeCall(portal.depositTransaction, (user, 0, uint64(gasLimit), false, "")));
        vm.assertFalse(ok);
    }

    /// @dev Where the gas is enough for the call itself, it says what it needs.
    function test_deposit_gasForTheCallOnly_saysWhatItNeeds(uint256 gasLimit, uint256 sent) public {
        gasLimit = bound(gasLimit, 4_000_000, 1 << 24);
        sent = bound(sent, 150_000, gasLimit / 8 - 1);
        bytes memory call = abi.encodeCall(portal.depositTransaction, (user, 0, uint64(gasLimit), false, ""));
        vm.prank(user, user);
        (bool ok, bytes memory reason) = address(portal).call{gas: sent}(call);
        vm.assertFalse(ok);
        vm.assertEq(reason, abi.encodeWithSelector(IPortal.GasTooLowForLimit.selector, gasLimit / 8));
    }

    function test_deposit_moreThan100000Bytes_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IPortal.DataTooLarge.selector, 100_001));
        portal.depositTransaction(user, 0, 1 << 24, false, new bytes(100_001));
    }

    function test_deposit_valueOrEtherBeyond128Bits_reverts(uint256 value) public {
        value = bound(value, 1 << 128, type(uint256).max);
        vm.expectRevert(IPortal.ValueTooLarge.selector);
        portal.depositTransaction(user, value, 100_000, false, "");
        vm.deal(user, 1 << 128);
        vm.prank(user, user);
        vm.expectRevert(IPortal.ValueTooLarge.selector);
        portal.depositTransaction{value: 1 << 128}(user, 0, 100_000, false, "");
        vm.prank(user, user);
        vm.expectRevert(IPortal.ValueTooLarge.selector);
        (bool ok,) = address(portal).call{value: 1 << 128}("");
        vm.assertTrue(ok);
    }

    /// @dev Each bound is itself allowed.
    function test_deposit_theMostOfEverything_isTaken() public {
        uint256 most = type(uint128).max;
        vm.deal(user, most);
        vm.prank(user, user);
        portal.depositTransaction{value: most}(user, most, 1 << 24, false, new bytes(100_000));
        vm.assertEq(address(portal).balance, most);
        vm.assertEq(portal.maxGasLimit(), 1 << 24);
        vm.assertEq(inbox.messageCount(), 1);
    }

    function test_deposit_creationWithCallee_reverts(address to) public {
        vm.assume(to != address(0));
        vm.expectRevert(IPortal.CreationWithCallee.selector);
        portal.depositTransaction(to, 0, 100_000, true, "");
    }

    function test_deposit_creation_setsTheFlag() public {
        bytes memory opaque = abi.encodePacked(uint256(0), uint256(0), uint64(100_000), uint8(1), hex"fe");
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(user, address(0), 0, opaque);
        vm.prank(user, user);
        portal.depositTransaction(address(0), 0, 100_000, true, hex"fe");
    }

    function test_receive_ether_depositsToTheSender(uint96 amount) public {
        vm.deal(user, amount);
        vm.expectEmit(address(portal));
        bytes memory opaque = abi.encodePacked(uint256(amount), uint256(amount), uint64(100_000), uint8(0));
        emit IPortal.TransactionDeposited(user, user, 0, opaque);
        vm.prank(user, user);
        (bool sent,) = address(portal).call{value: amount}("");
        vm.assertTrue(sent);
        vm.assertEq(inbox.messageCount(), 1);
    }

    function test_enqueue_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != address(portal));
        vm.prank(caller);
        vm.expectRevert(IInbox.NotPortal.selector);
        inbox.enqueueDeposit("");
    }
}
