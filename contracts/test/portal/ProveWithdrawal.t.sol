// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IGames} from "../../src/interfaces/IGames.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {MerkleTrie} from "../../src/libraries/MerkleTrie.sol";
import {OutputRootProof, WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {BridgeFixture} from "../support/BridgeFixture.sol";
import {bound, vm} from "../support/Cheats.sol";
import {TrieBuilder} from "../support/TrieBuilder.sol";

contract ProveWithdrawalTest is BridgeFixture {
    WithdrawalTransaction private w;
    bytes32 private hash;
    bytes32 private id;
    uint256 private index;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 12; ++i) {
            w = withdrawal(address(uint160(0x7a46e7 + i)), i, 100_000, abi.encode(i));
            hash = send(w);
        }
        (id, index) = claimOutput(root, outputNow());
    }

    function proves(WithdrawalTransaction memory tx_, uint256 game, OutputRootProof memory output, bytes[] memory proof)
        private
        returns (bool ok)
    {
        vm.prank(user, user);
        (ok,) = address(portal).call(abi.encodeCall(portal.proveWithdrawalTransaction, (tx_, game, output, proof)));
    }

    function expectRefusal(bytes memory reason, uint256 game, bytes[] memory proof) private {
        OutputRootProof memory output = outputs[game];
        vm.expectRevert(reason);
        portal.proveWithdrawalTransaction(w, game, output, proof);
    }

    function test_prove_sentMessage_recordsGameTimeAndSubmitter() public {
        bytes[] memory proof = proofOf(hash, index);
        OutputRootProof memory output = outputs[index];
        vm.expectEmit(address(portal));
        emit IWithdrawals.WithdrawalProven(hash, w.sender, w.target);
        vm.expectEmit(address(portal));
        emit IWithdrawals.WithdrawalProvenExtension1(hash, user);
        vm.prank(user, user);
        portal.proveWithdrawalTransaction(w, index, output, proof);
        (address game, uint64 time) = portal.provenWithdrawals(hash, user);
        vm.assertEq(game, games.gameOf(id));
        vm.assertEq(time, block.timestamp);
        vm.assertEq(portal.numProofSubmitters(hash), 1);
        vm.assertEq(portal.proofSubmitters(hash, 0), user);
        vm.expectRevert(IWithdrawals.NoSuchSubmitter.selector);
        portal.proofSubmitters(hash, 1);
    }

    function test_prove_byOthers_keepsEveryProofAndTheirOrder(address[5] calldata who) public {
        uint256 count;
        for (uint256 i = 0; i < 5; ++i) {
            (, uint64 before) = portal.provenWithdrawals(hash, who[i]);
            prove(who[i], w, index);
            if (before == 0) {
                vm.assertEq(portal.proofSubmitters(hash, count), who[i]);
                count += 1;
            }
            vm.assertEq(portal.numProofSubmitters(hash), count);
        }
    }

    function test_prove_again_replacesTheOwnProofOnly() public {
        prove(user, w, index);
        prove(bob, w, index);
        uint256 first = block.timestamp;
        (, uint256 later) = claimOutput(id, outputNow());
        prove(user, w, later);
        (address game, uint64 time) = portal.provenWithdrawals(hash, user);
        (,, address proxy) = games.gameAtIndex(later);
        vm.assertEq(game, proxy);
        vm.assertEq(time, first + M);
        (game, time) = portal.provenWithdrawals(hash, bob);
        vm.assertEq(game, games.gameOf(id));
        vm.assertEq(time, first);
        vm.assertEq(portal.numProofSubmitters(hash), 2);
    }

    function test_prove_anyFieldOfTheWithdrawalChanged_reverts(uint256 change, uint8 field) public {
        vm.assume(uint160(change) != 0);
        bytes[] memory proof = proofOf(hash, index);
        WithdrawalTransaction memory other = w;
        field = uint8(bound(field, 0, 5));
        if (field == 0) other.nonce ^= change;
        if (field == 1) other.sender = address(uint160(other.sender) ^ uint160(change));
        if (field == 2) other.target = address(uint160(other.target) ^ uint160(change));
        if (field == 3) other.value ^= change;
        if (field == 4) other.gasLimit ^= change;
        if (field == 5) other.data = abi.encode(change, change);
        vm.assertFalse(proves(other, index, outputs[index], proof));
        vm.assertTrue(proves(w, index, outputs[index], proof));
    }

    function test_prove_anyByteOfTheProofCorrupted_reverts(uint8 flip) public {
        vm.assume(flip != 0);
        bytes[] memory proof = proofOf(hash, index);
        for (uint256 i = 0; i < proof.length; ++i) {
            for (uint256 j = flip % 7; j < proof[i].length; j += 7) {
                proof[i][j] ^= bytes1(flip);
                vm.assertFalse(proves(w, index, outputs[index], proof));
                proof[i][j] ^= bytes1(flip);
            }
        }
        vm.assertTrue(proves(w, index, outputs[index], proof));
    }

    function test_prove_anyWordOfTheOutputChanged_reverts(uint8 field, bytes32 change) public {
        vm.assume(change != 0);
        bytes[] memory proof = proofOf(hash, index);
        OutputRootProof memory output = outputs[index];
        field = uint8(bound(field, 0, 3));
        if (field == 0) output.version ^= change;
        if (field == 1) output.stateRoot ^= change;
        if (field == 2) output.messagePasserStorageRoot ^= change;
        if (field == 3) output.latestBlockhash ^= change;
        vm.expectRevert(IWithdrawals.OptimismPortal_InvalidOutputRootProof.selector);
        portal.proveWithdrawalTransaction(w, index, output, proof);
    }

    /// @dev Another version may mean other things by the same four words.
    function test_prove_outputOfAnotherVersion_reverts(bytes32 version) public {
        vm.assume(version != 0);
        OutputRootProof memory output = outputNow();
        output.version = version;
        (, uint256 later) = claimOutput(id, output);
        expectRefusal(abi.encodePacked(IWithdrawals.OptimismPortal_InvalidOutputRootProof.selector), later, proofOf(hash, later));
    }

    /// @dev A slot of the passer that holds something else than true.
    function test_prove_otherValueAtTheKey_reverts(uint8 value) public {
        value = uint8(bound(value, 2, 0x7f));
        OutputRootProof memory output = outputNow();
        bytes[] memory proof;
        (output.messagePasserStorageRoot, proof) = TrieBuilder.deep(Withdrawals.storageKey(hash), bytes1(value), 2);
        (, uint256 later) = claimOutput(id, output);
        expectRefusal(abi.encodePacked(IWithdrawals.OptimismPortal_InvalidMerkleProof.selector), later, proof);
    }

    function test_prove_byTheProofOfAnotherWithdrawal_reverts() public {
        expectRefusal(abi.encodePacked(MerkleTrie.InvalidMerkleProof.selector), index, proofOf(sent[3], index));
    }

    function test_prove_sentAfterTheAssertion_reverts() public {
        w = withdrawal(user, 1, 1, "");
        send(w);
        expectRefusal(abi.encodePacked(MerkleTrie.InvalidMerkleProof.selector), index, proofOf(sent[3], index));
    }

    /// @dev The Inbox takes the Portal's word for who deposits how much.
    function test_prove_targetIsThePortalOrTheInbox_reverts(bool isInbox) public {
        w = withdrawal(isInbox ? address(inbox) : address(portal), 1, 1_000_000, abi.encodeCall(inbox.enqueueDeposit, ("forged")));
        hash = send(w);
        (, uint256 later) = claimOutput(id, outputNow());
        expectRefusal(abi.encodePacked(IWithdrawals.OptimismPortal_BadTarget.selector), later, proofOf(hash, later));
    }

    function test_prove_unknownGame_reverts(uint256 wrong) public {
        vm.assume(wrong != index);
        expectRefusal(abi.encodeWithSelector(IGames.UnknownGame.selector, wrong), wrong, proofOf(hash, index));
    }

    function test_prove_againstAnAssertionThatLost_reverts() public {
        (, bytes32 rival) = stakeAs(bob, root, end("rival", 0));
        rollup.defeat(rollup.nextStakeId(alice) - 1, id, bob);
        skip(W);
        prove(user, w, index);
        rollup.confirm(rival);
        expectRefusal(abi.encodeWithSelector(IGames.LostGame.selector, games.gameOf(id)), index, proofOf(hash, index));
    }
}
