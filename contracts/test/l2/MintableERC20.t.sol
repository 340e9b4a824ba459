// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {OptimismMintableERC20} from "../../src/l2/OptimismMintableERC20.sol";
import {OptimismMintableERC20Factory} from "../../src/l2/OptimismMintableERC20Factory.sol";
import {Predeploys} from "../../src/l2/Predeploys.sol";
import {MintableTokens} from "../../src/libraries/MintableTokens.sol";
import {vm} from "../support/Cheats.sol";
import {Answers, ReturnBomb} from "../support/Targets.sol";
import {PlainToken} from "../support/Tokens.sol";

contract MintableERC20Test {
    OptimismMintableERC20Factory private factory = OptimismMintableERC20Factory(Predeploys.MINTABLE_ERC20_FACTORY);
    address private constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;

    function setUp() public {
        vm.etch(address(factory), type(OptimismMintableERC20Factory).runtimeCode);
    }

    function test_create_token_hasWhatWasAskedFor(address remote, string calldata name, string calldata symbol, uint8 decimals) public {
        vm.assume(remote != address(0));
        OptimismMintableERC20 token = OptimismMintableERC20(factory.createOptimismMintableERC20WithDecimals(remote, name, symbol, decimals));
        vm.assertEq(token.name(), name);
        vm.assertEq(token.symbol(), symbol);
        vm.assertEq(token.decimals(), decimals);
        vm.assertEq(token.remoteToken(), remote);
        vm.assertEq(token.bridge(), Predeploys.STANDARD_BRIDGE);
        vm.assertEq(factory.deployments(address(token)), remote);
        vm.assertTrue(token.supportsInterface(0x01ffc9a7) && token.supportsInterface(0xec4fc8e3));
        vm.assertTrue(MintableTokens.isMintable(address(token)));
    }

    function test_create_sameTwice_revertsAndAnotherHasAnotherAddress(address remote) public {
        vm.assume(remote != address(0));
        address token = factory.createOptimismMintableERC20(remote, "A", "A");
        vm.assertEq(OptimismMintableERC20(token).decimals(), 18);
        vm.assertTrue(token != factory.createOptimismMintableERC20WithDecimals(remote, "A", "A", 6));
        (bool ok,) = address(factory).call(abi.encodeCall(factory.createOptimismMintableERC20, (remote, "A", "A")));
        vm.assertFalse(ok);
    }

    function test_create_withoutRemote_reverts() public {
        vm.expectRevert(OptimismMintableERC20Factory.NoRemoteToken.selector);
        factory.createOptimismMintableERC20(address(0), "A", "A");
    }

    function test_mintAndBurn_byAnyoneButTheBridge_revert(address caller, uint96 amount) public {
        vm.assume(caller != Predeploys.STANDARD_BRIDGE);
        OptimismMintableERC20 token = OptimismMintableERC20(factory.createOptimismMintableERC20(address(1), "A", "A"));
        vm.prank(Predeploys.STANDARD_BRIDGE);
        token.mint(caller, amount);
        vm.assertEq(token.balanceOf(caller), amount);
        vm.prank(caller);
        vm.expectRevert(OptimismMintableERC20.NotBridge.selector);
        token.mint(caller, amount);
        vm.prank(caller);
        vm.expectRevert(OptimismMintableERC20.NotBridge.selector);
        token.burn(caller, amount);
        vm.prank(Predeploys.STANDARD_BRIDGE);
        token.burn(caller, amount);
        vm.assertEq(token.totalSupply(), 0);
    }

    function test_allowance_ofPermit2_isNothing(address owner) public {
        vm.assertEq(OptimismMintableERC20(factory.createOptimismMintableERC20(address(1), "A", "A")).allowance(owner, PERMIT2), 0);
    }

    function test_isMintable_otherContractsAndNone_areNot(uint256 word) public {
        vm.assume(word != 1);
        vm.assertFalse(MintableTokens.isMintable(address(0xbad)));
        vm.assertFalse(MintableTokens.isMintable(address(this)));
        vm.assertFalse(MintableTokens.isMintable(address(new PlainToken())));
        vm.assertFalse(MintableTokens.isMintable(address(new Answers(word))));
        vm.assertFalse(MintableTokens.isMintable(address(new ReturnBomb(true))));
        vm.assertTrue(MintableTokens.isMintable(address(new Answers(1))));
        // The same word, but as the reason of a failure: revert(0, 32) with memory's first word 1.
        vm.etch(address(0xbad), hex"600160005260206000fd");
        vm.assertFalse(MintableTokens.isMintable(address(0xbad)));
    }
}
