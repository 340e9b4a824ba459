//! Cross-origin requests: any page may use the RPC, which holds no secrets.

use jsonrpsee::{
    core::BoxError,
    server::{HttpBody, HttpRequest, HttpResponse},
};
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tower::{Layer, Service};

/// What browsers are told with each answer, and before the first one.
const ORIGIN: (&str, &str) = ("access-control-allow-origin", "*");
const BEFOREHAND: [(&str, &str); 4] = [
    ORIGIN,
    ("access-control-allow-methods", "POST, GET, OPTIONS"),
    ("access-control-allow-headers", "*"),
    ("access-control-max-age", "86400"),
];

/// Answers `OPTIONS` and lets every origin read the answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cors;

#[derive(Clone, Debug)]
pub(crate) struct WithCors<S> {
    service: S,
}

impl<S> Layer<S> for Cors {
    type Service = WithCors<S>;

    fn layer(&self, service: S) -> Self::Service {
        WithCors { service }
    }
}

impl<S, B> Service<HttpRequest<B>> for WithCors<S>
where
    S: Service<HttpRequest<B>, Response = HttpResponse>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: HttpRequest<B>) -> Self::Future {
        if request.method().as_str() == "OPTIONS" {
            return Box::pin(async { Ok(allow(HttpResponse::new(HttpBody::empty()), &BEFOREHAND)) });
        }
        let answer = self.service.call(request);
        Box::pin(async move { answer.await.map(|answer| allow(answer, &[ORIGIN])).map_err(Into::into) })
    }
}

fn allow(mut response: HttpResponse, headers: &[(&'static str, &str)]) -> HttpResponse {
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}
