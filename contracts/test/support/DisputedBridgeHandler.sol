// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {State} from "../../src/interfaces/IRollup.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {vm} from "./Cheats.sol";
import {DisputedBridgeFixture} from "./DisputedBridgeFixture.sol";
import {DisputeHandler} from "./DisputeHandler.sol";
import {BeliefFixture} from "./BeliefFixture.sol";
import {Belief} from "./MatchFixture.sol";

/// @notice The random dispute, with withdrawals in its middle: anybody lists any claim, proves the true and the forged withdrawals against any game, and tries to finalise
///         any, at any time.
contract DisputedBridgeHandler is DisputeHandler, DisputedBridgeFixture {
    uint256 public listed;
    uint256 public proved;
    uint256 public paid;
    /// @dev By what each game's claim lies; 0 is the truth.
    mapping(uint256 index => bytes32) public tagAt;

    function setUp() public override(BeliefFixture, DisputedBridgeFixture) {
        DisputedBridgeFixture.setUp();
    }

    function blockState(Belief memory b, uint256 j) internal view override(BeliefFixture, DisputedBridgeFixture) returns (State memory) {
        return DisputedBridgeFixture.blockState(b, j);
    }

    function bridge() external view returns (address portal_, address games_) {
        return (address(portal), address(games));
    }

    function listClaim(uint8 which) external {
        Belief memory b = beliefs[which % beliefs.length];
        tagAt[list(b)] = b.tag;
        listed += 1;
    }

    function prove(uint8 who, uint8 which, bool forged) external {
        // Game 0 is the fork's own, which is the state before anything was sent.
        uint256 index = 1 + which % (games.gameCount() - 1);
        bytes32 tag = tagAt[index];
        proveAs(submitter(who), forged ? forgedWithdrawal(tag) : honestWithdrawal(), tag, index);
        proved += 1;
    }

    function finalize(uint8 who, uint8 which, bool forged) external {
        bytes32 tag = beliefs[which % beliefs.length].tag;
        finalizeAs(submitter(who), forged ? forgedWithdrawal(tag) : honestWithdrawal());
        paid += 1;
    }

    function submitter(uint8 who) private pure returns (address) {
        return address(uint160(0x50b0) + who % 3);
    }

    /// @dev After the dispute whoever was not paid yet lists the truth, proves, and is paid.
    function collect() external {
        bytes32 hash = Withdrawals.hash(honestWithdrawal());
        if (portal.finalizedWithdrawals(hash)) return;
        uint256 index;
        while (index < games.gameCount() && gameAt(index) != games.gameOf(trueNode)) ++index;
        if (index == games.gameCount()) list(truth());
        proveAs(user, honestWithdrawal(), 0, index);
        skip(MATURITY);
        finalizeAs(user, honestWithdrawal());
        paid += 1;
    }

    /// @dev Every game that tools find is confirmed, or alone at its fork; so no lie is shown beside the truth.
    function checkShown() external view {
        uint256[] memory indexes = shown();
        for (uint256 i = 0; i < indexes.length; ++i) {
            bool sound = games.isConfirmed(indexes[i]) || indexes[i] == 0 || rollup.assertion(fork).secondChildAt == 0;
            vm.assertTrue(sound && (indexes[i] == 0 || tagAt[indexes[i]] == 0));
        }
    }

    /// @dev What the Portal lacks is what the true withdrawal took, and only once the truth was confirmed.
    function checkPaid() external view {
        bool done_ = portal.finalizedWithdrawals(Withdrawals.hash(honestWithdrawal()));
        vm.assertEq(THIEF.balance, 0);
        vm.assertEq(PAYEE.balance, done_ ? 1 ether : 0);
        vm.assertEq(address(portal).balance, HELD - PAYEE.balance);
        vm.assertEq(paid, done_ ? 1 : 0);
        vm.assertTrue(!done_ || rollup.assertion(trueNode).confirmed);
    }

    function gameAt(uint256 index) private view returns (address game) {
        (,, game) = games.gameAtIndex(index);
    }
}
