//! Taking connections.

use crate::{
    Limits,
    cors::Cors,
    limits::{exceeded, flags},
    traffic::{Budgets, Counted, Metered, Traffic, size},
};
use jsonrpsee::{
    core::BoxError,
    server::{
        HttpBody, HttpRequest, HttpResponse, MethodResponse, Methods, Server, ServerConfig, StopHandle, http,
        middleware::rpc::RpcServiceBuilder, serve_with_graceful_shutdown, ws::is_upgrade_request,
    },
    types::{
        ErrorObjectOwned, Id,
        error::{OVERSIZED_REQUEST_CODE, SERVER_IS_BUSY_CODE},
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
        let traffic = Traffic::new(budgets.clone(), size(limits.request_bytes));
        let counted = RpcServiceBuilder::new().layer(Counted { traffic: traffic.clone(), limits });
        let service = services.clone().set_rpc_middleware(counted).build(methods.clone(), stop.clone());
        let service = Connection { service, traffic: traffic.clone(), limits };
        let stopped = stop.clone().shutdown();
        tokio::spawn(async move {
            if let Err(error) = serve_with_graceful_shutdown(Metered::new(socket, traffic, permit), service, stopped).await {
                tracing::debug!(%error, "a connection ended");
            }
        });
    }
}

/// The service of one connection, which is told when a request begins.
#[derive(Clone, Debug)]
struct Connection<S> {
    service: S,
    traffic: Arc<Traffic>,
    limits: Limits,
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
        let (traffic, limits) = (self.traffic.clone(), self.limits);
        if is_upgrade_request(&request) {
            let answer = self.service.call(request);
            return Box::pin(async move { answer.await.map(|answer| explained(answer, &limits)) });
        }
        traffic.request_begins();
        let answer = self.service.call(request);
        Box::pin(async move {
            let answer = answer.await;
            traffic.request_ends();
            answer.map(|answer| explained(answer, &limits))
        })
    }
}

/// Refusals by HTTP status alone, with a JSON-RPC error that says which limit it is.
fn explained(answer: HttpResponse, limits: &Limits) -> HttpResponse {
    let (code, words) = match answer.status().as_u16() {
        413 => {
            let what = format!("request too large: {} bytes are allowed", limits.request_bytes);
            (OVERSIZED_REQUEST_CODE, exceeded(&what, "send less at a time", flags::REQUEST))
        }
        429 => {
            let what = format!("too many connections: {} requests and WebSockets at a time are allowed", limits.connections);
            (SERVER_IS_BUSY_CODE, exceeded(&what, "try again later", flags::CONNECTIONS))
        }
        _ => return answer,
    };
    let error = MethodResponse::error(Id::Null, ErrorObjectOwned::owned(code, words, None::<()>));
    let mut explained = http::response::from_method_response(error);
    *explained.status_mut() = answer.status();
    for (name, value) in answer.headers() {
        // Who may read it, above all.
        if name.as_str().starts_with("access-control") {
            explained.headers_mut().insert(name, value.clone());
        }
    }
    explained
}

fn only_http_1() -> HttpResponse {
    let mut response = HttpResponse::new(HttpBody::from("this server speaks HTTP/1.1 and WebSocket\n"));
    *response.status_mut() = 505.try_into().unwrap_or_default();
    response
}
