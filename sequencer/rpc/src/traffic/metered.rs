//! A socket that counts, and stops reading or ends where it must.

use super::Traffic;
use std::{
    future::Future as _,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::OwnedSemaphorePermit,
    time::Sleep,
};

/// Time between two looks at whether the other side gets on.
const LOOK: Duration = Duration::from_secs(10);

/// A socket and what its connection holds.
#[derive(Debug)]
pub(crate) struct Metered<S> {
    socket: S,
    traffic: Arc<Traffic>,
    /// One of as many as there may be.
    _permit: OwnedSemaphorePermit,
    /// When to look next, for the task that reads and for the one that writes.
    reading: Option<Pin<Box<Sleep>>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Metered<S> {
    pub(crate) const fn new(socket: S, traffic: Arc<Traffic>, permit: OwnedSemaphorePermit) -> Self {
        Self { socket, traffic, _permit: permit, reading: None, writing: None }
    }
}

/// While one waits: an error once the connection is to be closed.
fn look(timer: &mut Option<Pin<Box<Sleep>>>, traffic: &Traffic, context: &mut Context<'_>) -> Poll<io::Error> {
    let timer = timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(LOOK)));
    while timer.as_mut().poll(context).is_ready() {
        if let Some(error) = traffic.overdue(Instant::now()) {
            return Poll::Ready(error);
        }
        timer.as_mut().reset(tokio::time::Instant::now() + LOOK);
    }
    Poll::Pending
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.traffic.may_read(context.waker()) {
            let before = buffer.filled().len();
            if let Poll::Ready(result) = Pin::new(&mut this.socket).poll_read(context, buffer) {
                let bytes = buffer.filled().len().saturating_sub(before);
                return Poll::Ready(result.and_then(|()| this.traffic.read(bytes)));
            }
        }
        look(&mut this.reading, &this.traffic, context).map(Err)
    }
}

impl<S: AsyncWrite + Unpin> Metered<S> {
    fn wrote(&mut self, result: Poll<io::Result<usize>>, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.traffic.set_stuck(result.is_pending());
        match result {
            Poll::Ready(result) => {
                if let Ok(bytes) = &result {
                    self.traffic.written(*bytes);
                }
                Poll::Ready(result)
            }
            Poll::Pending => look(&mut self.writing, &self.traffic, context).map(Err),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.socket).poll_write(context, bytes);
        this.wrote(result, context)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, parts: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.socket).poll_write_vectored(context, parts);
        this.wrote(result, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(context)
    }
}
