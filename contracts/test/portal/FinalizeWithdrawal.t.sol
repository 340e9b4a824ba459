// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {BridgeFixture} from "../support/BridgeFixture.sol";
import {bound, vm} from "../support/Cheats.sol";
import {GasBomb, Reenterer, ReturnBomb, Witness} from "../support/Targets.sol";

contract FinalizeWithdrawalTest is BridgeFixture {
    Witness private witness;

    function setUp() public override {
        super.setUp();
        witness = new Witness();
        vm.deal(address(portal), 1_000 ether);
    }

    function test_finalize_confirmed_callsTheTargetWithEverything(uint96 value, bytes calldata data, address sender) public {
        vm.assume(sender != address(0));
        value = uint96(bound(value, 0, 1_000 ether));
        WithdrawalTransaction memory w = withdrawal(address(witness), value, 300_000 + 1_000 * data.length, data);
        w.sender = sender;
        bytes32 hash = ready(w);
        vm.expectEmit(address(portal));
        emit IWithdrawals.WithdrawalFinalized(hash, true);
        finalize(user, w);
        vm.assertEq(witness.calls(), 1);
        vm.assertEq(witness.value(), value);
        vm.assertEq(witness.data(), data);
        vm.assertEq(witness.l2Sender(), sender);
        vm.assertEq(address(portal).balance, 1_000 ether - value);
        vm.assertTrue(portal.finalizedWithdrawals(hash));
        vm.assertEq(portal.l2Sender(), address(0xdEaD));
    }

    function test_finalize_twice_reverts(address again) public {
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        ready(w);
        finalize(user, w);
        vm.prank(again);
        vm.expectRevert(IWithdrawals.OptimismPortal_AlreadyFinalized.selector);
        portal.finalizeWithdrawalTransactionExternalProof(w, user);
        // Nor by a new proof.
        prove(bob, w, 0);
        skip(MATURITY);
        vm.prank(bob);
        vm.expectRevert(IWithdrawals.OptimismPortal_AlreadyFinalized.selector);
        portal.finalizeWithdrawalTransaction(w);
        vm.assertEq(witness.calls(), 1);
    }

    /// @dev A call that fails is final; the messenger is for what must be tried again.
    function test_finalize_targetReverts_countsAsDone() public {
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        witness.refuse(true);
        bytes32 hash = ready(w);
        vm.expectEmit(address(portal));
        emit IWithdrawals.WithdrawalFinalized(hash, false);
        finalize(user, w);
        vm.assertEq(address(portal).balance, 1_000 ether);
        vm.expectRevert(IWithdrawals.OptimismPortal_AlreadyFinalized.selector);
        portal.finalizeWithdrawalTransactionExternalProof(w, user);
    }

    function test_finalize_byTheProofOfAnother_works(address who) public {
        vm.assume(who != user);
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        ready(w);
        vm.prank(who);
        vm.expectRevert(IWithdrawals.OptimismPortal_Unproven.selector);
        portal.finalizeWithdrawalTransaction(w);
        vm.prank(who);
        portal.finalizeWithdrawalTransactionExternalProof(w, user);
        vm.assertEq(witness.calls(), 1);
    }

    function test_finalize_anyFieldChanged_reverts(uint8 field, uint256 change) public {
        vm.assume(uint160(change) != 0);
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        ready(w);
        field = uint8(bound(field, 0, 5));
        if (field == 0) w.nonce ^= change;
        if (field == 1) w.sender = address(uint160(w.sender) ^ uint160(change));
        if (field == 2) w.target = address(uint160(w.target) ^ uint160(change));
        if (field == 3) w.value ^= change;
        if (field == 4) w.gasLimit ^= change;
        if (field == 5) w.data = abi.encode(change);
        vm.prank(user);
        vm.expectRevert(IWithdrawals.OptimismPortal_Unproven.selector);
        portal.finalizeWithdrawalTransaction(w);
    }

    function test_finalize_unconfirmed_reverts(uint256 time) public {
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        bytes32 hash = send(w);
        (bytes32 id, uint256 index) = claimOutput(root, outputNow());
        prove(user, w, index);
        skip(bound(time, W, 1000 days));
        vm.expectRevert(IWithdrawals.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(hash, user);
        vm.prank(user);
        vm.expectRevert(IWithdrawals.OptimismPortal_InvalidRootClaim.selector);
        portal.finalizeWithdrawalTransaction(w);
        rollup.confirm(id);
        portal.checkWithdrawal(hash, user);
        finalize(user, w);
    }

    function test_finalize_youngProof_reverts(uint256 age) public {
        age = bound(age, 0, MATURITY - 1);
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        send(w);
        prove(user, w, confirmNow());
        skip(age);
        vm.prank(user);
        vm.expectRevert(IWithdrawals.OptimismPortal_ProofNotOldEnough.selector);
        portal.finalizeWithdrawalTransaction(w);
        skip(MATURITY - age);
        finalize(user, w);
    }

    /// @dev A false assertion says that a withdrawal was sent, and loses.
    function test_finalize_provedAgainstALoser_reverts() public {
        WithdrawalTransaction memory forged = withdrawal(address(witness), 1_000 ether, 300_000, "");
        bytes32 hash = send(forged);
        (bytes32 falseId, uint256 index) = claimOutput(root, outputNow());
        prove(user, forged, index);
        (, bytes32 honest) = stakeAs(bob, root, end("honest", 0));
        rollup.defeat(rollup.nextStakeId(alice) - 1, falseId, bob);
        skip(W);
        vm.expectRevert(IWithdrawals.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(hash, user);
        rollup.confirm(honest);
        skip(1000 days);
        vm.prank(user);
        vm.expectRevert(IWithdrawals.OptimismPortal_InvalidRootClaim.selector);
        portal.finalizeWithdrawalTransaction(forged);
        vm.assertEq(witness.calls(), 0);
    }

    function test_finalize_provedAgainAfterItsAssertionLost_works() public {
        WithdrawalTransaction memory w = withdrawal(address(witness), 1 ether, 300_000, "");
        send(w);
        (bytes32 falseId, uint256 index) = claimOutput(root, outputNow());
        prove(user, w, index);
        (, latest) = stakeAs(bob, root, end("honest", 0));
        rollup.defeat(rollup.nextStakeId(alice) - 1, falseId, bob);
        skip(W);
        rollup.confirm(latest);
        prove(user, w, confirmNow());
        skip(MATURITY);
        finalize(user, w);
        vm.assertEq(witness.calls(), 1);
    }

    /// @dev Whatever gas the finaliser sends: the target gets what was asked for, or nothing happens.
    function test_finalize_anyGas_givesTheTargetItsGasOrReverts(uint256 gasLimit, uint256 sentGas, uint96 value) public {
        gasLimit = bound(gasLimit, 150_000, 2_000_000);
        value = uint96(bound(value, 0, 1_000 ether));
        WithdrawalTransaction memory w = withdrawal(address(witness), value, gasLimit, "");
        bytes32 hash = ready(w);
        sentGas = bound(sentGas, 50_000, gasLimit + 300_000);
        vm.prank(user, user);
        (bool ok,) = address(portal).call{gas: sentGas}(abi.encodeCall(portal.finalizeWithdrawalTransaction, (w)));
        vm.assertTrue(ok == portal.finalizedWithdrawals(hash));
        if (ok) {
            // Less what the target spent before it looked.
            vm.assertGe(witness.gas() + 150, gasLimit);
        } else {
            vm.assertEq(witness.gas(), 0);
            finalize(user, w);
        }
        vm.assertEq(witness.calls(), 1);
    }

    /// @dev The least gas with which anything happens is enough for the target to have its own.
    /// forge-config: default.fuzz.runs = 16
    function test_finalize_leastGas_givesTheTargetItsGas(uint256 gasLimit, bool paid) public {
        gasLimit = bound(gasLimit, 150_000, 2_000_000);
        WithdrawalTransaction memory w = withdrawal(address(witness), paid ? 1 ether : 0, gasLimit, "");
        ready(w);
        bytes memory call = abi.encodeCall(portal.finalizeWithdrawalTransaction, (w));
        (uint256 low, uint256 high) = (50_000, gasLimit + 300_000);
        uint256 before = vm.snapshotState();
        while (low < high) {
            uint256 middle = (low + high) / 2;
            vm.prank(user, user);
            (bool ok,) = address(portal).call{gas: middle}(call);
            vm.revertToState(before);
            if (ok) high = middle;
            else low = middle + 1;
        }
        vm.prank(user, user);
        (bool last,) = address(portal).call{gas: high}(call);
        vm.assertTrue(last);
        vm.assertGe(witness.gas() + 150, gasLimit);
    }

    function test_finalize_gasLimitThatNoBlockHas_reverts(uint256 gasLimit) public {
        gasLimit = bound(gasLimit, 1 << 50, type(uint256).max);
        WithdrawalTransaction memory w = withdrawal(address(witness), 0, gasLimit, "");
        ready(w);
        vm.prank(user);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.GasTooLow.selector, gasLimit));
        portal.finalizeWithdrawalTransaction(w);
    }

    function test_finalize_hugeAnswers_costTheFinaliserNothing(bool succeeds) public {
        address bomb = address(new ReturnBomb(succeeds));
        WithdrawalTransaction memory w = withdrawal(bomb, 0, 3_000_000, "");
        ready(w);
        uint256 before = gasleft();
        finalize(user, w);
        // The target pays for its own megabyte of memory (2 million); copying it would cost as much again.
        vm.assertLt(before - gasleft(), 2_400_000);
    }

    function test_finalize_targetThatUsesAllGas_countsAsDone() public {
        WithdrawalTransaction memory w = withdrawal(address(new GasBomb()), 1 ether, 100_000, "");
        bytes32 hash = ready(w);
        vm.prank(user, user);
        portal.finalizeWithdrawalTransaction{gas: 500_000}(w);
        vm.assertTrue(portal.finalizedWithdrawals(hash));
        vm.assertEq(address(portal).balance, 1_000 ether);
    }

    function test_finalize_reentered_finalisesNothingElse() public {
        Reenterer thief = new Reenterer();
        WithdrawalTransaction memory first = withdrawal(address(thief), 1 ether, 1_000_000, "");
        send(first);
        WithdrawalTransaction memory second = withdrawal(address(witness), 1 ether, 300_000, "");
        bytes32 hash = send(second);
        uint256 index = confirmNow();
        prove(user, first, index);
        prove(user, second, index);
        skip(MATURITY);
        thief.set(address(portal), abi.encodeCall(portal.finalizeWithdrawalTransactionExternalProof, (second, user)));
        finalize(user, first);
        vm.assertTrue(thief.tried() && !thief.succeeded());
        vm.assertTrue(thief.reason() == IWithdrawals.OptimismPortal_NoReentrancy.selector);
        vm.assertFalse(portal.finalizedWithdrawals(hash));
        finalize(user, second);
        vm.assertEq(witness.l2Sender(), second.sender);
    }

    function test_finalize_moreThanThePortalHolds_waits(uint256 more) public {
        more = bound(more, 1, type(uint128).max);
        WithdrawalTransaction memory w = withdrawal(address(witness), 1_000 ether + more, 300_000, "");
        ready(w);
        vm.prank(user);
        vm.expectRevert(abi.encodeWithSelector(IWithdrawals.EtherMissing.selector, 1_000 ether, 1_000 ether + more));
        portal.finalizeWithdrawalTransaction(w);
        vm.deal(address(portal), 1_000 ether + more);
        finalize(user, w);
        vm.assertEq(address(portal).balance, 0);
    }

    function test_hash_ofAWithdrawal_isTheMessagePassers(address target, uint96 value, uint256 gasLimit, bytes calldata data) public {
        vm.deal(user, value);
        WithdrawalTransaction memory w = WithdrawalTransaction(passer.messageNonce(), user, target, value, gasLimit, data);
        vm.prank(user);
        passer.initiateWithdrawal{value: value}(target, gasLimit, data);
        vm.assertTrue(passer.sentMessages(Withdrawals.hash(w)));
        bytes32 slot = keccak256(abi.encode(Withdrawals.hash(w), uint256(0)));
        vm.assertEq(vm.load(address(passer), slot), bytes32(uint256(1)));
        vm.assertEq(keccak256(abi.encode(slot)), Withdrawals.storageKey(Withdrawals.hash(w)));
    }

    function test_views_ofThePortal_areWhatToolsRead() public view {
        vm.assertEq(portal.version(), "5.0.0");
        vm.assertEq(portal.proofMaturityDelaySeconds(), MATURITY);
        vm.assertEq(portal.disputeGameFinalityDelaySeconds(), 0);
        vm.assertEq(portal.disputeGameFactory(), address(games));
        vm.assertEq(portal.anchorStateRegistry(), address(games));
        vm.assertEq(portal.respectedGameType(), games.respectedGameType());
        vm.assertEq(portal.l2Sender(), address(0xdEaD));
    }
}
