// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IMatches, Segment} from "../../src/interfaces/IMatches.sol";
import {Dissection} from "../../src/matches/Dissection.sol";
import {bound, vm} from "../support/Cheats.sol";
import {ReferenceTree} from "../support/ReferenceTree.sol";

contract DissectionTest {
    function root(bytes32[31] calldata points, bytes32 end) external pure returns (bytes32) {
        return Dissection.root(points, end);
    }

    function check(Segment calldata segment, bytes32 root_, bytes32 start) external pure {
        Dissection.checkOpening(segment, root_, start);
    }

    function leavesOf(bytes32[31] memory points, bytes32 end) private pure returns (bytes32[32] memory leaves) {
        for (uint256 i = 0; i < 31; ++i) {
            leaves[i] = points[i];
        }
        leaves[31] = end;
    }

    function leavesOf(uint256 seed) private pure returns (bytes32[32] memory leaves) {
        for (uint256 i = 0; i < 32; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
    }

    function test_root_isThatOfThePlainTree(bytes32[31] calldata points, bytes32 end) public view {
        vm.assertEq(this.root(points, end), ReferenceTree.root(leavesOf(points, end)));
    }

    function test_checkOpening_everySegment_passes(uint256 seed, bytes32 start) public view {
        bytes32[32] memory leaves = leavesOf(seed);
        for (uint8 k = 0; k < 32; ++k) {
            Segment memory s = ReferenceTree.open(leaves, k, start);
            vm.assertLe(s.proof.length, 8);
            this.check(s, ReferenceTree.root(leaves), start);
        }
    }

    function test_checkOpening_anyOtherWord_reverts(uint256 seed, bytes32 start, uint8 index, uint256 which, uint256 flip) public {
        bytes32[32] memory leaves = leavesOf(seed);
        Segment memory s = ReferenceTree.open(leaves, uint8(bound(index, 0, 31)), start);
        bytes32 change = bytes32(bound(flip, 1, type(uint256).max));
        which = bound(which, 0, s.proof.length + 1);
        if (which == 0) s.start ^= change;
        else if (which == 1) s.end ^= change;
        else s.proof[which - 2] ^= change;
        vm.expectRevert(IMatches.WrongOpening.selector);
        this.check(s, ReferenceTree.root(leaves), start);
    }

    function test_checkOpening_everyWordCorrupted_reverts() public {
        bytes32[32] memory leaves = leavesOf(1);
        bytes32 expected = ReferenceTree.root(leaves);
        for (uint8 k = 0; k < 32; ++k) {
            Segment memory s = ReferenceTree.open(leaves, k, 0);
            for (uint256 i = 0; i < s.proof.length; ++i) {
                s.proof[i] ^= bytes32(uint256(1));
                vm.expectRevert(IMatches.WrongOpening.selector);
                this.check(s, expected, 0);
                s.proof[i] ^= bytes32(uint256(1));
            }
        }
    }

    function test_checkOpening_underAnotherIndex_reverts(uint256 seed, uint8 index, uint8 other) public {
        bytes32[32] memory leaves = leavesOf(seed);
        Segment memory s = ReferenceTree.open(leaves, uint8(bound(index, 0, 31)), 0);
        other = uint8(bound(other, 0, 31));
        vm.assume(other != s.index);
        s.index = other;
        vm.expectRevert(IMatches.WrongOpening.selector);
        this.check(s, ReferenceTree.root(leaves), 0);
    }

    function test_checkOpening_beyondTheLast_reverts(uint8 index) public {
        Segment memory s = ReferenceTree.open(leavesOf(0), 31, 0);
        s.index = uint8(bound(index, 32, 255));
        vm.expectRevert(abi.encodeWithSelector(IMatches.NoSuchSegment.selector, s.index));
        this.check(s, ReferenceTree.root(leavesOf(0)), 0);
    }

    function test_checkOpening_longerOrShorterProof_reverts(uint256 seed, uint8 index, bool longer) public {
        bytes32[32] memory leaves = leavesOf(seed);
        Segment memory s = ReferenceTree.open(leaves, uint8(bound(index, 0, 31)), 0);
        bytes32[] memory proof = new bytes32[](longer ? s.proof.length + 1 : s.proof.length - 1);
        for (uint256 i = 0; i < proof.length && i < s.proof.length; ++i) {
            proof[i] = s.proof[i];
        }
        s.proof = proof;
        vm.expectRevert(IMatches.WrongOpening.selector);
        this.check(s, ReferenceTree.root(leaves), 0);
    }

    function parent(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(left, right));
    }

    function tail(bytes32[] memory proof, uint256 from) private pure returns (bytes32[] memory rest) {
        rest = new bytes32[](proof.length - from);
        for (uint256 i = 0; i < rest.length; ++i) {
            rest[i] = proof[from + i];
        }
    }

    function refuse(Segment memory s, bytes32[32] memory leaves) private {
        vm.expectRevert(IMatches.WrongOpening.selector);
        this.check(s, ReferenceTree.root(leaves), 0);
    }

    /// @dev What lies above the leaves leads to the root as well, but is no end of a segment.
    function test_checkOpening_ofInnerNodes_reverts(uint256 seed) public {
        bytes32[32] memory leaves = leavesOf(seed);
        bytes32[] memory proof = ReferenceTree.open(leaves, 0, 0).proof;
        bytes32 node = parent(leaves[0], leaves[1]);
        refuse(Segment(0, 0, node, tail(proof, 1)), leaves);
        refuse(Segment(1, node, parent(leaves[2], leaves[3]), tail(proof, 2)), leaves);
    }

    /// @dev What a leaf was made from leads to the root as well.
    function test_checkOpening_belowALeaf_reverts(uint256 seed, bytes32 left, bytes32 right) public {
        bytes32[32] memory leaves = leavesOf(seed);
        leaves[0] = parent(left, right);
        bytes32[] memory proof = ReferenceTree.open(leaves, 0, 0).proof;
        refuse(Segment(1, left, right, proof), leaves);
        bytes32[] memory longer = new bytes32[](6);
        longer[0] = right;
        for (uint256 i = 0; i < 5; ++i) {
            longer[i + 1] = proof[i];
        }
        refuse(Segment(0, 0, left, longer), leaves);
    }

    /// @dev Both leaves are in the dissection, but a segment lies between them.
    function test_checkOpening_leavesThatAreNoNeighbours_revert(uint256 seed, uint8 index) public {
        bytes32[32] memory leaves = leavesOf(seed);
        Segment memory s = ReferenceTree.open(leaves, uint8(bound(index, 2, 31)), 0);
        s.start = leaves[s.index - 2];
        vm.expectRevert(IMatches.WrongOpening.selector);
        this.check(s, ReferenceTree.root(leaves), 0);
    }

    function test_checkOpening_theFirstFromAnotherStart_reverts(uint256 seed, bytes32 start, bytes32 other) public {
        vm.assume(other != start);
        bytes32[32] memory leaves = leavesOf(seed);
        Segment memory s = ReferenceTree.open(leaves, 0, other);
        vm.expectRevert(IMatches.WrongOpening.selector);
        this.check(s, ReferenceTree.root(leaves), start);
    }
}
