//! Why a manifest is not made or not taken, or a difference not acted on.

use chrono::NaiveDate;

use crate::domain::id::AgencyId;

/// Why a manifest is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// The day is not over, or was a moment ago.
    #[error("{day} is not over yet; its manifest is made from {from} on")]
    NotOver {
        /// The day.
        day: NaiveDate,
        /// From when on it is, in China's time.
        from: String,
    },
    /// It is another agency's.
    #[error("the manifest is of agency {found}; only {wanted}'s is taken here")]
    Foreign {
        /// Whose is taken.
        wanted: AgencyId,
        /// Whose it is.
        found: String,
    },
    /// What differs cannot be acted on as it is.
    #[error("the difference is {state}; it would have to be open or acted")]
    Settled {
        /// Its state.
        state: String,
    },
}

impl ManifestFault {
    /// The short name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotOver { .. } => "day-not-over",
            Self::Foreign { .. } => "foreign-manifest",
            Self::Settled { .. } => "difference-settled",
        }
    }

    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotOver { day, from } => format!("{day} 尚未结束；对账单自 {from} 起可生成"),
            Self::Foreign { wanted, found } => {
                format!("对账单属于机构 {found}；此处只接收 {wanted} 的对账单")
            }
            Self::Settled { state } => format!("该差异状态为 {state}，只有 open 或 acted 的差异可以处理"),
        }
    }
}
