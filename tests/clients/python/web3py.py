"""A wallet and an application that use web3.py."""

import asyncio

from eth_account import Account
from network import KEYS, NETWORK, RPC, TOKEN, WEB_SOCKET
from web3 import AsyncHTTPProvider, AsyncWeb3, Web3, WebSocketProvider
from web3.exceptions import (
    BlockNotFound,
    ContractCustomError,
    MethodUnavailable,
    TransactionNotFound,
    Web3RPCError,
)
from web3.middleware import SignAndSendRawMiddlewareBuilder
from web3.types import RPCEndpoint
from web3.utils.subscriptions import LogsSubscription, NewHeadsSubscription, PendingTxSubscription

from check import equal, eventually, refusal, run

SUPPLY = 1_000

w3 = Web3(Web3.HTTPProvider(RPC))
wallet, other = (Account.from_key(key) for key in KEYS)
# Signs what `eth_sendTransaction` would have a node sign, and fills in nonce, gas and fees.
w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(wallet), layer=0)
w3.eth.default_account = wallet.address


def mined(transaction_hash):
    """The receipt of a transaction, which must have succeeded."""
    receipt = w3.eth.wait_for_transaction_receipt(transaction_hash, timeout=20, poll_latency=0.1)
    equal(receipt["status"], 1)
    return receipt


def identifies(_):
    assert w3.is_connected(show_traceback=True)
    equal(w3.eth.chain_id, NETWORK["l2ChainId"])
    equal(w3.net.version, str(NETWORK["l2ChainId"]))
    assert w3.client_version.startswith("gainsay"), w3.client_version
    equal(list(w3.eth.accounts), [])
    equal(w3.eth.syncing, False)
    equal(w3.eth.get_block("earliest")["number"], 0)
    for tag in ["safe", "finalized", "pending"]:
        assert w3.eth.get_block(tag)["number"] >= 0


def fees(_):
    head = w3.eth.get_block("latest")
    history = w3.eth.fee_history(2, "latest", [10, 50])
    equal(len(history["baseFeePerGas"]), len(history["gasUsedRatio"]) + 1)
    equal([len(of_block) for of_block in history["reward"]], [2] * len(history["gasUsedRatio"]))
    assert w3.eth.gas_price >= head["baseFeePerGas"] // 2 > 0
    assert w3.eth.max_priority_fee > 0
    assert w3.eth.blob_base_fee >= 0


def transfers(_):
    to = Account.create().address
    transaction_hash = w3.eth.send_transaction({"to": to, "value": Web3.to_wei(0.25, "ether")})
    receipt = mined(transaction_hash)
    equal(receipt["gasUsed"], 21_000)
    equal(w3.eth.get_balance(to), Web3.to_wei(0.25, "ether"))
    transaction = w3.eth.get_transaction(transaction_hash)
    equal((transaction["from"], transaction["type"], transaction["to"]), (wallet.address, 2, to))
    block = w3.eth.get_block(receipt["blockHash"], full_transactions=True)
    place = receipt["transactionIndex"]
    equal(block["transactions"][place]["hash"], transaction_hash)
    equal(w3.eth.get_transaction_by_block(block["number"], place)["hash"], transaction_hash)
    equal(w3.eth.get_block_receipts(block["number"])[place], receipt)


def every_envelope(_):
    to, price = Account.create().address, w3.eth.gas_price * 2
    access_list = [{"address": to, "storageKeys": ["0x" + "00" * 32]}]
    requests = [
        {"gasPrice": price},
        {"type": 1, "gasPrice": price, "accessList": access_list},
        {"type": 2, "accessList": access_list},
    ]
    receipts = [mined(w3.eth.send_transaction({"to": to, "value": 1} | request)) for request in requests]
    equal([receipt["type"] for receipt in receipts], [0, 1, 2])
    equal([receipt["gasUsed"] for receipt in receipts], [21_000, 25_300, 25_300])


def deploys(_):
    factory = w3.eth.contract(abi=TOKEN["abi"], bytecode=TOKEN["bytecode"])
    address = mined(factory.constructor(SUPPLY).transact())["contractAddress"]
    token = w3.eth.contract(address=address, abi=TOKEN["abi"])
    assert len(w3.eth.get_code(address)) > 500, f"no code at {address}"
    call = token.functions
    equal((call.name().call(), call.totalSupply().call(), call.balanceOf(wallet.address).call()), ("Test token", SUPPLY, SUPPLY))
    return {"token": token}


def writes(known):
    token = known["token"]
    transfer = token.functions.transfer(other.address, 400)
    estimate = transfer.estimate_gas()
    # By hand: built, signed and sent raw.
    built = transfer.build_transaction({"nonce": w3.eth.get_transaction_count(wallet.address, "pending")})
    signed = wallet.sign_transaction(built)
    receipt = mined(w3.eth.send_raw_transaction(signed.raw_transaction))
    equal(receipt["transactionHash"], signed.hash)
    assert receipt["gasUsed"] <= estimate, f"it used {receipt['gasUsed']} gas, and {estimate} were estimated"
    equal(token.functions.balanceOf(other.address).call(), 400)
    equal(token.functions.balanceOf(other.address).call(block_identifier=receipt["blockNumber"] - 1), 0)
    event = token.events.Transfer().process_receipt(receipt)[0]["args"]
    equal((event["from"], event["to"], event["value"]), (wallet.address, other.address, 400))


def queries(known):
    token = known["token"]
    values = [event["args"]["value"] for event in token.events.Transfer().get_logs(from_block=0)]
    equal(values, [SUPPLY, 400])
    found = token.events.Transfer().get_logs(from_block=0, argument_filters={"to": other.address})
    equal(len(found), 1)
    equal(token.events.Transfer().get_logs(block_hash=found[0]["blockHash"]), found)


def batches(known):
    token = known["token"]
    with w3.batch_requests() as batch:
        batch.add(w3.eth.get_block("latest"))
        batch.add(token.functions.balanceOf(other.address))
        batch.add(w3.eth.get_balance(wallet.address))
        head, owned, balance = batch.execute()
    assert head["number"] > 0 and balance > 0
    equal(owned, 400)


def filters(known):
    token = known["token"]
    transfers, blocks, pending = token.events.Transfer.create_filter(from_block="latest"), w3.eth.filter("latest"), w3.eth.filter("pending")
    receipt = mined(token.functions.transfer(other.address, 1).transact())
    event = eventually(lambda: next(iter(transfers.get_new_entries()), None))
    equal(event["transactionHash"], receipt["transactionHash"])
    equal([entry["args"]["value"] for entry in transfers.get_all_entries()], [1])
    seen = []
    eventually(lambda: seen.extend(blocks.get_new_entries()) or (True if receipt["blockHash"] in seen else None))
    assert receipt["transactionHash"] in pending.get_new_entries()
    for one in (transfers, blocks, pending):
        assert w3.eth.uninstall_filter(one.filter_id)
    assert "filter not found" in refusal(Web3RPCError, blocks.get_new_entries).message


def reverts(known):
    transfer = known["token"].functions.transfer(other.address, SUPPLY)
    arguments = w3.codec.encode(["address", "uint256", "uint256"], [wallet.address, SUPPLY - 401, SUPPLY])
    data = Web3.to_hex(Web3.keccak(text="InsufficientBalance(address,uint256,uint256)")[:4] + arguments)
    for action in (transfer.call, transfer.estimate_gas, transfer.transact):
        equal(refusal(ContractCustomError, action).data, data)
    receipt = w3.eth.wait_for_transaction_receipt(transfer.transact({"gas": 100_000}), timeout=20)
    equal(receipt["status"], 0)


def refusals(_):
    nonce = w3.eth.get_transaction_count(wallet.address)
    fees = {"gas": 21_000, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 1, "chainId": NETWORK["l2ChainId"], "to": other.address, "value": 1}

    def refused(sender, **changes):
        signed = sender.sign_transaction(fees | changes)
        return refusal(Web3RPCError, lambda: w3.eth.send_raw_transaction(signed.raw_transaction))

    for error, words in [
        (refused(wallet, nonce=nonce - 1), "nonce too low"),
        (refused(Account.create(), nonce=0), "insufficient funds"),
        (refused(wallet, nonce=nonce, gas=20_000), "intrinsic gas too low"),
        (refused(wallet, nonce=nonce, chainId=1), "invalid chain"),
    ]:
        assert words in error.message, f"{words!r} is not in {error.message!r}"
        equal(error.rpc_response["error"]["code"], -32000)
    refusal(TransactionNotFound, lambda: w3.eth.get_transaction_receipt("0x" + "01" * 32))
    refusal(BlockNotFound, lambda: w3.eth.get_block(10**9))
    refusal(MethodUnavailable, lambda: w3.manager.request_blocking(RPCEndpoint("eth_noSuchMethod"), []))


def slot_of(owner):
    """Where the token keeps a balance: the balances are the first variable that is stored."""
    return Web3.keccak(w3.codec.encode(["address", "uint256"], [owner, 0]))


def proofs(known):
    token = known["token"]
    slot = int.from_bytes(slot_of(other.address))
    number = w3.eth.block_number
    proof = w3.eth.get_proof(token.address, [slot], number)
    equal(proof["storageProof"][0]["value"], (401).to_bytes(2))
    equal(int.from_bytes(w3.eth.get_storage_at(token.address, slot, number)), 401)
    equal(Web3.keccak(proof["accountProof"][0]), w3.eth.get_block(number)["stateRoot"])
    equal(proof["codeHash"], Web3.keccak(w3.eth.get_code(token.address)))


def imagines(known):
    """Calls on a state that is otherwise, access lists, and blocks that are never made."""
    token, owner = known["token"], Account.create().address
    override = {token.address: {"stateDiff": {Web3.to_hex(slot_of(owner)): "0x" + (77).to_bytes(32).hex()}}}
    balance = token.functions.balanceOf(owner)
    equal((balance.call(), balance.call(state_override=override)), (0, 77))
    transfer = token.functions.transfer(other.address, 1).build_transaction({"gas": 100_000})
    found = w3.eth.create_access_list({"from": wallet.address, "to": token.address, "data": transfer["data"]})
    equal([entry["address"] for entry in found["accessList"]], [token.address])
    equal(set(found["accessList"][0]["storageKeys"]), {Web3.to_hex(slot_of(one)) for one in (wallet.address, other.address)})
    call = {"from": wallet.address, "to": token.address, "data": transfer["data"]}
    number = w3.eth.block_number
    block = w3.eth.simulate_v1({"blockStateCalls": [{"calls": [call]}], "returnFullTransactions": True}, number)[0]
    equal((block["number"], block["calls"][0]["status"], len(block["calls"][0]["logs"])), (number + 1, 1, 1))


def pools(known):
    """A transaction whose nonce is not on turn is where it can be seen."""
    token = known["token"]
    nonce = w3.eth.get_transaction_count(wallet.address)
    waiting = w3.eth.send_transaction({"to": other.address, "value": 1, "gas": 21_000, "nonce": nonce + 1})
    equal(w3.geth.txpool.content()["queued"][wallet.address][str(nonce + 1)]["hash"], Web3.to_hex(waiting))
    assert int(w3.geth.txpool.status()["queued"], 16) > 0
    mined(token.functions.transfer(other.address, 1).transact({"nonce": nonce, "gas": 100_000}))
    mined(waiting)


def traces(known):
    """What a transaction did, through the provider of geth's own methods."""
    token = known["token"]
    receipt = mined(token.functions.transfer(other.address, 1).transact())
    trace = w3.geth.debug.trace_transaction(receipt["transactionHash"], {"tracer": "callTracer", "tracerConfig": {"withLog": True}})
    equal((Web3.to_checksum_address(trace["to"]), trace["gasUsed"], len(trace["logs"])), (token.address, receipt["gasUsed"], 1))
    diff = w3.geth.debug.trace_transaction(receipt["transactionHash"], {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}})
    slot = Web3.to_hex(slot_of(other.address))
    before, after = (int(diff[when][token.address]["storage"][slot], 16) for when in ("pre", "post"))
    equal(after - before, 1)
    block = w3.manager.request_blocking(RPCEndpoint("debug_traceBlockByHash"), [receipt["blockHash"], {"tracer": "callTracer"}])
    equal(block[receipt["transactionIndex"]]["txHash"], Web3.to_hex(receipt["transactionHash"]))


async def asynchronously(known):
    """The same node through the asynchronous provider: what is asked at the same time, and one batch."""
    token = known["token"]
    node = AsyncWeb3(AsyncHTTPProvider(RPC))
    asynchronous = node.eth.contract(address=token.address, abi=TOKEN["abi"]).functions
    chain_id, head, owned = await asyncio.gather(node.eth.chain_id, node.eth.get_block("latest"), asynchronous.balanceOf(other.address).call())
    equal((chain_id, owned), (NETWORK["l2ChainId"], token.functions.balanceOf(other.address).call()))
    async with node.batch_requests() as batch:
        for number in range(3):
            batch.add(node.eth.get_block(head["number"] - number))
        blocks = await batch.async_execute()
    equal([block["parentHash"] for block in blocks[:2]], [block["hash"] for block in blocks[1:]])
    await node.provider.disconnect()


async def subscribes(known):
    """Events, heads and pending transactions over a WebSocket, handed to callbacks."""
    token, found = known["token"], {}
    complete = asyncio.Event()

    async def take(context):
        found.setdefault(context.subscription.label, context.result)
        if len(found) == 3:
            complete.set()

    async with AsyncWeb3(WebSocketProvider(WEB_SOCKET)) as socket:
        event = token.events.Transfer()
        await socket.subscription_manager.subscribe([
            NewHeadsSubscription(label="head", handler=take),
            PendingTxSubscription(label="pending", handler=take),
            LogsSubscription(label="event", address=token.address, topics=[event.topic], handler=take),
        ])
        handling = asyncio.create_task(socket.subscription_manager.handle_subscriptions(run_forever=True))
        transaction_hash = await asyncio.to_thread(token.functions.transfer(other.address, 1).transact)
        await asyncio.wait_for(complete.wait(), 15)
        handling.cancel()
    receipt = mined(transaction_hash)
    equal(found["pending"], transaction_hash)
    equal(found["event"]["transactionHash"], transaction_hash)
    assert found["head"]["number"] <= receipt["blockNumber"]


CHECKS = [
    ("is_connected, chain_id, client_version, accounts, get_block of every tag", identifies),
    ("fee_history, gas_price, max_priority_fee, blob_base_fee", fees),
    ("send_transaction: a transfer arrives, and its receipt, transaction and block agree", transfers),
    ("send_transaction: legacy, access list and EIP-1559", every_envelope),
    ("contract: a token is deployed and read", deploys),
    ("estimate_gas, build_transaction, send_raw_transaction, and the state before it", writes),
    ("get_logs: events by range, topic and block hash", queries),
    ("batch_requests: three calls in one request", batches),
    ("filters: events, blocks and pending transactions", filters),
    ("call, estimate_gas, transact: a custom error carries its data", reverts),
    ("errors: codes and words of what is refused", refusals),
    ("get_proof and get_storage_at: a balance of the token", proofs),
    ("call with another state, create_access_list, simulate_v1", imagines),
    ("txpool: a transaction that waits", pools),
    ("trace_transaction, debug_traceBlockByHash: calls, logs, and the state before and after", traces),
    ("AsyncHTTPProvider: at the same time, and in one batch", asynchronously),
    ("subscribe: heads, pending transactions and events over WebSocket", subscribes),
]

run(CHECKS)
