// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {OptimismMintableERC20} from "../../src/l2/OptimismMintableERC20.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RelayFixture} from "../support/RelayFixture.sol";
import {Answers, GasBomb, ReturnBomb} from "../support/Targets.sol";
import {CallingToken, PlainToken} from "../support/Tokens.sol";

/// @notice Says that it is a mintable token, of whatever its maker likes, and mints for anybody.
contract FreeToken is PlainToken {
    address public immutable remoteToken;

    constructor(address remote) {
        remoteToken = remote;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }

    function burn(address from, uint256 amount) external {
        _burn(from, amount);
    }
}

/// @notice Tokens that work against the bridge: it never owes more of a token than it holds, and pays nobody with another's.
contract HostileTokenTest is RelayFixture {
    address private l2User = address(0x12005e4);
    PlainToken private token;
    OptimismMintableERC20 private l2Token;

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        l2Token = OptimismMintableERC20(tokens.createOptimismMintableERC20(address(token), "Twin", "TWN"));
        token.mint(user, 1_000);
        vm.prank(user);
        token.approve(address(l1Bridge), type(uint256).max);
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(address(token), address(l2Token), l2User, 1_000, 300_000, "");
        executeAll();
    }

    /// @dev A mintable token of L2 that names the real one as its other side, and of which its maker has any amount.
    function test_withdraw_byAMintableForgery_paysNothing(uint96 amount) public {
        vm.assume(amount > 0);
        FreeToken forged = new FreeToken(address(token));
        forged.mint(l2User, amount);
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(address(forged), address(token), l2User, amount, 300_000, "");
        finalizeFrom(0);
        vm.assertEq(token.balanceOf(address(l1Bridge)), 1_000);
        vm.assertTrue(l1Messenger.failedMessages(keccak256(withdrawals[0].data)));
    }

    /// @dev A forgery on L1 that says it is the mintable side of a real token of L2: the twin burns nothing by it, nor does the bridge on L2 pay.
    function test_deposit_ofAMintableForgery_mintsNothing(uint96 amount) public {
        vm.assume(amount > 0);
        FreeToken forged = new FreeToken(address(l2Token));
        forged.mint(user, amount);
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(address(forged), address(l2Token), user, amount, 300_000, "");
        executeAll();
        vm.assertEq(l2Token.totalSupply(), 1_000);
        vm.assertTrue(l2Messenger.failedMessages(keccak256(deposits[1].data)));
    }

    /// @dev The token calls back while it is taken in, and a withdrawal of it is paid out just then: what came in is measured as less. So more is held
    ///      than owed, never the other way round.
    function test_bridgeERC20_payoutInTheMiddleOfTaking_owesNoMoreThanItHolds(uint256 amount, uint256 out) public {
        CallingToken caller = new CallingToken();
        address twin = tokens.createOptimismMintableERC20(address(caller), "Twin", "TWN");
        amount = bound(amount, 0, 1_000);
        out = bound(out, 1, 1_000);
        caller.mint(user, 1_000 + amount);
        vm.prank(user);
        caller.approve(address(l1Bridge), type(uint256).max);
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(address(caller), twin, l2User, 1_000, 300_000, "");
        executeAll();
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(twin, address(caller), bob, out, 300_000, "");
        collect();
        // It cannot be paid out at first, so that it waits to be replayed.
        bytes memory code = address(caller).code;
        vm.etch(address(caller), address(new Answers(0)).code);
        finalizeFrom(0);
        vm.etch(address(caller), code);
        vm.assertTrue(l1Messenger.failedMessages(keccak256(withdrawals[0].data)));
        caller.set(address(l1Messenger), withdrawals[0].data);
        vm.prank(user, user);
        (bool ok,) = address(l1Bridge).call(abi.encodeCall(l1Bridge.bridgeERC20To, (address(caller), twin, l2User, amount, 300_000, "")));
        vm.assertTrue(ok == (amount >= out));
        vm.assertEq(caller.balanceOf(bob), ok ? out : 0);
        uint256 held = caller.balanceOf(address(l1Bridge));
        vm.assertEq(held, ok ? 1_000 - out + amount : 1_000);
        vm.assertEq(l1Bridge.deposits(address(caller), twin), ok ? 1_000 - out + amount - out : 1_000);
    }

    /// @dev Tokens withdrawn to the bridge itself are nobody's from then on: who bridges next is not paid for them.
    function test_withdraw_toTheBridgeItself_isNobodysGain() public {
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(address(l2Token), address(token), address(l1Bridge), 400, 300_000, "");
        finalizeFrom(0);
        vm.assertEq(token.balanceOf(address(l1Bridge)), 1_000);
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), 600);
        token.mint(user, 1);
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(address(token), address(l2Token), user, 1, 300_000, "");
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), 601);
    }

    /// @dev Tokens that were sent to the bridge by mistake as well.
    function test_bridgeERC20_afterADonation_countsWhatCameIn(uint96 donated, uint96 amount) public {
        token.mint(address(l1Bridge), donated);
        token.mint(user, amount);
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(address(token), address(l2Token), user, amount, 300_000, "");
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), 1_000 + uint256(amount));
    }

    /// @dev Asked whether it is mintable, a token burns all it gets or answers with a megabyte: it costs the asker 30,000 gas and is not mintable.
    function test_bridgeERC20_tokenThatIsABomb_costsItsCallerLittle(bool answers) public {
        address bomb = answers ? address(new ReturnBomb(true)) : address(new GasBomb());
        uint256 before = gasleft();
        vm.prank(user, user);
        (bool ok,) =
            address(l1Bridge).call{gas: 500_000}(abi.encodeCall(l1Bridge.bridgeERC20To, (bomb, address(l2Token), user, 1, 300_000, "")));
        vm.assertFalse(ok);
        vm.assertLt(before - gasleft(), 600_000);
    }

    /// @dev A message that pays out a token which burns all gas fails, and holds up no other.
    function test_finalizeERC20_tokenThatIsABomb_failsAlone() public {
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(address(l2Token), address(token), bob, 100, 300_000, "");
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(address(l2Token), address(token), bob, 200, 300_000, "");
        collect();
        uint256 index = confirmNow();
        prove(user, withdrawals[0], index);
        prove(user, withdrawals[1], index);
        skip(MATURITY);
        bytes memory code = address(token).code;
        vm.etch(address(token), address(new ReturnBomb(true)).code);
        finalize(user, withdrawals[0]);
        vm.etch(address(token), code);
        finalize(user, withdrawals[1]);
        vm.assertEq(token.balanceOf(bob), 200);
        (bool ok,) = address(l1Messenger).call(withdrawals[0].data);
        vm.assertTrue(ok);
        vm.assertEq(token.balanceOf(bob), 300);
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), 700);
    }
}
