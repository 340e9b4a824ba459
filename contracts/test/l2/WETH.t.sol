// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {WETH} from "../../src/l2/WETH.sol";
import {bound, vm} from "../support/Cheats.sol";

contract WETHTest {
    WETH private weth = new WETH();
    address private alice = address(0xa11ce);
    address private bob = address(0xb0b);

    function give(uint256 amount) private {
        vm.deal(alice, amount);
        vm.prank(alice);
        weth.deposit{value: amount}();
    }

    function test_deposit_inAnyWay_credits(uint96 amount, uint8 way) public {
        vm.deal(alice, amount);
        vm.expectEmit(address(weth));
        emit WETH.Deposit(alice, amount);
        vm.prank(alice);
        (bool ok,) = address(weth).call{value: amount}(
            way % 3 == 0 ? bytes("") : way % 3 == 1 ? bytes("nonsense") : abi.encodeCall(weth.deposit, ())
        );
        vm.assertTrue(ok);
        vm.assertEq(weth.balanceOf(alice), amount);
        vm.assertEq(weth.totalSupply(), amount);
    }

    function test_withdraw_partOfTheBalance_pays(uint96 amount, uint96 part) public {
        part = uint96(bound(part, 0, amount));
        give(amount);
        vm.expectEmit(address(weth));
        emit WETH.Withdrawal(alice, part);
        vm.prank(alice);
        weth.withdraw(part);
        vm.assertEq(alice.balance, part);
        vm.assertEq(weth.balanceOf(alice), amount - part);
    }

    function test_withdraw_moreThanTheBalance_reverts(uint96 amount) public {
        give(amount);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(WETH.InsufficientBalance.selector, amount, uint256(amount) + 1));
        weth.withdraw(uint256(amount) + 1);
    }

    function test_withdraw_byAContractThatRefuses_reverts() public {
        weth.deposit{value: 1}();
        vm.expectRevert(WETH.PaymentFailed.selector);
        weth.withdraw(1);
    }

    function test_transfer_moves_alsoToOneself(uint96 amount, uint96 part, bool toSelf) public {
        part = uint96(bound(part, 0, amount));
        give(amount);
        address to = toSelf ? alice : bob;
        vm.expectEmit(address(weth));
        emit WETH.Transfer(alice, to, part);
        vm.prank(alice);
        vm.assertTrue(weth.transfer(to, part));
        vm.assertEq(weth.balanceOf(alice), toSelf ? amount : amount - part);
        if (!toSelf) vm.assertEq(weth.balanceOf(bob), part);
    }

    function test_transferFrom_spendsTheAllowance(uint96 amount, uint96 allowed, uint96 part) public {
        give(amount);
        vm.prank(alice);
        weth.approve(bob, allowed);
        vm.prank(bob);
        if (part > allowed) {
            vm.expectRevert(abi.encodeWithSelector(WETH.InsufficientAllowance.selector, allowed, part));
            weth.transferFrom(alice, bob, part);
        } else if (part > amount) {
            vm.expectRevert(abi.encodeWithSelector(WETH.InsufficientBalance.selector, amount, part));
            weth.transferFrom(alice, bob, part);
        } else {
            weth.transferFrom(alice, bob, part);
            vm.assertEq(weth.allowance(alice, bob), allowed - part);
            vm.assertEq(weth.balanceOf(bob), part);
        }
    }

    function test_transferFrom_theWholeAllowance_leavesNone(uint96 amount) public {
        give(amount);
        vm.prank(alice);
        vm.assertTrue(weth.approve(bob, amount));
        vm.prank(bob);
        vm.assertTrue(weth.transferFrom(alice, bob, amount));
        vm.assertEq(weth.allowance(alice, bob), 0);
        vm.assertEq(weth.balanceOf(bob), amount);
    }

    function test_transferFrom_unlimitedAllowance_stays(uint96 amount) public {
        give(amount);
        vm.prank(alice);
        weth.approve(bob, type(uint256).max);
        vm.prank(bob);
        weth.transferFrom(alice, bob, amount);
        vm.assertEq(weth.allowance(alice, bob), type(uint256).max);
    }
}
