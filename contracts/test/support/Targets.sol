// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {IWithdrawals} from "../../src/interfaces/IWithdrawals.sol";

/// @notice Remembers how the Portal called it.
contract Witness {
    uint256 public calls;
    uint256 public gas;
    uint256 public value;
    address public l2Sender;
    bytes public data;
    bool public refuses;

    function refuse(bool yes) external {
        refuses = yes;
    }

    fallback() external payable {
        gas = gasleft();
        require(!refuses);
        calls += 1;
        value = msg.value;
        data = msg.data;
        l2Sender = IWithdrawals(msg.sender).l2Sender();
    }
}

/// @notice Counts calls from anyone; refuses when told to.
contract Counter {
    uint256 public calls;
    uint256 public gas;
    bool public refuses;

    function refuse(bool yes) external {
        refuses = yes;
    }

    fallback() external payable {
        gas = gasleft();
        require(!refuses);
        calls += 1;
    }
}

/// @notice Answers with a megabyte, successfully or not.
contract ReturnBomb {
    bool public immutable SUCCEEDS;

    constructor(bool succeeds) {
        SUCCEEDS = succeeds;
    }

    fallback() external payable {
        bool yes = SUCCEEDS;
        assembly ("memory-safe") {
            if yes { return(0, 1000000) }
            revert(0, 1000000)
        }
    }
}

/// @notice Uses all gas it gets.
contract GasBomb {
    fallback() external payable {
        while (true) {}
    }
}

/// @notice Makes one call when it is called, and notes how that went.
contract Reenterer {
    address private target;
    bytes private input;
    bool public tried;
    bool public succeeded;
    bytes4 public reason;

    function set(address target_, bytes calldata input_) external {
        (target, input) = (target_, input_);
    }

    fallback() external payable {
        tried = true;
        bytes memory answer;
        (succeeded, answer) = target.call(input);
        if (!succeeded) reason = bytes4(answer);
    }
}

/// @notice Answers every call with one word.
contract Answers {
    uint256 private immutable WORD;

    constructor(uint256 word) {
        WORD = word;
    }

    fallback() external {
        uint256 word = WORD;
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, 32)
        }
    }
}
