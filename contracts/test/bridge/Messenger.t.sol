// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {CrossDomainMessenger} from "../../src/bridge/CrossDomainMessenger.sol";
import {ICrossDomainMessenger} from "../../src/interfaces/ICrossDomainMessenger.sol";
import {IPortal} from "../../src/interfaces/IPortal.sol";
import {WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RelayFixture} from "../support/RelayFixture.sol";
import {Counter, GasBomb, Reenterer, ReturnBomb} from "../support/Targets.sol";

contract MessengerTest is RelayFixture {
    Counter private counter;
    address private l2User = address(0x12005e4);

    function setUp() public override {
        super.setUp();
        counter = new Counter();
        vm.deal(l2User, 1_000 ether);
        vm.deal(address(portal), 1_000 ether);
    }

    function relayCall(uint256 nonce, address sender, address target, uint256 value, uint256 minGas, bytes memory message)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSignature(
            "relayMessage(uint256,address,address,uint256,uint256,bytes)", nonce, sender, target, value, minGas, message
        );
    }

    /// @dev A message from L2, sent with the given value; its call on L1.
    function sendFromL2(address target, uint256 value, uint32 minGas, bytes memory message) private returns (bytes memory call) {
        call = relayCall(l2Messenger.messageNonce(), l2User, target, value, minGas, message);
        vm.prank(l2User, l2User);
        l2Messenger.sendMessage{value: value}(target, message, minGas);
        collect();
    }

    function replay(bytes memory call) private returns (bool ok) {
        vm.prank(bob, bob);
        (ok,) = address(l1Messenger).call(call);
    }

    // Sending

    function test_send_fromL1_depositsTheOthersCallWithBaseGas(address target, uint32 minGas, uint96 value, bytes calldata message) public {
        minGas = uint32(bound(minGas, 0, 10_000_000));
        bytes memory call = relayCall(1 << 240, user, target, value, minGas, message);
        vm.expectEmit(address(l1Messenger));
        emit ICrossDomainMessenger.SentMessage(target, user, message, 1 << 240, minGas);
        vm.expectEmit(address(l1Messenger));
        emit ICrossDomainMessenger.SentMessageExtension1(user, value);
        bytes memory opaque = abi.encodePacked(uint256(value), uint256(value), l1Messenger.baseGas(message, minGas), uint8(0), call);
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(aliased(address(l1Messenger)), address(l2Messenger), 0, opaque);
        vm.deal(user, value);
        vm.prank(user, user);
        l1Messenger.sendMessage{value: value}(target, message, minGas);
        vm.assertEq(l1Messenger.messageNonce(), 1 << 240 | 1);
    }

    function test_send_fromL2_withdrawsTheOthersCallWithBaseGas(address target, uint32 minGas, uint96 value, bytes calldata message)
        public
    {
        vm.deal(l2User, value);
        bytes memory call = sendFromL2(target, value, minGas, message);
        WithdrawalTransaction memory w = withdrawals[0];
        vm.assertEq(w.sender, address(l2Messenger));
        vm.assertEq(w.target, address(l1Messenger));
        vm.assertEq(w.value, value);
        vm.assertEq(w.gasLimit, l2Messenger.baseGas(message, minGas));
        vm.assertEq(w.data, call);
        vm.assertEq(address(passer).balance, value);
    }

    /// @dev The deposit that carries a message is always one that the Portal takes.
    function test_baseGas_isNeverBelowWhatTheDepositNeeds(uint256 length, uint32 minGas) public view {
        bytes memory message = new bytes(bound(length, 0, 99_000));
        uint64 gasLimit = l1Messenger.baseGas(message, minGas);
        uint256 encoded = relayCall(0, user, user, 0, 0, message).length;
        vm.assertGe(gasLimit, portal.minimumGasLimit(uint64(encoded)));
    }

    /// @dev What a message costs beside its call, by hand: figures that others compute with.
    function test_baseGas_ofSomeMessages_isTheFigureByHand() public view {
        // 21,000 + 200,000 + 40,000 + 40,000 + 5,000 + 16 for each of 260 bytes.
        vm.assertEq(l1Messenger.baseGas("", 0), 310_160);
        // 64 / 63 of what the call is to have, and 16 a byte.
        vm.assertEq(l1Messenger.baseGas(new bytes(100), 630_000), 310_160 + 1_600 + 640_000);
        // 24 a byte more weigh as much as the rest from 11,875 bytes on: then 40 a byte.
        vm.assertEq(l1Messenger.baseGas(new bytes(11_615), 0), 21_000 + 285_000 + 16 * 11_875);
        vm.assertEq(l1Messenger.baseGas(new bytes(11_616), 0), 21_000 + 40 * 11_876);
        vm.assertEq(l2Messenger.baseGas(new bytes(90_000), 0), 21_000 + 40 * 90_260);
        vm.assertEq(l1Messenger.RELAY_CONSTANT_OVERHEAD(), 200_000);
        vm.assertEq(l1Messenger.RELAY_CALL_OVERHEAD(), 40_000);
        vm.assertEq(l1Messenger.RELAY_RESERVED_GAS(), 40_000);
        vm.assertEq(l1Messenger.RELAY_GAS_CHECK_BUFFER(), 5_000);
        vm.assertEq(l1Messenger.ENCODING_OVERHEAD(), 260);
    }

    // From L1 to L2

    function test_relay_onL2_callsTheTargetAsTheSender(uint96 value, bytes calldata message) public {
        vm.assume(message.length < 4 || bytes4(message) != Counter.refuse.selector);
        vm.deal(user, value);
        vm.prank(user, user);
        l1Messenger.sendMessage{value: value}(address(counter), message, 100_000);
        bytes32 hash = keccak256(relayCall(1 << 240, user, address(counter), value, 100_000, message));
        collect();
        vm.expectEmit(address(l2Messenger));
        emit ICrossDomainMessenger.RelayedMessage(hash);
        vm.assertTrue(execute(0));
        vm.assertTrue(l2Messenger.successfulMessages(hash));
        vm.assertFalse(l2Messenger.failedMessages(hash));
        vm.assertEq(address(counter).balance, value);
        vm.assertGe(counter.gas() + 300, 100_000);
    }

    function test_relay_onL2ByAnyoneElse_reverts(address caller, uint96 value) public {
        vm.assume(caller != aliased(address(l1Messenger)) && value > 0);
        bytes memory call = relayCall(1 << 240, user, address(counter), value, 0, "");
        vm.deal(caller, value);
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(ICrossDomainMessenger.WrongValue.selector, value));
        l2Messenger.relayMessage{value: value}(1 << 240, user, address(counter), value, 0, "");
        vm.prank(caller);
        vm.expectRevert(abi.encodeWithSelector(ICrossDomainMessenger.NotReplayable.selector, keccak256(call)));
        l2Messenger.relayMessage(1 << 240, user, address(counter), value, 0, "");
    }

    // From L2 to L1

    function test_relay_onL1_deliversOnce(uint96 value, bytes calldata message) public {
        vm.assume(message.length < 4 || bytes4(message) != Counter.refuse.selector);
        value = uint96(bound(value, 0, 1_000 ether));
        bytes memory call = sendFromL2(address(counter), value, 100_000, message);
        finalizeFrom(0);
        vm.assertTrue(l1Messenger.successfulMessages(keccak256(call)));
        vm.assertEq(address(counter).balance, value);
        vm.assertEq(address(l1Messenger).balance, 0);
        vm.assertFalse(replay(call));
        vm.assertEq(counter.calls(), 1);
    }

    function test_relay_failed_isReplayedOnceByAnyone(uint96 value) public {
        value = uint96(bound(value, 0, 1_000 ether));
        counter.refuse(true);
        bytes memory call = sendFromL2(address(counter), value, 100_000, "");
        bytes32 hash = keccak256(call);
        finalizeFrom(0);
        vm.assertTrue(l1Messenger.failedMessages(hash));
        vm.assertEq(address(l1Messenger).balance, value);
        // It may fail again.
        vm.expectEmit(address(l1Messenger));
        emit ICrossDomainMessenger.FailedRelayedMessage(hash);
        vm.assertTrue(replay(call));
        vm.assertEq(address(l1Messenger).balance, value);
        counter.refuse(false);
        vm.expectEmit(address(l1Messenger));
        emit ICrossDomainMessenger.RelayedMessage(hash);
        vm.assertTrue(replay(call));
        vm.assertEq(address(counter).balance, value);
        vm.assertEq(address(l1Messenger).balance, 0);
        vm.prank(bob);
        (bool ok, bytes memory reason) = address(l1Messenger).call(call);
        vm.assertFalse(ok);
        vm.assertEq(reason, abi.encodeWithSelector(ICrossDomainMessenger.AlreadyRelayed.selector, hash));
        vm.assertEq(counter.calls(), 1);
    }

    function test_replay_withEther_reverts(uint96 extra) public {
        vm.assume(extra > 0);
        counter.refuse(true);
        bytes memory call = sendFromL2(address(counter), 1 ether, 100_000, "");
        finalizeFrom(0);
        vm.deal(bob, extra);
        vm.prank(bob);
        (bool ok, bytes memory reason) = address(l1Messenger).call{value: extra}(call);
        vm.assertFalse(ok);
        vm.assertEq(reason, abi.encodeWithSelector(ICrossDomainMessenger.WrongValue.selector, extra));
    }

    /// @dev Another message, or the same in another encoding, was never sent.
    function test_replay_anyByteChanged_reverts(uint256 position, uint8 flip, bytes calldata rest) public {
        vm.assume(flip != 0);
        counter.refuse(true);
        bytes memory call = sendFromL2(address(counter), 1 ether, 100_000, hex"c0ffee");
        finalizeFrom(0);
        counter.refuse(false);
        position = bound(position, 0, call.length - 1);
        call[position] ^= bytes1(flip);
        replay(call);
        vm.assertEq(counter.calls(), 0);
        call[position] ^= bytes1(flip);
        if (rest.length > 0) vm.assertFalse(replay(bytes.concat(call, rest)));
        vm.assertTrue(replay(call));
        vm.assertEq(counter.calls(), 1);
    }

    function test_relay_byThePortalForAnotherSender_reverts(address sender) public {
        vm.assume(sender != address(l2Messenger) && sender != address(0));
        bytes memory call = relayCall(1 << 240, l2User, address(counter), 0, 0, "");
        WithdrawalTransaction memory w = withdrawal(address(l1Messenger), 0, 1_000_000, call);
        w.sender = sender;
        bytes32 hash = ready(w);
        finalize(user, w);
        vm.assertTrue(portal.finalizedWithdrawals(hash));
        vm.assertFalse(l1Messenger.successfulMessages(keccak256(call)) || l1Messenger.failedMessages(keccak256(call)));
        vm.assertEq(counter.calls(), 0);
    }

    function test_relay_otherVersion_reverts(uint16 version) public {
        vm.assume(version != 1);
        vm.prank(aliased(address(l1Messenger)));
        vm.expectRevert(abi.encodeWithSelector(ICrossDomainMessenger.UnknownVersion.selector, uint256(version) << 240));
        l2Messenger.relayMessage(uint256(version) << 240, user, address(counter), 0, 0, "");
    }

    /// @dev A deposit of the messenger on L1, or a withdrawal of the one on L2, is a message: neither may be made by a message.
    function test_relay_targetThatTrustsTheMessenger_neverRuns() public {
        address[2] memory onL1 = [address(l1Messenger), address(portal)];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory call = sendFromL2(onL1[i], 0, 100_000, "");
            finalizeFrom(i);
            vm.assertFalse(l1Messenger.successfulMessages(keccak256(call)));
            vm.assertFalse(replay(call));
        }
        address[2] memory there = [address(l2Messenger), address(passer)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(aliased(address(l1Messenger)));
            vm.expectRevert(abi.encodeWithSelector(ICrossDomainMessenger.UnsafeTarget.selector, there[i]));
            l2Messenger.relayMessage(1 << 240, user, there[i], 0, 0, "");
        }
    }

    /// @dev Whatever gas the finaliser sends: nothing happens, or the message is delivered with its gas, or it can be replayed.
    function test_relay_anyGas_losesNoMessage(uint256 sentGas, uint32 minGas) public {
        minGas = uint32(bound(minGas, 50_000, 1_000_000));
        bytes memory call = sendFromL2(address(counter), 1 ether, minGas, hex"01");
        prove(user, withdrawals[0], confirmNow());
        skip(MATURITY);
        sentGas = bound(sentGas, 50_000, 2_000_000);
        WithdrawalTransaction memory w = withdrawals[0];
        vm.prank(bob, bob);
        (bool ok,) = address(portal).call{gas: sentGas}(abi.encodeCall(portal.finalizeWithdrawalTransactionExternalProof, (w, user)));
        bytes32 hash = keccak256(call);
        if (!ok) {
            vm.assertFalse(portal.finalizedWithdrawals(Withdrawals.hash(w)));
        } else {
            vm.assertTrue(l1Messenger.successfulMessages(hash));
            vm.assertGe(counter.gas() + 300, minGas);
        }
    }

    function test_relay_lessGasThanTheMessageAsksFor_failsAndCanBeReplayed(uint256 sentGas) public {
        sentGas = bound(sentGas, 120_000, 500_000);
        bytes memory call = relayCall(1 << 240, user, address(counter), 0, 1_000_000, "");
        vm.prank(aliased(address(l1Messenger)));
        (bool ok,) = address(l2Messenger).call{gas: sentGas}(call);
        vm.assertTrue(ok);
        vm.assertTrue(l2Messenger.failedMessages(keccak256(call)));
        vm.assertEq(counter.calls(), 0);
        (ok,) = address(l2Messenger).call(call);
        vm.assertTrue(ok && l2Messenger.successfulMessages(keccak256(call)));
        vm.assertEq(counter.calls(), 1);
    }

    function test_relay_bombs_failAndCostNoMoreThanTheirGas() public {
        address[2] memory bombs = [address(new GasBomb()), address(new ReturnBomb(false))];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory call = sendFromL2(bombs[i], 1 ether, 100_000, "");
            prove(user, withdrawals[i], confirmNow());
            skip(MATURITY);
            WithdrawalTransaction memory w = withdrawals[i];
            vm.prank(user);
            portal.finalizeWithdrawalTransaction{gas: 600_000}(w);
            vm.assertTrue(l1Messenger.failedMessages(keccak256(call)));
        }
    }

    /// @dev Someone replays a message of his own whose target finalises another's withdrawal in the middle: the other's message must not be lost.
    function test_relay_inTheMiddleOfAReplay_failsAndCanBeReplayed() public {
        Reenterer thief = new Reenterer();
        bytes memory own = sendFromL2(address(thief), 0, 50_000, "");
        bytes memory others = sendFromL2(address(counter), 1 ether, 100_000, "");
        uint256 index = confirmNow();
        prove(user, withdrawals[0], index);
        prove(user, withdrawals[1], index);
        skip(MATURITY);
        // His own fails at first.
        vm.etch(address(thief), address(new GasBomb()).code);
        WithdrawalTransaction memory w = withdrawals[0];
        vm.prank(user);
        portal.finalizeWithdrawalTransaction{gas: 600_000}(w);
        vm.assertTrue(l1Messenger.failedMessages(keccak256(own)));
        vm.etch(address(thief), type(Reenterer).runtimeCode);
        w = withdrawals[1];
        thief.set(address(portal), abi.encodeCall(portal.finalizeWithdrawalTransactionExternalProof, (w, user)));
        vm.assertTrue(replay(own));
        vm.assertTrue(thief.tried() && thief.succeeded());
        vm.assertTrue(l1Messenger.failedMessages(keccak256(others)));
        vm.assertEq(address(l1Messenger).balance, 1 ether);
        vm.assertTrue(replay(others));
        vm.assertEq(counter.calls(), 1);
        vm.assertEq(address(counter).balance, 1 ether);
    }

    /// @dev A message whose target replays the same message, or another failed one, while it runs.
    function test_replay_inTheMiddleOfAReplay_reverts(bool same) public {
        Reenterer thief = new Reenterer();
        vm.etch(address(thief), address(new GasBomb()).code);
        counter.refuse(true);
        bytes memory own = sendFromL2(address(thief), 1 ether, 50_000, "");
        bytes memory other = sendFromL2(address(counter), 1 ether, 50_000, "");
        uint256 index = confirmNow();
        for (uint256 i = 0; i < 2; ++i) {
            prove(user, withdrawals[i], index);
        }
        skip(MATURITY);
        for (uint256 i = 0; i < 2; ++i) {
            WithdrawalTransaction memory w = withdrawals[i];
            vm.prank(user);
            portal.finalizeWithdrawalTransaction{gas: 600_000}(w);
        }
        counter.refuse(false);
        vm.etch(address(thief), type(Reenterer).runtimeCode);
        thief.set(address(l1Messenger), same ? own : other);
        vm.assertTrue(replay(own));
        vm.assertTrue(thief.tried() && !thief.succeeded());
        vm.assertTrue(thief.reason() == ICrossDomainMessenger.ReentrantReplay.selector);
        vm.assertEq(address(thief).balance, 1 ether);
        vm.assertEq(address(l1Messenger).balance, 1 ether);
        vm.assertTrue(replay(other));
        vm.assertEq(counter.calls(), 1);
    }

    function test_xDomainMessageSender_outsideOfAMessage_reverts() public {
        vm.expectRevert(ICrossDomainMessenger.NoMessage.selector);
        l1Messenger.xDomainMessageSender();
        vm.expectRevert(ICrossDomainMessenger.NoMessage.selector);
        l2Messenger.xDomainMessageSender();
    }

    /// @dev The layout that genesis writes into.
    function test_layout_ofTheMessengerOnL2_isWhatGenesisWrites(address other) public {
        vm.store(address(l2Messenger), bytes32(uint256(3)), bytes32(uint256(uint160(other))));
        vm.assertEq(l2Messenger.otherMessenger(), other);
        vm.assertEq(l1Messenger.otherMessenger(), address(l2Messenger));
        vm.assertEq(CrossDomainMessenger(address(l2Messenger)).MESSAGE_VERSION(), 1);
    }
}
