// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {GameSearchResult} from "../../src/interfaces/IGames.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {State} from "../../src/interfaces/IRollup.sol";
import {OutputRootProof, WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {Games} from "../../src/portal/Games.sol";
import {vm} from "./Cheats.sol";
import {Belief, MatchFixture} from "./MatchFixture.sol";
import {TrieBuilder} from "./TrieBuilder.sol";

/// @notice Withdrawals by assertions that are fought over in real matches: in truth L2 has sent one, and whoever lies claims that it has sent another as well,
///         which would take all that the Portal holds.
abstract contract DisputedBridgeFixture is MatchFixture {
    address internal constant PAYEE = address(0x9a1ee);
    address internal constant THIEF = address(0x7417ef);
    uint256 internal constant HELD = 1_000 ether;

    Games internal games;

    function setUp() public virtual override {
        super.setUp();
        games = Games(factory.deploy("games", abi.encodePacked(type(Games).creationCode, abi.encode(address(rollup)))));
        vm.deal(address(portal), HELD);
        games.list(root, base);
    }

    /// @dev The state after the last block step commits to what was sent. The others are not claimed by assertions.
    function blockState(Belief memory b, uint256 j) internal view virtual override returns (State memory s) {
        s = super.blockState(b, j);
        if (j == BLOCKS) s.outputRoot = rootOf(outputOf(b.tag));
    }

    function rootOf(OutputRootProof memory o) internal pure returns (bytes32) {
        return keccak256(abi.encode(o.version, o.stateRoot, o.messagePasserStorageRoot, o.latestBlockhash));
    }

    function honestWithdrawal() internal pure returns (WithdrawalTransaction memory) {
        return WithdrawalTransaction(1 << 240, address(0x5e4d), PAYEE, 1 ether, 50_000, "");
    }

    function forgedWithdrawal(bytes32 tag) internal pure returns (WithdrawalTransaction memory) {
        return WithdrawalTransaction(1 << 240 | 1, THIEF, THIEF, HELD, 50_000, abi.encode(tag));
    }

    /// @dev Keys of all that was sent, as claimed by who lies with this tag; in truth, with none.
    function keysOf(bytes32 tag) private pure returns (bytes32[] memory keys) {
        keys = new bytes32[](tag == 0 ? 1 : 2);
        keys[0] = keyOf(honestWithdrawal());
        if (tag != 0) keys[1] = keyOf(forgedWithdrawal(tag));
    }

    function keyOf(WithdrawalTransaction memory w) private pure returns (bytes32) {
        return Withdrawals.storageKey(Withdrawals.hash(w));
    }

    function outputOf(bytes32 tag) internal pure returns (OutputRootProof memory) {
        (bytes32 storageRoot,) = TrieBuilder.build(keysOf(tag), 0x01, 0);
        return OutputRootProof(0, keccak256(abi.encode("state", tag)), storageRoot, keccak256(abi.encode("hash", tag)));
    }

    /// @dev Lists what this belief claims about the fork.
    function list(Belief memory b) internal returns (uint256 index) {
        index = games.gameCount();
        games.list(fork, blockState(b, BLOCKS));
    }

    /// @dev Proves by what is claimed with this tag, against the game at an index.
    function proveAs(address who, WithdrawalTransaction memory w, bytes32 tag, uint256 index) internal {
        (, bytes[] memory proof) = TrieBuilder.build(keysOf(tag), 0x01, keyOf(w));
        OutputRootProof memory output = outputOf(tag);
        vm.prank(who, who);
        portal.proveWithdrawalTransaction(w, index, output, proof);
    }

    function finalizeAs(address who, WithdrawalTransaction memory w) internal {
        vm.prank(who, who);
        portal.finalizeWithdrawalTransaction(w);
    }

    /// @dev Neither the view nor the call lets it through.
    function assertNotFinal(address who, WithdrawalTransaction memory w) internal {
        vm.expectRevert(IWithdrawals.OptimismPortal_InvalidRootClaim.selector);
        portal.checkWithdrawal(Withdrawals.hash(w), who);
        vm.prank(who, who);
        vm.expectRevert(IWithdrawals.OptimismPortal_InvalidRootClaim.selector);
        portal.finalizeWithdrawalTransaction(w);
    }

    /// @dev Indexes of the games that users' tools find, newest first.
    function shown() internal view returns (uint256[] memory indexes) {
        GameSearchResult[] memory found = games.findLatestGames(games.respectedGameType(), games.gameCount() - 1, 100);
        indexes = new uint256[](found.length);
        for (uint256 i = 0; i < found.length; ++i) {
            indexes[i] = found[i].index;
        }
    }
}
