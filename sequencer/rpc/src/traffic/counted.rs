//! Counts the requests of a connection while they are under way, and their replies.

use super::Traffic;
use crate::error::RpcError;
use jsonrpsee::{
    core::middleware::{Batch, BatchEntry, Notification, RpcServiceT},
    server::{BatchResponseBuilder, MethodResponse},
    types::{ErrorObjectOwned, Id, Request},
};
use std::{future::Future, sync::Arc};
use tower::Layer;

/// Of one connection.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    pub(crate) traffic: Arc<Traffic>,
    /// Bytes of a reply.
    pub(crate) most: usize,
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
    RpcError::Limit("this server holds as many replies that were not read yet as it may: ask for less at a time, or try later".to_owned())
        .into()
}

/// What a subscription sends is owed like a reply.
fn mark(request: &mut Request<'_>, traffic: &Arc<Traffic>) {
    if request.method_name().ends_with("_subscribe") {
        request.extensions_mut().insert(traffic.clone());
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
        let traffic = self.counted.traffic.clone();
        let call = traffic.call_begins();
        mark(&mut request, &traffic);
        let id = request.id().into_owned();
        let answer = self.service.call(request);
        async move {
            let response = answer.await;
            let granted = traffic.owe(response.as_json().get().len());
            let response = if granted { response } else { MethodResponse::error(id, refusal()) };
            drop(call);
            response
        }
    }

    /// One by one, as below. The replies are counted as they come, so that a batch of large ones ends where there is no more room.
    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let Self { service, counted: Counted { traffic, most } } = self.clone();
        let call = traffic.call_begins();
        async move {
            let _call = call;
            let mut replies = BatchResponseBuilder::new_with_limit(most);
            let (mut owed, mut bytes, mut notified) = (0usize, 0usize, false);
            for entry in batch {
                let response = match entry {
                    Ok(BatchEntry::Call(mut request)) => {
                        mark(&mut request, &traffic);
                        service.call(request).await
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
                    return too_large;
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
