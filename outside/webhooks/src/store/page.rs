//! What a page of the log leads to, with the cursor that is moved past it: all of it, or nothing.

use chrono::{DateTime, Utc};
use database::Transaction;
use kernel::{CommitRef, LogId};

use super::{
    base::{Store, StoreError},
    cursor::move_to,
    deliveries::{Known, NewDelivery, Order, drop_before, insert, resend},
    endpoints::keep,
    recoveries::begin_recovery,
};
use crate::endpoint::Endpoint;

/// What is written of a page.
#[derive(Clone, Debug)]
pub struct PageWrite<'a> {
    /// The log.
    pub log: LogId,
    /// The end of the page.
    pub reached: Option<CommitRef>,
    /// The webhooks that it changed.
    pub changed: Vec<&'a Endpoint>,
    /// What is to be sent.
    pub deliveries: &'a [NewDelivery],
    /// What else is asked for, in the order of the log.
    pub orders: &'a [Order],
}

impl Store {
    /// Writes it.
    pub async fn keep_page(&self, epoch: i64, page: &PageWrite<'_>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.begin(epoch).await?;
        move_to(&mut transaction, page.log, page.reached).await?;
        for endpoint in &page.changed {
            keep(&mut transaction, endpoint).await?;
        }
        if !page.deliveries.is_empty() {
            insert(&mut transaction, page.deliveries, Known::Stays, now).await?;
        }
        for order in page.orders {
            carry_out(&mut transaction, *order, now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn carry_out(transaction: &mut Transaction<'static>, order: Order, now: DateTime<Utc>) -> Result<(), StoreError> {
    match order {
        Order::Drop { webhook, before } => drop_before(transaction, webhook, before, now).await,
        Order::Resend { webhook, delivery } => resend(transaction, webhook, delivery, now).await,
        Order::Recover { webhook, since, asked } => begin_recovery(transaction, webhook, since, asked).await,
    }
}
