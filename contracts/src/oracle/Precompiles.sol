// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title Precompiles
/// @notice Those that a program may leave to L1, and how long their answers are: bls is EIP-2537's.
///
///         0x01 ecrecover 0 or 32 | 0x05 modexp the modulus's length | 0x08 bn254 pairing 32 | 0x0a point evaluation 64
///         0x0b bls G1 add 128 | 0x0c bls G1 MSM 128 | 0x0d bls G2 add 256 | 0x0e bls G2 MSM 256 | 0x0f bls pairing 32
///         0x10 bls map to G1 128 | 0x11 bls map to G2 256 | 0x100 P256VERIFY 0 or 32
library Precompiles {
    address internal constant ECRECOVER = address(0x01);
    address internal constant MODEXP = address(0x05);
    address internal constant BN254_PAIRING = address(0x08);
    address internal constant POINT_EVALUATION = address(0x0a);
    address internal constant BLS_G1_ADD = address(0x0b);
    address internal constant BLS_G1_MSM = address(0x0c);
    address internal constant BLS_G2_ADD = address(0x0d);
    address internal constant BLS_G2_MSM = address(0x0e);
    address internal constant BLS_PAIRING = address(0x0f);
    address internal constant BLS_MAP_TO_G1 = address(0x10);
    address internal constant BLS_MAP_TO_G2 = address(0x11);
    address internal constant P256_VERIFY = address(0x0100);

    /// @notice The most that any of them returns: modexp, by EIP-7823.
    uint16 internal constant MOST_OUTPUT = 1024;

    function isAccelerated(address a) internal pure returns (bool) {
        return a == ECRECOVER || a == MODEXP || a == BN254_PAIRING || (a >= POINT_EVALUATION && a <= BLS_MAP_TO_G2) || a == P256_VERIFY;
    }

    /// @notice Whether a call that succeeded can return so many bytes.
    function canReturn(address a, bytes calldata input, uint256 length) internal pure returns (bool) {
        if (a == ECRECOVER || a == P256_VERIFY) return length == 0 || length == 32;
        if (a == MODEXP) return length == modulusLength(input);
        if (a == BN254_PAIRING || a == BLS_PAIRING) return length == 32;
        if (a == POINT_EVALUATION) return length == 64;
        if (a == BLS_G2_ADD || a == BLS_G2_MSM || a == BLS_MAP_TO_G2) return length == 256;
        return length == 128;
    }

    /// @dev EIP-198: the third word of the input, which zeroes follow without end.
    function modulusLength(bytes calldata input) private pure returns (uint256) {
        return input.length > 64 ? uint256(bytes32(input[64:])) : 0;
    }
}
