// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICrossDomainMessenger} from "../../src/interfaces/ICrossDomainMessenger.sol";
import {IStandardBridge} from "../../src/interfaces/IStandardBridge.sol";
import {WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RelayFixture} from "../support/RelayFixture.sol";
import {Counter, GasBomb, Reenterer, ReturnBomb} from "../support/Targets.sol";

/// @notice Messages whose targets do what they can: no message is lost, delivered twice or paid twice, and nobody speaks for another.
contract HostileMessageTest is RelayFixture {
    Counter private counter;
    address private l2User = address(0x12005e4);

    function setUp() public override {
        super.setUp();
        counter = new Counter();
        vm.deal(l2User, 1_000 ether);
        vm.deal(address(portal), 1_000 ether);
    }

    /// @dev Refuses, burns its gas, burns it in answering at length, or takes the message.
    function target(uint8 kind) private returns (address) {
        if (kind % 4 == 0) return address(counter);
        if (kind % 4 == 1) return address(new GasBomb());
        if (kind % 4 == 2) return address(new ReturnBomb(true));
        Counter shy = new Counter();
        shy.refuse(true);
        return address(shy);
    }

    function filled(uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; i += 32) {
            assembly ("memory-safe") {
                // The last word may end beyond the data, in the padding.
                mstore(add(add(data, 32), i), not(0))
            }
        }
    }

    function recorded(bytes memory call) private view returns (bool) {
        bytes32 hash = keccak256(call);
        return l2Messenger.successfulMessages(hash) != l2Messenger.failedMessages(hash);
    }

    function sendFromL2(address to, uint256 value, uint32 minGas, bytes memory message) private returns (bytes memory call) {
        vm.prank(l2User, l2User);
        l2Messenger.sendMessage{value: value}(to, message, minGas);
        collect();
        return withdrawals[withdrawals.length - 1].data;
    }

    /// @dev Proves all that is sent, old enough to be finalised.
    function proveAll() private {
        uint256 index = confirmNow();
        for (uint256 i = 0; i < withdrawals.length; ++i) {
            prove(user, withdrawals[i], index);
        }
        skip(MATURITY);
    }

    function replay(bytes memory call) private returns (bool ok) {
        vm.prank(bob, bob);
        (ok,) = address(l1Messenger).call(call);
    }

    /// @dev The gas that a deposit is given by `baseGas` is enough to record the message on L2, whatever its length and whatever its target does.
    /// forge-config: default.fuzz.runs = 48
    function test_send_anyMessage_isRecordedOnL2(uint256 length, uint32 minGas, uint8 kind) public {
        length = bound(length, 0, 99_700);
        minGas = uint32(bound(minGas, 0, 2_000_000));
        vm.deal(user, 1 ether);
        address to = target(kind);
        vm.prank(user, user);
        l1Messenger.sendMessage{value: 1 ether}(to, filled(length), minGas);
        collect();
        vm.assertTrue(execute(0));
        bytes memory call = deposits[0].data;
        vm.assertTrue(recorded(call));
        vm.assertEq(address(l2Messenger).balance, l2Messenger.failedMessages(keccak256(call)) ? 1 ether : 0);
    }

    /// @dev Whatever gas a finaliser sends with somebody else's withdrawal: it is not finalised, or the message is recorded, its ether with it.
    function test_relay_anyGasAndAnyTarget_losesNoMessage(uint256 sentGas, uint32 minGas, uint256 length, uint8 kind) public {
        minGas = uint32(bound(minGas, 0, 1_000_000));
        length = bound(length, 0, 20_000);
        bytes memory call = sendFromL2(target(kind), 1 ether, minGas, filled(length));
        proveAll();
        WithdrawalTransaction memory w = withdrawals[0];
        sentGas = bound(sentGas, 30_000, 3_000_000);
        vm.prank(bob, bob);
        (bool ok,) = address(portal).call{gas: sentGas}(abi.encodeCall(portal.finalizeWithdrawalTransactionExternalProof, (w, user)));
        bytes32 hash = keccak256(call);
        vm.assertTrue(ok == portal.finalizedWithdrawals(Withdrawals.hash(w)));
        vm.assertTrue(ok == (l1Messenger.successfulMessages(hash) || l1Messenger.failedMessages(hash)));
        vm.assertEq(address(portal).balance, ok ? 999 ether : 1_000 ether);
        vm.assertEq(address(l1Messenger).balance, l1Messenger.failedMessages(hash) ? 1 ether : 0);
    }

    /// @dev The least gas with which a message that has failed is delivered is enough for its target to have its own.
    /// forge-config: default.fuzz.runs = 16
    function test_replay_leastGas_givesTheTargetItsGas(uint32 minGas, bool paid) public {
        minGas = uint32(bound(minGas, 0, 2_000_000));
        counter.refuse(true);
        bytes memory call = sendFromL2(address(counter), paid ? 1 ether : 0, minGas, "");
        proveAll();
        finalize(user, withdrawals[0]);
        counter.refuse(false);
        (uint256 low, uint256 high) = (uint256(10_000), uint256(minGas) + 400_000);
        uint256 before = vm.snapshotState();
        while (low < high) {
            uint256 middle = (low + high) / 2;
            (bool taken,) = address(l1Messenger).call{gas: middle}(call);
            bool delivered = taken && l1Messenger.successfulMessages(keccak256(call));
            vm.revertToState(before);
            if (delivered) high = middle;
            else low = middle + 1;
        }
        (bool ok,) = address(l1Messenger).call{gas: high}(call);
        vm.assertTrue(ok && l1Messenger.successfulMessages(keccak256(call)));
        vm.assertGe(counter.gas() + 300, minGas);
    }

    /// @dev A message that so much gas is enough to record is recorded with any more.
    function test_relay_moreGas_recordsWhatLessRecords() public {
        bytes memory call = abi.encodeCall(l2Messenger.relayMessage, (1 << 240, user, address(counter), 0, 0, ""));
        bool enough;
        uint256 before = vm.snapshotState();
        for (uint256 sentGas = 30_000; sentGas < 120_000; sentGas += 60) {
            vm.prank(aliased(address(l1Messenger)));
            (bool ok,) = address(l2Messenger).call{gas: sentGas}(call);
            vm.assertTrue(ok == recorded(call));
            vm.assertTrue(ok || !enough);
            enough = ok;
            vm.revertToState(before);
        }
        vm.assertTrue(enough);
    }

    /// @dev Who replays another's message with too little gas changes nothing: it has failed as before.
    function test_replay_withAnyGas_leavesTheMessageReplayable(uint256 sentGas) public {
        counter.refuse(true);
        bytes memory call = sendFromL2(address(counter), 1 ether, 500_000, "");
        proveAll();
        finalize(user, withdrawals[0]);
        counter.refuse(false);
        bytes32 hash = keccak256(call);
        vm.prank(bob, bob);
        (bool ok,) = address(l1Messenger).call{gas: bound(sentGas, 10_000, 1_000_000)}(call);
        if (l1Messenger.successfulMessages(hash)) {
            vm.assertTrue(ok);
            vm.assertGe(counter.gas() + 300, 500_000);
        } else {
            vm.assertTrue(l1Messenger.failedMessages(hash));
            vm.assertEq(address(l1Messenger).balance, 1 ether);
            vm.assertTrue(replay(call));
        }
        vm.assertEq(counter.calls(), 1);
        vm.assertEq(address(counter).balance, 1 ether);
    }

    /// @dev A message that fails in the middle of another one's first delivery could only be a replay, since the Portal finalises one at a time.
    function test_relay_targetReplaysAnother_cannotSpoilIt() public {
        Reenterer thief = new Reenterer();
        counter.refuse(true);
        bytes memory others = sendFromL2(address(counter), 1 ether, 100_000, "");
        sendFromL2(address(thief), 0, 400_000, "");
        proveAll();
        finalize(user, withdrawals[0]);
        counter.refuse(false);
        thief.set(address(l1Messenger), others);
        finalize(user, withdrawals[1]);
        vm.assertTrue(thief.tried() && !thief.succeeded());
        vm.assertTrue(thief.reason() == ICrossDomainMessenger.ReentrantReplay.selector);
        vm.assertTrue(replay(others));
        vm.assertEq(address(counter).balance, 1 ether);
    }

    /// @dev While the bridge pays out, the messenger says that the other bridge speaks. The receiver cannot use that: the bridge asks who calls.
    function test_finalizeETH_receiverCallsTheBridge_speaksForNobody() public {
        Reenterer thief = new Reenterer();
        thief.set(address(l1Bridge), abi.encodeCall(l1Bridge.finalizeBridgeETH, (l2User, address(thief), 0, "")));
        vm.prank(l2User, l2User);
        l2Bridge.bridgeETHTo{value: 1 ether}(address(thief), 500_000, "");
        collect();
        proveAll();
        finalize(user, withdrawals[0]);
        vm.assertTrue(thief.tried() && !thief.succeeded());
        vm.assertTrue(thief.reason() == IStandardBridge.NotOtherBridge.selector);
        vm.assertEq(address(thief).balance, 1 ether);
        vm.assertEq(address(portal).balance, 999 ether);
    }

    /// @dev The receiver of a withdrawal sends a message from inside of it: that is its own, and nothing of the withdrawal is mixed up with it.
    function test_relay_targetSendsAMessage_speaksForItself() public {
        Reenterer echo = new Reenterer();
        echo.set(address(l1Messenger), abi.encodeCall(l1Messenger.sendMessage, (address(l2Bridge), "theft", 0)));
        sendFromL2(address(echo), 1 ether, 600_000, "");
        proveAll();
        finalize(user, withdrawals[0]);
        vm.assertTrue(echo.succeeded());
        collect();
        vm.assertEq(deposits[0].from, aliased(address(l1Messenger)));
        bytes memory relay = abi.encodeCall(l2Messenger.relayMessage, (1 << 240, address(echo), address(l2Bridge), 0, 0, "theft"));
        vm.assertEq(deposits[0].data, relay);
        vm.assertEq(deposits[0].mint, 0);
    }

    /// @dev The Portal itself sends a message, by a withdrawal whose target is the messenger: it speaks as the Portal, whom nobody on L2 believes.
    function test_withdraw_toTheMessengersSendMessage_speaksForThePortal() public {
        bytes memory theft = abi.encodeCall(l2Bridge.finalizeBridgeETH, (user, bob, 1 ether, ""));
        bytes memory send_ = abi.encodeCall(l1Messenger.sendMessage, (address(l2Bridge), theft, 300_000));
        WithdrawalTransaction memory w = withdrawal(address(l1Messenger), 1 ether, 1_000_000, send_);
        ready(w);
        uint256 before = bob.balance;
        finalize(user, w);
        // The ether goes back into the Portal, and to L2 with the message, where it waits.
        vm.assertEq(address(portal).balance, 1_000 ether);
        collect();
        vm.assertEq(deposits[0].mint, 1 ether);
        vm.assertTrue(execute(0));
        vm.assertTrue(l2Messenger.failedMessages(keccak256(deposits[0].data)));
        vm.assertEq(address(l2Messenger).balance, 1 ether);
        vm.assertEq(bob.balance, before);
    }

    /// @dev Ether that is forced upon the contracts belongs to nobody, and pays for nothing.
    function test_replay_withForcedEtherThere_paysNobodyElse(uint96 forced) public {
        vm.deal(address(l1Messenger), forced);
        vm.deal(address(l1Bridge), forced);
        bytes memory call = abi.encodeCall(l1Messenger.relayMessage, (1 << 240, address(l2Bridge), bob, forced, 0, ""));
        vm.assertFalse(replay(call));
        sendFromL2(address(counter), 1 ether, 100_000, "");
        proveAll();
        finalize(user, withdrawals[0]);
        vm.assertEq(address(counter).balance, 1 ether);
        vm.assertEq(address(l1Messenger).balance, forced);
        vm.assertEq(address(l1Bridge).balance, forced);
    }
}
