// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Rlp
/// @notice Reads items of recursive length prefix encoding in calldata, strictly: one encoding for each value, nothing beyond the end. Payloads of
///         65,536 bytes or more are refused: nothing that is read here is that long.
library Rlp {
    /// @notice Not the canonical encoding of anything, or cut short.
    error InvalidRlp();

    /// @notice The item at `pos`: whether it is a list, and where its payload begins and ends. It ends where the payload ends.
    function item(bytes calldata data, uint256 pos) internal pure returns (bool isList, uint256 start, uint256 end) {
        if (pos >= data.length) revert InvalidRlp();
        // Sums of positions in calldata and lengths below 2^16: nothing overflows.
        unchecked {
            uint256 prefix = byteAt(data, pos);
            isList = prefix >= 0xc0;
            if (prefix < 0x80) return (false, pos, pos + 1);
            uint256 length = prefix & 0x3f;
            start = pos + 1;
            if (length > 55) (length, start) = _longLength(data, start, length - 55);
            end = start + length;
            if (end > data.length) revert InvalidRlp();
            // A single byte below 0x80 is its own encoding.
            if (prefix == 0x81 && byteAt(data, start) < 0x80) revert InvalidRlp();
        }
    }

    /// @dev A length of more than 55, in one or two bytes.
    function _longLength(bytes calldata data, uint256 pos, uint256 bytesOfLength) private pure returns (uint256 length, uint256 start) {
        unchecked {
            if (bytesOfLength > 2 || pos + bytesOfLength > data.length) revert InvalidRlp();
            length = byteAt(data, pos);
            if (length == 0) revert InvalidRlp();
            if (bytesOfLength == 2) length = length << 8 | byteAt(data, pos + 1);
            if (length < 56) revert InvalidRlp();
            return (length, pos + bytesOfLength);
        }
    }

    /// @notice The byte at `pos`; beyond the end, whatever calldata has there.
    function byteAt(bytes calldata data, uint256 pos) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, calldataload(add(data.offset, pos)))
        }
    }
}
