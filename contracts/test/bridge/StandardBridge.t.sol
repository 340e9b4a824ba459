// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ICrossDomainMessenger} from "../../src/interfaces/ICrossDomainMessenger.sol";
import {IPortal} from "../../src/interfaces/IPortal.sol";
import {IStandardBridge} from "../../src/interfaces/IStandardBridge.sol";
import {OptimismMintableERC20} from "../../src/l2/OptimismMintableERC20.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {bound, vm} from "../support/Cheats.sol";
import {RelayFixture} from "../support/RelayFixture.sol";
import {Answers, Counter} from "../support/Targets.sol";
import {CallingToken, FalseToken, FeeToken, PlainToken, SilentToken} from "../support/Tokens.sol";

contract StandardBridgeTest is RelayFixture {
    address private l2User = address(0x12005e4);
    address private receiver = address(0x4ece14e4);

    PlainToken private token;
    OptimismMintableERC20 private l2Token;

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        l2Token = twin(address(token));
        token.mint(user, 1e30);
        approve(address(token));
        vm.deal(l2User, 1_000 ether);
        vm.deal(address(portal), 1_000 ether);
    }

    function twin(address remote) private returns (OptimismMintableERC20) {
        return OptimismMintableERC20(tokens.createOptimismMintableERC20(remote, "Twin", "TWN"));
    }

    function approve(address any) private {
        vm.prank(user);
        PlainToken(any).approve(address(l1Bridge), type(uint256).max);
    }

    function deposit(address l1Token, address remote, address to, uint256 amount) private {
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(l1Token, remote, to, amount, 300_000, "");
    }

    function withdraw(address local, address to, uint256 amount) private {
        address remote = OptimismMintableERC20(local).remoteToken();
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(local, remote, to, amount, 300_000, "");
    }

    // Ether

    function test_bridgeETH_thereAndBack_movesEveryWei(uint96 amount, bytes calldata extra) public {
        amount = uint96(bound(amount, 1, 1_000 ether));
        vm.deal(user, amount);
        vm.expectEmit(address(l1Bridge));
        emit IStandardBridge.ETHBridgeInitiated(user, receiver, amount, extra);
        vm.prank(user, user);
        l1Bridge.bridgeETHTo{value: amount}(receiver, 50_000, extra);
        collect();
        vm.expectEmit(address(l2Bridge));
        emit IStandardBridge.ETHBridgeFinalized(user, receiver, amount, extra);
        vm.assertTrue(execute(0));
        vm.assertEq(receiver.balance, amount);
        vm.prank(receiver, receiver);
        l2Bridge.bridgeETHTo{value: amount}(user, 50_000, extra);
        vm.assertEq(address(passer).balance, amount);
        finalizeFrom(0);
        vm.assertEq(user.balance, amount);
        vm.assertEq(address(portal).balance, 1_000 ether);
    }

    function test_receive_fromAnAccount_bridgesToItself(uint96 amount) public {
        vm.deal(user, amount);
        vm.expectEmit(address(l1Bridge));
        emit IStandardBridge.ETHBridgeInitiated(user, user, amount, "");
        vm.prank(user, user);
        (bool ok,) = address(l1Bridge).call{value: amount}("");
        vm.assertTrue(ok);
    }

    function test_bridgeETH_byAnAccount_bridgesToItself(uint96 amount, bytes calldata extra) public {
        vm.deal(user, amount);
        vm.expectEmit(address(l1Bridge));
        emit IStandardBridge.ETHBridgeInitiated(user, user, amount, extra);
        vm.prank(user, user);
        l1Bridge.bridgeETH{value: amount}(50_000, extra);
        vm.assertEq(address(portal).balance, 1_000 ether + uint256(amount));
        vm.expectEmit(address(l1Bridge));
        emit IStandardBridge.ERC20BridgeInitiated(address(token), address(l2Token), user, user, amount, extra);
        vm.prank(user, user);
        l1Bridge.bridgeERC20(address(token), address(l2Token), amount, 300_000, extra);
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), amount);
    }

    /// @dev Code as long as that which delegates does not, unless it begins as that does.
    function test_bridgeETH_byAContractOf23Bytes_reverts(bytes23 code) public {
        vm.assume(bytes3(code) != 0xef0100 && bytes1(code) != 0xef);
        vm.etch(user, abi.encodePacked(code));
        vm.prank(user, user);
        vm.expectRevert(IStandardBridge.NotAnAccount.selector);
        l1Bridge.bridgeETH{value: 1}(50_000, "");
    }

    function test_bridgeETH_byAContract_revertsUnlessItsCodeIsDelegated() public {
        vm.etch(user, hex"00");
        vm.prank(user, user);
        vm.expectRevert(IStandardBridge.NotAnAccount.selector);
        l1Bridge.bridgeETH{value: 1}(50_000, "");
        vm.prank(user, user);
        vm.expectRevert(IStandardBridge.NotAnAccount.selector);
        l1Bridge.bridgeERC20(address(token), address(l2Token), 1, 50_000, "");
        vm.etch(user, abi.encodePacked(hex"ef0100", address(token)));
        vm.prank(user, user);
        l1Bridge.bridgeETH{value: 1}(50_000, "");
        vm.prank(user, user);
        l1Bridge.bridgeERC20(address(token), address(l2Token), 1, 50_000, "");
    }

    function test_bridgeETH_receiverRefuses_waitsInTheMessenger() public {
        Counter shy = new Counter();
        shy.refuse(true);
        vm.prank(l2User, l2User);
        l2Bridge.bridgeETHTo{value: 5 ether}(address(shy), 100_000, "");
        finalizeFrom(0);
        vm.assertEq(address(l1Messenger).balance, 5 ether);
        bytes memory call = withdrawals[0].data;
        vm.assertTrue(l1Messenger.failedMessages(keccak256(call)));
        shy.refuse(false);
        (bool ok,) = address(l1Messenger).call(call);
        vm.assertTrue(ok);
        vm.assertEq(address(shy).balance, 5 ether);
        vm.assertEq(address(l1Messenger).balance, 0);
    }

    function test_bridgeETH_toBridgeOrMessenger_waitsInTheMessenger(bool bridge) public {
        vm.prank(l2User, l2User);
        l2Bridge.bridgeETHTo{value: 1 ether}(bridge ? address(l1Bridge) : address(l1Messenger), 100_000, "");
        finalizeFrom(0);
        vm.assertTrue(l1Messenger.failedMessages(keccak256(withdrawals[0].data)));
        vm.assertEq(address(l1Messenger).balance, 1 ether);
    }

    function test_bridgeETH_tooMuchDataOrGas_reverts() public {
        vm.prank(user, user);
        vm.expectPartialRevert(IPortal.DataTooLarge.selector);
        l1Bridge.bridgeETHTo{value: 1}(receiver, 50_000, new bytes(100_000));
        vm.prank(user, user);
        vm.expectPartialRevert(IPortal.GasLimitTooHigh.selector);
        l1Bridge.bridgeETHTo{value: 1}(receiver, 1 << 24, "");
    }

    /// @dev The most extra data that goes, and the gas that comes with it is enough to deliver it.
    function test_bridgeETH_hugeData_isDelivered() public {
        bytes memory extra = new bytes(99_000);
        for (uint256 i = 0; i < extra.length; ++i) {
            extra[i] = 0xff;
        }
        vm.prank(user, user);
        l1Bridge.bridgeETHTo{value: 3}(receiver, 5_000_000, extra);
        collect();
        vm.assertTrue(execute(0));
        vm.assertEq(receiver.balance, 3);
    }

    function test_finalize_byAnyoneElse_reverts(address caller) public {
        vm.assume(caller != address(l1Messenger));
        vm.prank(caller);
        vm.expectRevert(IStandardBridge.NotOtherBridge.selector);
        l1Bridge.finalizeBridgeETH(user, user, 0, "");
        vm.prank(caller);
        vm.expectRevert(IStandardBridge.NotOtherBridge.selector);
        l1Bridge.finalizeBridgeERC20(address(token), address(l2Token), user, user, 0, "");
    }

    /// @dev What the other bridge never sends.
    function test_finalizeETH_otherEtherThanItsAmount_reverts(uint96 sent, uint96 amount) public {
        vm.assume(sent != amount);
        vm.etch(address(l1Messenger), address(new Answers(uint160(address(l2Bridge)))).code);
        vm.deal(address(l1Messenger), sent);
        vm.prank(address(l1Messenger));
        vm.expectRevert(abi.encodeWithSelector(IStandardBridge.WrongValue.selector, sent, amount));
        l1Bridge.finalizeBridgeETH{value: sent}(user, receiver, amount, "");
    }

    /// @dev Anyone may send the bridge a message; only the other bridge's counts.
    function test_finalize_byAMessageOfAnyoneElse_fails(address sender) public {
        vm.assume(sender != address(l2Bridge) && uint160(sender) > 0xffff);
        deposit(address(token), address(l2Token), receiver, 1_000);
        vm.deal(sender, 1 ether);
        bytes memory theft = abi.encodeCall(l1Bridge.finalizeBridgeERC20, (address(token), address(l2Token), user, sender, 1_000, ""));
        vm.prank(sender, sender);
        l2Messenger.sendMessage(address(l1Bridge), theft, 300_000);
        finalizeFrom(0);
        vm.assertTrue(l1Messenger.failedMessages(keccak256(withdrawals[0].data)));
        vm.assertEq(token.balanceOf(address(l1Bridge)), 1_000);
    }

    // Tokens

    function test_bridgeERC20_thereAndBack_movesEveryUnit(uint96 amount, bytes calldata extra) public {
        vm.expectEmit(address(l1Bridge));
        emit IStandardBridge.ERC20BridgeInitiated(address(token), address(l2Token), user, l2User, amount, extra);
        vm.prank(user, user);
        l1Bridge.bridgeERC20To(address(token), address(l2Token), l2User, amount, 300_000, extra);
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), amount);
        collect();
        vm.expectEmit(address(l2Bridge));
        emit IStandardBridge.ERC20BridgeFinalized(address(l2Token), address(token), user, l2User, amount, extra);
        vm.assertTrue(execute(0));
        vm.assertEq(l2Token.balanceOf(l2User), amount);
        vm.assertEq(l2Token.totalSupply(), amount);
        withdraw(address(l2Token), receiver, amount);
        vm.assertEq(l2Token.totalSupply(), 0);
        finalizeFrom(0);
        vm.assertEq(token.balanceOf(receiver), amount);
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), 0);
    }

    /// @dev A token of L2, with its twin on L1.
    function test_bridgeERC20_ofL2_isMintedOnL1(uint96 amount) public {
        PlainToken native = new PlainToken();
        OptimismMintableERC20 onL1 = new OptimismMintableERC20(address(l1Bridge), address(native), "Native", "NTV", 18);
        native.mint(l2User, amount);
        vm.prank(l2User);
        native.approve(address(l2Bridge), amount);
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(address(native), address(onL1), user, amount, 300_000, "");
        finalizeFrom(0);
        vm.assertEq(onL1.balanceOf(user), amount);
        deposit(address(onL1), address(native), receiver, amount);
        vm.assertEq(onL1.totalSupply(), 0);
        executeAll();
        vm.assertEq(native.balanceOf(receiver), amount);
    }

    function test_bridgeERC20_tokenWithAFee_bridgesWhatArrived(uint96 amount) public {
        FeeToken fee = new FeeToken();
        OptimismMintableERC20 l2Fee = twin(address(fee));
        fee.mint(user, amount);
        approve(address(fee));
        deposit(address(fee), address(l2Fee), l2User, amount);
        uint256 arrived = amount - amount / 100;
        vm.assertEq(fee.balanceOf(address(l1Bridge)), arrived);
        executeAll();
        vm.assertEq(l2Fee.balanceOf(l2User), arrived);
        withdraw(address(l2Fee), receiver, arrived);
        finalizeFrom(0);
        vm.assertEq(fee.balanceOf(address(l1Bridge)), 0);
        vm.assertEq(l1Bridge.deposits(address(fee), address(l2Fee)), 0);
    }

    function test_bridgeERC20_tokenThatSaysFalse_reverts() public {
        FalseToken liar = new FalseToken();
        liar.mint(user, 100);
        approve(address(liar));
        liar.lie(true);
        vm.prank(user, user);
        vm.expectRevert(SafeTransferLib.TransferFromFailed.selector);
        l1Bridge.bridgeERC20To(address(liar), address(1), l2User, 100, 300_000, "");
    }

    function test_finalizeERC20_tokenThatSaysFalse_waitsInTheMessenger() public {
        FalseToken liar = new FalseToken();
        OptimismMintableERC20 l2Liar = twin(address(liar));
        liar.mint(user, 100);
        approve(address(liar));
        deposit(address(liar), address(l2Liar), l2User, 100);
        executeAll();
        withdraw(address(l2Liar), receiver, 100);
        liar.lie(true);
        finalizeFrom(0);
        vm.assertEq(l1Bridge.deposits(address(liar), address(l2Liar)), 100);
        liar.lie(false);
        (bool ok,) = address(l1Messenger).call(withdrawals[0].data);
        vm.assertTrue(ok);
        vm.assertEq(liar.balanceOf(receiver), 100);
    }

    function test_bridgeERC20_tokenThatReturnsNothing_works(uint96 amount) public {
        SilentToken silent = new SilentToken();
        OptimismMintableERC20 l2Silent = twin(address(silent));
        silent.mint(user, amount);
        deposit(address(silent), address(l2Silent), l2User, amount);
        executeAll();
        withdraw(address(l2Silent), receiver, amount);
        finalizeFrom(0);
        vm.assertEq(silent.balanceOf(receiver), amount);
    }

    /// @dev Bridging in the middle of bridging would count the inner amount twice.
    function test_bridgeERC20_tokenThatCallsBack_cannotBridgeTwice() public {
        CallingToken caller = new CallingToken();
        address l2Caller = address(twin(address(caller)));
        caller.mint(user, 100);
        caller.mint(address(caller), 100);
        approve(address(caller));
        vm.prank(address(caller));
        caller.approve(address(l1Bridge), 100);
        caller.set(address(l1Bridge), abi.encodeCall(l1Bridge.bridgeERC20To, (address(caller), l2Caller, l2User, 100, 300_000, "")));
        deposit(address(caller), l2Caller, l2User, 100);
        vm.assertEq(caller.succeeded(), 0);
        vm.assertTrue(caller.reason() == IStandardBridge.Reentrant.selector);
        vm.assertEq(l1Bridge.deposits(address(caller), l2Caller), 100);
        vm.assertEq(caller.balanceOf(address(l1Bridge)), 100);
    }

    /// @dev A payout that calls back to replay itself.
    function test_finalizeERC20_tokenThatCallsBack_isPaidOnce() public {
        CallingToken caller = new CallingToken();
        OptimismMintableERC20 l2Caller = twin(address(caller));
        caller.mint(user, 300);
        approve(address(caller));
        deposit(address(caller), address(l2Caller), l2User, 300);
        executeAll();
        withdraw(address(l2Caller), receiver, 100);
        collect();
        caller.set(address(l1Messenger), withdrawals[0].data);
        finalizeFrom(0);
        vm.assertEq(caller.succeeded(), 0);
        vm.assertEq(caller.balanceOf(receiver), 100);
        vm.assertEq(l1Bridge.deposits(address(caller), address(l2Caller)), 200);
    }

    function test_bridgeERC20_addressWithoutCode_reverts(address nothing) public {
        vm.assume(nothing.code.length == 0 && uint160(nothing) > 0xffff);
        vm.prank(user, user);
        vm.expectRevert(SafeTransferLib.TransferFromFailed.selector);
        l1Bridge.bridgeERC20To(nothing, address(l2Token), l2User, 1, 300_000, "");
    }

    /// @dev What came in for one pair cannot leave by another.
    function test_bridgeERC20_wrongRemote_staysApart(uint96 amount) public {
        vm.assume(amount > 0);
        // Named by mistake: not the token's twin. It fails on L2, and nobody gets the right pair's tokens.
        OptimismMintableERC20 wrong = twin(address(0xbad));
        deposit(address(token), address(l2Token), l2User, amount);
        deposit(address(token), address(wrong), l2User, amount);
        executeAll();
        vm.assertEq(wrong.totalSupply(), 0);
        vm.assertEq(l2Token.totalSupply(), amount);
        vm.assertEq(l1Bridge.deposits(address(token), address(wrong)), amount);
        vm.assertTrue(l2Messenger.failedMessages(keccak256(deposits[1].data)));
    }

    function test_bridgeERC20_mintableNamedWithAnotherRemote_reverts(address remote) public {
        vm.assume(remote != address(token));
        vm.prank(l2User, l2User);
        vm.expectRevert(abi.encodeWithSelector(IStandardBridge.WrongPair.selector, address(l2Token), remote));
        l2Bridge.bridgeERC20To(address(l2Token), remote, user, 0, 300_000, "");
    }

    /// @dev A token of L2 that claims to be the twin of a real one cannot draw on what others deposited.
    function test_withdraw_byAForgedTwin_paysNothing(uint96 amount) public {
        vm.assume(amount > 0);
        deposit(address(token), address(l2Token), l2User, amount);
        PlainToken forged = new PlainToken();
        forged.mint(l2User, amount);
        vm.prank(l2User);
        forged.approve(address(l2Bridge), amount);
        vm.prank(l2User, l2User);
        l2Bridge.bridgeERC20To(address(forged), address(token), l2User, amount, 300_000, "");
        finalizeFrom(0);
        vm.assertEq(token.balanceOf(l2User), 0);
        vm.assertEq(l1Bridge.deposits(address(token), address(l2Token)), amount);
        vm.assertTrue(l1Messenger.failedMessages(keccak256(withdrawals[0].data)));
    }

    function test_layout_ofTheBridgeOnL2_isWhatGenesisWrites(address other) public {
        vm.store(address(l2Bridge), bytes32(uint256(1)), bytes32(uint256(uint160(other))));
        vm.assertEq(l2Bridge.otherBridge(), other);
        vm.assertEq(l2Bridge.messenger(), address(l2Messenger));
        vm.assertEq(l1Bridge.messenger(), address(l1Messenger));
        vm.assertEq(l1Bridge.otherBridge(), address(l2Bridge));
        vm.assertTrue(ICrossDomainMessenger(l2Bridge.messenger()).otherMessenger() == address(l1Messenger));
    }
}
