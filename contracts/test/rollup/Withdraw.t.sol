// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IRollup, StakeStatus} from "../../src/interfaces/IRollup.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RollupFixture} from "../support/RollupFixture.sol";

/// @notice Refuses ether.
contract Refuser {
    function pull(IRollup rollup) external {
        rollup.claim(payable(address(this)));
    }
}

/// @notice Asks for more while it is being paid.
contract Glutton {
    uint256 public calls;
    bool public gotMore;

    function pull(IRollup rollup) external {
        rollup.claim(payable(address(this)));
    }

    receive() external payable {
        calls += 1;
        // Once: without the check a second payment would succeed, as the Rollup holds others' bonds.
        if (calls == 1) {
            try IRollup(msg.sender).claim(payable(address(this))) {
                gotMore = true;
            } catch {}
        }
    }
}

contract WithdrawTest is RollupFixture {
    uint256 private stakeId;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        (stakeId, id) = stakeAs(alice, root, end("a", 0));
    }

    function test_withdraw_onTheLatestConfirmed_owesTheBond() public {
        skip(W);
        rollup.confirm(id);
        vm.expectEmit(address(rollup));
        emit IRollup.StakeWithdrawn(stakeId, BOND);
        vm.prank(alice);
        rollup.withdraw(stakeId);
        vm.assertEq(rollup.owed(alice), BOND);
    }

    function test_withdraw_ofSeveralByOneOwner_addsUp() public {
        (uint256 second,) = stakeAs(alice, root, end("a", 0));
        skip(W);
        rollup.confirm(id);
        vm.prank(alice);
        rollup.withdraw(stakeId);
        vm.prank(alice);
        rollup.withdraw(second);
        vm.assertEq(rollup.owed(alice), 2 * BOND);
    }

    /// @dev A stake that stayed behind is not locked up.
    function test_withdraw_onAnOlderConfirmed_owesTheBond() public {
        (uint256 other,) = stakeAs(bob, root, end("a", 0));
        skip(M);
        bytes32 child = advanceAs(bob, other, id, end("b", 1));
        skip(W);
        rollup.confirm(id);
        rollup.confirm(child);
        vm.prank(alice);
        rollup.withdraw(stakeId);
        vm.assertEq(rollup.owed(alice), BOND);
    }

    function test_withdraw_withTheTipUnconfirmed_reverts(uint256 wait) public {
        skip(bound(wait, 0, 10 * W));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.TipUnconfirmed.selector, id));
        rollup.withdraw(stakeId);
    }

    function test_withdraw_twice_reverts() public {
        skip(W);
        rollup.confirm(id);
        vm.prank(alice);
        rollup.withdraw(stakeId);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Withdrawn));
        rollup.withdraw(stakeId);
    }

    function test_withdraw_byAnotherCaller_reverts(address caller) public {
        vm.assume(caller != alice);
        skip(W);
        rollup.confirm(id);
        vm.prank(caller);
        vm.expectRevert(IRollup.NotOwner.selector);
        rollup.withdraw(stakeId);
    }

    function test_withdraw_byALoser_reverts() public {
        stakeAs(bob, root, end("a", 0));
        rollup.defeat(stakeId, id, bob);
        skip(W);
        rollup.confirm(id);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IRollup.NotLive.selector, StakeStatus.Defeated));
        rollup.withdraw(stakeId);
    }

    function test_claim_whatIsOwed_paysItOnce() public {
        skip(W);
        rollup.confirm(id);
        vm.prank(alice);
        rollup.withdraw(stakeId);
        address payable to = payable(address(0x7070));
        vm.expectEmit(address(rollup));
        emit IRollup.Paid(alice, to, BOND);
        vm.prank(alice);
        rollup.claim(to);
        vm.assertEq(to.balance, BOND);
        vm.prank(alice);
        vm.expectRevert(IRollup.NothingOwed.selector);
        rollup.claim(to);
    }

    /// @dev A receiver that refuses harms nobody but itself, and may name another.
    function test_claim_toARefuser_revertsAndKeepsTheCredit() public {
        Refuser refuser = new Refuser();
        rollup.defeat(stakeId, id, address(refuser));
        vm.expectRevert(IRollup.PaymentFailed.selector);
        refuser.pull(rollup);
        vm.assertEq(rollup.owed(address(refuser)), BOND / 2);
    }

    /// @dev Whoever is paid can call back, and finds nothing owed any more.
    function test_claim_fromWithinThePayment_paysOnce() public {
        Glutton glutton = new Glutton();
        // Ether of others, from which a second payment would come.
        stakeAs(bob, root, end("b", 0));
        rollup.defeat(stakeId, id, address(glutton));
        uint256 held = address(rollup).balance;
        vm.assertGe(held, BOND);
        glutton.pull(rollup);
        vm.assertEq(glutton.calls(), 1);
        vm.assertFalse(glutton.gotMore());
        vm.assertEq(address(glutton).balance, BOND / 2);
        vm.assertEq(address(rollup).balance, held - BOND / 2);
        vm.assertEq(rollup.owed(address(glutton)), 0);
    }
}
