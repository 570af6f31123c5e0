//! What the SDK's requests leave out. A request to us makes several of its calls, and what it says of itself is work in each.
#![cfg(feature = "aws")]

use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::user_agent::UserAgentInterceptor;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor, disable_interceptor, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer, Layer};

/// Who calls, in CloudTrail.
const USER_AGENT: &str = concat!("otp-auth/", env!("CARGO_PKG_VERSION"));

const CAUSE: &str = "of use to AWS alone";

/// Leaves out the headers `x-amz-user-agent`, `amz-sdk-request` and `amz-sdk-invocation-id`, which no answer depends on, and sets
/// a `user-agent` that is always the same; it is not signed.
pub(super) fn plain_requests() -> SharedInterceptor {
    let mut without = Layer::new("PlainRequests");
    without.store_put(disable_interceptor::<UserAgentInterceptor>(CAUSE));
    without.store_put(disable_interceptor::<RequestInfoInterceptor>(CAUSE));
    without.store_put(disable_interceptor::<InvocationIdInterceptor>(CAUSE));
    SharedInterceptor::permanent(PlainRequests { without: without.freeze() })
}

#[derive(Debug)]
struct PlainRequests {
    without: FrozenLayer,
}

#[dyn_dispatch_hint]
impl Intercept for PlainRequests {
    fn name(&self) -> &'static str {
        "PlainRequests"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.push_shared_layer(self.without.clone());
        Ok(())
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        context.request_mut().headers_mut().insert("user-agent", USER_AGENT);
        Ok(())
    }
}

/// The SDK's watch on slow streams is off: a body of ours is a few kilobytes in one piece, and each attempt has a limit of its own,
/// which covers reading the answer.
pub(super) fn no_stream_watch() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}
