"""What the programs of this folder are told by their environment, and what they share."""

import json
import os
from pathlib import Path


def told(name, meaning):
    value = os.environ.get(name)
    if not value:
        raise SystemExit(f"{name} is not set: it wants {meaning}")
    return value


# JSON-RPC of the node on L2, and the same over WebSocket: one port serves both.
RPC = told("GAINSAY_RPC", "the URL of a node on L2, for instance http://127.0.0.1:9545")
WEB_SOCKET = "ws" + RPC.removeprefix("http")
# Private keys of accounts that have ether; no other program uses them at the same time.
KEYS = told("GAINSAY_KEYS", "private keys, separated by commas").split(",")
# Chain ids and contracts, as a deployment writes them down.
NETWORK = json.loads(Path(told("GAINSAY_ADDRESSES", "the addresses.json of the network")).read_text())

_ARTIFACTS = Path(told("GAINSAY_ARTIFACTS", "the folder of what forge made of tests/contracts"))


def _artifact(name):
    made = json.loads((_ARTIFACTS / f"{name}.sol" / f"{name}.json").read_text())
    return {"abi": made["abi"], "bytecode": made["bytecode"]["object"]}


# The ERC-20 of tests/contracts.
TOKEN = _artifact("Token")
