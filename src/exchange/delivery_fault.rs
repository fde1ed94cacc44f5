//! Why a receipt finds no delivery of ours, or an operator's word cannot be followed.

use crate::domain::id::DeliveryId;

/// What is wrong with a delivery, or with what is said of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryFault {
    /// Nothing that was handed to this agency bears it. Of other agencies' deliveries nothing is said.
    #[error("nothing that was sent to you bears {key}: name its message id, its delivery or its case")]
    Unknown {
        /// What the receipt names.
        key: String,
    },
    /// It is the name of several that wait for a receipt.
    #[error("{key} names {count} messages that wait for a receipt: name the message id or the delivery")]
    Several {
        /// What the receipt names.
        key: String,
        /// How many.
        count: usize,
    },
    /// Another receipt for it was taken before.
    #[error("delivery {delivery} was answered before with \"{stored}\"; this says \"{found}\"")]
    Answered {
        /// The delivery.
        delivery: DeliveryId,
        /// What was said then.
        stored: String,
        /// What is said now.
        found: String,
    },
    /// Its state does not allow it.
    #[error("the delivery is {state}; it would have to be {wanted}")]
    State {
        /// Its state.
        state: &'static str,
        /// The states that allow it.
        wanted: &'static str,
    },
    /// What was sent is not there any more.
    #[error("the message of delivery {delivery} was erased; there is nothing left to send")]
    BodyGone {
        /// The delivery.
        delivery: DeliveryId,
    },
    /// It is not sent: its agency fetches it.
    #[error(
        "the delivery waits to be fetched; its agency asks again from an earlier cursor, or since a time"
    )]
    Fetched,
}

impl DeliveryFault {
    /// The short name, as of [`Refused::name`](crate::exchange::Refused::name).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "unknown-delivery",
            Self::Several { .. } => "several-deliveries",
            Self::Answered { .. } => "answered-before",
            Self::State { .. } | Self::Fetched => "delivery-state",
            Self::BodyGone { .. } => "body-gone",
        }
    }

    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Unknown { key } => {
                format!("发给贵机构的报文中没有 {key}：请写明原报文标识、送达编号或案件编号")
            }
            Self::Several { key, count } => {
                format!("{key} 对应 {count} 份尚待回执的报文：请写明原报文标识或送达编号")
            }
            Self::Answered { delivery, stored, found } => {
                format!("报文 {delivery} 已有回执“{stored}”，与此次的“{found}”不同")
            }
            Self::State { state, wanted } => format!("该送达处于 {state}，需要处于 {wanted}"),
            Self::BodyGone { delivery } => format!("报文 {delivery} 的内容已删除，无法再次发送"),
            Self::Fetched => "该报文由机构自行拉取；请该机构以较早的游标或 since=时间 重新拉取".to_owned(),
        }
    }
}
