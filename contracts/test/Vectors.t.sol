// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Append, IInbox, MessageLink} from "../src/interfaces/IInbox.sol";
import {State} from "../src/interfaces/IRollup.sol";
import {Claims} from "../src/libraries/Claims.sol";
import {vm} from "./support/Cheats.sol";
import {InboxFixture} from "./support/InboxFixture.sol";

/// @notice Plays the steps of tests/vectors/protocol.json, which the Rust types computed, against the real contracts.
contract VectorsTest is InboxFixture {
    string private json;
    string private element;

    function setUp() public override {
        super.setUp();
        json = vm.readFile("../tests/vectors/protocol.json");
        vm.assertEq(vm.parseJsonUint(json, ".start"), START);
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

    function account(string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(element, key));
    }

    /// @dev Points the readers at element i of a list; false beyond its end.
    function seek(string memory list, uint256 i) private returns (bool) {
        element = string.concat(".", list, "[", vm.toString(i), "]");
        return vm.keyExistsJson(json, element);
    }

    function test_inbox_playingTheSteps_givesTheAccumulatorsOfTheTypes() public {
        uint256 i;
        for (; seek("steps", i); ++i) {
            bytes32 op = keccak256(bytes(vm.parseJsonString(json, string.concat(element, ".op"))));
            if (op == keccak256("block")) nextBlock();
            else if (op == keccak256("deposit")) deposit();
            else if (op == keccak256("forced")) forced();
            else appended(op == keccak256("blobs"));
        }
        vm.assertEq(i, 11);
        vm.assertEq(inbox.batchCount(), 5);
        vm.assertEq(inbox.messageCount(), 7);
        assertModel();
    }

    function nextBlock() private {
        vm.roll(number(".number"));
        vm.warp(number(".time"));
        vm.fee(number(".baseFee"));
        vm.blobBaseFee(number(".excessBlobGas"));
        vm.assertEq(block.blobbasefee, number(".blobBaseFee"));
        vm.prevrandao(word(".prevRandao"));
    }

    function deposit() private {
        address sender = account(".sender");
        uint256 mint = number(".mint");
        vm.deal(sender, mint);
        vm.prank(sender, number(".contract") == 1 ? user : sender);
        portal.depositTransaction{value: mint}(
            account(".to"), number(".value"), uint64(number(".gasLimit")), number(".creation") == 1, blob(".data")
        );
        users += 1;
        bytes memory amounts = abi.encodePacked(mint, number(".value"), uint64(number(".gasLimit")));
        uint64 index =
            modelMessage(0, abi.encodePacked(account(".from"), account(".to"), amounts, uint8(number(".creation")), blob(".data")));
        vm.assertEq(index, number(".index"));
        vm.assertEq(inbox.depositAcc(index), word(".depositAcc"));
        checkSource(0, index, ".sourceHash");
    }

    function appended(bool blobs) private {
        Append memory append = appendTo(uint64(number(".m")));
        bytes memory payload = blob(".payload");
        bytes32[] memory hashes = blobs ? split(payload) : new bytes32[](0);
        vm.blobhashes(hashes);
        expectBatch(payload);
        vm.prank(sequencer, sequencer);
        if (blobs) inbox.appendBlobs(append);
        else inbox.appendCalldata(append, payload);
        modelBatch(blobs ? 0 : 1, keccak256(payload), append.depositCount);
        modelAttributes();
        uint64 last = inbox.messageCount();
        vm.assertEq(inbox.depositAcc(last), word(".attributesAcc"));
        checkSource(1, last, ".attributesSourceHash");
    }

    function forced() private {
        uint64 m = uint64(number(".m"));
        (uint64 first, MessageLink memory link) = firstWaiting();
        expectBatch("");
        inbox.forceInclude(m, links[m], first, link);
        modelBatch(2, 0, m);
    }

    function expectBatch(bytes memory payload) private {
        uint64 index = inbox.batchCount() + 1;
        (bytes32 acc, bytes memory header) = (word(".batchAcc"), blob(".header"));
        vm.expectEmit(address(inbox));
        emit IInbox.BatchAppended(index, acc, header, payload);
    }

    function checkSource(uint256 domain, uint64 index, string memory key) private view {
        bytes32 inner = keccak256(abi.encode(vm.parseJsonAddress(json, ".portal"), index));
        vm.assertEq(keccak256(abi.encode(domain, inner)), word(key));
    }

    function split(bytes memory joined) private pure returns (bytes32[] memory hashes) {
        hashes = new bytes32[](joined.length / 32);
        for (uint256 i = 0; i < hashes.length; ++i) {
            bytes32 hash;
            assembly ("memory-safe") {
                hash := mload(add(add(joined, 32), mul(i, 32)))
            }
            hashes[i] = hash;
        }
    }

    function test_claims_ofTheVectors_haveTheHashesOfTheTypes() public {
        uint256 i;
        for (; seek("states", i); ++i) {
            State memory state = State(
                word(".outputRoot"),
                uint64(number(".l2BlockNumber")),
                uint64(number(".batchIndex")),
                uint64(number(".batchOffset")),
                uint64(number(".depositIndex"))
            );
            vm.assertEq(Claims.stateHash(state), word(".stateHash"));
            vm.assertEq(Claims.assertionId(word(".parent"), Claims.stateHash(state)), word(".assertionId"));
        }
        vm.assertEq(i, 3);
        for (i = 0; seek("inputs", i); ++i) {
            vm.assertEq(Claims.inputsHash(uint64(number(".target")), word(".batchAcc")), word(".inputsHash"));
        }
        vm.assertEq(i, 3);
    }
}
