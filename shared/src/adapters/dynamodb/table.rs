//! Makes the table, for the local server and the tests. A deployment gets it from `template.yaml`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};

use super::to_store_error;
use crate::ports::store::StoreError;

/// Creates `table` if it is not there, with its TTL attribute; `false` when it was there.
///
/// # Errors
/// The endpoint does not answer, or refuses.
pub async fn create(client: &Client, table: &str) -> Result<bool, StoreError> {
    let broken = |what: String| StoreError::Broken(what);
    let key =
        KeySchemaElement::builder().attribute_name("pk").key_type(KeyType::Hash).build().map_err(|e| broken(e.to_string()))?;
    let attribute = AttributeDefinition::builder().attribute_name("pk").attribute_type(ScalarAttributeType::S).build();
    let created = client
        .create_table()
        .table_name(table)
        .key_schema(key)
        .attribute_definitions(attribute.map_err(|e| broken(e.to_string()))?)
        .billing_mode(BillingMode::PayPerRequest)
        .send()
        .await;
    match created {
        Ok(_) => expire_by_ttl(client, table).await.map(|()| true),
        Err(error) if is_there(&error) => Ok(false),
        Err(error) => Err(to_store_error(&error)),
    }
}

async fn expire_by_ttl(client: &Client, table: &str) -> Result<(), StoreError> {
    let ttl = TimeToLiveSpecification::builder().attribute_name("ttl").enabled(true).build();
    let ttl = ttl.map_err(|e| StoreError::Broken(e.to_string()))?;
    let updated = client.update_time_to_live().table_name(table).time_to_live_specification(ttl).send().await;
    updated.map(|_| ()).map_err(|error| to_store_error(&error))
}

fn is_there<R>(error: &SdkError<CreateTableError, R>) -> bool {
    matches!(error.as_service_error(), Some(CreateTableError::ResourceInUseException(_)))
}
