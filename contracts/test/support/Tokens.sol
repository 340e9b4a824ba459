// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "solady/tokens/ERC20.sol";

contract PlainToken is ERC20 {
    function name() public pure override returns (string memory) {
        return "Plain";
    }

    function symbol() public pure override returns (string memory) {
        return "PLN";
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Keeps a hundredth of every transfer.
contract FeeToken is PlainToken {
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        super.transferFrom(from, to, amount);
        _burn(to, amount / 100);
        return true;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        super.transfer(to, amount);
        _burn(to, amount / 100);
        return true;
    }
}

/// @notice Says false in place of reverting, and moves nothing, once it is told to.
contract FalseToken is PlainToken {
    bool private lies;

    function lie(bool yes) external {
        lies = yes;
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        return !lies && super.transferFrom(from, to, amount);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return !lies && super.transfer(to, amount);
    }
}

/// @notice Returns nothing, as some old tokens do.
contract SilentToken {
    mapping(address owner => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) public {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        transferFrom(msg.sender, to, amount);
    }
}

/// @notice Calls back in the middle of a transfer.
contract CallingToken is PlainToken {
    address private target;
    bytes private input;
    bytes4 public reason;
    uint256 public succeeded;

    function set(address target_, bytes calldata input_) external {
        (target, input) = (target_, input_);
    }

    function _afterTokenTransfer(address from, address, uint256) internal override {
        if (target == address(0) || from == address(0)) return;
        (bool ok, bytes memory answer) = target.call(input);
        if (ok) ++succeeded;
        else reason = bytes4(answer);
    }
}
