// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title L1Block
/// @notice What L2 knows of L1, as of the last attributes message. Execution reads these slots to price L1 data, after a block's deposits.
///
/// | slot | content, from the lowest bits |
/// |---|---|
/// | 0 | number u64, timestamp u64 |
/// | 1 | base fee, wei |
/// | 2 | blob base fee, wei |
/// | 3 | prevRandao |
/// | 4 | baseFeeScalar u32, blobBaseFeeScalar u32, millionths; written by genesis only |
contract L1Block {
    event L1AttributesSet(uint64 indexed number, uint64 timestamp, uint256 baseFee, uint256 blobBaseFee, bytes32 prevRandao);

    /// @notice The caller is not the depositor account.
    error NotDepositor();

    /// @notice Sender of attributes messages; no key for it is known to exist.
    address public constant DEPOSITOR_ACCOUNT = 0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001;
    string public constant version = "1.0.0";

    uint64 public number;
    uint64 public timestamp;
    uint256 public basefee;
    uint256 public blobBaseFee;
    bytes32 public prevRandao;
    uint32 public baseFeeScalar;
    uint32 public blobBaseFeeScalar;

    /// @notice Takes the block of L1 in which a batch was appended. Depositor account only.
    function setL1Attributes(uint64 number_, uint64 timestamp_, uint256 baseFee_, uint256 blobBaseFee_, bytes32 prevRandao_) external {
        // INVARIANT: only an attributes message of the Inbox sets the fees of L1.
        if (msg.sender != DEPOSITOR_ACCOUNT) revert NotDepositor();
        number = number_;
        timestamp = timestamp_;
        basefee = baseFee_;
        blobBaseFee = blobBaseFee_;
        prevRandao = prevRandao_;
        emit L1AttributesSet(number_, timestamp_, baseFee_, blobBaseFee_, prevRandao_);
    }
}
