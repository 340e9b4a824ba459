// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Matches} from "../../src/Matches.sol";
import {Rollup} from "../../src/Rollup.sol";
import {IMatches, MatchesParams} from "../../src/interfaces/IMatches.sol";
import {RollupParams} from "../../src/interfaces/IRollup.sol";
import {vm} from "../support/Cheats.sol";
import {MatchFixture} from "../support/MatchFixture.sol";

/// @notice Deploys at an address known before: that of its first creation, as long as none succeeded.
contract Nursery {
    function first() external view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(this), hex"01")))));
    }

    function deploy(MatchesParams calldata p) external returns (Matches) {
        return new Matches(p);
    }
}

contract MatchesConstructorTest is MatchFixture {
    function test_construct_takesTheRulesOfItsRollup() public view {
        vm.assertEq(matches.rollup(), address(rollup));
        vm.assertEq(matches.inbox(), address(inbox));
        vm.assertEq(matches.configHash(), keccak256("config"));
        vm.assertEq(matches.extension(), E);
        vm.assertEq(matches.programRoot(), keccak256("program"));
        vm.assertEq(matches.stepVerifier(), address(verifier));
        vm.assertEq(rollup.matches(), address(matches));
    }

    function test_construct_elsewhereThanTheRollupSays_reverts() public {
        vm.expectRevert(IMatches.BadParams.selector);
        new Matches(MatchesParams(address(rollup), address(verifier), keccak256("program")));
    }

    /// @dev Where the Rollup expects it, so that nothing else is wrong.
    function test_construct_withoutVerifierOrProgram_reverts() public {
        Nursery nursery = new Nursery();
        RollupParams memory p = rollupParams();
        p.matches = nursery.first();
        address other = address(new Rollup(p));
        vm.expectRevert(IMatches.BadParams.selector);
        nursery.deploy(MatchesParams(other, address(0x1), keccak256("program")));
        vm.expectRevert(IMatches.BadParams.selector);
        nursery.deploy(MatchesParams(other, address(verifier), 0));
        vm.assertEq(address(nursery.deploy(MatchesParams(other, address(verifier), keccak256("program")))), p.matches);
    }
}
