// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {GameSearchResult, GameStatus, IGames} from "../../src/interfaces/IGames.sol";
import {State} from "../../src/interfaces/IRollup.sol";
import {AssertionGame} from "../../src/portal/AssertionGame.sol";
import {BridgeFixture} from "../support/BridgeFixture.sol";
import {Log, bound, vm} from "../support/Cheats.sol";

contract GamesTest is BridgeFixture {
    uint256 private stakeId;

    /// @dev The state that `grow` claims at a depth: block numbers differ, so that games can be told apart.
    function stateAt(uint256 depth) private pure returns (State memory) {
        return State(keccak256(abi.encode("line", depth)), uint64(1_000 + depth), 0, 0, 0);
    }

    /// @dev A line of `count` assertions below genesis, each listed. Returns the last one's id.
    function grow(uint256 count) private returns (bytes32 id) {
        id = root;
        for (uint256 i = 1; i <= count; ++i) {
            if (i > 1) skip(M);
            bytes32 parent = id;
            if (i == 1) (stakeId, id) = stakeAs(alice, parent, stateAt(i));
            else id = advanceAs(alice, stakeId, parent, stateAt(i));
            games.list(parent, stateAt(i));
        }
    }

    function idAt(uint256 depth) private view returns (bytes32 id) {
        id = root;
        for (uint256 i = 1; i <= depth; ++i) {
            id = idOf(id, stateAt(i));
        }
    }

    function find() private view returns (GameSearchResult[] memory) {
        return find(games.gameCount() - 1, 100);
    }

    function find(uint256 start, uint256 n) private view returns (GameSearchResult[] memory) {
        return games.findLatestGames(games.respectedGameType(), start, n);
    }

    function gameAt(uint256 index) private view returns (address game) {
        (,, game) = games.gameAtIndex(index);
    }

    function test_list_assertion_makesAGameThatToolsCanRead() public {
        (, bytes32 id) = stakeAs(alice, root, stateAt(1));
        uint256 time = block.timestamp;
        skip(1 days);
        address game = games.list(root, stateAt(1));
        vm.assertEq(games.gameCount(), 1);
        (uint32 gameType, uint64 timestamp, address proxy) = games.gameAtIndex(0);
        vm.assertEq(gameType, games.respectedGameType());
        vm.assertEq(timestamp, time);
        vm.assertEq(proxy, game);
        vm.assertEq(games.gameOf(id), game);
        AssertionGame g = AssertionGame(game);
        vm.assertEq(g.assertionId(), id);
        vm.assertEq(g.rootClaim(), stateAt(1).outputRoot);
        vm.assertEq(g.l2SequenceNumber(), 1_001);
        vm.assertEq(g.l2BlockNumber(), 1_001);
        vm.assertEq(g.extraData(), abi.encode(uint256(1_001), id));
        vm.assertEq(g.gameType(), gameType);
        vm.assertEq(g.createdAt(), time);
        vm.assertEq(g.resolvedAt(), 0);
        vm.assertEq(g.expectedResolution(), time + W);
        vm.assertEq(g.maxClockDuration(), W);
        vm.assertTrue(g.status() == GameStatus.IN_PROGRESS && g.wasRespectedGameTypeWhenCreated());
        (proxy, timestamp) = games.games(gameType, stateAt(1).outputRoot, abi.encode(uint256(1_001), id));
        vm.assertEq(proxy, game);
        vm.assertEq(timestamp, time);
        GameSearchResult memory r = find()[0];
        vm.assertEq(r.index, 0);
        vm.assertEq(r.metadata, bytes32(abi.encodePacked(gameType, uint64(time), game)));
        vm.assertEq(r.timestamp, time);
        vm.assertEq(r.rootClaim, stateAt(1).outputRoot);
        vm.assertEq(r.extraData, g.extraData());
    }

    function test_list_emitsTheGame() public {
        stakeAs(alice, root, stateAt(1));
        vm.recordLogs();
        address game = games.list(root, stateAt(1));
        Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs[0].topics[0], IGames.DisputeGameCreated.selector);
        vm.assertEq(address(uint160(uint256(logs[0].topics[1]))), game);
        vm.assertEq(logs[0].topics[3], stateAt(1).outputRoot);
        vm.assertEq(logs[1].topics[0], IGames.AssertionListed.selector);
        vm.assertEq(logs[1].topics[1], idOf(root, stateAt(1)));
        vm.assertEq(uint256(logs[1].topics[2]), 0);
        vm.assertEq(abi.decode(logs[1].data, (address)), game);
    }

    function test_list_unknownAssertion_reverts(bytes32 parent, State calldata state) public {
        vm.expectRevert(abi.encodeWithSelector(IGames.UnknownAssertion.selector, idOf(parent, state)));
        games.list(parent, state);
    }

    function test_list_twice_reverts() public {
        grow(1);
        address game = gameAt(0);
        vm.expectRevert(abi.encodeWithSelector(IGames.AlreadyListed.selector, game));
        games.list(root, stateAt(1));
    }

    function test_list_childBeforeItsParent_revertsUntilTheParentIsConfirmed() public {
        bytes32 id;
        (stakeId, id) = stakeAs(alice, root, stateAt(1));
        skip(M);
        advanceAs(alice, stakeId, id, stateAt(2));
        vm.expectRevert(abi.encodeWithSelector(IGames.ParentNotListed.selector, id));
        games.list(id, stateAt(2));
        skip(W);
        rollup.confirm(id);
        games.list(id, stateAt(2));
        vm.assertEq(find().length, 1);
    }

    function test_list_genesis_reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IGames.ParentNotListed.selector, bytes32(0)));
        games.list(0, genesis);
    }

    function test_find_aLineWithoutRivals_isAllThereNewestFirst(uint256 count, uint256 start, uint256 n) public {
        count = bound(count, 1, 12);
        start = bound(start, 0, count - 1);
        n = bound(n, 0, 20);
        grow(count);
        GameSearchResult[] memory found = find(start, n);
        vm.assertEq(found.length, n <= start ? n : start + 1);
        for (uint256 i = 0; i < found.length; ++i) {
            vm.assertEq(found[i].index, start - i);
            vm.assertEq(found[i].rootClaim, stateAt(start - i + 1).outputRoot);
        }
    }

    /// @dev Four days of hourly assertions, none confirmed: far below what nodes allow a call.
    function test_find_aLongLine_staysCheap() public {
        grow(96);
        uint256 before = gasleft();
        vm.assertEq(find().length, 96);
        vm.assertLt(before - gasleft(), 6_000_000);
    }

    function test_find_nothingListedOrAnotherType_isEmpty(uint32 gameType, uint256 start) public {
        vm.assertEq(find(start, 100).length, 0);
        grow(1);
        vm.assume(gameType != games.respectedGameType());
        vm.assertEq(games.findLatestGames(gameType, 0, 100).length, 0);
        vm.assertEq(find(bound(start, 1, type(uint256).max), 100).length, 0);
    }

    /// @dev One false rival: neither side below the fork is shown, whatever its maker builds and lists there; all above is.
    function test_find_rival_hidesTheForkAndAllBelow(uint256 depth, uint256 fork, uint256 below) public {
        depth = bound(depth, 2, 8);
        fork = bound(fork, 1, depth);
        below = bound(below, 1, 5);
        skip(M);
        grow(depth);
        bytes32 parent = idAt(fork - 1);
        // Bob goes along with alice to the fork, then claims something else and goes on from there.
        uint256 id = rollup.nextStakeId(bob);
        for (uint256 i = 1; i < fork; ++i) {
            if (i == 1) stakeAs(bob, root, stateAt(1));
            else advanceAs(bob, id, idAt(i - 1), stateAt(i));
        }
        for (uint256 i = 0; i < below; ++i) {
            State memory state = State(keccak256(abi.encode("rival", i)), uint64(2_000 + i), 0, 0, 0);
            if (i > 0) skip(M);
            if (parent == root) stakeAs(bob, parent, state);
            else advanceAs(bob, id, parent, state);
            games.list(parent, state);
            parent = idOf(parent, state);
        }
        vm.assertEq(games.gameCount(), depth + below);
        GameSearchResult[] memory found = find();
        vm.assertEq(found.length, fork - 1);
        for (uint256 i = 0; i < found.length; ++i) {
            vm.assertEq(found[i].index, fork - 2 - i);
        }
    }

    /// @dev Once the fork is decided the winner is back, and what was built on it; the loser and its children never are.
    function test_find_forkDecided_showsTheWinnersLineOnly() public {
        grow(3);
        State memory rival = State(keccak256("rival"), 2_000, 0, 0, 0);
        (, bytes32 rivalId) = stakeAs(bob, root, rival);
        games.list(root, rival);
        vm.assertEq(find().length, 0);
        skip(M);
        State memory child = State(keccak256("child of the rival"), 2_001, 0, 0, 0);
        advanceAs(bob, rollup.nextStakeId(bob) - 1, rivalId, child);
        games.list(rivalId, child);
        rollup.defeat(rollup.nextStakeId(bob) - 1, rivalId, alice);
        skip(W);
        rollup.confirm(idAt(1));
        GameSearchResult[] memory found = find();
        vm.assertEq(found.length, 3);
        for (uint256 i = 0; i < 3; ++i) {
            vm.assertEq(found[i].index, 2 - i);
        }
        checkStanding(gameAt(0), GameStatus.DEFENDER_WINS);
        checkStanding(gameAt(1), GameStatus.IN_PROGRESS);
        checkStanding(gameAt(3), GameStatus.CHALLENGER_WINS);
        checkStanding(gameAt(4), GameStatus.CHALLENGER_WINS);
    }

    function checkStanding(address game, GameStatus status) private view {
        bool lost = status == GameStatus.CHALLENGER_WINS;
        bool won = status == GameStatus.DEFENDER_WINS;
        AssertionGame g = AssertionGame(game);
        vm.assertTrue(g.status() == status);
        vm.assertTrue(games.isGameRegistered(game) && games.isGameRespected(game));
        vm.assertTrue(games.isGameProper(game) == !lost);
        vm.assertTrue(games.isGameClaimValid(game) == won);
        vm.assertTrue(games.isGameFinalized(game) == (won || lost));
        // The fork that decided is the one below genesis.
        uint256 windowEnd = uint256(rollup.assertion(root).firstChildAt) + W;
        vm.assertEq(g.resolvedAt(), won || lost ? windowEnd : 0);
    }

    function test_find_afterConfirmation_showsConfirmedOnesToo(uint256 count, uint256 confirmed) public {
        count = bound(count, 1, 6);
        confirmed = bound(confirmed, 0, count);
        grow(count);
        skip(W);
        for (uint256 i = 1; i <= confirmed; ++i) {
            rollup.confirm(idAt(i));
        }
        vm.assertEq(find().length, count);
        for (uint256 i = 0; i < count; ++i) {
            vm.assertTrue(games.isConfirmed(i) == (i < confirmed));
            vm.assertTrue(games.isGameClaimValid(gameAt(i)) == (i < confirmed));
        }
    }

    function test_standing_ofAnUnknownAssertion_reverts(bytes32 id) public {
        grow(2);
        vm.assume(rollup.assertion(id).createdAt == 0);
        vm.expectRevert(abi.encodeWithSelector(IGames.UnknownAssertion.selector, id));
        games.standing(id);
    }

    function test_views_ofAnAddressThatIsNoGame_areFalse(address any, bytes calldata code) public {
        grow(1);
        vm.assume(any != gameAt(0));
        for (uint256 i = 0; i < 2; ++i) {
            vm.assertFalse(games.isGameRegistered(any));
            vm.assertFalse(games.isGameProper(any));
            vm.assertFalse(games.isGameRespected(any));
            vm.assertFalse(games.isGameFinalized(any));
            vm.assertFalse(games.isGameClaimValid(any));
            any = address(0xc0de);
            vm.etch(any, abi.encodePacked(hex"00", code));
        }
    }

    /// @dev A copy of a confirmed game's code is not that game.
    function test_views_ofACopyOfAGame_areFalse() public {
        grow(1);
        skip(W);
        rollup.confirm(idAt(1));
        vm.etch(address(0xc0de), gameAt(0).code);
        vm.assertEq(AssertionGame(address(0xc0de)).rootClaim(), stateAt(1).outputRoot);
        vm.assertFalse(games.isGameRegistered(address(0xc0de)));
        vm.assertFalse(games.isGameClaimValid(address(0xc0de)));
    }

    function test_games_otherParameters_areNotFound(bytes32 word, uint256 number) public {
        bytes32 id = grow(1);
        uint32 gameType = games.respectedGameType();
        vm.assume(word != stateAt(1).outputRoot && word != id && number != 1_001);
        checkAbsent(gameType + 1, stateAt(1).outputRoot, abi.encode(uint256(1_001), id));
        checkAbsent(gameType, word, abi.encode(uint256(1_001), id));
        checkAbsent(gameType, stateAt(1).outputRoot, abi.encode(number, id));
        checkAbsent(gameType, stateAt(1).outputRoot, abi.encode(uint256(1_001), word));
        checkAbsent(gameType, stateAt(1).outputRoot, abi.encode(uint256(1_001)));
    }

    function checkAbsent(uint32 gameType, bytes32 rootClaim, bytes memory extraData) private view {
        (address proxy, uint64 timestamp) = games.games(gameType, rootClaim, extraData);
        vm.assertEq(proxy, address(0));
        vm.assertEq(timestamp, 0);
    }

    function test_gameType_isNoneWithSuperRoots() public view {
        uint32 t = games.respectedGameType();
        vm.assertTrue(t != 4 && t != 5 && t != 7 && t != 9);
    }
}
