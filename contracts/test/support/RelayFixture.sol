// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IPortal} from "../../src/interfaces/IPortal.sol";
import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";
import {L2ToL1MessagePasser} from "../../src/l2/L2ToL1MessagePasser.sol";
import {WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {BridgeFixture} from "./BridgeFixture.sol";
import {Log, vm} from "./Cheats.sol";

/// @notice A deposit as L2 executes it.
struct Deposit {
    address from;
    address to;
    uint256 mint;
    uint256 value;
    uint64 gasLimit;
    bytes data;
    bool executed;
}

/// @notice Carries what the contracts of one layer send to the other: reads events as a node does, and executes deposits by the rules of `docs/protocol.md`,
///         section 3. An account has one address on both layers, which one process cannot tell apart: on L2 it acts as `onL2(account)`.
abstract contract RelayFixture is BridgeFixture {
    Deposit[] internal deposits;
    WithdrawalTransaction[] internal withdrawals;

    function setUp() public virtual override {
        super.setUp();
        vm.recordLogs();
    }

    function onL2(address account) internal pure returns (address) {
        return address(uint160(account) | uint160(1) << 152);
    }

    /// @dev Takes up what was sent since the last time.
    function collect() internal {
        Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics.length == 0 ? bytes32(0) : logs[i].topics[0];
            if (logs[i].emitter == address(portal) && topic == IPortal.TransactionDeposited.selector) _collectDeposit(logs[i]);
            if (logs[i].emitter == address(portal) && topic == IWithdrawals.WithdrawalFinalized.selector) {
                onFinalized(logs[i].topics[1], abi.decode(logs[i].data, (bool)));
            }
            if (logs[i].emitter == address(passer) && topic == L2ToL1MessagePasser.MessagePassed.selector) _collectWithdrawal(logs[i]);
        }
    }

    /// @dev A withdrawal was finalised since the last time.
    function onFinalized(bytes32 hash, bool success) internal virtual {}

    function _collectDeposit(Log memory log) private {
        bytes memory opaque = abi.decode(log.data, (bytes));
        uint256 mint;
        uint256 value;
        uint64 gasLimit;
        assembly ("memory-safe") {
            mint := mload(add(opaque, 32))
            value := mload(add(opaque, 64))
            gasLimit := shr(192, mload(add(opaque, 96)))
        }
        bytes memory data = new bytes(opaque.length - 73);
        for (uint256 i = 0; i < data.length; ++i) {
            data[i] = opaque[73 + i];
        }
        address from = address(uint160(uint256(log.topics[1])));
        address to = address(uint160(uint256(log.topics[2])));
        deposits.push(Deposit(from, to, mint, value, gasLimit, data, false));
    }

    function _collectWithdrawal(Log memory log) private {
        (uint256 value, uint256 gasLimit, bytes memory data,) = abi.decode(log.data, (uint256, uint256, bytes, bytes32));
        address sender = address(uint160(uint256(log.topics[2])));
        address target = address(uint160(uint256(log.topics[3])));
        WithdrawalTransaction memory w = WithdrawalTransaction(uint256(log.topics[1]), sender, target, value, gasLimit, data);
        withdrawals.push(w);
        send(w);
    }

    /// @dev Mint, then the call; a failure keeps the mint.
    function execute(uint256 i) internal returns (bool success) {
        Deposit memory d = deposits[i];
        vm.assertFalse(d.executed);
        deposits[i].executed = true;
        bool isContract = d.from == aliased(address(l1Messenger)) || d.from == aliased(address(l1Bridge));
        address from = isContract ? d.from : onL2(d.from);
        vm.deal(from, from.balance + d.mint);
        if (from.balance < d.value) return false;
        uint256 intrinsic = 21_000;
        for (uint256 j = 0; j < d.data.length; ++j) {
            intrinsic += d.data[j] == 0 ? 4 : 16;
        }
        vm.prank(from, from);
        (success,) = d.to.call{value: d.value, gas: d.gasLimit - intrinsic}(d.data);
    }

    /// @dev Collects and executes all deposits there are.
    function executeAll() internal {
        collect();
        for (uint256 i = 0; i < deposits.length; ++i) {
            if (!deposits[i].executed) execute(i);
        }
        // What that sent in turn.
        collect();
    }

    /// @dev Confirms, proves and finalises all withdrawals from `first` on.
    function finalizeFrom(uint256 first) internal {
        collect();
        uint256 index = confirmNow();
        for (uint256 i = first; i < withdrawals.length; ++i) {
            prove(user, withdrawals[i], index);
        }
        skip(MATURITY);
        for (uint256 i = first; i < withdrawals.length; ++i) {
            finalize(user, withdrawals[i]);
        }
        collect();
    }

    function aliased(address account) internal pure returns (address) {
        unchecked {
            return address(uint160(account) + uint160(0x1111000000000000000000000000000000001111));
        }
    }
}
