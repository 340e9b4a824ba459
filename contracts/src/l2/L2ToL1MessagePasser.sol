// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice Destroys the ether it is created with: a contract that destroys itself in the transaction that creates it takes its balance along
///         (EIP-6780).
contract Burner {
    constructor() payable {
        selfdestruct(payable(address(this)));
    }
}

/// @title L2ToL1MessagePasser
/// @notice Where withdrawals start: ABI, hashing and storage layout of the OP Stack. The output root commits to this contract's storage.
///
/// | slot | content |
/// |---|---|
/// | 0 | mapping withdrawalHash → sent |
/// | 1 | nonce of the next message, u240, without its version |
contract L2ToL1MessagePasser {
    event MessagePassed(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 withdrawalHash
    );
    event WithdrawerBalanceBurnt(uint256 indexed amount);

    uint16 public constant MESSAGE_VERSION = 1;
    string public constant version = "1.0.0";
    uint256 private constant RECEIVE_GAS_LIMIT = 100_000;

    mapping(bytes32 withdrawalHash => bool) public sentMessages;
    uint240 private msgNonce;

    /// @notice Ether sent here is withdrawn to the sender's address on L1.
    receive() external payable {
        initiateWithdrawal(msg.sender, RECEIVE_GAS_LIMIT, "");
    }

    /// @notice Destroys the ether of all withdrawals so far: it is on L1 now.
    function burn() external {
        uint256 amount = address(this).balance;
        new Burner{value: amount}();
        emit WithdrawerBalanceBurnt(amount);
    }

    /// @notice Sends a message to L1.
    /// @param target Callee on L1.
    /// @param gasLimit Least gas of that call.
    /// @param data Its calldata.
    function initiateWithdrawal(address target, uint256 gasLimit, bytes memory data) public payable {
        uint256 nonce = messageNonce();
        bytes32 withdrawalHash = keccak256(abi.encode(nonce, msg.sender, target, msg.value, gasLimit, data));
        sentMessages[withdrawalHash] = true;
        emit MessagePassed(nonce, msg.sender, target, msg.value, gasLimit, data, withdrawalHash);
        ++msgNonce;
    }

    /// @notice The nonce of the next message, with the version in its two highest bytes.
    function messageNonce() public view returns (uint256) {
        return uint256(MESSAGE_VERSION) << 240 | msgNonce;
    }
}
