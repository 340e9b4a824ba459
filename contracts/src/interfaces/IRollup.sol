// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice The state between two block steps; stateHash = keccak(abi.encode(State)).
struct State {
    bytes32 outputRoot;
    uint64 l2BlockNumber;
    uint64 batchIndex;
    uint64 batchOffset;
    uint64 depositIndex;
}

/// @notice What a Rollup is deployed with. Times in seconds.
/// @param inbox The Inbox whose batches are claimed about.
/// @param matches The only contract that may defeat stakes; it need not stand yet.
/// @param configHash Hash of the chain config: the rules that the claims follow.
/// @param genesis The state before the first batch; the first assertion.
/// @param bond Wei of every stake; below 2^128.
/// @param challengeWindow W: from an assertion's first child to the confirmation of one; above 2C.
/// @param clock C: time a party has for all its moves in a match; at least E.
/// @param extension E: least time for each next move; above 0.
/// @param assertionPeriod M: least time between an assertion and its children; above 0.
struct RollupParams {
    address inbox;
    address matches;
    bytes32 configHash;
    State genesis;
    uint256 bond;
    uint64 challengeWindow;
    uint64 clock;
    uint64 extension;
    uint64 assertionPeriod;
}

/// @notice What is known of an assertion. Times in seconds; 0 means not yet. Four slots: parent; inputsHash; createdAt to first, fixed when
///         it is created; firstChildAt to childConfirmed, which later calls change.
/// @param parent 0 for the genesis assertion.
/// @param inputsHash keccak(abi.encode(target, batchAcc[target])), what its children are computed from.
/// @param createdAt When it was first claimed; 0 if there is no such assertion.
/// @param target Batches that its children are computed from.
/// @param endBatchIndex end.batchIndex.
/// @param l2BlockNumber end.l2BlockNumber.
/// @param first Whether it is its parent's first child.
/// @param firstChildAt t0: when its first child was claimed, or the fork below it opened again.
/// @param secondChildAt When its first child had its first sibling.
/// @param live Stakes on it that have not lost.
/// @param liveChildren The sum of `live` over its children.
/// @param confirmed Whether it is confirmed.
/// @param childConfirmed Whether a child of it is.
struct Assertion {
    bytes32 parent;
    bytes32 inputsHash;
    uint40 createdAt;
    uint64 target;
    uint64 endBatchIndex;
    uint64 l2BlockNumber;
    bool first;
    uint40 firstChildAt;
    uint40 secondChildAt;
    uint64 live;
    uint64 liveChildren;
    bool confirmed;
    bool childConfirmed;
}

/// @notice One hop of a stake: to the child of its tip with this end.
/// @param inputsHash Of the parent; reverts if it differs.
struct Claim {
    bytes32 inputsHash;
    State end;
}

/// @notice A stake is Live until it loses a match or leaves.
enum StakeStatus {
    None,
    Live,
    Defeated,
    Withdrawn
}

/// @title Rollup
/// @notice Holds claims about the chain's state and the stakes behind them. All children of an assertion claim the same thing: the state
///         after 2^15 block steps from its end over the inbox up to its target. Two stakes on different children are rivals.
interface IRollup {
    event AssertionCreated(bytes32 indexed id, bytes32 indexed parent, State end, uint64 target, bytes32 inputsHash);
    event StakePlaced(uint256 indexed stakeId, address indexed owner);
    event StakeMoved(uint256 indexed stakeId, bytes32 indexed assertion);
    /// @notice Nobody live was left below the assertion when the window was over: its children start anew.
    event ForkReopened(bytes32 indexed parent);
    event AssertionConfirmed(bytes32 indexed id);
    event StakeDefeated(uint256 indexed stakeId, bytes32 indexed assertion, uint256 burned);
    event StakeEvicted(uint256 indexed stakeId, bytes32 indexed assertion);
    event StakeWithdrawn(uint256 indexed stakeId, uint256 amount);
    /// @notice A share of the loser's bond is owed to the winner's owner, or burned because the winner has lost since.
    event PrizeAwarded(uint256 indexed winner, uint256 indexed loser, uint256 amount, bool burned);
    event Paid(address indexed owner, address indexed to, uint256 amount);

    /// @notice The parameters contradict each other.
    error BadParams();
    /// @notice Ether sent is not the bond.
    error WrongBond(uint256 sent, uint256 bond);
    /// @notice A stake enters and moves by at least one claim.
    error NoClaims();
    /// @notice A stake enters below a confirmed assertion only.
    error NotLatestConfirmed(bytes32 latest);
    /// @notice The claim was computed from other inputs than the parent's.
    error InputsDiffer(bytes32 actual);
    /// @notice No such assertion.
    error UnknownAssertion(bytes32 id);
    /// @notice A child comes no sooner than M after its parent.
    error ChildTooEarly(uint256 possibleAt);
    /// @notice No batch is left for a child: it would repeat its parent.
    error NothingToClaim();
    /// @notice The claimed end lies beyond the parent's target.
    error BeyondTarget(uint64 batchIndex, uint64 target);
    /// @notice The claimed end lies before the parent's.
    error BeforeParent();
    /// @notice New siblings came until W − C after the first one.
    error SiblingsClosed(uint256 closedAt);
    /// @notice Where there are siblings, they could be joined until W after the first one.
    error JoiningClosed(uint256 closedAt);
    /// @notice A sibling is confirmed; of `confirm`: the assertion itself is.
    error ForkDecided();
    /// @notice All that is claimed is confirmed already, down to this assertion: nothing is left to stake on.
    error AlreadyConfirmed(bytes32 id);
    /// @notice The caller does not own the stake.
    error NotOwner();
    /// @notice The caller is not the contract of the matches.
    error NotMatches();
    /// @notice The stake has lost, has left or never was.
    error NotLive(StakeStatus status);
    /// @notice The stake has neither left nor lost, or never was.
    error NotLeft(StakeStatus status);
    /// @notice The stake has not lost.
    error NotDefeated(StakeStatus status);
    /// @notice The stake has no record on this assertion, or it is cleared already.
    error NotRecorded();
    /// @notice The challenge window runs.
    error WindowOpen(uint256 closesAt);
    /// @notice No live stake stands behind the assertion.
    error NoLiveStake();
    /// @notice Live stakes are left on its siblings.
    error RivalsLeft(uint256 count);
    /// @notice The stake's tip is not confirmed.
    error TipUnconfirmed(bytes32 tip);
    /// @notice Nothing is owed to the caller.
    error NothingOwed();
    /// @notice The receiver refused the ether.
    error PaymentFailed();

    /// @notice Bonds a new stake below `parent`, which is confirmed, walking down the list. Create-or-join. Assertions on its way that are confirmed
    ///         already are passed over without a record, so the stake enters at a child of the latest confirmed one; at least one hop must be left.
    function stake(bytes32 parent, Claim[] calldata claims) external payable returns (uint256 stakeId);
    /// @notice Moves a stake on from its tip, walking down the list. Create-or-join; what is confirmed already is passed over, as in `stake`. Owner only.
    function advance(uint256 stakeId, Claim[] calldata claims) external;
    /// @notice Confirms a child of the latest confirmed assertion: its fork's window is over, live stakes stand behind it, none on a sibling.
    function confirm(bytes32 id) external;
    /// @notice Leaves with the bond, which is then owed to the owner. Owner only; the tip must be confirmed.
    function withdraw(uint256 stakeId) external;
    /// @notice Clears a loser's record on one assertion, once.
    function evict(uint256 stakeId, bytes32 id) external;
    /// @notice A live stake has lost a match at the fork above `id`, on which it stands: it is out, its record there is cleared, half of its bond
    ///         is burned, and the other half is the prize of those who moved against it. Matches only.
    function defeat(uint256 stakeId, bytes32 id) external;
    /// @notice Gives `moves / outOf` of what is left of the loser's prize to the owner of a stake that has left, or burns it if that stake has
    ///         lost. Matches only.
    function award(uint256 winner, uint256 loser, uint256 moves, uint256 outOf) external;
    /// @notice Pays all that is owed to the caller.
    function claim(address payable to) external;

    /// @notice All zeroes if there is none.
    function assertion(bytes32 id) external view returns (Assertion memory);
    function latestConfirmed() external view returns (bytes32);
    /// @notice The assertion at which the chain of this deployment starts.
    function genesisId() external view returns (bytes32);
    function stakeOf(uint256 stakeId) external view returns (address owner, StakeStatus status, bytes32 tip);
    /// @notice When the stake came to this assertion; 0 if it never did or was evicted there.
    function joinedAt(uint256 stakeId, bytes32 id) external view returns (uint256);
    /// @notice Batches that this assertion was computed from: the target of its parent.
    function parentTarget(bytes32 id) external view returns (uint64);
    /// @notice What is left to award of a lost bond.
    function prizeOf(uint256 loser) external view returns (uint256);
    /// @notice Reverts unless both stakes are live.
    function checkLive(uint256 a, uint256 b) external view;
    /// @notice When the stake came to this assertion, and the time it has for all its moves in each match there: C less what passed between the
    ///         claim of the oldest sibling and its coming. Reverts if it has no record there.
    function clockOf(uint256 stakeId, bytes32 id) external view returns (uint256 joined, uint256 clock);
    /// @notice The id of the owner's next stake: owner ‖ nonce (96 bits).
    function nextStakeId(address owner) external view returns (uint256);
    /// @notice Wei that `claim` pays to this owner.
    function owed(address owner) external view returns (uint256);
    /// @notice Whether a stake with its tip at `parent` may make this claim now, and what it would make. Reverts as the claim would.
    /// @return id The child.
    /// @return creates Whether the child is new.
    /// @return reopens Whether the fork below `parent` opens again by it.
    function checkClaim(bytes32 parent, Claim calldata next) external view returns (bytes32 id, bool creates, bool reopens);
    /// @notice Reverts as `confirm` would.
    function checkConfirm(bytes32 id) external view;
    /// @notice When the oldest sibling of this assertion was claimed, or its fork reopened: the clocks of stakes on it run from then until they
    ///         join. 0 without a sibling.
    function rivalSince(bytes32 id) external view returns (uint256);

    function inbox() external view returns (address);
    function matches() external view returns (address);
    function configHash() external view returns (bytes32);
    function bond() external view returns (uint256);
    /// @notice W, seconds.
    function challengeWindow() external view returns (uint64);
    /// @notice C, seconds.
    function clock() external view returns (uint64);
    /// @notice E, seconds.
    function extension() external view returns (uint64);
    /// @notice M, seconds.
    function assertionPeriod() external view returns (uint64);
}
