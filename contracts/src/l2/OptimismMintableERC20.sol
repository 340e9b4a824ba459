// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "solady/tokens/ERC20.sol";
import {IOptimismMintableERC20} from "../interfaces/IOptimismMintableERC20.sol";

/// @title OptimismMintableERC20
/// @notice See {IOptimismMintableERC20}. An ERC-20 token with EIP-2612's permit.
contract OptimismMintableERC20 is ERC20, IOptimismMintableERC20 {
    event Mint(address indexed account, uint256 amount);
    event Burn(address indexed account, uint256 amount);

    /// @notice The caller is not the bridge.
    error NotBridge();

    string public constant version = "2.0.0";

    /// @inheritdoc IOptimismMintableERC20
    address public immutable bridge;
    /// @inheritdoc IOptimismMintableERC20
    address public immutable remoteToken;
    uint8 private immutable DECIMALS;
    string private tokenName;
    string private tokenSymbol;

    constructor(address bridge_, address remoteToken_, string memory name_, string memory symbol_, uint8 decimals_) {
        bridge = bridge_;
        remoteToken = remoteToken_;
        tokenName = name_;
        tokenSymbol = symbol_;
        DECIMALS = decimals_;
    }

    modifier onlyBridge() {
        // INVARIANT: the supply is what the bridge holds, or owes, of the token on the other layer.
        if (msg.sender != bridge) revert NotBridge();
        _;
    }

    /// @inheritdoc IOptimismMintableERC20
    function mint(address to, uint256 amount) external onlyBridge {
        _mint(to, amount);
        emit Mint(to, amount);
    }

    /// @inheritdoc IOptimismMintableERC20
    function burn(address from, uint256 amount) external onlyBridge {
        _burn(from, amount);
        emit Burn(from, amount);
    }

    /// @notice ERC-165.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == 0x01ffc9a7 || interfaceId == type(IOptimismMintableERC20).interfaceId;
    }

    function name() public view override returns (string memory) {
        return tokenName;
    }

    function symbol() public view override returns (string memory) {
        return tokenSymbol;
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    /// @dev Every allowance is one that its owner gave.
    function _givePermit2InfiniteAllowance() internal pure override returns (bool) {
        return false;
    }
}
