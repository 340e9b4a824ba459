// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {OptimismMintableERC20} from "../../src/l2/OptimismMintableERC20.sol";
import {WithdrawalTransaction, Withdrawals} from "../../src/libraries/Withdrawals.sol";
import {Deposit, RelayFixture} from "./RelayFixture.sol";
import {bound, vm} from "./Cheats.sol";
import {Counter} from "./Targets.sol";
import {PlainToken} from "./Tokens.sol";

/// @notice Three people send ether, tokens and messages both ways, in any order, by the Portal, the messengers and the bridges; calls fail now and then, are replayed,
///         finalised with too little gas or twice. What is refused reverts and changes nothing; `done` counts the rest.
contract BridgeHandler is RelayFixture {
    uint256 public constant FUNDS = 1_000 ether;

    PlainToken public token;
    OptimismMintableERC20 public l2Token;
    Counter public l1Target;
    Counter public l2Target;
    uint256 public done;
    uint256 public finalizedTwice;
    uint256 public replayedTwice;
    /// @dev Withdrawals up to here are proved.
    uint256 private proved;
    uint256 private executed;

    constructor() {
        setUp();
        vm.deal(user, 0);
        token = new PlainToken();
        l2Token = OptimismMintableERC20(tokens.createOptimismMintableERC20(address(token), "T", "T"));
        l1Target = new Counter();
        l2Target = new Counter();
        for (uint256 i = 0; i < 3; ++i) {
            vm.deal(person(i), FUNDS);
            token.mint(person(i), FUNDS);
            vm.prank(person(i));
            token.approve(address(l1Bridge), type(uint256).max);
        }
    }

    function person(uint256 i) public view returns (address) {
        return [user, bob, carol][i % 3];
    }

    /// @dev An amount that is there, except for one in sixteen.
    function most(uint256 balance, uint64 amount) private pure returns (uint64) {
        return amount % 16 == 0 || balance > amount ? amount : uint64(bound(amount, 0, balance));
    }

    modifier counted() {
        _;
        collect();
        done += 1;
    }

    // L1

    /// @dev The value may be another than what is minted; what L2 lacks makes the call fail there.
    function depositToPortal(uint8 who, uint8 to, uint64 mint, uint64 value) external counted {
        vm.prank(person(who), person(who));
        portal.depositTransaction{value: mint}(to % 4 == 3 ? address(l2Target) : onL2(person(to)), value, 100_000, false, "");
    }

    function sendFromL1(uint8 who, uint64 value, uint32 gas) external counted {
        gas = uint32(bound(gas, 0, 200_000));
        vm.prank(person(who), person(who));
        l1Messenger.sendMessage{value: value}(address(l2Target), "", gas);
    }

    function bridgeEtherFromL1(uint8 who, uint8 to, uint64 amount) external counted {
        vm.prank(person(who), person(who));
        l1Bridge.bridgeETHTo{value: amount}(to % 4 == 3 ? address(l2Target) : onL2(person(to)), 100_000, "");
    }

    function bridgeTokensFromL1(uint8 who, uint8 to, uint64 amount) external counted {
        vm.prank(person(who), person(who));
        l1Bridge.bridgeERC20To(address(token), address(l2Token), onL2(person(to)), amount, 300_000, "");
    }

    // L2

    function executeSome(uint8 count) external counted {
        require(executed < deposits.length, "nothing");
        for (uint256 i = 0; i <= count % 8 && executed < deposits.length; ++i) {
            execute(executed++);
        }
    }

    function withdrawFromPasser(uint8 who, uint8 to, uint64 value) external counted {
        value = most(onL2(person(who)).balance, value);
        vm.prank(onL2(person(who)));
        passer.initiateWithdrawal{value: value}(to % 4 == 3 ? address(l1Target) : person(to), 100_000, "");
    }

    function sendFromL2(uint8 who, uint64 value, uint32 gas) external counted {
        gas = uint32(bound(gas, 0, 200_000));
        value = most(onL2(person(who)).balance, value);
        vm.prank(onL2(person(who)));
        l2Messenger.sendMessage{value: value}(address(l1Target), "", gas);
    }

    function bridgeEtherFromL2(uint8 who, uint8 to, uint64 amount) external counted {
        amount = most(onL2(person(who)).balance, amount);
        vm.prank(onL2(person(who)));
        l2Bridge.bridgeETHTo{value: amount}(to % 4 == 3 ? address(l1Target) : person(to), 100_000, "");
    }

    function bridgeTokensFromL2(uint8 who, uint8 to, uint64 amount) external counted {
        amount = most(l2Token.balanceOf(onL2(person(who))), amount);
        vm.prank(onL2(person(who)));
        l2Bridge.bridgeERC20To(address(l2Token), address(token), person(to), amount, 300_000, "");
    }

    // Between

    function proveAll() external counted {
        require(proved < withdrawals.length, "nothing");
        uint256 index = confirmNow();
        for (; proved < withdrawals.length; ++proved) {
            prove(user, withdrawals[proved], index);
        }
        skip(MATURITY);
    }

    function finalizeOne(uint256 which, uint256 gas) external counted {
        uint256 i = which % proved;
        // Most of the time one that is left, if there is one.
        if (which % 8 != 0) {
            for (uint256 n = 0; n < proved && portal.finalizedWithdrawals(Withdrawals.hash(withdrawals[i])); ++n) {
                i = (i + 1) % proved;
            }
        }
        WithdrawalTransaction memory w = withdrawals[i];
        bool before = portal.finalizedWithdrawals(Withdrawals.hash(w));
        portal.finalizeWithdrawalTransactionExternalProof{gas: bound(gas, 100_000, 2_000_000)}(w, user);
        if (before) finalizedTwice += 1;
    }

    function replay(uint256 which, bool onL1, uint256 gas) external counted {
        address messenger = onL1 ? address(l1Messenger) : address(l2Messenger);
        uint256 count = onL1 ? withdrawals.length : deposits.length;
        bytes memory data;
        // Most of the time one that has failed, if there is one.
        for (uint256 n = 0; n < count; ++n) {
            data = onL1 ? withdrawals[(which + n) % count].data : deposits[(which + n) % count].data;
            if (which % 8 == 0 || waits(messenger, data)) break;
        }
        bool before = delivered(messenger, data);
        (bool ok,) = messenger.call{gas: bound(gas, 100_000, 2_000_000)}(data);
        require(ok, "refused");
        if (before) replayedTwice += 1;
    }

    function refuse(bool onL1, bool yes) external {
        (onL1 ? l1Target : l2Target).refuse(yes);
    }

    // What is under way

    function delivered(address messenger, bytes memory data) private view returns (bool) {
        bytes32 hash = keccak256(data);
        return messenger == address(l1Messenger) ? l1Messenger.successfulMessages(hash) : l2Messenger.successfulMessages(hash);
    }

    function waits(address messenger, bytes memory data) private view returns (bool) {
        bytes32 hash = keccak256(data);
        bool failed = messenger == address(l1Messenger) ? l1Messenger.failedMessages(hash) : l2Messenger.failedMessages(hash);
        return failed && !delivered(messenger, data);
    }

    /// @notice Wei of deposits that L2 has not executed, and of withdrawals that the Portal has not paid.
    function weiUnderWay() external view returns (uint256 sum) {
        for (uint256 i = executed; i < deposits.length; ++i) {
            sum += deposits[i].mint;
        }
        for (uint256 i = 0; i < withdrawals.length; ++i) {
            bytes32 hash = Withdrawals.hash(withdrawals[i]);
            if (!portal.finalizedWithdrawals(hash) || unpaid[hash]) sum += withdrawals[i].value;
        }
    }

    /// @notice Withdrawals whose call failed: their ether stays in the Portal.
    mapping(bytes32 hash => bool) public unpaid;

    function onFinalized(bytes32 hash, bool success) internal override {
        if (!success) unpaid[hash] = true;
    }

    /// @notice Wei of all accounts on L2. What is in the passer has left.
    function weiOnL2() external view returns (uint256 sum) {
        for (uint256 i = 0; i < 3; ++i) {
            sum += onL2(person(i)).balance;
        }
        sum += address(l2Target).balance + address(l2Messenger).balance + address(l2Bridge).balance;
        sum += aliased(address(l1Messenger)).balance;
    }

    function weiOnL1() external view returns (uint256 sum) {
        for (uint256 i = 0; i < 3; ++i) {
            sum += person(i).balance;
        }
        sum += address(l1Target).balance + address(l1Messenger).balance + address(l1Bridge).balance + address(portal).balance;
    }

    /// @notice Wei of the messages that one messenger has and could not deliver.
    function weiOfFailures(bool onL1) external view returns (uint256 sum) {
        uint256 count = onL1 ? withdrawals.length : deposits.length;
        for (uint256 i = 0; i < count; ++i) {
            if (onL1 && waits(address(l1Messenger), withdrawals[i].data)) sum += withdrawals[i].value;
            if (!onL1 && waits(address(l2Messenger), deposits[i].data)) sum += deposits[i].value;
        }
    }

    /// @notice Tokens in messages that are not delivered yet, or failed.
    function tokensUnderWay() external view returns (uint256 sum) {
        for (uint256 i = 0; i < deposits.length; ++i) {
            sum += _tokensIn(deposits[i].data, address(l2Messenger));
        }
        for (uint256 i = 0; i < withdrawals.length; ++i) {
            sum += _tokensIn(withdrawals[i].data, address(l1Messenger));
        }
    }

    function _tokensIn(bytes memory data, address messenger) private view returns (uint256 amount) {
        if (data.length == 0 || delivered(messenger, data)) return 0;
        bytes memory arguments = new bytes(data.length - 4);
        for (uint256 i = 0; i < arguments.length; ++i) {
            arguments[i] = data[4 + i];
        }
        (,,,,, bytes memory message) = abi.decode(arguments, (uint256, address, address, uint256, uint256, bytes));
        if (bytes4(message) != l1Bridge.finalizeBridgeERC20.selector) return 0;
        assembly ("memory-safe") {
            amount := mload(add(message, 164))
        }
    }

    function held()
        external
        view
        returns (uint256 inPortal, uint256 inPasser, uint256 onL1, uint256 onL2_, uint256 tokensHeld, uint256 tokensOwed)
    {
        inPortal = address(portal).balance;
        inPasser = address(passer).balance;
        onL1 = address(l1Messenger).balance;
        onL2_ = address(l2Messenger).balance;
        tokensHeld = token.balanceOf(address(l1Bridge));
        tokensOwed = l1Bridge.deposits(address(token), address(l2Token));
    }

    function withdrawn() external view returns (uint256 sum) {
        for (uint256 i = 0; i < withdrawals.length; ++i) {
            sum += withdrawals[i].value;
        }
    }
}
