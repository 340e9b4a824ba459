// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Matches} from "../../src/Matches.sol";
import {IMatches, MatchesParams} from "../../src/interfaces/IMatches.sol";
import {vm} from "../support/Cheats.sol";
import {MatchFixture} from "../support/MatchFixture.sol";

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

    function test_construct_withoutVerifierOrProgram_reverts() public {
        vm.expectRevert(IMatches.BadParams.selector);
        new Matches(MatchesParams(address(rollup), address(0x1), keccak256("program")));
        vm.expectRevert(IMatches.BadParams.selector);
        new Matches(MatchesParams(address(rollup), address(verifier), 0));
    }
}
