// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {Assertion, IRollup, StakeStatus} from "../interfaces/IRollup.sol";

/// @title StakeLedger
/// @notice Who stands where, and whose ether it is. Counters only: nothing here walks over stakes or assertions.
abstract contract StakeLedger is IRollup {
    /// @dev Ether sent here is gone.
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;

    /// @dev Two slots. A prize is half a bond, and bonds are below 2^128.
    struct Stake {
        bytes32 tip;
        StakeStatus status;
        uint128 prize;
    }

    /// @inheritdoc IRollup
    uint256 public immutable bond;
    /// @inheritdoc IRollup
    address public immutable matches;

    // slot 0
    mapping(bytes32 id => Assertion) internal assertions;
    // slot 1
    mapping(uint256 stakeId => Stake) internal stakes;
    // slot 2
    mapping(uint256 stakeId => mapping(bytes32 id => uint256 time)) private joined;
    // slot 3
    mapping(address owner => uint96) private nonces;
    // slot 4
    /// @inheritdoc IRollup
    mapping(address owner => uint256) public owed;

    constructor(uint256 bond_, address matches_) {
        if (bond_ == 0 || bond_ > type(uint128).max || matches_ == address(0)) revert BadParams();
        bond = bond_;
        matches = matches_;
    }

    modifier onlyMatches() {
        if (msg.sender != matches) revert NotMatches();
        _;
    }

    /// @inheritdoc IRollup
    function evict(uint256 stakeId, bytes32 id) external {
        StakeStatus status = stakes[stakeId].status;
        if (status != StakeStatus.Defeated) revert NotDefeated(status);
        _clear(stakeId, id);
    }

    /// @inheritdoc IRollup
    function withdraw(uint256 stakeId) external {
        bytes32 tip = _tipOfCaller(stakeId);
        if (!assertions[tip].confirmed) revert TipUnconfirmed(tip);
        stakes[stakeId].status = StakeStatus.Withdrawn;
        owed[msg.sender] += bond;
        emit StakeWithdrawn(stakeId, bond);
    }

    /// @inheritdoc IRollup
    function defeat(uint256 stakeId, bytes32 id) external onlyMatches {
        _defeat(stakeId, id);
    }

    /// @inheritdoc IRollup
    function award(uint256 winner, uint256 loser, uint256 moves, uint256 outOf) external onlyMatches {
        StakeStatus status = stakes[winner].status;
        bool lost = status == StakeStatus.Defeated;
        // INVARIANT: a prize stays with the stake until it leaves, and is lost with it.
        if (!lost && status != StakeStatus.Withdrawn) revert NotLeft(status);
        uint256 left = stakes[loser].prize;
        // INVARIANT: no more is awarded than the half of a lost bond: the subtraction reverts, and the last share takes what is left.
        uint256 amount = left * moves / outOf;
        stakes[loser].prize = uint128(left - amount);
        if (!lost) owed[_owner(winner)] += amount;
        emit PrizeAwarded(winner, loser, amount, lost);
        if (lost) _burn(amount);
    }

    /// @inheritdoc IRollup
    function claim(address payable to) external {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert NothingOwed();
        owed[msg.sender] = 0;
        emit Paid(msg.sender, to, amount);
        (bool paid,) = to.call{value: amount}("");
        if (!paid) revert PaymentFailed();
    }

    /// @inheritdoc IRollup
    function stakeOf(uint256 stakeId) public view returns (address owner, StakeStatus status, bytes32 tip) {
        Stake storage s = stakes[stakeId];
        return (_owner(stakeId), s.status, s.tip);
    }

    /// @inheritdoc IRollup
    function prizeOf(uint256 loser) external view returns (uint256) {
        return stakes[loser].prize;
    }

    /// @inheritdoc IRollup
    function checkLive(uint256 a, uint256 b) external view {
        _requireLive(a);
        _requireLive(b);
    }

    /// @inheritdoc IRollup
    function joinedAt(uint256 stakeId, bytes32 id) public view returns (uint256) {
        return joined[stakeId][id];
    }

    /// @inheritdoc IRollup
    function nextStakeId(address owner) public view returns (uint256) {
        return uint256(uint160(owner)) << 96 | nonces[owner];
    }

    /// @dev INVARIANT: stake ids are never used again.
    function _open() internal returns (uint256 stakeId) {
        stakeId = nextStakeId(msg.sender);
        nonces[msg.sender] += 1;
        stakes[stakeId].status = StakeStatus.Live;
        emit StakePlaced(stakeId, msg.sender);
    }

    /// @dev Records the stake on a child of its tip. The caller writes the tip once it has walked its list.
    function _record(uint256 stakeId, bytes32 parent, bytes32 id) internal {
        joined[stakeId][id] = block.timestamp;
        assertions[id].live += 1;
        assertions[parent].liveChildren += 1;
        emit StakeMoved(stakeId, id);
    }

    function _setTip(uint256 stakeId, bytes32 tip) internal {
        stakes[stakeId].tip = tip;
    }

    /// @dev Where the caller's live stake stands.
    function _tipOfCaller(uint256 stakeId) internal view returns (bytes32) {
        if (msg.sender != _owner(stakeId)) revert NotOwner();
        _requireLive(stakeId);
        return stakes[stakeId].tip;
    }

    /// @dev INVARIANT: no bond is lost twice, nor by a stake that has left.
    function _defeat(uint256 stakeId, bytes32 id) internal {
        _requireLive(stakeId);
        uint256 burned = bond / 2;
        stakes[stakeId].status = StakeStatus.Defeated;
        // Below 2^128, as the bond is.
        stakes[stakeId].prize = uint128(bond - burned);
        emit StakeDefeated(stakeId, id, burned);
        _clear(stakeId, id);
        _burn(burned);
    }

    function _requireLive(uint256 stakeId) private view {
        StakeStatus status = stakes[stakeId].status;
        if (status != StakeStatus.Live) revert NotLive(status);
    }

    /// @dev No code is at that address, so it runs none and cannot refuse.
    function _burn(uint256 amount) private {
        (bool gone,) = BURN.call{value: amount}("");
        if (!gone) revert PaymentFailed();
    }

    /// @dev INVARIANT: a record counts in `live` and in the parent's `liveChildren` until it is cleared, and is cleared once.
    function _clear(uint256 stakeId, bytes32 id) private {
        if (joined[stakeId][id] == 0) revert NotRecorded();
        joined[stakeId][id] = 0;
        Assertion storage a = assertions[id];
        a.live -= 1;
        assertions[a.parent].liveChildren -= 1;
        emit StakeEvicted(stakeId, id);
    }

    function _owner(uint256 stakeId) internal pure returns (address) {
        return address(uint160(stakeId >> 96));
    }
}
