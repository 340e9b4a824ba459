//! A development node over HTTP, as tools see it.

mod node;

use alloy::{
    primitives::{Address, B256, Bytes, U64, U256, address, hex, keccak256},
    sol,
    sol_types::SolCall,
};
use gainsay_dev::Config;
use node::Dev;
use serde_json::{Value, json};
use std::time::Duration;

const ETHER: u64 = 1_000_000_000_000_000_000;
const WETH: Address = address!("4200000000000000000000000000000000000006");
/// Returns the block's time.
const CLOCK: [u8; 7] = hex!("425f5260205ff3");
/// Keeps the caller in slot 0.
const CALLER: [u8; 4] = hex!("335f5500");

sol! {
    function balanceOf(address owner) external view returns (uint256);
    function transfer(address to, uint256 amount) external returns (bool);
    function deposit() external payable;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_has_a_block_of_its_own_when_it_is_answered() {
    let dev = Dev::start().await;
    let (from, to) = (dev.account(0), Address::repeat_byte(0x77));
    assert_eq!(dev.balance(from, "latest").await, U256::from(10_000) * U256::from(ETHER));
    let receipt = dev.send(json!({ "from": from, "to": to, "value": "0x5" })).await;
    assert_eq!(
        (receipt["status"].as_str(), receipt["blockNumber"].as_str(), receipt["gasUsed"].as_str()),
        (Some("0x1"), Some("0x1"), Some("0x5208"))
    );
    assert_eq!(dev.balance(to, "latest").await, U256::from(5));
    let block: Value = dev.ask("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(block["transactions"], json!([receipt["transactionHash"]]));
    assert_ne!(receipt["l1Fee"], "0x0", "signed bytes cost what they would on L1");
    assert_eq!(dev.ask::<Vec<Address>>("eth_accounts", json!([])).await.len(), 10);
    assert_eq!(dev.ask::<U64>("eth_chainId", json!([])).await.to::<u64>(), 31_337);
    dev.node.stop().await.expect("the disk is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_moves_as_it_is_told_and_contracts_see_it() {
    let dev = Dev::start().await;
    let clock = dev.deploy(&CLOCK).await;
    let start = dev.time().await;
    dev.tell("evm_increaseTime", json!([86_400])).await;
    assert!(dev.call(clock, "pending").await >= U256::from(start + 86_400), "a call sees the time of the next block");
    dev.tell("evm_mine", json!([])).await;
    let later = dev.time().await;
    assert!((start + 86_400..start + 86_500).contains(&later));
    assert_eq!(dev.call(clock, "latest").await, U256::from(later));

    dev.tell("evm_setNextBlockTimestamp", json!([format!("{:#x}", later + 1_000)])).await;
    dev.send(json!({ "from": dev.account(0), "to": clock })).await;
    assert_eq!(dev.time().await, later + 1_000);
    let (code, message) = dev.refused("evm_setNextBlockTimestamp", json!([later])).await;
    assert_eq!(code, -32000);
    assert!(message.contains("before that of the latest block"), "{message}");

    let number = dev.number().await;
    dev.tell("hardhat_mine", json!(["0x64", "0x3c"])).await;
    assert_eq!(dev.number().await, number + 100);
    assert!((later + 1_000 + 99 * 60..later + 1_100 + 99 * 60).contains(&dev.time().await));
    let (_, message) = dev.refused("anvil_mine", json!([1_000_000])).await;
    assert_eq!(message, "1000000 blocks are too many at a time: ask for 20000 at most");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_is_seen_without_a_block_and_the_next_block_keeps_it() {
    let dev = Dev::start().await;
    let (poor, number) = (Address::repeat_byte(0x44), dev.number().await);
    let before: Value = dev.ask("eth_getBlockByNumber", json!(["latest", false])).await;
    dev.tell("anvil_setBalance", json!([poor, "0xde0b6b3a7640000"])).await;
    dev.tell("hardhat_setNonce", json!([poor, "0x7"])).await;
    dev.tell("anvil_setCode", json!([poor, Bytes::from(CLOCK.to_vec())])).await;
    dev.tell("hardhat_setStorageAt", json!([poor, "0x1", B256::with_last_byte(9)])).await;
    for block in ["latest", "pending"] {
        assert_eq!(dev.balance(poor, block).await, U256::from(ETHER), "{block}");
        assert!(dev.call(poor, block).await > U256::ZERO, "{block}");
    }
    assert_eq!(dev.ask::<U64>("eth_getTransactionCount", json!([poor, "latest"])).await.to::<u64>(), 7);
    assert_eq!(dev.ask::<B256>("eth_getStorageAt", json!([poor, "0x1", "latest"])).await, B256::with_last_byte(9));
    assert_eq!(dev.number().await, number, "nothing of it makes a block");
    assert_eq!(dev.ask::<Value>("eth_getBlockByNumber", json!(["latest", false])).await, before);

    for _ in 0..70 {
        dev.tell("evm_mine", json!([])).await;
    }
    assert_eq!(dev.balance(poor, "latest").await, U256::from(ETHER), "it outlives the layers in memory");
    // The root of the new blocks holds it: a proof says so.
    let proof: Value = dev.ask("eth_getProof", json!([poor, ["0x1"], "latest"])).await;
    assert_eq!((proof["nonce"].as_str(), proof["balance"].as_str()), (Some("0x7"), Some("0xde0b6b3a7640000")));
    assert_eq!(proof["codeHash"], json!(keccak256(CLOCK)));
    assert_eq!(proof["storageProof"][0]["value"], "0x9");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erc20_balance_is_written_into_its_slot() {
    let dev = Dev::start().await;
    let (rich, owner) = (dev.account(1), Address::repeat_byte(0x55));
    dev.send(json!({ "from": rich, "to": WETH, "value": "0x10", "data": Bytes::from(depositCall {}.abi_encode()) })).await;
    let query = Bytes::from(balanceOfCall { owner }.abi_encode());
    // As forge's `deal` finds it: the slot that the question reads.
    let listed: Value = dev.ask("eth_createAccessList", json!([{ "to": WETH, "data": query }, "latest"])).await;
    let slot = listed["accessList"][0]["storageKeys"][0].clone();
    dev.tell("anvil_setStorageAt", json!([WETH, slot, B256::from(U256::from(1_000))])).await;
    let balance: Bytes = dev.ask("eth_call", json!([{ "to": WETH, "data": query }, "latest"])).await;
    assert_eq!(U256::from_be_slice(&balance), U256::from(1_000));
    dev.tell("anvil_impersonateAccount", json!([owner])).await;
    dev.tell("anvil_setBalance", json!([owner, ETHER.to_string()])).await;
    let transfer = transferCall { to: rich, amount: U256::from(400) }.abi_encode();
    let receipt = dev.send(json!({ "from": owner, "to": WETH, "data": Bytes::from(transfer) })).await;
    assert_eq!((receipt["status"].as_str(), receipt["logs"].as_array().map(Vec::len)), (Some("0x1"), Some(1)));
    let balance: Bytes = dev.ask("eth_call", json!([{ "to": WETH, "data": query }, "latest"])).await;
    assert_eq!(U256::from_be_slice(&balance), U256::from(600));
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_takes_back_blocks_edits_the_clock_and_the_pool() {
    let dev = Dev::start().await;
    let (from, to) = (dev.account(0), Address::repeat_byte(0x66));
    let clock = dev.deploy(&CLOCK).await;
    dev.tell("anvil_setBalance", json!([to, "0x3"])).await;
    let (time, number) = (dev.time().await, dev.number().await);
    let id: String = dev.ask("evm_snapshot", json!([])).await;
    let inner: String = dev.ask("evm_snapshot", json!([])).await;

    dev.tell("anvil_setBalance", json!([to, "0x9"])).await;
    dev.tell("evm_increaseTime", json!([1_000_000])).await;
    let receipt = dev.send(json!({ "from": from, "to": to, "value": "0x1" })).await;
    for _ in 0..100 {
        dev.tell("evm_mine", json!([])).await;
    }
    dev.tell("evm_setAutomine", json!([false])).await;
    let waiting: B256 = dev.ask("eth_sendTransaction", json!([{ "from": from, "to": to, "value": "0x2" }])).await;
    assert_eq!(dev.receipt(waiting).await, Value::Null);
    assert_eq!(dev.balance(to, "latest").await, U256::from(10));

    assert!(dev.ask::<bool>("evm_revert", json!([id])).await);
    assert_eq!((dev.number().await, dev.time().await), (number, time));
    assert_eq!(dev.balance(to, "latest").await, U256::from(3), "with what was edited before");
    assert_eq!(dev.ask::<Value>("eth_getTransactionReceipt", json!([receipt["transactionHash"]])).await, Value::Null);
    assert_eq!(dev.ask::<Value>("txpool_status", json!([])).await["pending"], "0x0");
    assert!(dev.call(clock, "pending").await < U256::from(time + 1_000));
    for used in [id, inner] {
        assert!(!dev.ask::<bool>("evm_revert", json!([used])).await, "an id works once, and those after it do not any more");
    }
    dev.tell("evm_setAutomine", json!([true])).await;
    let again = dev.send(json!({ "from": from, "to": to, "value": "0x1" })).await;
    assert_eq!(again["status"], "0x1");
    assert_eq!(dev.balance(to, "latest").await, U256::from(4));
    dev.tell("anvil_reset", json!([])).await;
    assert_eq!((dev.number().await, dev.balance(to, "latest").await), (0, U256::ZERO));
}

#[tokio::test(flavor = "multi_thread")]
async fn impersonated_accounts_send_contracts_too_and_are_traced() {
    let dev = Dev::start().await;
    let target = dev.deploy(&CALLER).await;
    let (nobody, contract) = (Address::repeat_byte(0x88), dev.deploy(&CLOCK).await);
    for sender in [nobody, contract] {
        let request = json!({ "from": sender, "to": target, "gas": "0x30d40" });
        let (code, message) = dev.refused("eth_sendTransaction", json!([request])).await;
        assert_eq!(code, -32000);
        assert!(message.contains("impersonate it with anvil_impersonateAccount"), "{message}");
        dev.tell("anvil_setBalance", json!([sender, "0xde0b6b3a7640000"])).await;
        dev.tell("hardhat_impersonateAccount", json!([sender])).await;
        let receipt = dev.send(request.clone()).await;
        assert_eq!((receipt["status"].as_str(), receipt["from"].clone()), (Some("0x1"), json!(sender)));
        let kept: B256 = dev.ask("eth_getStorageAt", json!([target, "0x0", "latest"])).await;
        assert_eq!(Address::from_word(kept), sender);
        let found: Value = dev.ask("eth_getTransactionByHash", json!([receipt["transactionHash"]])).await;
        assert_eq!((found["from"].clone(), found["hash"].clone()), (json!(sender), receipt["transactionHash"].clone()));
        dev.tell("hardhat_stopImpersonatingAccount", json!([sender])).await;
        dev.refused("eth_sendTransaction", json!([request])).await;
    }
    dev.tell("anvil_setBalance", json!([nobody, "0xde0b6b3a7640000"])).await;
    dev.tell("anvil_autoImpersonateAccount", json!([true])).await;
    let receipt = dev.send(json!({ "from": nobody, "to": target })).await;
    // What was edited is where the block began.
    let trace: Value = dev.ask("debug_traceTransaction", json!([receipt["transactionHash"], { "tracer": "callTracer" }])).await;
    assert_eq!((trace["from"].clone(), trace["gasUsed"].clone()), (json!(nobody), receipt["gasUsed"].clone()));
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_wait_when_they_are_told_to_and_the_next_one_is_as_asked() {
    let dev = Dev::start().await;
    let (from, to) = (dev.account(2), Address::repeat_byte(0x99));
    dev.tell("evm_setAutomine", json!([false])).await;
    assert!(!dev.ask::<bool>("anvil_getAutomine", json!([])).await);
    let request = json!([{ "from": from, "to": to, "value": "0x1" }]);
    let mut hashes: Vec<B256> = Vec::new();
    for _ in 0..3 {
        hashes.push(dev.ask("eth_sendTransaction", request.clone()).await);
    }
    assert_eq!(dev.number().await, 0);
    assert_eq!(dev.ask::<B256>("anvil_dropTransaction", json!([hashes[2]])).await, hashes[2]);
    dev.tell("anvil_setNextBlockBaseFeePerGas", json!(["0x5f5e100"])).await;
    dev.tell("evm_mine", json!([])).await;
    let block: Value = dev.ask("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_ne!(block["transactions"], json!(hashes[..2]), "their fee cap is below this base fee");
    assert_eq!(block["baseFeePerGas"], "0x5f5e100");
    dev.tell("anvil_setNextBlockBaseFeePerGas", json!([0])).await;
    dev.tell("hardhat_setPrevRandao", json!([B256::with_last_byte(3)])).await;
    dev.tell("evm_setBlockGasLimit", json!(["0x2625a00"])).await;
    dev.tell("evm_mine", json!([{ "blocks": 2 }])).await;
    let block: Value = dev.ask("eth_getBlockByNumber", json!(["0x2", false])).await;
    assert_eq!((block["transactions"].clone(), block["baseFeePerGas"].as_str()), (json!(hashes[..2]), Some("0x0")));
    assert_eq!((block["mixHash"].clone(), block["gasLimit"].as_str()), (json!(B256::with_last_byte(3)), Some("0x2625a00")));
    assert_eq!(dev.number().await, 3);
    dev.tell("evm_setIntervalMining", json!([1])).await;
    tokio::time::timeout(Duration::from_secs(20), async {
        while dev.number().await < 4 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("a block a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn development_keys_sign_and_what_makes_no_sense_is_refused_with_the_reason() {
    let dev = Dev::start().await;
    let account = dev.account(0);
    let message = Bytes::from_static(b"hello");
    let signature: Bytes = dev.ask("personal_sign", json!([message, account])).await;
    let signature = alloy::primitives::Signature::try_from(signature.as_ref()).expect("65 bytes");
    assert_eq!(signature.recover_address_from_msg(message.as_ref()).ok(), Some(account));
    let raw: Bytes = dev.ask("eth_signTransaction", json!([{ "from": account, "to": account }])).await;
    let hash: B256 = dev.ask("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(dev.receipt(hash).await["status"], "0x1");
    for (method, words) in [("anvil_setRpcUrl", "forks no other"), ("anvil_setCoinbase", "fee vault"), ("anvil_dumpState", "--data-dir")] {
        let (code, message) = dev.refused(method, json!([])).await;
        assert_eq!(code, -32004);
        assert!(message.starts_with(&format!("{method} is not supported: ")) && message.contains(words), "{message}");
    }
    let (code, message) = dev.refused("anvil_setBalance", json!([account, "much"])).await;
    assert_eq!((code, message.contains("is not a number")), (-32602, true), "{message}");
    // A call that reverts gives what it returned.
    let reverting = dev.deploy(&hex!("63deadbeef5f526004601cfd")).await;
    let (code, message) = dev.refused("eth_sendTransaction", json!([{ "from": account, "to": reverting }])).await;
    assert_eq!((code, message.as_str()), (3, "execution reverted"));
    let info: Value = dev.ask("anvil_nodeInfo", json!([])).await;
    assert_eq!(info["environment"]["chainId"], 31_337);
    assert_eq!(dev.ask::<Value>("hardhat_metadata", json!([])).await["chainId"], 31_337);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_in_a_directory_is_there_again() {
    let directory = tempfile::TempDir::new().expect("a directory");
    let config = Config { data_dir: Some(directory.path().to_owned()), ..Config::default() };
    let dev = Dev::with(config.clone()).await;
    let to = Address::repeat_byte(0x12);
    dev.tell("anvil_setBalance", json!([to, "0x5"])).await;
    dev.send(json!({ "from": dev.account(0), "to": to, "value": "0x2" })).await;
    let number = dev.number().await;
    dev.node.stop().await.expect("the disk is there");
    drop(dev.provider);
    let again = Dev::with(config.clone()).await;
    assert_eq!((again.number().await, again.balance(to, "latest").await), (number, U256::from(7)));
    again.node.stop().await.expect("the disk is there");
    let other = gainsay_dev::start(Config { chain_id: 5, address: ([127, 0, 0, 1], 0).into(), ..config }).await;
    let Err(error) = other else { panic!("it is another chain's") };
    assert!(error.to_string().contains("31337"), "{error}");
}
