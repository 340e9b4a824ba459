// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {L2ToL1MessagePasser} from "../../src/l2/L2ToL1MessagePasser.sol";
import {vm} from "../support/Cheats.sol";

contract L2ToL1MessagePasserTest {
    L2ToL1MessagePasser private passer = new L2ToL1MessagePasser();

    function test_initiate_message_isRecordedUnderItsHash(
        address sender,
        address target,
        uint96 value,
        uint256 gasLimit,
        bytes calldata data
    ) public {
        vm.deal(sender, value);
        uint256 nonce = uint256(1) << 240;
        bytes32 hash = keccak256(abi.encode(nonce, sender, target, uint256(value), gasLimit, data));
        vm.expectEmit(address(passer));
        emit L2ToL1MessagePasser.MessagePassed(nonce, sender, target, value, gasLimit, data, hash);
        vm.prank(sender);
        passer.initiateWithdrawal{value: value}(target, gasLimit, data);
        vm.assertTrue(passer.sentMessages(hash));
        // The output root's proofs rest on this slot.
        vm.assertEq(uint256(vm.load(address(passer), keccak256(abi.encode(hash, uint256(0))))), 1);
        vm.assertEq(uint256(vm.load(address(passer), bytes32(uint256(1)))), 1);
        vm.assertEq(passer.messageNonce(), nonce + 1);
        vm.assertEq(address(passer).balance, value);
    }

    function test_initiate_sameMessageTwice_hasTwoHashes() public {
        passer.initiateWithdrawal(address(1), 1, "");
        passer.initiateWithdrawal(address(1), 1, "");
        uint256 version = uint256(1) << 240;
        vm.assertTrue(passer.sentMessages(keccak256(abi.encode(version, this, address(1), 0, 1, bytes("")))));
        vm.assertTrue(passer.sentMessages(keccak256(abi.encode(version + 1, this, address(1), 0, 1, bytes("")))));
    }

    function test_receive_ether_withdrawsToTheSender(address sender, uint96 value) public {
        vm.deal(sender, value);
        bytes32 hash = keccak256(abi.encode(uint256(1) << 240, sender, sender, uint256(value), 100_000, bytes("")));
        vm.prank(sender);
        (bool sent,) = address(passer).call{value: value}("");
        vm.assertTrue(sent);
        vm.assertTrue(passer.sentMessages(hash));
    }

    function test_burn_withdrawnEther_leavesNothing(uint96 value) public {
        vm.deal(address(passer), value);
        vm.expectEmit(address(passer));
        emit L2ToL1MessagePasser.WithdrawerBalanceBurnt(value);
        passer.burn();
        vm.assertEq(address(passer).balance, 0);
        // Nor is it left where it was burned: at the address of what the passer creates first, a contract's first nonce being 1.
        vm.assertEq(address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(passer), hex"01"))))).balance, 0);
    }
}
