// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {FeeVault} from "../../src/l2/FeeVault.sol";
import {L2ToL1MessagePasser} from "../../src/l2/L2ToL1MessagePasser.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {bound, vm} from "../support/Cheats.sol";

contract FeeVaultTest {
    FeeVault private vault = new FeeVault();
    address private recipient = address(0x4ec1);

    function setUp() public {
        vm.etch(Predeploys.MESSAGE_PASSER, type(L2ToL1MessagePasser).runtimeCode);
        vm.store(address(vault), 0, bytes32(uint256(uint160(recipient))));
    }

    function test_withdraw_byAnyone_sendsAllToTheRecipientOnL1(address caller, uint96 value) public {
        value = uint96(bound(value, 0.01 ether, type(uint96).max));
        vm.deal(address(vault), value);
        vm.expectEmit(address(vault));
        emit FeeVault.Withdrawal(value, recipient, caller);
        vm.prank(caller);
        vault.withdraw();
        L2ToL1MessagePasser passer = L2ToL1MessagePasser(payable(Predeploys.MESSAGE_PASSER));
        bytes32 hash = keccak256(abi.encode(uint256(1) << 240, vault, recipient, uint256(value), 400_000, bytes("")));
        vm.assertTrue(passer.sentMessages(hash));
        vm.assertEq(address(vault).balance, 0);
        vm.assertEq(address(passer).balance, value);
        vm.assertEq(vault.totalProcessed(), value);
        vm.assertEq(vault.RECIPIENT(), recipient);
    }

    function test_withdraw_belowTheMinimum_reverts(uint256 value) public {
        value = bound(value, 0, 0.01 ether - 1);
        vm.deal(address(vault), value);
        vm.expectRevert(abi.encodeWithSelector(FeeVault.BelowMinimum.selector, value, 0.01 ether));
        vault.withdraw();
    }

    function test_withdraw_withoutRecipient_reverts() public {
        vm.store(address(vault), 0, 0);
        vm.deal(address(vault), 1 ether);
        vm.expectRevert(FeeVault.NoRecipient.selector);
        vault.withdraw();
    }

    function test_receive_ether_isKept(uint96 value) public {
        vm.deal(address(this), value);
        (bool sent,) = address(vault).call{value: value}("");
        vm.assertTrue(sent);
        vm.assertEq(address(vault).balance, value);
    }
}
