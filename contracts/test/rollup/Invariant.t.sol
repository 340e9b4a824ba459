// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Claim, StakeStatus, State} from "../../src/interfaces/IRollup.sol";
import {vm} from "../support/Cheats.sol";
import {RollupFixture, RollupHarness} from "../support/RollupFixture.sol";

/// @notice Three owners stake, move, lose, leave and are paid, in any order. What the Rollup refuses reverts and changes nothing; `done` counts the rest.
contract RollupHandler is RollupFixture {
    bytes32[] public nodes;
    uint256[] public stakeIds;
    uint256 public paidIn;
    uint256 public paidOut;
    uint256 public burned;
    uint256 public done;
    /// @dev Claims that began at assertions which were confirmed already.
    uint256 public passedOver;
    mapping(bytes32 id => State) private ends;

    constructor() {
        setUp();
        nodes.push(root);
    }

    function chain() external view returns (RollupHarness) {
        return rollup;
    }

    function nodeCount() external view returns (uint256) {
        return nodes.length;
    }

    function stakeCount() external view returns (uint256) {
        return stakeIds.length;
    }

    function owner(uint256 i) public view returns (address) {
        return [alice, bob, carol][i % 3];
    }

    function stake(uint8 who, uint8 tag) external {
        bytes32 parent = rollup.latestConfirmed();
        State memory state = stateBelow(parent, tag);
        Claim[] memory list = claims(parent, state);
        vm.deal(owner(who), BOND);
        vm.prank(owner(who));
        stakeIds.push(rollup.stake{value: BOND}(parent, list));
        paidIn += BOND;
        ends[idOf(parent, state)] = state;
        note(idOf(parent, state));
    }

    /// @dev Walks a new stake, or one that stands there, from any assertion down to another below it, whatever of that is confirmed.
    function walk(uint8 who, uint256 from, uint256 to, bool fresh) external {
        uint256 stakeId = stakeIds[from % stakeIds.length];
        bytes32 above = nodes[from % nodes.length];
        if (!fresh) (,, above) = rollup.stakeOf(stakeId);
        bytes32 below = nodes[to % nodes.length];
        bool passes = rollup.assertion(above).childConfirmed;
        Claim[] memory list = way(above, below);
        if (fresh) {
            vm.deal(owner(who), BOND);
            vm.prank(owner(who));
            stakeIds.push(rollup.stake{value: BOND}(above, list));
            paidIn += BOND;
        } else {
            vm.prank(address(uint160(stakeId >> 96)));
            rollup.advance(stakeId, list);
        }
        if (passes) passedOver += 1;
        done += 1;
    }

    function advance(uint256 which, uint8 tag) external {
        uint256 stakeId = stakeIds[which % stakeIds.length];
        (address who,, bytes32 tip) = rollup.stakeOf(stakeId);
        State memory state = stateBelow(tip, tag);
        ends[idOf(tip, state)] = state;
        note(advanceAs(who, stakeId, tip, state));
    }

    function confirm(uint256 which) external {
        rollup.confirm(nodes[which % nodes.length]);
        done += 1;
    }

    function withdraw(uint256 which) external {
        uint256 stakeId = stakeIds[which % stakeIds.length];
        vm.prank(address(uint160(stakeId >> 96)));
        rollup.withdraw(stakeId);
        done += 1;
    }

    function lose(uint256 which, uint256 where, uint8 winner) external {
        uint256 stakeId = stakeIds[which % stakeIds.length];
        bytes32 id = nodes[where % nodes.length];
        // Matches end once their fork is decided.
        require(!rollup.assertion(rollup.assertion(id).parent).childConfirmed, "decided");
        rollup.defeat(stakeId, id, owner(winner));
        burned += BOND / 2;
        done += 1;
    }

    function evict(uint256 which, uint256 where) external {
        rollup.evict(stakeIds[which % stakeIds.length], nodes[where % nodes.length]);
        done += 1;
    }

    function claim(uint8 who) external {
        paidOut += rollup.owed(owner(who));
        vm.prank(owner(who));
        rollup.claim(payable(address(0xca54)));
        done += 1;
    }

    function wait(uint32 time) external {
        skip(time % 3 days);
    }

    function waitForTheWindow() external {
        skip(W);
    }

    function appendAndWait() external {
        appendBatch(inbox.consumedCount());
        skip(M);
    }

    function stateBelow(bytes32 parent, uint8 tag) private view returns (State memory) {
        return end(tag % 2 == 0 ? "true" : "false", rollup.assertion(parent).target);
    }

    /// @dev The hops from one assertion to another below it; panics if it is not.
    function way(bytes32 above, bytes32 below) private view returns (Claim[] memory list) {
        uint256 count;
        for (bytes32 id = below; id != above; id = rollup.assertion(id).parent) {
            require(id != root, "not below");
            ++count;
        }
        list = new Claim[](count);
        for (bytes32 id = below; count > 0; id = rollup.assertion(id).parent) {
            list[--count] = Claim(rollup.assertion(rollup.assertion(id).parent).inputsHash, ends[id]);
        }
    }

    function note(bytes32 id) private {
        done += 1;
        for (uint256 i = 0; i < nodes.length; ++i) {
            if (nodes[i] == id) return;
        }
        nodes.push(id);
    }
}

contract RollupInvariantTest {
    /// @dev What forge asks a test for: which functions it may call in any order.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    RollupHandler private handler;
    RollupHarness private rollup;

    function setUp() public {
        handler = new RollupHandler();
        rollup = handler.chain();
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        bytes4[] memory selectors = new bytes4[](11);
        selectors[0] = RollupHandler.stake.selector;
        selectors[1] = RollupHandler.advance.selector;
        selectors[2] = RollupHandler.confirm.selector;
        selectors[3] = RollupHandler.withdraw.selector;
        selectors[4] = RollupHandler.lose.selector;
        selectors[5] = RollupHandler.evict.selector;
        selectors[6] = RollupHandler.claim.selector;
        selectors[7] = RollupHandler.wait.selector;
        selectors[8] = RollupHandler.waitForTheWindow.selector;
        selectors[9] = RollupHandler.appendAndWait.selector;
        selectors[10] = RollupHandler.walk.selector;
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), selectors);
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev The Rollup holds exactly the bonds of live stakes and what it owes: no ether is lost or made.
    function invariant_moneyInIsMoneyOutPlusWhatIsHeld() public view {
        uint256 held;
        for (uint256 i = 0; i < handler.stakeCount(); ++i) {
            (, StakeStatus status,) = rollup.stakeOf(handler.stakeIds(i));
            if (status == StakeStatus.Live) held += rollup.bond();
        }
        for (uint256 i = 0; i < 3; ++i) {
            held += rollup.owed(handler.owner(i));
        }
        vm.assertEq(address(rollup).balance, held);
        vm.assertEq(handler.paidIn(), handler.paidOut() + handler.burned() + held);
    }

    /// @dev The counters say what the records say, everywhere.
    function invariant_countersMatchTheRecords() public view {
        uint256 nodes = handler.nodeCount();
        uint256[] memory below = new uint256[](nodes);
        for (uint256 i = 0; i < nodes; ++i) {
            bytes32 id = handler.nodes(i);
            uint256 live;
            for (uint256 j = 0; j < handler.stakeCount(); ++j) {
                if (rollup.joinedAt(handler.stakeIds(j), id) != 0) live += 1;
            }
            vm.assertEq(rollup.assertion(id).live, live, "live");
            for (uint256 k = 0; k < nodes; ++k) {
                if (handler.nodes(k) == rollup.assertion(id).parent) below[k] += live;
            }
        }
        for (uint256 i = 0; i < nodes; ++i) {
            vm.assertEq(rollup.assertion(handler.nodes(i)).liveChildren, below[i], "liveChildren");
        }
    }

    /// @dev Confirmed assertions are one line from the genesis to the latest.
    function invariant_confirmedAssertionsAreOneLine() public view {
        uint256 confirmed;
        for (uint256 i = 0; i < handler.nodeCount(); ++i) {
            if (rollup.assertion(handler.nodes(i)).confirmed) confirmed += 1;
        }
        uint256 length = 1;
        for (bytes32 id = rollup.latestConfirmed(); id != rollup.genesisId(); id = rollup.assertion(id).parent) {
            vm.assertTrue(rollup.assertion(id).confirmed);
            length += 1;
        }
        vm.assertEq(confirmed, length);
    }

    /// @dev What the handler can reach: each step but the rarest happened in a run by hand.
    function test_handler_reachesEveryAction() public {
        handler.stake(0, 0);
        handler.stake(1, 1);
        handler.waitForTheWindow();
        handler.lose(1, 2, 0);
        handler.confirm(1);
        handler.withdraw(0);
        handler.claim(0);
        handler.stake(2, 0);
        handler.appendAndWait();
        handler.advance(2, 1);
        handler.lose(2, 3, 1);
        handler.evict(2, 4);
        // From genesis, over the first claim, which is confirmed.
        handler.walk(0, 0, 3, true);
        vm.assertEq(handler.passedOver(), 1);
        vm.assertEq(handler.done(), 11);
        invariant_moneyInIsMoneyOutPlusWhatIsHeld();
        invariant_countersMatchTheRecords();
        invariant_confirmedAssertionsAreOneLine();
    }
}
