//! Taking connections.

use crate::{
    Limits,
    cors::Cors,
    traffic::{Budgets, Counted, Metered, Traffic},
};
use jsonrpsee::{
    core::BoxError,
    server::{
        HttpBody, HttpRequest, HttpResponse, Methods, Server, ServerConfig, StopHandle, middleware::rpc::RpcServiceBuilder,
        serve_with_graceful_shutdown, ws::is_upgrade_request,
    },
};
use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::{Service, ServiceBuilder};

/// Wait after a connection could not be taken: the process has no more file descriptors, most likely.
const RETRY: Duration = Duration::from_millis(100);

/// Serves whoever connects until told to stop. What is under way then is answered.
pub(crate) async fn listen(listener: TcpListener, config: ServerConfig, methods: Methods, stop: StopHandle, limits: Limits) {
    let services = Server::builder().set_config(config).set_http_middleware(ServiceBuilder::new().layer(Cors)).to_service_builder();
    let budgets = Arc::new(Budgets::new(limits.requests_bytes, limits.replies_bytes));
    let sockets = Arc::new(Semaphore::new(limits.sockets));
    let (most, request_bytes) = (size(limits.response_bytes), size(limits.request_bytes));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.clone().shutdown() => return,
        };
        let socket = match accepted {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be taken");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        };
        // One more is closed at once.
        let Ok(permit) = sockets.clone().try_acquire_owned() else { continue };
        // Replies are written whole: nothing is gained by waiting for more. A socket that is gone says so when it is read.
        let _ = socket.set_nodelay(true);
        let traffic = Traffic::new(budgets.clone(), request_bytes);
        let counted = RpcServiceBuilder::new().layer(Counted { traffic: traffic.clone(), most });
        let service = services.clone().set_rpc_middleware(counted).build(methods.clone(), stop.clone());
        let service = Connection { service, traffic: traffic.clone() };
        let stopped = stop.clone().shutdown();
        tokio::spawn(async move {
            if let Err(error) = serve_with_graceful_shutdown(Metered::new(socket, traffic, permit), service, stopped).await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}

fn size(bytes: u32) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The service of one connection, which is told when a request begins.
#[derive(Clone, Debug)]
struct Connection<S> {
    service: S,
    traffic: Arc<Traffic>,
}

impl<S, B> Service<HttpRequest<B>> for Connection<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        // HTTP/2 carries many requests at a time over one connection.
        if request.version() > HttpRequest::new(()).version() {
            return Box::pin(std::future::ready(Ok(only_http_1())));
        }
        if is_upgrade_request(&request) {
            return Box::pin(self.service.call(request));
        }
        let traffic = self.traffic.clone();
        traffic.request_begins();
        let answer = self.service.call(request);
        Box::pin(async move {
            let answer = answer.await;
            traffic.request_ends();
            answer
        })
    }
}

fn only_http_1() -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from("this server speaks HTTP/1.1 and WebSocket\n"));
    *response.status_mut() = 505.try_into().unwrap_or_default();
    response
}
