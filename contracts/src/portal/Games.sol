// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LibClone} from "solady/utils/LibClone.sol";
import {GameSearchResult, GameStatus, IGames} from "../interfaces/IGames.sol";
import {Assertion, IRollup, State} from "../interfaces/IRollup.sol";
import {Claims} from "../libraries/Claims.sol";
import {AssertionGame, GameClaim, GameClaims} from "./AssertionGame.sol";

/// @title Games
/// @notice See {IGames}.
contract Games is IGames {
    using Claims for State;

    /// @dev One slot: game 20, createdAt 8.
    struct Entry {
        address game;
        uint64 createdAt;
    }

    /// @dev One slot: game 20, child 12, which is 1 + index of the child that was listed last, 0 if none was; read where there is one child.
    struct Node {
        address game;
        uint96 child;
    }

    /// @inheritdoc IGames
    uint32 public constant respectedGameType = 0x67736179;
    string public constant version = "1.0.0";

    /// @inheritdoc IGames
    address public immutable rollup;
    /// @inheritdoc IGames
    address public immutable gameImplementation;

    // slot 0
    /// @inheritdoc IGames
    uint256 public gameCount;
    // slot 1
    mapping(uint256 index => Entry) private entries;
    // slot 2
    mapping(bytes32 assertionId => Node) private nodes;

    constructor(address rollup_) {
        rollup = rollup_;
        gameImplementation = address(new AssertionGame(rollup_));
    }

    /// @inheritdoc IGames
    function list(bytes32 parent, State calldata end) external returns (address game) {
        bytes32 id = Claims.assertionId(parent, end.stateHash());
        uint64 createdAt = _assertion(id).createdAt;
        if (createdAt == 0) revert UnknownAssertion(id);
        if (nodes[id].game != address(0)) revert AlreadyListed(nodes[id].game);
        // INVARIANT: on the line of unconfirmed assertions without a rival, indexes grow from parent to child.
        if (nodes[parent].game == address(0) && !_assertion(parent).confirmed) revert ParentNotListed(parent);
        game = LibClone.clone(gameImplementation, GameClaims.encode(GameClaim(id, parent, end.outputRoot, end.l2BlockNumber)));
        uint256 index = gameCount;
        gameCount = index + 1;
        entries[index] = Entry(game, createdAt);
        nodes[id].game = game;
        // Indexes stay far below 2^96.
        nodes[parent].child = uint96(index + 1);
        emit DisputeGameCreated(game, respectedGameType, end.outputRoot);
        emit AssertionListed(id, index, game);
    }

    /// @inheritdoc IGames
    function gameAtIndex(uint256 index) external view returns (uint32 gameType, uint64 timestamp, address proxy) {
        Entry memory entry = _entry(index);
        return (respectedGameType, entry.createdAt, entry.game);
    }

    /// @inheritdoc IGames
    function findLatestGames(uint32 gameType, uint256 start, uint256 n) external view returns (GameSearchResult[] memory found) {
        if (gameType != respectedGameType || start >= gameCount || n == 0) return found;
        uint256[] memory line = _unrivalled();
        uint256 below = line.length;
        found = new GameSearchResult[](n <= start ? n : start + 1);
        uint256 count;
        for (uint256 i = start + 1; i > 0 && count < found.length; --i) {
            while (below > 0 && line[below - 1] >= i) --below;
            bool onLine = below > 0 && line[below - 1] == i - 1;
            if (onLine || _confirmed(entries[i - 1].game)) found[count++] = _result(i - 1);
        }
        // Only ever shorter than what was allocated.
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    /// @inheritdoc IGames
    function games(uint32 gameType, bytes32 rootClaim, bytes calldata extraData) external view returns (address proxy, uint64 timestamp) {
        if (gameType != respectedGameType || extraData.length != 64) return (address(0), 0);
        (uint256 number, bytes32 id) = abi.decode(extraData, (uint256, bytes32));
        address game = nodes[id].game;
        if (game == address(0)) return (address(0), 0);
        GameClaim memory claim = GameClaims.read(game);
        if (claim.rootClaim != rootClaim || claim.l2BlockNumber != number) return (address(0), 0);
        return (game, _assertion(id).createdAt);
    }

    /// @inheritdoc IGames
    function gameOf(bytes32 assertionId) external view returns (address) {
        return nodes[assertionId].game;
    }

    /// @inheritdoc IGames
    function provable(uint256 index) external view returns (bytes32) {
        address game = _entry(index).game;
        GameClaim memory claim = GameClaims.read(game);
        if (_assertion(claim.parent).childConfirmed && !_assertion(claim.assertionId).confirmed) revert LostGame(game);
        return claim.rootClaim;
    }

    /// @inheritdoc IGames
    function isConfirmed(uint256 index) external view returns (bool) {
        return _confirmed(_entry(index).game);
    }

    /// @inheritdoc IGames
    function isGameProper(address game) external view returns (bool) {
        if (!isGameRegistered(game)) return false;
        (GameStatus status,) = standing(GameClaims.read(game).assertionId);
        return status != GameStatus.CHALLENGER_WINS;
    }

    /// @inheritdoc IGames
    function isGameRespected(address game) external view returns (bool) {
        return isGameRegistered(game);
    }

    /// @inheritdoc IGames
    function isGameFinalized(address game) external view returns (bool) {
        if (!isGameRegistered(game)) return false;
        (GameStatus status,) = standing(GameClaims.read(game).assertionId);
        return status != GameStatus.IN_PROGRESS;
    }

    /// @inheritdoc IGames
    function isGameClaimValid(address game) external view returns (bool) {
        return isGameRegistered(game) && _confirmed(game);
    }

    /// @inheritdoc IGames
    function isGameRegistered(address game) public view returns (bool) {
        return game != address(0) && nodes[GameClaims.read(game).assertionId].game == game;
    }

    /// @inheritdoc IGames
    function standing(bytes32 assertionId) public view returns (GameStatus status, bytes32 fork) {
        Assertion memory a = _assertion(assertionId);
        if (a.createdAt == 0) revert UnknownAssertion(assertionId);
        if (a.confirmed) return (GameStatus.DEFENDER_WINS, a.parent);
        // Ends at the latest at genesis, which is confirmed. For views alone: a chain of assertions may be long.
        while (!a.confirmed) {
            fork = a.parent;
            a = _assertion(fork);
            if (a.childConfirmed) return (GameStatus.CHALLENGER_WINS, fork);
        }
        return (GameStatus.IN_PROGRESS, 0);
    }

    /// @dev Indexes of the listed assertions below the latest confirmed one, as far as none has a rival: one line, from parent to child.
    function _unrivalled() private view returns (uint256[] memory line) {
        bytes32 latest = IRollup(rollup).latestConfirmed();
        uint256 length;
        for (uint256 child = _onlyChild(latest); child != 0; child = _onlyChild(_idAt(child - 1))) {
            ++length;
        }
        line = new uint256[](length);
        bytes32 id = latest;
        for (uint256 i = 0; i < length; ++i) {
            line[i] = _onlyChild(id) - 1;
            id = _idAt(line[i]);
        }
    }

    /// @dev 1 + index of the assertion's listed child if it has no rival, else 0.
    function _onlyChild(bytes32 id) private view returns (uint256) {
        return _assertion(id).secondChildAt == 0 ? nodes[id].child : 0;
    }

    function _result(uint256 index) private view returns (GameSearchResult memory) {
        Entry memory entry = entries[index];
        GameClaim memory claim = GameClaims.read(entry.game);
        return GameSearchResult({
            index: index,
            metadata: bytes32(uint256(respectedGameType) << 224 | uint256(entry.createdAt) << 160 | uint160(entry.game)),
            timestamp: entry.createdAt,
            rootClaim: claim.rootClaim,
            extraData: abi.encode(uint256(claim.l2BlockNumber), claim.assertionId)
        });
    }

    function _entry(uint256 index) private view returns (Entry memory entry) {
        entry = entries[index];
        if (entry.game == address(0)) revert UnknownGame(index);
    }

    function _idAt(uint256 index) private view returns (bytes32) {
        return GameClaims.read(entries[index].game).assertionId;
    }

    function _confirmed(address game) private view returns (bool) {
        return _assertion(GameClaims.read(game).assertionId).confirmed;
    }

    function _assertion(bytes32 id) private view returns (Assertion memory) {
        return IRollup(rollup).assertion(id);
    }
}
