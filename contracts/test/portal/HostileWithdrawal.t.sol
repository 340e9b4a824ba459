// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox} from "../../src/interfaces/IInbox.sol";
import {IPortal} from "../../src/interfaces/IPortal.sol";
import {Claim} from "../../src/interfaces/IRollup.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {WithdrawalTransaction} from "../../src/libraries/Withdrawals.sol";
import {BridgeFixture} from "../support/BridgeFixture.sol";
import {bound, vm} from "../support/Cheats.sol";
import {Reenterer, Witness} from "../support/Targets.sol";

/// @notice Withdrawals and proofs made to harm: nothing but what was sent leaves the Portal, and nobody stands in another's way.
contract HostileWithdrawalTest is BridgeFixture {
    Witness private witness;

    function setUp() public override {
        super.setUp();
        witness = new Witness();
        vm.deal(address(portal), 1_000 ether);
    }

    /// @dev The target deposits what it was paid, from inside: a deposit of its own, aliased, and every wei is there.
    function test_finalize_targetDepositsAgain_isADepositOfTheTarget() public {
        Reenterer echo = new Reenterer();
        echo.set(address(portal), abi.encodeCall(portal.depositTransaction, (bob, 1 ether, 50_000, false, "")));
        WithdrawalTransaction memory w = withdrawal(address(echo), 1 ether, 600_000, "");
        ready(w);
        address from;
        unchecked {
            from = address(uint160(address(echo)) + uint160(0x1111000000000000000000000000000000001111));
        }
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(from, bob, 0, abi.encodePacked(uint256(0), uint256(1 ether), uint64(50_000), uint8(0)));
        finalize(user, w);
        vm.assertTrue(echo.succeeded());
        vm.assertEq(address(portal).balance, 999 ether);
        vm.assertEq(address(echo).balance, 1 ether);
        vm.assertEq(portal.l2Sender(), address(0xdEaD));
    }

    /// @dev From inside of a withdrawal a proof may be made, and even the own one replaced: it is finalised all the same, once.
    function test_finalize_targetProvesItAgain_isFinalisedOnce() public {
        Reenterer thief = new Reenterer();
        WithdrawalTransaction memory w = withdrawal(address(thief), 1 ether, 2_000_000, "");
        bytes32 hash = send(w);
        uint256 index = confirmNow();
        bytes[] memory proof = proofOf(hash, index);
        vm.prank(address(thief));
        portal.proveWithdrawalTransaction(w, index, outputs[index], proof);
        skip(MATURITY);
        thief.set(address(portal), abi.encodeCall(portal.proveWithdrawalTransaction, (w, index, outputs[index], proof)));
        portal.finalizeWithdrawalTransactionExternalProof(w, address(thief));
        vm.assertTrue(thief.succeeded() && portal.finalizedWithdrawals(hash));
        skip(MATURITY);
        vm.expectRevert(IWithdrawals.OptimismPortal_AlreadyFinalized.selector);
        portal.finalizeWithdrawalTransactionExternalProof(w, address(thief));
        vm.assertEq(address(thief).balance, 1 ether);
    }

    /// @dev Somebody proves first, against an assertion that will lose, and again as often as he likes: the user's own proof is his own matter.
    function test_prove_aheadOfTheUser_delaysNobody(uint256 again) public {
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        bytes32 hash = send(w);
        uint256 index = confirmNow();
        prove(bob, w, index);
        prove(user, w, index);
        skip(bound(again, 0, MATURITY));
        prove(bob, w, index);
        (, uint64 time) = portal.provenWithdrawals(hash, user);
        vm.warp(time + MATURITY);
        finalize(user, w);
        vm.assertEq(witness.calls(), 1);
        vm.assertEq(portal.numProofSubmitters(hash), 2);
    }

    /// @dev Nobody has proved for the zero address, nor for whoever did not.
    function test_check_ofWhatNobodyProved_saysSo(bytes32 hash, address who) public {
        vm.expectRevert(IWithdrawals.OptimismPortal_Unproven.selector);
        portal.checkWithdrawal(hash, who);
        vm.expectRevert(IWithdrawals.OptimismPortal_Unproven.selector);
        portal.checkWithdrawal(hash, address(0));
        vm.expectRevert(IWithdrawals.NoSuchSubmitter.selector);
        portal.proofSubmitters(hash, 0);
        (address game, uint64 time) = portal.provenWithdrawals(hash, address(0));
        vm.assertTrue(game == address(0) && time == 0);
    }

    /// @dev The same withdrawal in another encoding of the call, with its parts in other places, is the same withdrawal.
    function test_finalize_againInAnotherEncoding_reverts(uint8 gap) public {
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, hex"c0ffee");
        ready(w);
        finalize(user, w);
        uint256 away = 32 * bound(gap, 1, 255);
        bytes memory fields = abi.encode(w);
        // abi.encode begins with the offset of the only argument.
        bytes memory tail = new bytes(fields.length - 32);
        for (uint256 i = 0; i < tail.length; ++i) {
            tail[i] = fields[32 + i];
        }
        bytes memory call = abi.encodePacked(portal.finalizeWithdrawalTransaction.selector, 32 + away, new bytes(away), tail);
        vm.prank(user, user);
        (bool ok, bytes memory reason) = address(portal).call(call);
        vm.assertFalse(ok);
        vm.assertEq(reason, abi.encodeWithSelector(IWithdrawals.OptimismPortal_AlreadyFinalized.selector));
        vm.assertEq(witness.calls(), 1);
    }

    /// @dev Only L1's Inbox takes the Portal's word; it cannot be made to speak to it, not even through another withdrawal's call.
    function test_withdraw_enqueuingByAnother_fails() public {
        Reenterer relay = new Reenterer();
        relay.set(address(inbox), abi.encodeCall(IInbox.enqueueDeposit, (abi.encodePacked(bob, bob, new bytes(73)))));
        WithdrawalTransaction memory w = withdrawal(address(relay), 0, 600_000, "");
        ready(w);
        uint256 messages = inbox.messageCount();
        finalize(user, w);
        vm.assertTrue(relay.tried() && !relay.succeeded());
        vm.assertEq(inbox.messageCount(), messages);
    }

    /// @dev The Portal cannot be made to stake: when it makes the call, the assertion by which the withdrawal was proved is confirmed, and a claim below that
    ///      would have to name it, which is a hash over the withdrawal itself.
    function test_withdraw_toTheRollup_neverStakes() public {
        Claim[] memory list = new Claim[](1);
        list[0] = Claim(rollup.assertion(root).inputsHash, end("lie", 0));
        bytes memory data = abi.encodeCall(rollup.stake, (root, list));
        WithdrawalTransaction memory w = withdrawal(address(rollup), BOND, 600_000, data);
        send(w);
        prove(user, w, confirmNow());
        skip(MATURITY);
        finalize(user, w);
        vm.assertEq(address(portal).balance, 1_000 ether);
        vm.assertEq(rollup.owed(address(portal)), 0);
        vm.assertEq(rollup.nextStakeId(address(portal)) & type(uint96).max, 0);
    }

    /// @dev Called by somebody else's transaction, an account with delegated code is a contract like any other: its deposit is aliased.
    function test_deposit_byADelegatedAccountInAnothersTransaction_isAliased(address target) public {
        vm.etch(user, abi.encodePacked(hex"ef0100", target));
        address from;
        unchecked {
            from = address(uint160(user) + uint160(0x1111000000000000000000000000000000001111));
        }
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(from, user, 0, abi.encodePacked(uint256(0), uint256(0), uint64(50_000), uint8(0)));
        vm.prank(user, bob);
        portal.depositTransaction(user, 0, 50_000, false, "");
    }

    /// @dev A withdrawal pays accounts with delegated code and calls them, as any target.
    function test_finalize_toADelegatedAccount_callsItsCode() public {
        vm.etch(bob, abi.encodePacked(hex"ef0100", address(witness)));
        uint256 before = bob.balance;
        WithdrawalTransaction memory w = withdrawal(bob, 1 ether, 300_000, "");
        ready(w);
        finalize(user, w);
        vm.assertEq(bob.balance, before + 1 ether);
        vm.assertEq(Witness(payable(bob)).calls(), 1);
    }
}
