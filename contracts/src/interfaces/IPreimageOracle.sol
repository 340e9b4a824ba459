// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @title PreimageOracle
/// @notice Holds parts of 32 bytes of what the fault VM's program asks for by a key. Each answer is a function of its key alone and anyone may
///         load it; nobody can load another. Part 0 is the preimage's length in bytes, part i its bytes from 32 (i − 1) on, padded with
///         zeroes; parts beyond the end are zero.
///
///         type | key                                                             | preimage
///         1    | 1 ‖ keccak(data)[1..]                                           | data, at most 131,072 bytes
///         2    | 2 ‖ versionedHash[1..]                                          | the blob, 131,072 bytes
///         3    | 3 ‖ keccak(precompile 20 ‖ required gas u64 ‖ input)[1..]       | success u8 ‖ output
///         else |                                                                 | nothing: every part is zero
interface IPreimageOracle {
    /// @notice A part is known from now on.
    event PartLoaded(bytes32 indexed key, uint256 indexed index, bytes32 value);

    /// @notice Nobody has loaded this part; load it with the function for the key's type.
    error PartNotLoaded(bytes32 key, uint256 index);
    /// @notice More than 131,072 bytes.
    error PreimageTooLarge(uint256 length);
    /// @notice The parts of a blob that have to be loaded are 1 to 4,096.
    error NotABlobPart(uint256 index);
    /// @notice The precompile refutes that the blob has this value there.
    error WrongBlobElement();
    /// @notice Only those precompiles that the program accelerates.
    error NotAccelerated(address precompile);
    /// @notice The call must be sure to have four times the required gas: so much must be left here.
    error TooLittleGas(uint256 needed);
    /// @notice A precompile of this L1 returned what it cannot return.
    error UnexpectedOutput(address precompile, uint256 length);
    /// @notice This L1 lacks the precompile, or has another one there.
    error WrongPrecompile(address precompile);

    /// @notice A part of a preimage. Reverts if it has to be loaded first.
    function part(bytes32 key, uint256 index) external view returns (bytes32);

    /// @notice Whether `part` answers.
    function isLoaded(bytes32 key, uint256 index) external view returns (bool);

    /// @notice Loads parts of data under its hash, and its length with them. The list may be empty: then it loads the length.
    function loadKeccak(bytes calldata data, uint256[] calldata indices) external returns (bytes32 key);

    /// @notice Loads a part of a blob.
    /// @param index From 1 to 4,096: part i is the blob's element i − 1.
    /// @param value The element, 32 bytes big-endian.
    /// @param commitment KZG commitment of the blob, 48 bytes.
    /// @param proof KZG proof of the value, 48 bytes; at which point, this contract works out.
    function loadBlobElement(bytes32 versionedHash, uint256 index, bytes32 value, bytes calldata commitment, bytes calldata proof)
        external
        returns (bytes32 key);

    /// @notice Calls a precompile and loads parts of what came of it, and the length with them.
    /// @param requiredGas What the call costs on L2. It gets four times as much here.
    function loadPrecompile(address precompile, uint64 requiredGas, bytes calldata input, uint256[] calldata indices)
        external
        returns (bytes32 key);
}
