//! An update with its condition and the values of its placeholders.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};

use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;

/// The parts of one conditional update. An empty condition always holds.
#[derive(Clone)]
pub(super) struct Expression {
    pub(super) update: String,
    pub(super) condition: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    pub(super) fn new(update: String, condition: String) -> Self {
        Self { update, condition, names: HashMap::new(), values: HashMap::new() }
    }

    /// `#placeholder` for an attribute name that is reserved, or that is data.
    pub(super) fn name(mut self, placeholder: impl Into<String>, name: impl Into<String>) -> Self {
        self.names.insert(placeholder.into(), name.into());
        self
    }

    pub(super) fn value(mut self, placeholder: impl Into<String>, value: AttributeValue) -> Self {
        self.values.insert(placeholder.into(), value);
        self
    }

    pub(super) fn number(self, placeholder: impl Into<String>, number: impl Into<u64>) -> Self {
        self.value(placeholder, AttributeValue::N(number.into().to_string()))
    }

    pub(super) fn time(self, placeholder: impl Into<String>, time: Timestamp) -> Self {
        self.number(placeholder, time.as_millis())
    }

    pub(super) fn text(self, placeholder: &'static str, text: &str) -> Self {
        self.value(placeholder, AttributeValue::S(text.to_owned()))
    }

    pub(super) fn flag(self, placeholder: &'static str, flag: bool) -> Self {
        self.value(placeholder, AttributeValue::Bool(flag))
    }

    /// As one of a transaction's updates.
    pub(super) fn into_update(self, table: &str, key: &str) -> Result<Update, StoreError> {
        let update = Update::builder()
            .table_name(table)
            .key("pk", AttributeValue::S(key.to_owned()))
            .update_expression(self.update)
            .set_condition_expression(Some(self.condition).filter(|condition| !condition.is_empty()))
            .set_expression_attribute_names(Some(self.names).filter(|names| !names.is_empty()))
            .set_expression_attribute_values(Some(self.values).filter(|values| !values.is_empty()));
        update.build().map_err(|_| StoreError::Broken("the request could not be built".to_owned()))
    }

    pub(super) fn apply(self, request: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        request
            .set_expression_attribute_names(Some(self.names).filter(|names| !names.is_empty()))
            .set_expression_attribute_values(Some(self.values).filter(|values| !values.is_empty()))
            .update_expression(self.update)
            .condition_expression(self.condition)
    }
}
