// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Blobs
/// @notice An element of a blob, by EIP-4844's point evaluation precompile.
library Blobs {
    uint256 internal constant ELEMENTS = 4096;
    uint256 internal constant BYTES = 131_072;

    /// @dev Order of BLS12-381's groups.
    uint256 private constant MODULUS = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;
    /// @dev 7^((MODULUS − 1) / 4096): its powers are all the 4096th roots of unity.
    uint256 private constant ROOT = 0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306;
    address private constant POINT_EVALUATION = address(0x0a);

    /// @notice Where the blob's polynomial has its element `index`, below 4,096: the root of unity to the index with its 12 bits reversed.
    function point(uint256 index) internal pure returns (uint256 z) {
        z = 1;
        uint256 power = ROOT;
        for (uint256 bit = 12; bit > 0; --bit) {
            if (index >> bit - 1 & 1 == 1) z = mulmod(z, power, MODULUS);
            power = mulmod(power, power, MODULUS);
        }
    }

    /// @notice Whether the precompile proves that the blob has this value at `index`.
    function isElement(bytes32 versionedHash, uint256 index, bytes32 value, bytes calldata commitment, bytes calldata proof)
        internal
        view
        returns (bool)
    {
        bytes memory input = abi.encodePacked(versionedHash, point(index), value, commitment, proof);
        (bool ok, bytes memory output) = POINT_EVALUATION.staticcall(input);
        return ok && keccak256(output) == keccak256(abi.encode(ELEMENTS, MODULUS));
    }
}
