//! The table of methods, and how one runs.

use crate::{
    Backend, Client, L1View, Limits, Preconfirmations,
    arguments::Arguments,
    at_once::{self, Answer},
    batches,
    chain::{Chain, NextBlock},
    claims, debug, deposits, disputes,
    error::RpcError,
    eth::{accounts, blocks, calls, config, fees, filters, logs, node, proofs, raw, syncing, transactions, txpool},
    gainsay,
    inclusion::Inclusions,
    optimism, subscribe,
};
use alloy_eips::BlockNumHash;
use alloy_primitives::B256;
use jsonrpsee::{
    RpcModule,
    types::{ErrorObjectOwned, Params},
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{
    sync::{Semaphore, broadcast, watch},
    task::JoinError,
};

/// Transactions between two turns: about 0.3 ms of recovering signatures.
const TURN: u32 = 8;

/// What all methods share.
pub(crate) struct Context {
    pub(crate) chain: Chain,
    pub(crate) client: Arc<dyn Client>,
    pub(crate) latest: watch::Receiver<BlockNumHash>,
    pub(crate) pending: broadcast::Sender<B256>,
    pub(crate) preconfirmations: Preconfirmations,
    /// Who waits for a receipt.
    pub(crate) inclusions: Inclusions,
    pub(crate) version: String,
    /// The latest block when the server started.
    pub(crate) starting_block: u64,
    pub(crate) l1: Arc<dyn L1View>,
    pub(crate) limits: Limits,
    pub(crate) filters: filters::Filters,
    /// Transactions that were handed in; wraps around.
    submissions: AtomicU32,
    /// Permits of the methods that take long.
    heavy: Arc<Semaphore>,
    /// Permits of the methods that also take much memory.
    large: Arc<Semaphore>,
    /// Permits of traces.
    traces: Arc<Semaphore>,
}

impl Context {
    /// Lets other connections have their turn now and then. Handing in a transaction waits for nothing, so a long batch would otherwise keep its
    /// thread from start to end.
    pub(crate) async fn take_turns(&self) {
        if self.submissions.fetch_add(1, Ordering::Relaxed).is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
    }
}

/// A method that reads the store: it blocks its thread.
pub(crate) type Read<R> = fn(&Context, &mut Arguments<'_>) -> Result<R, RpcError>;

type Module = RpcModule<Context>;
type Registered = Result<(), jsonrpsee::server::RegisterMethodError>;

/// All methods, of a node whose next block is as the protocol says.
#[cfg(test)]
pub(crate) fn module(backend: Backend, limits: Limits) -> Result<Module, jsonrpsee::server::RegisterMethodError> {
    let next = Arc::new(crate::chain::ByProtocol(backend.config.clone()));
    all(backend, next, limits)
}

/// All methods.
pub(crate) fn all(backend: Backend, next: Arc<dyn NextBlock>, limits: Limits) -> Result<Module, jsonrpsee::server::RegisterMethodError> {
    let Backend { store, config, client, latest, l1, pending, preconfirmations, inclusions, version } = backend;
    let heavy = Arc::new(Semaphore::new(limits.heavy_requests.max(1)));
    let large = Arc::new(Semaphore::new(limits.witness_requests.max(1)));
    let traces = Arc::new(Semaphore::new(limits.trace_requests.max(1)));
    let mut module = RpcModule::new(Context {
        starting_block: store.heads().latest.number,
        l1,
        chain: Chain::new(store, config, next, preconfirmations.shown_block().clone()),
        client,
        latest,
        pending,
        preconfirmations,
        inclusions,
        version,
        limits,
        filters: filters::Filters::default(),
        submissions: AtomicU32::new(0),
        heavy,
        large,
        traces,
    });
    node_methods(&mut module)?;
    block_methods(&mut module)?;
    account_methods(&mut module)?;
    transaction_methods(&mut module)?;
    pool_methods(&mut module)?;
    raw_methods(&mut module)?;
    heavy_methods(&mut module)?;
    trace_methods(&mut module)?;
    filter_methods(&mut module)?;
    subscribe::register(&mut module)?;
    Ok(module)
}

fn node_methods(module: &mut Module) -> Registered {
    instant(module, "web3_clientVersion", node::client_version)?;
    light(module, "web3_sha3", node::sha3)?;
    instant(module, "net_version", node::network)?;
    instant(module, "net_listening", node::listening)?;
    instant(module, "eth_chainId", node::chain_id)?;
    light(module, "eth_syncing", syncing::syncing)?;
    instant(module, "eth_accounts", node::accounts)?;
    light(module, "eth_coinbase", node::coinbase)?;
    light(module, "eth_config", config::config)?;
    instant(module, "eth_capabilities", config::capabilities)?;
    light(module, "gainsay_syncStatus", gainsay::sync_status)?;
    light(module, "gainsay_outputAtBlock", gainsay::output_at_block)?;
    light(module, "gainsay_getDeposit", deposits::by_index)?;
    light(module, "gainsay_endState", claims::end_state_below)?;
    light(module, "gainsay_config", gainsay::config)?;
    rollup_methods(module)
}

fn rollup_methods(module: &mut Module) -> Registered {
    light(module, "gainsay_getBatch", batches::by_index)?;
    light(module, "gainsay_getBatchOfBlock", batches::of_block)?;
    light(module, "gainsay_getAssertions", disputes::assertions)?;
    light(module, "gainsay_getAssertion", disputes::assertion)?;
    light(module, "gainsay_getDisputes", disputes::disputes)?;
    light(module, "gainsay_getDispute", disputes::dispute)?;
    instant(module, "optimism_version", optimism::version)?;
    light(module, "optimism_syncStatus", optimism::sync_status)?;
    light(module, "optimism_outputAtBlock", optimism::output_at_block)?;
    light(module, "optimism_rollupConfig", optimism::rollup_config)
}

fn block_methods(module: &mut Module) -> Registered {
    instant(module, "eth_blockNumber", blocks::number)?;
    near(module, "eth_getBlockByNumber", blocks::by_number)?;
    near(module, "eth_getBlockByHash", blocks::by_hash)?;
    light(module, "eth_getBlockReceipts", blocks::receipts)?;
    near(module, "eth_getBlockTransactionCountByNumber", blocks::transaction_count_by_number)?;
    light(module, "eth_getBlockTransactionCountByHash", blocks::transaction_count_by_hash)?;
    light(module, "eth_getUncleCountByBlockNumber", blocks::uncle_count_by_number)?;
    light(module, "eth_getUncleCountByBlockHash", blocks::uncle_count_by_hash)?;
    instant(module, "eth_getUncleByBlockNumberAndIndex", blocks::uncle_by_number)?;
    instant(module, "eth_getUncleByBlockHashAndIndex", blocks::uncle_by_hash)
}

fn account_methods(module: &mut Module) -> Registered {
    near(module, "eth_getBalance", accounts::balance)?;
    near(module, "eth_getCode", accounts::code)?;
    near(module, "eth_getStorageAt", accounts::storage)?;
    first_at_once(module, "eth_getTransactionCount", accounts::included_count, |context, params| {
        encoded(accounts::transaction_count(context, params))
    })
}

fn transaction_methods(module: &mut Module) -> Registered {
    asynchronous(module, "eth_sendRawTransaction", transactions::send_raw)?;
    asynchronous(module, "eth_sendRawTransactionSync", transactions::send_raw_sync)?;
    asynchronous(module, "eth_getTransactionByHash", transactions::by_hash)?;
    asynchronous(module, "eth_getTransactionReceipt", transactions::receipt)?;
    light(module, "eth_getTransactionByBlockNumberAndIndex", transactions::by_number_and_index)?;
    light(module, "eth_getTransactionByBlockHashAndIndex", transactions::by_hash_and_index)?;
    near(module, "eth_gasPrice", fees::gas_price)?;
    near(module, "eth_maxPriorityFeePerGas", fees::priority_fee)?;
    near(module, "eth_baseFee", fees::base_fee)?;
    light(module, "eth_blobBaseFee", fees::blob_base_fee)
}

fn pool_methods(module: &mut Module) -> Registered {
    asynchronous(module, "txpool_status", txpool::status)?;
    guarded(module, "txpool_content", txpool::content)?;
    guarded(module, "txpool_contentFrom", txpool::content_from)?;
    guarded(module, "txpool_inspect", txpool::inspect)
}

fn raw_methods(module: &mut Module) -> Registered {
    light(module, "debug_getRawHeader", raw::header)?;
    heavy(module, "debug_getRawBlock", raw::block)?;
    heavy(module, "debug_getRawReceipts", raw::receipts)?;
    asynchronous(module, "debug_getRawTransaction", raw::transaction)?;
    asynchronous(module, "eth_getRawTransactionByHash", raw::transaction)?;
    light(module, "eth_getRawTransactionByBlockNumberAndIndex", raw::transaction_by_number)?;
    light(module, "eth_getRawTransactionByBlockHashAndIndex", raw::transaction_by_block_hash)
}

fn heavy_methods(module: &mut Module) -> Registered {
    brief(module, "eth_call", calls::brief_call, calls::call)?;
    heavy(module, "eth_estimateGas", calls::estimate_gas)?;
    heavy(module, "eth_createAccessList", calls::create_access_list)?;
    heavy(module, "eth_simulateV1", calls::simulate)?;
    heavy(module, "eth_feeHistory", fees::history)?;
    brief(module, "eth_getLogs", logs::get, logs::get)?;
    heavy(module, "eth_getProof", proofs::get)?;
    heavy(module, "eth_getStorageValues", accounts::storage_values)?;
    heavy(module, "gainsay_getDepositsByL1Transaction", deposits::by_l1_transaction)?;
    large(module, "gainsay_witness", gainsay::witness_of_block)?;
    large(module, "gainsay_witnessOfStep", gainsay::witness_of_step)
}

fn trace_methods(module: &mut Module) -> Registered {
    trace(module, "debug_traceTransaction", debug::trace_transaction)?;
    trace(module, "debug_traceBlockByNumber", debug::trace_block_by_number)?;
    trace(module, "debug_traceBlockByHash", debug::trace_block_by_hash)?;
    trace(module, "debug_traceBlock", debug::trace_raw_block)?;
    trace(module, "debug_traceCall", debug::trace_call)
}

fn filter_methods(module: &mut Module) -> Registered {
    light(module, "eth_newFilter", filters::new_logs)?;
    light(module, "eth_newBlockFilter", filters::new_blocks)?;
    light(module, "eth_newPendingTransactionFilter", filters::new_pending)?;
    light(module, "eth_uninstallFilter", filters::uninstall)?;
    heavy(module, "eth_getFilterChanges", filters::changes)?;
    heavy(module, "eth_getFilterLogs", filters::all_logs)
}

/// What is at hand in memory is answered where it is asked: another thread would cost more than the answer.
fn instant<R: Serialize + 'static>(module: &mut Module, name: &'static str, read: Read<R>) -> Registered {
    module.register_method(name, move |params, context, _| answer(context, &params, read).map_err(ErrorObjectOwned::from))?;
    Ok(())
}

/// What is in memory nearly always is answered at once as far as it is, else as [`light`].
fn near<R: Serialize + Clone + Send + 'static>(module: &mut Module, name: &'static str, read: Read<R>) -> Registered {
    first_at_once(module, name, read, move |context, params| async move {
        blocking(&context, move |context| answer(context, &params, read)).await
    })
}

/// What is short nearly always: `first` answers it at once if it can, else `read` does as [`heavy`].
fn brief<R: Serialize + Clone + Send + 'static>(module: &mut Module, name: &'static str, first: Read<R>, read: Read<R>) -> Registered {
    first_at_once(module, name, first, move |context, params| with_permit(context, params, read, |context| &context.heavy))
}

fn first_at_once<R, F, Fut>(module: &mut Module, name: &'static str, first: Read<R>, otherwise: F) -> Registered
where
    R: Serialize + Clone + Send + 'static,
    F: Fn(Arc<Context>, Params<'static>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Box<RawValue>, RpcError>> + Send + 'static,
{
    module.register_async_method(name, move |params, context, _| {
        let answer = at_once::attempt(&context, &params, first).ok_or_else(|| otherwise(context, params));
        async move {
            match answer {
                Ok(answer) => answer.map(Answer::AtOnce),
                Err(otherwise) => otherwise.await.map(Answer::Elsewhere),
            }
            .map_err(ErrorObjectOwned::from)
        }
    })?;
    Ok(())
}

/// What reads the store runs on a thread that may block.
fn light<R: Serialize + 'static>(module: &mut Module, name: &'static str, read: Read<R>) -> Registered {
    asynchronous(
        module,
        name,
        move |context, params| async move { blocking(&context, move |context| answer(context, &params, read)).await },
    )
}

/// As [`light`], but only so many at a time.
fn heavy<R: Serialize + 'static>(module: &mut Module, name: &'static str, read: Read<R>) -> Registered {
    permitted(module, name, read, |context| &context.heavy)
}

/// As [`light`], but only very few at a time.
fn large<R: Serialize + 'static>(module: &mut Module, name: &'static str, read: Read<R>) -> Registered {
    permitted(module, name, read, |context| &context.large)
}

/// As [`large`]; neither waits for the other.
fn trace<R: Serialize + 'static>(module: &mut Module, name: &'static str, read: Read<R>) -> Registered {
    permitted(module, name, read, |context| &context.traces)
}

fn permitted<R: Serialize + 'static>(
    module: &mut Module,
    name: &'static str,
    read: Read<R>,
    permits: fn(&Context) -> &Arc<Semaphore>,
) -> Registered {
    asynchronous(module, name, move |context, params| with_permit(context, params, read, permits))
}

async fn with_permit<R: Serialize + 'static>(
    context: Arc<Context>,
    params: Params<'static>,
    read: Read<R>,
    permits: fn(&Context) -> &Arc<Semaphore>,
) -> Result<Box<RawValue>, RpcError> {
    let _permit = permits(&context).clone().acquire_owned().await.map_err(|_| RpcError::Stopping)?;
    blocking(&context, move |context| answer(context, &params, read)).await
}

async fn encoded<R: Serialize>(answer: impl Future<Output = Result<R, RpcError>>) -> Result<Box<RawValue>, RpcError> {
    Ok(to_raw_value(&answer.await?)?)
}

/// As [`asynchronous`], but only so many at a time.
fn guarded<F, Fut, R>(module: &mut Module, name: &'static str, method: F) -> Registered
where
    F: Fn(Arc<Context>, Params<'static>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<R, RpcError>> + Send + 'static,
    R: Serialize + Send + 'static,
{
    asynchronous(module, name, move |context, params| {
        let (permits, answer) = (context.heavy.clone(), method(context, params));
        async move {
            let _permit = permits.acquire_owned().await.map_err(|_| RpcError::Stopping)?;
            answer.await
        }
    })
}

fn asynchronous<F, Fut, R>(module: &mut Module, name: &'static str, method: F) -> Registered
where
    F: Fn(Arc<Context>, Params<'static>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<R, RpcError>> + Send + 'static,
    R: Serialize,
{
    module.register_async_method(name, move |params, context, _| {
        let answer = method(context, params);
        async move {
            let value = answer.await.map_err(ErrorObjectOwned::from)?;
            to_raw_value(&value).map_err(|error| ErrorObjectOwned::from(RpcError::Encoding(error)))
        }
    })?;
    Ok(())
}

/// Runs what blocks on a thread for that.
pub(crate) async fn blocking<R: Send + 'static>(
    context: &Arc<Context>,
    work: impl FnOnce(&Context) -> Result<R, RpcError> + Send + 'static,
) -> Result<R, RpcError> {
    let context = context.clone();
    ended(tokio::task::spawn_blocking(move || work(&context)).await)
}

/// What came of work on another thread.
fn ended<R>(joined: Result<Result<R, RpcError>, JoinError>) -> Result<R, RpcError> {
    joined.unwrap_or_else(|error| Err(if error.is_panic() { RpcError::Defect } else { RpcError::Stopping }))
}

fn answer<R: Serialize>(context: &Context, params: &Params<'_>, read: Read<R>) -> Result<Box<RawValue>, RpcError> {
    let value = read(context, &mut Arguments::new(params)?)?;
    Ok(to_raw_value(&value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_was_cut_short_says_whether_the_server_stops_or_has_a_defect() {
        let done = tokio::spawn(async { Ok(7) });
        assert_eq!(ended(done.await).expect("done"), 7);
        let panicked = tokio::spawn(async { if std::env::args().count() > 0 { panic!("for this test") } else { Ok(()) } });
        let stopped = tokio::spawn(std::future::pending::<Result<(), RpcError>>());
        stopped.abort();
        for (work, message) in [
            (panicked, "the method failed, which is a defect of this node: its log says more"),
            (stopped, "the server is stopping: ask another node, or ask again later"),
        ] {
            let error = ErrorObjectOwned::from(ended(work.await).expect_err("it has no result"));
            assert_eq!((error.code(), error.message()), (-32603, message));
        }
    }
}
