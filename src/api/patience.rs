//! Patience with callers: how long one may say nothing in the middle of a body, or take nothing of an answer.
//!
//! Every body and every line goes through here, also before anybody knows who asks: a connection is a place among few,
//! and who holds one does it by saying or taking something. Heads have a time of their own; a reader may give a body
//! less. Whoever reads it, a body that did not come in time is answered with one code (`SRV-014`).

use super::body::{SILENCE, length_of, whole_of};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use hyper::body::{Frame, SizeHint};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// How long a caller may take nothing of what is written for it.
const STALLED: Duration = Duration::from_secs(60);
/// MiB for which a body gets time that does not say how long it is: the longest that one request may bring.
const UNSAID_MIB: u64 = 64;

/// A body that comes in time.
struct Timely {
    body: Body,
    most: Duration,
    silence: Pin<Box<Sleep>>,
    /// When all of it has to be there.
    end: Instant,
    /// Set when it did not come in time.
    is_late: Arc<AtomicBool>,
}

/// A body that fails when its caller is silent for too long, or when it takes too long for its length; then `is_late`
/// is set.
pub(super) fn timely(headers: &HeaderMap, body: Body, is_late: Arc<AtomicBool>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let mib = length_of(headers).map_or(UNSAID_MIB, |length| length >> 20);
    within(body, SILENCE, whole_of(mib), is_late)
}

fn within(body: Body, most: Duration, whole: Duration, is_late: Arc<AtomicBool>) -> Body {
    Body::new(Timely { body, most, silence: Box::pin(sleep(most)), end: Instant::now() + whole, is_late })
}

impl Timely {
    fn late(&self) -> axum::Error {
        self.is_late.store(true, Ordering::Relaxed);
        axum::Error::new(io::Error::from(io::ErrorKind::TimedOut))
    }
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let now = Instant::now();
        if now >= self.end {
            return Poll::Ready(Some(Err(self.late())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            let until = self.end.min(now + self.most);
            self.silence.as_mut().reset(until);
            return Poll::Ready(frame);
        }
        ready!(self.silence.as_mut().poll(cx));
        Poll::Ready(Some(Err(self.late())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A line whose other end takes what is written to it in time, or is given up.
pub(super) struct Line<S> {
    stream: S,
    most: Duration,
    /// Since when it takes nothing, as the time at which that is too long.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Line<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, most: STALLED, stalled: None }
    }

    /// What a write came to, or that the other end has taken nothing for too long.
    fn patient<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.most)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.patient(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.patient(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.patient(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.patient(cx, ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use tokio::io::AsyncWriteExt;
    use tokio::runtime::Builder;
    use tokio_stream::{StreamExt, iter, once, pending};

    const SHORT: Duration = Duration::from_millis(30);
    const LONG: Duration = Duration::from_secs(60);

    fn run<T>(test: impl Future<Output = T>) -> T {
        Builder::new_current_thread().enable_time().build().unwrap().block_on(test)
    }

    fn is_given_up(body: Body, most: Duration, whole: Duration) -> bool {
        let is_late = Arc::new(AtomicBool::new(false));
        let read = run(async { axum::body::to_bytes(within(body, most, whole, is_late.clone()), 1_000_000).await });
        assert_eq!(is_late.load(Ordering::Relaxed), read.is_err());
        read.is_err()
    }

    #[test]
    fn a_body_that_falls_silent_is_given_up() {
        let silent = || once(Ok::<_, Infallible>(Bytes::from_static(b"a"))).chain(pending());
        assert!(is_given_up(Body::from_stream(silent()), SHORT, LONG));
        assert!(!is_given_up(Body::from("a"), SHORT, LONG));
    }

    #[test]
    fn a_body_that_trickles_is_given_up() {
        let drops = iter(0..100_000).then(|_| async {
            sleep(SHORT / 10).await;
            Ok::<_, Infallible>(Bytes::from_static(b"a"))
        });
        assert!(is_given_up(Body::from_stream(drops), LONG, SHORT));
    }

    #[test]
    fn a_line_that_takes_nothing_is_given_up() {
        run(async {
            let (here, _there) = tokio::io::duplex(4);
            let mut line = Line { most: SHORT, ..Line::new(here) };
            let written = line.write_all(b"more than it takes").await;
            assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        });
    }
}
