// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LibClone} from "solady/utils/LibClone.sol";
import {GameStatus, IGames} from "../interfaces/IGames.sol";
import {IAssertionGame} from "../interfaces/IAssertionGame.sol";
import {Assertion, IRollup} from "../interfaces/IRollup.sol";

/// @notice What a clone of AssertionGame carries behind its code.
/// @dev 104 bytes: assertion id 32 ‖ parent's id 32 ‖ output root 32 ‖ L2 block number u64.
struct GameClaim {
    bytes32 assertionId;
    bytes32 parent;
    bytes32 rootClaim;
    uint64 l2BlockNumber;
}

/// @title GameClaims
/// @notice Writes and reads what a clone carries. Reading touches the clone's code only.
library GameClaims {
    /// @dev Where the code of a clone ends and what it carries begins.
    uint256 private constant OFFSET = 0x2d;
    uint256 private constant LENGTH = 104;

    function encode(GameClaim memory claim) internal pure returns (bytes memory) {
        return abi.encodePacked(claim.assertionId, claim.parent, claim.rootClaim, claim.l2BlockNumber);
    }

    /// @notice Of a clone made here. Of any other address it is whatever stands there, zeroes beyond its end.
    function read(address game) internal view returns (GameClaim memory claim) {
        assembly ("memory-safe") {
            // The claim's own four words, of which the last gets 8 bytes: it is zero before.
            extcodecopy(game, claim, OFFSET, LENGTH)
            mstore(add(claim, 96), shr(192, mload(add(claim, 96))))
        }
    }
}

/// @title AssertionGame
/// @notice See {IAssertionGame}. The code behind all clones.
contract AssertionGame is IAssertionGame {
    IGames private immutable GAMES;
    IRollup private immutable ROLLUP;

    constructor(address rollup) {
        GAMES = IGames(msg.sender);
        ROLLUP = IRollup(rollup);
    }

    /// @inheritdoc IAssertionGame
    function assertionId() public view returns (bytes32) {
        return GameClaims.read(address(this)).assertionId;
    }

    /// @inheritdoc IAssertionGame
    function rootClaim() external view returns (bytes32) {
        return GameClaims.read(address(this)).rootClaim;
    }

    /// @inheritdoc IAssertionGame
    function l2SequenceNumber() external view returns (uint256) {
        return l2BlockNumber();
    }

    /// @inheritdoc IAssertionGame
    function extraData() external view returns (bytes memory) {
        return abi.encode(l2BlockNumber(), assertionId());
    }

    /// @inheritdoc IAssertionGame
    function gameType() external view returns (uint32) {
        return GAMES.respectedGameType();
    }

    /// @inheritdoc IAssertionGame
    function createdAt() external view returns (uint64) {
        return ROLLUP.assertion(assertionId()).createdAt;
    }

    /// @inheritdoc IAssertionGame
    function resolvedAt() external view returns (uint64) {
        (GameStatus now_, bytes32 fork) = GAMES.standing(assertionId());
        return now_ == GameStatus.IN_PROGRESS ? 0 : _windowEnd(fork);
    }

    /// @inheritdoc IAssertionGame
    function expectedResolution() external view returns (uint64) {
        return _windowEnd(GameClaims.read(address(this)).parent);
    }

    /// @inheritdoc IAssertionGame
    function maxClockDuration() external view returns (uint64) {
        return ROLLUP.challengeWindow();
    }

    /// @inheritdoc IAssertionGame
    function status() external view returns (GameStatus now_) {
        (now_,) = GAMES.standing(assertionId());
    }

    /// @inheritdoc IAssertionGame
    function wasRespectedGameTypeWhenCreated() external pure returns (bool) {
        return true;
    }

    /// @inheritdoc IAssertionGame
    function l2BlockNumber() public view returns (uint256) {
        return GameClaims.read(address(this)).l2BlockNumber;
    }

    function _windowEnd(bytes32 fork) private view returns (uint64) {
        return ROLLUP.assertion(fork).firstChildAt + ROLLUP.challengeWindow();
    }
}
