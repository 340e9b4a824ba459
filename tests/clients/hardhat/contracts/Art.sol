// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @notice OpenZeppelin's ERC-721; its owner makes the pieces.
contract Art is ERC721URIStorage, Ownable {
    uint256 public pieces;

    constructor(address owner) ERC721("Art", "ART") Ownable(owner) {}

    function mint(address to, string calldata uri) external onlyOwner returns (uint256 id) {
        id = ++pieces;
        _safeMint(to, id);
        _setTokenURI(id, uri);
    }
}
