use crate::chain::{plan, policy};
use alloy::{
    consensus::Transaction,
    eips::BlockId,
    primitives::{Address, B256, Bytes, hex, keccak256},
    rpc::types::{Block, Filter},
    sol_types::SolCall,
};
use gainsay_bindings::{Factory, PreimageOracle};
use gainsay_l1::{
    BlockRef, Contracts, DeployError, DeployPlan, Network, NetworkError, TransactionManager, TxRequest, anvil::Anvil, deploy,
};
use gainsay_types::Millis;
use std::time::Duration;

#[tokio::test]
async fn deploying_twice_gives_the_same_and_sends_nothing_the_second_time() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let (client, key) = (anvil.client(), Anvil::key(0));
    let plan = plan(key.address());
    let first = deploy(client, key.clone(), policy(), &plan).await?;
    let sent = client.nonce(key.address(), BlockId::latest()).await?;
    assert_eq!(sent, 10, "the Factory and nine contracts");
    anvil.mine(3).await?;
    let second = deploy(client, key.clone(), policy(), &plan).await?;
    assert_eq!(second, first);
    assert_eq!(client.nonce(key.address(), BlockId::latest()).await?, sent);
    let events = client.logs(&Filter::new().address(first.contracts.rollup).from_block(0).to_block(first.deployed_at_block - 1)).await?;
    assert!(events.is_empty(), "nothing is before the block of the deployment");
    Ok(())
}

/// The limit that EIP-7825 sets.
const MOST_GAS: u64 = 1 << 24;

#[tokio::test]
async fn each_contract_fits_into_one_transaction() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let (client, key) = (anvil.client(), Anvil::key(0));
    deploy(client, key.clone(), policy(), &plan(key.address())).await?;
    let mut count = 0;
    for number in 1..=client.block(BlockRef::Latest).await?.number {
        let block: Block = client.request("eth_getBlockByNumber", (format!("{number:#x}"), true)).await?;
        for transaction in block.transactions.into_transactions() {
            assert!(transaction.gas_limit() <= MOST_GAS, "transaction {count} asks for {} gas", transaction.gas_limit());
            count += 1;
        }
    }
    assert_eq!(count, 10);
    Ok(())
}

#[tokio::test]
async fn a_deployment_that_was_cut_off_is_finished_by_the_next() -> eyre::Result<()> {
    let after: [fn(Contracts) -> Address; 5] =
        [|at| at.inbox, |at| at.rollup, |at| at.preimage_oracle, |at| at.step_verifier, |at| at.matches];
    for last in after {
        cut_off_after(last).await?;
    }
    Ok(())
}

async fn cut_off_after(last: fn(Contracts) -> Address) -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let (client, key) = (anvil.client().clone(), Anvil::key(0));
    let plan = plan(key.address());
    let contracts = Contracts::of(key.address(), plan.salt);
    let running = tokio::spawn({
        let (client, key, plan) = (client.clone(), key.clone(), plan.clone());
        async move { deploy(&client, key, policy(), &plan).await }
    });
    while client.code(last(contracts)).await?.is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    running.abort();
    assert!(client.code(contracts.bridge).await?.is_empty(), "it was cut off before its end");
    let network = deploy(&client, key, policy(), &plan).await?;
    assert_eq!(network.contracts, contracts);
    network.verify_against_l1(&client).await?;
    Ok(())
}

#[tokio::test]
async fn an_l1_without_the_deployment_proxy_gets_it() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--disable-default-create2-deployer"])?;
    let key = Anvil::key(0);
    assert!(anvil.client().code(gainsay_types::predeploys::CREATE2_FACTORY).await?.is_empty());
    deploy(anvil.client(), key.clone(), policy(), &plan(key.address())).await?;
    Ok(())
}

#[tokio::test]
async fn another_chain_at_the_same_addresses_is_refused() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let key = Anvil::key(0);
    let mut plan = plan(key.address());
    deploy(anvil.client(), key.clone(), policy(), &plan).await?;
    plan.chain.min_base_fee += 1;
    let error = deploy(anvil.client(), key, policy(), &plan).await.unwrap_err();
    assert!(matches!(error, DeployError::Network(NetworkError::Differs { what: "the config hash of the Rollup on L1", .. })), "{error}");
    Ok(())
}

#[tokio::test]
async fn another_program_at_the_same_addresses_is_refused() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let key = Anvil::key(0);
    let mut plan = plan(key.address());
    deploy(anvil.client(), key.clone(), policy(), &plan).await?;
    plan.program_root = B256::repeat_byte(0xdd);
    let error = deploy(anvil.client(), key, policy(), &plan).await.unwrap_err();
    assert!(matches!(error, DeployError::Network(NetworkError::Differs { what: "the program root of Matches on L1", .. })), "{error}");
    Ok(())
}

/// Creation code that sets a slot before it returns this code.
fn with_storage(code: &[u8]) -> Bytes {
    let length = u16::try_from(code.len()).expect("code has less than 24 kB").to_be_bytes();
    // SSTORE(0, 1), then CODECOPY(0, 17, length), RETURN(0, length), and a byte to make it 17.
    let start: [&[u8]; 5] = [&hex!("60015f5561"), &length, &hex!("60115f3961"), &length, &hex!("5ff300")];
    [start.concat().as_slice(), code].concat().into()
}

#[tokio::test]
async fn a_contract_with_the_right_code_that_began_with_other_storage_is_refused() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let (client, key) = (anvil.client(), Anvil::key(0));
    let plan = plan(key.address());
    let contracts = Contracts::of(key.address(), plan.salt);
    // Another chain of this deployer, for the Factory.
    deploy(client, key.clone(), policy(), &chain_at(&plan, key.address(), B256::ZERO)).await?;
    let salt = keccak256([plan.salt.as_slice(), b"preimageOracle"].concat());
    let call = Factory::deployCall { salt, initCode: with_storage(&PreimageOracle::DEPLOYED_BYTECODE) };
    let mut manager = TransactionManager::start(client.clone(), key.clone(), policy()).await?;
    manager.send(TxRequest { to: contracts.factory, input: call.abi_encode().into(), ..TxRequest::default() }).await?;
    assert_eq!(client.code(contracts.preimage_oracle).await?, PreimageOracle::DEPLOYED_BYTECODE);

    let error = deploy(client, key, policy(), &plan).await.unwrap_err();
    assert!(matches!(error, DeployError::Network(NetworkError::OtherCode { contract: "the PreimageOracle", .. })), "{error}");
    Ok(())
}

/// The same chain at another salt.
fn chain_at(plan: &DeployPlan, deployer: Address, salt: B256) -> DeployPlan {
    let mut plan = plan.clone();
    (plan.salt, plan.chain.portal) = (salt, Contracts::of(deployer, salt).portal);
    plan
}

#[tokio::test]
async fn an_l1_that_lacks_a_precompile_is_refused_with_the_reason() -> eyre::Result<()> {
    let anvil = Anvil::start(&["--hardfork", "prague"])?;
    let key = Anvil::key(0);
    let error = deploy(anvil.client(), key.clone(), policy(), &plan(key.address())).await.unwrap_err();
    assert!(matches!(error, DeployError::Refused { contract: "the PreimageOracle", .. }), "{error}");
    assert!(error.to_string().contains("WrongPrecompile"), "{error}");
    Ok(())
}

#[tokio::test]
async fn the_file_says_in_one_line_what_does_not_fit() -> eyre::Result<()> {
    let anvil = Anvil::start(&[])?;
    let key = Anvil::key(0);
    let network = deploy(anvil.client(), key.clone(), policy(), &plan(key.address())).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("addresses.json");
    network.save(&path)?;
    assert_eq!(Network::load(&path)?, network);
    let text = std::fs::read_to_string(&path)?;
    for key in [
        "l1ChainId",
        "deployedAtBlock",
        "configHash",
        "programRoot",
        "stepVerifier",
        "preimageOracle",
        "challengeWindow",
        "outputRoot",
        "inclusionDelay",
    ] {
        assert!(text.contains(&format!("\"{key}\"")), "{key} is missing in {text}");
    }

    std::fs::write(&path, text.replace("\"gasTarget\": 5000000", "\"gasTarget\": 5000001"))?;
    let error = Network::load(&path).unwrap_err().to_string();
    assert!(error.starts_with("configHash should be ") && !error.contains('\n'), "{error}");
    std::fs::write(&path, &text[..text.len() / 2])?;
    assert!(Network::load(&path).unwrap_err().to_string().contains("is not a description of a network"));
    assert!(Network::load(&folder.path().join("none.json")).unwrap_err().to_string().contains("none.json"));

    let mut window = network.clone();
    window.rollup.challenge_window += 1;
    let error = window.verify_against_l1(anvil.client()).await.unwrap_err().to_string();
    assert!(error.contains("challenge window") && error.contains("31") && error.contains("30"), "{error}");
    let mut moved = network.clone();
    moved.deployed_at_hash = Some(B256::repeat_byte(1));
    assert!(moved.verify_against_l1(anvil.client()).await.unwrap_err().to_string().contains("the L1 block of the deployment"));
    let mut genesis = network.clone();
    genesis.genesis.timestamp = Millis(5);
    genesis.genesis.output_root = B256::ZERO;
    assert!(genesis.verify_against_l1(anvil.client()).await.unwrap_err().to_string().contains("genesis assertion"));

    let mut program = network.clone();
    program.program_root = B256::ZERO;
    assert!(program.verify_against_l1(anvil.client()).await.unwrap_err().to_string().contains("the program root of Matches"));
    let mut oracle = network.clone();
    oracle.contracts.preimage_oracle = network.contracts.inbox;
    assert!(oracle.verify_against_l1(anvil.client()).await.unwrap_err().to_string().contains("the PreimageOracle of the StepVerifier"));

    let other = Anvil::start(&["--chain-id", "5"])?;
    let error = network.verify_against_l1(other.client()).await.unwrap_err().to_string();
    assert!(error.contains("is chain 5, but chain 31337 is configured"), "{error}");
    let fresh = Anvil::start(&[])?;
    let error = network.verify_against_l1(fresh.client()).await.unwrap_err();
    assert!(matches!(error, NetworkError::NoContract { contract: "the Inbox", .. }), "{error}");
    Ok(())
}
