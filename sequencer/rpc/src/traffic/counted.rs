//! Counts the requests of a connection while they are under way, and their replies.

use super::{Traffic, size};
use crate::{
    Limits,
    at_once::Turn,
    error::RpcError,
    limits::{exceeded, flags},
};
use jsonrpsee::{
    core::middleware::{Batch, BatchEntry, Notification, RpcServiceT},
    server::{BatchResponseBuilder, Extensions, MethodResponse},
    types::{
        ErrorObjectOwned, Id, Request,
        error::{
            INTERNAL_ERROR_CODE, METHOD_NOT_FOUND_CODE, OVERSIZED_RESPONSE_CODE, TOO_BIG_BATCH_REQUEST_CODE, TOO_BIG_BATCH_RESPONSE_CODE,
            TOO_MANY_SUBSCRIPTIONS_CODE,
        },
    },
};
use std::{future::Future, sync::Arc};
use tower::Layer;

/// Characters of an unknown method's name that are told back.
const MOST_SHOWN: usize = 100;

/// Of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) limits: Limits,
}

#[derive(Clone, Debug)]
pub(crate) struct WithCounted<S> {
    service: S,
    counted: Counted,
}

impl<S> Layer<S> for Counted {
    type Service = WithCounted<S>;

    fn layer(&self, service: S) -> Self::Service {
        WithCounted { service, counted: self.clone() }
    }
}

fn refusal() -> ErrorObjectOwned {
    let what = "this server holds as many replies that were not read yet as it may";
    RpcError::Limit(exceeded(what, "ask for less at a time, or try later", flags::REPLIES)).into()
}

/// jsonrpsee says only that a limit was exceeded: in its place, which one it is and what to do. Unknown methods, and subscriptions over HTTP, get the
/// words that geth has for them.
fn explained(code: i32, method: &str, limits: &Limits) -> Option<ErrorObjectOwned> {
    let (what, instead, flag) = match code {
        METHOD_NOT_FOUND_CODE => {
            let shown: String = method.chars().take(MOST_SHOWN).collect();
            return Some(ErrorObjectOwned::owned(code, format!("the method {shown} does not exist/is not available"), None::<()>));
        }
        INTERNAL_ERROR_CODE if is_subscription(method) => {
            return Some(ErrorObjectOwned::owned(METHOD_NOT_FOUND_CODE, "notifications not supported", None::<()>));
        }
        OVERSIZED_RESPONSE_CODE | TOO_BIG_BATCH_RESPONSE_CODE => {
            (format!("response too large: {} bytes are allowed", limits.response_bytes), "ask for less at a time", flags::RESPONSE)
        }
        TOO_MANY_SUBSCRIPTIONS_CODE => {
            let what = format!("too many subscriptions: {} are allowed on a connection", limits.subscriptions);
            (what, "end some, or open another connection", flags::SUBSCRIPTIONS)
        }
        _ => return None,
    };
    Some(ErrorObjectOwned::owned(code, exceeded(&what, instead, flag), None::<()>))
}

fn too_many_calls(calls: usize, limits: &Limits) -> ErrorObjectOwned {
    let what = format!("batch too large: {calls} calls, and {} are allowed", limits.batch_calls);
    ErrorObjectOwned::owned(TOO_BIG_BATCH_REQUEST_CODE, exceeded(&what, "send fewer at a time", flags::BATCH), None::<()>)
}

/// To subscribe, or to end that.
fn is_subscription(method: &str) -> bool {
    method.ends_with("_subscribe") || method.ends_with("_unsubscribe")
}

/// What a subscription sends is owed like a reply. What else jsonrpsee sends along, nobody here asks for: it would be copied a few times for each call.
fn mark(request: &mut Request<'_>, traffic: &Arc<Traffic>) {
    *request.extensions_mut() = Extensions::new();
    if request.method_name().ends_with("_subscribe") {
        request.extensions_mut().insert(traffic.clone());
    }
}

/// Runs a call; what jsonrpsee itself refuses is explained.
async fn call_explained<S>(service: &S, request: Request<'_>, limits: &Limits) -> MethodResponse
where
    S: RpcServiceT<MethodResponse = MethodResponse>,
{
    let (id, method) = (request.id.clone(), request.method.clone());
    let response = service.call(request).await;
    match response.as_error_code().and_then(|code| explained(code, &method, limits)) {
        Some(error) => MethodResponse::error(id, error),
        None => response,
    }
}

impl<S> RpcServiceT for WithCounted<S>
where
    S: RpcServiceT<MethodResponse = MethodResponse, BatchResponse = MethodResponse, NotificationResponse = MethodResponse>
        + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, mut request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Counted { traffic, limits } = self.counted.clone();
        let call = traffic.call_begins();
        mark(&mut request, &traffic);
        let (id, service) = (request.id.clone(), self.service.clone());
        async move {
            let response = call_explained(&service, request, &limits).await;
            let granted = traffic.owe(response.as_json().get().len());
            let response = if granted { response } else { MethodResponse::error(id, refusal()) };
            drop(call);
            response
        }
    }

    /// One by one, as below. The replies are counted as they come, so that a batch of large ones ends where there is no more room.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Self { service, counted: Counted { traffic, limits } } = self.clone();
        let call = traffic.call_begins();
        async move {
            let _call = call;
            if batch.len() > size(limits.batch_calls) {
                return MethodResponse::error(Id::Null, too_many_calls(batch.len(), &limits));
            }
            let mut replies = BatchResponseBuilder::new_with_limit(size(limits.response_bytes));
            let (mut owed, mut bytes, mut notified) = (0usize, 0usize, false);
            let mut turn = Turn::begins();
            for entry in batch {
                let response = match entry {
                    Ok(BatchEntry::Call(mut request)) => {
                        mark(&mut request, &traffic);
                        turn.pass().await;
                        call_explained(&service, request, &limits).await
                    }
                    Ok(BatchEntry::Notification(notification)) => {
                        notified = true;
                        service.notification(notification).await;
                        continue;
                    }
                    Err(error) => {
                        let (error, id) = error.into_parts();
                        MethodResponse::error(id, error)
                    }
                };
                bytes = bytes.saturating_add(response.as_json().get().len());
                let more = bytes.saturating_sub(owed);
                if more > super::FREE_REPLY {
                    if !traffic.owe(more) {
                        traffic.written(owed);
                        return MethodResponse::error(Id::Null, refusal());
                    }
                    owed = bytes;
                }
                if let Err(too_large) = replies.append(response) {
                    traffic.written(owed);
                    let error = too_large.as_error_code().and_then(|code| explained(code, "", &limits));
                    return error.map_or(too_large, |error| MethodResponse::error(Id::Null, error));
                }
            }
            if replies.is_empty() && notified { MethodResponse::notification() } else { MethodResponse::from_batch(replies.finish()) }
        }
    }

    fn notification<'a>(&self, notification: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let call = self.counted.traffic.call_begins();
        let answer = self.service.notification(notification);
        async move {
            let _call = call;
            answer.await
        }
    }
}
