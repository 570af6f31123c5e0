//! Listens on the loopback interfaces, and on no other: what is served here has no password.

use std::future::IntoFuture;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::failure::Failure;
use crate::stop::Stop;

/// For requests that are under way when the server is told to stop.
const GRACE: Duration = Duration::from_secs(2);

/// The listeners on one port: `localhost` may mean 127.0.0.1 or ::1, as the client's resolver likes.
pub struct Listening {
    port: u16,
    listeners: Vec<TcpListener>,
}

impl Listening {
    /// Takes `port`, or any free one when it is 0.
    pub async fn on(port: u16) -> Result<Self, Failure> {
        let v4 = bind(Ipv4Addr::LOCALHOST.into(), port).await?;
        let port = v4.local_addr().map_err(|error| Failure::Port(port, error))?.port();
        let listeners = match bind(Ipv6Addr::LOCALHOST.into(), port).await {
            Ok(v6) => vec![v4, v6],
            // No IPv6 on this machine: then `localhost` is not ::1 either.
            Err(Failure::Port(..)) => vec![v4],
            Err(taken) => return Err(taken),
        };
        Ok(Self { port, listeners })
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Serves until told to stop, and lets requests under way end.
    pub async fn serve(self, routes: Router, mut stop: Stop) {
        let (stopping, stopped) = watch::channel(());
        let mut servers = JoinSet::new();
        for listener in self.listeners {
            let mut stopped = stopped.clone();
            let service = routes.clone().into_make_service_with_connect_info::<SocketAddr>();
            let server = axum::serve(listener, service).with_graceful_shutdown(async move {
                let _dropped = stopped.changed().await;
            });
            servers.spawn(server.into_future());
        }
        stop.wait().await;
        drop(stopping);
        let _in_time = tokio::time::timeout(GRACE, servers.join_all()).await;
    }
}

async fn bind(host: IpAddr, port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((host, port)).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Failure::PortTaken(port),
        _ => Failure::Port(port, error),
    })
}
