// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Match, Segment} from "../src/interfaces/IMatches.sol";
import {State} from "../src/interfaces/IRollup.sol";
import {Opening} from "../src/interfaces/IStepVerifier.sol";
import {BlockStep} from "../src/matches/BlockStep.sol";
import {Dissection} from "../src/matches/Dissection.sol";
import {Turns} from "../src/matches/Turns.sol";
import {States} from "../src/vm/State.sol";
import {vm} from "./support/Cheats.sol";
import {MatchFixture} from "./support/MatchFixture.sol";

/// @notice Checks tests/vectors/dispute.json, which the game's Rust side computed, against the contracts: what it opens they accept, and the states of
///         matches that it works out are theirs.
contract MatchVectorsTest is MatchFixture {
    using Turns for Match;

    string private json;
    string private element;

    function setUp() public override {
        super.setUp();
        json = vm.readFile("../tests/vectors/dispute.json");
    }

    /// @dev Points the readers at element i of a list; false beyond its end.
    function seek(string memory list, uint256 i) private returns (bool) {
        element = string.concat(".", list, "[", vm.toString(i), "]");
        return vm.keyExistsJson(json, element);
    }

    function number(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(element, key));
    }

    function word(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(element, key));
    }

    function blob(string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, string.concat(element, key));
    }

    function rootOf(bytes32[31] calldata points, bytes32 end) external pure returns (bytes32) {
        return Dissection.root(points, end);
    }

    function check(Segment calldata segment, bytes32 root_, bytes32 start) external pure {
        Dissection.checkOpening(segment, root_, start);
    }

    function endOf(State memory from, Opening calldata last) external pure returns (bytes32) {
        return BlockStep.endOf(from, last);
    }

    function test_dissections_haveTheRootsAndOpeningsOfTheGame() public {
        uint256 i;
        for (; seek("dissections", i); ++i) {
            bytes32 expected = word(".root");
            vm.assertEq(this.rootOf(abi.decode(blob(".points"), (bytes32[31])), word(".end")), expected);
            uint8 k;
            for (; vm.keyExistsJson(json, string.concat(element, ".segments[", vm.toString(k), "]")); ++k) {
                Segment memory s = abi.decode(blob(string.concat(".segments[", vm.toString(k), "]")), (Segment));
                vm.assertEq(s.index, k);
                this.check(s, expected, word(".start"));
            }
            vm.assertEq(k, 32);
        }
        vm.assertEq(i, 2);
    }

    function test_turns_leadToTheStatesOfTheGame() public {
        uint256 i;
        for (; seek("turns", i); ++i) {
            Match memory m = abi.decode(blob(".state"), (Match));
            vm.assertEq(m.hash(), word(".hash"));
            vm.assertEq(matches.matchId(m.mover, m.rival), word(".id"));
            vm.assertEq(m.deadline(uint64(number(".extension"))), number(".deadline"));
            vm.warp(number(".time"));
            Match memory next = m.passed(word(".start"), word(".end"), word(".dissection"));
            vm.assertEq(keccak256(abi.encode(next)), keccak256(blob(".passed")));
            vm.assertEq(next.hash(), word(".passedHash"));
        }
        vm.assertEq(i, 6);
    }

    function test_matchIds_areThoseOfTheGame() public {
        uint256 i;
        for (; seek("matchIds", i); ++i) {
            vm.assertEq(matches.matchId(uint256(word(".a")), uint256(word(".b"))), word(".id"));
        }
        vm.assertEq(i, 4);
    }

    function test_runs_sayTheEndsOfTheGame() public {
        uint256 i;
        for (; seek("runs", i); ++i) {
            Opening memory last = abi.decode(blob(".last"), (Opening));
            vm.assertEq(States.hash(last), word(".hash"));
            vm.assertEq(this.endOf(abi.decode(blob(".from"), (State)), last), word(".says"));
        }
        vm.assertEq(i, 9);
    }
}
