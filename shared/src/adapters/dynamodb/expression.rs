//! An update with its condition and the values of its placeholders.

use std::collections::HashMap;
use std::fmt::Write;

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Update};

use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;

/// Values of a send, which has the most. A map that grows value by value is made anew several times.
const MOST_VALUES: usize = 20;

/// Characters of a register that is moved on, about.
const SHIFTED: usize = "l15 = if_not_exists(l14, :zero), ".len();

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
        Self { update, condition, names: HashMap::new(), values: HashMap::with_capacity(MOST_VALUES) }
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

/// `l3 = if_not_exists(l2, :zero), …, l0 = :now`: so many registers of times, newest first, moved on by one for a new one.
pub(super) fn shifted_registers(registers: u32) -> String {
    let mut text = String::with_capacity(SHIFTED * registers as usize);
    for register in (1..registers).rev() {
        let _cannot_fail = write!(text, "l{register} = if_not_exists(l{}, :zero), ", register - 1);
    }
    text.push_str("l0 = :now");
    text
}
