//! TLS in front of a server on this machine: as AWS's endpoints have it, a chain of RSA-2048 certificates and TLS 1.3.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_RSA_SHA256};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::version::TLS13;

use super::StartError;
use super::watch::{Moment, Watch};

/// A certificate authority of one run, and what `localhost` shows with its blessing.
pub struct Tls {
    /// The root certificate, for who is to trust it.
    pub root_pem: String,
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Makes new certificates: a root, an intermediate, and one for `localhost`.
    ///
    /// # Errors
    /// The cryptographic library refused.
    pub fn new() -> Result<Self, StartError> {
        let (root_params, root_key) = (authority("bench-start root"), KeyPair::generate_for(&PKCS_RSA_SHA256)?);
        let root = root_params.self_signed(&root_key)?;
        let root_issuer = Issuer::new(root_params, root_key);
        let (middle_params, middle_key) = (authority("bench-start intermediate"), KeyPair::generate_for(&PKCS_RSA_SHA256)?);
        let middle = middle_params.signed_by(&middle_key, &root_issuer)?;
        let leaf_key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        let leaf_params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let leaf = leaf_params.signed_by(&leaf_key, &Issuer::new(middle_params, middle_key))?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
        let acceptor = acceptor(vec![leaf.der().clone(), middle.der().clone()], key)?;
        Ok(Self { root_pem: root.pem(), acceptor })
    }

    /// Listens on a free port, ends TLS there, and passes what is in it on to `server`. Gives back the endpoint.
    ///
    /// # Errors
    /// There is no port.
    pub async fn before(&self, server: SocketAddr, watch: &Watch) -> Result<String, StartError> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(StartError::io("a port for TLS"))?;
        let port = listener.local_addr().map_err(StartError::io("a port for TLS"))?.port();
        tokio::spawn(accept(listener, self.acceptor.clone(), server, watch.clone()));
        Ok(format!("https://localhost:{port}"))
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn acceptor(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<TlsAcceptor, StartError> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    // What these services of AWS speak.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, server: SocketAddr, watch: Watch) {
    while let Ok((client, _)) = listener.accept().await {
        let (acceptor, watch) = (acceptor.clone(), watch.clone());
        // How a connection ends is its client's business.
        tokio::spawn(async move { carry(client, &acceptor, server, &watch).await });
    }
}

async fn carry(client: TcpStream, acceptor: &TlsAcceptor, server: SocketAddr, watch: &Watch) -> io::Result<()> {
    watch.saw(Moment::Connecting);
    client.set_nodelay(true)?;
    let mut inside = acceptor.accept(client).await?;
    watch.saw(Moment::Connected);
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut inside, &mut server).await?;
    Ok(())
}
