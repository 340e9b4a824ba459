// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {LibBytes} from "solady/utils/LibBytes.sol";
import {LibCall} from "solady/utils/LibCall.sol";

import {IPreimageOracle} from "./interfaces/IPreimageOracle.sol";
import {Blobs} from "./oracle/Blobs.sol";
import {PrecompileVectors} from "./oracle/PrecompileVectors.sol";
import {Precompiles} from "./oracle/Precompiles.sol";

/// @title PreimageOracle
/// @notice See {IPreimageOracle}.
contract PreimageOracle is IPreimageOracle {
    uint8 private constant KECCAK = 1;
    uint8 private constant BLOB = 2;
    uint8 private constant PRECOMPILE = 3;

    uint256 private constant MAX_LENGTH = 131_072;
    /// @dev Repricings of L1 that the required gas of L2 has room for.
    uint256 private constant GAS_FACTOR = 4;
    /// @dev For what runs between the check and the call.
    uint256 private constant GAS_RESERVE = 10_000;

    // slot 0: the length and 1, so that an empty preimage is known too; not for blobs, which all have one length
    mapping(bytes32 key => uint256) private lengths;
    // slot 1: parts that are not zero
    mapping(bytes32 key => mapping(uint256 index => bytes32)) private values;
    // slot 2: a bit for each part that was loaded and is zero
    mapping(bytes32 key => mapping(uint256 index => uint256)) private zeroes;

    constructor() {
        PrecompileVectors.checkAll();
    }

    /// @inheritdoc IPreimageOracle
    function part(bytes32 key, uint256 index) external view returns (bytes32) {
        (bool known, bytes32 value) = _find(key, index);
        if (!known) revert PartNotLoaded(key, index);
        return value;
    }

    /// @inheritdoc IPreimageOracle
    function isLoaded(bytes32 key, uint256 index) external view returns (bool known) {
        (known,) = _find(key, index);
    }

    /// @inheritdoc IPreimageOracle
    function loadKeccak(bytes calldata data, uint256[] calldata indices) external returns (bytes32 key) {
        if (data.length > MAX_LENGTH) revert PreimageTooLarge(data.length);
        key = _key(KECCAK, keccak256(data));
        _storeLength(key, data.length);
        for (uint256 i = 0; i < indices.length; ++i) {
            uint256 index = indices[i];
            // A slice that is converted is cut to 32 bytes, or padded with zeroes.
            if (_isInside(index, data.length)) _storePart(key, index, bytes32(data[32 * (index - 1):]));
        }
    }

    /// @inheritdoc IPreimageOracle
    function loadBlobElement(bytes32 versionedHash, uint256 index, bytes32 value, bytes calldata commitment, bytes calldata proof)
        external
        returns (bytes32 key)
    {
        if (index == 0 || index > Blobs.ELEMENTS) revert NotABlobPart(index);
        // INVARIANT: L1 works out the evaluation point itself.
        if (!Blobs.isElement(versionedHash, index - 1, value, commitment, proof)) revert WrongBlobElement();
        key = _key(BLOB, versionedHash);
        _storePart(key, index, value);
    }

    /// @inheritdoc IPreimageOracle
    function loadPrecompile(address precompile, uint64 requiredGas, bytes calldata input, uint256[] calldata indices)
        external
        returns (bytes32 key)
    {
        if (!Precompiles.isAccelerated(precompile)) revert NotAccelerated(precompile);
        key = _key(PRECOMPILE, keccak256(abi.encodePacked(precompile, requiredGas, input)));
        bytes memory preimage = _run(precompile, GAS_FACTOR * requiredGas, input);
        _storeLength(key, preimage.length);
        // Parts are read whole: zeroes follow the last byte.
        bytes memory padded = bytes.concat(preimage, bytes32(0));
        for (uint256 i = 0; i < indices.length; ++i) {
            uint256 index = indices[i];
            if (_isInside(index, preimage.length)) _storePart(key, index, LibBytes.load(padded, 32 * (index - 1)));
        }
    }

    /// @dev What the precompile says: success u8 ‖ output. A call that fails has no output.
    function _run(address precompile, uint256 callGas, bytes calldata input) private view returns (bytes memory) {
        bytes memory data = input;
        uint256 left = gasleft();
        // INVARIANT: the precompile never fails for want of gas: the call gets four times what it costs, or is not made.
        if (left - left / 64 < callGas + GAS_RESERVE) revert TooLittleGas(callGas + GAS_RESERVE);
        (bool ok, bool tooLong, bytes memory output) = LibCall.tryStaticCall(precompile, callGas, Precompiles.MOST_OUTPUT, data);
        if (!ok) return hex"00";
        if (tooLong || !Precompiles.canReturn(precompile, input, output.length)) revert UnexpectedOutput(precompile, output.length);
        return bytes.concat(hex"01", output);
    }

    function _key(uint8 kind, bytes32 hash) private pure returns (bytes32) {
        return bytes32(uint256(kind) << 248 | uint256(hash) << 8 >> 8);
    }

    function _isInside(uint256 index, uint256 length) private pure returns (bool) {
        return index != 0 && index <= (length + 31) / 32;
    }

    /// @dev INVARIANT: what is loaded never changes.
    function _storeLength(bytes32 key, uint256 length) private {
        if (lengths[key] != 0) return;
        lengths[key] = length + 1;
        emit PartLoaded(key, 0, bytes32(length));
    }

    /// @dev The part lies inside of the preimage.
    function _storePart(bytes32 key, uint256 index, bytes32 value) private {
        if (_isStored(key, index)) return;
        if (value == 0) zeroes[key][index / 256] |= 1 << index % 256;
        else values[key][index] = value;
        emit PartLoaded(key, index, value);
    }

    function _isStored(bytes32 key, uint256 index) private view returns (bool) {
        return values[key][index] != 0 || zeroes[key][index / 256] >> index % 256 & 1 == 1;
    }

    /// @dev INVARIANT: a key of an unknown type has only zero parts, and so has every key beyond its end.
    function _find(bytes32 key, uint256 index) private view returns (bool known, bytes32 value) {
        uint8 kind = uint8(key[0]);
        if (kind == 0 || kind > PRECOMPILE) return (true, 0);
        value = values[key][index];
        if (value != 0) return (true, value);
        uint256 length = kind == BLOB ? Blobs.BYTES + 1 : lengths[key];
        if (length == 0) return (false, 0);
        if (index == 0) return (true, bytes32(length - 1));
        return (!_isInside(index, length - 1) || _isStored(key, index), 0);
    }
}
