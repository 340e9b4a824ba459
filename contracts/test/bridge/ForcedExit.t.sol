// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IInbox, MessageLink} from "../../src/interfaces/IInbox.sol";
import {State} from "../../src/interfaces/IRollup.sol";
import {OptimismMintableERC20} from "../../src/l2/OptimismMintableERC20.sol";
import {vm} from "../support/Cheats.sol";
import {Deposit, RelayFixture} from "../support/RelayFixture.sol";
import {PlainToken} from "../support/Tokens.sol";

/// @notice One user, with calls that anyone may make: ether and tokens come back to L1 although the sequencer ignores him, or is gone for good.
contract ForcedExitTest is RelayFixture {
    uint256 private constant ETHER = 10 ether;
    uint256 private constant TOKENS = 7 ether;
    uint256 private constant FUNDS = 1_000 ether;

    PlainToken private token;
    OptimismMintableERC20 private l2Token;
    uint256 private modelled;

    function setUp() public override {
        super.setUp();
        vm.deal(user, FUNDS);
        token = new PlainToken();
        token.mint(user, TOKENS);
        l2Token = OptimismMintableERC20(tokens.createOptimismMintableERC20(address(token), "T", "T"));
        vm.prank(user, user);
        token.approve(address(l1Bridge), TOKENS);
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(address(token), address(l2Token), onL2(user), TOKENS, 300_000, "");
        vm.prank(user, user);
        portal.depositTransaction{value: ETHER}(onL2(user), ETHER, 100_000, false, "");
        model();
        appendBatch(last());
        executeAll();
        vm.assertEq(onL2(user).balance, ETHER);
        vm.assertEq(l2Token.balanceOf(onL2(user)), TOKENS);
    }

    /// @dev What was deposited since the last time, into the model of the Inbox.
    function model() private {
        collect();
        for (; modelled < deposits.length; ++modelled) {
            Deposit memory d = deposits[modelled];
            users += 1;
            modelMessage(0, abi.encodePacked(d.from, d.to, d.mint, d.value, d.gasLimit, false, d.data));
        }
        assertModel();
    }

    function last() private view returns (uint64) {
        return uint64(links.length - 1);
    }

    /// @dev Both withdrawals, as calls that the user deposits on L1.
    function depositWithdrawals() private returns (uint64 index) {
        bytes memory data = abi.encodeCall(passer.initiateWithdrawal, (user, 21_000, ""));
        vm.prank(user, user);
        portal.depositTransaction(address(passer), ETHER, 300_000, false, data);
        data = abi.encodeCall(l2Bridge.bridgeERC20To, (address(l2Token), address(token), user, TOKENS, 100_000, ""));
        vm.prank(user, user);
        portal.depositTransaction(address(l2Bridge), 0, 1_000_000, false, data);
        model();
        return last();
    }

    function assertCannotForce(uint64 index) private {
        (uint64 first, MessageLink memory link) = firstWaiting();
        vm.expectPartialRevert(IInbox.ForcedTooEarly.selector);
        inbox.forceInclude(index, links[index], first, link);
    }

    /// @dev The user stakes on what he computed himself, proves, waits, and takes his bond back. The first claim is the genesis state again: it fixes the batches that
    ///      the second is about.
    function exit() private {
        (uint256 stakeId, bytes32 first) = stakeAs(user, root, genesis);
        games.list(root, genesis);
        skip(M);
        uint256 index = games.gameCount();
        outputs[index] = outputNow();
        sentUpTo[index] = sent.length;
        State memory end_ = State(rootOf(outputs[index]), 100, inbox.batchCount(), 0, inbox.consumedCount());
        bytes32 second = advanceAs(user, stakeId, first, end_);
        games.list(first, end_);
        prove(user, withdrawals[0], index);
        prove(user, withdrawals[1], index);
        skip(W);
        rollup.confirm(first);
        rollup.confirm(second);
        finalize(user, withdrawals[0]);
        finalize(user, withdrawals[1]);
        vm.prank(user);
        rollup.withdraw(stakeId);
        vm.prank(user);
        rollup.claim(payable(user));
    }

    function assertAllIsBack() private view {
        vm.assertEq(user.balance, FUNDS);
        vm.assertEq(token.balanceOf(user), TOKENS);
        vm.assertEq(address(portal).balance + onL2(user).balance + l2Token.totalSupply(), 0);
    }

    function test_exit_whenTheSequencerIsGone_movesAllFunds() public {
        uint64 index = depositWithdrawals();
        skip(1 days - 1);
        assertCannotForce(index);
        skip(1);
        force(index);
        assertModel();
        executeAll();
        exit();
        assertAllIsBack();
    }

    /// @dev It goes on with batches of its own, and leaves the user's deposits out of each.
    function test_exit_whenTheSequencerIgnoresTheUser_movesAllFunds() public {
        uint64 before = last();
        uint64 index = depositWithdrawals();
        for (uint256 i = 0; i < 23; ++i) {
            skip(1 hours);
            appendBatch(before);
        }
        assertCannotForce(index);
        skip(1 hours);
        force(index);
        assertModel();
        executeAll();
        exit();
        assertAllIsBack();
    }
}
