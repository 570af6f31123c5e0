//! Who is compared.

use std::path::Path;

use super::{Route, install, package};
use crate::start::StartError;
use crate::start::binaries::{Binaries, Binary};

/// Whose functions they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The release binaries.
    Ours,
    /// The same service on everything that its dependencies do by default.
    EveryDefault,
    /// The usual handlers in Python.
    Python,
    /// The usual handlers in Node.
    Node,
}

impl Kind {
    /// What the tables call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "otp-auth",
            Self::EveryDefault => "every default",
            Self::Python => "Python, boto3",
            Self::Node => "Node, SDK v3",
        }
    }

    /// What the history calls it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::EveryDefault => "every_default",
            Self::Python => "python",
            Self::Node => "node",
        }
    }

    /// Whether its codes are in our kind of items.
    #[must_use]
    pub fn has_our_table(self) -> bool {
        matches!(self, Self::Ours | Self::EveryDefault)
    }
}

/// Two functions that do the job.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Whose.
    pub kind: Kind,
    /// Bytes of the zip that is uploaded for `send` and for `verify`.
    pub zips: [u64; 2],
    functions: [Binary; 2],
}

impl Contender {
    /// One of its functions.
    #[must_use]
    pub fn function(&self, route: Route) -> &Binary {
        let [send, verify] = &self.functions;
        match route {
            Route::Send => send,
            Route::Verify => verify,
        }
    }

    /// Bytes of the zip of one of its functions.
    #[must_use]
    pub fn zip(&self, route: Route) -> u64 {
        let [send, verify] = self.zips;
        match route {
            Route::Send => send,
            Route::Verify => verify,
        }
    }
}

/// Builds and installs everybody: the function that does nothing, and the contenders.
///
/// # Errors
/// Something cannot be built or installed.
pub fn all(root: &Path) -> Result<(Binary, Vec<Contender>), StartError> {
    let python = install::python(root)?;
    let node = install::node(root)?;
    let built = Binaries::build(root)?;
    let contenders = vec![
        in_rust(Kind::Ours, built.send, built.verify)?,
        in_rust(Kind::EveryDefault, built.default_send, built.default_verify)?,
        in_python(&python)?,
        in_node(&node, &root.join("benches/peers/node/bootstrap.mjs"))?,
    ];
    Ok((built.empty, contenders))
}

fn in_rust(kind: Kind, send: Binary, verify: Binary) -> Result<Contender, StartError> {
    let zips = [send.sizes()?.1, verify.sizes()?.1];
    Ok(Contender { kind, zips, functions: [send, verify] })
}

/// As in Lambda: the runtime is an environment of its own, the package is on its path.
fn in_python(python: &install::Python) -> Result<Contender, StartError> {
    let function = |name, handler: &str| Binary {
        name,
        path: python.interpreter.clone(),
        arguments: vec!["-m".to_owned(), "awslambdaric".to_owned(), handler.to_owned()],
        environment: vec![("PYTHONPATH", python.package.display().to_string())],
    };
    let functions = [function("send, Python", "send.lambda_handler"), function("verify, Python", "verify.lambda_handler")];
    let zip = package::zip_of(&python.package)?;
    Ok(Contender { kind: Kind::Python, zips: [zip, zip], functions })
}

fn in_node(node: &install::Node, bootstrap: &Path) -> Result<Contender, StartError> {
    let function = |name, bundle: &Path| Binary {
        name,
        path: node.interpreter.clone(),
        arguments: vec![bootstrap.display().to_string(), bundle.display().to_string()],
        // The SDK's hint that it wants a newer Node: Lambda's own Node would not print it.
        environment: vec![("NODE_NO_WARNINGS", "1".to_owned())],
    };
    let (send, verify) = (node.bundles.join("send.cjs"), node.bundles.join("verify.cjs"));
    let functions = [function("send, Node", &send), function("verify, Node", &verify)];
    Ok(Contender { kind: Kind::Node, zips: [package::zip_of(&send)?, package::zip_of(&verify)?], functions })
}
